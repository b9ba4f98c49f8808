"""The peers of load-spacenet: image and mask of each chip as arrays, in worker processes.

usage: peer.py rasterio|torchgeo FOLDER WORKERS      prints "rate CHIPS-PER-SECOND" """
import glob
import json
import multiprocessing
import os
import sys
import tempfile
import time

WARM = 4


def rasterio_chip(paths):
    import rasterio
    from rasterio.features import rasterize

    image, outlines = paths
    with rasterio.open(image) as source:
        pixels = source.read()
        shape, transform = (source.height, source.width), source.transform
    with open(outlines) as file:
        geometries = [feature["geometry"] for feature in json.load(file)["features"] if feature["geometry"]]
    mask = rasterize(geometries, out_shape=shape, transform=transform, dtype="uint8") if geometries else None
    return int(pixels[0, 0, 0]) + (int(mask.sum()) if mask is not None else 0)


DATASET = None


def open_torchgeo(folder):
    global DATASET
    from torchgeo.datasets import SpaceNet2

    DATASET = SpaceNet2(root=folder, aois=[2], image="MUL-PanSharpen")


def torchgeo_chip(index):
    sample = DATASET[index]
    return float(sample["image"][0, 0, 0]) + int(sample["mask"].sum())


def main():
    what, folder, workers = sys.argv[1], sys.argv[2], int(sys.argv[3])
    area = glob.glob(f"{folder}/AOI_*_Train")[0]
    images = sorted(glob.glob(f"{area}/MUL-PanSharpen/*.tif"))
    with tempfile.TemporaryDirectory() as root:
        if what == "rasterio":
            outlines = [path.replace("MUL-PanSharpen/MUL-PanSharpen_", "geojson/buildings/buildings_").replace(".tif", ".geojson") for path in images]
            work, items, setup = rasterio_chip, list(zip(images, outlines)), (None, ())
        else:
            os.makedirs(f"{root}/SN2_buildings/train")
            os.symlink(os.path.abspath(area), f"{root}/SN2_buildings/train/{os.path.basename(area)}")
            work, items, setup = torchgeo_chip, list(range(len(images))), (open_torchgeo, (root,))
        with multiprocessing.get_context("fork").Pool(workers, *setup) as pool:
            pool.map(work, items[:WARM * workers], chunksize=1)
            start = time.perf_counter()
            for _ in pool.imap(work, items, chunksize=4):
                pass
            print("rate", len(items) / (time.perf_counter() - start))


main()
