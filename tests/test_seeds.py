"""Several seeds: a row a run, means and standard errors by hand; and the fastest recipe."""

import csv
import dataclasses
import json
import statistics
from pathlib import Path

import numpy as np
import pytest
import torch

import train
from digit_model.data import DataError, Digits
from digit_model.data.conditions import CONDITIONS
from digit_model.data.mnist import load_mnist
from digit_model.data.training_sets import stroke_training
from digit_model.evaluation.raw_mnist import raw_mnist_accuracy
from digit_model.model_folder import DEFAULT_WEIGHTS
from digit_model.network import DigitCNN
from digit_model.training import digit
from digit_model.training.dataset import DataSource, TrainingSet
from digit_model.training.fast import train_fast
from digit_model.training.options import parse_options
from digit_model.training.recipe import SIZES, FastRecipe, Recipe
from digit_model.training.seeds import add_row, csv_file, read_rows, row_of, summary, train_seeds
from digit_model.training.setup import recipe_of
from digit_model.weights import load_weights, save_weights


def row(seed: int, accuracy: str, *, recipe: str = "ladder", parameters: str = "1000") -> dict:
    return {
        "recipe": recipe,
        "parameters": parameters,
        "epochs": "2",
        "seed": str(seed),
        "seconds": "10.0",
        "MNIST": accuracy,
    }


def test_a_row_measures_the_weights_whose_hash_it_has(tmp_path: Path) -> None:
    """And not the network of the last epoch, whose mean with the one before may be kept."""
    networks, config = load_weights(DEFAULT_WEIGHTS)
    save_weights(tmp_path, networks, dataclasses.replace(config, training={"seed": 7}))
    names = ["MNIST", "photographs", *(condition.name for condition in CONDITIONS)]
    metrics = {
        "validation": {name: {"accuracy": 0.75} for name in names},
        "history": [{"epoch": 1, "seconds": 2.0} | dict.fromkeys(names, 0.5)],
    }
    (tmp_path / "metrics.json").write_text(json.dumps(metrics))
    row = row_of("refined", tmp_path)
    assert [row[name] for name in ("MNIST", "strokes", "photographs")] == ["0.7500"] * 3
    assert [row[name] for name in ("epochs", "seed", "seconds")] == ["1", "7", "2.0"]
    assert row["sha256"] == config.hashes.sha256


def test_the_mean_and_its_standard_error() -> None:
    rows = [row(0, "0.97"), row(1, "0.98"), row(2, "0.99"), row(0, "0.5", parameters="2000")]
    table = summary(rows)
    assert list(table.columns) == ["Recipe", "Parameters", "Epochs", "Seeds", "MNIST", "Seconds"]
    error = statistics.stdev([97, 98, 99]) / 3**0.5
    assert table.rows[0] == ["ladder", "1,000", "2", "3", f"98.00 ± {error:.2f}", "10 ± 0"]
    assert table.rows[1] == ["ladder", "2,000", "2", "1", "50.00", "10"]


def test_a_run_that_is_repeated_replaces_its_row(tmp_path: Path) -> None:
    file = tmp_path / "new" / "ladder.csv"
    for each in (row(1, "0.5"), row(0, "0.6"), row(1, "0.7"), row(0, "0.8", parameters="900")):
        add_row(file, each)
    found = [(kept["parameters"], kept["seed"], kept["MNIST"]) for kept in read_rows(file)]
    assert found == [("900", "0", "0.8"), ("1000", "0", "0.6"), ("1000", "1", "0.7")]


HEADER = b"recipe,parameters,epochs,seed,seconds,MNIST,strokes,photographs,MNIST test,sha256\n"


