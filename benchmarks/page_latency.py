"""How soon after the end of a stroke the label shows the answer, in a headless Chromium.

    python benchmarks/page_latency.py --strokes 60 --json latency.json
    python benchmarks/page_latency.py --only ours    # the other page takes a quarter of an hour

Our page, as app.py serves it, and a page with `gr.Sketchpad` get the same recogniser and the same
strokes, one after the other in one run. Both are timed in the browser: from the pointerup event to
the last change of the answer's DOM before the next stroke. On our page the answer is the label
widget, the large digit and the time under it. The benchmark also counts the answers per second
during a stroke. After a stroke that makes no digit yet, our page waits 0.3 seconds before it says
so, since another stroke may follow: these strokes are counted apart.

Targets on a quiet two-core machine: a median of 40 ms at most, a 95th percentile of 80 ms at most,
and 10 answers a second.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # as app.py does, before torch is imported

import gradio as gr
from benchmark import benchmark_parser, write_figures
from drawings import load_drawings
from playwright.sync_api import Page, sync_playwright
from running_app import serving
from visitor import CHROMIUM_FLAGS, chromium_path

from digit_model import DigitRecognizer

WAIT_MS = {"ours": 400, "gr.Sketchpad": 3500}  # after a stroke; by then its last answer is there
# The elements that an answer may change, and the one that every answer changes.
ANSWER_ELEMENTS = {"ours": ["#label", "#card .headline", "#card .time"], "gr.Sketchpad": ["#label"]}
ALWAYS_CHANGED = {"ours": "#card .time", "gr.Sketchpad": "#label"}

# Whether the pad has said "not a digit" by then.
REFUSED_JS = "() => document.querySelector('#card [data-verdict=not_a_digit]') !== null"

# A change of the answer after a stroke belongs to that stroke. Changes during a stroke are counted.
RECORD_STROKES_JS = """([answerElements, alwaysChanged]) => {
  window.strokes = [];
  let stroke = null;  // the one being drawn
  addEventListener("pointerdown", () => {
    stroke = {start: performance.now(), end: null, answers: 0, lastChange: null};
  }, true);
  addEventListener("pointerup", () => {
    if (stroke) window.strokes.push({...stroke, end: performance.now()});
    stroke = null;
  }, true);
  const observe = (selector, onChange) => new MutationObserver(onChange).observe(
    document.querySelector(selector),
    {subtree: true, childList: true, characterData: true, attributes: true});
  for (const selector of answerElements) {
    observe(selector, () => {
      if (!stroke && window.strokes.length) window.strokes.at(-1).lastChange = performance.now();
    });
  }
  observe(alwaysChanged, () => {
    if (stroke) stroke.answers++;
  });
}"""


@contextlib.contextmanager
def our_page() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server:
        yield server.url


@contextlib.contextmanager
def sketchpad_page() -> Iterator[str]:
    """A page with Gradio's own components."""
    recognizer = DigitRecognizer.from_pretrained()

    def answer(value: dict[str, Any]) -> dict[str, float]:
        return dict(recognizer.predict(value).probabilities)

    with gr.Blocks(analytics_enabled=False) as demo:
        pad = gr.Sketchpad(type="pil", canvas_size=(280, 280), layers=False, elem_id="pad")
        label = gr.Label(num_top_classes=3, elem_id="label")
        pad.change(answer, pad, label, queue=False, show_progress="hidden")
    _, url, _ = demo.launch(quiet=True, prevent_thread_lock=True)
    yield url
    demo.close(verbose=False)


def measure(page: Page, url: str, name: str, count: int) -> dict[str, Any]:
    """Draws digits, each on a freshly loaded page, until `count` strokes have been timed."""
    latencies: list[float] = []
    waits: list[float] = []  # until "not a digit"
    unchanged, answers, seconds = 0, 0, 0.0
    drawings = load_drawings()
    for number in range(2 * count):
        if len(latencies) >= count:
            break
        print(f"{name}: {len(latencies)} of {count} strokes", end="\r", file=sys.stderr)
        page.goto(url)
        page.locator("#pad canvas").first.wait_for()
        page.wait_for_timeout(1500)
        if name == "ours":
            page.keyboard.press("Delete")  # the drawing before, which the browser has kept
        if name == "gr.Sketchpad":
            page.get_by_role("button", name="Brush").first.click()
            page.wait_for_timeout(500)
        page.evaluate(RECORD_STROKES_JS, [ANSWER_ELEMENTS[name], ALWAYS_CHANGED[name]])
        box = page.locator("#pad canvas").first.bounding_box()
        assert box is not None
        refused: list[bool] = []
        for stroke in drawings[number % len(drawings)].strokes:
            points = [
                (box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke
            ]
            page.mouse.move(*points[0])
            page.mouse.down()
            for point in points[1:]:
                page.mouse.move(*point)
            page.mouse.up()
            page.wait_for_timeout(WAIT_MS[name])
            refused.append(page.evaluate(REFUSED_JS))
        for timing, is_refused in zip(page.evaluate("window.strokes"), refused, strict=True):
            if timing["lastChange"] is None:
                unchanged += 1
            elif is_refused:
                waits.append(timing["lastChange"] - timing["end"])
            else:
                latencies.append(timing["lastChange"] - timing["end"])
            answers += timing["answers"]
            seconds += (timing["end"] - timing["start"]) / 1000
    latencies.sort()
    return {
        "strokes": len(latencies),
        "unchanged": unchanged,  # the last answer had arrived before the end of the stroke
        "median_ms": round(median(latencies), 1),
        "p95_ms": round(latencies[round(0.95 * (len(latencies) - 1))], 1),
        "refused": len(waits),
        "refused_median_ms": round(median(waits), 1) if waits else None,
        "answers_per_second_while_drawing": round(answers / seconds, 1),
    }


def main() -> None:
    parser = benchmark_parser(__doc__)
    parser.add_argument("--strokes", type=int, default=60, help="how many to time, per page (60)")
    parser.add_argument("--only", choices=list(WAIT_MS), help="one of the pages alone")
    options = parser.parse_args()
    figures: dict[str, dict[str, Any]] = {}
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
        for name, served in {"ours": our_page, "gr.Sketchpad": sketchpad_page}.items():
            if options.only not in (None, name):
                continue
            with served() as url:
                page = chromium.new_page(viewport={"width": 1280, "height": 800})
                figures[name] = measure(page, url, name, options.strokes)
                print(f"{name}: {figures[name]}", file=sys.stderr)
                page.close()
        chromium.close()
    names = list(next(iter(figures.values())))
    print("| |" + "|".join(names) + "|")
    print("|---" * (len(names) + 1) + "|")
    for name, row in figures.items():
        print(f"|{name}|" + "|".join(str(row[key]) for key in names) + "|")
    write_figures(figures, options.json)


if __name__ == "__main__":
    main()
