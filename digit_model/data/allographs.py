"""Allographs: the different ways in which people around the world write each digit.

Each function returns one random example: a list of strokes, given by the points that a pen passes
through in a unit box (x to the right, y downward), joined by a curve or by straight lines. Points,
flags, bars and loops are random. All of them were drawn for this project; which forms exist is
common knowledge.
"""

from collections.abc import Callable

import numpy as np

Points = list[tuple[float, float]]
Stroke = tuple[Points, bool]  # the points, and whether a curve joins them


def bar_across(rng: np.random.Generator, x: float, y: float, length: float) -> Stroke:
    """A short bar centred on (x, y), slightly tilted."""
    half, tilt = length / 2, rng.normal(0, 0.05)
    return [(x - half, y + tilt), (x + half, y - tilt)], False


def _zero(rng: np.random.Generator) -> list[Stroke]:
    start, turn = rng.uniform(-2.2, -0.9), rng.choice([-1, 1])
    angles = start + turn * np.linspace(0, 2 * np.pi + rng.uniform(-0.25, 0.5), 13)
    ring = [(0.5 + 0.5 * np.cos(a), 0.5 + 0.5 * np.sin(a)) for a in angles]
    return [(ring, True)]


def _looped_zero(rng: np.random.Generator) -> list[Stroke]:
    """With a small loop or a tail at the top."""
    [(ring, _)] = _zero(rng)
    side, size = rng.choice([-1, 1]), rng.uniform(0.08, 0.22)
    x, y = ring[-1]
    tail = [(x + side * size, y + rng.uniform(-0.05, 0.15)), (x + side * size * 0.6, y - size)]
    if rng.random() < 0.5:
        tail.append((x - side * size, y - size * 0.3))
    return [([*ring, *tail], True)]


def _slashed_zero(rng: np.random.Generator) -> list[Stroke]:
    inset = rng.uniform(-0.12, 0.25)
    slash: Points = [(1 - inset, inset), (inset, 1 - inset)]
    if rng.random() < 0.15:
        slash = [(inset, inset), (1 - inset, 1 - inset)]
    return [*_zero(rng), (slash, False)]


def _one(rng: np.random.Generator) -> list[Stroke]:
    """A stem with a flag of any length at 32 to 75 degrees, sometimes with a base."""
    length, angle = rng.uniform(0.12, 0.7), np.radians(rng.uniform(32, 75))
    tip = (0.5 - length * np.cos(angle) / 0.7, length * np.sin(angle))
    lean = rng.normal(0, 0.06)
    if rng.random() < 0.3:  # a curved flag
        middle = ((tip[0] + 0.5) / 2 + 0.06, tip[1] / 2 + 0.06)
        strokes: list[Stroke] = [
            ([tip, middle, (0.5, 0.0)], True),
            ([(0.5, 0.0), (0.5 + lean, 1.0)], False),
        ]
    else:
        strokes = [([tip, (0.5, 0.0), (0.5 + lean, 1.0)], False)]
    if rng.random() < 0.45:
        strokes.append(bar_across(rng, 0.5 + lean, 1.0, rng.uniform(0.3, 1.0)))
    return strokes


def _leaning_one(rng: np.random.Generator) -> list[Stroke]:
    """A stem that leans forward, with a flag at a sharp angle, with or without a hook."""
    lean, length = rng.uniform(0.1, 0.7), rng.uniform(0.2, 0.75)
    slope = min(np.arctan(lean) + np.radians(rng.uniform(10, 50)), np.radians(72))
    head = (lean, 0.0)
    tip = (lean - length * np.sin(slope), length * np.cos(slope))
    flag: Points = [tip, (tip[0] * 0.4 + lean * 0.6, tip[1] * 0.4 - rng.uniform(-0.02, 0.06)), head]
    if rng.random() < 0.35:
        flag = [(tip[0] + rng.uniform(-0.02, 0.1), tip[1] - rng.uniform(0.0, 0.1)), *flag]
    bend = lean * 0.5 + rng.normal(0, 0.03)
    stem: Points = [head, (bend, 0.5), (rng.normal(0, 0.03), 1.0)]
    if rng.random() < 0.3:  # a rounded top
        return [([*flag, *stem[1:]], True)]
    return [(flag, True), (stem, True)]


