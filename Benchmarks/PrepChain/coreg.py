"""AROSICS' part of a chain: local co-registration of a scene to a reference, written as GeoTIFF. Grid of 200 px, windows of 256 px.

usage: coreg.py INPUT REFERENCE OUTPUT THREADS bands|band      prints "whole SECONDS"
bands: on the file of all bands, as its documentation has it. band: on one band cut out first, and the shifts applied to all bands:
its quickest way, as it reads a file of many bands far slower even where one is used."""
import pathlib
import sys
import time
import warnings

warnings.filterwarnings("ignore")
SETTINGS = {"grid_res": 200, "window_size": (256, 256), "max_shift": 10, "nodata": (0, 0), "progress": False, "q": True}
# As the next step reads it fastest.
FILE = {"fmt_out": "GTIFF", "out_crea_options": ["TILED=YES", "INTERLEAVE=BAND"]}


def main():
    path, reference, output, threads, what = sys.argv[1:]
    from arosics import COREG_LOCAL, DESHIFTER
    from osgeo import gdal
    gdal.UseExceptions()
    start = time.perf_counter()
    bands = gdal.Open(path).RasterCount
    if what == "bands":
        local = COREG_LOCAL(reference, path, s_b4match=bands, CPUs=int(threads), path_out=output, **FILE, **SETTINGS)
        local.correct_shifts()
    else:
        band = str(pathlib.Path(output).with_suffix(".band.tif"))
        gdal.Translate(band, path, bandList=[bands])
        local = COREG_LOCAL(reference, band, CPUs=int(threads), **SETTINGS)
        DESHIFTER(path, local.coreg_info, path_out=output, nodata=0, align_grids=True, CPUs=int(threads), progress=False,
                  q=True, **FILE).correct_shifts()
    print("whole", time.perf_counter() - start)


main()
