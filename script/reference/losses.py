"""Writes Tests/Fixtures/MatterModel/losses.safetensors: contrastive losses and their gradients by the anchors, made by PyTorch.

Made with torch==2.11.0 and safetensors. Five patches: two of region a, two of b, one of c; negatives are those of other regions.
The triplet losses are PyTorch's own, pair by pair.
"""
import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

torch.manual_seed(9)
regions = [0, 0, 1, 1, 2]
anchors, positives = torch.randn(5, 6), torch.randn(5, 6)
arrays = {"anchors": anchors, "positives": positives}


def negatives(row):
    return [column for column in range(5) if regions[column] != regions[row]]


def info_nce(a, p, temperature, hard=0):
    losses = []
    for row in range(5):
        others = torch.stack([a[row] @ p[column] for column in negatives(row)]) / temperature
        if hard:
            others = others.topk(hard).values
        own = (a[row] @ p[row] / temperature).reshape(1)
        losses.append(-torch.log_softmax(torch.cat([own, others]), 0)[0])
    return torch.stack(losses).mean()


def triplet(a, p, order, swap, hard=0):
    losses = []
    for row in range(5):
        pairs = torch.stack([
            F.triplet_margin_loss(a[row:row + 1], p[row:row + 1], p[column:column + 1], margin=0.5, p=order, eps=0.0, swap=swap)
            for column in negatives(row)])
        # The nearest negative costs most.
        losses += list(pairs.topk(hard).values if hard else pairs)
    return torch.stack(losses).mean()


CASES = {
    "infonce.printed": lambda a, p: info_nce(a, p, 1.0),
    "infonce.unit": lambda a, p: info_nce(F.normalize(a), F.normalize(p), 0.2),
    "infonce.hard": lambda a, p: info_nce(a, p, 1.0, hard=2),
    "triplet.l2": lambda a, p: triplet(a, p, 2, False),
    "triplet.l1.swap": lambda a, p: triplet(a, p, 1, True),
    "triplet.hard": lambda a, p: triplet(a, p, 2, False, hard=1),
}
for name, loss in CASES.items():
    leaf = anchors.clone().requires_grad_()
    value = loss(leaf, positives)
    value.backward()
    arrays |= {name: value.detach().reshape(1), f"{name}.gradient": leaf.grad}
folder = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Fixtures" / "MatterModel"
save_file({name: array.contiguous() for name, array in arrays.items()}, folder / "losses.safetensors", {"made by": "script/reference/losses.py"})
