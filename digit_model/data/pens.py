"""How wide the pens are that data sets are drawn with, as fractions of the digit's height."""

import numpy as np

Range = tuple[float, float]

DIGIT_PEN: Range = (0.015, 0.25)  # of strokes drawn for training, log-uniform
BLOCK_PEN: Range = (0.25, 0.42)  # of some 1s, which are but a block
NONDIGIT_PEN: Range = (0.02, 0.16)  # of letters, shapes and scribbles, log-uniform
# In photographs.
BALLPOINT: Range = (0.04, 0.11)
PENCIL: Range = (0.03, 0.05)
MARKER: Range = (0.14, 0.22)


def log_uniform(bounds: Range, rng: np.random.Generator) -> float:
    """Every factor between the bounds is as likely as any other."""
    low, high = np.log(bounds)
    return float(np.exp(rng.uniform(low, high)))
