"""What the four metrics cases share: inputs made once, ours and the peer in turn on one thread, the same value out of both."""
import pathlib
import statistics
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import harness

REQUIREMENTS = ["torch==2.11.0", "numpy==2.4.6", "scikit-learn==1.9.1", "torchmetrics==1.8.2"]
PIXELS, SAMPLES, ROUNDS, MEMORY = 100_000_000, 125_866, 5, 64


def run(case, name, target, unit, peers, scale=1, compares=True):
    """`peers`: names of peer.py's cases; the fastest of them counts. `scale`: what a round of the peer's stands for."""
    pixels, rounds = harness.sizes(PIXELS, ROUNDS)
    samples = SAMPLES if pixels == PIXELS else max(1000, pixels // 800)
    python, peer = harness.venv("metrics", *REQUIREMENTS), HERE / "peer.py"
    ours, folder = harness.build("bench-metrics"), harness.CACHE / f"bench-metrics-{pixels}"
    if not folder.exists():
        part = folder.with_suffix(".part")
        harness.run([python, peer, "make", part, pixels, samples])
        part.rename(folder)
    single = {"ours": [], **{which: [] for which in peers}}

    def measured(which, *program):
        lines = [line.split(" ", 1) for line in harness.run(program).splitlines()]
        result = {key: [float(value) for other, value in lines if other == key] for key in ("seconds", "value", "megabytes")}
        single[which].append(result)
        return result["seconds"]

    mine, _ = harness.in_turn(
        lambda: measured("ours", ours, case, folder, 3),
        lambda: [min(measured(which, python, peer, which, folder, 1)[0] for which in peers)], rounds)
    value, memory = single["ours"][0]["value"][0], max(entry["megabytes"][0] for entry in single["ours"])
    for which in peers:
        other = single[which][0]["value"][0]
        if compares and abs(value - other) > 1e-5:
            sys.exit(f"bench: {name}: ours gives {value}, {which} {other}")
    seconds = statistics.median(second for entry in mine for second in entry)
    best = {which: scale * statistics.median(entry["seconds"][0] for entry in single[which]) for which in peers}
    for which, taken in best.items():
        print(f"{which}: {taken:.3f} s" + (f" ({scale} times one resample)" if scale > 1 else ""))
    print(f"value {value}; memory above the inputs {memory:.0f} MB (target {MEMORY})")
    bytes_read = 2 * pixels if case in ("f1", "miou") else samples * 19 * 5
    floor = bytes_read / harness.copy_bandwidth()
    fastest = min(best.values())
    harness.report(name, [{
        "name": name, "unit": unit, "ours": seconds, "peer": fastest, "ratio": fastest / seconds, "floor": floor,
        "target": f"<={target}", "met": seconds <= target and memory <= MEMORY, "margin": min(target / seconds, MEMORY / max(memory, 1)),
        "runs": rounds}], single)
