"""Any picture a person sends comes back upright, in RGB, or is refused in one sentence."""

import contextlib
import io
import struct
import sys
import threading
import warnings
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hostile_files import encoded, heic
from PIL import Image, UnidentifiedImageError

from digit_model.decode import MAX_FILE_BYTES, MAX_PIXELS, ImageError, decode


@pytest.fixture
def sheet() -> Image.Image:
    """White, 40 × 30, with a dark bar along the left of its upper half."""
    pixels = np.full((30, 40), 255, np.uint8)
    pixels[2:15, 3:8] = 10
    return Image.fromarray(pixels)


def png_header(width: int, height: int) -> bytes:
    """A valid PNG of a few bytes that claims any size."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + checksum

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I", "I;16", "F"])
def test_every_mode_shows_the_same_picture(sheet: Image.Image, mode: str) -> None:
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(sheet).astype(np.uint16) * 257)
    else:
        picture = sheet.convert(mode)
    reference = decode(sheet).astype(int)
    tolerance = 10 if mode == "1" else 2
    assert np.abs(decode(picture).astype(int) - reference).max() <= tolerance


@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF"])
def test_bytes_and_paths_of_common_formats(sheet: Image.Image, format: str, tmp_path: Path) -> None:
    content = encoded(sheet.convert("RGB"), format)
    path = tmp_path / "picture"
    path.write_bytes(content)
    assert decode(content).shape == (30, 40, 3)
    assert np.array_equal(decode(path), decode(content))
    assert np.array_equal(decode(str(path)), decode(content))


def test_exif_rotation_is_undone(sheet: Image.Image) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned a quarter to the right
    turned = sheet.transpose(Image.Transpose.ROTATE_90)
    upright = decode(encoded(turned, exif=exif.tobytes()))
    assert np.array_equal(upright, decode(sheet))
    webp = decode(encoded(turned, "WEBP", exif=exif.tobytes(), lossless=True))
    assert np.array_equal(webp, decode(sheet.convert("RGB")))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_from_an_iphone_is_turned_once(sheet: Image.Image, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation  # in the EXIF block and in a box of HEIF's own, as iPhones write it
    content = heic(sheet.convert("RGB"), exif=exif.tobytes(), quality=-1)
    reference = decode(encoded(sheet, exif=exif.tobytes())).astype(int)
    assert np.abs(decode(content).astype(int) - reference).max() <= 8


@pytest.mark.parametrize("mode", ["L", "RGBA", "I;16"])
def test_heic_of_other_kinds(sheet: Image.Image, mode: str) -> None:
    if mode == "I;16":  # ten bits
        picture = Image.fromarray(np.asarray(sheet).astype(np.uint16) * 257)
    else:
        picture = sheet.convert(mode)
    reference = decode(sheet).astype(int)
    assert np.abs(decode(heic(picture, quality=-1)).astype(int) - reference).max() <= 8


def test_without_its_decoder_heic_is_refused_with_what_to_do(
    sheet: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = heic(sheet.convert("RGB"))
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(ImageError, match="install pillow-heif to read it, or send it as JPEG"):
        decode(content)


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (200, 30, 30), (250, 240, 120)])
def test_ink_on_transparency_stays_visible(colour: tuple[int, int, int]) -> None:
    pixels = np.zeros((30, 40, 4), np.uint8)
    pixels[5:20, 10:14] = (*colour, 255)
    rgb = decode(Image.fromarray(pixels)).astype(int)
    assert np.abs(rgb[10, 12] - rgb[25, 30]).max() >= 100


@pytest.mark.parametrize("alpha", [1, 127, 128, 254])
def test_a_picture_that_is_transparent_all_over_is_read(sheet: Image.Image, alpha: int) -> None:
    faint = sheet.convert("RGBA")
    faint.putalpha(alpha)
    rgb = decode(faint)
    assert rgb.shape == (*sheet.size[::-1], 3)


def test_a_sheet_with_a_transparent_border_keeps_its_paper(sheet: Image.Image) -> None:
    padded = Image.new("RGBA", (48, 36), (0, 0, 0, 0))
    padded.paste(sheet.convert("RGBA"), (4, 3))
    rgb = decode(padded)
    assert rgb[0, 0].tolist() == [255, 255, 255]
    assert rgb[10, 8].tolist() == [10, 10, 10]


def test_the_first_frame_of_an_animation_is_read(sheet: Image.Image) -> None:
    second = Image.new("L", sheet.size, 0)
    content = encoded(sheet, "GIF", save_all=True, append_images=[second])
    assert np.array_equal(decode(content), decode(sheet))


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    assert np.abs(decode(Image.fromarray(ramp))[..., 0].ravel() - np.arange(256)).max() <= 1


@pytest.mark.parametrize(
    "array",
    [
        *(np.eye(9, dtype=bool), np.eye(9, dtype=np.uint8), np.eye(9)),
        *(np.eye(9, dtype=np.uint8) * 255, np.eye(9, dtype=np.float32) * 255),
    ],
)
def test_arrays_of_other_types_have_the_range_of_their_type(array: np.ndarray) -> None:
    assert np.array_equal(decode(array)[..., 0], np.eye(9, dtype=np.uint8) * 255)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_mask_of_0_and_1_is_the_same_as_an_array_and_as_any_file(mode: str) -> None:
    mask = np.zeros((300, 400), np.uint8)
    mask[20:150, 30:80] = 1
    picture = Image.fromarray(mask).convert(mode)
    shown = decode(mask, max_side=100)
    assert shown.max() == 255
    for content in (encoded(picture, "PNG"), encoded(picture, "WEBP", lossless=True), picture):
        assert np.array_equal(decode(content, max_side=100), shown)
        assert np.array_equal(decode(decode(content)), decode(content))


def test_overshoot_of_resampling_and_masks_of_small_integers() -> None:
    overshoot = np.eye(9, dtype=np.float32) * 1.23
    assert np.array_equal(decode(overshoot)[..., 0], np.eye(9, dtype=np.uint8) * 255)
    assert np.array_equal(decode(np.eye(9, dtype=np.int64))[..., 0], np.eye(9) * 255)
    coloured = np.repeat(np.eye(9, dtype=np.uint8)[..., None], 3, axis=2)
    assert np.array_equal(decode(coloured), coloured * 255)


def test_values_that_are_no_numbers_are_paper_black() -> None:
    array = np.ones((5, 5), np.float32)
    array[2, 2], array[3, 3] = np.nan, np.inf
    assert decode(array)[2, 2, 0] == decode(array)[3, 3, 0] == 0


def test_the_editor_value_of_gradio() -> None:
    layer = np.zeros((12, 12, 4), np.uint8)
    layer[3:9, 5:7] = (0, 0, 0, 255)
    background = np.full((12, 12, 4), 255, np.uint8)
    laid = decode({"background": background, "layers": [layer], "composite": None})
    assert laid[5, 5, 0] == 0
    assert laid[0, 0, 0] == 255
    assert np.array_equal(decode({"composite": laid, "layers": [], "background": None}), laid)
    as_file = encoded(Image.fromarray(layer))
    assert np.array_equal(decode({"background": background, "layers": [as_file]}), laid)
    with pytest.raises(ImageError, match="neither a background nor a layer"):
        decode({"background": None, "layers": 7})
    with pytest.raises(ImageError, match="differ in size"):
        decode({"background": background, "layers": [layer[:5]]})
    with pytest.raises(ImageError, match="neither a background nor a layer"):
        decode({"background": None, "layers": [], "composite": None})


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"just some text", "not a picture"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00", "damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 40, "not a picture"),
        (png_header(12_000, 12_000), "64 megapixels"),
        (png_header(60_000, 60_000), "64 megapixels"),
        (png_header(30, 30), "damaged"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
    ],
)
def test_bad_files_are_refused_in_one_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(ImageError, match=sentence) as raised:
        decode(content)
    assert "\n" not in str(raised.value)
    assert str(raised.value).endswith(".")


@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF", "WEBP", "TIFF"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_truncated_files_are_refused(format: str, part: float) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (60, 60, 3), np.uint8)
    content = encoded(Image.fromarray(noise), format)
    content = content[: int(len(content) * part)]
    with pytest.raises(ImageError):
        decode(content)
    with contextlib.suppress(UnidentifiedImageError, OSError), pytest.raises(ImageError):
        decode(Image.open(io.BytesIO(content)))  # opened, and its pixels not yet read


def test_a_closed_picture_is_refused(sheet: Image.Image) -> None:
    closed = Image.open(io.BytesIO(encoded(sheet)))
    closed.close()
    with pytest.raises(ImageError):
        decode(closed)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.png", tmp_path, "a\0b.png", ""):
        with pytest.raises(ImageError, match=r"^The file( [^ ]+)? can't be read"):
            decode(path)


@pytest.mark.parametrize(
    "value", [None, 7, ["a"], np.zeros((2, 3, 5)), np.zeros(4), np.array(["a"])]
)
def test_values_that_are_no_picture(value: Any) -> None:
    with pytest.raises(ImageError):
        decode(value)


def test_no_pixels_and_too_many() -> None:
    with pytest.raises(ImageError, match="no pixels"):
        decode(np.zeros((0, 5), np.uint8))
    stride_trick = np.broadcast_to(np.uint8(0), (MAX_PIXELS // 8 + 1, 8))
    with pytest.raises(ImageError, match="too large"):
        decode(np.asarray(stride_trick))


class SlowPicture(Image.Image):
    """Its pixels are there once ``on_load`` has returned."""

    def __init__(self, picture: Image.Image, on_load: Callable[[], object]) -> None:
        self.__dict__.update(picture.__dict__)
        self._on_load = on_load

    def load(self) -> Any:
        self._on_load()
        return super().load()


def test_threads_leave_the_program_s_warnings_as_they_were(sheet: Image.Image) -> None:
    before = list(warnings.filters)
    second_has_begun, first_has_ended = threading.Event(), threading.Event()

    def load_second() -> None:
        second_has_begun.set()
        assert first_has_ended.wait(20)

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(decode, SlowPicture(sheet, lambda: second_has_begun.wait(20)))
        second = threads.submit(decode, SlowPicture(sheet, load_second))
        first.result()
        first_has_ended.set()
        second.result()
    assert warnings.filters == before


def test_a_film_is_not_read_into_memory(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    with film.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)  # sparse
    with pytest.raises(ImageError, match=r"film\.mp4 is too large"):
        decode(film)
