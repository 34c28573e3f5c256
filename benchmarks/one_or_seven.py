"""From which rise on a flag makes a 1 and no 7: the recorded writers' rule, and the weights'.

    python benchmarks/one_or_seven.py
    python benchmarks/one_or_seven.py --model ./runs/refined

The rule is fitted on the training writers' 1s and 7s. The longest stroke of each is taken as a flag
from the pen's first point to the corner and a stem from there to its last; whether there are other
strokes, a bar mostly, is a feature beside. Then figures that differ in one thing are read.
"""

from __future__ import annotations

import argparse

import benchmark  # noqa: F401  (the project's modules)
import numpy as np

from digit_model import DigitRecognizer
from digit_model.data.one_or_seven import Figure, draw_figure
from digit_model.data.rendering import render
from digit_model.data.strokes import Drawing, pen_digits
from digit_model.data.synthetic import trace

POINTS = 60  # along a stroke
STRAIGHT = 0.07  # of the digit: mean distance of the points from flag and stem, else it has no flag
LEAST_FLAG, MOST_RISE = 0.15, 85.0  # stems; degrees: less and more is the pen's landing, or none
MOST_LEAN = 45.0  # degrees: of a stem
RIDGE = 1e-3  # of the regression
NEWTON_STEPS = 50  # of a logistic regression
RISES, LENGTHS, LEANS = range(-20, 71, 10), (0.3, 0.5, 0.7, 1.0), (0, 12, 30)
EACH = 12  # drawings of a figure


def logistic_regression(
    features: np.ndarray, targets: np.ndarray, weights: np.ndarray, *, ridge: float
) -> np.ndarray:
    """Weights, float (k,), with which features, (n, k), tell targets, 0 or 1, by Newton's method.

    Args:
        features: a constant among them, if there is to be one.
        targets: (n,), of both kinds.
        weights: to begin with.
        ridge: of the penalty on the squared weights.
    """
    for _ in range(NEWTON_STEPS):
        shares = 1 / (1 + np.exp(-features @ weights))
        gradient = features.T @ (targets - shares) - ridge * weights
        curvature = (features * (shares * (1 - shares))[:, None]).T @ features
        weights = weights + np.linalg.solve(curvature + ridge * np.eye(len(weights)), gradient)
    return weights


def measure(drawing: Drawing) -> tuple[float, float, float] | None:
    """Rise of the flag in degrees, its length in stems, and the stem's lean in degrees.

    None if there is no flag.
    """
    stroke = max(drawing, key=lambda stroke: np.abs(np.diff(stroke, axis=0)).sum())
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(stroke, axis=0).T))])
    where = np.linspace(0, along[-1], POINTS)
    path = np.stack([np.interp(where, along, stroke[:, axis]) for axis in (0, 1)], axis=1)
    deviations = [
        np.sqrt(
            (_squared_distances(path[: corner + 1]) + _squared_distances(path[corner:])) / POINTS
        )
        for corner in range(1, POINTS - 1)
    ]
    corner = 1 + int(np.argmin(deviations))
    flag, stem = path[corner] - path[0], path[-1] - path[corner]
    length = float(np.hypot(*flag) / max(np.hypot(*stem), 1e-6))
    rise, lean = (float(np.degrees(np.arctan2(-y, x))) for x, y in (flag, stem[::-1]))
    if (
        min(deviations) > STRAIGHT
        or length < LEAST_FLAG
        or abs(rise) > MOST_RISE
        or abs(lean) > MOST_LEAN
    ):
        return None
    return rise, length, lean


def _squared_distances(points: np.ndarray) -> float:
    """Of the points from the line through the first and the last, in all."""
    x, y = points[-1] - points[0]
    across = (points - points[0]) @ (-y, x)
    return float(np.square(across).sum() / max(x * x + y * y, 1e-9))


def print_rule() -> None:
    labels, rows = [], []
    for digit in pen_digits("training"):
        if digit.label in (1, 7) and (measured := measure(digit.drawing)) is not None:
            labels.append(digit.label)
            rows.append([*measured, len(digit.drawing) > 1, 1])
    sevens, features = np.array(labels) == 7, np.array(rows, float)
    print(f"{len(rows)} digits with a flag, {sevens.mean():.0%} of them 7s")
    names = np.array(["rise", "length", "lean", "bar", "constant"])
    for columns in ([0, 1, 3], [0, 1, 2, 3]):
        chosen = features[:, [*columns, 4]]
        start = np.zeros(chosen.shape[1])
        weights = logistic_regression(chosen, sevens.astype(float), start, ridge=RIDGE)
        right = (chosen @ weights > 0) == sevens
        terms = zip(names[[*columns, 4]], weights, strict=True)
        told = ", ".join(f"{name} {weight:.3f}" for name, weight in terms)
        print(f"logit of a 7: {told}; right {right.mean():.1%}")


def print_answers(recognizer: DigitRecognizer) -> None:
    print("Probability of a 7, by the weights / by the rule:")
    for lean in LEANS:
        print(f"lean {lean}°, length: " + "".join(f"{length:>14}" for length in LENGTHS))
        for rise in RISES:
            cells = []
            for length in LENGTHS:
                figure = Figure(rise, length, lean)
                rng = np.random.default_rng(0)
                pictures = [
                    255 - render(trace(draw_figure(figure, rng), rng), pen_width=pen)
                    for pen in rng.uniform(0.06, 0.12, EACH)
                ]
                sevens = [p.probabilities["7"] for p in recognizer.predict_batch(pictures)]
                cells.append(f"{np.mean(sevens):>7.2f} / {figure.seven:.2f}")
            print(f"  rises by {rise:>3}°:    " + "".join(cells))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="a folder or user/repo (default: the shipped weights)")
    args = parser.parse_args()
    print_rule()
    print_answers(DigitRecognizer.from_pretrained(*[args.model] if args.model else []))


if __name__ == "__main__":
    main()
