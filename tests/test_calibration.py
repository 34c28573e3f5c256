"""Calibration against facts known beforehand and against slow, obvious code."""

import math

import numpy as np
import pytest

from digit_model.calibration import Calibration, energy, softmax
from digit_model.evaluation.scores import auroc, ece, interval, nll
from digit_model.training.calibrate import DIGIT_TPR, calibrate, fit_temperature


@pytest.fixture
def calibrated() -> tuple[np.ndarray, np.ndarray]:
    """Logits whose softmax is true: the labels are drawn from it."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, (20_000, 10))
    uniform = rng.random((len(logits), 1))
    labels = (softmax(logits).cumsum(axis=1) < uniform).sum(axis=1).clip(max=9)
    return logits, labels


def test_temperature_of_doubled_logits_is_two(calibrated: tuple[np.ndarray, np.ndarray]) -> None:
    logits, labels = calibrated
    assert fit_temperature(logits, labels) == pytest.approx(1.0, abs=0.03)
    assert fit_temperature(2 * logits, labels) == pytest.approx(2.0, abs=0.06)


def test_ece_is_small_when_calibrated_and_large_when_not(
    calibrated: tuple[np.ndarray, np.ndarray],
) -> None:
    logits, labels = calibrated
    assert ece(softmax(logits), labels) < 0.01
    assert ece(softmax(4 * logits), labels) > 0.05


def test_ece_of_a_known_case() -> None:
    probabilities = np.array([[0.8, 0.2]] * 10)
    labels = np.array([0] * 6 + [1] * 4)
    assert ece(probabilities, labels) == pytest.approx(0.2)


def test_nll_of_a_coin() -> None:
    assert nll(np.full((4, 2), 0.5), np.array([0, 1, 0, 1])) == pytest.approx(np.log(2))


@pytest.mark.parametrize(("right", "count"), [(0, 7), (96, 100), (200, 200)])
def test_an_interval_ends_where_what_was_counted_is_no_surprise(right: int, count: int) -> None:
    """Where the share that was counted is 1.96 standard deviations away from the true one."""
    for end in interval(right / count, count):
        deviation = math.sqrt(end * (1 - end) / count)
        assert abs(right / count - end) == pytest.approx(1.96 * deviation)


def test_auroc_equals_counting_all_pairs() -> None:
    rng = np.random.default_rng(1)
    positive, negative = rng.integers(0, 9, 60) / 9, rng.integers(0, 7, 45) / 9
    pairs = [(p > n) + 0.5 * (p == n) for p in positive for n in negative]
    assert auroc(positive, negative) == pytest.approx(np.mean(pairs))
    assert auroc(np.array([2.0]), np.array([1.0])) == 1.0


def test_softmax_and_energy_of_huge_logits() -> None:
    logits = np.array([[1000.0, 1000.0], [-1000.0, -2000.0]])
    assert softmax(logits) == pytest.approx(np.array([[0.5, 0.5], [1.0, 0.0]]))
    assert energy(logits) == pytest.approx([1000 + np.log(2), -1000])


def test_calibrate_keeps_digits_and_separates_the_rest() -> None:
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 10, 5000)
    logits = rng.normal(0, 1, (5000, 10))
    logits[np.arange(5000), labels] += 9
    nondigits = rng.normal(0, 1, (2000, 10))
    fitted = calibrate(logits, labels, logits, nondigits)
    assert (fitted.digit_scores(logits) >= fitted.not_a_digit_below).mean() >= DIGIT_TPR - 1e-3
    assert auroc(fitted.digit_scores(logits), fitted.digit_scores(nondigits)) > 0.99
    assert 0.5 <= fitted.unsure_below <= 1


def test_the_temperature_is_fitted_on_augmented_digits_too(
    calibrated: tuple[np.ndarray, np.ndarray],
) -> None:
    logits, labels = calibrated
    clean = calibrate(logits, labels, logits, logits / 50)
    both = calibrate(logits, labels, 4 * logits, logits / 50)  # too sure of these
    assert both.temperature > 1.3 * clean.temperature


def test_at_most_three_answers_in_a_hundred_are_unsure() -> None:
    labels = np.zeros(1000, np.int64)
    logits = np.zeros((1000, 10))
    logits[:, 0] = np.linspace(5, 12, 1000)
    logits[::20] = np.roll(logits[::20], 1, axis=1)  # one in twenty is wrong, however sure
    fitted = calibrate(logits, labels, logits, logits / 50)
    unsure = fitted.probabilities(logits).max(axis=1) < fitted.unsure_below
    assert 0.025 < unsure.mean() <= 0.03


def test_the_threshold_lies_above_undecided_logits_if_that_costs_few_digits() -> None:
    rng = np.random.default_rng(4)
    labels = rng.integers(0, 10, 5000)
    logits = np.zeros((5000, 10))
    logits[np.arange(5000), labels] = 9
    for undecided, refused in ((30, True), (1000, False)):  # of the digits
        logits[:undecided] = 0
        fitted = calibrate(logits, labels, logits, np.zeros((500, 10)))
        assert (fitted.digit_scores(np.zeros((1, 10)))[0] < fitted.not_a_digit_below) == refused


def test_probabilities_sum_to_one_at_any_temperature() -> None:
    logits = np.random.default_rng(3).normal(0, 30, (50, 10)).astype(np.float32)
    for temperature in (0.05, 1.0, 20.0):
        sums = Calibration(temperature=temperature).probabilities(logits).sum(axis=1)
        assert sums == pytest.approx(np.ones(50))
