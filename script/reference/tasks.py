#!/usr/bin/env python3
"""Writes Tests/Fixtures/tasks.json: what PyTorch, torchvision and scikit-learn say of the tasks of Bench.

Made with torch 2.11.0, torchvision 0.26.0, numpy 2.4.6 and scikit-learn 1.9.1.
    python script/reference/tasks.py > Tests/Fixtures/tasks.json

Weights and inputs are not stored: both sides draw them from SplitMix64, seeded with the FNV-1a hash of the tensor's name.
"""

import json
import math
import sys

import numpy as np
import torch
import torch.nn.functional as F
import torchvision
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from torch import nn
from torchvision.models.segmentation.deeplabv3 import DeepLabHead

from drawn import drawn, fill, uniform


# The networks, in plain PyTorch

def stages(network, image):
    stem = F.relu(network.bn1(network.conv1(image)))
    maps = [stem]
    map = network.maxpool(stem)
    for layer in (network.layer1, network.layer2, network.layer3, network.layer4):
        map = layer(map)
        maps.append(map)
    return maps


class Step(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))


class UNet(nn.Module):
    def __init__(self, outputs):
        super().__init__()
        sizes = [(512, 256), (256, 128), (128, 64), (64, 64)]
        self.steps = nn.ModuleList([Step(a + b, b) for a, b in sizes])
        self.classifier = nn.Conv2d(64, outputs, 1)

    def forward(self, maps, size):
        x = maps[-1]
        for step, finer in zip(self.steps, reversed(maps[:-1])):
            x = F.interpolate(x, finer.shape[2:], mode="bilinear", align_corners=False)
            x = step(torch.cat([x, finer], 1))
        return F.interpolate(self.classifier(x), size, mode="bilinear", align_corners=False)


class Linear(nn.ModuleList):
    def __init__(self, outputs):
        super().__init__(
            [nn.Conv2d(c, outputs, 1, bias=i == 0) for i, c in enumerate((64, 64, 128, 256, 512))])

    def forward(self, maps, size):
        large = [F.interpolate(m, size, mode="bilinear", align_corners=False) for m in maps]
        # One 1x1 convolution of all maps stacked.
        weight = torch.cat([part.weight for part in self], 1)
        scores = [F.conv2d(m, part.weight) for part, m in zip(self, maps)]
        whole = F.conv2d(torch.cat(large, 1), weight, self[0].bias)
        parts = sum(F.interpolate(s, size, mode="bilinear", align_corners=False) for s in scores)
        assert torch.allclose(whole, parts + self[0].bias.view(1, -1, 1, 1), atol=1e-3)
        return whole


class DeepLab(DeepLabHead):
    def __init__(self, outputs):
        super().__init__(512, outputs, (2, 4, 6))
        self[0].project[3].p = 0.0

    def forward(self, maps, size):
        return F.interpolate(super().forward(maps[-1]), size, mode="bilinear", align_corners=False)


class Network(nn.Module):
    def __init__(self, head, classes=None):
        super().__init__()
        self.encoder = torchvision.models.resnet18()
        del self.encoder.fc
        self.head = head if classes is None else nn.Linear(512, classes)

    def forward(self, images):
        maps = [stages(self.encoder, image) for image in images]
        if isinstance(self.head, nn.Linear):
            return self.head(maps[0][-1].mean((2, 3)))
        both = maps[0] if len(maps) == 1 else [(a - b).abs() for a, b in zip(*maps)]
        return self.head(both, images[0].shape[2:])


def images(case, count, side=32):
    return [drawn(f"{case}.image{i}", (4, 3, side, side)) for i in range(count)]


def codes(case, classes, side=32):
    numbers = (drawn(f"{case}.codes", (4, side, side)) + 1) / 2
    labels = (numbers * classes).long().clamp(max=classes - 1)
    labels[:, :3, :5] = 255
    return labels


def groups(network, rate, factor, decay):
    """The head's rate, and for each stage of the encoder its own."""
    def stage(name):
        return int(name[5]) if name.startswith("layer") else 0
    found = [{"params": list(network.head.parameters()), "lr": rate}]
    for number in range(5):
        parameters = [p for n, p in network.encoder.named_parameters() if stage(n) == number]
        found.append({"params": parameters, "lr": rate * factor * decay ** (4 - number)})
    return found


