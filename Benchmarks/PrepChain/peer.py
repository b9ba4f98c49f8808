"""The peer of prep-chain, same-grid and prep-run: GDAL's warper through rasterio at its best setting, then tiles as DEFLATE GeoTIFFs.

usage: peer.py INPUT OUTPUT EPSG THREADS same|chain [LEFT,TOP,WIDTH,HEIGHT]      prints "whole SECONDS" and "gigabytes NUMBER"
INPUT: a file of all bands, or files of one band each with commas between. The last: map corner and size of the 10 m grid that is
warped onto; without it, what covers the input."""
import concurrent.futures
import pathlib
import resource
import sys
import time

import numpy
import rasterio
from rasterio.transform import array_bounds, from_origin
from rasterio.warp import Resampling, calculate_default_transform, reproject
from rasterio.windows import Window

SIDE = 1096


def warped(files, crs, threads, target):
    source = files[0]
    if target:
        left, top, width, height = target
        transform = from_origin(left, top, 10, 10)
    else:
        transform, width, height = calculate_default_transform(
            source.crs, crs, source.width, source.height, *source.bounds, resolution=10)
    # Several files: all decoded first, which the warper, window by window, would do again and again.
    many = len(files) > 1
    bands = read(files) if many else rasterio.band(source, list(range(1, source.count + 1)))
    place = {"src_transform": source.transform, "src_crs": source.crs} if many else {}
    pixels = numpy.zeros((len(files) if many else source.count, height, width), source.dtypes[0])
    reproject(bands, pixels, dst_transform=transform, dst_crs=crs, dst_nodata=0, src_nodata=0, resampling=Resampling.cubic,
              num_threads=threads, warp_mem_limit=2000, **place)
    return pixels, transform


def read(files):
    return files[0].read() if len(files) == 1 else numpy.stack([file.read(1) for file in files])


def write(job):
    pixels, transform, crs, path = job
    with rasterio.open(path, "w", driver="GTiff", width=SIDE, height=SIDE, count=len(pixels), dtype=pixels.dtype, crs=crs,
                       transform=transform, nodata=0, compress="deflate", predictor=2, tiled=True, blockxsize=256,
                       blockysize=256) as file:
        file.write(pixels)


def main():
    path, output, epsg, threads, what, *target = sys.argv[1:]
    start = time.perf_counter()
    folder = pathlib.Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    with rasterio.Env(GDAL_NUM_THREADS=threads):
        files = [rasterio.open(part) for part in path.split(",")]
        if what == "same":
            crs, pixels, transform = files[0].crs, read(files), files[0].transform
        else:
            crs = rasterio.crs.CRS.from_epsg(int(epsg))
            grid = [int(value) for value in target[0].split(",")] if target else None
            pixels, transform = warped(files, crs, int(threads), grid)
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
    print("gigabytes", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9)


main()
