"""What load-bigearthnet-tiff and load-bigearthnet-native share: 2,000 patches, four readers of them, the rounds."""
import os
import pathlib
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import harness

PATCHES, ROUNDS = 2000, 5
HERE = pathlib.Path(__file__).resolve().parent
BUILD = harness.ROOT / ".build" / "benchmarks"


def compiled(name, *packages):
    """A program of this folder, built with the compiler that is there."""
    BUILD.mkdir(parents=True, exist_ok=True)
    program = BUILD / f"load-bigearthnet-{name}"
    flags = [] if not packages else subprocess.run(
        ["pkg-config", "--cflags", "--libs", *packages], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    subprocess.run(["clang++", "-std=c++20", "-O3", HERE / f"{name}.cpp", *flags, "-o", program], check=True)
    return program


def readers():
    """Commands by name; torchgeo is among them where script/check-simulated has installed it."""
    rasterio = harness.venv("rasterio", "rasterio==1.4.4", "numpy==2.2.6")
    torchgeo = harness.CACHE / "venv-simulated" / "bin" / "python"
    found = {
        "ours": [harness.build("bench-load-bigearthnet")],
        "GDAL C API": [compiled("gdal", "gdal")],
        "rasterio": [rasterio, HERE / "peer.py", "rasterio"],
    }
    if (torchgeo.parent.parent / "complete").exists():
        found["torchgeo"] = [torchgeo, HERE / "peer.py", "torchgeo"]
    else:
        print("torchgeo is left out: script/check-simulated installs it", file=sys.stderr)
    return found


def measure(name, mode, target):
    """Runs all readers in turn on one core, in a warm cache, and reports samples/s."""
    count, rounds = harness.sizes(PATCHES, ROUNDS)
    folder, single = harness.bigearthnet(count), {}
    core = max(os.sched_getaffinity(0))
    programs = {who: command for who, command in readers().items() if not (who == "torchgeo" and mode == "native")}

    files = compiled("files")

    def rate_of_files():
        line = harness.run(["taskset", "-c", core, files, folder])
        single.setdefault("files", []).append({"rate": float(line.split()[1])})

    def rate(who):
        lines = harness.run(["taskset", "-c", core, *programs[who], folder, mode],
                            env={**os.environ, "OMP_NUM_THREADS": "1", "GDAL_NUM_THREADS": "1"}).splitlines()
        facts = {key: float(value) for key, value in (line.rsplit(" ", 1) for line in lines)}
        single.setdefault(who, []).append(facts)
        return facts

    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
        for who in list(programs)[:: 1 if number % 2 == 0 else -1]:
            rate(who)
        rate_of_files()

    sums = {who: runs[0]["sum"] for who, runs in single.items() if "sum" in runs[0]}
    if len(set(sums.values())) > 1:
        sys.exit(f"bench: the readers see other pixels: {sums}")
    median = {who: statistics.median(run["rate"] for run in runs) for who, runs in single.items()}
    ours = single["ours"]
    copied, floor = harness.copy_bandwidth(), median.pop("files")
    print(f"floor: {floor:.0f} samples/s, what opening, reading and closing the files takes alone; {ours[0]['bytes']:.0f} bytes in and out of a "
          f"sample over {copied / 1e9:.1f} GB/s of memory copies would be {copied / ours[0]['bytes']:.0f}; at most {max(r['megabytes'] for r in ours):.0f} MB")
    rows = []
    for who, peer in median.items():
        if who == "ours":
            continue
        rows.append({
            "name": f"{mode}, beside {who}", "unit": "samples/s", "ours": median["ours"], "peer": peer, "ratio": median["ours"] / peer,
            "floor": floor, "target": f">={target}", "met": median["ours"] >= target, "runs": rounds, "margin": median["ours"] / target})
    harness.report(name, rows, single)