def picture(scores):
    values = scores.detach().flatten()
    return values[:: max(1, len(values) // 100)].tolist()


def train(network, optimiser, loss, steps=5, clip=None, frozen=None):
    losses = []
    for _ in range(steps):
        network.train()
        if frozen == "eval":
            network.encoder.eval()
        optimiser.zero_grad()
        value = loss(network)
        value.backward()
        if clip:
            learning = [p for g in optimiser.param_groups for p in g["params"]]
            nn.utils.clip_grad_norm_(learning, clip)
        optimiser.step()
        losses.append(value.item())
    return losses


def change_loss(inputs, labels, positive):
    def loss(network):
        scores = network(inputs).squeeze(1)
        valid = labels != 255
        weight = torch.tensor([positive])
        return F.binary_cross_entropy_with_logits(
            scores[valid], labels[valid].float(), pos_weight=weight)
    return loss


def case_unet():
    network, inputs, labels = fill(Network(UNet(1))), images("unet", 2), codes("unet", 2)
    scores = picture(network.eval()(inputs))
    optimiser = torch.optim.SGD(groups(network, 1e-2, 0.1, 0.8), momentum=0.9, weight_decay=1e-4)
    losses = train(network, optimiser, change_loss(inputs, labels, 3.0))
    return {"scores": scores, "losses": losses, "after": picture(network.eval()(inputs))}


def case_deeplab(norm):
    network, inputs, labels = fill(Network(DeepLab(1))), images("deeplab", 2, 64), codes("deeplab", 2, 64)
    network.encoder.requires_grad_(False)
    scores = picture(network.eval()(inputs))
    optimiser = torch.optim.SGD(network.head.parameters(), 0.01, momentum=0.9, weight_decay=1e-4)
    losses = train(network, optimiser, change_loss(inputs, labels, 1.0), frozen=norm)
    return {"scores": scores, "losses": losses, "after": picture(network.eval()(inputs))}


def case_linear():
    # At a rate of 1e-4 float32 and float64 part by 2e-2 within five steps: the rate is one at which PyTorch agrees with itself.
    network, inputs, labels = fill(Network(Linear(3))), images("linear", 1), codes("linear", 3)
    scores = picture(network.eval()(inputs))
    optimiser = torch.optim.AdamW(network.parameters(), 1e-6, weight_decay=1e-2)
    weights = torch.tensor([0.5, 1.0, 2.0])
    losses = train(
        network, optimiser,
        lambda n: F.cross_entropy(n(inputs), labels, weight=weights, ignore_index=255), clip=1.0)
    return {"scores": scores, "losses": losses, "after": picture(network.eval()(inputs))}


def case_multilabel():
    network, inputs = fill(Network(None, classes=5)), images("multilabel", 1)
    labels = (drawn("multilabel.labels", (4, 5)) > 0).float()
    scores = picture(network.eval()(inputs))
    optimiser = torch.optim.Adam(groups(network, 1e-3, 1.0, 1.0), weight_decay=1e-4)
    losses = train(network, optimiser, lambda n: nn.MultiLabelSoftMarginLoss()(n(inputs), labels))
    return {"scores": scores, "losses": losses, "after": picture(network.eval()(inputs))}


# Probes

def case_probes():
    features = drawn("probe.features", (60, 8)).numpy().astype(np.float64)
    queries = drawn("probe.queries", (10, 8)).numpy().astype(np.float64)
    rows = (drawn("probe.rows", (60, 4)) > 0.3).numpy()
    classes = np.clip(((uniform("probe.classes", 60) + 1) / 2 * 3).astype(int), 0, 2)
    tight = {"tol": 1e-12, "max_iter": 100000}
    found = {}
    for c in (0.1, 1.0, 10.0):
        single = LogisticRegression(C=c, **tight).fit(features, classes)
        found[f"logistic-{c}"] = single.predict_proba(queries).tolist()
        several = [LogisticRegression(C=c, **tight).fit(features, row) for row in rows.T]
        found[f"logistic-multilabel-{c}"] = np.stack(
            [one.predict_proba(queries)[:, 1] for one in several], 1).tolist()
    near = KNeighborsClassifier(n_neighbors=5, metric="cosine").fit(features, classes)
    found["knn"] = near.predict_proba(queries).tolist()
    near = KNeighborsClassifier(n_neighbors=7, metric="cosine").fit(features, rows)
    found["knn-multilabel"] = np.stack([p[:, 1] for p in near.predict_proba(queries)], 1).tolist()
    return found


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    json.dump({
        "unet": case_unet(), "deeplab-eval": case_deeplab("eval"),
        "deeplab-train": case_deeplab("train"), "linear": case_linear(),
        "multilabel": case_multilabel(), "probes": case_probes(),
    }, sys.stdout)
    print()


if __name__ == "__main__":
    main()
