"""The Many pictures tab: many files at once, as a gallery, a table and a CSV file."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

import gradio as gr
from PIL import Image

from digit_model.reading import Reading
from page.caller import unless_caller_leaves
from page.files_upload import FilesUpload, UploadedPicture
from page.pictures import Pictures
from page.wording import digit_count, one_line

if TYPE_CHECKING:
    from digit_model.serving.client import RecognizerClient
    from page.server.limits import Limits

THUMBNAIL_SIDE = 160  # pixels
MOST_ANSWERS = 16  # that the summary names; most numbers are there only once
FORMULA = re.compile(r"[^\w']*[=+\-@＝＋－＠﹦﹢﹣﹫]")  # before the first letter or digit
COLUMNS = ["File", "Answer", "Digits", "Sure, %", "Next best", "Score, %", "Problem"]
COLUMN_TYPES: list[Literal["str", "number"]] = [
    "str",
    "str",
    "number",
    "number",
    "str",
    "number",
    "str",
]
COLUMN_WIDTHS: list[str | int] = ["18%", "17%", "10%", "11%", "12%", "11%", "21%"]
INTRO = """Choose up to {} pictures, with a digit or a number in each. A file that can't be
read gets a line in the table that says why; the others are read all the same."""

# The browser makes the file from the text that came with the table.
DOWNLOAD_CSV_JS = """(text) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\\ufeff", text], {type: "text/csv"}));
  link.download = "digits.csv";
  link.click();
  URL.revokeObjectURL(link.href);
}"""


def add_batch_tab(recognizer: RecognizerClient, limits: Limits) -> None:
    """Adds its components to the enclosing gr.Blocks."""

    async def read_files(
        files: list[UploadedPicture],
        progress: gr.Progress = gr.Progress(),  # noqa: B008  # Gradio looks for this default
    ) -> tuple[Any, ...]:
        return await unless_caller_leaves(read_all(files, progress))

    async def read_all(files: list[UploadedPicture], progress: gr.Progress) -> tuple[Any, ...]:
        rows, gallery = [], []
        readings = recognizer.read_files([file.picture for file in files])
        names = iter([file.name for file in files])
        async for reading in readings:
            rows.append(table_row(next(names), reading))
            progress((len(rows), len(files)), desc="Reading", unit="pictures")
            if isinstance(reading, Reading):
                picture = Image.fromarray(reading.picture)
                picture.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
                gallery.append((picture, one_line(reading.prediction)))
        return (
            summary(rows),
            gr.Gallery(gallery, visible=bool(gallery)),
            gr.Dataframe(rows, visible=bool(rows)),
            as_csv(rows),
            gr.Button(visible=bool(rows)),
        )

    gr.HTML(f"<p>{INTRO.format(limits.max_batch_files)}</p>", elem_id="batch-intro")
    files = FilesUpload(limits, label="Pictures", height=160, elem_id="batch")
    with gr.Row(elem_id="batch-outcome"):
        counts = gr.HTML(summary([]), elem_id="batch-summary")
        download = gr.Button("Download as CSV", visible=False, size="sm", elem_id="batch-save")
    gallery = Pictures(
        label="Pictures, with what was read in them",
        show_label=False,
        columns=8,
        fit_columns=False,
        height=240,
        object_fit="contain",
        buttons=[],
        visible=False,
        elem_id="batch-gallery",
    )
    table = gr.Dataframe(
        headers=COLUMNS,
        datatype=COLUMN_TYPES,
        column_widths=COLUMN_WIDTHS,
        interactive=False,
        label="The ⋮ beside a column's title sorts and filters",
        show_label=True,
        wrap=True,
        max_height=420,
        buttons=[],
        visible=False,
        elem_id="batch-table",
    )
    csv_text = gr.Textbox(visible=False)
    files.change(
        read_files,
        files,
        [counts, gallery, table, csv_text, download],
        show_progress_on=counts,
        api_visibility="private",
        trigger_mode="always_last",
        concurrency_limit=None,  # nobody's batch waits for the end of somebody else's
    )
    download.click(None, csv_text, None, js=DOWNLOAD_CSV_JS, api_visibility="private")


def table_row(name: str, reading: Reading | ValueError) -> list[str | float | None]:
    """A row of the table, with a cell for each of COLUMNS."""
    if isinstance(reading, ValueError):
        return [name, "", None, None, "", None, str(reading)]
    prediction, count = reading.prediction, digit_count(reading.prediction)
    if prediction.verdict == "blank":
        return [name, "blank", count, None, "", 0.0, ""]
    if prediction.number is not None:  # the next best and the score are of one digit
        sure = round(100 * prediction.number.confidence, 2)
        return [name, one_line(prediction), count, sure, "", None, ""]
    second, probability = prediction.top_k[1]
    return [
        name,
        one_line(prediction),
        count,
        round(100 * prediction.confidence, 2),
        f"{second} ({probability:.1%})",
        round(100 * prediction.digit_score, 2),
        "",
    ]


def summary(rows: list[list[str | float | None]]) -> str:
    """How many files got which answer, as HTML."""
    if not rows:
        return "<p>No pictures yet.</p>"
    counts = Counter("can’t be read" if row[-1] else str(row[1]) for row in rows)
    shown = sorted(counts.most_common(MOST_ANSWERS))
    parts = [f"{count} × <b>{answer}</b>" for answer, count in shown]
    if others := counts.total() - sum(count for _, count in shown):
        parts.append(f"{others} × something else")
    return f"<p>{len(rows)} files: {', '.join(parts)}</p>"


def as_csv(rows: list[list[str | float | None]]) -> str:
    """The table as the text of a CSV file.

    A name that a spreadsheet would take for a formula gets an apostrophe in front. Some
    spreadsheets skip spaces and separators, or take a full-width sign for its usual form.
    """
    if not rows:
        return ""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for name, *values in rows:
        writer.writerow([f"'{name}" if FORMULA.match(str(name)) else name, *values])
    return buffer.getvalue()
