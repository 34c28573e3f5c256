"""Runs repeat bit for bit, go on after they were ended, and lose no checkpoint to a full disk."""

import dataclasses
import os
import subprocess
import sys
from concurrent.futures import BrokenExecutor
from pathlib import Path
from typing import Any

import pytest
import torch
from processes import largest_file
from repository import ROOT
from safetensors.torch import load_file

import train
from digit_model.architectures import NetworkConfig
from digit_model.network import DigitCNN
from digit_model.training import digit
from digit_model.training.checkpoint import CheckpointError, TrainingState
from digit_model.training.recipe import DRAWN_RECIPES
from digit_model.training.step import run_epoch
from digit_model.weights import load_weights

# train.py on a few images, without drawing any, and without an export in the end.
SHORT = """
import digit_model.training.export
import train
from digit_model.data.mnist import load_mnist
from digit_model.training import digit
from digit_model.training.dataset import TrainingSet

def fixed(source):
    images, labels = load_mnist(source.data_dir, "train")
    return (images[:512], labels[:512]), {"MNIST": (images[:100], labels[:100])}

def drawn(source, recipe, cycle, mnist):
    return TrainingSet(mnist, mnist, mnist[0][:16], 0.5)

digit.load_mnist_and_validation, digit.load_cycle = fixed, drawn
digit_model.training.export.export = lambda *result: None
"""
RUN = f"{SHORT}\nimport sys\nsys.exit(train.main(sys.argv[1:]))"
OPTIONS = ("--recipe", "ladder", "--size", "10k", "--epochs", "3")


@pytest.mark.thorough
def test_a_killed_run_goes_on_to_the_same_weights_bit_for_bit(
    mnist_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    common = ("--data-dir", str(mnist_folder), *OPTIONS, "--output")
    command = [sys.executable, "-c", RUN, *common, str(tmp_path / "killed")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline().startswith("epoch 1 ")  # its checkpoint is being written
        assert running.stdout.readline().startswith("epoch 2 ")
        running.kill()
    for name in ("load_mnist_and_validation", "load_cycle"):
        monkeypatch.setattr(digit, name, getattr(digit, name))  # put back in the end
    monkeypatch.setattr("digit_model.training.export.export", None)
    exec(SHORT, {})
    assert train.main([*common, str(tmp_path / "killed"), "--resume"]) == 0
    assert train.main([*common, str(tmp_path / "whole")]) == 0
    killed, whole = (
        load_file(tmp_path / f"{name}.checkpoint.safetensors") for name in ("killed", "whole")
    )
    assert killed.keys() == whole.keys()
    assert all(torch.equal(killed[key], whole[key]) for key in whole)


@pytest.mark.thorough
@pytest.mark.parametrize("recipe", ["ink", "number"])
def test_a_network_that_draws_its_pictures_goes_on_to_the_same_weights_bit_for_bit(
    recipe: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    epochs: list[int] = []

    def stopped(learner: Any, batches: Any, loss: Any, recipe: Any, epoch: int, **rest: Any) -> Any:
        epochs.append(epoch)
        if epoch == 1:
            raise KeyboardInterrupt
        return run_epoch(learner, batches, loss, recipe, epoch, **rest)

    tiny: Any = DRAWN_RECIPES[recipe].dry_run()
    monkeypatch.setitem(DRAWN_RECIPES, recipe, dataclasses.replace(tiny, epochs=2))
    common = ["--recipe", recipe, "--output"]
    with monkeypatch.context() as patch:
        patch.setattr("digit_model.training.fit.run_epoch", stopped)
        assert train.main([*common, str(tmp_path / "broken")]) == 130
    assert epochs == [0, 1]
    assert "--resume goes on" in capsys.readouterr().err
    assert train.main([*common, str(tmp_path / "broken"), "--resume"]) == 0
    assert "epoch 1 " not in capsys.readouterr().out
    assert train.main([*common, str(tmp_path / "whole")]) == 0
    broken, whole = (load_weights(tmp_path / name).config for name in ("broken", "whole"))
    assert broken == whole  # with the hashes of the tensors, and the calibration


def test_a_full_disk_leaves_the_checkpoint_of_the_epoch_before(tmp_path: Path) -> None:
    path, setup = tmp_path / "w.checkpoint.safetensors", {"seed": 0}
    state = TrainingState({"network": DigitCNN(NetworkConfig())}, [], 2, [{"epoch": 1}])
    state.save(path, setup)
    state.history.append({"epoch": 2})
    with (
        largest_file(100_000),
        pytest.raises(CheckpointError, match=r"can't be written \(File too large\)"),
    ):
        state.save(path, setup)
    assert list(tmp_path.iterdir()) == [path]
    state.restore(path, setup)
    assert state.history == [{"epoch": 1}]


@pytest.mark.slow
@pytest.mark.usefixtures("next_to_no_data")
@pytest.mark.parametrize("recipe", ["quick", "ink"])
def test_an_epoch_is_told_when_its_checkpoint_is_written(
    recipe: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def full(*_: object) -> None:
        raise CheckpointError("It can't be written.")

    monkeypatch.setattr(TrainingState, "save", full)
    assert train.main(["--recipe", recipe, "--dry-run", "--output", str(tmp_path / "w")]) == 2
    said = capsys.readouterr()
    assert said.err.endswith("train.py: It can't be written.\n")
    assert " loss " not in said.out


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (KeyboardInterrupt(), 130, "Stopped; the same command with --resume goes on"),
        (
            RuntimeError("[gloo/transport/tcp/pair.cc:545] Read error: Connection reset by peer"),
            2,
            "Another process of this training has ended; the same command with --resume goes on",
        ),
        (
            BrokenExecutor("A process in the process pool was terminated abruptly."),
            2,
            "Another process of this training has ended; the same command with --resume goes on",
        ),
    ],
    ids=["Ctrl-C", "another process killed", "one that draws killed"],
)
def test_who_is_stopped_is_told_how_to_go_on(
    error: BaseException,
    status: int,
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def stopped(*args: object) -> None:
        raise error

    monkeypatch.setattr(train, "training", lambda args: stopped)
    command = ["--dry-run", "--output", str(tmp_path / "w")]
    assert train.main(command) == status
    first_words = sentence.partition(";")[0]
    assert capsys.readouterr().err.strip() == f"train.py: {first_words}."  # no epoch has ended
    checkpoint = tmp_path / "w.checkpoint.safetensors"
    checkpoint.touch()
    os.utime(checkpoint, (0, 0))  # of an earlier run
    assert train.main(command) == status
    assert capsys.readouterr().err.strip() == f"train.py: {first_words}."
    checkpoint.touch()
    assert train.main(command) == status
    said = capsys.readouterr().err.strip()
    assert said.startswith(f"train.py: {sentence}")
    assert said.count("\n") == 0


def test_an_error_of_another_kind_is_not_taken_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("shapes don't match")

    monkeypatch.setattr(train, "training", lambda args: broken)
    with pytest.raises(RuntimeError, match="shapes"):
        train.main(["--dry-run"])
