"""A file's parts, counted before it is decoded: few bytes must not cost much time or memory.

Decoders read what a file says, however often it says it: a JPEG's scans, a GIF's comments, a PNG's
texts, a TIFF's tags. Each check passes once over the headers of a file's parts and stops at its
limit. A file that is cut short or damaged passes: the decoder has the words for it.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from digit_model.decode.errors import ImageError

MAX_SCANS = 32  # of a JPEG; a progressive one has ten or so, and each passes over all pixels
MAX_SEGMENTS = 1000  # of a JPEG, all markers but restarts counted
MAX_SEGMENT_BYTES = 8_000_000  # of a JPEG's metadata
MAX_EXIF_BYTES = 1 << 16  # as much as one segment holds; its entries may share their values
MAX_DATA_CHUNKS = 1 << 15  # of a PNG; libpng makes one for 8 kB
MAX_OTHER_CHUNKS = 256  # of a PNG: texts, profiles, private ones
MAX_BLOCKS = 4096  # of 255 bytes, in a GIF before its first picture
MAX_TAGS = 1000  # of a TIFF's directory
MAX_NUMBERS = 1 << 16  # of one tag in a TIFF, such as the places of its strips
MAX_PART_BYTES = 128 * 2**20  # of a compressed TIFF's strip or tile, once decoded
MIN_PART_PIXELS = 1 << 20  # a tile may be larger than a small picture, up to this

# A marker that begins a segment; runs of FF before it, restarts and stuffed zeros are passed over.
JPEG_MARKER = re.compile(rb"\xff([\xc0-\xcf\xd9-\xfe])")
# All but baseline, extended and progressive Huffman coding: cameras and programs write no other.
JPEG_OTHER_FRAMES = (0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF)

# Binary PPM: a number that is not 255 or 65535 makes Pillow decode pixel by pixel, in Python.
PPM_KIND = re.compile(rb"P(?:[1-6f]|0CMYK|y(?:P|RGBA|CMYK))\s")
SPACE = rb"(?:\s|#[^\r\n]*[\r\n])+"
PPM_HEADER = re.compile(
    rb"P4%b\d{1,9}%b\d{1,9}\s|P[56]%b\d{1,9}%b\d{1,9}%b(?:255|65535)\s" % (SPACE, *[SPACE] * 4)
)
PPM_HEADER_BYTES = 1024

# Bytes of one value of each type of TIFF's.
TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
TYPE_BYTES |= {16: 8, 17: 8, 18: 8}
LETTERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}
WIDTH, LENGTH, BITS, COMPRESSION, SAMPLES, ROWS = 256, 257, 258, 259, 277, 278
STRIP_BYTES, TILE_WIDTH, TILE_LENGTH, TILE_BYTES = 279, 322, 323, 325
SUBDIRECTORIES = (34665, 34853, 40965)  # EXIF, GPS and interoperability


def check_structure(content: bytes) -> None:
    """Refuse a file whose parts would take a decoder long, or much memory.

    Raises:
        ImageError: it has more parts than pictures have, or it is of a kind that is not read.
    """
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        _check_png(content)
    elif content.startswith(b"\xff\xd8"):
        _check_jpeg(content)
    elif content.startswith((b"GIF87a", b"GIF89a")):
        _check_gif(content)
    elif content.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        _check_tiff(content)
    elif PPM_KIND.match(content) and not PPM_HEADER.match(content[:PPM_HEADER_BYTES]):
        raise ImageError("This kind of PPM file is not read; send a PNG or JPEG.")


def _check_png(content: bytes) -> None:
    position, data_chunks, other_chunks = 8, 0, 0
    while position + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, position)
        if kind == b"IEND":
            return
        if kind in (b"IDAT", b"fdAT", b"fcTL"):
            data_chunks += 1
        else:
            other_chunks += 1
        if data_chunks > MAX_DATA_CHUNKS or other_chunks > MAX_OTHER_CHUNKS:
            raise ImageError("The PNG has too many chunks to be a picture.")
        position += 12 + length


def _check_jpeg(content: bytes) -> None:
    position, segments, scans, metadata, exif = 2, 0, 0, 0, 0
    while (match := JPEG_MARKER.search(content, position)) is not None:
        marker, position = match[1][0], match.end()
        if marker == 0xD9:  # the end of the picture
            return
        if marker in JPEG_OTHER_FRAMES:
            raise ImageError("This kind of JPEG is not read; send a usual one, or a PNG.")
        if position + 2 > len(content):
            return
        (length,) = struct.unpack_from(">H", content, position)
        segments += 1
        scans += marker == 0xDA
        if marker >= 0xE0:
            metadata += length
            exif += length if content.startswith(b"Exif", position + 2) else 0
        if segments > MAX_SEGMENTS or metadata > MAX_SEGMENT_BYTES or exif > MAX_EXIF_BYTES:
            raise ImageError("The JPEG has too much beside its picture.")
        if scans > MAX_SCANS:
            raise ImageError("The JPEG has too many scans to be a photograph.")
        position += max(2, length)


def _check_gif(content: bytes) -> None:
    if len(content) < 13:
        return
    position = 13 + (3 << (content[10] & 7) + 1 if content[10] & 128 else 0)
    blocks = 0
    while content[position : position + 1] not in (b"", b";", b","):
        # An extension has two bytes of introduction; a byte that belongs to nothing is passed over.
        is_extension = content[position] == ord("!")
        position += 2 if is_extension else 1
        while is_extension and position < len(content):
            size = content[position]
            position += 1 + size
            blocks += 1
            is_extension = size > 0 and blocks <= MAX_BLOCKS
        blocks += 1
        if blocks > MAX_BLOCKS:
            raise ImageError("The GIF has too much before its picture.")


def _check_tiff(content: bytes) -> None:
    for tags in _directories(content):
        if LENGTH not in tags:
            continue
        width, height = (tags.get(tag, [1])[0] for tag in (WIDTH, LENGTH))
        if TILE_WIDTH in tags and TILE_LENGTH in tags:
            part = tags[TILE_WIDTH][0] * tags[TILE_LENGTH][0]
        else:
            part = width * min(height, tags.get(ROWS, [height])[0])
        if part > max(width * height, MIN_PART_PIXELS):
            raise ImageError("The TIFF's tiles are larger than its picture.")
        bits = tags.get(BITS, [1])[0] * tags.get(SAMPLES, [1])[0]
        if tags.get(COMPRESSION, [1])[0] != 1 and part * bits > 8 * MAX_PART_BYTES:
            raise ImageError("The TIFF's strips are too large; save it as PNG or JPEG.")
        if sum(tags.get(STRIP_BYTES, ())) + sum(tags.get(TILE_BYTES, ())) > 2 * len(content):
            raise ImageError("The TIFF's parts are larger than its file.")


def _directories(content: bytes) -> Iterator[dict[int, list[int]]]:
    """The whole numbers in a TIFF's first directory, and in those that it leads to, by tag.

    Raises:
        ImageError: their values overlap, or a tag has more numbers than a picture needs.
    """
    order = "<" if content[:2] == b"II" else ">"
    is_big = 43 in content[2:4]
    count_format, entry_format, word, value_bytes = (
        ("Q", "HHQ", "Q", 8) if is_big else ("H", "HHI", "I", 4)
    )
    size_of = struct.calcsize
    entry_bytes = size_of(order + entry_format) + value_bytes
    value_total = 0
    try:
        waiting = list(struct.unpack_from(order + word, content, 8 if is_big else 4))
        for number, place in enumerate(waiting):  # grows by the first one's subdirectories
            (count,) = struct.unpack_from(order + count_format, content, place)
            if count > MAX_TAGS:
                raise ImageError("The TIFF has too many tags to be a picture.")
            start = place + size_of(order + count_format)
            tags: dict[int, list[int]] = {}
            for entry in range(start, start + count * entry_bytes, entry_bytes):
                tag, kind, length = struct.unpack_from(order + entry_format, content, entry)
                at, size = entry + entry_bytes - value_bytes, TYPE_BYTES.get(kind, 0) * length
                if size > value_bytes:
                    (at,) = struct.unpack_from(order + word, content, at)
                    value_total += size
                if at + size > len(content):  # decoders pass it over
                    continue
                if number == 0 and tag in tags:  # they differ in which one they take
                    raise ImageError("The TIFF has a tag twice, so it is not read.")
                if value_total > len(content):
                    raise ImageError("The TIFF's tags are larger than its file.")
                if kind not in (1, 2, 6, 7) and length > MAX_NUMBERS:
                    raise ImageError("The TIFF has too many parts to be a picture.")
                if kind in LETTERS and 0 < length <= MAX_NUMBERS:
                    letters = f"{order}{length}{LETTERS[kind]}"
                    tags[tag] = list(struct.unpack_from(letters, content, at))
            if number == 0:
                waiting += [tags[tag][0] for tag in SUBDIRECTORIES if tag in tags]
            yield tags
    except struct.error:  # cut short
        return
