"""Writes Tests/Fixtures/footprints.json: what rasterio and shapely make of polygons, drawn and real.

Made with numpy 2.4.6, rasterio 1.4.4 (GDAL 3.10.3) and shapely 2.2.0. Masks are lengths of runs, zeros first. Of the real chips
(SpaceNet 1, Rio: CC BY-SA 4.0) only sums, areas and digests are kept.
    python script/reference/footprints.py FOLDER_OF_SN1_RIO > Tests/Fixtures/footprints.json
"""
import glob
import hashlib
import json
import os
import sys

import numpy
import rasterio
import shapely
from rasterio.features import rasterize
from rasterio.transform import Affine
from shapely.geometry import box, shape

NORTH_UP = Affine(4.4e-6, 0, -43.68, 0, -4.5e-6, -22.97)


def runs(mask):
    flat = mask.ravel()
    edges = numpy.flatnonzero(numpy.diff(flat)) + 1
    lengths = numpy.diff(numpy.concatenate([[0], edges, [flat.size]]))
    return ([0] if flat[0] else []) + [int(length) for length in lengths]


def masks(geometries, width, height, transform):
    return [
        rasterize(geometries, out_shape=(height, width), transform=transform, all_touched=touched, fill=0,
                  default_value=1, dtype="uint8") if geometries else numpy.zeros((height, width), "uint8")
        for touched in (False, True)
    ]


def ring(random, x, y, size, points, grid=None):
    angles = numpy.sort(random.uniform(0, 2 * numpy.pi, points))
    radii = size * random.uniform(0.4, 1, points)
    ring = numpy.stack([x + radii * numpy.cos(angles), y + radii * numpy.sin(angles)], 1)
    if grid:
        ring = numpy.round(ring / grid) * grid
    ring = [[float(a), float(b)] for a, b in ring]
    return ring + ring[:1]


def drawn(random, name, width, height, transform, grid=None, count=8, largest=30):
    """Stars with holes, polygons of several parts, collections; some hang over the border."""
    geometries = []
    for number in range(count):
        x, y = random.uniform(-5, width + 5), random.uniform(-5, height + 5)
        size = random.uniform(0.4, largest)
        outer = ring(random, x, y, size, int(random.integers(3, 24)), grid)
        rings = [outer] + ([ring(random, x, y, size / 4, 5, grid)] if number % 3 == 0 else [])
        polygon = {"type": "Polygon", "coordinates": rings}
        if number % 4 == 1:
            other = ring(random, x + size / 2, y, size, 7, grid)
            polygon = {"type": "MultiPolygon", "coordinates": [rings, [other]]}
        if number % 4 == 2:
            polygon = {"type": "GeometryCollection", "geometries": [
                polygon, {"type": "GeometryCollection", "geometries": [
                    {"type": "Polygon", "coordinates": [ring(random, x - size, y, size / 2, 4, grid)]}]}]}
        geometries.append(polygon)
    return case(name, geometries, width, height, transform)


def to_ground(geometry, transform):
    if "geometries" in geometry:
        return {**geometry, "geometries": [to_ground(part, transform) for part in geometry["geometries"]]}

    def walk(value):
        return list(transform * tuple(value)) if isinstance(value[0], float) else [walk(part) for part in value]
    return {**geometry, "coordinates": walk(geometry["coordinates"])}


def case(name, geometries, width, height, transform):
    """Geometries are given in pixels, and kept on the ground."""
    placed = [to_ground(geometry, transform) for geometry in geometries]
    centres, touched = masks(placed, width, height, transform)
    valid = [shapely.make_valid(shape(geometry)) for geometry in geometries]
    union = shapely.union_all(valid).intersection(box(0, 0, width, height)) if valid else box(0, 0, 0, 0)
    return {
        "name": name, "width": width, "height": height, "transform": list(transform.to_gdal()),
        "geometries": placed, "centres": runs(centres), "allTouched": runs(touched),
        "area": union.area, "length": union.length,
    }


