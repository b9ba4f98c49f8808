#!/usr/bin/env python3
"""Where the alarms of a study lie: of the pixels with the highest scores, as many as truly changed, how many are change, how
many lie within four pixels of it, and how many farther; mean and standard deviation over seeds, in percent.

Made with numpy 2.4.6, scipy 1.17.1 and pillow 13.0.0.
    python script/study_alarms.py STUDY [VARIANT…]      STUDY: what script/study wrote
"""

import json
import pathlib
import sys

import numpy as np
from PIL import Image
from scipy.ndimage import distance_transform_edt

NEAR = 4  # pixels; ours: half the window of the features and of the smoothing


def score(path):
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    entry = json.loads(data[8:8 + length])["score"]
    start, end = entry["data_offsets"]
    return np.frombuffer(data[8 + length + start:8 + length + end], np.float32).reshape(entry["shape"])


def distances(study, city):
    """Pixels from the nearest change; 0 on it."""
    (path,) = (study / "earth/oscd").glob(f"*Test Labels/{city}/cm/cm.png")
    truth = np.array(Image.open(path))
    return distance_transform_edt((truth if truth.ndim == 2 else truth[..., 0]) == 0)


def shares(study, run):
    files = sorted((run / "change/methods/matter/predictions").glob("*.safetensors"))
    scores = np.concatenate([score(path).ravel() for path in files])
    away = np.concatenate([distances(study, path.stem).ravel() for path in files])
    called = away[np.argsort(-scores, kind="stable")[:np.count_nonzero(away == 0)]]
    return 100 * np.mean([called == 0, (called > 0) & (called <= NEAR), called > NEAR], axis=1)


def main(words):
    study = pathlib.Path(words[0])
    variants = words[1:] or sorted(path.parent.name for path in study.glob("*/seed-1"))
    print(f"{'variant':16}{'seeds':>6}{'change':>14}{f'within {NEAR} px':>14}{'farther':>14}")
    for variant in variants:
        runs = [run for run in (study / variant).glob("seed-*") if (run / "change/methods/matter/summary.json").exists()]
        found = np.array([shares(study, run) for run in sorted(runs)])
        spread = found.std(axis=0, ddof=1) if len(found) > 1 else [float("nan")] * 3
        print(f"{variant:16}{len(found):6}" + "".join(f"{mean:8.1f} ±{sd:4.1f}" for mean, sd in zip(found.mean(axis=0), spread)))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
