"""The peers of the metrics benchmarks, and what makes their inputs; one thread.

usage: peer.py make FOLDER PIXELS SAMPLES   masks, classes, scores and labels as raw arrays
       peer.py CASE FOLDER ROUNDS           prints "seconds SECONDS" of each round and "value VALUE" """
import os
import pathlib
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy

CLASSES, CHUNK = 19, 1_000_000


def make(folder, pixels, samples):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    random = numpy.random.default_rng(6)
    truth = (random.random(pixels, numpy.float32) < 0.03).astype(numpy.uint8)
    prediction = numpy.where(random.random(pixels, numpy.float32) < 0.97, truth, 1 - truth).astype(numpy.uint8)
    truth.tofile(folder / "mask-truth.u8")
    prediction.tofile(folder / "mask-prediction.u8")
    # Classes lie in runs, as on maps, and a fiftieth of the pixels is void.
    truth = numpy.repeat(random.integers(0, CLASSES, pixels // 50 + 1, numpy.uint8), 50)[:pixels]
    prediction = numpy.where(random.random(pixels, numpy.float32) < 0.8, truth, random.integers(0, CLASSES, pixels, numpy.uint8))
    truth[random.random(pixels, numpy.float32) < 0.02] = 255
    truth.tofile(folder / "class-truth.u8")
    prediction.astype(numpy.uint8).tofile(folder / "class-prediction.u8")
    labels = (random.random((samples, CLASSES)) < numpy.linspace(0.01, 0.4, CLASSES)).astype(numpy.uint8)
    # Rounded, so that there are ties.
    scores = numpy.round(random.random((samples, CLASSES)) * 0.8 + labels * 0.2, 4).astype(numpy.float32)
    labels.tofile(folder / "labels.u8")
    scores.tofile(folder / "scores.f32")


def pairs(folder, name):
    read = [numpy.fromfile(pathlib.Path(folder) / f"{name}-{part}.u8", numpy.uint8) for part in ("prediction", "truth")]
    return read


def lists(folder):
    folder = pathlib.Path(folder)
    return (numpy.fromfile(folder / "scores.f32", numpy.float32).reshape(-1, CLASSES),
            numpy.fromfile(folder / "labels.u8", numpy.uint8).reshape(-1, CLASSES))


def torchmetrics_f1(prediction, truth):
    import torch
    from torchmetrics.classification import BinaryF1Score

    metric = BinaryF1Score(validate_args=False)
    for start in range(0, len(truth), CHUNK):
        metric.update(torch.from_numpy(prediction[start:start + CHUNK]), torch.from_numpy(truth[start:start + CHUNK]))
    return float(metric.compute())


def numpy_miou(prediction, truth):
    kept = truth != 255
    table = numpy.bincount(truth[kept].astype(numpy.int64) * CLASSES + prediction[kept], minlength=CLASSES**2)
    table = table.reshape(CLASSES, CLASSES)
    return float(numpy.mean(table.diagonal() / (table.sum(0) + table.sum(1) - table.diagonal())))


def torchmetrics_miou(prediction, truth):
    import torch
    from torchmetrics.classification import MulticlassJaccardIndex

    metric = MulticlassJaccardIndex(CLASSES, average="macro", ignore_index=255, validate_args=False)
    for start in range(0, len(truth), CHUNK):
        metric.update(torch.from_numpy(prediction[start:start + CHUNK]).long(), torch.from_numpy(truth[start:start + CHUNK]).long())
    return float(metric.compute())


def sklearn_map(scores, labels):
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(labels, scores, average="macro"))


def rescored(scores, labels):
    """One resample, scored anew; the benchmark asks for a thousand."""
    rows = numpy.random.default_rng(1).integers(0, len(labels), len(labels))
    return sklearn_map(scores[rows], labels[rows])


def main():
    case, folder, *rest = sys.argv[1:]
    if case == "make":
        return make(folder, *(int(word) for word in rest))
    import torch

    torch.set_num_threads(1)
    function, inputs = {
        "f1": (torchmetrics_f1, lambda: pairs(folder, "mask")),
        "miou": (numpy_miou, lambda: pairs(folder, "class")),
        "miou-torchmetrics": (torchmetrics_miou, lambda: pairs(folder, "class")),
        "map": (sklearn_map, lambda: lists(folder)),
        "interval": (rescored, lambda: lists(folder)),
    }[case]
    arguments = inputs()
    function(*[part[:5000] for part in arguments])  # imports are done then
    for _ in range(int(rest[0])):
        start = time.perf_counter()
        value = function(*arguments)
        print("seconds", time.perf_counter() - start)
        print("value", value)


main()
