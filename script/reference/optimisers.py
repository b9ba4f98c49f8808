"""Writes Tests/Fixtures/optimisers.safetensors: the parameter of a small problem after each of 6 steps of PyTorch's optimisers; rates of PyTorch's
schedulers, the average of swa_utils, clipped gradients, initialisers.

Made with torch==2.11.0 and safetensors. The gradient of the loss Σ (p - 1)² · w is simple enough to be rounded the same everywhere.
LARS, which PyTorch does not have, is written below from Algorithm 1 of You, Gitman and Ginsburg (2017).
"""
import pathlib

import torch
from safetensors.torch import save_file

STEPS = 6


class LARS(torch.optim.Optimizer):
    """Algorithm 1 of the paper: λ = η‖w‖ / (‖g‖ + β‖w‖), v ← μ v + γ λ (g + β w), w ← w − v."""

    def __init__(self, parameters, lr, momentum, trust, weight_decay):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "trust": trust, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                v = self.state[p].setdefault("v", torch.zeros_like(p))
                local = group["trust"] * p.norm() / (p.grad.norm() + group["weight_decay"] * p.norm())
                v.mul_(group["momentum"]).add_(group["lr"] * local * (p.grad + group["weight_decay"] * p))
                p.sub_(v)


CASES = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=0.01),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=0.01, nesterov=True),
    "dampened": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, dampening=0.3, weight_decay=0.01),
    "lars": lambda p: LARS(p, lr=2.0, momentum=0.9, trust=0.02, weight_decay=0.1),
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


def two_groups(make, first, second):
    """Two parameters in groups of their own settings: the trajectories of both."""
    a, b = (torch.nn.Parameter(arrays["start"].clone()) for _ in range(2))
    optimiser, seen = make([{"params": [a], **first}, {"params": [b], **second}]), []
    for _ in range(STEPS):
        optimiser.zero_grad()
        sum(((p - 1).square() * torch.linspace(-1, 2, 37)).sum() for p in (a, b)).backward()
        optimiser.step()
        seen.append(torch.stack([a.detach().clone(), b.detach().clone()]))
    return torch.stack(seen)


def rates(make, steps=20):
    """The learning rate of each step under schedulers."""
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.3)
    schedule, seen = make(optimiser), []
    for _ in range(steps):
        seen.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    return torch.tensor(seen, dtype=torch.float64)


def warmed(optimiser, after, steps=4):
    warm_up = torch.optim.lr_scheduler.LinearLR(optimiser, start_factor=1 / steps, total_iters=steps - 1)
    return torch.optim.lr_scheduler.SequentialLR(optimiser, [warm_up, after], milestones=[steps])


arrays["groups.sgd"] = two_groups(
    lambda g: torch.optim.SGD(g, lr=0.05, momentum=0.9), {"weight_decay": 0.1}, {"weight_decay": 0.0, "lr": 0.005})
arrays["groups.adamw"] = two_groups(
    lambda g: torch.optim.AdamW(g, lr=0.02), {"weight_decay": 0.1}, {"weight_decay": 0.0, "lr": 0.01})
arrays["rate.cosine"] = rates(lambda o: warmed(o, torch.optim.lr_scheduler.CosineAnnealingLR(o, 16, eta_min=0.01)))
arrays["rate.steps"] = rates(lambda o: torch.optim.lr_scheduler.MultiStepLR(o, [5, 5, 12], gamma=0.5))
arrays["rate.constant"] = rates(lambda o: warmed(o, torch.optim.lr_scheduler.ConstantLR(o, factor=1)))

# The average of a layer's weights over three states of it; the first is copied.
torch.manual_seed(5)
module = torch.nn.Linear(3, 4)
average = torch.optim.swa_utils.AveragedModel(module, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.9))
for step in range(3):
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn_like(parameter))
    average.update_parameters(module)
    arrays |= {f"average.{step}.{name}": value.clone() for name, value in module.state_dict().items()}
arrays |= {f"average.mean.{name}": value for name, value in average.module.state_dict().items()}

for name, limit in {"clip.far": 1.5, "clip.near": 1e3}.items():
    parameters = [torch.nn.Parameter(torch.zeros(3, 5)), torch.nn.Parameter(torch.zeros(7))]
    for parameter in parameters:
        parameter.grad = torch.linspace(-2, 3, parameter.numel()).reshape(parameter.shape)
    arrays[f"{name}.norm"] = torch.nn.utils.clip_grad_norm_(parameters, limit).reshape(1)
    arrays |= {f"{name}.{index}": parameter.grad for index, parameter in enumerate(parameters)}

arrays = {name: array.detach().contiguous().clone() for name, array in arrays.items()}
save_file(arrays, pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Fixtures" / "optimisers.safetensors", {"made by": "script/reference/optimisers.py"})
