"""The peer of pretrain-step: the same model and step in straightforward PyTorch, and what makes the store that both read.

usage: peer.py make STORE SIDE                           regions of blocky materials at three dates
       peer.py train STORE RECIPE THREADS WARMUP STEPS [SECTION.KEY=NUMBER …]   prints the seconds of each step, then "loss LOSS"

TeRN is a loop over shifted views, the batches come from a DataLoader with two workers over LMDB and safetensors."""
import pathlib
import random
import sys
import time
import tomllib

import lmdb
import numpy
import safetensors.numpy
import torch
import torch.nn.functional as F
from torch import nn

BANDS = ["B02", "B03", "B04", "B05", "B06", "B07", "B08", "B11", "B12"]


def make(store, side):
    side, generator = int(side), numpy.random.default_rng(7)
    pathlib.Path(store).mkdir(parents=True)
    with lmdb.open(store, map_size=1 << 34, lock=False) as environment:
        for region in ("east", "north", "south", "west"):
            ground = generator.integers(500, 4000, (len(BANDS), side // 16, side // 16)).repeat(16, 1).repeat(16, 2)
            for date in range(3):
                noise = generator.normal(0, 60, ground.shape)
                pixels = (ground * (0.9 + 0.1 * date) + noise).clip(1, 10000).astype(numpy.uint16)
                planes = {band: pixels[index] for index, band in enumerate(BANDS)}
                planes["valid"] = numpy.ones((side, side), numpy.uint8)
                with environment.begin(write=True) as transaction:
                    transaction.put(f"{region}/0_0/2020-0{date + 1}-01T10:00:00Z".encode(), safetensors.numpy.save(planes))


class Crops(torch.utils.data.Dataset):
    """Crops of a place at two dates, standardised, and the centres of the patches in them."""

    def __init__(self, store, recipe, count):
        self.store, self.recipe, self.count, self.environment = store, recipe, count, None
        with lmdb.open(store, readonly=True, lock=False) as environment, environment.begin() as transaction:
            self.places = {}
            for key, _ in transaction.cursor():
                self.places.setdefault(key.split(b"/")[0], []).append(key)
            stack = numpy.stack([numpy.stack([self.planes(transaction, key)[band] for band in self.bands])
                                 for keys in self.places.values() for key in keys]).astype(numpy.float64)
        self.mean, self.deviation = stack.mean((0, 2, 3)), stack.std((0, 2, 3))
        self.names = sorted(self.places)

    @property
    def bands(self):
        return self.recipe["data"]["bands"]

    @staticmethod
    def planes(transaction, key):
        return safetensors.numpy.load(bytes(transaction.get(key)))

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        if self.environment is None:
            self.environment = lmdb.open(self.store, readonly=True, lock=False)
        chance, side, window = random.Random(index), self.recipe["data"]["crop"], self.recipe["patches"]["window"]
        place = chance.randrange(len(self.names))
        dates = chance.sample(self.places[self.names[place]], 2)
        images = []
        with self.environment.begin() as transaction:
            planes = [self.planes(transaction, key) for key in dates]
        height, width = planes[0]["valid"].shape
        row, column = chance.randrange(height - side + 1), chance.randrange(width - side + 1)
        for date in planes:
            pixels = numpy.stack([date[band][row:row + side, column:column + side] for band in self.bands]).astype(numpy.float32)
            images.append(torch.from_numpy(self.standardised(pixels)))
        half = window // 2
        centres = [(chance.randrange(half, side - half), chance.randrange(half, side - half))
                   for _ in range(self.recipe["patches"]["perImage"])]
        return images[0], images[1], torch.tensor(centres), torch.tensor([[place, row + r, column + c] for r, c in centres])

    def standardised(self, pixels):
        if self.recipe["data"]["standardise"] == "store":
            mean, deviation = self.mean, self.deviation
        else:
            mean, deviation = pixels.mean((1, 2)), pixels.std((1, 2))
        return ((pixels - mean[:, None, None]) / deviation[:, None, None]).astype(numpy.float32)


def shifted(image, dilations, centre):
    """Views of the padded image, one a neighbour."""
    height, width = image.shape[-2:]
    for dilation in dilations:
        wide = F.pad(image, [dilation] * 4, mode="replicate")
        for row in range(3):
            for column in range(3):
                if centre or (row, column) != (1, 1):
                    yield wide[:, :, row * dilation:row * dilation + height, column * dilation:column * dilation + width]


def tern(image, guide, settings):
    for dilations in settings["layers"]:
        sigma = torch.stack(list(shifted(guide, dilations, True)), 2).std(2)
        near = [(-(view - guide).abs() / (1e-8 + 0.1 * sigma)).mean(1, keepdim=True) for view in shifted(guide, dilations, False)]
        weights = torch.cat(near, 1).softmax(1)
        for _ in range(settings["iterations"]):
            image = sum(weights[:, index:index + 1] * view for index, view in enumerate(shifted(image, dilations, False)))
    return image


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class Matter(nn.Module):
    def __init__(self, recipe):
        super().__init__()
        bands, encoder = len(recipe["data"]["bands"]), recipe["encoder"]
        self.tern, self.window = recipe["tern"], recipe["patches"]["window"]
        self.pre_conv, self.pre_bn = nn.Conv2d(bands, encoder["preChannels"], 3, 1, 1, bias=False), nn.BatchNorm2d(encoder["preChannels"])
        self.conv1, self.bn1 = nn.Conv2d(encoder["preChannels"] + bands, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64)
        blocks, width = [], 64
        for stage, stride in enumerate(encoder["strides"]):
            for number in range({"resnet18": [2] * 4, "resnet34": [3, 4, 6, 3]}[encoder["backbone"]][stage]):
                blocks.append(Block(width, 64 << stage, stride if number == 0 else 1))
                width = 64 << stage
        self.trunk, self.project = nn.Sequential(*blocks), nn.Linear(width, encoder["features"])
        clusters = recipe["encoding"]["clusters"]
        bound = (clusters * encoder["features"]) ** -0.5
        self.clusters = nn.Parameter(torch.empty(clusters, encoder["features"]).uniform_(-bound, bound))
        self.scale = nn.Parameter(torch.empty(clusters).uniform_(-1, 0))

    def forward(self, images, centres):
        refined = tern(F.relu(self.pre_bn(self.pre_conv(images))), images, self.tern)
        half = self.window // 2
        both = F.pad(torch.cat([refined, images], 1), [half] * 4, mode="replicate")
        patches = torch.stack([both[image, :, r:r + self.window, c:c + self.window]
                               for image, rows in enumerate(centres.tolist()) for r, c in rows])
        z = self.project(self.trunk(F.relu(self.bn1(self.conv1(patches)))).mean((2, 3)))
        residual = z[:, None] - self.clusters
        theta = (self.scale * residual.square().sum(2)).softmax(1)
        return (theta[..., None] * residual).mean(1)


def loss_of(anchors, positives, grounds, recipe):
    settings = recipe["loss"]
    if settings["normalise"]:
        anchors, positives = F.normalize(anchors), F.normalize(positives)
    place, row, column = grounds.unbind(1)
    near = place[:, None] == place
    if settings["negatives"] == "places":
        window = recipe["patches"]["window"]
        near &= ((row[:, None] - row).abs() < window) & ((column[:, None] - column).abs() < window)
    near.fill_diagonal_(False)
    logits = (anchors @ positives.T / settings["temperature"]).masked_fill(near, -torch.inf)
    return F.cross_entropy(logits, torch.arange(len(anchors)))


def train(store, recipe, threads, warmup, steps, *settings):
    torch.set_num_threads(int(threads))
    torch.manual_seed(1)
    recipe, warmup, steps = tomllib.loads(pathlib.Path(recipe).read_text()), int(warmup), int(steps)
    for setting in settings:
        key, value = setting.split("=")
        recipe[key.split(".")[0]][key.split(".")[1]] = int(value)
    batch = recipe["data"]["batch"]
    loader = torch.utils.data.DataLoader(Crops(store, recipe, batch * (warmup + steps)), batch_size=batch, num_workers=2)
    model, settings = Matter(recipe), recipe["optimiser"]
    if settings["kind"] == "sgd":
        optimiser = torch.optim.SGD(model.parameters(), settings["learningRate"], settings["momentum"], weight_decay=settings["weightDecay"])
    else:
        optimiser = torch.optim.AdamW(model.parameters(), settings["learningRate"], weight_decay=settings["weightDecay"])
    last = time.perf_counter()
    for number, (first, second, centres, grounds) in enumerate(loader):
        features = model(torch.cat([first, second]), torch.cat([centres, centres]))
        anchors, positives = features.chunk(2)
        loss = loss_of(anchors, positives, grounds.flatten(0, 1), recipe)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        value, now = loss.item(), time.perf_counter()
        if number >= warmup:
            print(now - last)
        last = now
    print("loss", value)


{"make": make, "train": train}[sys.argv[1]](*sys.argv[2:])
