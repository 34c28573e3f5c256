"""The figures are what they are called, and table and card say what metrics.json says."""

import errno
import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mnist_files import write_mnist
from PIL import Image

from digit_model import DigitRecognizer
from digit_model.__main__ import main
from digit_model.calibration import Calibration, softmax
from digit_model.data import Digits
from digit_model.data.strokes import TEST_WRITERS, PenDigit
from digit_model.evaluation import sets as evaluation_sets
from digit_model.evaluation.corruptions import CORRUPTIONS
from digit_model.evaluation.evaluate import evaluate
from digit_model.evaluation.figures import Misclassification
from digit_model.evaluation.metrics import (
    detection_metrics,
    digit_scores,
    measure,
    roc,
    summarise,
)
from digit_model.evaluation.model_card import model_card, model_card_of, write_report
from digit_model.evaluation.report import PARTS, Table, as_text, result_tables
from digit_model.evaluation.robustness import UNSEEN_CORRUPTIONS
from digit_model.evaluation.scores import answers, auroc, ece, interval, reliability
from digit_model.evaluation.sets import digit_sets, load_drawings
from digit_model.ink import FindInk
from digit_model.model_folder import MEASURED_FIGURES, TENSOR_FILES
from digit_model.preprocess import preprocess

WEIGHTS = Path(__file__).parents[1] / "weights"
FIXTURE = Path(__file__).parent / "fixtures" / "mnist_test_sample.npz"


@pytest.fixture(scope="module")
def shipped() -> dict[str, Any]:
    return json.loads((WEIGHTS / "metrics.json").read_text())


@pytest.fixture(scope="module")
def measured(
    recognizer: DigitRecognizer, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], Path]:
    """All but three slow parts, on a few pictures of each set; and the folder of the figures."""
    folder = tmp_path_factory.mktemp("figures")
    with pytest.MonkeyPatch.context() as patch, np.load(FIXTURE) as arrays:
        many = np.resize(arrays["images"], (800, 28, 28)), np.resize(arrays["labels"], 800)
        patch.setattr(evaluation_sets, "load_mnist", lambda data_dir, split: many)
        slow = ("test-writers", "photographs", "speed")
        parts = [part for part in PARTS if part not in slow]
        metrics = evaluate(recognizer, Path("nowhere"), parts=parts, step=80, figures=folder)
    return metrics, folder


def test_measure_counts_by_hand(recognizer: DigitRecognizer) -> None:
    images, labels = load_drawings()
    wrong = labels.copy()
    wrong[labels == 3] = 5  # eight threes called fives
    row = measure(recognizer, (images, wrong))
    assert row["count"] == len(labels)
    assert row["accuracy"] == pytest.approx(np.mean(wrong == labels))
    fives = np.mean(labels[wrong == 5] == 5)
    assert row["mean_recall"] == pytest.approx((8 + fives) / 9)
    assert row["refused"] == 0


def test_summarise_finds_the_worst() -> None:
    rows = {
        "a": {"mean_recall": 0.9, "accuracy": 0.95},
        "b": {"mean_recall": 0.8, "accuracy": 0.97},
    }
    found = summarise(rows)
    assert found["mean_recall"] == pytest.approx(0.85)
    assert (found["worst"], found["worst_recall"]) == ("b", 0.8)
    assert (found["least_accurate"], found["worst_accuracy"]) == ("a", 0.95)


@pytest.fixture
def some_logits() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(0, 3, (500, 10)), rng.integers(0, 10, 500)


def test_the_gaps_of_the_reliability_diagram_are_the_ece(
    some_logits: tuple[np.ndarray, np.ndarray],
) -> None:
    probabilities, labels = softmax(some_logits[0]), some_logits[1]
    confidence, correct = answers(probabilities, labels)
    bins = reliability(confidence, correct)
    assert sum(bin["count"] for bin in bins) == 500
    gap = 0.0
    for number in range(15):
        member = (number / 15 <= confidence) & (confidence < (number + 1) / 15)
        gap += abs(correct[member].sum() - confidence[member].sum()) / 500
    assert ece(probabilities, labels) == pytest.approx(gap)


