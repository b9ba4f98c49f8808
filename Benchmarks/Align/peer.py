"""Peers of align: upsampled phase correlation of windows (scikit-image) and a pyramidal KLT tracker (OpenCV), on the same pair.

usage: peer.py pcc|klt FOLDER THREADS      prints one JSON object: seconds, answers, errors as score.py tells them"""
import sys
import time

import cv2
import numpy
from skimage.registration import phase_cross_correlation

import score

WINDOW = 256


def windows(pair):
    """Whole-pixel phase correlation of tapered windows at the compared places, the window cut again there, then 1/50 px."""
    reference, moving = (pair.image(name).astype(numpy.float32) for name in ("reference", "moving"))
    taper = numpy.outer(numpy.hanning(WINDOW), numpy.hanning(WINDOW))
    found = numpy.full((len(pair.clear), 2), numpy.nan)
    start = time.perf_counter()
    for index, (row, column) in enumerate(pair.clear[:, :2].astype(int) - WINDOW // 2):
        first = reference[row:row + WINDOW, column:column + WINDOW]
        first = (first - first.mean()) * taper
        offset = (0, 0)
        for upsample in (1, 50):
            top, left = row + offset[0], column + offset[1]
            if not (0 <= top <= pair.size - WINDOW and 0 <= left <= pair.size - WINDOW):
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
    return pair.clear[:, :2], found, time.perf_counter() - start


def tracks(pair):
    """Corners tracked forth and back, with the parameters of sen2like's KLT: Laplacian of 5 px as bytes, 20,000 corners of
    quality 0.1 at least 10 px apart over blocks of 15, windows of 25 px, one level, 0.01 px back, then 3 sigma again and again.
    On the images as delivered; corners only where both dates are clear."""
    first, second = (pair.image(f"{name}-delivered") for name in ("reference", "moving"))
    mask = ((pair.image("reference") > 0) & (pair.image("moving") > 0)).astype(numpy.uint8)
    start = time.perf_counter()
    first, second = (cv2.Laplacian(image, cv2.CV_8U, ksize=5) for image in (first, second))
    corners = cv2.goodFeaturesToTrack(first, maxCorners=20_000, qualityLevel=0.1, minDistance=10, mask=mask, blockSize=15)
    if corners is None:
        return [], [], time.perf_counter() - start
    options = dict(winSize=(25, 25), maxLevel=1, criteria=(cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 0.03))
    there = cv2.calcOpticalFlowPyrLK(first, second, corners, None, **options)[0]
    back = cv2.calcOpticalFlowPyrLK(second, first, there, None, **options)[0]
    kept = numpy.abs(back - corners).max((1, 2)) < 0.01
    places, moves = corners[kept, 0, ::-1], (there - corners)[kept, 0, ::-1]
    while len(moves):
        inside = (numpy.abs(moves - moves.mean(0)) <= numpy.minimum(3 * moves.std(0), 20)).all(1)
        if inside.all():
            break
        places, moves = places[inside], moves[inside]
    return places, moves, time.perf_counter() - start


def main():
    method, folder, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    cv2.setNumThreads(threads)
    pair = score.Pair(folder)
    places, shifts, seconds = {"pcc": windows, "klt": tracks}[method](pair)
    score.report(pair, places, shifts, seconds)


main()
