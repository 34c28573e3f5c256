"""What one file of many gets: a row of the list, and a line of the CSV file."""

from __future__ import annotations

import base64
import csv
import io
import re
from typing import TYPE_CHECKING, Any

from PIL import Image

from digit_model.serving.timed import TimedPrediction
from page.data_url import JPEG_PREFIX, image_file
from page.wording import UNREADABLE, certainty, digit_count, one_line, percent, typeset

if TYPE_CHECKING:
    import numpy as np

    from digit_model import Prediction

THUMBNAIL_SIDE = 96  # pixels
LOOK_BELOW = 0.9  # confidence of answers that somebody should look at
FORMULA = re.compile(r"[^\w']*[=+\-@＝＋－＠﹦﹢﹣﹫]")  # before the first letter or digit
CSV_COLUMNS = ["File", "Answer", "Digits", "Sure %", "Next best", "Problem"]


def batch_row(name: str, reading: TimedPrediction | ValueError) -> dict[str, Any]:
    """A row of the list.

    Args:
        name: of the file on the sender's machine.
        reading: what was read in it, with two labels or more; or why it can't be read.

    Returns:
        `name`; `answer` and `certainty`, in words; `group`, under which answers are counted;
        `sure`, the confidence, or None where there is no digit; `look`, whether somebody should
        look at it; `problem`, whether it can't be read; `thumbnail`, a data URL, or None; and
        `csv`, the line of the CSV file.
    """
    if isinstance(reading, ValueError):
        return {
            "name": name,
            "answer": UNREADABLE,
            "certainty": typeset(str(reading)),
            "group": UNREADABLE.lower(),
            "sure": None,
            "look": True,
            "problem": True,
            "thumbnail": None,
            "csv": csv_line([guarded(name), "", None, None, "", str(reading)]),
        }
    prediction = reading.prediction
    sure, answer = confidence(prediction), one_line(prediction)
    percentage = None if sure is None else round(100 * sure, 2)
    count, second = digit_count(prediction), next_best(prediction)
    return {
        "name": name,
        "answer": answer,
        "certainty": in_words(prediction),
        "group": "unsure" if prediction.verdict == "unsure" else answer,
        "sure": sure,
        "look": prediction.verdict == "unsure" or sure is None or sure < LOOK_BELOW,
        "problem": False,
        "thumbnail": thumbnail(reading.picture),
        "csv": csv_line([guarded(name), answer, count, percentage, second, ""]),
    }


def confidence(prediction: Prediction) -> float | None:
    """That the digit, or all of the number, is right; None where there is neither."""
    if prediction.number is not None:
        return prediction.number.confidence
    return None if prediction.label is None else prediction.confidence


def in_words(prediction: Prediction) -> str:
    """How sure the answer is: "Very sure, >99%", or "4: 55%, 9: 38%"; "" without a digit."""
    sure = confidence(prediction)
    if sure is None:
        return ""
    if prediction.verdict == "unsure":
        return ", ".join(f"{digit}: {percent(share)}" for digit, share in prediction.top_k[:2])
    words = "Not sure" if prediction.number and sure < LOOK_BELOW else certainty(sure)
    return f"{words}, {percent(sure)}"


def next_best(prediction: Prediction) -> str:
    """The second most probable digit; "" of a number, and where there is no digit."""
    if prediction.label is None:
        return ""
    digit, share = prediction.top_k[1]
    return f"{digit} ({percent(share)})"


def thumbnail(pixels: np.ndarray) -> str:
    """A data URL of a small version of a picture, uint8 RGB (H, W, 3)."""
    picture = Image.fromarray(pixels)
    picture.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return JPEG_PREFIX + base64.b64encode(image_file(picture, "JPEG", quality=80)).decode()


def csv_line(values: list[Any]) -> str:
    """A line of a CSV file, with its end."""
    buffer = io.StringIO()
    # Text in quotes, also where it has no comma: some spreadsheets split at semicolons.
    csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC).writerow(values)
    return buffer.getvalue()


def guarded(name: str) -> str:
    """A file's name as a spreadsheet may have it.

    A name that a spreadsheet would take for a formula gets an apostrophe in front. Some
    spreadsheets skip spaces and separators, or take a full-width sign for its usual form.
    """
    return f"'{name}" if FORMULA.match(name) else name
