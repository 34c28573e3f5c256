"""Files from strangers: read or refused in one sentence, in bounded time and memory."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import hostile_files as hostile
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from digit_model.decode import ImageError, TooManyPixelsError, decode
from digit_model.preprocess import preprocess

WORK_SIDE = 640  # pixels
REFUSED = "(damaged|not a picture|not read|too many|too much|too large|larger than|empty|please)"
# Each by another way through the decoder; the benchmark measures the others, too.
LARGE = ["PNG, RGBA", "PNG, 16 bits", "PNG, palette and transparency", "JPEG, progressive", "GIF"]
LARGE += ["TIFF, tiles", "WebP", "WebP, animated, 16 megapixels"]
FORMATS = ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "AVIF", "PPM"]
SMALL_FILES = {kind: hostile.encoded(hostile.small(), kind) for kind in FORMATS}
SMALL_FILES["HEIC"] = hostile.heic(hostile.small())
SMALL_FILES["progressive"] = hostile.encoded(hostile.small(), "JPEG", progressive=True)
SMALL_FILES["deflated TIFF"] = hostile.encoded(hostile.small(), "TIFF", compression="tiff_lzw")
SMALL_FILES["animation"] = hostile.encoded(
    hostile.small(), "GIF", save_all=True, append_images=[Image.new("RGB", (64, 48))]
)


def memory(kind: str) -> int:
    """Megabytes of this process: VmRSS now, VmHWM at most since it was set back."""
    status = Path("/proc/self/status").read_text()
    return int(status.split(f"{kind}:")[1].split()[0]) // 1024


@contextlib.contextmanager
def bounded(*, seconds: float, megabytes: int) -> Iterator[None]:
    """Fails if the block takes more of the processor, or needs more memory."""
    Path("/proc/self/clear_refs").write_text("5")  # sets the peak back
    memory_before, start = memory("VmRSS"), time.process_time()
    yield
    assert time.process_time() - start <= seconds
    assert memory("VmHWM") - memory_before <= megabytes


def decoded(content: bytes) -> np.ndarray | None:
    """The picture, or None if it was refused as it should be."""
    try:
        rgb = decode(content, max_side=WORK_SIDE)
    except ImageError as error:
        sentence = str(error)
        assert sentence.endswith(".")
        assert "\n" not in sentence
        return None
    assert rgb.dtype == np.uint8
    assert rgb.ndim == 3
    assert rgb.shape[2] == 3
    assert 1 <= max(rgb.shape[:2]) <= WORK_SIDE
    return rgb


@pytest.mark.parametrize("name", hostile.BOMBS)
def test_bombs_are_refused_at_little_cost(name: str) -> None:
    content = hostile.BOMBS[name]()
    with bounded(seconds=2, megabytes=150):
        rgb = decoded(content)
    if "EXIF whose" in name:  # it is not looked at, or it is small
        assert rgb is not None
    else:
        with pytest.raises(ImageError, match=REFUSED):
            decode(content)


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_the_largest_pictures_are_read_in_bounded_memory(name: str) -> None:
    content = hostile.LARGE[name]()
    with bounded(seconds=5, megabytes=420):
        assert decoded(content) is not None


@pytest.mark.slow
def test_a_jpeg_is_shrunk_while_it_is_decoded_whatever_lies_behind_it() -> None:
    """Phones put a picture of depths there."""
    content = hostile.LARGE["JPEG, another behind it"]()
    with bounded(seconds=2, megabytes=100):
        assert decoded(content) is not None


@pytest.mark.parametrize("kind", SMALL_FILES)
def test_a_file_that_is_cut_short_anywhere_or_followed_by_another(kind: str) -> None:
    content = SMALL_FILES[kind]
    for length in range(0, len(content), max(1, len(content) // 30)):
        decoded(content[:length])
    whole = decoded(content)
    assert whole is not None
    polyglot = decoded(hostile.with_a_zip(content))
    assert polyglot is not None
    assert np.array_equal(polyglot, whole)


def test_a_picture_with_a_web_page_in_it_is_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "photo.html"  # nor does the name decide
    path.write_bytes(hostile.html_in_a_jpeg())
    assert decode(path).shape == (48, 64, 3)


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "link.png").symlink_to("/dev/zero")
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    names = ["link.png", "loop.png", "../" * 30 + "dev/zero", "a" * 5000, "\0.png"]
    for name in names:
        with pytest.raises(ImageError, match="can't be read"):
            decode(tmp_path / name)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.data())
def test_damaged_files_are_read_or_refused(data: st.DataObject) -> None:
    content = bytearray(SMALL_FILES[data.draw(st.sampled_from(sorted(SMALL_FILES)))])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        width = data.draw(st.integers(0, 4))
        content[place : place + width] = data.draw(st.binary(max_size=4))
    decoded(bytes(content))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    arrays.arrays(
        st.one_of(
            arrays.integer_dtypes(),
            arrays.unsigned_integer_dtypes(),
            arrays.floating_dtypes(),
            arrays.boolean_dtypes(),
            arrays.complex_number_dtypes(),
            arrays.unicode_string_dtypes(max_len=3),
        ),
        arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=40),
    )
)
def test_any_array_becomes_a_digit_or_an_error(array: np.ndarray) -> None:
    try:
        digit = preprocess(array)
    except ImageError:
        return
    assert digit.shape == (28, 28)
    assert digit.dtype == np.uint8


# ---- shrinking while decoding changes nothing


def noise(width: int, height: int) -> Image.Image:
    """Blocks of colours, larger than the pixels of the shrunk picture."""
    blocks = np.random.default_rng(0).integers(0, 256, (height // 16 + 1, width // 16 + 1, 3))
    large = np.kron(blocks.astype(np.uint8), np.ones((16, 16, 1), np.uint8))
    return Image.fromarray(large[:height, :width])


def shrink(rgb: np.ndarray) -> np.ndarray:
    """Averaged down by the smallest whole factor that is enough; what is beyond is cut off."""
    factor = -(-max(rgb.shape) // WORK_SIDE)
    rows, columns = (max(1, side // factor) for side in rgb.shape[:2])
    return cv2.resize(
        rgb[: rows * factor, : columns * factor], (columns, rows), interpolation=cv2.INTER_AREA
    )


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I", "I;16", "F"])
def test_a_picture_shrunk_while_it_is_decoded_is_the_shrunk_picture(mode: str) -> None:
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(noise(2107, 1301).convert("L")).astype(np.uint16) * 9)
    else:
        picture = noise(2107, 1301).convert(mode)
    if mode in ("LA", "RGBA"):
        picture.putalpha(noise(2107, 1301).convert("L"))
    assert np.array_equal(decode(picture, max_side=WORK_SIDE), shrink(decode(picture)))


@pytest.mark.parametrize("size", [(70_001, 3), (3, 70_001), (5000, 1), (641, 640)])
def test_long_pictures_are_shrunk_too(size: tuple[int, int]) -> None:
    picture = noise(*size)
    assert np.array_equal(decode(picture, max_side=WORK_SIDE), shrink(decode(picture)))


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_pictures_are_cut_at_the_same_edge(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    content = hostile.encoded(noise(1303, 701), kind, exif=exif.tobytes(), **options)
    assert np.array_equal(decode(content, max_side=WORK_SIDE), shrink(decode(content)))


@pytest.mark.parametrize("orientation", [1, 4, 6, 7])  # as it is, mirrored, turned and both
def test_a_photograph_shrunk_by_its_decoder_looks_the_same(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = hostile.encoded(noise(4032, 3024), "JPEG", exif=exif.tobytes(), quality=90)
    shrunk, reference = decode(content, max_side=WORK_SIDE), shrink(decode(content))
    assert shrunk.shape == reference.shape
    assert np.abs(shrunk.astype(int) - reference).mean() < 2.5  # grey levels


def test_the_number_of_pixels_can_be_bounded() -> None:
    with pytest.raises(TooManyPixelsError, match="more than 4 megapixels"):
        decode(hostile.png(3000, 3000), max_pixels=4 * 10**6)
