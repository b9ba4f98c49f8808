"""Writes Tests/Fixtures/unchanged.json: chi-squared tails, and IR-MAD of a small case, as scipy and numpy have them.

Made with numpy 2.4.6 and scipy 1.17.1. The detection is Nielsen's (IEEE Transactions on Image Processing 16, 2007) with the
generalised eigenproblem as printed there, which is not the way that the suite takes (Cholesky factors and singular values).
    python script/reference/unchanged.py > Tests/Fixtures/unchanged.json
"""
import json
import sys

import numpy
import scipy.linalg
from scipy.stats import chi2


def tails():
    cases = []
    for degrees in (1, 2, 3, 4, 5, 6, 9, 10, 13):
        for x in (0.0, 1e-6, 0.01, 0.5, 1.0, 3.3, 10.0, 27.5, 80.0, 300.0):
            cases.append([degrees, x, float(chi2.sf(x, degrees))])
    return cases


def detect(first, second, rounds, smallest_weight):
    """Correlations (falling) and the statistic after some rounds without a stop."""
    bands = len(first)
    stacked = numpy.concatenate([first, second]).astype(float)
    weights = numpy.ones(stacked.shape[1])
    for _ in range(rounds):
        mean = numpy.average(stacked, axis=1, weights=weights)
        centred = stacked - mean[:, None]
        covariance = (centred * weights) @ centred.T / weights.sum()
        own, other = covariance[:bands, :bands], covariance[bands:, bands:]
        both = covariance[:bands, bands:]
        squares, left = scipy.linalg.eigh(both @ numpy.linalg.solve(other, both.T), own)
        squares, left = squares[::-1], left[:, ::-1]
        correlations = numpy.sqrt(numpy.clip(squares, 0, 1))
        right = numpy.linalg.solve(other, both.T @ left) / correlations
        mad = left.T @ centred[:bands] - right.T @ centred[bands:]
        statistic = (mad**2 / (2 * (1 - correlations))[:, None]).sum(axis=0)
        weights = smallest_weight + (1 - smallest_weight) * chi2.sf(statistic, bands)
    return correlations, statistic


def case(rounds, smallest_weight):
    random = numpy.random.default_rng(11)
    land = random.normal(size=(4, 500)) * numpy.array([[900], [500], [300], [120]])
    mix = random.normal(size=(4, 4))
    first = 3000 + mix @ land + random.normal(size=(4, 500)) * 60
    second = 2500 + 0.8 * (mix @ land) + random.normal(size=(4, 500)) * 60
    second[:, :50] += random.normal(size=(4, 50)) * 800
    first, second = (numpy.clip(numpy.rint(x), 1, 65535).astype(int) for x in (first, second))
    correlations, statistic = detect(first, second, rounds, smallest_weight)
    return {
        "rounds": rounds,
        "smallestWeight": smallest_weight,
        "first": first.tolist(),
        "second": second.tolist(),
        "correlations": correlations.tolist(),
        "statistic": statistic.tolist(),
    }


json.dump({"tails": tails(), "cases": [case(1, 0), case(8, 0), case(8, 0.3)]}, sys.stdout)
print()
