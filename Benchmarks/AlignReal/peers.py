"""Peers of align-real: those of align, which say here what they find at each place.

usage: peers.py pcc|klt|arosics|s2cube FOLDER THREADS WINDOW STEP      prints one JSON object: seconds, and [rows, columns] or null a place"""
import contextlib
import json
import pathlib
import sys
import tempfile
import time

import borrow
import numpy

ALIGN = pathlib.Path(__file__).resolve().parent.parent / "Align"


def arosics(products, pair, threads, window, step, found):
    """Its local co-registration with a point at every place, answers that it takes for outliers left out."""
    from arosics import COREG_LOCAL
    reference, moving, points = pair
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        # It asks its masks for a point on the very edge, where they end; without the last row and column there is none.
        images = {"reference": reference[:-1, :-1], "moving": moving[:-1, :-1]}
        files = [products["geotiff"](image, folder / f"{name}.tif") for name, image in images.items()]
        masks = [products["geotiff"]((image == 0).astype(numpy.uint8), folder / f"bad-{name}.tif") for name, image in images.items()]
        start = time.perf_counter()
        # It tells of its progress where the answer belongs.
        with contextlib.redirect_stdout(sys.stderr):
            local = COREG_LOCAL(*files, grid_res=step, window_size=(window, window), max_shift=10, nodata=(0, 0),
                                mask_baddata_ref=masks[0], mask_baddata_tgt=masks[1], CPUs=threads, progress=False, q=True)
            table = local.CoRegPoints_table
        seconds = time.perf_counter() - start
    table = table[(table.ABS_SHIFT != -9999) & ~table.OUTLIER.astype(bool)]
    # The files' georeference is geotiff's: 10 a pixel from (500000, 6000000). What it tells is what to move the image by.
    places = numpy.stack([(6000000 - table.Y_MAP) / 10, (table.X_MAP - 500000) / 10], 1)
    shifts = -numpy.stack([table.Y_SHIFT_PX, table.X_SHIFT_PX], 1)
    for index, (row, column, *_) in enumerate(points):
        here = numpy.abs(places - (row, column)).max(1) <= 1 if len(places) else numpy.zeros(0, bool)
        if here.any():
            found[index] = shifts[here.argmax()]
    return seconds


def plain(method, pair, threads, window, found):
    """Phase correlation or KLT."""
    peer = borrow.functions(ALIGN / "peer.py", WINDOW=window)
    peer["cv2"].setNumThreads(threads)
    reference, moving, points = pair
    start = time.perf_counter()
    peer[{"pcc": "windows", "klt": "tracks"}[method]](reference.astype(numpy.float32), moving.astype(numpy.float32), points, found)
    return time.perf_counter() - start


def main():
    method, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    threads, window, step = map(int, sys.argv[3:6])
    told = json.loads((folder / "points.json").read_text())
    size = told["size"]
    pair = (*(numpy.fromfile(folder / f"{name}.u16", "<u2").reshape(size, size) for name in ("reference", "moving")), told["clear"])
    found = numpy.full((len(told["clear"]), 2), numpy.nan)
    if method in ("pcc", "klt"):
        seconds = plain(method, pair, threads, window, found)
    else:
        products = borrow.functions(ALIGN / "products.py", WINDOW=window, MOST_WINDOWS=len(found))
        seconds = (arosics(products, pair, threads, window, step, found) if method == "arosics"
                   else products["s2cube"](*pair, threads, found))
    print(json.dumps({"seconds": seconds, "windows": [list(shift) if numpy.isfinite(shift).all() else None for shift in found]}))


main()
