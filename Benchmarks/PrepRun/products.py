"""Makes the products of prep-run out of two small simulated ones: SAFE folders of SIDE x SIDE pixels, four bands and classes.

usage: products.py EARTH OUT SIDE COUNT

The small images, repeated, fill the tile. The first date lies on its own zone's grid; the others show the second small product on the
grid of the neighbour zone, each under a date of its own: they share images (hard links) and differ in metadata."""
import datetime
import hashlib
import os
import pathlib
import re
import sys

import numpy
import rasterio
from rasterio.io import MemoryFile
from rasterio.transform import from_origin
from rasterio.vrt import WarpedVRT
from rasterio.warp import Resampling, transform as transformed

BANDS = {"B02": 10, "B03": 10, "B04": 10, "B08": 10, "SCL": 20}
LEFT, TOP, OWN, OTHER = 300000, 5900040, 32633, 32632
OWN_TILE, OTHER_TILE = "T33UUU", "T32UQD"
DAY = re.compile(r"(<(?:PRODUCT_START_TIME|PRODUCT_STOP_TIME|DATATAKE_SENSING_START|SENSING_TIME)[^>]*>)\d{4}-\d\d-\d\d")
URI = re.compile(r"(<PRODUCT_URI>\w+?_)\d{8}(?=T)")


def corner(side):
    """Where the neighbour zone's grid begins, so that its middle is the first one's."""
    middle = transformed(f"EPSG:{OWN}", f"EPSG:{OTHER}", [LEFT + 5 * side], [TOP - 5 * side])
    # Multiples of 60 m, as granules lie.
    return round((middle[0][0] - 5 * side) / 60) * 60, round((middle[1][0] + 5 * side) / 60) * 60


def filled(path, side):
    with rasterio.open(path) as file:
        tile = file.read(1)
    times = -(-side // len(tile))
    return numpy.tile(tile, (times, times))[:side, :side]


def onto_neighbour(pixels, metres, place):
    """The pixels on the neighbour zone's grid: cubic, classes nearest, positions good to a hundredth of a pixel."""
    side = len(pixels)
    with MemoryFile() as memory:
        with memory.open(driver="GTiff", width=side, height=side, count=1, dtype=pixels.dtype, crs=f"EPSG:{OWN}",
                         transform=from_origin(LEFT, TOP, metres, metres), nodata=0) as file:
            file.write(pixels, 1)
        with memory.open() as file, WarpedVRT(
                file, crs=f"EPSG:{OTHER}", transform=from_origin(*place, metres, metres), width=side, height=side, src_nodata=0,
                nodata=0, resampling=Resampling.cubic if metres == 10 else Resampling.nearest, tolerance=0.01) as warped:
            return warped.read(1)


def encode(pixels, metres, epsg, place, path):
    """As a SAFE folder has it: lossless, tiles of 1024 (20 m: 640) pixels."""
    block = min(1024 if metres == 10 else 640, len(pixels))
    # By its name the driver knows whether boxes, which hold the georeference, are wanted.
    part = path.with_suffix(".part.jp2")
    with rasterio.open(part, "w", driver="JP2OpenJPEG", width=len(pixels), height=len(pixels), count=1, dtype=pixels.dtype,
                       crs=f"EPSG:{epsg}", transform=from_origin(*place, metres, metres), QUALITY="100", REVERSIBLE="YES", YCC="NO",
                       BLOCKXSIZE=block, BLOCKYSIZE=block, NUM_THREADS=2) as file:
        file.write(pixels, 1)
    part.rename(path)


def image_lines(text):
    """The metadata without the images that the product does not have."""
    return re.sub(r"\s*<IMAGE_FILE>[^<]*_(?!(?:B02|B03|B04|B08)_10m|SCL_20m)[A-Z0-9]+_\d0m</IMAGE_FILE>", "", text)


def granule(text, side, epsg, place):
    """The granule's metadata on another ground."""
    for metres in (10, 20, 60):
        text = re.sub(rf'(<Size resolution="{metres}">\s*<NROWS>)\d+(</NROWS>\s*<NCOLS>)\d+', rf"\g<1>{side * 10 // metres}\g<2>{side * 10 // metres}",
                      text)
        text = re.sub(rf'(<Geoposition resolution="{metres}">\s*<ULX>)\d+(</ULX>\s*<ULY>)\d+', rf"\g<1>{place[0]}\g<2>{place[1]}", text)
    zone = f"{epsg % 100}N"
    return text.replace(f"EPSG:{OWN}", f"EPSG:{epsg}").replace("UTM zone 33N", f"UTM zone {zone}")


def manifest(safe):
    """A manifest.safe of the images in a folder, with their digests."""
    objects = []
    for number, path in enumerate(sorted(safe.rglob("*.jp2")), 1):
        digest = hashlib.file_digest(path.open("rb"), "md5").hexdigest()
        objects.append(f'<dataObject ID="Data_{number}"><byteStream mimeType="application/octet-stream" size="{path.stat().st_size}">'
                       f'<fileLocation locatorType="URL" href="./{path.relative_to(safe)}"/>'
                       f'<checksum checksumName="MD5">{digest}</checksum></byteStream></dataObject>')
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<xfdu:XFDU xmlns:xfdu="urn:ccsds:schema:xfdu:1" '
            'version="esa/safe/sentinel/1.1/sentinel-2/msi/archive_l2a_user_product"><dataObjectSection>'
            + "\n".join(objects) + "</dataObjectSection></xfdu:XFDU>\n")


