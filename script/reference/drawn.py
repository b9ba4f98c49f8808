"""Numbers that the scripts here and the tests in Swift make alike, so that neither weights nor inputs are stored.

SplitMix64, seeded with the FNV-1a hash of the tensor's name.
"""

import math

import numpy as np
import torch


def fnv1a(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def uniform(name, count):
    """`count` float32 numbers in [-1, 1)."""
    with np.errstate(over="ignore"):
        steps = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = np.uint64(fnv1a(name)) + steps
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float32) / np.float32(1 << 23) - np.float32(1)


def drawn(name, shape):
    return torch.from_numpy(uniform(name, math.prod(shape)).reshape(shape))


def fill(module):
    """He-like weights; norms near the identity; running variances in [0.5, 1.5)."""
    for name, value in list(module.named_parameters()) + list(module.named_buffers()):
        if name.endswith("num_batches_tracked"):
            continue
        numbers = drawn(name, tuple(value.shape))
        if value.dim() >= 2 and name != "encoding.clusters":
            numbers = numbers * np.float32(math.sqrt(3 / math.prod(value.shape[1:])))
        elif name.endswith("running_var"):
            numbers = 1 + 0.5 * numbers
        elif name == "encoding.scale":
            numbers = 0.5 * numbers - 0.5
        elif name == "encoding.clusters":
            numbers = 0.5 * numbers
        elif name.endswith("weight"):
            numbers = 1 + 0.1 * numbers
        else:
            numbers = 0.1 * numbers
        value.data.copy_(numbers)
    return module
