"""How far the pixels of our warp lie from those of GDAL's exact mode: the same tile, cubic, scales given, no approximation.

usage: values.py rasterio|gdalwarp INPUT OURS      prints "maximum DN", "p999 DN", "beyond SHARE" (more than 1 DN), "pixels COUNT"
OURS: a tile as a GeoTIFF; INPUT is warped onto its grid. gdalwarp wants GDAL's own Python, rasterio its own."""
import sys

import numpy


def by_rasterio(source, ours):
    import rasterio
    from rasterio.vrt import WarpedVRT
    from rasterio.warp import Resampling
    # Not rasterio.warp.reproject, which approximates by up to an eighth of a pixel and takes no tolerance in this version; a
    # tolerance of 0 makes this one fail, so the least that can be told.
    with rasterio.open(source) as scene, rasterio.open(ours) as tile:
        with WarpedVRT(scene, crs=tile.crs, transform=tile.transform, width=tile.width, height=tile.height, src_nodata=0, nodata=0,
                       resampling=Resampling.cubic, tolerance=1e-6, XSCALE=1, YSCALE=1) as warped:
            return tile.read(), warped.read()


def by_gdalwarp(source, ours):
    from osgeo import gdal
    gdal.UseExceptions()
    tile = gdal.Open(ours)
    left, width, _, top, _, height = tile.GetGeoTransform()
    bounds = (left, top + height * tile.RasterYSize, left + width * tile.RasterXSize, top)
    # What `gdalwarp -r cubic -et 0 -wo XSCALE=1 -wo YSCALE=1` does.
    warped = gdal.Warp("", source, format="MEM", dstSRS=tile.GetProjection(), outputBounds=bounds, width=tile.RasterXSize,
                       height=tile.RasterYSize, srcNodata=0, dstNodata=0, resampleAlg="cubic", errorThreshold=0,
                       warpOptions=["XSCALE=1", "YSCALE=1"])
    return tile.ReadAsArray(), warped.ReadAsArray()


def main():
    how, source, ours = sys.argv[1:]
    mine, theirs = {"rasterio": by_rasterio, "gdalwarp": by_gdalwarp}[how](source, ours)
    # At the border of what has data kernels are not defined alike.
    both = (mine > 0) & (theirs > 0)
    if not both.any():
        sys.exit("values.py: no pixel has data in both")
    apart = numpy.abs(mine.astype(int) - theirs)[both]
    print("maximum", apart.max())
    print("p999", numpy.percentile(apart, 99.9))
    print("beyond", (apart > 1).mean())
    print("pixels", apart.size)


main()