def plain_one(rng: np.random.Generator) -> list[Stroke]:
    """A stroke down, with neither flag nor foot."""
    bend = rng.normal(0, 0.04)
    return [([(0.5 + rng.normal(0, 0.1), 0.0), (0.5 + bend, 0.5), (0.5, 1.0)], True)]


def _two(rng: np.random.Generator) -> list[Stroke]:
    top = [
        (0.05, 0.25 + rng.uniform(-0.1, 0.1)),
        (0.25, 0.03),
        (0.6, 0.0),
        (0.88, 0.22),
        (0.7, 0.5),
        (0.35, 0.8),
    ]
    base_y = 1.0 + rng.normal(0, 0.04)
    return [
        ([*top, (0.05, 0.98)], True),
        ([(0.05, 0.98), (rng.uniform(0.75, 1.05), base_y)], False),
    ]


def _looped_two(rng: np.random.Generator) -> list[Stroke]:
    size = rng.uniform(0.08, 0.26)
    top = [(0.08, 0.25), (0.3, 0.02), (0.65, 0.02), (0.85, 0.25), (0.65, 0.55), (0.35, 0.85)]
    loop = [(0.15, 0.98), (0.02, 1.0 - size / 2), (0.15, 1.0 - size), (0.4, 0.95)]
    return [([*top, *loop, (0.7, 1.02), (1.0, 0.92 + rng.normal(0, 0.05))], True)]


def _zed(rng: np.random.Generator) -> list[Stroke]:
    """A two of straight lines, as a Z, with a short drop at its upper left or none."""
    corner, foot = (rng.uniform(0.7, 1.0), rng.uniform(0.0, 0.12)), rng.uniform(0.0, 0.15)
    start = (rng.uniform(0.0, 0.2), rng.uniform(0.0, 0.1))
    drop = [(start[0] - 0.04, start[1] + rng.uniform(0.08, 0.25))] if rng.random() < 0.5 else []
    base = (rng.uniform(0.75, 1.05), 1.0 + rng.normal(0, 0.05))
    return [([*drop, start, corner, (foot, 1.0), base], False)]


def _three(rng: np.random.Generator) -> list[Stroke]:
    waist = (rng.uniform(0.2, 0.5), 0.45 + rng.normal(0, 0.03))
    lower = [(0.75, 0.55), (0.88, 0.75), (0.6, 0.98), (0.3, 1.0), (0.05, 0.85)]
    if rng.random() < 0.4:  # flat top
        return [([(0.1, 0.0), (0.8, 0.0), waist], False), ([waist, *lower], True)]
    return [([(0.08, 0.15), (0.4, 0.0), (0.75, 0.1), (0.72, 0.3), waist, *lower], True)]


def _looped_three(rng: np.random.Generator) -> list[Stroke]:
    """With a loop or a hook at the waist."""
    waist, size = 0.46 + rng.normal(0, 0.03), rng.uniform(0.0, 0.14)
    top = [(0.08, 0.12 + rng.uniform(-0.08, 0.1)), (0.42, 0.0), (0.78, 0.15), (0.6, waist - 0.06)]
    loop = [(0.36, waist + size * 0.5), (0.28, waist - size * 0.4), (0.45, waist - size * 0.5)]
    bowl = [(0.86, 0.66), (0.74, 0.94), (0.35, 1.0), (0.05, 0.9 - rng.uniform(0.0, 0.2))]
    return [([*top, *loop, *bowl], True)]


