"""Fetches windows of a synthetic archive from a STAC API on loopback and proves them; prints one line a case."""

import glob
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

from stac_server import Archive, serve

PROGRAM, KILLS = sys.argv[1], int(sys.argv[2])
BANDS = "B02,B04,B05,B08"


def run(*arguments, code=0, **environment):
    """Runs the program and demands its exit code; stderr comes back."""
    quick = {"GDAL_HTTP_RETRY_DELAY": "0.05", "no_proxy": "127.0.0.1"}
    done = subprocess.run([PROGRAM, *arguments], env={**os.environ, **quick, **environment},
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == code, (arguments, done.returncode, done.stderr[-2000:])
    assert code in (0, 80) or done.stderr.startswith("error: "), done.stderr
    return done.stdout, done.stderr


def tree(folder, names=r".*"):
    """Digests of a folder's files by relative path."""
    found = {}
    for path in glob.glob(f"{folder}/**/*", recursive=True):
        relative = os.path.relpath(path, folder)
        if os.path.isfile(path) and re.fullmatch(names, os.path.basename(path)):
            found[relative] = hashlib.sha256(open(path, "rb").read()).hexdigest()
    return found


def items_of(earth):
    """STAC items over the JPEG 2000 files of simulated products, as a saved search has them."""
    items = []
    for product in sorted(glob.glob(f"{earth}/l2a/*/*.SAFE")):
        metadata = open(f"{product}/MTD_MSIL2A.xml").read()
        ring = [float(v) for v in re.search(r"<EXT_POS_LIST>([^<]*)", metadata)[1].split()]
        (south, north), (west, east) = [(min(v), max(v)) for v in (ring[0::2], ring[1::2])]
        images = {re.search(r"_(B\w\w|SCL)_", path)[1]: path
                  for path in sorted(glob.glob(f"{product}/GRANULE/*/IMG_DATA/R*/*_*_*m.jp2"), reverse=True)
                  if re.search(r"_(B\w\w|SCL)_", path)}
        name = os.path.basename(product)[:-5]
        items.append({
            "type": "Feature", "stac_version": "1.0.0", "id": name, "bbox": [west, south, east, north],
            "collection": "sentinel-2-l2a",
            "properties": {"datetime": re.search(r"<DATATAKE_SENSING_START>([^<]*)|<PRODUCT_START_TIME>([^<]*)",
                                                 metadata)[0].split(">")[1],
                           "grid:code": "MGRS-" + name.split("_T")[1][:5],
                           "s2:processing_baseline": f"{name[28:30]}.{name[30:32]}", "eo:cloud_cover": 1},
            "assets": {key: {"href": path, "roles": ["data"]} for key, path in images.items()}})
    return items


def api(items, work):
    """Starts stac-fastapi over items; gives the process and the address."""
    json.dump(items, open(f"{work}/items.json", "w"))
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stac_api.py")
    child = subprocess.Popen([sys.executable, script, f"{work}/items.json"], stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, text=True)
    return child, child.stdout.readline().strip()


def other(item, name, **properties):
    """An item that nobody asks for."""
    return {**item, "id": name, "properties": {**item["properties"], **properties}}


def main(work):
    earth = f"{work}/earth"
    run("simulate", "--out", earth, "--products", "l2a", "--regions", "1", "--size", "1302", "--dates", "4")
    local = items_of(earth)
    json.dump({"type": "FeatureCollection", "features": local}, open(f"{work}/saved.json", "w"))
    box = local[0]["bbox"]
    dates = ["--dates", "2015-01-01/2030-12-31", "--bands", BANDS]
    # The archive: whole scenes as COGs, written by fetch itself from the saved search.
    whole = ["--bbox", ",".join(map(str, box)), "--side", "60", *dates]
    run("fetch", *whole, "--offline", f"{work}/saved.json", "--out", f"{work}/archive", "--name", "s2")
    server = serve(Archive(f"{work}/archive", []))
    archive, port = server.archive, server.server_address[1]
    endpoint = f"http://127.0.0.1:{port}/v1"
    for path in sorted(glob.glob(f"{work}/archive/s2/*/item.json")):
        item = json.load(open(path))
        folder = os.path.basename(os.path.dirname(path))
        item["links"] = [{"rel": "self", "href": f"http://127.0.0.1:{port}/s2/{folder}/item.json"}]
        archive.items.append(item)
    total = sum(os.path.getsize(p) for p in glob.glob(f"{work}/archive/s2/*/*.tif"))
    centre = f"{(box[0] + box[2]) / 2},{(box[1] + box[3]) / 2}"
    area = ["--point", centre, "--side", "2400", *dates]
    run("fetch", *area, "--offline", f"{work}/saved.json", "--out", f"{work}/expected")
    expected = tree(f"{work}/expected", r"B.*\.tif|SCL\.tif")
    assert len(expected) == len(local) * 5, expected.keys()

    def fetch(name, *more, code=0, **environment):
        out = f"{work}/{name}"
        return run("fetch", *area, "--endpoint", endpoint, "--out", out, *more, code=code, **environment)

    def same(name):
        assert tree(f"{work}/{name}", r"B.*\.tif|SCL\.tif") == expected, name

    fetch("http")
    same("http")
    print(f"http: {len(local)} scenes in {archive.posts} pages, {archive.sent / 1e6:.1f} of {total / 1e6:.1f} MB read")
    assert archive.posts == (len(local) + 1) // 2 and archive.sent < total / 2
    reference = tree(f"{work}/http", r"[^.].*")
    archive.posts = archive.reads = 0
    fetch("http")
    assert archive.posts == 0 and archive.reads == 0 and tree(f"{work}/http", r"[^.].*") == reference
    print("again: nothing asked, nothing read, nothing written")

    strangers = [other(archive.items[0], "cloudy", **{"eo:cloud_cover": 90}),
                 other(archive.items[0], "early", datetime="2014-01-01T10:00:00Z"),
                 {**other(archive.items[0], "far"), "bbox": [100, 10, 101, 11]}]
    child, address = api(archive.items + strangers, work)
    try:
        for _ in range(100):
            try:
                urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{address}/_mgmt/ping")
                break
            except OSError:
                time.sleep(0.2)
        run("fetch", *area, "--endpoint", address, "--out", f"{work}/real")
        same("real")
        found = json.load(open(f"{work}/real/area/search.json"))["features"]
        assert sorted(item["id"] for item in found) == sorted(item["id"] for item in archive.items)
    finally:
        child.terminate()
        child.wait()
    run("run", "--region", f"x={work}/real/area", "--out", f"{work}/real-tiles", "--tile-size", "256")
    print(f"stac-fastapi: {len(found)} of {len(found) + len(strangers)} items by box, dates and cloud, two a page; "
          "run cuts tiles of them")

    archive.order("no-post", 1)
    fetch("get")
    same("get")
    assert archive.gets == (len(local) + 1) // 2
    print("server without POST: searched by GET")

    for fault, count in [("busy", 2), ("busy-files", 5), ("cut", 3)]:
        archive.order(fault, count)
        fetch(fault)
        same(fault)
        assert archive.left == 0
        print(f"{fault} × {count}: tried again, same bytes")
    for fault, code in [("html", 65), ("flood", 65), ("loop", 65), ("redirects", 69), ("busy", 69)]:
        archive.order(fault)
        _, text = fetch(f"bad-{fault}", code=code, GDAL_HTTP_MAX_RETRY="1")
        assert not glob.glob(f"{work}/bad-{fault}/*/search.json")
        print(f"{fault} without end: {code}, {text.strip()[:110]}")
    archive.order("")

    victim = glob.glob(f"{work}/archive/s2/*/B04.tif")[1]
    os.rename(victim, victim + ".away")
    _, text = fetch("partly", code=80, GDAL_HTTP_MAX_RETRY="0")
    os.rename(victim + ".away", victim)
    fetch("partly")
    same("partly")
    print("a file that is not there: 80, named; there again: fetched")

    for item in archive.items:
        for asset in item["assets"].values():
            asset["href"] = f"s3://s2/{item['id']}/" + asset["href"].rsplit("/", 1)[1]
    fetch("s3", AWS_S3_ENDPOINT=f"127.0.0.1:{port}", AWS_HTTPS="NO", AWS_VIRTUAL_HOSTING="FALSE")
    same("s3")
    print("s3: same bytes")
    for item in archive.items:
        for asset in item["assets"].values():
            asset["href"] = "./" + asset["href"].rsplit("/", 1)[1]

    sign = f"planetary-computer=http://127.0.0.1:{port}/api/sas/v1/token"
    archive.token = "unknown"
    fetch("signed", "--sign", sign)
    same("signed")
    assert archive.tokens == 1, archive.tokens
    print(f"signed: {len(local)} scenes with one token")
    assert not any(b"secret" in open(path, "rb").read()
                   for path in glob.glob(f"{work}/signed/**/*", recursive=True) if os.path.isfile(path))
    archive.lifetime = 1
    fetch("renewed", "--sign", sign)
    same("renewed")
    assert archive.tokens > len(local), archive.tokens
    print(f"signed, tokens of a second: {archive.tokens - 1} of them, same bytes, none of them on disk")
    archive.token = ""

    draw = random.Random(1)
    started = time.monotonic()
    fetch("timed")
    span = time.monotonic() - started
    for _ in range(KILLS):
        shutil.rmtree(f"{work}/killed", ignore_errors=True)
        for _ in range(3):
            child = subprocess.Popen([PROGRAM, "fetch", *area, "--endpoint", endpoint, "--out", f"{work}/killed"],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                     env={**os.environ, "no_proxy": "127.0.0.1"})
            time.sleep(draw.random() * span)
            child.kill()
            child.wait()
        fetch("killed")
        assert tree(f"{work}/killed", r"[^.].*") == reference
    print(f"killed {3 * KILLS} times at random, {KILLS} folders finished: same bytes")

    run("run", "--region", f"x={work}/http/area", "--out", f"{work}/tiles", "--tile-size", "256",
        "--alignment-bands", "B08")
    tiles = open(f"{work}/tiles/manifest.jsonl").read().splitlines()
    print(f"matter-prep run reads the folder: {len(tiles)} tiles")
    server.shutdown()
    server.server_close()
    _, text = fetch("down", code=69, GDAL_HTTP_MAX_RETRY="0")
    print(f"server gone: 69, {text.strip()[:110]}")


if __name__ == "__main__":
    folder = tempfile.mkdtemp(prefix="check-fetch-")
    try:
        main(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("all well")
