"""Writes Tests/Fixtures/BigEarthNet: a small table of version 2, in Parquet and damaged in several ways, and digests of what
pyarrow and bz2 read of the real lists.

Made with pyarrow 26.0.1.
    python script/reference/bigearthnet.py SHARED_DATA Tests/Fixtures/BigEarthNet
"""
import bz2
import collections
import hashlib
import json
import pathlib
import sys

import pyarrow
import pyarrow.parquet

# label_indices.json of git.tu-berlin.de/rsim/BigEarthNet-S2_19-classes_models.
CLASSES = [
    "Urban fabric", "Industrial or commercial units", "Arable land", "Permanent crops", "Pastures", "Complex cultivation patterns",
    "Land principally occupied by agriculture, with significant areas of natural vegetation", "Agro-forestry areas",
    "Broad-leaved forest", "Coniferous forest", "Mixed forest", "Natural grassland and sparsely vegetated areas",
    "Moors, heathland and sclerophyllous vegetation", "Transitional woodland, shrub", "Beaches, dunes, sands", "Inland wetlands",
    "Coastal wetlands", "Inland waters", "Marine waters",
]
PARTS = {"train": "train", "validation": "val", "test": "test"}
TILE, RADAR = "S2A_MSIL2A_20170613T101031_N9999_R022_T33UUP", "S1A_IW_GRDH_1SDV_20170613T165043"
ROWS = [
    ("10_2", ["Arable land", "Pastures"], "train"), ("1_2", ["Marine waters"], "train"),
    ("26_57", ["Urban fabric", "Mixed forest", "Transitional woodland, shrub"], "validation"), ("3_4", [], "test"),
]


def rows(path):
    """Every row as "patch TAB part TAB bits", sorted by the patch's bytes; the digest of all, and how often each class is there."""
    table = pyarrow.parquet.read_table(path, columns=["patch_id", "labels", "split", "country"])
    lines, counts = [], [0] * len(CLASSES)
    for patch, labels, part in zip(*(table[name].to_pylist() for name in ("patch_id", "labels", "split"))):
        bits = [int(name in labels) for name in CLASSES]
        assert set(labels) <= set(CLASSES)
        counts = [a + b for a, b in zip(counts, bits)]
        lines.append(f"{patch}\t{PARTS[part]}\t{''.join(map(str, bits))}\n".encode())
    parts = {name: sum(f"\t{name}\t".encode() in line for line in lines) for name in PARTS.values()}
    countries = dict(sorted(collections.Counter(table["country"].to_pylist()).items()))
    return {"rows": len(lines), "sha256": hashlib.sha256(b"".join(sorted(lines))).hexdigest(), "classes": counts, "parts": parts,
            "countries": countries}


def lists(folder):
    """Every patch of version 1's lists as "patch TAB part", sorted; the digest of all."""
    lines = []
    for part in ("train", "val", "test"):
        lines += [name + f"\t{part}\n".encode() for name in bz2.decompress((folder / f"{part}.csv.bz2").read_bytes()).split()]
    return {"rows": len(lines), "sha256": hashlib.sha256(b"".join(sorted(lines))).hexdigest()}


def table(rows, **change):
    text = pyarrow.string()
    columns = {
        "patch_id": pyarrow.array([f"{TILE}_{place}" for place, _, _ in rows], text),
        "labels": pyarrow.array([labels for _, labels, _ in rows], pyarrow.list_(text)),
        "split": pyarrow.array([part for _, _, part in rows], text),
        "s1_name": pyarrow.array([f"{RADAR}_33UUP_{place}" for place, _, _ in rows], text),
    }
    return pyarrow.table({**columns, **change})


def main():
    data, output = map(pathlib.Path, sys.argv[1:])
    output.mkdir(parents=True, exist_ok=True)
    made = {
        "metadata": table(ROWS), "large": table(ROWS).cast(pyarrow.schema([
            ("patch_id", pyarrow.large_string()), ("labels", pyarrow.large_list(pyarrow.large_string())),
            ("split", pyarrow.large_string()), ("s1_name", pyarrow.large_string())])),
        "countries": table(ROWS).append_column("country", pyarrow.array(["Austria", "Finland", "Austria", "Ireland"], pyarrow.string())),
        "null": table(ROWS, split=["train", None, "test", "test"]), "number": table(ROWS, labels=[1, 2, 3, 4]),
        "unknown": table(ROWS[:1], labels=[["Roads"]]), "part": table(ROWS[:1], split=["all"]),
        "path": table(ROWS[:1], patch_id=["S2A/../../etc"]), "twice": table(ROWS + [(ROWS[0][0], [], "test")]),
        "column": table(ROWS).drop_columns(["s1_name"]), "empty": table([]),
    }
    for name, content in made.items():
        pyarrow.parquet.write_table(content, output / f"{name}.parquet", row_group_size=2, compression="snappy")
    facts = {
        "pyarrow": pyarrow.__version__, "v2": rows(data / "bigearthnet/v2/metadata.parquet"),
        "v2_snow": rows(data / "bigearthnet/v2/metadata_for_patches_with_snow_cloud_or_shadow.parquet"),
        "v1": lists(data / "bigearthnet/v1/splits"),
    }
    (output / "digests.json").write_text(json.dumps(facts, indent=1) + "\n")


main()
