"""How soon after the pen rises the label shows the answer, in a headless Chromium.

    python benchmarks/page_latency.py --strokes 60 --json latency.json

Our page and a page with `gr.Sketchpad`, the same recogniser, the same strokes, one after the other
in one run. Both are timed inside the page: from the pointerup event to the last change of the
answer's DOM that follows it; on ours that is the label widget, the large digit, or the time under
it, whichever comes last. Also counted: how many answers a second come while the pen is down.

Targets on a quiet two-core machine: a median of 40 ms at most, a 95th percentile of 80 ms at most,
and 10 answers a second.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # as app.py does, before torch is imported
ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import gradio as gr  # noqa: E402  (these need the path above)
from conftest import FLAGS, chromium_path, load_drawings  # noqa: E402
from playwright.sync_api import Page, sync_playwright  # noqa: E402

from app import build_demo  # noqa: E402
from digit_model import DigitRecognizer  # noqa: E402
from page.theme import CSS  # noqa: E402

SETTLED = {"ours": 400, "gr.Sketchpad": 3500}  # ms after which no answer is on its way any more
# What an answer changes, and the part of it that every answer changes.
ANSWER = {"ours": ["#label", "#card .headline", "#card .time"], "gr.Sketchpad": ["#label"]}
EACH = {"ours": "#card .time", "gr.Sketchpad": "#label"}

# A change of the answer belongs to the pen that rose last; those that come while the pen is down
# are counted apart.
WATCH = """([parts, each]) => {
  window.rises = [];
  window.strokes = [];
  let pressed = null;
  addEventListener("pointerdown", () => (pressed = {at: performance.now(), answers: 0}), true);
  addEventListener("pointerup", () => {
    const now = performance.now();
    if (pressed) window.strokes.push({time: now - pressed.at, answers: pressed.answers});
    pressed = null;
    window.rises.push({at: now, last: null});
  }, true);
  const observe = (part, seen) => new MutationObserver(seen).observe(document.querySelector(part),
    {subtree: true, childList: true, characterData: true, attributes: true});
  for (const part of parts) {
    observe(part, () => {
      if (!pressed && window.rises.length) window.rises.at(-1).last = performance.now();
    });
  }
  observe(each, () => {
    if (pressed) pressed.answers++;
  });
}"""


def sketchpad_demo(recognizer: DigitRecognizer) -> gr.Blocks:
    """What a page of Gradio's own components would be."""

    def answer(value: dict[str, Any]) -> dict[str, float]:
        return dict(recognizer.predict(value).probabilities)

    with gr.Blocks(analytics_enabled=False) as demo:
        pad = gr.Sketchpad(type="pil", canvas_size=(280, 280), layers=False, elem_id="pad")
        label = gr.Label(num_top_classes=3, elem_id="label")
        pad.change(answer, pad, label, queue=False, show_progress="hidden")
    return demo


def measure(page: Page, url: str, name: str, wanted: int) -> dict[str, Any]:
    """Draws digits until `wanted` strokes have been timed; each on a page freshly loaded."""
    latencies: list[float] = []
    unanswered, answers, seconds = 0, 0, 0.0
    drawings = load_drawings()
    for number in range(2 * wanted):
        if len(latencies) >= wanted:
            break
        print(f"{name}: {len(latencies)} of {wanted} strokes", end="\r", file=sys.stderr)
        page.goto(url)
        page.locator("#pad canvas").first.wait_for()
        page.wait_for_timeout(1500)
        if name == "gr.Sketchpad":
            page.get_by_role("button", name="Brush").first.click()
            page.wait_for_timeout(500)
        page.evaluate(WATCH, [ANSWER[name], EACH[name]])
        box = page.locator("#pad canvas").first.bounding_box()
        assert box is not None
        for stroke in drawings[number % len(drawings)].strokes:
            at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
            page.mouse.move(*at[0])
            page.mouse.down()
            for point in at[1:]:
                page.mouse.move(*point)
            page.mouse.up()
            page.wait_for_timeout(SETTLED[name])
        for rise in page.evaluate("window.rises"):
            if rise["last"] is None:
                unanswered += 1
            else:
                latencies.append(rise["last"] - rise["at"])
        for drawn in page.evaluate("window.strokes"):
            answers += drawn["answers"]
            seconds += drawn["time"] / 1000
    latencies.sort()
    return {
        "strokes": len(latencies),
        "unchanged": unanswered,  # the label showed the last answer when the pen rose
        "median_ms": round(median(latencies), 1),
        "p95_ms": round(latencies[round(0.95 * (len(latencies) - 1))], 1),
        "answers_per_second_while_drawing": round(answers / seconds, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--strokes", type=int, default=60, help="how many to time, per page (60)")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    options = parser.parse_args()
    recognizer = DigitRecognizer.from_pretrained()
    figures = {}
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        for name, demo in {
            "ours": build_demo(recognizer),
            "gr.Sketchpad": sketchpad_demo(recognizer),
        }.items():
            _, url, _ = demo.launch(quiet=True, prevent_thread_lock=True, css_paths=CSS)
            page = chromium.new_page(viewport={"width": 1280, "height": 800})
            figures[name] = measure(page, url, name, options.strokes)
            print(f"{name}: {figures[name]}", file=sys.stderr)
            page.close()
            demo.close(verbose=False)
        chromium.close()
    names = list(figures["ours"])
    print("| |" + "|".join(names) + "|")
    print("|---" * (len(names) + 1) + "|")
    for name, row in figures.items():
        print(f"|{name}|" + "|".join(str(row[key]) for key in names) + "|")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
