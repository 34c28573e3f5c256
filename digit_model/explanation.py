"""Which ink speaks for a label and which against it: attribution by integrated gradients.

The logits' gradient is added up while the ink is faded in from an empty sheet to the picture, and
multiplied by the ink (Sundararajan, Taly and Yan, 2017). Paper gets no evidence, and the evidence
of all the ink adds up to what the ink changed in the logits. Neighbouring pixels of a stroke share
theirs, since a person asks about a piece of a stroke, not about a pixel.
"""

import cv2
import numpy as np
import torch

from digit_model.network import DigitCNN, to_inputs

STEPS = 24  # nodes of the quadrature; they settle the sum to some 2 % in 25 ms on one thread
REACH = 1.5  # pixels, standard deviation of the neighbourhood that shares its evidence
SIDE = 280  # pixels, side of the drawn picture
# Blue and vermilion of Okabe and Ito's palette (2008), told apart with any colour vision.
FOR, AGAINST = (0, 114, 178), (213, 94, 0)
INK, PAPER = (190, 190, 190), (255, 255, 255)
FAINT = 0.1  # ink; fainter pixels are too few to judge by
GAMMA = 0.7  # below 1: weaker evidence shows as well


def contrast(label: int, against: int | None = None, classes: int = 10) -> np.ndarray:
    """Which combination of the logits asks for ``label``: float32 (classes,), summing to 0.

    The label's logit minus the mean of the others', or minus that of ``against`` alone. Summing to
    0, it is blind to what is added to all logits alike, which changes no probability.
    """
    weights = np.full(classes, -1 / (classes - 1), np.float32)
    if against is not None:
        weights[:] = 0
        weights[against] = -1
    weights[label] = 1
    return weights


def attribute(network: DigitCNN, digit: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Integrated gradients of ``logits @ weights`` from an empty sheet to the digit.

    Args:
        network: in evaluation mode.
        digit: uint8 (28, 28), 255 = ink.
        weights: float32 (10,), see :func:`contrast`.

    Returns:
        float32 (28, 28), in units of the logits, zero on paper. Its sum is the difference of
        ``logits @ weights`` between the digit and an empty sheet, but for the quadrature's error.
    """
    nodes, shares = np.polynomial.legendre.leggauss(STEPS)
    ink = to_inputs(torch.from_numpy(digit[None]))
    faded = torch.tensor((nodes + 1) / 2, dtype=torch.float32).view(-1, 1, 1, 1) * ink
    with torch.enable_grad():
        faded.requires_grad_(True)
        values = network(faded) @ torch.from_numpy(weights)
        (gradients,) = torch.autograd.grad(
            values @ torch.tensor(shares / 2, dtype=torch.float32), faded
        )
    return (gradients.sum(dim=0) * ink[0])[0].numpy()


def share_evidence(evidence: np.ndarray, digit: np.ndarray) -> np.ndarray:
    """Spread each pixel's evidence over the ink around it, in proportion to that ink.

    Args:
        evidence: float32 (28, 28), zero on paper.
        digit: uint8 (28, 28), 255 = ink.

    Returns:
        float32 (28, 28) of the same sum, zero on paper. On 80 validation images, taking away the
        fifth of the ink that speaks loudest lowers the label's logit by 10.2 with it, by 8.4
        without, and by 2.6 or 7.0 when that ink is chosen at random, by pixels or in patches.
    """
    ink = digit.astype(np.float32) / 255
    density = np.where(ink > 0, np.maximum(_blur(ink), 1e-6), np.inf)
    return ink * _blur(evidence / density)


def _blur(image: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), REACH, borderType=cv2.BORDER_CONSTANT)


def draw_evidence(evidence: np.ndarray, digit: np.ndarray, side: int = SIDE) -> np.ndarray:
    """The evidence laid over the enlarged ink, for people to look at.

    Args:
        evidence: float (28, 28) in [-1, 1], as ``DigitRecognizer.explain`` gives it.
        digit: uint8 (28, 28), 255 = ink: the same prediction's ``model_input``.
        side: of the picture, pixels.

    Returns:
        uint8 RGB (side, side, 3) on white paper: blue ink speaks for the label, orange ink
        against it, the deeper the stronger, and grey ink for neither.
    """
    ink = _enlarge(digit / 255.0, side)[..., None]
    # Per unit of ink, or the grey rim of a stroke would look undecided.
    loudest = float((np.abs(evidence) / np.maximum(digit / 255.0, FAINT)).max()) or 1.0
    per_ink = _enlarge(evidence, side)[..., None] / np.maximum(ink, FAINT) / loudest
    strength = np.minimum(np.abs(per_ink), 1.0)
    colour = np.where(per_ink > 0, FOR, AGAINST)
    pen = INK + strength**GAMMA * (colour - np.array(INK))
    return np.rint(PAPER + ink * (pen - np.array(PAPER))).astype(np.uint8)


def _enlarge(image: np.ndarray, side: int) -> np.ndarray:
    """float (28, 28) in [-1, 1] → (side, side) in the same range, smoothly."""
    large = cv2.resize(image.astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
    return np.clip(large, min(float(np.sign(image.min())), 0.0), 1.0)