@pytest.mark.parametrize(
    "content",
    [
        b"a,b\n1,2\n",
        b"\xff\xfe",
        b"",
        HEADER + b"quick,10250\n",
        HEADER + b"quick,10250,2,one,10.0,0.9,0.9,0.9,,ab\n",
        HEADER + b"quick,10250,2,1,10.0,0.9,high,0.9,,ab\n",
        HEADER + b"quick,10250,2,1,10.0,0.9,0.9,0.9,,ab,more\n",
    ],
)
def test_a_file_of_other_rows_is_refused_before_anything_is_trained(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    content: bytes,
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "results" / "quick.csv"
    file.parent.mkdir()
    file.write_bytes(content)
    args = parse_options(["--recipe", "quick", "--seeds", "2", "--output", str(tmp_path / "out")])
    with pytest.raises(DataError, match="not a file of such runs"):
        train_seeds(args)
    assert file.read_bytes() == content
    assert not (tmp_path / "out").exists()
    (fast := file.with_name("mnist-fast.csv")).write_bytes(content)
    assert train.main(["--recipe", "mnist-fast", "--seeds", "2", "--data-dir", "/dev/null"]) == 2
    assert f"{fast.relative_to(tmp_path)} is not a file" in capsys.readouterr().err


def test_results_that_cannot_be_kept_are_said_before_anything_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").write_bytes(b"")
    for options in (["--recipe", "quick", "--output", "out"], ["--recipe", "mnist-fast"]):
        assert train.main([*options, "--seeds", "2", "--data-dir", "/dev/null"]) == 2
        assert capsys.readouterr().err == "train.py: results: File exists.\n"


def test_a_dry_run_leaves_the_cache_of_others_alone() -> None:
    assert parse_options(["--cache", "runs/data"]).cache == Path("runs/data")
    assert parse_options(["--cache", "runs/data", "--dry-run"]).cache == Path("runs/data.dry-run")


def test_runs_on_other_data_or_networks_are_not_among_those_of_the_recipe() -> None:
    def file_of(*options: str) -> Path:
        return csv_file(parse_options(["--seeds", "2", *options]))

    assert file_of() == Path("results/default.csv")
    for options in (["--own-digits", "mine"], ["--beside", "runs/ink"], ["--dry-run"]):
        assert file_of("--output", "runs/x", *options) == Path("runs/x/results/default.csv")


def test_sizes_are_what_they_are_called() -> None:
    for name, config in SIZES.items():
        count = sum(weight.numel() for weight in DigitCNN(config).parameters())
        assert count == pytest.approx(1000 * int(name.removesuffix("k")), rel=0.03)


@pytest.mark.thorough
def test_each_seed_is_trained_measured_and_printed(
    mnist_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    images, labels = stroke_training(1, 0, slice(0, 100))
    names = ["MNIST", *(condition.name for condition in CONDITIONS), "photographs"]

    def fixed(source: DataSource) -> tuple[Digits, dict[str, Digits]]:
        return (images, labels), dict.fromkeys(names, (images[:8], labels[:8]))

    def drawn(source: DataSource, recipe: Recipe, cycle: int, mnist: Digits) -> TrainingSet:
        return TrainingSet(mnist, (images[:0], labels[:0]), images[:0], 0.0)  # MNIST alone

    monkeypatch.setattr(digit, "load_mnist_and_validation", fixed)
    monkeypatch.setattr(digit, "load_cycle", drawn)
    options = ["--recipe", "ladder-mnist", "--size", "10k", "--dry-run", "--seed", "3"]
    options += ["--data-dir", str(mnist_folder), "--output", str(tmp_path), "--seeds", "2"]
    earlier = row(0, "0.5", recipe="ladder-mnist", parameters="10250")
    epochs = recipe_of(parse_options(options)).total_epochs
    earlier |= {"epochs": str(epochs), "MNIST test": "0.1"}
    add_row(tmp_path / "results" / "ladder-mnist.csv", earlier)
    assert train.main(options) == 0
    printed = capsys.readouterr().out
    with (tmp_path / "results" / "ladder-mnist.csv").open() as lines:
        first, *rows = csv.DictReader(lines)
    assert first["seed"] == "0"  # an earlier run, whose figures are in none of what follows
    assert [(each["seed"], each["parameters"]) for each in rows] == [("3", "10250"), ("4", "10250")]
    assert len({each["sha256"] for each in rows}) == 2
    mean = 100 * statistics.mean(float(each["MNIST test"]) for each in rows)
    assert f" {mean:.2f} ± " in printed.splitlines()[-1]

    assert train.main([*options, "--resume"]) == 0  # nothing is left to train
    assert "epoch 1 " not in capsys.readouterr().out
    with (tmp_path / "results" / "ladder-mnist.csv").open() as lines:
        assert list(csv.DictReader(lines)) == [first, *rows]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--seeds", "1"], "whole number from 2"),
        (["--seeds", "2", "--push-to-hub", "user/digits"], "push one of them"),
        (["--dry-run", "--push-to-hub", "user/digits"], "trains nothing that"),
        (["--recipe", "ink", "--seeds", "2"], "takes neither --size nor --seeds"),
        (["--recipe", "ink", "--push-to-hub", "user/digits"], "push them afterwards"),
        (["--recipe", "mnist-fast", "--resume"], "takes --data-dir"),
        (["--seed", str(10**23)], "whole number from 0 to 2147483647"),
    ],
)
def test_what_does_not_go_together_is_said(
    options: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        train.main(options)
    assert stopped.value.code == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.slow
def test_the_fastest_recipe_learns_repeats_itself_and_keeps_nothing(
    mnist_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    recipe = FastRecipe()
    network, seconds = train_fast(recipe, mnist_folder, 0)
    assert raw_mnist_accuracy(network, mnist_folder, recipe.margin) > 0.9
    assert seconds > 0
    first, second = (
        train_fast(recipe, mnist_folder, 0, max_steps=3)[0].state_dict() for _ in range(2)
    )
    assert all(torch.equal(first[key], second[key]) for key in first)
    monkeypatch.chdir(tmp_path)
    options = ["--recipe", "mnist-fast", "--dry-run", "--data-dir", str(mnist_folder)]
    assert train.main(options) == 0
    assert capsys.readouterr().out.startswith("MNIST test ")
    assert not list(tmp_path.iterdir())


def test_mnist_is_read_whole_or_refused(mnist_folder: Path, tmp_path: Path) -> None:
    images, labels = load_mnist(mnist_folder, "train")
    assert images.shape == (6000, 28, 28)
    assert np.array_equal(labels[:500], labels[500:1000])
    folder = tmp_path / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for name in ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"):
        content = (mnist_folder / "MNIST" / "raw" / name).read_bytes()
        (folder / name).write_bytes(content[:-1] if "images" in name else content)
    with pytest.raises(DataError, match=r"is damaged: delete t10k-\*"):
        load_mnist(tmp_path, "test")
