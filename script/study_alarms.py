#!/usr/bin/env python3
"""Where the alarms and the misses of a study lie, in the test cities: means and deviations over seeds, in percent.

Called are the pixels with the highest scores, as many as truly changed. Told of each variant, and of the methods beside it:
- alarms: called pixels on change, within four pixels of it, and farther;
- ground: unchanged ground farther than four pixels from change, by what the dates show ("turned": plants on one of them):
  how much of it there is, how the alarms there spread over it, and how much of it is called;
- misses: how much of the change is called, by the size of the changed object and by the distance from its border;
- scores: the area under the ROC curve, the distance of the means of changed and unchanged pixels in pooled deviations,
  and a histogram of both, from 0 to the score that one pixel in a thousand exceeds.

Made with numpy 2.4.6, scipy 1.17.1 and pillow 13.0.0.
    python script/study_alarms.py STUDY [VARIANT…]      STUDY: what script/study wrote
"""

import json
import pathlib
import sys

import numpy as np
from PIL import Image
from scipy.ndimage import distance_transform_edt, label
from scipy.stats import rankdata

NEAR = 4  # pixels; ours: half the window of the features and of the smoothing
TURNED = 0.15  # difference of NDVI; ours: the upper quarter to half of the made-up cities' unchanged ground
GREEN = 0.4  # NDVI above which ground is covered by plants; ours
SIZES = (100, 300)  # pixels of small and middle objects; ours: thirds of the made-up ones
BORDERS = (1, 3)  # pixels from the border: the edge, what the window's half reaches, and the core
BINS = 10  # of the histogram


def arrays(path):
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    found = {}
    for name, entry in json.loads(data[8:8 + length]).items():
        if name == "__metadata__":
            continue
        start, end = entry["data_offsets"]
        kind = {"F32": np.float32, "U8": np.uint8}[entry["dtype"]]
        found[name] = np.frombuffer(data[8 + length + start:8 + length + end], kind).reshape(entry["shape"])
    return found


def ground_classes(folder):
    """0 water, 1 bare or built, 2 plants, 3 turned: the plants' cover is another at the second date."""
    bands = {(date, name): np.array(Image.open(folder / f"imgs_{date}_rect/{name}.tif"), np.float32)
             for date in (1, 2) for name in ("B04", "B08")}
    ndvi = [(bands[date, "B08"] - bands[date, "B04"]) / np.maximum(bands[date, "B08"] + bands[date, "B04"], 1)
            for date in (1, 2)]
    classes = np.where(np.minimum(*ndvi) >= GREEN, 2, 1)
    classes[np.abs(ndvi[1] - ndvi[0]) >= TURNED] = 3
    classes[np.maximum(*ndvi) < 0] = 0
    return classes


GROUND = ("water", "bare, built", "plants", "turned")


class City:
    """What is known of a city whichever method is looked at."""

    def __init__(self, study, name, truth):
        self.changed = truth == 1
        self.away = distance_transform_edt(~self.changed)
        self.inside = distance_transform_edt(self.changed)
        objects, _ = label(self.changed, np.ones((3, 3)))
        self.sizes = np.bincount(objects.ravel())[objects]
        (folder,) = (study / "earth/oscd").glob(f"*Images/{name}")
        self.cover = ground_classes(folder)


