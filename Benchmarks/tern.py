"""What the cases tern and tern-paper share."""
import pathlib
import statistics

import harness

SIDE, ROUNDS, STEPS = 256, 5, 5
# As in load-store, so that one installation serves both.
REQUIREMENTS = ["torch==2.11.0", "numpy==2.2.6", "lmdb==1.7.5", "safetensors==0.6.2", "rasterio==1.4.4"]


def measured(command):
    """Seconds of each step but the first, and the peak in MB."""
    lines = harness.run(command).splitlines()
    return [float(line) for line in lines[1:-1]], float(lines[-1].split()[1])


def main(name, kind, limits, megabytes):
    """`script/bench NAME [SIDE ROUNDS]`: a row a pass for the time, and one for the memory of the last."""
    side, rounds = harness.sizes(SIDE, ROUNDS)
    ours, python = harness.build("bench-tern"), harness.venv("load-store", *REQUIREMENTS)
    peer = pathlib.Path(__file__).resolve().parent / "Tern" / "peer.py"
    rows, runs = [], {}
    for passes, limit in limits.items():
        peaks = {"ours": [], "peer": []}

        def timed(side_name, command):
            seconds, peak = measured(command)
            peaks[side_name].append(peak)
            return seconds

        mine, theirs = harness.in_turn(
            lambda: timed("ours", [ours, kind, passes, side, STEPS]),
            lambda: timed("peer", [python, peer, kind, "loop", passes, side, 3]), rounds)
        seconds = statistics.median(map(statistics.median, mine))
        # A map of 64 channels read and written once, as fast as memory is copied.
        floor = 64 * side * side * 4 / harness.copy_bandwidth()
        rows.append({
            "name": passes, "unit": "s", "ours": seconds, "peer": statistics.median(map(statistics.median, theirs)),
            "ratio": harness.paired_ratio(mine, theirs), "floor": floor, "target": f"<={limit}", "met": seconds <= limit,
            "margin": limit / seconds, "runs": rounds})
        peak = max(peaks["ours"])
        rows.append({
            "name": f"{passes}, memory", "unit": "MB", "ours": peak, "peer": max(peaks["peer"]), "ratio": max(peaks["peer"]) / peak,
            "floor": None, "target": f"<={megabytes}", "met": peak <= megabytes, "margin": megabytes / peak, "runs": rounds})
        seconds, peak = measured([python, peer, kind, "unfold", passes, side, 2])
        print(f"{passes}, PyTorch unfolded, once: {seconds[0]:.2f} s, {peak:.0f} MB")
        runs[passes] = {"ours": mine, "loop": theirs, "unfold": [seconds], "peaks": peaks}
    harness.report(name, rows, runs)
