"""The peer of prep-chain and same-grid: GDAL's warper through rasterio at its best setting, then tiles as DEFLATE GeoTIFFs.

usage: peer.py INPUT OUTPUT EPSG THREADS same|chain      prints "whole SECONDS" """
import concurrent.futures
import pathlib
import sys
import time

import numpy
import rasterio
from rasterio.transform import array_bounds, from_origin
from rasterio.warp import Resampling, calculate_default_transform, reproject
from rasterio.windows import Window

SIDE = 1096


def warped(source, crs, threads):
    transform, width, height = calculate_default_transform(
        source.crs, crs, source.width, source.height, *source.bounds, resolution=10)
    pixels = numpy.zeros((source.count, height, width), source.dtypes[0])
    reproject(rasterio.band(source, list(range(1, source.count + 1))), pixels, dst_transform=transform, dst_crs=crs,
              dst_nodata=0, src_nodata=0, resampling=Resampling.cubic, num_threads=threads, warp_mem_limit=2000)
    return pixels, transform


def write(job):
    pixels, transform, crs, path = job
    with rasterio.open(path, "w", driver="GTiff", width=SIDE, height=SIDE, count=len(pixels), dtype=pixels.dtype, crs=crs,
                       transform=transform, nodata=0, compress="deflate", predictor=2, tiled=True, blockxsize=256,
                       blockysize=256) as file:
        file.write(pixels)


def main():
    path, output, epsg, threads, what = sys.argv[1:]
    start = time.perf_counter()
    folder = pathlib.Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    with rasterio.open(path) as source:
        if what == "same":
            crs, pixels, transform = source.crs, source.read(), source.transform
        else:
            crs = rasterio.crs.CRS.from_epsg(int(epsg))
            pixels, transform = warped(source, crs, int(threads))
    jobs = []
    for top in range(0, pixels.shape[1], SIDE):
        for left in range(0, pixels.shape[2], SIDE):
            tile = pixels[:, top:top + SIDE, left:left + SIDE]
            if tile.shape[1:] != (SIDE, SIDE):
                padded = numpy.zeros((len(tile), SIDE, SIDE), tile.dtype)
                padded[:, :tile.shape[1], :tile.shape[2]] = tile
                tile = padded
            if tile.any():
                jobs.append((tile, transform * transform.translation(left, top), crs, str(folder / f"{len(jobs)}.tif")))
    with concurrent.futures.ThreadPoolExecutor(int(threads)) as pool:
        list(pool.map(write, jobs))
    print("whole", time.perf_counter() - start)


main()
