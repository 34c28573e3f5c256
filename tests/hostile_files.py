"""Files that are made to cost a decoder much, or to be taken for something else; all generated."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image

SIDE = 8192  # 64 megapixels
MAKER = Callable[[], bytes]


def encoded(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def small() -> Image.Image:
    """A dark bar on white."""
    pixels = np.full((48, 64, 3), 255, np.uint8)
    pixels[8:40, 28:36] = 20
    return Image.fromarray(pixels)


# ---- PNG


def png_chunk(kind: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


def png(
    width: int,
    height: int,
    *,
    bits: int = 8,
    colour: int = 0,
    before: bytes = b"",
    after: bytes = b"",
    is_complete: bool = True,
) -> bytes:
    """A PNG of zeros; ``colour`` is PNG's colour type."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    row = bytes(1 + -(-width * channels * bits // 8))
    packer = zlib.compressobj(1)
    rows = [packer.compress(row) for _ in range(height if is_complete else 0)]
    data = b"".join(rows) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    palette = png_chunk(b"PLTE", bytes(range(256)) * 3) if colour == 3 else b""
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            png_chunk(b"IHDR", header),
            palette,
            before,
            png_chunk(b"IDAT", data),
            after,
            png_chunk(b"IEND", b""),
        )
    )


def png_with_private_chunks() -> bytes:
    return png(64, 64, before=png_chunk(b"prVt", b"") * 1_000_000)


def png_with_text_bombs() -> bytes:
    text = png_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(1_000_000)))
    return png(64, 64, before=text * 20_000)


def png_with_profile_bombs() -> bytes:
    profile = png_chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(1_000_000)))
    return png(64, 64, before=profile * 20_000)


def png_with_an_exif_bomb() -> bytes:
    return png(64, 64, before=png_chunk(b"eXIf", exif_bomb(1 << 20)))


