"""What every benchmark case shares: runs in turn, medians, the table for people and the last JSON line. Standard library only."""
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "Benchmarks" / "results"


def run(command, **options):
    """Runs a command and returns its standard output; a failure ends the benchmark in one line."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"bench: {command[0]} ended with {done.returncode}")
    return done.stdout


def in_turn(ours, peer, rounds):
    """Calls the two functions A B A B …; each returns a list of seconds. Returns both lists of lists."""
    mine, theirs = [], []
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
        mine.append(ours())
        theirs.append(peer())
    return mine, theirs


def paired_ratio(mine, theirs):
    """Median over rounds of (peer's median ÷ our median): a drift of the machine's speed hits both of a round."""
    return statistics.median(statistics.median(b) / statistics.median(a) for a, b in zip(mine, theirs))


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    return {"cpu": model, "cores": os.cpu_count(), "system": platform.platform(terse=True)}


def report(results, runs):
    """Prints the table, keeps every single run in Benchmarks/results, and ends with one JSON line a result."""
    width = max(len(result["name"]) for result in results)
    print(f"{'case':<{width}}  {'ours':>10}  {'peer':>10}  {'ratio':>6}  {'target':>8}  met  unit")
    for result in results:
        print(
            f"{result['name']:<{width}}  {result['ours']:>10.4g}  {result['peer']:>10.4g}  {result['ratio']:>6.3f}  "
            f"{result['target']:>8}  {'yes' if result['met'] else 'no':<3}  {result['unit']}"
        )
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{results[0]['name'].split('/')[0]}.json"
    file.write_text(json.dumps({"machine": machine(), "results": results, "runs": runs}, indent=1) + "\n")
    for result in results:
        print(json.dumps({**result, "machine": machine()["cpu"]}))
