#!/usr/bin/env python3
"""Makes Tests/Fixtures/MatterModel/mr8.json: what NumPy and SciPy say about the filter bank MR8 on a small image.

Pinned: scipy==1.17.1 numpy. Usage: textons.py FILE

The bank by its published definition (Varma and Zisserman, 2005): 49 × 49 pixels, at scales (1, 3), (2, 6) and (4, 12), the first and the
second derivative in six directions; a Gaussian and its Laplacian of deviation 10; mean 0, absolute sum 1; the Weber-like scaling."""

import json
import sys

import numpy as np
from scipy.ndimage import correlate

y, x = np.mgrid[-24:25, -24:25].astype(float)


def normalised(values):
    values = values - values.mean()
    return values / np.abs(values).sum()


def oriented(short, order, angle):
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    long_axis, short_axis = np.tensordot(rotation, np.stack([x, y]), 1)
    envelope = np.exp(-(long_axis / (3 * short)) ** 2 / 2 - (short_axis / short) ** 2 / 2)
    hermite = -short_axis if order == 1 else short_axis**2 - short**2
    return normalised(envelope * hermite)


def responses(image):
    found = []
    for order in (1, 2):
        for short in (1, 2, 4):
            bank = [oriented(short, order, step * np.pi / 6) for step in range(6)]
            found.append(np.max([np.abs(correlate(image, one, mode="nearest")) for one in bank], axis=0))
    square = (x**2 + y**2) / 100
    for one in (np.exp(-square / 2), (square - 2) * np.exp(-square / 2)):
        found.append(correlate(image, normalised(one), mode="nearest"))
    found = np.stack(found)
    length = np.linalg.norm(found, axis=0)
    return found * np.log1p(length / 0.03) / length


height, width = 20, 24
row, column = np.mgrid[:height, :width].astype(float)
image = np.sin(0.7 * column + 0.3 * row) + 0.5 * np.cos(0.11 * row * column) + (column > 12)
places = [(0, 0), (3, 11), (9, 13), (10, 5), (19, 23)]
values = responses(image)
with open(sys.argv[1], "w") as file:
    json.dump({"height": height, "width": width, "places": places,
               "responses": [values[:, r, c].tolist() for r, c in places]}, file)
