"""Peers of align: upsampled phase correlation of windows (scikit-image) and a pyramidal KLT tracker (OpenCV), on the same pair.

usage: peer.py pcc|klt FOLDER THREADS      prints one JSON object: seconds, points answered, RMSE over all clear points"""
import json
import pathlib
import sys
import time

import cv2
import numpy
from skimage.registration import phase_cross_correlation

WINDOW = 256


def windows(reference, moving, points, found):
    """Whole-pixel phase correlation, the window cut again there, then 1/50 px."""
    taper = numpy.outer(numpy.hanning(WINDOW), numpy.hanning(WINDOW))
    size = len(reference)
    for index, (row, column, _, _) in enumerate(points):
        row, column = int(row) - WINDOW // 2, int(column) - WINDOW // 2
        first = reference[row:row + WINDOW, column:column + WINDOW]
        first = (first - first.mean()) * taper
        offset = (0, 0)
        for upsample in (1, 50):
            top, left = row + offset[0], column + offset[1]
            if not (0 <= top <= size - WINDOW and 0 <= left <= size - WINDOW):
                break
            second = moving[top:top + WINDOW, left:left + WINDOW]
            second = (second - second.mean()) * taper
            shift = phase_cross_correlation(second, first, upsample_factor=upsample, normalization="phase")[0]
            if upsample == 1:
                offset = tuple(int(value) for value in shift)
                if max(map(abs, offset)) > 8:
                    break
            else:
                found[index] = (offset[0] + shift[0], offset[1] + shift[1])


def tracks(reference, moving, points, found):
    """Corners tracked forth and back; a point's shift is the median of the tracks in its window."""
    def byte(image):
        low, high = numpy.percentile(image[image > 0], (1, 99))
        return numpy.clip((image - low) * 255 / (high - low), 0, 255).astype(numpy.uint8)
    first, second = byte(reference), byte(moving)
    mask = ((reference > 0) & (moving > 0)).astype(numpy.uint8)
    corners = cv2.goodFeaturesToTrack(first, 200_000, 0.005, 8, mask=mask)
    options = dict(winSize=(21, 21), maxLevel=3, criteria=(cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 40, 0.003))
    there, good, _ = cv2.calcOpticalFlowPyrLK(first, second, corners, None, **options)
    back, fine, _ = cv2.calcOpticalFlowPyrLK(second, first, there, None, **options)
    keep = (good[:, 0] == 1) & (fine[:, 0] == 1) & (numpy.abs(back - corners).max((1, 2)) < 0.2)
    places, moves = corners[keep, 0, ::-1], (there - corners)[keep, 0, ::-1]
    for index, (row, column, _, _) in enumerate(points):
        near = (numpy.abs(places[:, 0] - row) < WINDOW / 2) & (numpy.abs(places[:, 1] - column) < WINDOW / 2)
        if near.sum() >= 5:
            found[index] = numpy.median(moves[near], 0)


def main():
    method, folder, threads = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
    told = json.loads((folder / "points.json").read_text())
    size, points = told["size"], told["clear"]
    cv2.setNumThreads(threads)
    reference, moving = (numpy.fromfile(folder / f"{name}.u16", "<u2").reshape(size, size).astype(numpy.float32)
                         for name in ("reference", "moving"))
    found = numpy.full((len(points), 2), numpy.nan)
    start = time.perf_counter()
    {"pcc": windows, "klt": tracks}[method](reference, moving, points, found)
    seconds = time.perf_counter() - start
    signed = found - numpy.array(points)[:, 2:]
    errors = numpy.hypot(*signed.T)
    answered = errors[numpy.isfinite(errors)]
    mean = numpy.nanmean(signed, 0)
    print(json.dumps({"seconds": seconds, "meanRows": float(mean[0]), "meanColumns": float(mean[1]), "points": len(points), "answered": len(answered),
                      "rmse": float((answered ** 2).mean() ** 0.5), "p95": float(numpy.percentile(answered, 95))}))


main()
