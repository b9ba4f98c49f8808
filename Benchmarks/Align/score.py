"""How every peer of align is scored: its own answers as they are, and one robust smooth field through them, the same for all.

A method hands over places (row, column) and shifts (rows, columns), as many as it has. `raw…`: lengths of (answer - truth at its
place), over answers in clear ground. `rmse`, `p95`: lengths of (field - truth) at the compared places, whose window of 256² is
clear in both dates: what ours is scored on, too, with its own field. RMSE: root of the mean of squared lengths. numpy only."""
import json
import pathlib

import numpy

# Intervals of the field's cubic splines along a side: five a wave of the fastest warp that is simulated.
INTERVALS = 10
# Tukey's usual constant: 95 % of the efficiency of least squares where errors are normal.
TUKEY = 4.685
# Beyond so many pixels from the median of all answers nothing is believed.
FARTHEST = 8
# A compared place stands for the ground up to half the spacing around it.
NEAR = 100


class Pair:
    """The files of a simulated pair, as bench-align writes them."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        told = json.loads((self.folder / "points.json").read_text())
        self.size, self.clear = told["size"], numpy.array(told["clear"], dtype=float).reshape(-1, 4)
        truth = numpy.fromfile(self.folder / "truth.f32", "<f4")
        side = round((len(truth) / 2) ** 0.5)
        self.step, self.true = -(-self.size // side), truth.reshape(2, side, side)

    def image(self, name):
        return numpy.fromfile(self.folder / f"{name}.u16", "<u2").reshape(self.size, self.size)

    def truth(self, places):
        """The true shift at places: bilinear between the places of truth.f32."""
        at = numpy.clip(places / self.step, 0, self.true.shape[1] - 1.001)
        low = at.astype(int)
        (row, column), (down, right) = low.T, (at - low).T
        corners = [(row, column, (1 - down) * (1 - right)), (row, column + 1, (1 - down) * right),
                   (row + 1, column, down * (1 - right)), (row + 1, column + 1, down * right)]
        return sum(self.true[:, r, c] * weight for r, c, weight in corners).T

    def is_clear(self, places):
        """Whether the compared place that stands for the ground around each is there: windows of 256² are clear."""
        spacing = 2 * NEAR
        cells = {(round(row / spacing), round(column / spacing)) for row, column in self.clear[:, :2]}
        return numpy.array([(round(row / spacing), round(column / spacing)) in cells for row, column in places], dtype=bool)


def splines(at, size):
    """Values of the uniform cubic B-splines over 0…size at positions, a row each."""
    scaled = numpy.clip(at / size * INTERVALS, 0, INTERVALS - 1e-9)
    cell = scaled.astype(int)
    t = scaled - cell
    values = numpy.stack([(1 - t) ** 3, 3 * t ** 3 - 6 * t ** 2 + 4, -3 * t ** 3 + 3 * t ** 2 + 3 * t + 1, t ** 3], 1) / 6
    rows = numpy.zeros((len(at), INTERVALS + 3))
    rows[numpy.arange(len(at))[:, None], cell[:, None] + numpy.arange(4)] = values
    return rows


def basis(places, size):
    down, right = splines(places[:, 0], size), splines(places[:, 1], size)
    return (down[:, :, None] * right[:, None, :]).reshape(len(places), -1)


def roughness():
    """Squared second differences of the coefficients along both axes; planes cost nothing."""
    count = INTERVALS + 3
    second = numpy.diff(numpy.eye(count), 2, axis=0)
    bend, same = second.T @ second, numpy.eye(count)
    # Mixed: without it a twisted plane is free.
    first = numpy.diff(numpy.eye(count), axis=0)
    twist = numpy.kron(first.T @ first, first.T @ first)
    return numpy.kron(bend, same) + numpy.kron(same, bend) + 2 * twist


def robust_field(places, shifts, size):
    """A smooth field through answers of which some are wild: penalised cubic splines, Tukey's weights, the smoothness by
    generalised cross-validation. Returns a function of places, or nothing where there are too few answers."""
    good = numpy.isfinite(shifts).all(1)
    good[good] = numpy.hypot(*(shifts[good] - numpy.median(shifts[good], 0)).T) <= FARTHEST
    places, shifts = places[good], shifts[good]
    if len(places) < 10:
        return None
    design, penalty = basis(places, size), roughness()
    weights = numpy.ones(len(places))
    coefficients = None
    for _ in range(6):
        weighted = design * weights[:, None]
        normal, right = design.T @ weighted, weighted.T @ shifts
        best = numpy.inf
        for smoothness in 10.0 ** numpy.arange(-3, 7):
            # The little on the diagonal: coefficients that no answer touches.
            inverse = numpy.linalg.inv(normal + smoothness * penalty + 1e-9 * numpy.eye(len(normal)))
            trial = inverse @ right
            left = (weights[:, None] * (shifts - design @ trial) ** 2).sum()
            freedom = weights.sum() - (inverse * normal).sum()
            score = left / freedom ** 2 if freedom > 1 else numpy.inf
            if score < best:
                best, coefficients = score, trial
        lengths = numpy.hypot(*(shifts - design @ coefficients).T)
        scale = TUKEY * max(1.4826 * numpy.median(lengths), 1e-3)
        weights = numpy.clip(1 - (lengths / scale) ** 2, 0, None) ** 2
    return lambda at: basis(at, size) @ coefficients


def figures(lengths):
    if not len(lengths):
        return None, None, None
    return float((lengths ** 2).mean() ** 0.5), *(float(numpy.percentile(lengths, share)) for share in (50, 95))


def report(pair, places, shifts, seconds):
    """Prints one JSON object about a method's answers."""
    places, shifts = numpy.asarray(places, dtype=float).reshape(-1, 2), numpy.asarray(shifts, dtype=float).reshape(-1, 2)
    answered = numpy.isfinite(shifts).all(1)
    single = answered.copy()
    single[answered] = pair.is_clear(places[answered])
    signed = shifts[single] - pair.truth(places[single])
    raw = figures(numpy.hypot(*signed.T))
    field = robust_field(places[answered], shifts[answered], pair.size)
    fitted = figures(numpy.hypot(*(field(pair.clear[:, :2]) - pair.clear[:, 2:]).T) if field else [])
    mean = signed.mean(0) if len(signed) else (None, None)
    print(json.dumps({
        "seconds": seconds, "points": len(pair.clear), "answered": int(answered.sum()), "rawAnswers": int(single.sum()),
        "meanRows": mean[0] if mean[0] is None else float(mean[0]), "meanColumns": mean[1] if mean[1] is None else float(mean[1]),
        "rawRmse": raw[0], "rawP50": raw[1], "rawP95": raw[2], "rmse": fitted[0], "p95": fitted[2]}))
