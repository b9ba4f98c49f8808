"""Runs each published folder through its format's own validator and opens what it refers to; prints a line a folder."""

import glob
import json
import os
import sys
from importlib.metadata import version

import rasterio


def check_stac(folder):
    import pystac
    from pystac.validation import RegisteredValidator

    validator = RegisteredValidator.get_validator()
    schemas = os.environ.get("STAC_SCHEMAS")
    if schemas:
        for path in glob.glob(f"{schemas}/**/*.json", recursive=True):
            with open(path) as file:
                validator.schema_cache["https://" + os.path.relpath(path, schemas)] = json.load(file)
    collection = pystac.Collection.from_file(f"{folder}/collection.json")
    collection.make_all_asset_hrefs_absolute()
    items = 0
    for item in collection.get_items(recursive=True):
        assert item.validate(), item.id
        with rasterio.open(item.assets["tile"].get_absolute_href()) as raster:
            names = [band["name"] for band in item.assets["tile"].extra_fields["bands"]]
            assert list(raster.descriptions) == names, item.id
            assert list(raster.transform)[:6] == item.assets["tile"].extra_fields["proj:transform"], item.id
        items += 1
    collection.validate()
    return f"pystac {version('pystac')}: collection and {items} items valid, every raster opens"


def check_kwcoco(folder):
    import kwcoco

    data = kwcoco.CocoDataset(f"{folder}/data.kwcoco.json")
    report = data.validate(missing=True, corrupted=True, channels=True, require_relative=True, verbose=0)
    assert not report["errors"], report["errors"]
    image = data.coco_image(1)
    pixels = image.imdelay().finalize()
    assert pixels.shape[2] == len(image.channels.spec.split("|"))
    return (f"kwcoco {version('kwcoco')}: valid, {data.n_videos} videos, {data.n_images} images; "
            f"the first is {pixels.shape} with {image.channels.spec}")


def check_croissant(folder):
    import logging

    import mlcroissant

    logging.disable(logging.WARNING)
    card = mlcroissant.Dataset(jsonld=f"{folder}/croissant.json")
    assert not card.metadata.ctx.issues.errors, card.metadata.ctx.issues.errors
    records = list(card.records("records"))
    warnings = len(card.metadata.ctx.issues.warnings)
    return f"mlcroissant {version('mlcroissant')}: no error, {warnings} warnings, {len(records)} records read"


def check_peo(folder):
    bands = 0
    for line in open(f"{folder}/crops.jsonl"):
        crop = json.loads(line)
        for path in glob.glob(f"{folder}/{crop['folder']}/*/*.tif"):
            with rasterio.open(path) as raster:
                assert raster.count == 1 and raster.dtypes[0] == "uint16" and raster.nodata == 0, path
                bands += 1
    assert bands > 0
    return f"rasterio {version('rasterio')}: {bands} bands open"


def main(folders):
    checks = {"stac": check_stac, "kwcoco": check_kwcoco, "croissant": check_croissant, "peo": check_peo}
    for folder in folders:
        with open(f"{folder}/run.json") as file:
            form = json.load(file)["plan"]["format"]
        print(f"{form}  {folder}: {checks[form](folder)}", flush=True)


main(sys.argv[1:])
