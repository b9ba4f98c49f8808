"""Writes Tests/Fixtures/pixels.json: what rasterio reads of every TIFF of the shared data: shape, type and SHA-256 of the pixels,
band by band, row by row, little-endian.

Made with rasterio 1.4.4 (its wheel brings GDAL 3.10.3) and numpy 2.4.6.
    python script/reference/pixels.py SHARED_DATA > Tests/Fixtures/pixels.json
"""
import hashlib
import json
import pathlib
import sys
import warnings

import rasterio

warnings.simplefilter("ignore")
root = pathlib.Path(sys.argv[1])
files = {}
for path in sorted(root.rglob("*.tif")):
    with open(path, "rb") as file:
        if file.read(4) not in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
            continue
    with rasterio.open(path) as source:
        pixels = source.read()
        files[str(path.relative_to(root))] = {
            "bands": source.count, "height": source.height, "width": source.width, "type": source.dtypes[0],
            "epsg": source.crs.to_epsg() if source.crs else None, "nodata": None if source.nodata is None else repr(float(source.nodata)),
            "transform": list(source.transform.to_gdal()),
            "sha256": hashlib.sha256(pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()).hexdigest(),
        }
json.dump({"rasterio": rasterio.__version__, "files": files}, sys.stdout, indent=1, sort_keys=True)
print()
