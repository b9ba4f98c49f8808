"""Patches of OSCD as Python loaders make them: peer.py FOLDER (whole | windows) SECONDS.

whole: every band of both dates is read whole for every patch, as SeCo's and SSL4EO-S12's loaders do; windows: rasterio reads
the patch's window of every band. Both flip, turn and normalise with numpy, and stack batches with torch's default rule."""
import pathlib
import sys
import time

import numpy
import rasterio
from rasterio.windows import Window

SIDE, BATCH = 96, 32
BANDS = "B01 B02 B03 B04 B05 B06 B07 B08 B8A B09 B10 B11 B12".split()


def patches(images):
    for city in sorted(path for path in images.iterdir() if path.is_dir()):
        with rasterio.open(city / "imgs_1_rect" / "B02.tif") as file:
            height, width = file.shape
        for row in range(0, height - SIDE + 1, SIDE):
            for column in range(0, width - SIDE + 1, SIDE):
                yield city, row, column


def read(city, row, column, whole):
    planes = []
    for date in (1, 2):
        for band in BANDS:
            with rasterio.open(city / f"imgs_{date}_rect" / f"{band}.tif") as file:
                if whole:
                    planes.append(file.read(1)[row:row + SIDE, column:column + SIDE])
                else:
                    planes.append(file.read(1, window=Window(column, row, SIDE, SIDE)))
    return numpy.stack(planes)


def label(labels, city, row, column):
    path = next(folder / city.name / "cm" / f"{city.name}-cm.tif" for folder in labels if (folder / city.name).is_dir())
    with rasterio.open(path) as file:
        return file.read(1, window=Window(column, row, SIDE, SIDE)) - 1


def main(root, how, seconds):
    root = pathlib.Path(root)
    images = root / "Onera Satellite Change Detection dataset - Images"
    labels = [root / f"Onera Satellite Change Detection dataset - {name} Labels" for name in ("Train", "Test")]
    random = numpy.random.default_rng(1)
    places = list(patches(images))
    start, count, batch = time.perf_counter(), 0, []
    while time.perf_counter() - start < seconds:
        city, row, column = places[random.integers(len(places))]
        pair = (read(city, row, column, how == "whole").astype(numpy.float32) - 1500) / 800
        mask = label(labels, city, row, column)
        turns = random.integers(4)
        pair, mask = numpy.rot90(pair, turns, (1, 2)), numpy.rot90(mask, turns)
        if random.integers(2):
            pair, mask = pair[:, :, ::-1], mask[:, ::-1]
        batch.append((pair, mask))
        count += 1
        if len(batch) == BATCH:
            numpy.stack([pair for pair, _ in batch]), numpy.stack([mask for _, mask in batch])
            batch = []
    print(f"rate {count / (time.perf_counter() - start)}")


main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
