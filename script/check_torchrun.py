"""Compares the encoders of two pretraining runs, of one process and of two under torchrun.

usage: check_torchrun.py ONE TWO      each a folder that matter-model pretrain wrote"""
import json
import pathlib
import sys

import numpy
import safetensors.numpy

LARGEST = 1e-5


def require_ranks(run, ranks):
    """A run of one process says nothing of ranks; one that torchrun did not join would pass as equal."""
    found = json.loads((run / "run.json").read_text())["plan"].get("ranks")
    if found != ranks:
        sys.exit(f"check-torchrun: {run}/run.json tells of ranks {found}, expected {ranks}")


def difference(one, two):
    """The largest difference of any weight."""
    first, second = (safetensors.numpy.load_file(run / "encoder.safetensors") for run in (one, two))
    if first.keys() != second.keys():
        sys.exit(f"check-torchrun: {two} has other arrays than {one}")
    return max(float(numpy.abs(first[name].astype(float) - second[name].astype(float)).max()) for name in first)


def learned(run):
    """The most that training has moved a weight."""
    start = safetensors.numpy.load_file(run / "snapshots" / "step-000000.safetensors")
    end = safetensors.numpy.load_file(run / "encoder.safetensors")
    return max(float(numpy.abs(end[name] - start[name]).max()) for name in end if name.endswith("weight"))


one, two = map(pathlib.Path, sys.argv[1:])
require_ranks(one, None)
require_ranks(two, 2)
worst, moved = difference(one, two), learned(one)
if not worst <= LARGEST:
    sys.exit(f"check-torchrun: two processes under torchrun differ by {worst} from one, more than {LARGEST}")
if not moved > 100 * worst:
    sys.exit(f"check-torchrun: training moved no weight by more than {moved}; take more STEPS or a higher learning rate")
print(f"torchrun: two processes end within {worst:.2e} of one (weights were moved by up to {moved:.2e})")