def _open_four(rng: np.random.Generator) -> list[Stroke]:
    """Two strokes: an angle or a curve, and a stem that misses, touches or crosses it."""
    bar_y, reach = rng.uniform(0.45, 0.7), rng.uniform(0.5, 1.05)
    stem_x = rng.uniform(0.55, 0.85)
    stem: Points = [
        (stem_x + rng.uniform(-0.02, 0.12), rng.uniform(-0.05, bar_y - 0.15)),
        (stem_x, 1.0),
    ]
    angle: Points = [
        (0.15 + rng.uniform(-0.1, 0.2), 0.0),
        (0.08, bar_y),
        (max(reach, stem_x - 0.06), bar_y),
    ]
    return [(angle, rng.random() < 0.25), (stem, False)]


def _hooked_four(rng: np.random.Generator) -> list[Stroke]:
    """The first stroke is slanted or bent like a C; the stem is at the end of the bar."""
    bar_y, top_x = rng.uniform(0.4, 0.62), rng.uniform(0.3, 0.85)
    bend = rng.uniform(-0.1, 0.08)
    angle: Points = [
        (top_x, rng.uniform(0.0, 0.12)),
        (top_x * 0.45 + bend, bar_y * 0.5),
        (0.02, bar_y),
        (0.85, bar_y + rng.normal(0, 0.05)),
    ]
    stem_top = rng.uniform(0.15, bar_y - 0.02)
    stem: Points = [(0.85, stem_top), (0.8 + rng.normal(0, 0.06), 1.0)]
    return [(angle, rng.random() < 0.6), (stem, False)]


def _closed_four(rng: np.random.Generator) -> list[Stroke]:
    bar_y, top = rng.uniform(0.55, 0.75), rng.uniform(0.5, 0.8)
    angle: Points = [(top, 0.0), (0.0, bar_y), (rng.uniform(0.75, 1.0), bar_y)]
    stem_top = (top + rng.normal(0, 0.03), rng.uniform(0.0, 0.3))
    return [(angle, False), ([stem_top, (top - 0.02, 1.0)], False)]


def _one_stroke_four(rng: np.random.Generator) -> list[Stroke]:
    bar_y, top = rng.uniform(0.5, 0.65), rng.uniform(0.6, 0.8)
    return [([(top, 1.0), (top, 0.0), (0.02, bar_y), (1.0, bar_y)], False)]


def _zigzag_four(rng: np.random.Generator) -> list[Stroke]:
    """One stroke: slanted down, to the right and down again, with next to no stem above the bar."""
    bar_y, right = rng.uniform(0.4, 0.62), rng.uniform(0.7, 1.0)
    angle: Points = [
        (rng.uniform(0.15, 0.7), 0.0),
        (rng.uniform(-0.05, 0.1), bar_y),
        (right, bar_y + rng.normal(0, 0.05)),
    ]
    stem: Points = [
        (right, bar_y - rng.uniform(0.0, 0.15)),
        (right - rng.uniform(-0.05, 0.25), 1.0),
    ]
    return [([*angle, *stem], False)]


def _high_four(rng: np.random.Generator) -> list[Stroke]:
    """One or two strokes; the triangle is closed, and so high or narrow that it is like a 9's."""
    bar_y, top = rng.uniform(0.38, 0.58), rng.uniform(0.6, 0.85)
    left, past = rng.uniform(0.0, 0.2), rng.uniform(0.0, 0.25)
    angle: Points = [(top, 0.0), (left, bar_y), (top + past, bar_y + rng.normal(0, 0.03))]
    return [(angle, False), ([(top, 0.0), (top + rng.normal(0, 0.04), 1.0)], False)]


