#!/usr/bin/env python3
"""Makes Tests/Fixtures/MatterModel: what PyTorch and torchvision say about the networks of MatterModel.

Pinned: torch==2.11.0 torchvision==0.26.0 safetensors==0.8.0 numpy. Usage: matter_fixtures.py FOLDER

Weights and inputs are not stored: both sides draw them from SplitMix64, seeded with the FNV-1a hash of the tensor's name.
Everything is written the plain way (unfold, loops), so that it shares no idea with the Swift and C++ code it checks.
"""

import math
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
import torchvision
from safetensors.torch import save_file
from torch import nn

from drawn import drawn, fill, uniform


# The texture refinement network, by unfolding

def neighbours(image, dilations, size, centre):
    """(batch, channels, neighbours, height, width), edges replicated."""
    batch, channels, height, width = image.shape
    keep = [i for i in range(size * size) if centre or i != size * size // 2]
    parts = []
    for dilation in dilations:
        pad = dilation * (size // 2)
        wide = F.pad(image, [pad] * 4, mode="replicate")
        columns = F.unfold(wide, size, dilation=dilation)
        parts.append(columns.view(batch, channels, size * size, height, width)[:, :, keep])
    return torch.cat(parts, 2)


def tern_weights(guide, dilations, size, centre, kernel):
    near = neighbours(guide, dilations, size, centre)
    spread = neighbours(guide, dilations, size, True)
    if kernel == "pamr":
        sigma = spread.std(2, keepdim=True)
        return (-(near - guide.unsqueeze(2)).abs() / (1e-8 + 0.1 * sigma)).mean(1).softmax(1)
    sign = {"cosine-similar": 1, "cosine-printed": -1}[kernel]
    cosine = F.cosine_similarity(near, guide.unsqueeze(2), dim=1)
    return (sign * cosine / (spread.var(2).mean(1, keepdim=True) + 1e-4)).softmax(1)


def tern(image, guide, layers, size, centre, kernel, iterations):
    for dilations in layers:
        weights = tern_weights(guide, dilations, size, centre, kernel)
        for _ in range(iterations):
            image = (neighbours(image, dilations, size, centre) * weights.unsqueeze(1)).sum(2)
    return image


# The encoder of the method

class Encoding(nn.Module):
    """θ = softmax_k(s_k‖z - q_k‖²); the mean over clusters of θ_k (z - q_k)."""

    def __init__(self, channels, clusters):
        super().__init__()
        self.clusters = nn.Parameter(torch.empty(clusters, channels))
        self.scale = nn.Parameter(torch.empty(clusters))

    def forward(self, z):
        residual = z.unsqueeze(1) - self.clusters
        theta = (self.scale * residual.square().sum(2)).softmax(1)
        return (theta.unsqueeze(2) * residual).mean(1)


class Matter(nn.Module):
    def __init__(self, bands, features, clusters, kernel, layers, window):
        super().__init__()
        trunk = torchvision.models.resnet18()
        self.pre_conv = nn.Conv2d(bands, 64, 3, padding=1, bias=False)
        self.pre_bn = nn.BatchNorm2d(64)
        self.conv1 = nn.Conv2d(64 + bands, 64, 3, padding=1, bias=False)
        self.bn1 = trunk.bn1
        self.layer1, self.layer2 = trunk.layer1, trunk.layer2
        self.project = nn.Linear(128, features)
        self.encoding = Encoding(features, clusters)
        self.kernel, self.layers, self.window = kernel, layers, window

    def forward(self, image, positions):
        refined = F.relu(self.pre_bn(self.pre_conv(image)))
        refined = tern(refined, image, self.layers, 3, self.kernel != "pamr", self.kernel, 2)
        half = self.window // 2
        both = F.pad(torch.cat([refined, image], 1), [half] * 4, mode="replicate")
        patches = torch.stack(
            [both[b, :, r : r + self.window, c : c + self.window] for b, r, c in positions.tolist()])
        x = F.relu(self.bn1(self.conv1(patches)))
        x = self.layer2(self.layer1(x)).mean((2, 3))
        return self.encoding(self.project(x)), refined


def loss_of(anchors, positives, regions, temperature):
    """InfoNCE; candidates of an anchor are its positive and the patches of other regions."""
    anchors, positives = F.normalize(anchors, dim=1), F.normalize(positives, dim=1)
    total = 0
    for i in range(len(anchors)):
        candidates = [j for j in range(len(anchors)) if j == i or regions[j] != regions[i]]
        logits = torch.stack([anchors[i] @ positives[j] / temperature for j in candidates])
        total = total - logits.log_softmax(0)[candidates.index(i)]
    return total / len(anchors)


# The files

def tern_file(folder):
    tensors = {}
    for name, layers, size, height, width in [
        ("a", [[1, 2]], 3, 7, 5), ("b", [[1], [2], [4]], 3, 9, 13), ("c", [[2]], 5, 6, 8)]:
        guide = drawn(f"guide.{name}", (2, 4, height, width))
        for kernel in ["pamr", "cosine-similar", "cosine-printed"]:
            image = drawn(f"map.{name}", (2, 3, height, width)).requires_grad_()
            out = tern(image, guide, layers, size, kernel != "pamr", kernel, 2)
            (gradient,) = torch.autograd.grad(
                (out * drawn(f"upstream.{name}", tuple(out.shape))).sum(), image)
            tensors[f"{name}.{kernel}.out"] = out.detach().contiguous()
            tensors[f"{name}.{kernel}.gradient"] = gradient
    save_file(tensors, folder / "tern.safetensors")


def resnet_file(folder):
    tensors = {}
    for depth in (18, 34, 50, 101):
        for stem, bands in (("torchvision", 3), ("method", 9)):
            model = getattr(torchvision.models, f"resnet{depth}")()
            model.conv1 = (
                nn.Conv2d(bands, 64, 7, stride=2, padding=3, bias=False) if stem == "torchvision"
                else nn.Conv2d(bands, 64, 3, padding=1, bias=False))
            if stem == "method":
                model.maxpool = nn.Identity()
            model.fc = nn.Identity()
            fill(model).eval()
            x = drawn(f"input.{stem}", (2, bands, 32, 32))
            with torch.no_grad():
                x = model.maxpool(F.relu(model.bn1(model.conv1(x))))
                for number in range(1, 5):
                    x = getattr(model, f"layer{number}")(x)
                    # The standard deviation, so that the tolerance is one of relative error.
                    scale = x.std()
                    tensors[f"{depth}.{stem}.layer{number}"] = (x.mean((2, 3)) / scale).contiguous()
                    tensors[f"{depth}.{stem}.layer{number}.scale"] = scale.reshape(1)
    save_file(tensors, folder / "resnet.safetensors")


def aspp_file(folder):
    model = fill(torchvision.models.segmentation.deeplabv3.ASPP(24, [1, 2, 5], 8)).eval()
    with torch.no_grad():
        save_file({"output": model(drawn("input", (2, 24, 7, 5)))}, folder / "aspp.safetensors")


def matter_file(folder):
    tensors = {}
    regions = [0, 0, 1, 1, 2, 2]
    places = [(0, 0, 0), (0, 8, 11), (1, 5, 5), (1, 15, 15), (2, 3, 12), (2, 9, 0)]
    for kernel, layers in [("pamr", [[1, 2]]), ("cosine-similar", [[1], [2]]),
                           ("cosine-printed", [[1], [2]])]:
        model = fill(Matter(9, 32, 8, kernel, layers, 9)).train()
        images = [drawn(f"images.{date}", (3, 9, 16, 16)) for date in "ab"]
        both = places + [(b + 3, r, c) for b, r, c in places]
        features, refined = model(torch.cat(images), torch.tensor(both))
        loss = loss_of(features[:6], features[6:], regions, 0.5)
        loss.backward()
        tensors[f"{kernel}.features"] = features.detach()
        tensors[f"{kernel}.refined"] = refined.detach()[:1, :8].contiguous()
        tensors[f"{kernel}.loss"] = loss.detach().reshape(1)
        for name in ["pre_conv.weight", "bn1.weight", "encoding.clusters", "encoding.scale"]:
            tensors[f"{kernel}.gradient.{name}"] = dict(model.named_parameters())[name].grad
    save_file(tensors, folder / "matter.safetensors")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    torch.set_num_threads(1)
    for make in (tern_file, resnet_file, aspp_file, matter_file):
        make(target)
