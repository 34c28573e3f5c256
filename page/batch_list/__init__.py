"""Many pictures: where they are dropped, and the list of what was read in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from page.batch_rows import CSV_COLUMNS
from page.component import Component

if TYPE_CHECKING:
    from page.server.limits import Limits

HERE = Path(__file__).parent


class BatchList(Component):
    """A list with a row for each file, which can be sorted, filtered and saved as CSV.

    Chosen files are uploaded one by one. That triggers `upload`, and the value in the browser is
    `{"files": [FileData, …], "run": name}`. A click on "Try the examples" triggers
    `example_select`, with the value `{"run": name}`; "Stop" and "Clear list" trigger `clear`:
    nothing more is wanted of what is being read.

    Each value `{"run", "total", "rows"}` from the server brings the rows of a run so far, each a
    value of :func:`page.batch_rows.batch_row`, which replace those that the run had; the list
    keeps the rows of earlier runs. After `{"stopped": run}` no more rows are waited for. The
    browser keeps the list for this tab, so that it is there again when the page is loaded anew.
    """

    def __init__(self, limits: Limits, examples: int, **kwargs: Any):
        """`limits` tells how many files may be sent at a time, `examples` how many there are."""
        facts = {
            "MOST_FILES": str(limits.max_batch_files),
            "MOST_MB": str(limits.max_upload_mb),
            "MOST_BATCH_MB": str(limits.max_batch_mb),
            "EXAMPLES": str(examples),
            "CSV_HEAD": ",".join(CSV_COLUMNS),
        }
        super().__init__(HERE, start="startBatchList", facts=facts, **kwargs)
