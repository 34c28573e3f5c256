"""What benchmarks have in common: where the project is, and a file for what they measure.

They are scripts, and Python looks for modules beside a script only. Importing this one lets them
import the project, and what its tests share.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]


def benchmark_parser(docstring: str) -> argparse.ArgumentParser:
    """A parser with ``--json``, described by the first line of the script's docstring."""
    parser = argparse.ArgumentParser(description=docstring.partition("\n")[0])
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    return parser


def write_figures(figures: Mapping[str, object], file: Path | None) -> None:
    """Write what was measured to the file that ``--json`` names, if it names one."""
    if file:
        file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
