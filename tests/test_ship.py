"""All that ships by one command: interrupted wherever it may be, it ends as if it had not been."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import train
from digit_model import DigitRecognizer
from digit_model.data.held_out_sets import photograph_sets
from digit_model.data.strokes import pen_digits
from digit_model.model_folder import measured_hashes
from digit_model.training import digit, ship
from digit_model.training.dataset import DRY_RUN_SIZE
from digit_model.training.log import RunLog
from digit_model.training.progress import Progress, Step
from digit_model.weights import ModelConfig, load_weights

WEIGHTS = ("config.json", "ink.safetensors", "model.safetensors", "number.safetensors")


class Interruption:
    """Ctrl-C at some call of a function."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function, self.calls_before = function, -1

    def __call__(self, *args: Any, **options: Any) -> Any:
        if self.calls_before == 0:
            raise KeyboardInterrupt
        self.calls_before -= 1
        return self.function(*args, **options)


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ship") / "w"


@pytest.fixture
def drawing(monkeypatch: pytest.MonkeyPatch) -> Interruption:
    """When a cycle's pictures are drawn."""
    monkeypatch.setattr(digit, "load_cycle", Interruption(digit.load_cycle))
    return digit.load_cycle  # type: ignore[return-value]


@pytest.fixture
def evaluating(monkeypatch: pytest.MonkeyPatch) -> Interruption:
    monkeypatch.setattr(ship, "evaluate", Interruption(ship.evaluate))
    return ship.evaluate  # type: ignore[return-value]


def files(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in WEIGHTS}


def config_of(folder: Path) -> ModelConfig:
    return load_weights(folder).config


@pytest.mark.thorough
def test_an_interrupted_command_goes_on_to_the_same_weights_bit_for_bit(
    mnist_folder: Path,
    output: Path,
    drawing: Interruption,
    evaluating: Interruption,
    capsys: pytest.CaptureFixture[str],
) -> None:
    common = ["--dry-run", "--data-dir", str(mnist_folder), "--output"]
    steps, command = output.with_name("w.ship"), ["--recipe", "ship", *common, str(output)]

    drawing.calls_before = 5  # two by each seed before, and the first of seed 2
    assert train.main(command) == 130
    assert (steps / "seed-1").is_dir()
    assert not (steps / "seed-2").exists()
    assert not output.exists()
    drawing.calls_before = -1

    capsys.readouterr()
    assert train.main(command) == 2
    said = capsys.readouterr().err.strip()
    assert "--resume goes on with them" in said
    assert said.count("\n") == 0

    evaluating.calls_before = 0
    assert train.main([*command, "--resume"]) == 130
    printed = capsys.readouterr().out
    finished = re.findall("step . of 8, (.*), finished before", printed)
    assert finished == ["ink", "seed-0", "seed-1"]
    assert re.findall(r"seed-2, epoch (\d)  loss", printed) == ["2"]
    assert not output.exists()
    whole = output.with_name("whole")  # as it is typed, and not interrupted
    beside = ["--beside", str(steps / "ink"), "--cache", str(steps / "data")]
    assert train.main(["--seed", "2", *beside, *common, str(whole)]) == 0
    assert re.findall(r"epoch (\d)  loss", capsys.readouterr().out) == ["1", "2"]
    assert files(steps / "seed-2") == files(whole)

    evaluating.calls_before = -1
    tensors = steps / "distilled" / "model.safetensors"
    content = tensors.read_bytes()
    tensors.write_bytes(content[:-1])  # as after a loss of power
    assert train.main([*command, "--resume"]) == 0
    printed = capsys.readouterr().out
    assert " loss " not in printed  # made again from its checkpoint
    assert tensors.read_bytes() == content
    assert files(output) == files(steps / "number")


@pytest.mark.thorough
def test_what_ships_was_trained_on_each_other(output: Path) -> None:
    steps = output.with_name("w.ship")
    hashes = config_of(output).hashes
    assert not set(hashes) & set(DigitRecognizer.from_pretrained().hashes)
    ink, number = config_of(steps / "ink"), config_of(output).number_training
    teachers = [config_of(steps / f"seed-{seed}").hashes.sha256 for seed in range(3)]
    assert hashes.ink_sha256 == ink.hashes.ink_sha256
    assert number["beside"] == {"sha256": hashes.sha256, "ink_sha256": hashes.ink_sha256}
    refined = config_of(output).training
    assert refined["start"]["sha256"] == config_of(steps / "distilled").hashes.sha256
    training = refined["start"]["training"]
    assert training["teachers"] == teachers
    assert len(set(teachers)) == 3
    assert training["start"]["sha256"] == teachers[1]
    assert training["start"]["training"]["beside"] == {"ink_sha256": hashes.ink_sha256}

    with safe_open(steps / "data.dry-run.fixed.safetensors", "np") as drawn:
        kept = drawn.get_tensor("photographs images")
    find_ink = DigitRecognizer.from_pretrained(steps / "ink").find_ink
    digits = pen_digits("development")[:DRY_RUN_SIZE]
    sets = photograph_sets(digits, 1, seed=1, find_ink=find_ink)
    assert np.array_equal(np.concatenate([images for images, _ in sets.values()]), kept)