def test_the_area_under_the_roc_curve_is_the_auroc() -> None:
    rng = np.random.default_rng(1)
    digits, others = rng.integers(3, 12, 80) / 9, rng.integers(0, 8, 60) / 9
    kept, passed = roc(digits, others)
    assert (kept[0], passed[0], kept[-1], passed[-1]) == (0, 0, 1, 1)
    assert (np.diff(kept) >= 0).all()
    assert np.trapezoid(kept, passed) == pytest.approx(auroc(digits, others))


@pytest.mark.parametrize(
    ("right", "count", "bounds"),
    [(81, 263, (0.2553, 0.3662)), (0, 20, (0.0, 0.1611)), (1, 29, (0.0061, 0.1718))],
)
def test_intervals_are_those_of_newcombe(
    right: int, count: int, bounds: tuple[float, float]
) -> None:
    """Statistics in Medicine 17 (1998), 857-872: the score method without correction."""
    assert interval(right / count, count) == pytest.approx(bounds, abs=5e-5)


def test_detection_metrics_are_at_99_percent_true_positives() -> None:
    digits = np.arange(100.0)  # the threshold lies between 0 and 1
    found = detection_metrics(digits, np.array([-5.0, 0.5, 50.0, 1000.0]))
    assert found["refused_at_kept"] == 0.5
    assert found["auroc"] == pytest.approx((100 + 99 + 49.5) / 400)


def test_scores_are_high_for_a_clear_winner() -> None:
    logits = np.array([[12.0] + [0.0] * 9, [1.0] * 10])
    for name, (digit, undecided) in digit_scores(logits, Calibration()).items():
        assert digit > undecided, name


