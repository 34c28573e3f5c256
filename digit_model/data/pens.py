"""Pen widths of generated data, as fractions of the digit's height."""

import numpy as np

Range = tuple[float, float]

DIGIT_PEN: Range = (0.015, 0.25)  # digits drawn for training, log-uniform
BLOCK_PEN: Range = (0.25, 0.42)  # some 1s, so wide that they look like a block
NONDIGIT_PEN: Range = (0.02, 0.16)  # letters, shapes and scribbles, log-uniform
# Pens of the synthetic photographs.
FINE: Range = (0.012, 0.03)
BALLPOINT: Range = (0.04, 0.11)
PENCIL: Range = (0.03, 0.05)
MARKER: Range = (0.14, 0.22)
WIDE: Range = (0.2, 0.36)


def log_uniform(bounds: Range, rng: np.random.Generator) -> float:
    """A sample from the log-uniform distribution between the bounds."""
    low, high = np.log(bounds)
    return float(np.exp(rng.uniform(low, high)))