def exif_bomb(size: int) -> bytes:
    """Half of it are entries, each of which has the other half for its value."""
    count = min(65535, size // 24)
    value_at = 10 + 12 * count
    entries = b"".join(
        struct.pack("<HHII", tag, 1, size - value_at, value_at) for tag in range(count)
    )
    return (struct.pack("<2sHIH", b"II", 42, 8, count) + entries).ljust(size, b"\0")


# ---- JPEG


def jpeg_with_scans(count: int, side: int = 4096) -> bytes:
    """A progressive JPEG whose last scan is repeated."""
    content = encoded(Image.new("L", (side, side), 200), "JPEG", progressive=True)
    last = content.rindex(b"\xff\xda")
    return content[:last] + content[last:-2] * count + b"\xff\xd9"


def jpeg_with_segments(marker: int, head: bytes, size: int, count: int) -> bytes:
    body = encoded(small(), "JPEG")
    payload = head.ljust(size, b"\0")
    segment = struct.pack(">BBH", 0xFF, marker, 2 + size) + payload
    return body[:2] + segment * count + body[2:]


def jpeg_of_photoshop_resources() -> bytes:
    resource = b"8BIM" + struct.pack(">HBBI", 1000, 0, 0, 0)
    return jpeg_with_segments(0xED, b"Photoshop 3.0\0" + resource * 5400, 65_000, 700)


def jpeg_arithmetic() -> bytes:
    content = encoded(small(), "JPEG")
    return content.replace(b"\xff\xc0", b"\xff\xc9", 1)


def html_in_a_jpeg() -> bytes:
    return jpeg_with_segments(0xFE, b"<html><script>alert(1)</script></html>", 200, 1)


# ---- GIF


def gif_with_comments(count: int) -> bytes:
    content = encoded(small().quantize(4), "GIF")
    palette_end = 13 + (3 << (content[10] & 7) + 1)
    comment = b"!\xfe" + (b"\xff" + bytes(255)) * count + b"\0"
    return content[:palette_end] + comment + content[palette_end:]


def gif_with_extensions() -> bytes:
    content = encoded(small().quantize(4), "GIF")
    palette_end = 13 + (3 << (content[10] & 7) + 1)
    return content[:palette_end] + b"!\x01\0" * 3_000_000 + content[palette_end:]


def gif_with_junk() -> bytes:
    content = encoded(small().quantize(4), "GIF")
    palette_end = 13 + (3 << (content[10] & 7) + 1)
    return content[:palette_end] + b"\x01" * 20_000_000 + content[palette_end:]


# ---- TIFF


def tiff(tags: Iterable[tuple[int, tuple[int, ...]]], data: bytes = b"", order: str = "<") -> bytes:
    """A TIFF of these tags, each of LONGs; its data begin at byte 8."""
    tags = sorted(tags, key=itemgetter(0))
    place = 8 + len(data)
    values_at = place + 2 + 12 * len(tags) + 4
    directory, values = struct.pack(f"{order}H", len(tags)), b""
    for tag, numbers in tags:
        packed = struct.pack(f"{order}{len(numbers)}I", *numbers)
        if len(packed) > 4:
            packed, values = (
                struct.pack(f"{order}I", values_at + len(values)),
                values + packed,
            )
        directory += struct.pack(f"{order}HHI", tag, 4, len(numbers)) + packed
    head = struct.pack(f"{order}2sHI", b"II" if order == "<" else b"MM", 42, place)
    return head + data + directory + struct.pack(f"{order}I", 0) + values


def tiff_with_a_huge_tile(*others: tuple[int, tuple[int, ...]]) -> bytes:
    """With other tags, that come after those of the same number."""
    data = zlib.compress(bytes(1 << 20))
    size = {256: (64,), 257: (64,), 258: (8,), 259: (8,), 262: (1,), 277: (1,)}
    tile = {322: (46_000,), 323: (46_000,), 324: (8,), 325: (len(data),)}
    return tiff([*(size | tile).items(), *others], data)


def tiff_with_a_huge_signed_tile() -> bytes:
    """Whose sides are SLONGs."""
    content = tiff_with_a_huge_tile()
    for tag in (322, 323):
        content = content.replace(struct.pack("<HHI", tag, 4, 1), struct.pack("<HHI", tag, 9, 1))
    return content


def tiff_with_a_tag_beyond_its_end() -> bytes:
    """Of a huge tile, too: decoders pass over that tag."""
    content = tiff_with_a_huge_tile((254, (0, 0)))
    place = content.index(struct.pack("<HHI", 254, 4, 2)) + 8
    return content[:place] + struct.pack("<I", 2**31) + content[place + 4 :]


def tiff_with_two_sizes_of_its_tile() -> bytes:
    """The huge one first, which libtiff takes."""
    return tiff_with_a_huge_tile((322, (64,)), (323, (64,)))


def tiff_with_shared_strips() -> bytes:
    """Each of 8192 strips is the same megabyte of empty deflate blocks."""
    data = b"\x78\x9c" + b"\0\0\0\xff\xff" * 200_000
    size = {256: (SIDE,), 257: (SIDE,), 258: (8,), 259: (8,), 262: (1,), 277: (1,)}
    strips = {273: (8,) * SIDE, 278: (1,), 279: (len(data),) * SIDE}
    return tiff((size | strips).items(), data)


def tiff_with_many_tiles() -> bytes:
    count = 4_000_000
    size = {256: (SIDE,), 257: (SIDE,), 258: (8,), 259: (1,), 262: (1,), 277: (1,)}
    strips = {273: (8,) * count, 278: (1,), 279: (1,) * count}
    return tiff((size | strips).items(), bytes(64))


def tiff_with_overlapping_tags() -> bytes:
    return exif_bomb(1 << 20)


def tiff_in_a_circle() -> bytes:
    """The directory that its EXIF tag leads to is its own."""
    return tiff([(34665, (8,))])


def tiff_of_tiles() -> bytes:
    """64 megapixels of 512 x 512 tiles, deflated."""
    data = zlib.compress(bytes(512 * 512))
    count = (SIDE // 512) ** 2
    size = {256: (SIDE,), 257: (SIDE,), 258: (8,), 259: (8,), 262: (1,), 277: (1,)}
    tiles = {322: (512,), 323: (512,)}
    places = tuple(8 + n * len(data) for n in range(count))
    parts = {324: places, 325: (len(data),) * count}
    return tiff([*(size | tiles).items(), *parts.items()], data * count)


# ---- the others


def pgm(maxval: int = 255, side: int = 4096) -> bytes:
    return b"P5\n%d %d\n%d\n" % (side, side, maxval) + bytes(side * side * (1 + (maxval > 255)))


def ppm_in_text() -> bytes:
    return b"P3 2000 2000 255\n" + b"9 " * 12_000_000


def ppm_with_a_long_header() -> bytes:
    return b"P5\n#" + b"a" * 30_000_000 + b"\n2 2 255\n1234"


def bmp_run_length() -> bytes:
    width, height = 4096, 4096
    data = b"\x01\x00" * (width * height) + b"\0\1"
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(data), 0, 0, 256, 0)
    palette = bytes(1024)
    offset = 14 + len(head) + len(palette)
    start = struct.pack("<2sIHHI", b"BM", offset + len(data), 0, 0, offset)
    return start + head + palette + data


def animated_webp(side: int) -> bytes:
    """A canvas of this side with a frame of one pixel."""
    still = encoded(Image.new("RGB", (1, 1)), "WEBP", lossless=True)[12:]
    canvas = (side - 1).to_bytes(3, "little")
    frame = bytes(12) + (100).to_bytes(3, "little") + b"\0" + still

    def chunk(kind: bytes, content: bytes) -> bytes:
        return kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)

    body = b"WEBP" + chunk(b"VP8X", b"\x02\0\0\0" + canvas * 2)
    body += chunk(b"ANIM", bytes(6)) + chunk(b"ANMF", frame) * 2
    return b"RIFF" + struct.pack("<I", len(body)) + body


