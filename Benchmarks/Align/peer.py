"""Peers of align: upsampled phase correlation of windows (scikit-image) and a pyramidal KLT tracker (OpenCV), on the same pair.

usage: peer.py pcc|klt FOLDER THREADS      prints one JSON object: seconds, answers, errors as score.py tells them"""
import pathlib
import sys
import time

import cv2
import numpy
from skimage.registration import phase_cross_correlation

WINDOW = 256


def windows(reference, moving, points, found):
    """Whole-pixel phase correlation of tapered windows around points, the window cut again there, then 1/50 px."""
    taper = numpy.outer(numpy.hanning(WINDOW), numpy.hanning(WINDOW))
    size = len(reference)
    for index, (row, column, *_) in enumerate(points):
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


def corners(first, second, mask):
    """Corners tracked forth and back, with the parameters of sen2like's KLT: Laplacian of 5 px as bytes, 20,000 corners of
    quality 0.1 at least 10 px apart over blocks of 15, windows of 25 px, one level, 0.01 px back, then 3 sigma again and again.
    `mask`: where corners may lie. Returns places and shifts of those that are left."""
    first, second = (cv2.Laplacian(image, cv2.CV_8U, ksize=5) for image in (first, second))
    seen = cv2.goodFeaturesToTrack(first, maxCorners=20_000, qualityLevel=0.1, minDistance=10, mask=mask, blockSize=15)
    if seen is None:
        return numpy.zeros((0, 2)), numpy.zeros((0, 2))
    options = dict(winSize=(25, 25), maxLevel=1, criteria=(cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 0.03))
    there = cv2.calcOpticalFlowPyrLK(first, second, seen, None, **options)[0]
    back = cv2.calcOpticalFlowPyrLK(second, first, there, None, **options)[0]
    kept = numpy.abs(back - seen).max((1, 2)) < 0.01
    places, moves = seen[kept, 0, ::-1], (there - seen)[kept, 0, ::-1]
    while len(moves):
        inside = (numpy.abs(moves - moves.mean(0)) <= numpy.minimum(3 * moves.std(0), 20)).all(1)
        if inside.all():
            break
        places, moves = places[inside], moves[inside]
    return places, moves


def tracks(reference, moving, points, found):
    """For who asks at points: the median of the tracks in a point's window, where there are five; hidden ground is 0."""
    places, moves = corners(reference, moving, ((reference > 0) & (moving > 0)).astype(numpy.uint8))
    for index, (row, column, *_) in enumerate(points):
        near = (numpy.abs(places[:, 0] - row) < WINDOW / 2) & (numpy.abs(places[:, 1] - column) < WINDOW / 2)
        if near.sum() >= 5:
            found[index] = numpy.median(moves[near], 0)


def answers(method, pair):
    """Places, shifts, seconds."""
    reference, moving = pair.image("reference"), pair.image("moving")
    if method == "pcc":
        found = numpy.full((len(pair.clear), 2), numpy.nan)
        reference, moving = reference.astype(numpy.float32), moving.astype(numpy.float32)
        start = time.perf_counter()
        windows(reference, moving, pair.clear, found)
        return pair.clear[:, :2], found, time.perf_counter() - start
    # On the images as delivered, corners only where both dates are clear.
    mask = ((reference > 0) & (moving > 0)).astype(numpy.uint8)
    reference, moving = pair.image("reference-delivered"), pair.image("moving-delivered")
    start = time.perf_counter()
    places, moves = corners(reference, moving, mask)
    return places, moves, time.perf_counter() - start


def main():
    import score  # Here: align-real takes functions of this file without what scores them.
    method, folder, threads = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
    cv2.setNumThreads(threads)
    pair = score.Pair(folder)
    score.report(pair, *answers(method, pair))


main()
