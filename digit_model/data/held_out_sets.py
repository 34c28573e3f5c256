"""Digits that aren't trained on.

Thresholds, recipes and seeds are chosen on those of the development writers, nothing on those of
the test writers.

``find_ink`` is the ink network that preprocesses them, by default the one that ships.
"""

from functools import partial

import numpy as np

from digit_model.data import Digits
from digit_model.data.conditions import CONDITIONS, STYLES, Condition, draw
from digit_model.data.parallel import map_parallel
from digit_model.data.photographs import KINDS, Kind, photograph
from digit_model.data.scans import load_scans
from digit_model.data.streams import Stream
from digit_model.data.strokes import PenDigit
from digit_model.ink import FindInk
from digit_model.preprocess import preprocess


def stroke_set(
    digits: list[PenDigit],
    condition: Condition,
    *,
    seed: int = 0,
    find_ink: FindInk | None = None,
) -> Digits:
    """These recorded digits under one condition, the styles taking turns.

    Preprocessing undoes a style: the same digit in each of them would be counted three times.
    """
    images = map_parallel(
        partial(_draw_strokes, condition=condition, seed=seed, find_ink=find_ink),
        list(enumerate(digits)),
        title=condition.name,
    )
    return images, np.array([digit.label for digit in digits], np.int64)


def photograph_sets(
    digits: list[PenDigit],
    per_kind: int = 200,
    *,
    seed: int = 0,
    find_ink: FindInk | None = None,
) -> dict[str, Digits]:
    """At most ``per_kind`` of these digits in each kind of synthetic photograph, by kind.

    Neighbouring kinds have different digits, and no two the same sizes and places: what is misread
    in one of them would be in all, and count as many times as there are kinds.
    """
    step = max(1, len(digits) // per_kind)
    jobs = [
        ((index, number), digit, kind)
        for index, kind in enumerate(KINDS.values())
        for number, digit in enumerate(digits[index % step :: step][:per_kind])
    ]
    task = partial(_draw_photograph, seed=seed, find_ink=find_ink)
    images = map_parallel(task, jobs, title="photographs")  # all at once, to keep all cores busy
    labels = np.array([digit.label for _, digit, _ in jobs], np.int64)
    parts = np.split(images, len(KINDS)), np.split(labels, len(KINDS))
    return dict(zip(KINDS, zip(*parts, strict=True), strict=True))


def scan_sets(find_ink: FindInk | None = None, *, step: int = 1) -> dict[str, Digits]:
    """Every ``step``-th scan of each collection's development part, preprocessed, by name."""
    task = partial(preprocess, find_ink=find_ink)
    return {
        name: (map_parallel(task, list(images[::step]), title=name), labels[::step])
        for name, (images, labels) in load_scans("development").items()
    }


def validation_sets(
    digits: list[PenDigit], *, photographs: int = 100, find_ink: FindInk | None = None
) -> dict[str, Digits]:
    """Sets for validation after each epoch, and for temperature and thresholds after the last.

    One set per condition, and one set of photographs, ``photographs`` of each kind.
    """
    seed = 1  # not the evaluation's, because temperature and thresholds are fitted on these
    strokes = {
        condition.name: stroke_set(digits, condition, seed=seed, find_ink=find_ink)
        for condition in CONDITIONS
    }
    sets = photograph_sets(digits, photographs, seed=seed, find_ink=find_ink).values()
    images, labels = zip(*sets, strict=True)
    return strokes | {"photographs": (np.concatenate(images), np.concatenate(labels))}


def _draw_strokes(
    job: tuple[int, PenDigit], *, condition: Condition, seed: int, find_ink: FindInk | None
) -> np.ndarray:
    number, digit = job
    style = STYLES[number % len(STYLES)]
    picture = draw(digit.drawing, condition, style, np.random.default_rng((seed, number)))
    return preprocess(picture, find_ink)


def _draw_photograph(
    job: tuple[tuple[int, int], PenDigit, Kind], *, seed: int, find_ink: FindInk | None
) -> np.ndarray:
    place, digit, kind = job
    rng = np.random.default_rng((seed, Stream.HELD_OUT_PHOTOGRAPHS, *place))
    return preprocess(photograph(digit.drawing, kind, rng)[0], find_ink)