def heic(picture: Image.Image, **options: Any) -> bytes:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(picture).save(buffer, **options)
    return buffer.getvalue()


def heic_that_says(width: int, height: int) -> bytes:
    """A picture of 64 x 48 whose header says that it is of another size."""
    content = heic(small())
    place = content.index(b"ispe") + 8
    return content[:place] + struct.pack(">II", width, height) + content[place + 8 :]


def with_a_zip(content: bytes) -> bytes:
    """A file that is a picture and, read from its end, a ZIP or a Java archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("../../evil.txt", "evil")
    return content + buffer.getvalue()


# Refused, or read, at little cost.
BOMBS: dict[str, MAKER] = {
    "PNG, a million private chunks": png_with_private_chunks,
    "PNG, texts of 20 GB": png_with_text_bombs,
    "PNG, colour profiles of 20 GB": png_with_profile_bombs,
    "PNG, EXIF whose entries share a value": png_with_an_exif_bomb,
    "PNG, 3.6 gigapixels in its header": lambda: png(60_000, 60_000, is_complete=False),
    "JPEG, 200 scans": lambda: jpeg_with_scans(200),
    "JPEG, 1000 scans": lambda: jpeg_with_scans(1000),
    "JPEG, EXIF again and again": lambda: jpeg_with_segments(0xE1, b"Exif\0\0", 65_000, 700),
    "JPEG, empty segments": lambda: jpeg_with_segments(0xE5, b"", 0, 5_000_000),
    "JPEG, EXIF whose entries share a value": lambda: jpeg_with_segments(
        0xE1, b"Exif\0\0" + exif_bomb(65_000), 65_006, 1
    ),
    "JPEG, Photoshop's resources": jpeg_of_photoshop_resources,
    "JPEG, arithmetic coding": jpeg_arithmetic,
    "GIF, comments of 25 MB": lambda: gif_with_comments(100_000),
    "GIF, empty extensions": gif_with_extensions,
    "GIF, junk between its blocks": gif_with_junk,
    "TIFF, a tile of 46000 x 46000": tiff_with_a_huge_tile,
    "TIFF, a tile of 46000 x 46000 in signed numbers": tiff_with_a_huge_signed_tile,
    "TIFF, a tile of 46000 x 46000 and a tag beyond its end": tiff_with_a_tag_beyond_its_end,
    "TIFF, a tile of 46000 x 46000 or 64 x 64": tiff_with_two_sizes_of_its_tile,
    "TIFF, strips that share their data": tiff_with_shared_strips,
    "TIFF, four million strips": tiff_with_many_tiles,
    "TIFF, tags that share a value": tiff_with_overlapping_tags,
    "TIFF, a directory that leads to itself": tiff_in_a_circle,
    "PGM, white is 200": lambda: pgm(200),
    "PGM, white is 300": lambda: pgm(300),
    "PPM, in text": ppm_in_text,
    "PPM, a long comment": ppm_with_a_long_header,
    "BMP, run-length encoded": bmp_run_length,
    "WebP, animated, 64 megapixels": lambda: animated_webp(SIDE),
    "ICO": lambda: encoded(small(), "ICO"),
    "JPEG 2000": lambda: encoded(small(), "JPEG2000"),
    "ZIP": lambda: with_a_zip(b""),
    "SVG": lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "HEIC of nothing": lambda: b"\0\0\0\x18ftypheic" + bytes(100),
    "HEIC, 3.6 gigapixels in its header": lambda: heic_that_says(60_000, 60_000),
    "HEIC, 60 megapixels in its header alone": lambda: heic_that_says(7_500, 8_000),
    "HEIC, larger than its header says": lambda: heic_that_says(8, 8),
    "PDF": lambda: b"%PDF-1.7\n1 0 obj\n",
    "EPS": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "nothing": bytes,
    "zeros": lambda: bytes(10_000_000),
    "text": lambda: b"Please read this. " * 10_000,
}
# As large as pictures may be. benchmarks/file_costs.py measures all of them.
LARGE: dict[str, MAKER] = {
    "PNG, one bit": lambda: png(SIDE, SIDE, bits=1),
    "PNG, 16 bits": lambda: png(SIDE, SIDE, bits=16),
    "PNG, grey and alpha": lambda: png(SIDE, SIDE, colour=4),
    "PNG, RGBA": lambda: png(SIDE, SIDE, colour=6),
    "PNG, palette and transparency": lambda: png(
        SIDE, SIDE, colour=3, before=png_chunk(b"tRNS", bytes(256))
    ),
    "JPEG": lambda: encoded(Image.new("RGB", (SIDE, SIDE), "white"), "JPEG"),
    "JPEG, progressive": lambda: encoded(
        Image.new("RGB", (SIDE, SIDE), "white"), "JPEG", progressive=True
    ),
    "JPEG, another behind it": lambda: encoded(
        Image.new("RGB", (SIDE, SIDE), "white"), "MPO", save_all=True, append_images=[small()]
    ),
    "JPEG, CMYK": lambda: encoded(Image.new("CMYK", (SIDE, SIDE)), "JPEG"),
    "GIF": lambda: encoded(Image.new("P", (SIDE, SIDE)), "GIF"),
    "TIFF, floats": lambda: encoded(
        Image.new("F", (SIDE, SIDE)), "TIFF", compression="tiff_adobe_deflate"
    ),
    "TIFF, tiles": tiff_of_tiles,
    "WebP": lambda: encoded(Image.new("RGB", (SIDE, SIDE), "white"), "WEBP", method=0),
    "WebP, animated, 16 megapixels": lambda: animated_webp(4096),
    "AVIF, 32 megapixels": lambda: encoded(
        Image.new("RGB", (5792, 5792), "white"), "AVIF", speed=10
    ),
}
