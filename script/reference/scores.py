"""Writes Tests/Fixtures/scores.json: what outsiders say of classes, average precisions, calibration, outlines and Student's t.

Made with numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1, torch 2.11.0, torchmetrics 1.8.2 and shapely 2.2.0. Undefined scores are null.
    python script/reference/scores.py > Tests/Fixtures/scores.json
"""
import json
import math
import sys
import warnings

import numpy
import scipy.stats
import shapely
import sklearn
import torch
import torchmetrics
from sklearn import metrics
from torchmetrics import classification

warnings.simplefilter("ignore")
IGNORED = 255


def defined(value):
    return None if value is None or math.isnan(value) else float(value)


def classes(name, prediction, truth, count):
    prediction, truth = numpy.asarray(prediction).astype(int), numpy.asarray(truth).astype(int)
    kept = truth != IGNORED
    p, t = prediction[kept], truth[kept]
    matrix = metrics.confusion_matrix(t, p, labels=range(count)) if len(t) else numpy.zeros((count, count), int)
    union = matrix.sum(0) + matrix.sum(1) - matrix.diagonal()
    # torchmetrics leaves out classes without a union, as we do (absent_score is nan there).
    iou = classification.MulticlassJaccardIndex(count, average="none", ignore_index=IGNORED)
    iou.update(torch.tensor(prediction), torch.tensor(truth))
    each = [defined(v) if u else None for v, u in zip(iou.compute().tolist(), union)]
    present = [v for v in each if v is not None]
    one = len(set(p) | set(t)) < 2
    f1 = [2 * matrix[k, k] / d if (d := matrix[k].sum() + matrix[:, k].sum()) else None for k in range(count)]
    for k, value in enumerate(f1):
        assert value is None or abs(value - metrics.f1_score(t == k, p == k, zero_division=0)) < 1e-12
    return {
        "name": name, "classes": count, "prediction": prediction.tolist(), "truth": truth.tolist(), "matrix": matrix.tolist(),
        "iou": each, "meanIoU": float(numpy.mean(present)) if present else None, "f1": f1,
        "accuracy": float(metrics.accuracy_score(t, p)) if len(t) else None,
        "meanRecall": float(metrics.balanced_accuracy_score(t, p)) if len(t) else None,
        "kappa": None if one else float(metrics.cohen_kappa_score(t, p)),
    }


def multilabel(name, scores, labels):
    scores, labels = numpy.asarray(scores, numpy.float32), numpy.asarray(labels, int)
    count = labels.shape[1]
    each = [float(metrics.average_precision_score(labels[:, k], scores[:, k])) if labels[:, k].any() else None for k in range(count)]
    kept, rows = labels.any(0), labels.any(1)

    def average(kind):
        return float(metrics.average_precision_score(labels[:, kept], scores[:, kept], average=kind)) if kept.any() else None

    macro = average("macro")
    if macro is not None and kept.sum() > 1:
        # torchmetrics 1.8.2 counts a class without positives as 0 in the macro mean: it is given the others only.
        tm = classification.MultilabelAveragePrecision(int(kept.sum()), average="macro", thresholds=None)
        tm.update(torch.tensor(scores[:, kept]), torch.tensor(labels[:, kept]))
        assert abs(float(tm.compute()) - macro) < 1e-5, (name, tm.compute(), macro)
    return {
        "name": name, "classes": count, "scores": scores.astype(float).ravel().tolist(), "labels": labels.ravel().tolist(),
        "perClass": each, "macro": macro, "weighted": average("weighted"),
        "micro": float(metrics.average_precision_score(labels.ravel(), scores.ravel())) if labels.any() else None,
        "samples": float(metrics.average_precision_score(labels[rows], scores[rows], average="samples")) if rows.any() else None,
    }


