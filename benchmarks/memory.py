"""Memory of a server and its processes."""

from __future__ import annotations

from pathlib import Path

import benchmark  # noqa: F401  (the project's modules)
from processes import descendants


def megabytes(pid: int, kind: str = "Pss") -> float:
    """Of a process and its descendants: what they share is counted once.

    Args:
        pid: the process.
        kind: a field of Linux' smaps_rollup. "Pss" is all memory, that of libraries too, of which
            each program that runs meanwhile bears a share; "Pss_Anon" only what they allocated.
    """
    kilobytes = 0
    for process in [pid, *descendants(pid)]:
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith(f"{kind}:"):
                kilobytes += int(line.split()[1])
    return kilobytes / 1024
