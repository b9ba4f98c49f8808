"""Reads a pretraining run and its exports as others do.

usage: check_model.py RUN EXPORTS      EXPORTS: encoder.onnx, proof.safetensors, trunk.safetensors"""
import json
import pathlib
import sys

import numpy
import onnx
import onnxruntime
import safetensors.numpy
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

LARGEST = 1e-5


def check_graph(exports):
    """The graph is valid, and gives the features that matter-model found for the same patches, however many they are."""
    onnx.checker.check_model(onnx.load(exports / "encoder.onnx"), full_check=True)
    session = onnxruntime.InferenceSession(exports / "encoder.onnx", providers=["CPUExecutionProvider"])
    proof = safetensors.numpy.load_file(exports / "proof.safetensors")
    worst = 0.0
    for count in (1, len(proof["patches"])):
        features = session.run(["features"], {"patches": proof["patches"][:count]})[0]
        worst = max(worst, float(numpy.abs(features - proof["features"][:count]).max()))
    scale = float(numpy.abs(proof["features"]).max())
    if worst > LARGEST * max(scale, 1):
        sys.exit(f"check-model: onnxruntime's features differ by {worst} from matter-model's (largest feature {scale})")
    print(f"onnxruntime {onnxruntime.__version__}: features differ by at most {worst:.2e} (largest feature {scale:.3g})")


def check_names(exports):
    """Every array of the trunk has a name and a type that torchvision's ResNet knows."""
    trunk = safetensors.numpy.load_file(exports / "trunk.safetensors")
    parts = {"conv1", "bn1", "layer1", "layer2", "layer3", "layer4"}
    strange = [name for name in trunk if name.split(".")[0] not in parts]
    if strange:
        sys.exit(f"check-model: {', '.join(strange)}: no names of torchvision's ResNet")
    print(f"safetensors: {len(trunk)} arrays of the trunk")


def check_board(run):
    """TensorBoard shows each step once, with the numbers of curves.jsonl."""
    board = EventAccumulator(str(run / "tensorboard"), size_guidance={"scalars": 0})
    board.Reload()
    points = [json.loads(line) for line in (run / "curves.jsonl").read_text().splitlines()]
    for tag, key in (("train/loss", "loss"), ("train/learningRate", "learningRate"), ("features/embeddingStd", "embeddingStd")):
        shown = [(event.step, event.value) for event in board.Scalars(tag)]
        wanted = [(point["step"], numpy.float32(point[key])) for point in points]
        if shown != wanted:
            sys.exit(f"check-model: TensorBoard's {tag} is not {key} of curves.jsonl")
    print(f"tensorboard: {len(points)} steps, tags {', '.join(sorted(board.Tags()['scalars']))}")


run, exports = map(pathlib.Path, sys.argv[1:])
check_graph(exports)
check_names(exports)
check_board(run)
