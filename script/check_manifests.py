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
    items = masks = 0
    for item in collection.get_items(recursive=True):
        assert item.validate(), item.id
        with rasterio.open(item.assets["tile"].get_absolute_href()) as raster:
            names = [band["name"] for band in item.assets["tile"].extra_fields["bands"]]
            assert list(raster.descriptions) == names, item.id
            assert list(raster.transform)[:6] == item.assets["tile"].extra_fields["proj:transform"], item.id
        items += 1
        if "unchanged" in item.assets:
            masks += check_mask(item.assets["unchanged"].get_absolute_href(), item.assets["tile"].get_absolute_href())
            assert 0 <= item.properties["matter:unchanged"]["known"] <= 1, item.id
    collection.validate()
    return f"pystac {version('pystac')}: collection and {items} items valid, every raster opens, {masks} masks fit their tiles"


def check_mask(mask, tile):
    """A mask lies on its tile's grid and holds per cent, 0 or 1, and a count of dates."""
    with rasterio.open(mask) as raster, rasterio.open(tile) as other:
        assert raster.transform == other.transform and raster.shape == other.shape and raster.crs == other.crs, mask
        assert raster.nodata == 255 and raster.dtypes == ("uint8",) * 3, mask
        percent, unchanged, _ = raster.read()
        known = percent != 255
        assert (percent[known] <= 100).all() and (unchanged[known] <= 1).all(), mask
        assert (unchanged[~known] == 255).all(), mask
    return 1


def check_kwcoco(folder):
    import kwcoco

    data = kwcoco.CocoDataset(f"{folder}/data.kwcoco.json")
    report = data.validate(missing=True, corrupted=True, channels=True, require_relative=True, verbose=0)
    assert not report["errors"], report["errors"]
    image = data.coco_image(1)
    pixels = image.imdelay().finalize()
    channels = image.channels.spec.replace(",", "|").split("|")
    assert pixels.shape[2] == len(channels)
    masks = 0
    for number in data.images():
        assets = data.imgs[number]["assets"]
        if len(assets) > 1:
            masks += check_mask(f"{folder}/{assets[1]['file_name']}", f"{folder}/{assets[0]['file_name']}")
            mask = data.coco_image(number).imdelay("unchanged").finalize()
            assert mask.shape[2] == 1
    return (f"kwcoco {version('kwcoco')}: valid, {data.n_videos} videos, {data.n_images} images; "
            f"the first is {pixels.shape} with {'|'.join(channels)}; {masks} masks fit their tiles")


def check_croissant(folder):
    import logging

    import mlcroissant

    logging.disable(logging.WARNING)
    card = mlcroissant.Dataset(jsonld=f"{folder}/croissant.json")
    assert not card.metadata.ctx.issues.errors, card.metadata.ctx.issues.errors
    records = list(card.records("records"))
    sets = {record_set.uuid: len(list(card.records(record_set.uuid))) for record_set in card.metadata.record_sets}
    warnings = len(card.metadata.ctx.issues.warnings)
    return f"mlcroissant {version('mlcroissant')}: no error, {warnings} warnings, {len(records)} records read ({sets})"


def check_peo(folder):
    bands = masks = 0
    for line in open(f"{folder}/crops.jsonl"):
        crop = json.loads(line)
        for path in glob.glob(f"{folder}/{crop['folder']}/*/*.tif"):
            with rasterio.open(path) as raster:
                assert raster.count == 1 and raster.dtypes[0] == "uint16" and raster.nodata == 0, path
                bands += 1
                grid = raster.transform, raster.shape
        for path in crop.get("valid") or []:
            with rasterio.open(f"{folder}/{path}") as raster:
                assert (raster.transform, raster.shape) == grid and set(raster.read(1).ravel()) <= {0, 1}, path
        if crop.get("mask"):
            with rasterio.open(f"{folder}/{crop['mask']}") as raster:
                assert (raster.transform, raster.shape) == grid and raster.nodata == 255, crop["mask"]
                assert set(raster.read(1).ravel()) <= {0, 1, 255}, crop["mask"]
                masks += 1
    assert bands > 0
    return f"rasterio {version('rasterio')}: {bands} bands open, {masks} masks fit them"


def main(folders):
    checks = {"stac": check_stac, "kwcoco": check_kwcoco, "croissant": check_croissant, "peo": check_peo}
    for folder in folders:
        with open(f"{folder}/run.json") as file:
            form = json.load(file)["plan"]["format"]
        print(f"{form}  {folder}: {checks[form](folder)}", flush=True)


main(sys.argv[1:])
