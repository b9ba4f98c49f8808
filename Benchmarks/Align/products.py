"""Peers of align that need a Python of their own: AROSICS' local co-registration and s2cube's matcher, on the same pair.

usage: products.py arosics|s2cube FOLDER THREADS      prints one JSON object: seconds, answers, errors as score.py tells them"""
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


def arosics(pair, threads):
    """Its grid of 200 px and windows of 256 px, each of its points that passes its own filters.

    The images are as delivered, one band each, and clouds are told by masks. With clouds cut out as no data their outline,
    a polygon of thousands of holes, is searched at every point, and that does not end. The points are made by processes, which
    need the whole image each."""
    from arosics import COREG_LOCAL
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        paths, masks = [], []
        for name in ("reference", "moving"):
            delivered = pair.image(f"{name}-delivered")
            paths.append(geotiff(delivered, folder / f"{name}.tif"))
            masks.append(geotiff((pair.image(name) == 0).astype(numpy.uint8), folder / f"bad-{name}.tif"))
        start = time.perf_counter()
        local = COREG_LOCAL(*paths, grid_res=200, window_size=(WINDOW, WINDOW), max_shift=10, nodata=(0, 0),
                            mask_baddata_ref=masks[0], mask_baddata_tgt=masks[1], CPUs=threads, progress=False, q=True)
        table = local.CoRegPoints_table
        seconds = time.perf_counter() - start
    table = table[(table.ABS_SHIFT != -9999) & ~table.OUTLIER.astype(bool)]
    places = numpy.stack([(6000000 - table.Y_MAP) / 10, (table.X_MAP - 500000) / 10], 1)
    # What it tells is what to move the image by.
    return places, -numpy.stack([table.Y_SHIFT_PX, table.X_SHIFT_PX], 1), seconds


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
    import score  # Here: align-real takes functions of this file without what scores them.
    method, folder, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    pair = score.Pair(folder)
    if method == "arosics":
        score.report(pair, *arosics(pair, threads))
    else:
        found = numpy.full((len(pair.clear), 2), numpy.nan)
        seconds = s2cube(pair.image("reference"), pair.image("moving"), pair.clear, threads, found)
        score.report(pair, pair.clear[:, :2], found, seconds)


main()
