"""What prep-chain, same-grid and prep-run share: the input, both programs, the rounds."""
import pathlib
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import harness

THREADS, ROUNDS, SIDE = 2, 3, 10980
GAIN = 1.8  # of two threads over one
GIGABYTES = 1.5
TARGET = 32634  # the neighbour zone of the input's
HERE = pathlib.Path(__file__).resolve().parent
MAKE_INPUT = """
import glob, sys, numpy, rasterio
from rasterio.transform import from_origin
folder, target, side = sys.argv[1], sys.argv[2], int(sys.argv[3])
bands = []
for name in ("B02", "B03", "B04", "B08"):
    path, = glob.glob(f"{folder}/l2a/*/*20220419*.SAFE/GRANULE/*/IMG_DATA/R10m/*{name}_10m.jp2")
    tile = rasterio.open(path).read(1)
    tile = numpy.concatenate([tile, tile[:, ::-1]], 1)
    tile = numpy.concatenate([tile, tile[::-1]], 0)
    times = -(-side // len(tile))
    bands.append(numpy.tile(tile, (times, times))[:side, :side])
with rasterio.open(target, "w", driver="GTiff", width=side, height=side, count=4, dtype="uint16", crs="EPSG:32633",
                   transform=from_origin(699960, 5900040, 10, 10), tiled=True, blockxsize=256, blockysize=256,
                   interleave="band", nodata=0) as file:
    file.write(numpy.stack(bands))
"""
MAKE_REFERENCE = """
import sys, numpy, rasterio
with rasterio.open(sys.argv[1]) as scene:
    band = scene.read(scene.count).astype(numpy.float32)
    profile = {**scene.profile, "count": 1}
# Content lies a row higher and half a column to the right of where the scene has it; noise, so that no window is a copy.
moved = numpy.roll(band, (-1, 0), (0, 1))
moved = (moved + numpy.roll(moved, 1, 1)) / 2
moved += 20 * numpy.random.default_rng(1).standard_normal(moved.shape, dtype=numpy.float32)
with rasterio.open(sys.argv[2], "w", **profile) as file:
    file.write(numpy.clip(moved, 1, 65535).astype(numpy.uint16), 1)
"""


def scene(python):
    """10980 × 10980 pixels, 4 bands of uint16, uncompressed: a simulated date, mirrored until it fills a Sentinel-2 tile."""
    target = harness.CACHE / "bench-prep" / "scene.tif"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        prep = harness.build("matter-prep")
        with tempfile.TemporaryDirectory() as folder:
            harness.run([prep, "simulate", "--out", f"{folder}/earth", "--seed", 1, "--regions", 1, "--size", 1200,
                         "--dates", 3, "--products", "l2a", "--quiet"])
            part = target.with_suffix(".part")
            harness.run([python, "-c", MAKE_INPUT, f"{folder}/earth", part, SIDE])
            part.rename(target)
    return target


def reference(python):
    """What the scene is aligned to: its last band, displaced by a known shift, with noise of its own."""
    target = harness.CACHE / "bench-prep" / "reference.tif"
    if not target.exists():
        part = target.with_suffix(".part")
        harness.run([python, "-c", MAKE_REFERENCE, scene(python), part])
        part.rename(target)
    return target


def numbers(text):
    """Lines "NAME NUMBER" of a program."""
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in text.splitlines())}


def measure(name, what):
    """Runs both sides in turn, then ours on two threads and on one; the row of the result, without its target, that of the threads,
    and every single run."""
    python = harness.venv("rasterio", "rasterio==1.4.4", "numpy==2.2.6")
    ours, path = harness.build("bench-prep-chain"), scene(python)
    single = {"ours": [], "peer": [], "one thread": []}

    def side(name, *program, threads=THREADS):
        def once():
            with tempfile.TemporaryDirectory(dir=path.parent) as folder:
                single[name].append(numbers(harness.run([*program, path, folder, TARGET, threads, what])))
            return [single[name][-1]["whole"]]
        return once

    mine, theirs = harness.in_turn(side("ours", ours), side("peer", python, HERE / "peer.py"), ROUNDS)
    ratio = harness.paired_ratio(mine, theirs)
    stages = {key: statistics.median(run[key] for run in single["ours"]) for key in single["ours"][0]}
    print(f"memory: ours {most(single['ours']):.2f} GB, peer {most(single['peer']):.2f} GB; our stages, seconds summed over threads: "
          + ", ".join(f"{key} {value:.2f}" for key, value in stages.items() if key != "gigabytes"))
    ours_median = statistics.median(map(statistics.median, mine))
    row = {"name": name, "unit": "s", "ours": ours_median, "peer": statistics.median(map(statistics.median, theirs)),
           "ratio": ratio, "floor": None, "runs": ROUNDS}
    two, one = harness.in_turn(side("ours", ours), side("one thread", ours, threads=1), ROUNDS)
    gain = harness.paired_ratio(two, one)
    scaling = {**row, "name": f"{name}, two threads / one", "ours": statistics.median(map(statistics.median, two)),
               "peer": statistics.median(map(statistics.median, one)), "ratio": gain, "target": f">={GAIN:g}x",
               "met": gain >= GAIN, "margin": gain / GAIN}
    return row, scaling, single


def most(runs):
    """The most memory of any run, in 10⁹ bytes."""
    return max(run["gigabytes"] for run in runs)