def test_sets_of_mnist_go_through_the_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    with np.load(FIXTURE) as arrays:
        raw, labels = arrays["images"][:8], arrays["labels"][:8]
    monkeypatch.setattr(evaluation_sets, "load_mnist", lambda data_dir, split: (raw, labels))
    found = dict(
        evaluation_sets.digit_sets(
            Path("nowhere"), parts=["mnist-test", "mnist-c", "robustness"], step=2
        )
    )
    assert list(found)[:2] == ["MNIST test", "MNIST test, inverted and enlarged"]
    assert list(found)[2:] == [
        *(f"MNIST-C, {corruption.name}" for corruption in CORRUPTIONS),
        *(f"robustness, {corruption.name}" for corruption in UNSEEN_CORRUPTIONS),
    ]
    for name, (images, some) in found.items():
        every = 2 if name.startswith("MNIST test") else 4
        assert images.shape == (8 // every, 28, 28)
        assert np.array_equal(some, labels[::every])
    plain, enlarged = (images.astype(float) for images, _ in list(found.values())[:2])
    assert plain == pytest.approx(np.stack([preprocess(image) for image in raw[::2]]))
    assert np.abs(plain - enlarged).mean() < 8  # grey levels


def test_scans_are_those_held_out() -> None:
    found = dict(evaluation_sets.digit_sets(Path("nowhere"), parts=["scans"], step=20))
    assert list(found) == ["scans, Optdigits", "scans, Semeion"]
    for images, labels in found.values():
        assert len(images) == len(labels) > 10
        assert set(labels) <= set(range(10))


def test_photographs_are_named_by_their_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    digits = load_drawings()
    asked = []

    def photographs(
        strokes: list[PenDigit], each: int, *, find_ink: FindInk | None
    ) -> dict[str, Digits]:
        asked.append(each)
        return {"plain paper": digits, "faint pencil": digits}

    monkeypatch.setattr(evaluation_sets, "photograph_sets", photographs)
    found = dict(evaluation_sets.digit_sets(Path("nowhere"), parts=["photographs"], step=10))
    assert list(found) == ["photographs, plain paper", "photographs, faint pencil"]
    assert asked == [evaluation_sets.PHOTOGRAPHS // 10]


@pytest.fixture
def few_pictures(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """One picture stands for all that would be drawn; whose digits they are, call by call."""
    images, labels = load_drawings()
    one = images[:1], labels[:1]
    writers = []

    def strokes(digits: list[PenDigit], *_: object, **__: object) -> Digits:
        writers.append({digit.writer for digit in digits})
        return one

    def photographs(digits: list[PenDigit], *_: object, **__: object) -> dict[str, Digits]:
        return {"plain paper": strokes(digits), "moiré of a screen": strokes(digits)}

    monkeypatch.setattr(evaluation_sets, "stroke_set", strokes)
    monkeypatch.setattr(evaluation_sets, "photograph_sets", photographs)
    return writers


def test_the_test_writers_are_measured_if_nothing_learned_from_them(
    recognizer: DigitRecognizer, few_pictures: list[set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recognizer, "unseen_writers", TEST_WRITERS)
    metrics = evaluate(recognizer, Path("nowhere"), parts=["test-writers"], step=50)
    assert all(writers == TEST_WRITERS for writers in few_pictures)
    assert metrics["test strokes"]["mean_accuracy"] == 1
    seen = {name: row.get("seen") for name, row in metrics["digits"].items()}
    assert seen["test photographs, plain paper"] == "yes"
    assert seen["test photographs, moiré of a screen"] == "no"
    uses = {row[0]: row[1] for row in result_tables(metrics)[0].rows}
    assert set(uses.values()) == {"test"}
    assert {row["count"] for row in metrics["test numbers"].values()} == {4}
    assert "Numbers by the test writers" in as_text(metrics)

    monkeypatch.setattr(recognizer, "unseen_writers", TEST_WRITERS - {"tr24"})
    assert "digits" not in evaluate(recognizer, Path("nowhere"), parts=["test-writers"])


def test_the_worst_errors_show_a_digit_once_and_no_other_in_its_place(
    recognizer: DigitRecognizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images, labels = load_drawings()
    wrong = images[:1], (labels[:1] + 1) % 10
    kinds = ("plain paper", "faint pencil")
    monkeypatch.setattr(evaluation_sets, "stroke_set", lambda *_, **__: wrong)
    monkeypatch.setattr(
        evaluation_sets, "photograph_sets", lambda *_, **__: dict.fromkeys(kinds, wrong)
    )
    shown: dict[str, list[Misclassification]] = {}
    monkeypatch.setattr(
        "digit_model.evaluation.evaluate.worst_errors", lambda errors, path: shown.update(errors)
    )
    parts = ["strokes", "photographs"]
    evaluate(recognizer, Path("nowhere"), parts=parts, step=50, figures=tmp_path)
    assert len(shown["strokes"]) == 1  # the same digit under all conditions
    assert len(shown["photographs"]) == 2  # kinds beside each other have different digits


def test_weights_that_learned_from_the_test_writers_are_told_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in TENSOR_FILES:
        (tmp_path / name).write_bytes((WEIGHTS / name).read_bytes())
    config = json.loads((WEIGHTS / "config.json").read_bytes())
    config["training"].pop("test_writers", None)
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert main(["evaluate", "--model", str(tmp_path), "--only", "test-writers"]) == 0
    assert "have learned from the test writers" in capsys.readouterr().out


def test_blank_sheets_are_blank_and_noise_is_no_digit(measured: tuple[dict, Path]) -> None:
    found = measured[0]["verdicts"]
    for name in ("black", "white", "grey", "transparent", "gradient", "paper texture"):
        assert found[name]["blank"] == found[name]["count"], name
    for name in ("uniform noise", "Gaussian noise", "salt and pepper", "coloured noise"):
        assert found[name]["digit"] == 0, name
        refused = sum(found[name][key] for key in ("blank", "not_a_digit", "unsure"))
        assert refused == found[name]["count"] >= 4, name


def test_everything_is_measured_and_drawn(measured: tuple[dict, Path]) -> None:
    metrics, folder = measured
    assert metrics["strokes"]["worst"] in metrics["digits"]
    assert metrics["MNIST-C"]["worst_accuracy"] <= metrics["MNIST-C"]["mean_accuracy"]
    groups = ["MNIST test", "strokes", "drawings", "scans", "MNIST-C", "robustness"]
    assert list(metrics["reliability"]) == groups
    assert {row["seen"] for name, row in metrics["digits"].items() if "MNIST-C" in name} <= {
        "yes",
        "related",
        "no",
    }
    letters = metrics["nondigits"]["printed letters"]
    assert letters["count"] == 2
    assert letters["scores"]["in use"]["auroc"] == letters["auroc"]
    assert json.loads(json.dumps(metrics)) == metrics
    assert {row["seen"] for name, row in metrics["digits"].items() if "robust" in name} == {"no"}
    assert {f"figures/{path.name}" for path in folder.iterdir()} == set(MEASURED_FIGURES)
    for path in folder.iterdir():
        with Image.open(path) as picture:
            assert min(picture.size) > 100


def test_every_figure_is_in_the_table_and_on_the_card(measured: tuple[dict, Path]) -> None:
    metrics = measured[0]
    config = json.loads((WEIGHTS / "config.json").read_text())
    card, table = model_card(metrics, config, 1000.0), as_text(metrics)
    for result in result_tables(metrics):
        assert result.title in table
        for row in result.rows:
            assert "| " + " | ".join(row) + " |" in card
            assert all(cell in table for cell in row)
    for name, row in metrics["digits"].items():
        assert f"{100 * row['accuracy']:.2f}" in card
        assert name.rpartition(", ")[2].lower() in table.lower()


def test_a_table_lines_up() -> None:
    table = Table("Title", ["name", "n"], [["a", "1"], ["longer", "23"]], "A note.")
    assert table.text().splitlines()[3:] == ["name     n", "a        1", "longer  23"]
    assert table.markdown().splitlines()[-1] == "| longer | 23 |"


def test_the_card_is_made_of_the_metrics(shipped: dict[str, Any]) -> None:
    config = json.loads((WEIGHTS / "config.json").read_text())
    files = ("ink.safetensors", "model.safetensors", "number.safetensors")
    kilobytes = sum((WEIGHTS / name).stat().st_size for name in files) / 1000
    assert (WEIGHTS / "README.md").read_text() == model_card(shipped, config, kilobytes)


def test_the_card_shows_no_figure_that_is_not_there(tmp_path: Path) -> None:
    for name in ("config.json", *TENSOR_FILES, "metrics.json"):
        (tmp_path / name).write_bytes((WEIGHTS / name).read_bytes())
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "learning_curves.png").touch()
    card = model_card_of(tmp_path)
    assert "![Learning curves](figures/learning_curves.png)" in card
    assert "confusion_matrix" not in card


def test_the_card_names_what_the_last_run_trained_on(shipped: dict[str, Any]) -> None:
    config = json.loads((WEIGHTS / "config.json").read_bytes())
    training = config["training"]
    recipe = {**training["recipe"], "mnist": 10_000, "stroke_variants": 1}
    config["training"] = {**training, "recipe": recipe, "own_digits": "mine"}
    card = model_card(shipped, config, 1.0)
    for words in (
        *("training data of the last of these runs are", "- own pictures: mine"),
        *("- 10,000 of the first 55,000 of MNIST's training images", "with 1 different pen"),
    ):
        assert words in card


def test_a_report_on_other_weights_forgets_the_old_figures(
    tmp_path: Path, shipped: dict[str, Any]
) -> None:
    for name in ("config.json", *TENSOR_FILES, "metrics.json"):
        (tmp_path / name).write_bytes((WEIGHTS / name).read_bytes())
    same = {"model": shipped["model"], "note": 1}
    write_report(tmp_path, same)
    assert "digits" in json.loads((tmp_path / "metrics.json").read_text())
    write_report(tmp_path, {"model": {**shipped["model"], "sha256": "other"}})
    assert "digits" not in json.loads((tmp_path / "metrics.json").read_text())


def test_a_part_is_printed_and_nothing_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("config.json", *TENSOR_FILES):
        (tmp_path / name).write_bytes((WEIGHTS / name).read_bytes())
    assert main(["evaluate", "--model", str(tmp_path), "--only", "drawings"]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"^drawings +development +80 +100\.00", printed, re.MULTILINE)
    assert "nothing was written" in printed
    assert {path.name for path in tmp_path.iterdir()} == {"config.json", *TENSOR_FILES}


def test_an_unknown_part_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["evaluate", "--only", "nonsense"])
    assert stopped.value.code == 2
    assert "mnist-test" in capsys.readouterr().err


def test_a_comparison_names_both_weights(capsys: pytest.CaptureFixture[str]) -> None:
    weights = str(WEIGHTS)
    with pytest.raises(SystemExit) as stopped:
        main(["evaluate", "--compare", weights, weights, "--model", "elsewhere"])
    assert stopped.value.code == 2
    assert "--compare names both weights" in capsys.readouterr().err


def test_a_report_that_has_no_place_is_said_before_the_measuring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("config.json", *TENSOR_FILES):
        (tmp_path / name).write_bytes((WEIGHTS / name).read_bytes())
    (tmp_path / "figures").write_text("in the way")
    monkeypatch.setattr("digit_model.evaluation.evaluate.evaluate", pytest.fail)
    assert main(["evaluate", "--model", str(tmp_path)]) == 2
    assert f"{tmp_path / 'figures'}: File exists." in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_said_before_the_measuring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("config.json", *TENSOR_FILES):
        (tmp_path / name).write_bytes((WEIGHTS / name).read_bytes())
    (tmp_path / "figures").symlink_to("/proc")  # in which nobody can
    monkeypatch.setattr("digit_model.evaluation.evaluate.evaluate", pytest.fail)
    assert main(["evaluate", "--model", str(tmp_path)]) == 2
    assert f"digit_model: {tmp_path / 'figures'}: " in capsys.readouterr().err


class NobodyListens(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_what_was_measured_is_written_even_if_it_cannot_be_printed(
    tmp_path: Path, shipped: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("config.json", *TENSOR_FILES):
        (tmp_path / name).write_bytes((WEIGHTS / name).read_bytes())
    monkeypatch.setattr("digit_model.evaluation.evaluate.evaluate", lambda *_, **__: shipped)
    monkeypatch.setattr(sys, "stdout", NobodyListens())
    assert main(["evaluate", "--model", str(tmp_path)]) == 2
    assert json.loads((tmp_path / "metrics.json").read_text()) == shipped
    assert (tmp_path / "README.md").is_file()


def test_the_report_on_weights_of_the_hub_is_written_without_a_card(
    tmp_path: Path, shipped: dict[str, Any]
) -> None:
    write_report(tmp_path, shipped)
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.json"]
    assert json.loads((tmp_path / "metrics.json").read_text()) == shipped


def test_without_what_it_needs_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", "--quick"])
    assert ended.value.code == 2
    assert "pip install '.[train]'" in capsys.readouterr().err


def test_the_test_images_are_mnist_s(tmp_path: Path) -> None:
    images = np.zeros((300, 28, 28), np.uint8)
    images[:, 4:24, 12:16] = 255
    for split, label in (("train", 1), ("t10k", 7)):
        write_mnist(tmp_path, split, images, np.full(300, label))
    for part in ("mnist-test", "mnist-c", "robustness"):
        sets = list(digit_sets(tmp_path, parts=[part], step=100))
        assert sets
        assert all(set(labels) == {7} for _, (_, labels) in sets)
