"""Runs of train.py: they resume, draw little when dry, and write weights that load."""

import contextlib
import dataclasses
import importlib
import io
import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from repository import ROOT
from running_app import free_port
from safetensors.torch import load_file

import train
from digit_model import DigitRecognizer
from digit_model.data import DataError, Digits
from digit_model.data.own_digits import load_own_digits
from digit_model.data.strokes import TEST_WRITERS
from digit_model.model_folder import DEFAULT_WEIGHTS
from digit_model.preprocess import preprocess
from digit_model.training import digit
from digit_model.training.dataset import (
    DataSource,
    TrainingSet,
)
from digit_model.training.options import parse_options
from digit_model.training.recipe import Recipe
from digit_model.training.setup import neighbours_of, recipe_of, setup_of
from digit_model.weights import load_weights, save_weights


def train_here(*arguments: str | Path) -> int:
    """train.py in this process, which has imported torch already: its exit status."""
    try:
        return train.main([*map(str, arguments)])
    except SystemExit as stopped:  # argparse has refused
        return int(str(stopped.code))


@dataclasses.dataclass(frozen=True)
class DryRun:
    output: Path  # the folder of weights that it has written
    printed: str
    preprocessed: int  # pictures


@pytest.fixture(scope="module")
def dry_run(mnist_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> DryRun:
    output = tmp_path_factory.mktemp("dry-run") / "new" / "weights"
    preprocessed: list[int] = []

    def counting(original: Any) -> Any:
        def count_and_map(task: Any, items: Any, *, title: str) -> Any:
            preprocessed.append(len(items))
            return original(task, items, title=title)

        return count_and_map

    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        for name in ("mnist", "nondigits", "training_sets", "held_out_sets"):
            module = importlib.import_module(f"digit_model.data.{name}")
            patch.setattr(module, "map_parallel", counting(module.map_parallel))
        cache = ("--cache", output.parent / "data")
        assert train_here("--data-dir", mnist_folder, "--output", output, "--dry-run", *cache) == 0
    return DryRun(output, printed.getvalue(), sum(preprocessed))


@pytest.mark.slow
@pytest.mark.usefixtures("next_to_no_data")
def test_a_trained_network_is_refined_by_its_teachers(
    dry_run: DryRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common, trained = ("--dry-run", "--output"), dry_run.output
    distil = ("--recipe", "distilled", "--start", trained, "--teachers", trained)
    assert train_here(*common, tmp_path / "refined", *distil) == 0
    training = json.loads((tmp_path / "refined" / "config.json").read_text())["training"]
    sha256 = DigitRecognizer.from_pretrained(trained).sha256
    assert training["start"]["sha256"] == sha256
    assert training["start"]["training"]["recipe"]["cycles"]
    assert training["teachers"] == [sha256]
    assert DigitRecognizer.from_pretrained(tmp_path / "refined").sha256 != sha256
    card = " ".join((tmp_path / "refined" / "README.md").read_text().split())
    assert "2 cycles of 1 epoch, then 1 cycle of 1 epoch taught by 1 such network" in card

    for options, complaint in (
        (("--recipe", "distilled"), "needs --teachers"),
        (("--teachers", trained), "no other takes them"),
        (("--recipe", "distilled", "--teachers", trained), "needs --start"),
        (("--recipe", "refined"), "needs --start"),
        (("--recipe", "fine-tune"), "needs --start"),
        (("--start", tmp_path / "none"), "There is no folder"),
    ):
        assert train_here(*common, tmp_path / "third", *options) == 2
        assert complaint in capsys.readouterr().err.splitlines()[-1]


def test_a_network_has_seen_what_those_before_it_have_seen(tmp_path: Path) -> None:
    networks, config = load_weights(DEFAULT_WEIGHTS)
    old, new = tmp_path / "old", tmp_path / "new"
    everyone = sorted(TEST_WRITERS)
    for folder, training in ((old, {}), (new, {"test_writers": everyone})):
        save_weights(folder, networks, dataclasses.replace(config, training=training))

    def unseen(*options: str | Path) -> list[str]:
        args = parse_options([*map(str, options)])
        return setup_of(args, recipe_of(args))["test_writers"]

    assert unseen() == everyone
    distilled = ("--recipe", "distilled", "--start", new, "--teachers", new)
    assert unseen(*distilled) == everyone
    assert unseen(*distilled, old) == []
    assert unseen("--recipe", "fine-tune", "--start", old) == []


@pytest.mark.slow
def test_dry_run_writes_a_folder_that_serves_and_resumes(
    mnist_folder: Path, dry_run: DryRun, capsys: pytest.CaptureFixture[str]
) -> None:
    output = dry_run.output
    assert "epoch 1" in dry_run.printed
    names = {path.relative_to(output).as_posix() for path in output.rglob("*") if path.is_file()}
    assert names == {
        "README.md",
        "config.json",
        "figures/confusion_matrix.png",
        "figures/learning_curves.png",
        "figures/training_pictures.png",
        "ink.safetensors",
        "metrics.json",
        "model.safetensors",
        "number.safetensors",
    }
    prediction = DigitRecognizer.from_pretrained(output).predict(np.eye(40))
    assert sum(prediction.probabilities.values()) == pytest.approx(1)

    before = (output / "model.safetensors").read_bytes()
    options = ("--data-dir", mnist_folder, "--output", output, "--cache", output.parent / "data")
    resume = (*options, "--dry-run", "--resume")
    assert train_here(*resume) == 0
    assert "epoch 1" not in capsys.readouterr().out  # nothing was left to train
    assert (output / "model.safetensors").read_bytes() == before
    assert train_here(*resume, "--seed", "5") == 2
    assert "another recipe, seed" in capsys.readouterr().err


@pytest.mark.thorough
@pytest.mark.usefixtures("next_to_no_data")
def test_the_first_weights_depend_on_the_seed_alone(tmp_path: Path) -> None:
    """And not on what was loaded before."""
    contents = []
    for name, options in (("a", ()), ("b", ("--beside", DEFAULT_WEIGHTS))):
        assert train_here("--dry-run", "--seed", "3", "--output", tmp_path / name, *options) == 0
        contents.append((tmp_path / name / "model.safetensors").read_bytes())
    assert contents[0] == contents[1]


def test_the_networks_beside_it_are_those_that_are_there(tmp_path: Path) -> None:
    def neighbours(*options: str | Path) -> Path:
        arguments = ["--recipe", "number", "--output", tmp_path / "w", *options]
        return neighbours_of(parse_options(list(map(str, arguments))))

    assert neighbours() == DEFAULT_WEIGHTS
    assert neighbours("--start", "runs/a") == Path("runs/a")
    save_weights(tmp_path / "w", *load_weights(DEFAULT_WEIGHTS))
    assert neighbours() == neighbours("--start", "runs/a") == tmp_path / "w"
    assert neighbours("--beside", "runs/b") == Path("runs/b")
    networks, config = load_weights(DEFAULT_WEIGHTS)
    trained_dry = dataclasses.replace(config, ink_training={"dry_run": True})
    save_weights(tmp_path / "w", networks, trained_dry)
    assert neighbours() == DEFAULT_WEIGHTS


@pytest.mark.slow
def test_the_number_network_is_trained_beside_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "w"
    assert train_here("--recipe", "number", "--dry-run", "--output", output) == 0
    assert "epoch 1" in capsys.readouterr().out
    shipped, trained = DigitRecognizer.from_pretrained(), DigitRecognizer.from_pretrained(output)
    assert trained.hashes[:2] == shipped.hashes[:2]
    assert trained.hashes.number_sha256 != shipped.hashes.number_sha256
    assert (output / "figures" / "number_learning_curves.png").is_file()
    (output / "figures" / "roc.png").write_bytes(b"of other weights")
    assert train_here("--recipe", "number", "--dry-run", "--output", output, "--resume") == 0
    assert "epoch 1" not in capsys.readouterr().out  # nothing was left to train
    assert not (output / "figures" / "roc.png").exists()
    assert DigitRecognizer.from_pretrained(output).hashes == trained.hashes


@pytest.mark.slow
def test_a_refined_number_network_keeps_a_share_of_the_weights_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train_here("--recipe", "number-refined", "--dry-run") == 2
    assert "needs --start" in capsys.readouterr().err
    weights = []
    for recipe in ("number", "number-refined"):
        output = tmp_path / recipe
        command = ("--recipe", recipe, "--dry-run", "--epochs", "1", "--start", DEFAULT_WEIGHTS)
        assert train_here(*command, "--output", output) == 0
        weights.append(load_file(output / "number.safetensors"))
        training = json.loads((output / "config.json").read_text())["number_training"]
        shipped = json.loads((DEFAULT_WEIGHTS / "config.json").read_text())
        assert training["start"]["sha256"] == shipped["number_sha256"]
    start = load_file(DEFAULT_WEIGHTS / "number.safetensors")
    share = 0.3  # of the recipe
    for name, trained in weights[0].items():
        expected = (1 - share) * trained + share * start[name]
        torch.testing.assert_close(weights[1][name], expected.to(trained.dtype))


@pytest.mark.slow
def test_the_ink_network_is_trained_beside_a_digit_network(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "w"
    assert train_here("--recipe", "ink", "--dry-run", "--output", output) == 0
    names = {path.relative_to(output).as_posix() for path in output.rglob("*") if path.is_file()}
    figures = {
        f"figures/{name}.png" for name in ("ink", "ink_learning_curves", "ink_training_pictures")
    }
    assert (
        names
        == {"config.json", "ink.safetensors", "model.safetensors", "number.safetensors"} | figures
    )
    shipped, trained = DigitRecognizer.from_pretrained(), DigitRecognizer.from_pretrained(output)
    assert trained.sha256 == shipped.sha256
    assert trained.hashes.ink_sha256 != shipped.hashes.ink_sha256
    assert train_here("--recipe", "ink", "--dry-run", "--output", output, "--resume") == 0
    assert DigitRecognizer.from_pretrained(output).hashes.ink_sha256 == trained.hashes.ink_sha256

    further = ("--recipe", "ink", "--dry-run", "--start", output, "--output", tmp_path / "further")
    assert train_here(*further) == 0
    training = json.loads((tmp_path / "further" / "config.json").read_text())["ink_training"]
    assert training["start"]["sha256"] == trained.hashes.ink_sha256
    assert training["start"]["training"]["seed"] == 0
    assert "evaluate --model" in capsys.readouterr().out


@pytest.mark.slow
def test_the_first_network_is_trained_beside_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing = tmp_path / "nothing"
    monkeypatch.setattr("digit_model.training.setup.DEFAULT_WEIGHTS", nothing)
    command = ("--recipe", "ink", "--dry-run", "--output", tmp_path / "w")
    assert train_here(*command) == 0
    assert "The networks beside this one are untrained." in capsys.readouterr().out
    assert load_weights(tmp_path / "w").config.is_of_dry_run  # so nobody pushes them
    assert train_here(*command, "--beside", nothing) == 2
    assert f"There is no folder {nothing}" in capsys.readouterr().err


@pytest.mark.slow
def test_a_dry_run_draws_next_to_nothing(dry_run: DryRun) -> None:
    """It once rendered all 6,246 recorded strokes and 736 photographs to validate on."""
    assert 0 < dry_run.preprocessed < 2000


def test_the_pictures_are_preprocessed_by_the_network_that_was_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever becomes of the shipped weights while they are drawn."""
    sources: list[DataSource] = []

    def stop(source: DataSource) -> None:
        sources.append(source)
        raise KeyboardInterrupt

    monkeypatch.setattr(digit, "load_mnist_and_validation", stop)
    assert train_here("--dry-run", "--output", tmp_path / "w") == 130
    picture = np.full((160, 160, 3), 200, np.uint8)
    picture[40:120, 75:85] = 60
    found = DigitRecognizer.from_pretrained().find_ink(picture)
    assert np.array_equal(sources[0].find_ink(picture), found)


@pytest.mark.slow
@pytest.mark.usefixtures("next_to_no_data")
def test_each_cycle_has_its_own_pictures_and_a_broken_run_goes_on_as_if_unbroken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    power_cuts: list[int] = []  # cycles at whose start the power is cut
    draw = digit.load_cycle

    def drawn(source: DataSource, recipe: Recipe, cycle: int, mnist: Digits) -> TrainingSet:
        if cycle in power_cuts:
            raise KeyboardInterrupt
        asked.append(cycle)
        return draw(source, recipe, cycle, mnist)

    def weights(folder: Path, *options: str) -> str:
        assert train.main(["--dry-run", "--output", str(folder), *options]) == 0
        return DigitRecognizer.from_pretrained(folder).sha256

    monkeypatch.setattr(digit, "load_cycle", drawn)
    unbroken = weights(tmp_path / "unbroken")
    assert asked == [0, 1]
    power_cuts.append(1)
    assert train.main(["--dry-run", "--output", str(tmp_path / "broken")]) == 130
    power_cuts.clear()
    asked.clear()
    assert weights(tmp_path / "broken", "--resume") == unbroken
    assert asked == [1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--resume"], "train.py: There is no checkpoint to resume from"),
        (["--output", "/dev/null/w"], "/dev/null"),
        (["--epochs", "many"], "whole number from 1"),
        (["--epochs", "0"], "whole number from 1"),
        (["--seed", "-1"], "whole number from 0"),
        (["--recipe", "secret"], "invalid choice"),
        (["--data-dir", "/dev/null"], "/dev/null"),
        (["--recipe", "ink", "--resume"], "no checkpoint"),
        (["--recipe", "ink", "--start", "/dev/null"], "/dev/null"),
        (["--recipe", "ink", "--own-digits", "mine"], "takes no other data"),
        (["--beside", "/dev/null"], "/dev/null"),
    ],
)
def test_bad_input_ends_with_status_two_and_a_sentence(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train_here("--dry-run", "--output", tmp_path / "w", *arguments) == 2
    said = capsys.readouterr().err.strip()
    assert sentence in said
    assert "Errno" not in said
    assert said.count("\n") == 0


@pytest.mark.parametrize("recipe", ["quick", "ink", "number"])
def test_a_log_that_cannot_be_written_is_said_before_anything_is_drawn(
    recipe: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "w.log").write_bytes(b"")
    cache = tmp_path / "drawn"
    assert train_here("--recipe", recipe, "--output", tmp_path / "w", "--cache", cache) == 2
    assert capsys.readouterr().err == f"train.py: {tmp_path / 'w.log'}: File exists.\n"
    assert {path.name for path in tmp_path.iterdir()} == {"w", "w.log"}


@pytest.mark.slow
def test_bad_input_as_it_is_typed() -> None:
    finished = subprocess.run(
        [sys.executable, "train.py", "--dry-run", "--push-to-hub", "nobody"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert finished.returncode == 2
    assert finished.stderr.strip() == (
        "train.py: A repository on the Hub is named like user/repo, not 'nobody'."
    )


@pytest.mark.slow
@pytest.mark.usefixtures("next_to_no_data")
def test_own_digits_are_read_by_their_folders_and_train(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    three = ROOT / "data" / "drawings" / "nmatsui__libtorch-pytorch-mnist" / "3.png"
    for folder, picture in (
        ("3", three),
        ("7", ROOT / "examples" / "crossed-seven.jpg"),
        ("not a digit", ROOT / "examples" / "no-digit-at-all.jpg"),
    ):
        (tmp_path / "mine" / folder).mkdir(parents=True)
        shutil.copy(picture, tmp_path / "mine" / folder)
    (tmp_path / "mine" / "3" / ".DS_Store").write_bytes(b"no picture")
    (images, labels), nondigits = load_own_digits(tmp_path / "mine")
    assert labels.tolist() == [3, 7]
    assert images.shape == (2, 28, 28)
    assert len(nondigits) == 1
    assert np.array_equal(images[0], preprocess(three))
    (tmp_path / "mine" / "seven").mkdir()
    with pytest.raises(DataError, match="seven is no label"):
        load_own_digits(tmp_path / "mine")
    (tmp_path / "mine" / "seven").rmdir()
    shutil.copy(three, tmp_path / "mine" / "3.png")
    with pytest.raises(DataError, match=r"3\.png is in no label's folder"):
        load_own_digits(tmp_path / "mine")
    (tmp_path / "mine" / "3.png").unlink()

    common = ("--dry-run", "--output", tmp_path / "w")
    assert train_here(*common, "--own-digits", tmp_path / "mine") == 0
    assert "2 own digits and 1 that are none" in capsys.readouterr().out
    training = json.loads((tmp_path / "w" / "config.json").read_text())["training"]
    assert training["own_digits"] == "mine"  # not where it lies

    shutil.copy(three, tmp_path / "mine" / "3" / "another.png")
    assert train_here(*common, "--own-digits", tmp_path / "mine", "--resume") == 2
    assert "on other pictures" in capsys.readouterr().err

    (tmp_path / "mine" / "3" / "notes.txt").write_text("no picture")
    assert train_here(*common, "--own-digits", tmp_path / "mine") == 2
    assert "notes.txt" in capsys.readouterr().err
    assert train_here(*common, "--own-digits", tmp_path / "none") == 2
    assert "There are no digits in" in capsys.readouterr().err


@pytest.mark.thorough
def test_two_processes_train_together(
    mnist_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The first of them is this one; torchrun sets the same variables."""
    output = tmp_path / "w"
    folders = ["--data-dir", str(mnist_folder), "--output", str(output)]
    # If the other process ends, this one doesn't wait for half an hour.
    begin = partial(digit.dist.init_process_group, timeout=timedelta(seconds=60))
    monkeypatch.setattr(digit.dist, "init_process_group", begin)

    def trained(*more: str) -> str:
        options = [*folders, "--recipe", "quick", "--dry-run", *more]
        variables = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": "2"}
        command = [sys.executable, "train.py", *options]
        second = variables | {"RANK": "1", "LOCAL_RANK": "1"}
        with subprocess.Popen(
            command, cwd=ROOT, env=os.environ | second, stdout=subprocess.PIPE, text=True
        ) as other:
            for name, value in (variables | {"RANK": "0", "LOCAL_RANK": "0"}).items():
                monkeypatch.setenv(name, value)
            assert train_here(*options) == 0
            assert other.communicate(timeout=60)[0] == ""  # only the first one tells
        assert other.returncode == 0
        return DigitRecognizer.from_pretrained(output).sha256

    first = trained()
    assert capsys.readouterr().out.count("epoch 1 ") == 1
    training = json.loads((output / "config.json").read_text())["training"]
    assert training["processes"] == 2
    assert trained("--resume") == first
    assert "epoch 1 " not in capsys.readouterr().out
