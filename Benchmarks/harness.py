"""What every benchmark case shares: runs in turn, medians, the table for people and the last JSON line. Standard library only."""
import json
import os
import pathlib
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "Benchmarks" / "results"


CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "matter-suite"


def venv(name, *requirements, steps=()):
    """The Python of a virtual environment with pinned packages, made once and kept in the user's cache folder.

    `steps`: lists of arguments for further calls of pip, in order."""
    folder = CACHE / f"bench-{name}"
    python, done = folder / "bin" / "python", folder / "requirements.txt"
    # Of files without the checkout's place: two checkouts share it.
    wanted = "\n".join([*requirements, *(" ".join(step) for step in steps)]).replace(f"{ROOT}/", "")
    if not (done.exists() and done.read_text() == wanted):
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True, stdout=sys.stderr)
        for words in (requirements, *steps):
            subprocess.run([python, "-m", "pip", "install", "--quiet", *words], check=True, stdout=sys.stderr)
        done.write_text(wanted)
    return python


def align_products():
    """The Python of AROSICS and s2cube, with the bindings of the machine's own GDAL, which AROSICS wants."""
    version = subprocess.run(["gdal-config", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return venv("align-products", "numpy==1.26.4", "setuptools==65.5.0", "wheel==0.45.1",
                steps=[["--no-build-isolation", f"gdal=={version}"],
                       ["-r", str(ROOT / "Benchmarks" / "Align" / "products.requirements")],
                       ["--no-deps", "arosics==1.13.2", "geoarray==0.18.0", "py_tools_ds==0.22.3", "s2cube==0.1.0"]])


def align_products_environment():
    """What a program run by that Python needs around it."""
    return {**os.environ, "PYTHONPATH": str(ROOT / "Benchmarks" / "Align" / "shim")}


def build(product):
    """Builds one of our benchmark programs; `MATTER_BENCHMARKS` adds them to the package."""
    subprocess.run(["swift", "build", "-c", "release", "--product", product], cwd=ROOT, check=True,
                   env={**os.environ, "MATTER_BENCHMARKS": "1"}, stdout=sys.stderr)
    return ROOT / ".build" / "release" / product


def sizes(items, rounds):
    """How many items and rounds: those of the case, or fewer as arguments, `script/bench NAME ITEMS ROUNDS`, to try it."""
    given = [int(word) for word in sys.argv[1:3]]
    return [*given, items, rounds][:2] if len(given) == 2 else (items, rounds)


def bigearthnet(count):
    """Simulated patches in BigEarthNet's form, version 1: uncompressed strips, as the published ones are; made once."""
    earth = CACHE / f"bench-bigearthnet-{count}"
    if not (earth / "run.json").exists():
        run([build("matter-prep"), "simulate", "--out", earth, "--seed", 1, "--products", "bigearthnet", "--patches", count,
             "--quiet"])
    return earth / "bigearthnet"


def linked_bigearthnet(count, of=2000):
    """The patches of `bigearthnet(of)` under many names (hard links), `count` in all, each in its source's split; made once.

    The input stays as small as the cache, and what a program takes to start can be told from what it takes a patch."""
    source, folder = bigearthnet(of), CACHE / f"bench-bigearthnet-linked-{count}"
    if (folder / "done").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "BigEarthNet-v1.0").mkdir(parents=True)
    lists = {path.name: path.read_text().split() for path in source.glob("*.csv")}
    names = sorted(path.name for path in (source / "BigEarthNet-v1.0").iterdir())
    new = {name: [] for name in names}
    for number in range(count):
        name = names[number % len(names)]
        head, last = name.rsplit("_", 1)
        new[name].append(f"{head}_{int(last) + 1000 * (number // len(names))}")
    for name, links in new.items():
        for link in links:
            target = folder / "BigEarthNet-v1.0" / link
            target.mkdir()
            for file in (source / "BigEarthNet-v1.0" / name).iterdir():
                os.link(file, target / file.name.replace(name, link, 1))
    for list_name, lines in lists.items():
        rows = [line.split(",", 1) for line in lines]
        text = [",".join([link, *row[1:]]) + "\n" for row in rows for link in new.get(row[0], [])]
        (folder / list_name).write_text("".join(text))
    (folder / "done").touch()
    return folder


def run(command, **options):
    """Runs a command and returns its standard output; a failure ends the benchmark in one line."""
    words = [str(word) for word in command]
    # By a shell in between: a process begins with the greatest memory of the one that started it, and this one holds large arrays.
    done = subprocess.run(["sh", "-c", '"$@"; exit $?', "sh", *words], stdout=subprocess.PIPE, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"bench: {command[0]} ended with {done.returncode}")
    return done.stdout


def run_within(limit, command, **options):
    """Like `run`, but for at most so many seconds: what has not ended then is ended, with all that it started, and gives nothing."""
    words = [str(word) for word in command]
    # A session of its own: the processes that it starts go with it.
    process = subprocess.Popen(["sh", "-c", '"$@"; exit $?', "sh", *words], stdout=subprocess.PIPE, text=True, start_new_session=True,
                               **options)
    try:
        text, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return None
    if process.returncode != 0:
        sys.exit(f"bench: {command[0]} ended with {process.returncode}")
    return text


def in_turn(ours, peer, rounds):
    """Calls the two functions A B B A …; each returns a list of seconds. Returns both lists of lists."""
    mine, theirs = [], []
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
        # Who goes first changes from round to round: A B B A.
        for side in ((mine, ours), (theirs, peer))[:: 1 if number % 2 == 0 else -1]:
            side[0].append(side[1]())
    return mine, theirs


def paired_ratio(mine, theirs):
    """Median over rounds of (peer's median ÷ our median): a drift of the machine's speed hits both of a round."""
    return statistics.median(statistics.median(b) / statistics.median(a) for a, b in zip(mine, theirs))


def copy_bandwidth(megabytes=256, rounds=7):
    """Bytes a second that one core copies from memory to memory (read and written bytes counted once): a floor's measure."""
    source = bytearray(megabytes << 20)
    target, fastest = memoryview(bytearray(megabytes << 20)), float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        target[:] = source
        fastest = min(fastest, time.perf_counter() - start)
    return (megabytes << 20) / fastest


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.platform(terse=True)}"


def report(name, rows, runs):
    """Prints the table, keeps every single run in Benchmarks/results, and ends with one JSON line: the row that does
    worst against its target stands for the case, `met` says whether all rows do, and `rows` holds them all.

    A row: `name`, `unit`, `ours`, `peer`, `ratio`, `floor`, `target` (words), `met`, `runs`, `margin` (>= 1 meets the target).
    """
    width = max(len(row["name"]) for row in rows)
    print(f"{'case':<{width}}  {'ours':>10}  {'peer':>10}  {'ratio':>6}  {'target':>8}  met  unit")
    for row in rows:
        print(
            f"{row['name']:<{width}}  {row['ours']:>10.4g}  {row['peer']:>10.4g}  {row['ratio']:>6.3f}  "
            f"{row['target']:>8}  {'yes' if row['met'] else 'no':<3}  {row['unit']}"
        )
    worst = min(rows, key=lambda row: row["margin"])
    line = {**{key: value for key, value in worst.items() if key != "margin"}, "name": name,
            "met": all(row["met"] for row in rows), "machine": machine(), "rows": rows}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps({**line, "single_runs": runs}, indent=1) + "\n")
    print(json.dumps(line))
