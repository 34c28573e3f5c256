"""Fitting the constants of :class:`~digit_model.number.calibration.NumberCalibration`."""

import dataclasses

import numpy as np

from digit_model.calibration import fit_temperature, nll
from digit_model.data.number_pictures import draw_number
from digit_model.decode import decode
from digit_model.ink.extract import WORK_SIDE
from digit_model.number import OTHER
from digit_model.number.calibration import NumberCalibration, log_softmax
from digit_model.number.detect import Detections
from digit_model.number.lines import lines_of
from digit_model.number.reading import NO_DIGIT
from digit_model.recognizer import DigitRecognizer
from digit_model.weights import ModelConfig, Networks

LONGEST = 10  # digits
WEIGHTS = np.linspace(0, 1, 11)  # of the digit network, of which the best is taken
NEWTON_STEPS, RIDGE = 50, 1e-2

Marks = tuple[Detections, np.ndarray]  # of one number, and the digit network's logits


def fit_number_calibration(
    networks: Networks, config: ModelConfig, *, numbers: int
) -> NumberCalibration:
    """Fit them on so many numbers drawn by the development writers, any spacing, 1 to 10 digits."""
    reader = DigitRecognizer(networks, config, id="number").number_reader
    texts: list[str] = []
    marks: list[Marks] = []
    for number in range(numbers):
        rng = np.random.default_rng((41, number))
        text = "".join(map(str, rng.integers(0, 10, 1 + number % LONGEST)))
        picture = decode(draw_number(text, rng), max_side=WORK_SIDE)
        found, _, logits = reader.find(picture)
        digits = found.classes[:, OTHER] < NO_DIGIT
        order = np.concatenate([np.zeros(0, np.intp), *lines_of(found.boxes[digits])])
        chosen = np.flatnonzero(digits)[order]
        texts.append(text)
        marks.append((found.select(chosen), logits[chosen]))
    calibration = _fit_probabilities(texts, marks)
    return _fit_confidence(calibration, texts, marks)


def _fit_probabilities(texts: list[str], marks: list[Marks]) -> NumberCalibration:
    """On the numbers in which as many digits were found as there are."""
    fitting = [
        (text, *each) for text, each in zip(texts, marks, strict=True) if len(text) == len(each[1])
    ]
    if not fitting:
        return NumberCalibration()
    labels = np.array([int(digit) for text, *_ in fitting for digit in text])
    classes = np.concatenate([found.classes for _, found, _ in fitting])
    logits = np.concatenate([logits for *_, logits in fitting])
    best, least = NumberCalibration(), np.inf
    for weight in WEIGHTS:
        summed = np.log(np.maximum(classes[:, :10], 1e-6)) + weight * log_softmax(logits)
        temperature = fit_temperature(summed, labels)
        cost = nll(np.exp(log_softmax(summed / temperature)), labels)
        if cost < least:
            best, least = NumberCalibration(float(weight), temperature), cost
    return best


def _fit_confidence(
    calibration: NumberCalibration, texts: list[str], marks: list[Marks]
) -> NumberCalibration:
    """Logistic regression of whether a number is right, by Newton's method."""
    rows, right = [], []
    for text, (found, logits) in zip(texts, marks, strict=True):
        if not len(logits):
            continue
        probabilities = calibration.probabilities(found, logits)
        rows.append(
            [1.0, np.log(probabilities.max(axis=1)).sum(), np.log(found.scores).sum()],
        )
        right.append("".join(map(str, probabilities.argmax(axis=1))) == text)
    features, targets = np.array(rows), np.array(right, np.float64)
    weights = np.array([calibration.offset, calibration.digits, calibration.marks])
    for _ in range(NEWTON_STEPS if 0 < targets.sum() < len(targets) else 0):
        shares = 1 / (1 + np.exp(-features @ weights))
        gradient = features.T @ (targets - shares) - RIDGE * weights
        curvature = (features * (shares * (1 - shares))[:, None]).T @ features
        weights = weights + np.linalg.solve(curvature + RIDGE * np.eye(3), gradient)
    offset, digits, marks_weight = weights.tolist()
    return dataclasses.replace(calibration, offset=offset, digits=digits, marks=marks_weight)
