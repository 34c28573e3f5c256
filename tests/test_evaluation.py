"""The figures are what they are called, and the model card says what metrics.json says."""

import json
from pathlib import Path

import numpy as np
import pytest

from digit_model import DigitRecognizer
from digit_model.card import model_card, write_report
from digit_model.evaluation import format_table, load_drawings, measure

WEIGHTS = Path(__file__).parents[1] / "weights"


@pytest.fixture(scope="module")
def metrics() -> dict:
    return json.loads((WEIGHTS / "metrics.json").read_text())


def test_measure_counts_by_hand() -> None:
    recognizer = DigitRecognizer.from_pretrained()
    images, labels = load_drawings()
    wrong = labels.copy()
    wrong[labels == 3] = 5  # eight threes called fives
    row = measure(recognizer, (images, wrong))
    assert row["count"] == len(labels)
    assert row["accuracy"] == pytest.approx(np.mean(wrong == labels))
    fives = np.mean(labels[wrong == 5] == 5)
    assert row["mean_recall"] == pytest.approx((8 + fives) / 9)
    assert row["refused"] == 0


def test_the_card_is_made_of_the_metrics(metrics: dict) -> None:
    config = json.loads((WEIGHTS / "config.json").read_text())
    kilobytes = (WEIGHTS / "model.safetensors").stat().st_size / 1000
    assert (WEIGHTS / "README.md").read_text() == model_card(metrics, config, kilobytes)


def test_the_table_has_a_line_for_every_set(metrics: dict) -> None:
    table = format_table(metrics)
    for name in (*metrics["digits"], *metrics["nondigits"]):
        assert name in table


def test_a_report_on_other_weights_forgets_the_old_figures(tmp_path: Path, metrics: dict) -> None:
    for name in ("config.json", "model.safetensors", "metrics.json"):
        (tmp_path / name).write_bytes((WEIGHTS / name).read_bytes())
    same = {"model": metrics["model"], "note": 1}
    write_report(tmp_path, same)
    assert "digits" in json.loads((tmp_path / "metrics.json").read_text())
    write_report(tmp_path, {"model": {**metrics["model"], "sha256": "other"}})
    assert "digits" not in json.loads((tmp_path / "metrics.json").read_text())