def _five(rng: np.random.Generator) -> list[Stroke]:
    bowl = [(0.2, 0.45), (0.55, 0.36), (0.88, 0.55), (0.8, 0.85), (0.45, 1.0), (0.05, 0.88)]
    stem: Stroke = ([(0.25, 0.0), (0.2, 0.45)], False)
    gap, lift = rng.uniform(-0.02, 0.12), rng.normal(0, 0.03)
    if rng.random() < 0.3:  # the top bar is detached
        gap, lift = rng.uniform(0.05, 0.35), -rng.uniform(0.0, 0.2)
    end = 0.25 + gap + rng.uniform(0.3, 0.75)
    bar: Stroke = ([(0.25 + gap, lift), (end, lift + rng.normal(0, 0.06))], False)
    return [stem, (bowl, True), bar]


def _angular_five(rng: np.random.Generator) -> list[Stroke]:
    """One stroke from the right end of the top bar, with corners; the bowl may curl inward."""
    corner, turn = (rng.uniform(0.15, 0.3), rng.normal(0, 0.03)), rng.uniform(0.35, 0.52)
    bar: Points = [(rng.uniform(0.7, 1.0), rng.normal(0, 0.06)), corner, (0.16, turn)]
    bowl: Points = [
        (0.16, turn),
        (0.55, turn - rng.uniform(0.0, 0.12)),
        (0.9, 0.65),
        (0.75, 0.93),
        (0.4, 1.0),
        (0.05, 0.95 - rng.uniform(0.0, 0.2)),
    ]
    return [(bar, False), (bowl, True)]


def _curved_five(rng: np.random.Generator) -> list[Stroke]:
    """One stroke from the right end of the top bar, rounded like an S."""
    path = [
        (0.9, 0.0),
        (0.55, 0.02),
        (0.25, 0.08),
        (0.18, 0.35),
        (0.5, 0.42),
        (0.85, 0.6),
        (0.7, 0.92),
    ]
    return [([*path, (0.35, 1.0), (0.05, 0.9)], True)]


def _six(rng: np.random.Generator) -> list[Stroke]:
    size = rng.uniform(0.28, 0.55)
    top = 1 - size
    start = (rng.uniform(0.3, 0.85), 0.0)
    back = [(0.15, 0.45 + rng.normal(0, 0.04)), (0.05, 0.75), (0.3, 1.0), (0.7, 0.97)]
    close = rng.uniform(0.0, 0.12)
    return [
        (
            [
                start,
                *back,
                (0.85, 1 - size / 2),
                (0.6, top),
                (0.25, top + 0.08),
                (0.08 + close, 0.8),
            ],
            True,
        )
    ]


def _bent_six(rng: np.random.Generator) -> list[Stroke]:
    """A nearly straight line that ends in a small loop, open or closed."""
    size = rng.uniform(0.18, 0.4)
    x = rng.uniform(0.15, 0.35)
    loop = [
        (x + 0.12, 1.0),
        (x + size, 0.98),
        (x + size + 0.08, 1 - size / 2),
        (x + size / 2, 1 - size),
    ]
    return [
        (
            [(x + rng.uniform(0, 0.35), 0.0), (x, 0.6), (x - 0.02, 0.88), *loop, (x + 0.02, 0.88)],
            True,
        )
    ]


def _seven(rng: np.random.Generator) -> list[Stroke]:
    """A horizontal top, a straight or curved stem, sometimes a serif, a bar or both."""
    foot, corner = rng.uniform(0.1, 0.5), (rng.uniform(0.85, 1.0), rng.normal(0, 0.04))
    start = (rng.uniform(0.0, 0.15), rng.normal(0.02, 0.04))
    strokes: list[Stroke] = []
    top: Points = [start, corner]
    if rng.random() < 0.25:
        top = [(start[0], rng.uniform(0.1, 0.28)), *top]
    if rng.random() < 0.4:
        bend = (corner[0] * 0.5 + foot * 0.5 - rng.uniform(0.05, 0.2), 0.45)
        strokes = [(top, False), ([corner, bend, (foot, 1.0)], True)]
    else:
        strokes = [([*top, (foot, 1.0)], False)]
    if rng.random() < 0.6:
        y = rng.uniform(0.38, 0.62)
        strokes.append(
            bar_across(rng, corner[0] + (foot - corner[0]) * y, y, rng.uniform(0.3, 0.75))
        )
    return strokes