def calibration(name, probability, came_true, bins):
    ece = classification.BinaryCalibrationError(n_bins=bins, norm="l1")
    mce = classification.BinaryCalibrationError(n_bins=bins, norm="max")
    probability = numpy.asarray(probability, numpy.float32)
    for metric in (ece, mce):
        metric.update(torch.tensor(probability), torch.tensor(came_true))
    return {"name": name, "bins": bins, "probability": probability.astype(float).tolist(), "cameTrue": [int(v) for v in came_true],
            "expected": float(ece.compute()), "greatest": float(mce.compute())}


def star(random, corners, centre, radius):
    angles = numpy.sort(random.random(corners)) * 2 * math.pi
    lengths = radius * (0.3 + 0.7 * random.random(corners))
    return [[centre[0] + r * math.cos(a), centre[1] + r * math.sin(a)] for a, r in zip(angles, lengths)]


def outlines(random):
    for number in range(40):
        a = [star(random, 3 + number % 17, (50, 50), 40)]
        b = [star(random, 5 + number % 11, (50 + 30 * random.random(), 50 + 30 * random.random()), 35)]
        if number % 4 == 0:
            a = [[[10, 10], [90, 10], [90, 90], [10, 90]], star(random, 9, (50, 50), 20)]
        first, second = (shapely.Polygon(rings[0], rings[1:]) for rings in (a, b))
        if not (first.is_valid and second.is_valid):
            continue
        yield {"first": a, "second": b, "areas": [first.area, second.area], "shared": first.intersection(second).area}


random = numpy.random.default_rng(20182)
truth = random.integers(0, 5, 400)
prediction = numpy.where(random.random(400) < 0.6, truth, random.integers(0, 5, 400))
gaps = numpy.where(random.random(400) < 0.2, IGNORED, truth)
cases = [
    classes("five classes", prediction, truth, 5), classes("with ignored pixels", prediction, gaps, 5),
    classes("a class that is absent", prediction, truth, 7), classes("one class", numpy.zeros(40, int), numpy.zeros(40, int), 2),
    classes("two classes", prediction > 2, truth > 2, 2), classes("all ignored", prediction, numpy.full(400, IGNORED), 5),
    classes("forty classes", random.integers(0, 40, 900), random.integers(0, 40, 900), 40),
]
labels = (random.random((200, 6)) < [0.5, 0.2, 0.05, 0.3, 0.02, 0]).astype(int)
scores = random.random((200, 6)) * 0.7 + labels * 0.3
lists = [
    multilabel("six classes, one empty", scores, labels), multilabel("ties", numpy.round(scores, 1), labels),
    multilabel("constant", numpy.full((50, 3), 0.5), random.random((50, 3)) < 0.3),
    multilabel("everything is positive", random.random((30, 3)), numpy.ones((30, 3))),
    multilabel("nothing is positive", random.random((30, 3)), numpy.zeros((30, 3))),
    multilabel("one sample", [[0.5, 0.25, 0.75]], [[1, 0, 0]]),
]
probability = random.random(500) * 0.999
curves = [calibration("well calibrated", probability, (random.random(500) < probability).astype(int), 15),
          calibration("too sure", probability, (random.random(500) < 0.5).astype(int), 10),
          calibration("on the edges", [0.25, 0.5, 0.5, 0.75, 0.0], [1, 0, 1, 1, 0], 4)]
quantiles = [{"share": share, "degrees": degrees, "value": float(scipy.stats.t.ppf(share, degrees))}
             for share in (0.6, 0.95, 0.975, 0.995) for degrees in (1, 2, 3, 4, 5, 9, 10, 29, 100)]
json.dump({"numpy": numpy.__version__, "scipy": scipy.__version__, "scikitLearn": sklearn.__version__, "torch": torch.__version__,
           "torchmetrics": torchmetrics.__version__, "shapely": shapely.__version__, "classes": cases, "multilabel": lists,
           "calibration": curves, "outlines": list(outlines(random)), "studentT": quantiles},
          sys.stdout, indent=None, separators=(",", ":"))
print()
