"""TeRN in PyTorch: `peer.py authors|paper loop|unfold forward|both SIDE ROUNDS`; prints seconds a round, then the peak in MB beyond the inputs
and gradients (resident memory above what was held when they had been made)."""
import resource
import sys
import time

import torch
import torch.nn.functional as F


def offsets(dilations, centre):
    steps = [(r, c) for r in (-1, 0, 1) for c in (-1, 0, 1) if centre or (r, c) != (0, 0)]
    return [(r * d, c * d) for d in dilations for r, c in steps]


def views(image, near, pad):
    wide = F.pad(image, [pad] * 4, mode="replicate")
    height, width = image.shape[-2:]
    return [wide[..., pad + r:pad + r + height, pad + c:pad + c + width] for r, c in near]


def unfolded(image, dilations, centre):
    """(batch, channels, neighbours, height, width)."""
    batch, channels, height, width = image.shape
    keep = [i for i in range(9) if centre or i != 4]
    parts = [F.unfold(F.pad(image, [d] * 4, mode="replicate"), 3, dilation=d)
             .view(batch, channels, 9, height, width)[:, :, keep] for d in dilations]
    return torch.cat(parts, 2)


def pamr(guide, dilations):
    near = torch.stack(views(guide, offsets(dilations, False), max(dilations)), 2)
    spread = torch.stack(views(guide, offsets(dilations, True), max(dilations)), 2).std(2, keepdim=True)
    return (-(near - guide.unsqueeze(2)).abs() / (1e-8 + 0.1 * spread)).mean(1).softmax(1)


def cosine(guide, dilations):
    near = torch.stack(views(guide, offsets(dilations, True), max(dilations)), 2)
    likeness = F.cosine_similarity(near, guide.unsqueeze(2), dim=1)
    return (likeness / (near.var(2).mean(1, keepdim=True) + 1e-4)).softmax(1)


def step(kind, form, image, guide):
    layers = [([1, 1, 2, 4, 6, 8], 10, False)] if kind == "authors" else [([d], 1, True) for d in (1, 2, 4, 8)]
    for dilations, iterations, centre in layers:
        weights = (pamr if kind == "authors" else cosine)(guide, dilations)
        for _ in range(iterations):
            if form == "unfold":
                image = (unfolded(image, dilations, centre) * weights.unsqueeze(1)).sum(2)
            else:
                near = views(image, offsets(dilations, centre), max(dilations))
                total = torch.zeros_like(image)
                for n, view in enumerate(near):
                    total = total + weights[:, n:n + 1] * view
                image = total
    return image


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main():
    kind, form, passes, side, rounds = sys.argv[1:4] + [int(word) for word in sys.argv[4:6]]
    torch.set_num_threads(1)
    torch.manual_seed(1)
    guide = torch.rand(1, 13, side, side)
    image = torch.rand(1, 64, side, side).requires_grad_(passes == "both")
    upstream = torch.rand(1, 64, side, side)
    if passes == "both":
        image.grad = torch.zeros_like(image)
    # A small pass first: libraries are loaded and set up before memory is looked at.
    small = torch.rand(1, 64, 8, 8).requires_grad_(passes == "both")
    refined = step(kind, form, small, torch.rand(1, 13, 8, 8))
    if passes == "both":
        refined.sum().backward()
    before = resident()
    for _ in range(rounds):
        image.grad = None
        start = time.perf_counter()
        with torch.set_grad_enabled(passes == "both"):
            result = step(kind, form, image, guide)
        if passes == "both":
            result.backward(upstream)
        print(time.perf_counter() - start)
        del result
    print("peak", peak() - before)


main()
