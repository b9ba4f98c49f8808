"""The peer of pack: a Python writer of rico-hdl's layout.

usage: peer.py FOLDER STORE """
import pathlib
import sys

import lmdb
import rasterio
import safetensors.numpy


def main():
    folder, store = sys.argv[1:]
    pathlib.Path(store).mkdir(parents=True)
    patches = sorted(path for path in pathlib.Path(folder).iterdir() if path.is_dir())
    with lmdb.open(store, map_size=1 << 40) as environment:
        for start in range(0, len(patches), 256):
            with environment.begin(write=True) as transaction:
                for patch in patches[start : start + 256]:
                    planes = {}
                    for path in sorted(patch.glob("*.tif")):
                        with rasterio.open(path) as source:
                            planes[path.stem.rsplit("_", 1)[1]] = source.read(1)
                    transaction.put(patch.name.encode(), safetensors.numpy.save(planes))


main()