class Scores:
    """The scores of one method in one run, in all cities."""

    def __init__(self, study, folder, cities):
        files = sorted((folder / "predictions").glob("*.safetensors"))
        found = {path.stem: arrays(path) for path in files}
        for name, city in found.items():
            if name not in cities:
                cities[name] = City(study, name, city["label"])
        self.scores = np.concatenate([found[name]["score"].ravel() for name in found])
        for field in ("changed", "away", "inside", "sizes", "cover"):
            setattr(self, field, np.concatenate([getattr(cities[name], field).ravel() for name in found]))
        self.called = np.zeros(self.scores.shape, bool)
        self.called[np.argsort(-self.scores, kind="stable")[:np.count_nonzero(self.changed)]] = True

    def alarms(self):
        away = self.away[self.called]
        return {"change": np.mean(away == 0), f"within {NEAR} px": np.mean((away > 0) & (away <= NEAR)),
                "farther": np.mean(away > NEAR)}

    def by_ground(self, value):
        """A share for each class of ground, of the pixels that are far from change."""
        far = self.away > NEAR
        return {name: value(far, far & (self.cover == number)) for number, name in enumerate(GROUND)}

    def ground(self):
        return self.by_ground(lambda far, here: here.sum() / far.sum())

    def alarms_by_ground(self):
        return self.by_ground(lambda far, here: (here & self.called).sum() / max((far & self.called).sum(), 1))

    def called_by_ground(self):
        return self.by_ground(lambda _, here: self.called[here].mean() if here.any() else np.nan)

    def found(self):
        small, large = SIZES
        edge, core = BORDERS
        size, depth = self.sizes, self.inside
        return {f"objects <{small} px": self.share(size < small),
                f"{small}–{large} px": self.share((size >= small) & (size < large)),
                f"≥{large} px": self.share(size >= large),
                f"border ≤{edge} px": self.share(depth <= edge),
                f"{edge}–{core} px": self.share((depth > edge) & (depth <= core)),
                f"core >{core} px": self.share(depth > core)}

    def share(self, where):
        where = where & self.changed
        return self.called[where].mean() if where.any() else np.nan

    def separability(self):
        changed, unchanged = self.scores[self.changed], self.scores[~self.changed]
        ranks = rankdata(self.scores)[self.changed].sum()
        area = (ranks - len(changed) * (len(changed) + 1) / 2) / (len(changed) * len(unchanged))
        spread = np.sqrt((changed.var() + unchanged.var()) / 2)
        # In hundredths, as all is printed times a hundred.
        return {"ROC area": area, "distance, σ": (changed.mean() - unchanged.mean()) / spread / 100}

    def histogram(self, changed):
        top = np.quantile(self.scores, 0.999)
        part = np.clip(self.scores[self.changed == changed] / top, 0, 1)
        counts, _ = np.histogram(part, bins=BINS, range=(0, 1))
        return {f"{(number + 1) / BINS:.1f}": count / len(part) for number, count in enumerate(counts)}


TABLES = {
    "Alarms: where the called pixels lie": Scores.alarms,
    f"Ground farther than {NEAR} px from change: how much there is (the same for all)": Scores.ground,
    "Alarms on that ground": Scores.alarms_by_ground,
    "How much of that ground is called": Scores.called_by_ground,
    "Change that is called": Scores.found,
    "How far changed and unchanged pixels are apart": Scores.separability,
    "Histogram of scores, unchanged pixels": lambda scores: scores.histogram(False),
    "Histogram of scores, changed pixels": lambda scores: scores.histogram(True),
}


def methods(study, variants):
    """A name and the folders of its seeds; methods without seeds have one."""
    for variant in variants:
        runs = sorted((study / variant).glob("seed-*"))
        for method in ("matter", "untrained", "cva"):
            folders = [run / "change/methods" / method for run in runs]
            folders = [folder for folder in folders if (folder / "summary.json").exists()]
            if folders:
                name = variant if method == "matter" else method
                yield name, folders[:1] if method == "cva" else folders


def show(title, rows):
    columns = [list(told[0]) for _, told in rows][0]
    widths = [max(len(column), 13) + 2 for column in columns]
    print(f"\n{title}\n{'':22}{'seeds':>6}" + "".join(f"{column:>{width}}" for column, width in zip(columns, widths)))
    for name, told in rows:
        values = 100 * np.array([list(seed.values()) for seed in told], float)
        spread = values.std(axis=0, ddof=1) if len(told) > 1 else [None] * len(columns)
        cells = [f"{mean:.2f}" + ("" if sd is None else f" ±{sd:5.2f}")
                 for mean, sd in zip(values.mean(axis=0), spread)]
        print(f"{name:22}{len(told):6}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths)))


def main(words):
    study = pathlib.Path(words[0])
    variants = words[1:] or sorted(path.parent.name for path in study.glob("*/seed-1"))
    cities, told = {}, {title: [] for title in TABLES}
    for name, folders in methods(study, variants):
        seeds = [Scores(study, folder, cities) for folder in folders]
        for title, table in TABLES.items():
            told[title].append((name, [table(scores) for scores in seeds]))
    if not cities:
        sys.exit(f"{study}: no variant of it is scored; run script/study")
    for title, rows in told.items():
        show(title, rows)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