def _eight(rng: np.random.Generator) -> list[Stroke]:
    waist = 0.45 + rng.normal(0, 0.04)
    upper = [(0.75, 0.12), (0.45, 0.0), (0.18, 0.15), (0.3, waist - 0.12)]
    lower = [(0.75, waist + 0.15), (0.88, 0.78), (0.5, 1.0), (0.12, 0.8), (0.3, waist + 0.12)]
    close = rng.uniform(-0.1, 0.1)
    return [
        ([*upper, (0.5, waist), *lower, (0.62, waist - 0.1), (0.8 + close, 0.15 - close / 2)], True)
    ]


def _straight_eight(rng: np.random.Generator) -> list[Stroke]:
    """An S and a straight or slightly curved line back up, which may miss the start."""
    waist = 0.46 + rng.normal(0, 0.04)
    start: Points = [(0.85, rng.uniform(0.05, 0.2)), (0.5, 0.0), (0.15, 0.2), (0.5, waist)]
    bowl: Points = [(0.85, 0.75), (0.5, 1.0), (0.12, 0.82)]
    end = (rng.uniform(0.55, 1.0), rng.uniform(-0.05, 0.2))
    if rng.random() < 0.5:
        return [([*start, *bowl], True), ([bowl[-1], end], False)]
    return [([*start, *bowl, (0.4 + rng.normal(0, 0.05), waist + 0.05), end], True)]


def _two_ring_eight(rng: np.random.Generator) -> list[Stroke]:
    split = 0.46 + rng.normal(0, 0.03)
    rings: list[Stroke] = []
    for middle, radius in ((split / 2, split / 2), ((1 + split) / 2, (1 - split) / 2)):
        angles = rng.uniform(0, 6) + np.linspace(0, 2 * np.pi + rng.uniform(-0.1, 0.4), 10)
        rings.append(
            ([(0.5 + 0.85 * radius * np.cos(a), middle + radius * np.sin(a)) for a in angles], True)
        )
    return rings


def _nine_head(rng: np.random.Generator, size: float) -> Points:
    """The ring of a 9, starting at its upper right, closed or slightly open."""
    x, close = 0.78, rng.uniform(-0.02, 0.12)
    return [
        (x - close, size * 0.25),
        (0.45, 0.0),
        (0.1, size * 0.45),
        (0.35, size),
        (x - 0.08, size * 0.6),
    ]


def _nine(rng: np.random.Generator) -> list[Stroke]:
    size, foot = rng.uniform(0.32, 0.58), rng.uniform(0.4, 0.85)
    head = _nine_head(rng, size)
    return [
        ([*head, (0.82, 0.08)], True),
        ([(0.82, 0.06), (0.8, 0.5), (foot, 1.0)], rng.random() < 0.5),
    ]


def _curled_nine(rng: np.random.Generator) -> list[Stroke]:
    """The tail curls to the left, from a small hook to a full bowl."""
    size, curl = rng.uniform(0.32, 0.55), rng.uniform(0.0, 0.22)
    head = _nine_head(rng, size)
    tail = [(0.84, 0.3), (0.82, 0.7), (0.6, 0.97), (0.3, 1.0), (0.08, 0.98 - curl)]
    return [([*head, (0.82, 0.1), *tail], True)]


def _waisted_nine(rng: np.random.Generator) -> list[Stroke]:
    """The stem goes left below the ring, back to the right and into a bowl, as in a script g."""
    size, waist = rng.uniform(0.35, 0.5), rng.uniform(0.45, 0.7)
    head = [(x * 0.9, y) for x, y in _nine_head(rng, size)]
    tail = [(0.7, 0.2), (waist, size + 0.06), (0.82, 0.7), (0.6, 0.97), (0.08, 0.93)]
    return [([*head, *tail], True)]


