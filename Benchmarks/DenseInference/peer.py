"""The same encoder in PyTorch on windows of the same image: `peer.py FOLDER RECIPE WAY WINDOWS THREADS`.

WAY: `snapshot` refines the whole image anew for every batch of 32 windows, as the authors' development code does; `single` refines it once and
encodes one window at a time; `batches` refines it once and encodes batches of 1024 windows. Prints the seconds that a whole image
takes at that rate, measured on WINDOWS windows along the diagonal, then the largest difference to our features of these windows, relative to their spread."""
import pathlib
import sys
import time
import tomllib

import safetensors.numpy
import torch
import torch.nn.functional as F
from torch import nn

BLOCKS = {"resnet18": [2, 2, 2, 2], "resnet34": [3, 4, 6, 3]}


class Block(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        self.downsample = None
        if stride != 1 or inputs != width:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class Encoding(nn.Module):
    def __init__(self, channels, clusters):
        super().__init__()
        self.clusters, self.scale = nn.Parameter(torch.empty(clusters, channels)), nn.Parameter(torch.empty(clusters))

    def forward(self, z):
        residual = z.unsqueeze(1) - self.clusters
        return ((self.scale * residual.square().sum(2)).softmax(1).unsqueeze(2) * residual).mean(1)


class Matter(nn.Module):
    def __init__(self, recipe):
        super().__init__()
        bands, encoder = len(recipe["data"]["bands"]), recipe["encoder"]
        channels, width, inputs = encoder["preChannels"], 64, 64
        self.pre_conv, self.pre_bn = nn.Conv2d(bands, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)
        self.conv1, self.bn1 = nn.Conv2d(channels + bands, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64)
        self.stages = len(encoder["strides"])
        for number, (stride, blocks) in enumerate(zip(encoder["strides"], BLOCKS[encoder["backbone"]])):
            width = 64 << number
            layers = [Block(inputs if n == 0 else width, width, stride if n == 0 else 1) for n in range(blocks)]
            setattr(self, f"layer{number + 1}", nn.Sequential(*layers))
            inputs = width
        self.project = nn.Linear(inputs, encoder["features"])
        self.encoding = Encoding(encoder["features"], recipe["encoding"]["clusters"])
        self.tern = recipe["tern"]

    def refined(self, image):
        guide, image = image, F.relu(self.pre_bn(self.pre_conv(image)))
        for dilations in self.tern["layers"]:
            near = [(r * d, c * d) for d in dilations for r in (-1, 0, 1) for c in (-1, 0, 1) if (r, c) != (0, 0)]
            weights = self.weights(guide, near, dilations)
            for _ in range(self.tern["iterations"]):
                wide, total = F.pad(image, [max(dilations)] * 4, mode="replicate"), torch.zeros_like(image)
                for n, view in enumerate(self.views(wide, image, near, max(dilations))):
                    total = total + weights[:, n:n + 1] * view
                image = total
        return torch.cat([image, guide], 1)

    @staticmethod
    def views(wide, image, near, pad):
        height, width = image.shape[-2:]
        return (wide[..., pad + r:pad + r + height, pad + c:pad + c + width] for r, c in near)

    def weights(self, guide, near, dilations):
        pad = max(dilations)
        wide, count = F.pad(guide, [pad] * 4, mode="replicate"), 9 * len(dilations)
        # The centres are among the values under the deviation and differ by zero.
        total = sum(view - guide for view in self.views(wide, guide, near, pad))
        squares = sum((view - guide).square() for view in self.views(wide, guide, near, pad))
        sigma = ((squares - total.square() / count) / (count - 1)).sqrt()
        logits = [(-(view - guide).abs() / (1e-8 + 0.1 * sigma)).mean(1) for view in self.views(wide, guide, near, pad)]
        return torch.stack(logits, 1).softmax(1)

    def forward(self, patches):
        x = F.relu(self.bn1(self.conv1(patches)))
        for number in range(self.stages):
            x = getattr(self, f"layer{number + 1}")(x)
        return self.encoding(self.project(x.mean((2, 3))))


def load_file(path):
    # By way of NumPy: the reader of tensors wants one package more.
    return {name: torch.from_numpy(array) for name, array in safetensors.numpy.load_file(path).items()}


def main():
    folder, recipe, way, windows, threads = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
    torch.set_num_threads(threads)
    recipe = tomllib.loads(pathlib.Path(recipe).read_text())
    state = load_file(folder / "encoder.safetensors")
    image = state.pop("image")
    image = (image - image.mean((2, 3), keepdim=True)) / image.std((2, 3), correction=0, keepdim=True).clamp(min=1)
    model = Matter(recipe).eval()
    model.load_state_dict(state)
    side, window = image.shape[-1], recipe["patches"]["window"]
    batch = {"snapshot": 32, "single": 1, "batches": 1024}[way]
    windows = min(windows, side)
    with torch.no_grad():
        start = time.perf_counter()
        refined = model.refined(image)
        refinement = time.perf_counter() - start
        both = F.pad(refined, [window // 2] * 4, mode="replicate")
        start, parts = time.perf_counter(), []
        for first in range(0, windows, batch):
            crops = [both[0, :, i:i + window, i:i + window] for i in range(first, min(first + batch, windows))]
            parts.append(model(torch.stack(crops)))
        encoding = (time.perf_counter() - start) * side * side / windows
    refinements = side * side / 32 if way == "snapshot" else 1
    print(refinements * refinement + encoding)
    ours, theirs = load_file(folder / "features.safetensors")["features"][:windows], torch.cat(parts)
    print(float((ours - theirs).abs().max() / theirs.std()))


main()
