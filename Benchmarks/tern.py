"""What the cases tern and tern-paper share."""
import os
import pathlib
import statistics

import harness

SIDE, ROUNDS, STEPS = 256, 3, 5
# The peer takes tens of seconds a pass: two of them a round, the first of which does not count.
# As in load-store, so that one installation serves both.
REQUIREMENTS = ["torch==2.11.0", "numpy==2.2.6", "lmdb==1.7.5", "safetensors==0.6.2", "rasterio==1.4.4"]


def measured(command, **options):
    """Seconds of each step but the first, and the peak in MB."""
    lines = harness.run(command, **options).splitlines()
    return [float(line) for line in lines[1:-1]], float(lines[-1].split()[1])


def main(name, kind, limits, megabytes):
    """`script/bench NAME [SIDE ROUNDS]`: for each pass a row for its time and one for its memory."""
    side, rounds = harness.sizes(SIDE, ROUNDS)
    ours, python = harness.build("bench-tern"), harness.venv("load-store", *REQUIREMENTS)
    peer = pathlib.Path(__file__).resolve().parent / "Tern" / "peer.py"
    rows, runs = [], {}
    for passes, limit in limits.items():
        own, loop = [ours, kind, passes, side], [python, peer, kind, "loop", passes, side]
        mine, theirs = harness.in_turn(
            lambda: measured([*own, STEPS])[0], lambda: measured([*loop, 2])[0], rounds)
        seconds = statistics.median(map(statistics.median, mine))
        # A map of 64 channels read and written once, as fast as memory is copied.
        floor = 64 * side * side * 4 / harness.copy_bandwidth()
        rows.append({
            "name": passes, "unit": "s", "ours": seconds, "peer": statistics.median(map(statistics.median, theirs)),
            "ratio": harness.paired_ratio(mine, theirs), "floor": floor, "target": f"<={limit}", "met": seconds <= limit,
            "margin": limit / seconds, "runs": rounds})
        # In runs of their own, in which freed memory goes back at once: what is held, not what the allocator keeps for later.
        peaks = [max(measured([*command, 2], env={**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536"})[1], 1.0) for command in (own, loop)]
        rows.append({
            "name": f"{passes}, memory", "unit": "MB", "ours": peaks[0], "peer": peaks[1], "ratio": peaks[1] / peaks[0],
            "floor": None, "target": f"<={megabytes}", "met": peaks[0] <= megabytes, "margin": megabytes / peaks[0], "runs": 1})
        unfolded, peak = measured([python, peer, kind, "unfold", passes, side, 2])
        print(f"{passes}, PyTorch unfolded, once: {unfolded[0]:.2f} s, {peak:.0f} MB")
        runs[passes] = {"ours": mine, "loop": theirs, "unfold": [unfolded], "peaks": peaks}
    harness.report(name, rows, runs)
