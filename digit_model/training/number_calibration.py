"""Fitting the constants of :class:`~digit_model.number.calibration.NumberCalibration`."""

import dataclasses
from typing import NamedTuple

import numpy as np

from digit_model.calibration import fit_temperature, logistic_regression, nll
from digit_model.data.handwriting import SIGNS
from digit_model.data.number_pictures import draw_number, number_drawing
from digit_model.data.photographs import SEEN, photograph
from digit_model.decode import WORK_SIDE, decode
from digit_model.number.calibration import NumberCalibration, log_softmax, number_evidence
from digit_model.number.detect import Detections
from digit_model.number.lines import lines_of
from digit_model.recognizer import DigitRecognizer
from digit_model.weights import ModelConfig, Networks

LONGEST, LONGEST_PHOTOGRAPHED = 10, 5  # digits
SIGNED, SIGN_SHARE = 0.35, 0.3  # of the numbers; of their places between two digits
WEIGHTS = np.linspace(0, 1, 11)  # of the digit network, of which the best is taken
RIDGE = 1e-2  # of the regression

# Attributes of a calibration: the offset, and the weights of number_evidence().
CONFIDENCE = ("offset", "digits", "marks", "kinds", "others")


class Marks(NamedTuple):
    """What is found in one picture of a number."""

    found: Detections
    logits: np.ndarray  # the digit network's, float32 (n, 10)
    digits: np.ndarray  # indices of the digits, from left to right


def fit_number_calibration(
    networks: Networks, config: ModelConfig, *, numbers: int
) -> NumberCalibration:
    """Fit them on so many numbers of the development writers, with signs among the digits or not.

    Three in four are drawings of 1 to 10 digits, the others photographs of 1 to 5.
    """
    reader = DigitRecognizer(networks, config, id="number").number_reader
    texts: list[str] = []
    marks: list[Marks] = []
    for number in range(numbers):
        rng = np.random.default_rng((41, number))
        text, picture = _random_number(number, rng)
        found, _, logits = reader.find(decode(picture, max_side=WORK_SIDE))
        order = np.concatenate([np.zeros(0, np.intp), *lines_of(found.boxes[found.is_digit])])
        texts.append("".join(filter(str.isdigit, text)))
        marks.append(Marks(found, logits, np.flatnonzero(found.is_digit)[order]))
    calibration = _fit_probabilities(texts, marks)
    return _fit_confidence(calibration, texts, marks)


def _random_number(number: int, rng: np.random.Generator) -> tuple[str, np.ndarray]:
    photographed = number % 4 == 3
    count = 1 + number % (LONGEST_PHOTOGRAPHED if photographed else LONGEST)
    signs = rng.choice(list(SIGNS), count - 1) if rng.random() < SIGNED else [""] * (count - 1)
    text = str(rng.integers(10))
    for sign in signs:
        text += (str(sign) if rng.random() < SIGN_SHARE else "") + str(rng.integers(10))
    if not photographed:
        return text, draw_number(text, rng)
    drawing, digit = number_drawing(text, rng)
    kind = SEEN[rng.integers(len(SEEN))]  # of the others only the evaluation knows
    return text, photograph(drawing, kind, rng, digit=digit)[0]


def _fit_probabilities(texts: list[str], marks: list[Marks]) -> NumberCalibration:
    """On the numbers in which as many digits were found as there are."""
    fitting = [
        (text, each.found.classes[each.digits], each.logits[each.digits])
        for text, each in zip(texts, marks, strict=True)
        if len(text) == len(each.digits)
    ]
    if not fitting:
        return NumberCalibration()
    labels = np.array([int(digit) for text, *_ in fitting for digit in text])
    classes = np.concatenate([classes for _, classes, _ in fitting])
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
    """Logistic regression of whether a number is right."""
    rows, right = [], []
    for text, (found, logits, digits) in zip(texts, marks, strict=True):
        if not len(digits):
            continue
        probabilities = calibration.probabilities(found, logits)[digits]
        rows.append([1.0, *number_evidence(probabilities.max(axis=1), found)])
        right.append("".join(map(str, probabilities.argmax(axis=1))) == text)
    features, targets = np.array(rows), np.array(right, np.float64)
    weights = np.array([getattr(calibration, name) for name in CONFIDENCE])
    if 0 < targets.sum() < len(targets):
        weights = logistic_regression(features, targets, weights, ridge=RIDGE)
    return dataclasses.replace(calibration, **dict(zip(CONFIDENCE, weights.tolist(), strict=True)))
