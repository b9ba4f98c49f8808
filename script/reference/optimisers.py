"""Writes Tests/Fixtures/optimisers.safetensors: the parameter of a small problem after each of 6 steps of PyTorch's optimisers.

Made with torch==2.11.0 and safetensors. The gradient of the loss Σ (p - 1)² · w is simple enough to be rounded the same everywhere.
"""
import pathlib

import torch
from safetensors.torch import save_file

STEPS = 6
CASES = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=0.01),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=0.01, nesterov=True),
    "adam": lambda p: torch.optim.Adam(p, lr=0.02, weight_decay=0.01),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.02, weight_decay=0.1),
}


def trajectory(make):
    torch.manual_seed(3)
    parameter = torch.nn.Parameter(torch.randn(37))
    start, weight = parameter.detach().clone(), torch.linspace(-1, 2, 37)
    optimiser, seen = make([parameter]), []
    for _ in range(STEPS):
        optimiser.zero_grad()
        ((parameter - 1).square() * weight).sum().backward()
        optimiser.step()
        seen.append(parameter.detach().clone())
    return start, torch.stack(seen)


arrays = {}
for name, make in CASES.items():
    arrays["start"], arrays[name] = trajectory(make)
torch.manual_seed(11)
convolution, linear = torch.nn.Conv2d(3, 4, 3), torch.nn.Linear(5, 2)
arrays |= {"init.conv.weight": convolution.weight, "init.conv.bias": convolution.bias, "init.linear.weight": linear.weight, "init.linear.bias": linear.bias}
arrays["init.kaiming_normal"] = torch.nn.init.kaiming_normal_(torch.empty(4, 3, 3, 3), mode="fan_out", nonlinearity="relu")
norm, images = torch.nn.BatchNorm2d(2), torch.randn(3, 2, 4, 4)
arrays |= {"norm.input": images, "norm.train": norm(images), "norm.eval": norm.eval()(images), "norm.running_mean": norm.running_mean, "norm.running_var": norm.running_var}
arrays = {name: array.detach().contiguous().clone() for name, array in arrays.items()}
save_file(arrays, pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Fixtures" / "optimisers.safetensors", {"made by": "script/reference/optimisers.py"})
