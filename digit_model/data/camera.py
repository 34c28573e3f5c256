"""How a scene is lit and photographed: perspective, light, reflections, lens, sensor, JPEG.

Scenes are float32 RGB (side, side, 3), 1 = white paper in full light.
"""

import math

import cv2
import numpy as np

from digit_model.data.paper import noise


def random_homography(side: int, askew: bool, rng: np.random.Generator) -> np.ndarray:
    """A small rotation and perspective, (3, 3), pixels to pixels; ``askew``: a large rotation."""
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32) * side
    angle, shift = rng.normal(0, 0.06), rng.normal(0, 0.02, (4, 2)) * side
    if askew:
        angle = rng.choice([-1, 1]) * rng.uniform(0.15, 0.5)
    cos, sin = np.cos(angle), np.sin(angle)
    moved = (corners - side / 2) @ np.array([[cos, sin], [-sin, cos]]) + side / 2 + shift
    return cv2.getPerspectiveTransform(corners, moved.astype(np.float32))


def illumination(side: int, light: str, rng: np.random.Generator) -> np.ndarray:
    """Brightness, float32 (side, side, 1 or 3): a linear gradient, a lamp and what ``light`` names.

    That is a "shadow" with an edge, "two lamps" with their shadows, or "coloured" light.
    """
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side - 0.5
    # Numbers of Python's, here and below: those of NumPy would make float64 of the arrays.
    gradient, centre = rng.normal(0, 0.25, 2).tolist(), rng.uniform(-0.5, 0.5, 2).tolist()
    falloff = rng.uniform(0, 0.35) * ((x - centre[0]) ** 2 + (y - centre[1]) ** 2)
    level = rng.uniform(0.65, 1.0) * (1 + gradient[0] * x + gradient[1] * y - falloff)
    for _ in range({"shadow": 1, "two lamps": 2}.get(light, 0)):
        angle, offset = rng.uniform(0, 2 * np.pi), rng.uniform(-0.3, 0.3)
        cos, sin = math.cos(angle), math.sin(angle)
        distance = x * cos + y * sin - offset
        if rng.random() < 0.5:  # the round shadow of a hand or a head
            distance = np.hypot(x - cos * 0.6, y - sin * 0.6) - 0.5 - offset / 2
        softness = math.exp(rng.uniform(math.log(0.004), math.log(0.12)))
        level *= 1 - rng.uniform(0.25, 0.6) / (1 + np.exp(np.clip(distance / softness, -30, 30)))
    colour = np.ones(3, np.float32)
    if light == "coloured":
        colour = np.array(rng.uniform(0.45, 1.0, 3), np.float32)
        colour /= colour.max()
    return np.asarray(np.maximum(level, 0.03)[..., None] * colour, np.float32)


def glare(side: int, rng: np.random.Generator) -> np.ndarray:
    """Reflection of a lamp, to be added: float32 (side, side), a round or elongated Gaussian."""
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side
    centre, radius = rng.uniform(0.1, 0.9, 2).tolist(), rng.uniform(0.03, 0.1, 2).tolist()
    squared_distance = ((x - centre[0]) / radius[0]) ** 2 + ((y - centre[1]) / radius[1]) ** 2
    return np.asarray(rng.uniform(0.3, 1.0) * np.exp(-squared_distance / 2), np.float32)


def expose(scene: np.ndarray, defect: str, rng: np.random.Generator) -> np.ndarray:
    """Lens blur, exposure, sensor noise and JPEG: float scene → uint8 RGB.

    Args:
        scene: float32 (side, side, 3).
        defect: "low quality", a "dark room", "motion" blur, the "moiré" of a screen, or "".
        rng: random numbers.
    """
    side = scene.shape[0]
    low_quality = defect == "low quality"
    if defect == "motion":
        length = max(3, round(side * rng.uniform(0.01, 0.03)))
        kernel = np.zeros((length, length), np.float32)
        angle, middle = rng.uniform(0, np.pi), (length - 1) / 2
        step = np.array([np.cos(angle), np.sin(angle)]) * middle
        ends = [np.rint(middle + sign * step).astype(int).tolist() for sign in (-1, 1)]
        cv2.line(kernel, ends[0], ends[1], 1.0)
        scene = cv2.filter2D(scene, -1, kernel / kernel.sum())
    if defect == "moiré":
        y, x = np.mgrid[:side, :side].astype(np.float32)
        for channel in range(3):
            waves = (rng.uniform(0.1, 0.7, 2) * rng.choice([-1, 1], 2)).tolist()
            bend = 3 * noise(side, side / 3, rng)
            pattern = np.sin(waves[0] * x + waves[1] * y + bend)
            scene[..., channel] *= 1 + rng.uniform(0.05, 0.15) * pattern
    blur = rng.uniform(0.3, 1.0) + (rng.uniform(0, 0.004) * side)
    scene = cv2.GaussianBlur(scene, (0, 0), blur)
    level = rng.uniform(0.1, 0.3) if defect == "dark room" else rng.uniform(0.85, 1.1)
    grey_noise = rng.normal(0, 1, (side, side, 1)).astype(np.float32)
    exposed = 235 * scene * level
    exposed += grey_noise * (rng.uniform(6, 14) if low_quality else rng.uniform(0.5, 5))
    if defect == "dark room":
        exposed += 4 * rng.normal(0, 1, (side, side, 3)).astype(np.float32)
    pixels = np.clip(exposed, 0, 255).astype(np.uint8)
    quality = int(rng.integers(25, 55) if low_quality else rng.integers(55, 96))
    return jpeg(pixels, quality)


def jpeg(pixels: np.ndarray, quality: int) -> np.ndarray:
    """uint8 RGB as it comes back from a JPEG file of a quality from 0 to 100."""
    bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)  # JPEG keeps brightness better than colour
    coded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    decoded = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR))
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)
