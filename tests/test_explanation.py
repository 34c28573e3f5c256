"""The evidence is about this network and this ink: sanity checks, not a look at pretty maps."""

import copy
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from digit_model import DigitRecognizer, ImageError
from digit_model.data.number_pictures import draw_number
from digit_model.evaluation.sets import load_drawings
from digit_model.explanation import (
    AGAINST,
    FOR,
    INK,
    draw_attribution,
    integrated_gradients,
    logit_weights,
    smooth_attribution,
)
from digit_model.fusion import fuse
from digit_model.network import DigitCNN
from digit_model.weights import load_weights

WEIGHTS = Path(__file__).parents[1] / "weights"

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def network() -> DigitCNN:
    return load_weights(WEIGHTS).networks.digit


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    images, labels = load_drawings()
    return images[::3], labels[::3]


def spearman(one: np.ndarray, other: np.ndarray) -> float:
    ranks = np.stack([np.argsort(np.argsort(values)) for values in (one, other)])
    return float(np.corrcoef(ranks.astype(float))[0][1])


class Linear(torch.nn.Module):
    """Logits whose evidence is known: each pixel's ink times its weight."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = torch.randn(784, 10, generator=torch.Generator().manual_seed(0))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return inputs.flatten(1) @ self.weights


def test_a_linear_network_is_explained_by_its_weights(digits: tuple[np.ndarray, ...]) -> None:
    linear = Linear()
    weights = logit_weights(3, 5)
    found = integrated_gradients(linear, digits[0][0], weights)  # type: ignore[arg-type] # any network will do
    known = digits[0][0] / 255 * (linear.weights.numpy() @ weights).reshape(28, 28)
    assert found == pytest.approx(known, abs=1e-5)


def test_the_evidence_adds_up_to_what_the_ink_changed(
    recognizer: DigitRecognizer, network: DigitCNN, digits: tuple[np.ndarray, ...]
) -> None:
    fused = fuse(network)
    blank = recognizer.logits(np.zeros((1, 28, 28), np.uint8))[0]
    gaps = []
    for digit, label in zip(*digits, strict=True):
        weights = logit_weights(int(label))
        evidence = integrated_gradients(fused, digit, weights)
        change = float((recognizer.logits(digit[None])[0] - blank) @ weights)
        gaps.append(abs(float(evidence.sum()) - change) / abs(change))
        assert smooth_attribution(evidence, digit).sum() == pytest.approx(evidence.sum(), abs=1e-3)
    assert np.median(gaps) < 0.05
    assert max(gaps) < 0.2


def test_randomised_weights_are_explained_otherwise(
    network: DigitCNN, digits: tuple[np.ndarray, ...]
) -> None:
    """The sanity check of Adebayo et al. (2018): the last layer at random, then all of them."""
    torch.manual_seed(0)
    last, whole = copy.deepcopy(network), copy.deepcopy(network)
    last.classifier.reset_parameters()
    for layer in whole.modules():
        if isinstance(layer, (torch.nn.Conv2d, torch.nn.Linear, torch.nn.BatchNorm2d)):
            layer.reset_parameters()

    def maps(any_network: DigitCNN) -> list[np.ndarray]:
        """Of the inked pixels alone: that paper is zero in all maps says nothing."""
        fused = fuse(any_network)
        evidence = [
            integrated_gradients(fused, digit, logit_weights(int(label))) for digit, label in pairs
        ]
        return [
            smooth_attribution(found, digit)[digit > 0]
            for found, (digit, _) in zip(evidence, pairs, strict=True)
        ]

    pairs = list(zip(*digits, strict=True))[::2]
    trained = maps(network)
    for other in (last, whole):
        alike = [spearman(*both) for both in zip(trained, maps(other), strict=True)]
        assert abs(np.mean(alike)) < 0.3


def without(digit: np.ndarray, order: np.ndarray, share: float = 0.2) -> np.ndarray:
    """The digit after a share of its ink, in the order given, has been taken away."""
    ink = digit.ravel().copy()
    taken = np.cumsum(ink[order].astype(int)) <= share * ink.sum(dtype=int)
    ink[order[taken]] = 0
    return ink.reshape(28, 28)


def test_taking_away_the_strongest_evidence_hurts_most(recognizer: DigitRecognizer) -> None:
    """More than as much ink taken at random, whether by single pixels or in patches."""
    images, labels = load_drawings()
    rng = np.random.default_rng(0)
    losses: dict[str, list[float]] = {"for": [], "against": [], "pixels": [], "patches": []}
    for digit, label in zip(images[::2], labels[::2], strict=True):
        per_ink = recognizer.explain(digit, str(label)) / np.maximum(digit / 255, 0.02)
        noise = rng.normal(size=(28, 28))
        scores = {
            "for": per_ink,
            "against": -per_ink,
            "pixels": noise,
            "patches": cv2.GaussianBlur(noise, (0, 0), 2.0),
        }
        weights = logit_weights(int(label))
        for name, score in scores.items():
            order = np.argsort(-np.where(digit > 0, score, -np.inf), axis=None)
            both = recognizer.logits(np.stack([digit, without(digit, order)])) @ weights
            losses[name].append(float(both[0] - both[1]))
    mean = {name: np.mean(values) for name, values in losses.items()}
    assert mean["for"] > mean["patches"] > mean["against"]
    assert mean["for"] > 2 * mean["pixels"]


def test_explain_gives_a_map_of_the_ink(
    recognizer: DigitRecognizer, digits: tuple[np.ndarray, ...]
) -> None:
    image = np.kron(digits[0][5], np.ones((6, 6), np.uint8))
    prediction = recognizer.predict(image)
    evidence = recognizer.explain(image)
    assert evidence.shape == (28, 28)
    assert evidence.dtype == np.float32
    assert np.abs(evidence).max() == pytest.approx(1)
    assert not evidence[prediction.model_input == 0].any()
    best, second = (label for label, _ in prediction.top_k[:2])
    assert np.array_equal(evidence, recognizer.explain(image, best))
    for_second = recognizer.explain(image, second, against=best)
    assert for_second == pytest.approx(-recognizer.explain(image, best, against=second), abs=1e-5)
    # Held against the most probable label, the default is the next one.
    assert np.array_equal(recognizer.explain(image, against=best), for_second)


def test_one_digit_among_signs_is_explained_as_it_was_read(recognizer: DigitRecognizer) -> None:
    picture = draw_number("(8)", np.random.default_rng((92, 53)), spacing="usual")
    label = recognizer.predict(picture).label
    assert label == "8"
    assert np.array_equal(recognizer.explain(picture), recognizer.explain(picture, label))


@pytest.mark.parametrize("blank", [np.zeros((40, 40)), np.full((28, 28), 255, np.uint8)])
def test_a_blank_picture_holds_no_evidence(recognizer: DigitRecognizer, blank: np.ndarray) -> None:
    assert not recognizer.explain(blank).any()
    assert not recognizer.explain(blank, "3", against="5").any()


@pytest.mark.parametrize("label", ["10", "", "seven", 7, 1.0, "٣"])
def test_no_label(recognizer: DigitRecognizer, label: str) -> None:
    for arguments in ({"label": label}, {"against": label}):
        with pytest.raises(ValueError, match=r"^A label is one of"):
            recognizer.explain(np.eye(28), **arguments)


def test_a_label_is_not_held_against_itself(recognizer: DigitRecognizer) -> None:
    with pytest.raises(ValueError, match="can't be held against"):
        recognizer.explain(np.eye(28), "4", against="4")


def test_a_bad_picture(recognizer: DigitRecognizer) -> None:
    with pytest.raises(ImageError):
        recognizer.explain(b"no picture")


def test_the_drawing_shows_both_signs_on_grey_ink_and_white_paper() -> None:
    digit = np.zeros((28, 28), np.uint8)
    digit[4:24, 4:24] = 255
    evidence = np.zeros((28, 28), np.float32)
    evidence[4:10, 4:24] = 1.0
    evidence[18:24, 4:24] = -1.0
    picture = draw_attribution(evidence, digit)
    assert picture.shape == (280, 280, 3)
    assert picture.dtype == np.uint8
    assert tuple(picture[5, 5]) == (255, 255, 255)
    for row, colour in ((70, FOR), (140, INK), (210, AGAINST)):
        assert np.abs(picture[row, 140].astype(int) - colour).max() < 12
    assert (draw_attribution(np.zeros((28, 28)), np.zeros((28, 28), np.uint8)) == 255).all()
