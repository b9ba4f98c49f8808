"""Peers of the load-bigearthnet cases: rasterio with known paths, or torchgeo's own data set.

usage: peer.py rasterio|torchgeo FOLDER native|float      prints "rate SAMPLES_A_SECOND" and, of native rasterio, "sum PIXELS" """
import pathlib
import sys
import time

BANDS = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12"]


def with_rasterio(folder, mode):
    import numpy
    import rasterio
    from rasterio.enums import Resampling

    names = sorted(path.name for path in (folder / "BigEarthNet-v1.0").iterdir())
    paths = [[str(folder / "BigEarthNet-v1.0" / name / f"{name}_{band}.tif") for band in BANDS] for name in names]

    def read(files):
        planes = []
        for path in files:
            with rasterio.open(path) as source:
                planes.append(source.read(1) if mode == "native" else source.read(
                    1, out_shape=(120, 120), out_dtype="float32", resampling=Resampling.bilinear))
        return planes if mode == "native" else numpy.stack(planes)

    if mode == "native":
        print("sum", sum(int(plane.sum(dtype="uint64")) for files in paths for plane in read(files)))
    some = paths[:300]
    start = time.perf_counter()
    for files in some:
        read(files)
    print("rate", len(some) / (time.perf_counter() - start))


def with_torchgeo(folder):
    import torch
    from torchgeo.datasets import BigEarthNet

    torch.set_num_threads(1)
    data = BigEarthNet(root=str(folder), split="train", bands="s2", num_classes=19)
    count = min(len(data), 200)
    data[0]
    start = time.perf_counter()
    for index in range(count):
        data[index]
    print("rate", count / (time.perf_counter() - start))


def main():
    who, folder, mode = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
    with_rasterio(folder, mode) if who == "rasterio" else with_torchgeo(folder)


main()