def _open_nine(rng: np.random.Generator) -> list[Stroke]:
    """The ring is open: a hook and a separate stem."""
    size, gap = rng.uniform(0.3, 0.5), rng.uniform(0.0, 0.16)
    hook: Points = [
        (0.75 - gap, 0.04),
        (0.35, 0.02),
        (0.08, size * 0.5),
        (0.35, size),
        (0.78, size * rng.uniform(0.4, 0.75)),
    ]
    stem: Points = [(0.8, rng.uniform(0.0, 0.12)), (0.8, 0.5), (rng.uniform(0.45, 0.85), 1.0)]
    return [(hook, True), (stem, rng.random() < 0.5)]


def _flat_nine(rng: np.random.Generator) -> list[Stroke]:
    """The ring is so flat that a broad pen fills it; the tail is slanted."""
    depth, foot = rng.uniform(0.14, 0.32), rng.uniform(0.0, 0.7)
    rise = rng.uniform(0.0, 0.15)  # of the ring, towards the right
    head: Points = [
        (0.8, 0.06 + rng.normal(0, 0.03)),
        (0.4, rise * 0.5),
        (0.05, rise + depth * 0.6),
        (0.3, rise + depth),
        (0.85, 0.04 + rng.uniform(0.0, 0.12)),
    ]
    middle = (0.85 * 0.55 + foot * 0.45 + rng.uniform(-0.02, 0.1), 0.5)
    return [(head, True), ([head[-1], middle, (foot, 1.0)], True)]


def _looped_seven(rng: np.random.Generator) -> list[Stroke]:
    """The bar is drawn without lifting the pen: the stem ends in a loop that crosses it."""
    corner = (rng.uniform(0.8, 1.0), rng.normal(0.02, 0.04))
    foot, y = rng.uniform(0.1, 0.45), rng.uniform(0.4, 0.6)
    middle = corner[0] + (foot - corner[0]) * y
    half = rng.uniform(0.2, 0.4)
    loop: Points = [
        corner,
        (middle, y),
        (foot, 1.0),
        (foot - rng.uniform(0.1, 0.3), rng.uniform(0.75, 0.95)),
        (middle - half, y + 0.02),
        (middle + half, y - 0.03),
    ]
    return [([(rng.uniform(0, 0.12), rng.normal(0.03, 0.04)), corner], False), (loop, True)]


def _hooked_one(rng: np.random.Generator) -> list[Stroke]:
    """A curved flag that continues into the stem, which may end in a hook."""
    reach, drop = rng.uniform(0.1, 0.4), rng.uniform(0.08, 0.45)
    end = rng.uniform(-0.2, 0.35)
    stem: Points = [
        (0.5 - reach, drop),
        (0.5 - reach * 0.3, drop * 0.35),
        (0.5, 0.0),
        (0.5 + rng.normal(0, 0.03), 0.5),
        (0.5, 0.93),
        (0.5 + end, 1.0 - abs(end) * 0.3),
    ]
    return [(stem, True)]


# One is drawn uniformly; an entry that is listed twice is twice as likely.
ALLOGRAPHS: dict[int, list[Callable[[np.random.Generator], list[Stroke]]]] = {
    0: [_zero, _zero, _looped_zero, _slashed_zero, _slashed_zero],
    1: [_one, _one, _leaning_one, _leaning_one, _hooked_one, plain_one],
    2: [_two, _two, _looped_two, _zed],
    3: [_three, _three, _looped_three],
    4: [_open_four, _hooked_four, _closed_four, _one_stroke_four, _zigzag_four, _high_four],
    5: [_five, _angular_five, _curved_five],
    6: [_six, _bent_six],
    7: [_seven, _seven, _looped_seven],
    8: [_eight, _straight_eight, _two_ring_eight],
    9: [_nine, _curled_nine, _curled_nine, _waisted_nine, _open_nine, _flat_nine],
}
