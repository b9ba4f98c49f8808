"""The peers of load-store, and what makes their inputs.

usage: peer.py make FOLDER STORE MEMMAP       patches of a folder into rico-hdl's layout and into one array of the final size
       peer.py lmdb STORE WORKERS SAMPLES     prints "rate RATE"
       peer.py memmap MEMMAP WORKERS SAMPLES  prints "rate RATE" """
import pathlib
import sys
import time

import lmdb
import numpy
import safetensors.numpy
import torch

BANDS = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12"]
MEAN, DEVIATION, SIDE, BATCH = 1100.0, 700.0, 120, 64


def grown(plane):
    """A plane at 10 m, as loaders of these stores do it."""
    tensor = torch.from_numpy(plane.astype(numpy.float32))[None, None]
    if plane.shape[0] == SIDE:
        return tensor[0, 0]
    return torch.nn.functional.interpolate(tensor, size=(SIDE, SIDE), mode="bilinear", align_corners=False)[0, 0]


def make(folder, store, memmap):
    import rasterio

    patches = sorted(path for path in pathlib.Path(folder).iterdir() if path.is_dir())
    array = numpy.lib.format.open_memmap(memmap, "w+", numpy.uint16, (len(patches), len(BANDS), SIDE, SIDE))
    pathlib.Path(store).mkdir(parents=True, exist_ok=True)
    with lmdb.open(store, map_size=1 << 34) as environment:
        for number, patch in enumerate(patches):
            planes = {}
            for band in BANDS:
                with rasterio.open(patch / f"{patch.name}_{band}.tif") as source:
                    planes[band] = source.read(1)
            with environment.begin(write=True) as transaction:
                transaction.put(patch.name.encode(), safetensors.numpy.save(planes))
            array[number] = torch.stack([grown(planes[band]) for band in BANDS]).round().numpy().astype(numpy.uint16)
    array.flush()


class Stored(torch.utils.data.Dataset):
    def __init__(self, store):
        self.store, self.environment = store, None
        with lmdb.open(store, readonly=True, lock=False) as environment, environment.begin() as transaction:
            self.keys = [key for key, _ in transaction.cursor()]

    def __len__(self):
        return len(self.keys)

    def __getitem__(self, index):
        if self.environment is None:
            self.environment = lmdb.open(self.store, readonly=True, lock=False, readahead=True)
        with self.environment.begin(buffers=True) as transaction:
            planes = safetensors.numpy.load(bytes(transaction.get(self.keys[index])))
        return (torch.stack([grown(planes[band]) for band in BANDS]) - MEAN) / DEVIATION


class Mapped(torch.utils.data.Dataset):
    def __init__(self, path):
        self.array = numpy.load(path, mmap_mode="r")

    def __len__(self):
        return len(self.array)

    def __getitem__(self, index):
        return (torch.from_numpy(self.array[index].astype(numpy.float32)) - MEAN) / DEVIATION


def main():
    what, *words = sys.argv[1:]
    if what == "make":
        make(*words)
        return
    torch.set_num_threads(1)
    path, workers, samples = words[0], int(words[1]), int(words[2])
    loader = torch.utils.data.DataLoader(
        Stored(path) if what == "lmdb" else Mapped(path), batch_size=BATCH, shuffle=True, num_workers=workers, drop_last=True,
        persistent_workers=True)
    for _ in loader:  # workers and the page cache are warm then
        pass
    count, start = 0, time.perf_counter()
    while count < samples:
        for batch in loader:
            count += len(batch)
    print("rate", count / (time.perf_counter() - start))


main()
