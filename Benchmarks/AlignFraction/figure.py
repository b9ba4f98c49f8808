"""Draws the error over the fraction of a pixel: reads the runs as JSON from standard input, writes an SVG."""
import json
import sys

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "align-fraction"
import matplotlib.pyplot as plot

figure, axes = plot.subplots(figsize=(7, 4))
for (title, runs), colour, marker in zip(json.load(sys.stdin).items(), ("#0b6e4f", "#c8553d", "#5b5f97"), "os^"):
    fractions = [run["fraction"] for run in runs]
    axes.plot(fractions, [run["mean"] for run in runs], marker + "-", color=colour, label=title)
    for run in runs:
        axes.plot([run["fraction"]] * len(run["errors"]), run["errors"], marker, color=colour, alpha=0.25, markersize=3, linewidth=0)
axes.axhline(0, color="#888888", linewidth=0.8)
axes.set_xlabel("true shift along rows and columns (px)")
axes.set_ylabel("mean error over the pair (px)")
axes.set_title("Error of the shift against its fraction of a pixel\n(faint: each of three scenes and both axes)", fontsize=10)
axes.legend(frameon=False, fontsize=8)
figure.tight_layout()
figure.savefig(sys.argv[1], metadata={"Date": None})
