"""The peers of prep-jp2: GDAL through rasterio decodes each band whole, or window by window.

usage: peer.py THREADS bare|windows BAND...      prints "whole SECONDS" and "cpu SECONDS" """
import resource
import sys
import time

import rasterio
from rasterio.windows import Window

SIDE = 1096


def main():
    threads, what, *paths = sys.argv[1:]
    start = time.perf_counter()
    for path in paths:
        with rasterio.Env(GDAL_NUM_THREADS=threads), rasterio.open(path) as source:
            if what == "bare":
                source.read(1)
                continue
            for top in range(0, source.height - SIDE + 1, SIDE):
                for left in range(0, source.width - SIDE + 1, SIDE):
                    # A reader of single tiles opens the file for each.
                    with rasterio.open(path) as window:
                        window.read(1, window=Window(left, top, SIDE, SIDE))
    print("whole", time.perf_counter() - start)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print("cpu", usage.ru_utime + usage.ru_stime)


main()
