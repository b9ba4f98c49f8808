"""Peers of align that need a Python of their own: AROSICS' local co-registration and s2cube's matcher, on the same pair.

usage: products.py arosics|s2cube FOLDER THREADS      prints one JSON object: seconds, points answered, RMSE over them"""
import json
import pathlib
import sys
import tempfile
import time
import warnings

import numpy

warnings.filterwarnings("ignore")
WINDOW = 256
# s2cube needs a quarter of a second a window: so many of the points are enough to tell its error.
MOST_WINDOWS = 160


def geotiff(pixels, path):
    from osgeo import gdal, osr
    gdal.UseExceptions()
    system = osr.SpatialReference()
    system.ImportFromEPSG(32633)
    kind = gdal.GDT_Byte if pixels.dtype == numpy.uint8 else gdal.GDT_UInt16
    file = gdal.GetDriverByName("GTiff").Create(str(path), pixels.shape[1], pixels.shape[0], 1, kind)
    file.SetProjection(system.ExportToWkt())
    file.SetGeoTransform((500000, 10, 0, 6000000, 0, -10))
    file.GetRasterBand(1).WriteArray(pixels)
    file.FlushCache()
    return str(path)


def arosics(reference, moving, points, threads, found):
    """Its grid of 200 px and windows of 256 px; the nearest of its points within 100 px answers for one of ours."""
    from arosics import COREG_LOCAL
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        first, second = geotiff(reference, folder / "reference.tif"), geotiff(moving, folder / "moving.tif")
        masks = [geotiff((image == 0).astype(numpy.uint8), folder / f"{name}.tif")
                 for name, image in (("bad-reference", reference), ("bad-moving", moving))]
        start = time.perf_counter()
        local = COREG_LOCAL(first, second, grid_res=200, window_size=(WINDOW, WINDOW), max_shift=10, nodata=(0, 0),
                            mask_baddata_ref=masks[0], mask_baddata_tgt=masks[1], CPUs=threads, progress=False, q=True)
        table = local.CoRegPoints_table
        seconds = time.perf_counter() - start
    table = table[(table.ABS_SHIFT != -9999) & ~table.OUTLIER.astype(bool)]
    places = numpy.stack([(6000000 - table.Y_MAP) / 10, (table.X_MAP - 500000) / 10], 1)
    # What it tells is what to move the image by.
    shifts = -numpy.stack([table.Y_SHIFT_PX, table.X_SHIFT_PX], 1)
    for index, (row, column, _, _) in enumerate(points):
        distances = numpy.abs(places - (row, column)).max(1)
        nearest = distances.argmin()
        if distances[nearest] <= 100:
            found[index] = shifts[nearest]
    return seconds


def s2cube(reference, moving, points, threads, found):
    """Its matcher as its own measure() calls it: gradients of the cubic 2 m grid, normalised cross-correlation, parabola."""
    from scipy import ndimage
    from s2cube.coreg import gradient, ncc_shift, to_fine
    fine, reach = 5, 30
    at = (numpy.arange(WINDOW * fine) + 0.5) / fine - 0.5
    rows, columns = numpy.meshgrid(at, at, indexing="ij")
    step = max(1, len(points) // MOST_WINDOWS)
    start = time.perf_counter()
    for index in range(0, len(points), step):
        row, column = int(points[index][0]) - WINDOW // 2, int(points[index][1]) - WINDOW // 2
        first, second = (to_fine(image[row:row + WINDOW, column:column + WINDOW].astype(numpy.float32), rows, columns)
                         for image in (reference, moving))
        across, down, agreement = ncc_shift(gradient(ndimage.gaussian_filter(first, 1)), gradient(second), reach)
        if agreement >= 0.3:
            found[index] = (down / fine, across / fine)
    return time.perf_counter() - start


def main():
    method, folder, threads = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
    told = json.loads((folder / "points.json").read_text())
    size, points = told["size"], told["clear"]
    reference, moving = (numpy.fromfile(folder / f"{name}.u16", "<u2").reshape(size, size) for name in ("reference", "moving"))
    found = numpy.full((len(points), 2), numpy.nan)
    seconds = {"arosics": arosics, "s2cube": s2cube}[method](reference, moving, points, threads, found)
    errors = numpy.hypot(*(found - numpy.array(points)[:, 2:]).T)
    answered = errors[numpy.isfinite(errors)]
    print(json.dumps({"seconds": seconds, "points": len(points), "answered": len(answered),
                      "rmse": float((answered ** 2).mean() ** 0.5), "p95": float(numpy.percentile(answered, 95))}))


main()