@pytest.mark.thorough
def test_it_comes_with_its_report_and_figures(output: Path) -> None:
    assert measured_hashes(output) == config_of(output).hashes
    metrics = json.loads((output / "metrics.json").read_text())
    assert metrics["model"]["id"] == output.name
    assert metrics.keys() >= {"digits", "nondigits", "history", "validation"}
    card = (output / "README.md").read_text()
    assert "1 cycle of 1 epoch taught by 3 such networks" in " ".join(card.split())
    for figure in re.findall(r"\]\((figures/\w+\.png)\)", card):
        assert (output / figure).is_file()
    for kind in ("", "ink_", "number_"):
        assert (output / "figures" / f"{kind}training_pictures.png").is_file()
        assert (output / "figures" / f"{kind}learning_curves.png").is_file()


@pytest.mark.thorough
def test_tensorboard_shows_each_epoch_once_and_the_pictures(output: Path) -> None:
    folder = output.with_name("w.ship") / "training"
    resumed = EventAccumulator(str(folder / "seed-2.log")).Reload()
    assert [event.step for event in resumed.Scalars("loss")] == [1, 2]
    names = {"loss", "learning rate", "seconds", "accuracy/MNIST", "accuracy/photographs"}
    assert names <= set(resumed.Tags()["scalars"])
    assert resumed.Tags()["images"] == ["training_pictures"]
    number = EventAccumulator(str(folder / "number.log")).Reload()
    assert number.Tags()["images"] == ["number_training_pictures"]


@pytest.mark.thorough
def test_what_another_recipe_has_made_is_no_step(
    output: Path, mnist_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--recipe", "ship", "--data-dir", str(mnist_folder), "--output", str(output)]
    assert train.main([*options, "--resume"]) == 2  # no dry run
    assert "was made with another recipe" in capsys.readouterr().err


def test_all_of_mnist_is_there_before_the_first_step_and_its_test_images_are_not_read(
    mnist_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    def fail(*_: object, download: bool) -> None:
        raise OSError("no network")

    monkeypatch.setattr(ship, "train_one", stop)
    monkeypatch.setattr("torchvision.datasets.MNIST", fail)
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for file in (mnist_folder / "MNIST" / "raw").glob("train-*"):
        (raw / file.name).write_bytes(file.read_bytes())
    command = ["--recipe", "ship", "--dry-run", "--data-dir", str(tmp_path)]
    command += ["--output", str(tmp_path / "w")]
    (raw / "t10k-images-idx3-ubyte").write_bytes(b"not read")
    assert train.main(command) == 2
    assert capsys.readouterr().err == (
        f"train.py: MNIST is not in {raw} and can't be downloaded.\n"
    )
    (raw / "t10k-labels-idx1-ubyte").write_bytes(b"not read")
    assert train.main(command) == 130


@pytest.mark.parametrize("options", [["--size", "10k"], ["--teachers", "weights"], ["--seed", "1"]])
def test_it_takes_no_options_of_single_steps(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        train.main(["--recipe", "ship", *options])
    assert stopped.value.code == 2
    said = capsys.readouterr().err.strip()
    assert "takes --data-dir, --output, --resume, --push-to-hub and --dry-run only" in said
    assert said.count("\n") == 0


def test_the_time_left_is_estimated_from_the_epochs_so_far() -> None:
    steps = [Step("a", "ink", 2, 60.0), Step("b", "default", 10, 120.0), Step("c", "ink", 3, 60.0)]
    progress = Progress(steps)
    progress.begin(0)
    assert progress.place == "step 1 of 3, a, "
    assert progress.seconds_left() == 2 * 60 + 10 * 120 + 3 * 60
    progress.add_epoch(30.0)  # twice as fast as expected
    assert progress.seconds_left() == 30 + 10 * 60 + 3 * 30
    progress.begin(1)
    progress.add_epoch(100.0)
    progress.add_epoch(200.0)
    assert progress.seconds_left() == 8 * 150 + 3 * 30
    assert progress.time_left() == "22 min left"
    progress.begin(2)
    assert progress.time_left() == "2 min left"

    alone = Progress([Step("", "", 4)])
    assert alone.time_left() == ""
    alone.add_epoch(7200.0)
    assert (alone.place, alone.time_left()) == ("", "6 h 00 min left")


def test_without_tensorboard_a_run_says_so_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    log = RunLog(tmp_path / "w")
    log.begin([], 2, lambda epoch: 0.1)
    log.add({"epoch": 1, "loss": 0.5, "seconds": 60.0, "MNIST": 0.9})
    log.finish()
    said = capsys.readouterr()
    assert said.err == "No logs for TensorBoard, which isn't installed.\n"
    assert said.out == "epoch 1  loss 0.5  seconds 60  MNIST 0.9  1 min left\n"


def test_what_never_began_is_not_resumed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "w.ship").touch()
    command = ["--recipe", "ship", "--dry-run", "--output", str(tmp_path / "w")]
    assert train.main(command) == 2
    said = capsys.readouterr().err
    assert "w.ship" in said
    assert "--resume" not in said
