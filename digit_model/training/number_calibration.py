"""Fitting the constants of :class:`~digit_model.number.calibration.NumberCalibration`."""

import dataclasses
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from digit_model.calibration import softmax
from digit_model.data.calibration_numbers import calibration_numbers
from digit_model.decode import WORK_SIDE, decode
from digit_model.evaluation.scores import nll
from digit_model.number.calibration import NumberCalibration, number_evidence
from digit_model.number.detect import Detections
from digit_model.number.lines import lines_of
from digit_model.recognizer import DigitRecognizer
from digit_model.training.calibrate import fit_temperature
from digit_model.weights import ModelConfig, Networks

WEIGHTS = np.linspace(0, 1, 11)  # of the digit network, of which the best is taken
RIDGE = 1e-3  # on the distance from a calibration's defaults
STEPS = 200  # of L-BFGS, at most

# Attributes of a calibration: the offset, and the weights of number_evidence().
CONFIDENCE = ("offset", "each", "digits", "marks", "kinds", "others")


class LabelledMarks(NamedTuple):
    """What is found in one picture of a number."""

    found: Detections
    logits: np.ndarray  # the digit network's, float32 (n, 10)
    digits: np.ndarray  # indices of the digits, from left to right


def fit_number_calibration(
    networks: Networks, config: ModelConfig, *, numbers: int
) -> NumberCalibration:
    """Fit them on so many numbers, see :func:`~.calibration_numbers.calibration_numbers`."""
    reader = DigitRecognizer(networks, config, id="number").number_reader
    texts: list[str] = []
    marks: list[LabelledMarks] = []
    for text, picture in calibration_numbers(numbers):
        found, _, logits, _ = reader.find(decode(picture, max_side=WORK_SIDE))
        order = np.concatenate([np.zeros(0, np.intp), *lines_of(found.boxes[found.is_digit])])
        texts.append("".join(filter(str.isdigit, text)))
        marks.append(LabelledMarks(found, logits, np.flatnonzero(found.is_digit)[order]))
    calibration = _fit_probabilities(texts, marks)
    return _fit_confidence(calibration, texts, marks)


def _fit_probabilities(texts: list[str], marks: list[LabelledMarks]) -> NumberCalibration:
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
        weighted = NumberCalibration(digit_weight=float(weight))
        summed = weighted.summed(classes, logits)
        temperature = fit_temperature(summed, labels)
        cost = nll(softmax(summed / temperature), labels)
        if cost < least:
            best, least = dataclasses.replace(weighted, temperature=temperature), cost
    return best


def _fit_confidence(
    calibration: NumberCalibration, texts: list[str], marks: list[LabelledMarks]
) -> NumberCalibration:
    """The likeliest constants, given which numbers are right."""
    evidence: list[np.ndarray] = []
    numbers: list[np.ndarray] = []
    right: list[bool] = []
    for text, (found, logits, digits) in zip(texts, marks, strict=True):
        if len(digits):
            probabilities = calibration.probabilities(found, logits)
            evidence.append(number_evidence(probabilities, found))
            numbers.append(np.full(len(found.scores), len(right)))
            right.append("".join(map(str, probabilities[digits].argmax(axis=1))) == text)
    if not 0 < sum(right) < len(right):
        return calibration
    rows, of_number = torch.from_numpy(np.concatenate(evidence)), np.concatenate(numbers)
    start = torch.tensor([getattr(calibration, name) for name in CONFIDENCE], dtype=torch.float64)
    weights = start.clone().requires_grad_()
    targets = torch.tensor(right, dtype=torch.float64)
    optimizer = torch.optim.LBFGS([weights], max_iter=STEPS, line_search_fn="strong_wolfe")

    def cost() -> Tensor:
        optimizer.zero_grad()
        each = F.logsigmoid(rows @ weights[1:])
        all_right = F.logsigmoid(weights[0]).expand(len(right)).clone()
        all_right = all_right.index_add(0, torch.from_numpy(of_number), each)
        wrong = torch.log(-torch.expm1(all_right.clamp_max(-1e-9)))
        loss = -(targets * all_right + (1 - targets) * wrong).mean()
        loss = loss + RIDGE * (weights - start).square().sum()
        loss.backward()
        return loss

    optimizer.step(cost)
    found_weights = dict(zip(CONFIDENCE, weights.tolist(), strict=True))
    return dataclasses.replace(calibration, **found_weights)
