"""Fitting how a number's two networks are combined, and how sure a number is."""

from __future__ import annotations

import numpy as np
import pytest

from digit_model.data.number_pictures import draw_number
from digit_model.model_folder import DEFAULT_WEIGHTS
from digit_model.number.calibration import NumberCalibration
from digit_model.training import number_calibration
from digit_model.weights import load_weights

TEXTS = ("40", "3172", "65980", "71\n40", "2", "8853")


def drawn(text: str, seed: int) -> np.ndarray:
    return draw_number(text, np.random.default_rng((60, seed)), spacing="wide")


def fitted(
    numbers: list[tuple[str, np.ndarray]], monkeypatch: pytest.MonkeyPatch
) -> NumberCalibration:
    """On these texts and pictures in place of those that a training draws."""
    monkeypatch.setattr(number_calibration, "calibration_numbers", lambda count: numbers[:count])
    networks, config = load_weights(DEFAULT_WEIGHTS)
    return number_calibration.fit_number_calibration(networks, config, numbers=len(numbers))


def test_a_page_whose_lines_are_cut_otherwise_says_nothing_of_its_digits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It has as many digits as its text, but another one in each place."""
    numbers = [(text, drawn(text, seed)) for seed, text in enumerate(TEXTS)]
    alone = fitted(numbers, monkeypatch)
    with_page = fitted([*numbers, ("901\n23", drawn("41\n785", 9))], monkeypatch)
    assert with_page.temperature == pytest.approx(alone.temperature)
    assert with_page.digit_weight == alone.digit_weight
    assert with_page.offset != alone.offset  # of the whole number it says that it is wrong


def test_wrong_labels_make_it_less_sure(monkeypatch: pytest.MonkeyPatch) -> None:
    right = [(text, drawn(text, seed)) for seed, text in enumerate(TEXTS)]
    wrong = [("".join(str(9 - int(digit)) for digit in "3172"), right[1][1])]
    assert fitted(right + wrong, monkeypatch).temperature > fitted(right, monkeypatch).temperature
