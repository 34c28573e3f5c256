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
    lines: list[np.ndarray]  # indices of each line's digits, from left to right

    @property
    def digits(self) -> np.ndarray:
        """All of them."""
        return np.concatenate([np.zeros(0, np.intp), *self.lines])

    def are_those_of(self, text: str) -> bool:
        """Whether there are as many in each line as there are in this text.

        As many in all of them isn't enough: of a page whose lines were cut otherwise, each digit
        would get another's label.
        """
        return [len(line) for line in self.lines] == [len(line) for line in text.split("\n")]


def fit_number_calibration(
    networks: Networks, config: ModelConfig, *, numbers: int
) -> NumberCalibration:
    """Fit them on so many numbers, see :func:`~.calibration_numbers.calibration_numbers`."""
    reader = DigitRecognizer(networks, config, id="number").number_reader
    texts: list[str] = []
    marks: list[LabelledMarks] = []
    for text, picture in calibration_numbers(numbers):
        found, _, logits, _ = reader.find(decode(picture, max_side=WORK_SIDE))
        digits = np.flatnonzero(found.is_digit)
        lines = [digits[line] for line in lines_of(found.boxes[digits])]
        texts.append("\n".join("".join(filter(str.isdigit, line)) for line in text.split("\n")))
        marks.append(LabelledMarks(found, logits, lines))
    calibration = _fit_probabilities(texts, marks)
    return _fit_confidence(calibration, texts, marks)


def _fit_probabilities(texts: list[str], marks: list[LabelledMarks]) -> NumberCalibration:
    """On the numbers in which as many digits were found as there are."""
    fitting = [
        (text.replace("\n", ""), each.found.classes[each.digits], each.logits[each.digits])
        for text, each in zip(texts, marks, strict=True)
        if each.are_those_of(text)
    ]
    if not fitting:
        return NumberCalibration()
    labels = np.array([int(digit) for digits, *_ in fitting for digit in digits])
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
    for text, (found, logits, lines) in zip(texts, marks, strict=True):
        if lines:
            probabilities = calibration.probabilities(found, logits)
            evidence.append(number_evidence(probabilities, found))
            numbers.append(np.full(len(found.scores), len(right)))
            labels = probabilities.argmax(axis=1)
            read = "\n".join("".join(map(str, labels[line])) for line in lines)
            right.append(read == text)
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
