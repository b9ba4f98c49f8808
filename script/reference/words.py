#!/usr/bin/env python3
"""Makes Tests/Fixtures/MatterModel/agreement.json: what scikit-learn says about groupings.

Pinned: scikit-learn==1.9.1 numpy. Usage: words.py FILE"""

import json
import sys

import numpy as np
from sklearn.metrics import homogeneity_completeness_v_measure

random = np.random.default_rng(5)
cases = [
    (random.integers(0, 4, 80), random.integers(0, 7, 80)),
    (np.arange(60) % 3, np.arange(60) // 20),
    (np.arange(60) % 3, np.arange(60) % 6),
    (np.arange(40) % 4, np.zeros(40, int)),
    (np.zeros(40, int), np.arange(40) % 4),
    (np.zeros(10, int), np.zeros(10, int)),
    (np.repeat([0, 1, 2], [1, 30, 60]), np.repeat([9, 4, 4, 9], [20, 30, 30, 11])),
]
lines = []
for classes, groups in cases:
    homogeneity, completeness, v = homogeneity_completeness_v_measure(classes, groups)
    lines.append({"classes": classes.tolist(), "groups": groups.tolist(), "homogeneity": float(homogeneity),
                  "completeness": float(completeness), "vMeasure": float(v)})
with open(sys.argv[1], "w") as file:
    json.dump(lines, file)
