"""Reads a packed store as others do and compares every pixel with its TIFF.

usage: check_store.py STORE FOLDER-OF-TIFFS """
import hashlib
import json
import pathlib
import sys
import tempfile

import lmdb
import numpy
import pandas
import rasterio
import safetensors.numpy

BANDS = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12"]


def tiffs(folder):
    """Paths by (patch, plane)."""
    found = {}
    for path in pathlib.Path(folder).rglob("*.tif"):
        patch, _, plane = path.stem.rpartition("_")
        found[patch, plane] = path
    return found


def check_records(store, records, files):
    """lmdb + safetensors: digests, pixels; canonical documents where safetensors writes the same planes. Returns planes compared."""
    proofs = {}
    for line in (store / "records.jsonl").read_text().splitlines():
        proof = json.loads(line)
        proofs[proof["key"]] = proof["sha256"]
    assert set(proofs) == set(records), "records.jsonl does not tell of the same records"
    compared = 0
    for key, document in records.items():
        assert hashlib.sha256(document).hexdigest() == proofs[key], key
        planes = safetensors.numpy.load(document)
        assert safetensors.numpy.save(planes) == document, f"{key}: safetensors writes these planes otherwise"
        for name, pixels in planes.items():
            if (key, name) in files:
                with rasterio.open(files[key, name]) as source:
                    wanted = source.read(1)
                assert wanted.dtype == pixels.dtype and numpy.array_equal(wanted, pixels), f"{key} {name}"
                compared += 1
    assert compared > 0, "no TIFF of these records in the folder"
    return compared


def check_configilm(store, records, files):
    """ConfigILM's reader of BigEarthNet v2; returns patches compared."""
    from configilm.extra.BENv2_utils import BENv2LDMBReader

    patches = [key for key, document in records.items() if set(BANDS) <= set(safetensors.numpy.load(document))]
    if not patches:
        return 0
    with tempfile.TemporaryDirectory() as folder:
        metadata = f"{folder}/metadata.parquet"
        pandas.DataFrame({"patch_id": patches, "labels": [[] for _ in patches], "s1_name": ["" for _ in patches]}).to_parquet(metadata)
        reader = BENv2LDMBReader(store, metadata, bands=BANDS)
        for patch in patches:
            planes, _ = reader[patch]
            assert sorted(planes) == sorted(BANDS), sorted(planes)
            for name, pixels in planes.items():
                if (patch, name) in files:
                    with rasterio.open(files[patch, name]) as source:
                        assert numpy.array_equal(source.read(1), pixels), f"{patch} {name}"
    return len(patches)


def main():
    store, files = pathlib.Path(sys.argv[1]), tiffs(sys.argv[2])
    with lmdb.open(str(store), readonly=True, lock=False) as environment, environment.begin() as transaction:
        records = {key.decode(): value for key, value in transaction.cursor()}
    print(f"lmdb + safetensors  {len(records)} records, {check_records(store, records, files)} planes equal their TIFFs")
    print(f"ConfigILM           {check_configilm(store, records, files)} patches equal their TIFFs")


main()
