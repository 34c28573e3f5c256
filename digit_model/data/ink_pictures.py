"""Pictures with their ink, for the network that finds it: scenes, and looks at what is in them."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from digit_model.data.camera import jpeg
from digit_model.data.letters import draw_letter
from digit_model.data.number_pictures import as_drawing, random_marks, random_page
from digit_model.data.parallel import map_parallel
from digit_model.data.pens import log_uniform
from digit_model.data.photographs import KINDS, UNSEEN, photograph, random_kind, written_side
from digit_model.data.rendering import vary_strokes
from digit_model.data.streams import Stream
from digit_model.data.strokes import Drawing, PenDigit, pen_digits, unit_drawing
from digit_model.data.synthetic import draw_allograph, interpolate, scribble
from digit_model.ink.looks import LOOK_SIDE, Window, around, look

Writing = tuple[Drawing, float]  # and the height of its digits in the unit box

LONGEST = 7  # marks in a line of a number
LEAST_HEIGHT = 9  # pixels, of a number's digits: lower ones are illegible
TEXTURES = 0.03  # of the pictures: noise and gradients, without a scene
# Shares of the scenes: cut, of few pixels, without colour, cleaned as a scanner's program does.
CROPPED, SHRUNK, GREY, CLEANED = 0.3, 0.15, 0.25, 0.1
FEWEST_PIXELS = 48  # side of a shrunk picture
# The second look's window, in longer sides of what was written; it is never quite in the middle.
WINDOW, OFF_CENTRE = (1.15, 2.2), 0.12
# Of a number, it is a part, of so many heights of a digit; some that has ink near its middle.
PART_OF_NUMBER = (2.0, 9.0)
# Writing that stands alone is found as ink: without a digit these would be mistaken for one.
OTHER_WRITING = ("ring", "underline", "neighbour", "box", "form")
LEGIBLE = 0.7  # share of the ink that has to be left in a cropped picture
FULL_INK = 0.5  # share of a pixel that ink covers from which it counts as full: lines stay whole


def ink_pictures(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Training pictures, uint8 (count, 160, 160, 3), and their ink, uint8 (count, 160, 160).

    Half of them show whole scenes, half what a second look at the digit shows. 255 = ink.
    """
    jobs = [(seed, Stream.INK_PICTURES, number) for number in range(count // 2)]
    drawn = map_parallel(_draw_pair, jobs, title="ink pictures")
    drawn = drawn.reshape(-1, LOOK_SIDE, LOOK_SIDE, 4)
    return drawn[..., :3], drawn[..., 3]


def development_pictures(digits: Sequence[PenDigit]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """These digits in whole scenes, as :func:`ink_pictures`, of "seen" and "unseen" kinds."""
    sets = {}
    for name, kinds in (("seen", KINDS.keys() - UNSEEN), ("unseen", UNSEEN)):
        names = sorted(kinds)
        drawn = np.stack(
            [
                _whole(*photograph(digit.drawing, KINDS[names[number % len(names)]], rng))
                for number, digit in enumerate(digits)
                if (rng := np.random.default_rng((Stream.INK_DEVELOPMENT, number)))
            ]
        )
        sets[name] = drawn[..., :3], drawn[..., 3]
    return sets


def _draw_pair(seed: tuple[int, ...]) -> np.ndarray:
    """A whole scene and a second look at it: uint8 (2, 160, 160, 4), RGB and ink."""
    rng = np.random.default_rng(seed)
    if rng.random() < TEXTURES:
        return np.stack([_texture(rng), _texture(rng)])
    picture, ink, digit = _random_scene(rng)
    if rng.random() < CROPPED:
        picture, ink = _cropped(picture, ink, rng)
    if rng.random() < SHRUNK:
        scale = min(1.0, rng.uniform(FEWEST_PIXELS, 180) / min(ink.shape))
        picture, ink = (
            cv2.resize(array, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            for array in (picture, ink)
        )
    if rng.random() < GREY:
        picture = np.repeat(picture.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    if rng.random() < CLEANED:
        picture = _cleaned(picture, rng)
    return np.stack([_whole(picture, ink), _look(picture, ink, _random_window(ink, digit, rng))])


def _random_scene(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float]:
    """A photograph, its ink, and the height of its digits in the longer side of what is written."""
    while True:
        (drawing, digit), kind = _random_writing(rng), random_kind(rng)
        while not drawing and kind.clutter in OTHER_WRITING:
            kind = random_kind(rng)
        picture, ink = photograph(drawing, kind, rng, digit=digit)
        if digit == 1 or digit * written_side(ink) >= LEAST_HEIGHT:
            return picture, ink, digit


def _random_writing(rng: np.random.Generator) -> Writing:
    """What is written in the unit box, and the height of its digits in it."""
    bounds = np.cumsum([share for share, _ in WRITINGS])[:-1]
    _, write = WRITINGS[int(np.searchsorted(bounds, rng.random(), side="right"))]
    return write(rng)


def _synthetic(rng: np.random.Generator) -> Writing:
    return draw_allograph(int(rng.integers(10)), rng), 1.0


def _letter(rng: np.random.Generator) -> Writing:
    return vary_strokes(draw_letter(rng), rng), 1.0


def _scribble(rng: np.random.Generator) -> Writing:
    return unit_drawing([interpolate(scribble(rng), curved=rng.random() < 0.7)]), 1.0


def _number(rng: np.random.Generator) -> Writing:
    return as_drawing(random_marks(rng, "training", LONGEST))


def _page(rng: np.random.Generator) -> Writing:
    return as_drawing(random_page(rng, "training"))


def _nothing(_rng: np.random.Generator) -> Writing:
    return [], 1.0


def _recorded(rng: np.random.Generator) -> Writing:
    digits = pen_digits("training")
    return vary_strokes(digits[rng.integers(len(digits))].drawing, rng, strength=0.8), 1.0


# What is written, each in a share of the scenes; they add up to 1.
WRITINGS: tuple[tuple[float, Callable[[np.random.Generator], Writing]], ...] = (
    (0.12, _synthetic),
    (0.1, _letter),
    (0.04, _scribble),
    (0.25, _number),
    (0.1, _page),
    (0.09, _nothing),
    (0.3, _recorded),
)


def _cropped(
    picture: np.ndarray, ink: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """A random part of a picture, at least half as wide and high, with most of its ink."""
    side = picture.shape[0]
    width, height = rng.integers(side // 2, side + 1, 2)
    left, top = rng.integers(0, side - width + 1), rng.integers(0, side - height + 1)
    area = slice(top, top + height), slice(left, left + width)
    legible = ink[area].sum() >= LEGIBLE * ink.sum()
    return (picture[area], ink[area]) if legible else (picture, ink)


def _cleaned(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """With dark grey levels made black and light ones white, as a JPEG."""
    low, high = np.percentile(picture, [rng.uniform(0, 3), rng.uniform(20, 70)])
    stretched = (picture - low) * (255.0 / max(high - low, 20.0))
    return jpeg(np.clip(stretched, 0, 255).astype(np.uint8), int(rng.integers(40, 96)))


def _random_window(ink: np.ndarray, digit: float, rng: np.random.Generator) -> Window:
    """Around the ink, about as a first look finds it; anywhere if there is none.

    If ``digit``, the height of its digits in its longer side, is below 1, around a part of it.
    """
    rows, columns = ink.shape
    full = ink > FULL_INK
    left, top, width, height = cv2.boundingRect(full.view(np.uint8))
    if width and digit < 1:
        x, y = rng.choice(np.argwhere(full))[::-1].tolist()
        side = max(8, round(digit * max(width, height)))
        return around((x, y, x + side, y + side), log_uniform(PART_OF_NUMBER, rng), ink.shape)
    if not width:
        width = height = max(8, int(min(rows, columns) * rng.uniform(0.2, 0.7)))
        left, top = rng.integers(0, columns - width + 1), rng.integers(0, rows - height + 1)
    x, y = rng.normal(0, OFF_CENTRE, 2) * max(width, height)
    box = (round(left + x), round(top + y), round(left + x + width), round(top + y + height))
    window = around(box, rng.uniform(*WINDOW), ink.shape)
    return window if window[0] < window[2] and window[1] < window[3] else (0, 0, columns, rows)


def _whole(picture: np.ndarray, ink: np.ndarray) -> np.ndarray:
    return _look(picture, ink, (0, 0, picture.shape[1], picture.shape[0]))


def _look(picture: np.ndarray, ink: np.ndarray, window: Window) -> np.ndarray:
    """A look and the ink in it, stretched to a square: uint8 (160, 160, 4)."""
    seen = look(np.dstack([picture, np.rint(255 * ink).astype(np.uint8)]), window)
    seen = cv2.resize(seen, (LOOK_SIDE, LOOK_SIDE), interpolation=cv2.INTER_LINEAR)
    seen[..., 3] = np.clip(seen[..., 3] / FULL_INK, 0, 255).astype(np.uint8)
    return seen


def _texture(rng: np.random.Generator) -> np.ndarray:
    """Noise of any grain on a gradient, without ink: uint8 (160, 160, 4)."""
    y, x = np.mgrid[:LOOK_SIDE, :LOOK_SIDE] / LOOK_SIDE - 0.5
    slope = rng.normal(0, 60, 2) * (rng.random() < 0.7)
    light = np.asarray(rng.uniform(30, 230) + slope[0] * x + slope[1] * y)[..., None]
    grain: np.ndarray = rng.normal(size=(LOOK_SIDE, LOOK_SIDE, int(rng.choice([1, 3]))))
    if rng.random() < 0.6:  # paper's fibres, blotches
        sigma = float(np.exp(rng.uniform(np.log(0.5), np.log(8))))
        grain = cv2.GaussianBlur(grain, (0, 0), sigma).reshape(grain.shape)
    deviation = float(np.exp(rng.uniform(np.log(1), np.log(80))))
    grain *= deviation / max(float(grain.std()), 1e-6)
    seen = np.zeros((LOOK_SIDE, LOOK_SIDE, 4), np.uint8)
    seen[..., :3] = np.clip(light + grain, 0, 255)
    return seen
