"""Cuts pairs with a known added offset out of two real dates.

usage: cut.py FOLDER REFERENCE MOVING FACTOR WINDOW STEP ROWS,COLUMNS…      offsets in pixels of the files

A pair's pixels are every FACTOR-th of the files' after means of FACTOR × FACTOR pixels have been taken three times over, which makes it as soft as
Sentinel-2 is on its own grid. The moving date's begin ROWS and COLUMNS pixels earlier, so that what it shows lies offset ÷ FACTOR later: means commute
with moving by whole pixels, so that the offset is exact, and nothing is interpolated. Clouds of the moving date are hidden (0), as align's are, and
compared places have none in their windows. Writes FOLDER/N/{reference.u16, moving.u16, points.json} for each offset N, 0 being none."""
import json
import pathlib
import sys

import numpy
import rasterio

# Cloud, of which the files have no mask: squares of 16 pixels, and those around them, of which half is above this number in B04. Of the
# clear date's land 99.9 % is below 2000. Values of ours; shadows stay, as ground that differs.
CLOUD, SQUARE, SHARE = 2500, 16, 0.5
MARGIN = 12
# Of contrast at the coarse grid's highest frequency Sentinel-2 keeps m^(1/4), for one that keeps m at its own (a Gaussian), one mean of 2 × 2 pixels 0.71
# of that, three 0.35: with m = 0.15 to 0.3 (ESA's requirement for its bands of 10 m) 0.22 to 0.26. One mean would leave aliasing that it never has.
PASSES = 3


def overlap(first, second):
    """The same ground out of both files."""
    a, b = first.transform, second.transform
    assert first.crs == second.crs and a.a == b.a and a.e == b.e
    left, top = max(a.c, b.c), min(a.f, b.f)
    right = min(a.c + a.a * first.width, b.c + b.a * second.width)
    bottom = max(a.f + a.e * first.height, b.f + b.e * second.height)
    width, height = round((right - left) / a.a), round((bottom - top) / a.e)

    def cut(file):
        row, column = round((top - file.transform.f) / a.e), round((left - file.transform.c) / a.a)
        return file.read(1)[row:row + height, column:column + width]
    return cut(first), cut(second)


def cloud(image):
    """Where cloud is, whole squares of it; what is left over at the lower and right edges counts as cloud too."""
    down, across = image.shape[0] // SQUARE, image.shape[1] // SQUARE
    bright = (image[:down * SQUARE, :across * SQUARE] > CLOUD).reshape(down, SQUARE, across, SQUARE).mean((1, 3)) >= SHARE
    padded = numpy.pad(bright, 1)
    around = numpy.any([padded[row:row + down, column:column + across] for row in range(3) for column in range(3)], axis=0)
    hidden = numpy.ones(image.shape, bool)
    hidden[:down * SQUARE, :across * SQUARE] = numpy.kron(around, numpy.ones((SQUARE, SQUARE), bool))
    return hidden


def means(image, length):
    """Means of `length` neighbours along both axes, only where all of them are."""
    for axis in (0, 1):
        image = numpy.lib.stride_tricks.sliding_window_view(image, length, axis).mean(-1)
    return image


def coarse(image, top, left, size, factor):
    """The image as a sensor with pixels of FACTOR sees it; 0 where anything of a pixel has no data."""
    more = PASSES * (factor - 1)
    cut = image[top:top + size * factor + more, left:left + size * factor + more].astype(numpy.float64)
    known = (cut > 0).astype(numpy.float64)
    for _ in range(PASSES):
        cut, known = means(cut, factor), means(known, factor)
    cut, known = (part[::factor, ::factor][:size, :size] for part in (cut, known))
    return numpy.where(known < 1 - 1e-9, 0, numpy.rint(cut)).astype("<u2")


def main():
    folder, paths = pathlib.Path(sys.argv[1]), sys.argv[2:4]
    factor, window, step = map(int, sys.argv[4:7])
    offsets = [(0, 0), *(tuple(map(int, word.split(","))) for word in sys.argv[7:])]
    reference, moving = overlap(*(rasterio.open(path) for path in paths))
    moving = numpy.where(cloud(moving), 0, moving)
    bad = (reference == 0) | (moving == 0)
    # As much as fits across, and the least clouded of what fits down.
    size = (min(reference.shape) - 2 * MARGIN) // factor // step * step
    tops = range(MARGIN, reference.shape[0] - size * factor - MARGIN + 1, 100)
    top = min(tops, key=lambda row: bad[row:row + size * factor].sum())
    assert max(abs(word) for offset in offsets for word in offset) + PASSES * (factor - 1) <= MARGIN + 1
    still = coarse(reference, top, MARGIN, size, factor)
    moved = [coarse(moving, top - rows, MARGIN - columns, size, factor) for rows, columns in offsets]
    hidden = (still == 0) | (numpy.array(moved) == 0).any(0)
    half = window // 2
    at = range(step * -(-half // step), size - half + 1, step)
    places = [(row, column) for row in at for column in at if not hidden[row - half:row + half, column - half:column + half].any()]
    for number, ((rows, columns), image) in enumerate(zip(offsets, moved)):
        pair = folder / str(number)
        pair.mkdir()
        still.tofile(pair / "reference.u16")
        image.tofile(pair / "moving.u16")
        clear = [[row, column, rows / factor, columns / factor] for row, column in places]
        (pair / "points.json").write_text(json.dumps({"size": size, "clear": clear, "nearCloud": []}))
    print(json.dumps({"size": size, "places": len(places), "first_row": top}))


main()
