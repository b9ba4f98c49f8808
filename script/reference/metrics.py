"""Writes Tests/Fixtures/metrics.json: what scikit-learn says of small cases, ties and empty classes included.

Made with numpy 2.4.6 and scikit-learn 1.9.1. Undefined scores are null, where scikit-learn warns and says 0.
Otsu's cut is scikit-image's formula (skimage/filters/thresholding.py: threshold_otsu) written on numpy.histogram;
Kittler's and Illingworth's is their criterion of the classes' own values; Rosin's the distance of points from a line.
    python script/reference/metrics.py > Tests/Fixtures/metrics.json
"""
import json
import sys

import numpy
import sklearn
from sklearn import metrics


def otsu_bin(scores, bins=256):
    counts, _ = numpy.histogram(scores, bins=bins)
    centres = numpy.arange(bins, dtype=float)
    lower, upper = numpy.cumsum(counts), numpy.cumsum(counts[::-1])[::-1]
    with numpy.errstate(all="ignore"):
        lower_mean = numpy.cumsum(counts * centres) / lower
        upper_mean = (numpy.cumsum((counts * centres)[::-1]) / upper[::-1])[::-1]
    variance = lower[:-1] * upper[1:] * (lower_mean[:-1] - upper_mean[1:]) ** 2
    # Cuts through empty bins tie but for rounding: the lowest of them.
    return int(numpy.flatnonzero(variance >= variance.max() * (1 - 1e-12))[0])


def minimum_error_bin(scores, bins=256):
    counts, _ = numpy.histogram(scores, bins=bins)
    numbers = numpy.repeat(numpy.arange(bins), counts)
    best, cut = numpy.inf, None
    for k in range(bins - 1):
        lower, upper = numbers[numbers <= k], numbers[numbers > k]
        if not len(lower) or not len(upper):
            continue
        share = numpy.array([len(lower), len(upper)]) / len(numbers)
        # A bin's own spread is 1/12.
        deviation = numpy.sqrt([lower.var() + 1 / 12, upper.var() + 1 / 12])
        criterion = 1 + 2 * share @ numpy.log(deviation) - 2 * share @ numpy.log(share)
        if criterion < best - 1e-12:
            best, cut = criterion, k
    return cut


def unimodal_bin(scores, bins=256):
    counts, _ = numpy.histogram(scores, bins=bins)
    peak = int(counts.argmax())
    if peak == bins - 1:
        return None
    start, line = numpy.array([peak, counts[peak]]), numpy.array([bins - peak, -counts[peak]])
    points = numpy.stack([numpy.arange(peak, bins - 1), counts[peak:-1]], axis=1) - start
    below = (points[:, 0] * line[1] - points[:, 1] * line[0]) / numpy.hypot(*line)
    return peak + int(numpy.flatnonzero(below >= below.max() - 1e-9)[0])


def defined(value, denominator):
    return float(value) if denominator else None


def case(name, scores, truth, threshold):
    scores = numpy.asarray(scores, dtype=numpy.float32)
    truth = numpy.asarray(truth, dtype=int)
    called = (scores >= numpy.float32(threshold)).astype(int)
    tn, fp, fn, tp = metrics.confusion_matrix(truth, called, labels=[0, 1]).ravel()
    average_precision, curve = None, None
    if truth.any():
        average_precision = float(metrics.average_precision_score(truth, scores))
        precision, recall, thresholds = metrics.precision_recall_curve(truth, scores)
        curve = {
            "precision": precision[:-1][::-1].tolist(),
            "recall": recall[:-1][::-1].tolist(),
            "threshold": thresholds[::-1].astype(float).tolist(),
        }
    has_two_values = scores.min() < scores.max()
    one_class = len(set(truth) | set(called)) < 2
    return {
        "name": name,
        "scores": scores.astype(float).tolist(),
        "truth": truth.tolist(),
        "threshold": float(numpy.float32(threshold)),
        "counts": [int(tp), int(fp), int(fn), int(tn)],
        "precision": defined(metrics.precision_score(truth, called, zero_division=0), tp + fp),
        "recall": defined(metrics.recall_score(truth, called, zero_division=0), tp + fn),
        "f1": defined(metrics.f1_score(truth, called, zero_division=0), tp + fp + fn),
        "iou": defined(metrics.jaccard_score(truth, called, zero_division=0), tp + fp + fn),
        "accuracy": float(metrics.accuracy_score(truth, called)),
        "kappa": None if one_class else float(metrics.cohen_kappa_score(truth, called)),
        "averagePrecision": average_precision,
        "curve": curve,
        "otsuBin": otsu_bin(scores) if has_two_values else None,
        "minimumErrorBin": minimum_error_bin(scores) if has_two_values else None,
        "unimodalBin": unimodal_bin(scores) if has_two_values else None,
    }


def cases():
    random = numpy.random.default_rng(20181)
    truth = random.random(300) < 0.1
    scores = random.gamma(2.0, 1.0, 300) + 2.5 * truth
    yield case("gamma scores", scores, truth, 3.0)
    yield case("ties", numpy.round(scores), truth, 3.0)
    yield case("negative scores", scores - 4.0, truth, -1.0)
    yield case("constant scores", numpy.full(50, 0.25), random.random(50) < 0.3, 0.25)
    yield case("two values far apart", [0.0] * 20 + [100.0] * 5, [0] * 18 + [1] * 7, 50.0)
    yield case("nothing is positive", scores[:60], numpy.zeros(60), 2.0)
    yield case("nothing is positive, nothing is called", scores[:60], numpy.zeros(60), 99.0)
    yield case("everything is positive", scores[:60], numpy.ones(60), 2.0)
    yield case("everything is positive and called", scores[:60], numpy.ones(60), -1.0)
    yield case("nothing is called", scores, truth, 99.0)
    yield case("uniform noise", random.random(200), random.random(200) < 0.5, 0.5)
    yield case("one pixel", [0.5], [1], 0.5)


json.dump(
    {"numpy": numpy.__version__, "scikitLearn": sklearn.__version__, "cases": list(cases())},
    sys.stdout, indent=None, separators=(",", ":"))
print()
