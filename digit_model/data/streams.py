"""What random numbers are drawn for, so that no two things that are drawn share them."""

from enum import IntEnum


class Stream(IntEnum):
    """A part of a seed, beside a run's and the number of a picture. New ones have new numbers."""

    STROKES = 0
    ALLOGRAPHS = 1
    NONDIGITS = 2
    PHOTOGRAPHED_DIGITS = 3  # which ones
    PHOTOGRAPHS = 4
    SCANS = 5
    FLAGGED = 6
    DEGRADED = 7
    HELD_OUT_PHOTOGRAPHS = 8
    INK_PICTURES = 11
    INK_DEVELOPMENT = 12
    NUMBERS = 21
    NUMBERS_DEVELOPMENT = 22
    PHOTOGRAPHED_NUMBERS = 24  # which ones
    # Numbers that the evaluation reads, and single digits that it reads as numbers.
    LINES = 31
    SEVERAL_LINES = 32
    PHOTOGRAPHED_LINES = 33
    SINGLE_DIGITS = 34
    PHOTOGRAPHED_PAGES = 35
    SIGNED = 36
    SMALL_AT_THE_END = 37
    SIGNED_UNSEEN = 38
    TEST_LINES = 39
    PHOTOGRAPHED_ENCLOSURES = 40
    CALIBRATION_NUMBERS = 41
    PLAIN_ONES = 42
    DEGRADED_DIGITS = 6  # which ones; as FLAGGED, since both are older than this list