def large(small, out, side, epsg, tile, place):
    """One product of the size wanted; its folder."""
    def renamed(path):
        return pathlib.Path(str(path).replace(OWN_TILE, tile))
    safe = out / renamed(small.name)
    for path in sorted(small.rglob("*")):
        target = safe / renamed(path.relative_to(small))
        layer = next((band for band in BANDS if f"_{band}_{BANDS[band]}m" in path.name), None)
        if path.suffix == ".jp2" and layer:
            target.parent.mkdir(parents=True, exist_ok=True)
            pixels = filled(path, side * 10 // BANDS[layer])
            if epsg != OWN:
                pixels = onto_neighbour(pixels, BANDS[layer], place)
            encode(pixels, BANDS[layer], epsg, place, target)
        elif path.suffix == ".xml":
            target.parent.mkdir(parents=True, exist_ok=True)
            text = image_lines(path.read_text()).replace(OWN_TILE, tile)
            target.write_text(granule(text, side, epsg, place) if path.name == "MTD_TL.xml" else text)
    (safe / "manifest.safe").write_text(manifest(safe))
    return safe


def dated(safe, days, out):
    """A product under another date: its images and digests are hard links."""
    text = (safe / "MTD_MSIL2A.xml").read_text()
    first = datetime.date.fromisoformat(DAY.search(text).group(0)[-10:])
    day = first + datetime.timedelta(days=days)
    text = URI.sub(rf"\g<1>{day:%Y%m%d}", DAY.sub(rf"\g<1>{day}", text))
    target = out / re.search(r"<PRODUCT_URI>([^<]+)<", text).group(1)
    for path in sorted(safe.rglob("*")):
        link = target / path.relative_to(safe)
        if path.is_dir():
            continue
        link.parent.mkdir(parents=True, exist_ok=True)
        if path.name == "MTD_MSIL2A.xml":
            link.write_text(text)
        elif path.name == "MTD_TL.xml":
            link.write_text(DAY.sub(rf"\g<1>{day}", path.read_text()))
        else:
            os.link(path, link)


def main():
    earth, out, side, count = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    first, second = sorted((earth / "l2a").glob("*/*.SAFE"), key=lambda path: path.name.split("_")[2])
    place = corner(side)
    reference = large(first, out / "images", side, OWN, OWN_TILE, (LEFT, TOP))
    moved = large(second, out / "images", side, OTHER, OTHER_TILE, place)
    for dates in (2, count):
        dated(reference, 0, out / f"scenes-{dates}")
        for number in range(dates - 1):
            dated(moved, 5 * number, out / f"scenes-{dates}")


main()