def ties(transform, name):
    """Squares and slants whose corners lie on corners, middles and sides of pixels."""
    def square(left, top, right, bottom):
        return [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]
    geometries = [
        {"type": "Polygon", "coordinates": [square(1.0, 1.0, 4.0, 3.0)]},
        {"type": "Polygon", "coordinates": [square(6.5, 1.5, 9.5, 3.5)[::-1]]},
        {"type": "Polygon", "coordinates": [square(1.5, 6.0, 8.0, 12.5), square(3.5, 7.5, 5.5, 9.5)]},
        {"type": "Polygon", "coordinates": [[[12.0, 2.0], [18.0, 8.0], [12.0, 14.0], [12.0, 2.0]]]},
        {"type": "Polygon", "coordinates": [[[20.5, 2.5], [24.5, 6.5], [20.5, 10.5], [16.5, 6.5], [20.5, 2.5]]]},
    ]
    return case(name, geometries, 26, 16, transform)


def crossing():
    """Rings that cross themselves: their area by the even-odd rule is that of shapely's make_valid."""
    rings = [
        [[0, 0], [10, 10], [10, 0], [0, 10]],
        [[0, 0], [8, 0], [2, 6], [4, -3], [6, 6]],
        [[0, 0], [10, 0], [10, 5], [2, 5], [2, 8], [6, 8], [6, 2], [0, 2]],
    ]
    return [
        {"ring": ring, "area": shapely.make_valid(shapely.Polygon(ring)).area,
         "signed": abs(shapely.Polygon(ring).area)}
        for ring in rings
    ]


def real(folder):
    for images in ("8band", "3band"):
        for path in sorted(glob.glob(f"{folder}/{images}/*.tif")):
            key = os.path.basename(path)[len(images) + 1:-4]
            with open(f"{folder}/vectorData/geoJson/{key}_Geo.geojson") as file:
                geometries = [feature["geometry"] for feature in json.load(file)["features"]]
            with rasterio.open(path) as image:
                pixels = image.read()
                transform, width, height = image.transform, image.width, image.height
            centres, touched = masks(geometries, width, height, transform)
            shapes = [shapely.transform(shape(geometry), lambda p: (p - [transform.c, transform.f]) / [transform.a, transform.e])
                      for geometry in geometries if geometry]
            union = shapely.union_all([shapely.make_valid(one) for one in shapes]) if shapes else box(0, 0, 0, 0)
            yield {
                "key": key, "images": images, "width": width, "height": height, "buildings": len(geometries),
                "pixels": hashlib.sha256(pixels.tobytes()).hexdigest(), "type": str(pixels.dtype),
                "centres": int(centres.sum()), "centresDigest": hashlib.sha256(centres.tobytes()).hexdigest(),
                "allTouched": int(touched.sum()), "allTouchedDigest": hashlib.sha256(touched.tobytes()).hexdigest(),
                "area": union.area, "length": union.length,
                "areas": [one.area for one in shapes],
            }


def main():
    random = numpy.random.default_rng(7)
    identity = Affine.identity()
    cases = [
        drawn(random, "pixels", 80, 60, identity),
        drawn(random, "north up", 81, 59, NORTH_UP),
        drawn(random, "many small", 64, 64, NORTH_UP, count=40, largest=4),
        drawn(random, "tiny", 33, 20, identity, count=30, largest=1.2),
        drawn(random, "large", 40, 40, identity, count=3, largest=90),
        drawn(random, "turned", 50, 50, Affine.rotation(20) * Affine.scale(2, -2)),
        drawn(random, "whole corners", 48, 40, identity, grid=1.0),
        drawn(random, "whole middles", 48, 40, identity, grid=0.5),
        ties(identity, "ties"),
        ties(Affine(1, 0, 0, 0, -1, 0), "ties, north up"),
        case("nothing", [], 5, 4, identity),
    ]
    json.dump({"versions": {"rasterio": rasterio.__version__, "gdal": rasterio.__gdal_version__, "shapely": shapely.__version__},
               "cases": cases, "crossing": crossing(), "real": list(real(sys.argv[1]))}, sys.stdout, indent=None, separators=(",", ":"))
    print()


main()
