"""Training learns, resumes, and writes weights that load."""

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
from conftest import free_port
from torch import Tensor, nn

import train
from digit_model import DigitRecognizer, ModelError
from digit_model.calibration import Calibration
from digit_model.data import Digits
from digit_model.data.nondigits import nondigits
from digit_model.data.own_digits import load_own_digits
from digit_model.data.training_sets import stroke_training
from digit_model.ink_network import InkNetwork, InkNetworkConfig
from digit_model.network import DigitCNN, NetworkConfig, to_inputs
from digit_model.number.calibration import NumberCalibration
from digit_model.number_network import NumberNetwork, NumberNetworkConfig
from digit_model.preprocess import preprocess
from digit_model.training import digit
from digit_model.training.cache import cached
from digit_model.training.checkpoint import CheckpointError, TrainingState
from digit_model.training.dataset import (
    DRY_RUN_SIZE,
    DataSource,
    TrainingSet,
    load_cycle,
    load_mnist_and_validation,
)
from digit_model.training.digit import accuracy
from digit_model.training.distillation import (
    Ensemble,
    blend,
    load_ensemble,
    load_initial_network,
)
from digit_model.training.loss import batch_loss
from digit_model.training.optimizers import ConvolutionMuon, make_optimizers
from digit_model.training.recipe import Cycle, Recipe
from digit_model.training.schedule import augmentation_strength, learning_rate
from digit_model.weights import ModelConfig, Networks, save_weights

ROOT = Path(__file__).parents[1]


# Of batch_loss.
PLAIN: dict[str, Any] = {"outlier_weight": 0.5, "augmentation": 0.0, "generator": torch.Generator()}


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
        for name in ("mnist", "nondigits", "training_sets", "development_sets"):
            module = importlib.import_module(f"digit_model.data.{name}")
            patch.setattr(module, "map_parallel", counting(module.map_parallel))
        assert train_here("--data-dir", mnist_folder, "--output", output, "--dry-run") == 0
    return DryRun(output, printed.getvalue(), sum(preprocessed))


def test_overfits_64_digits() -> None:
    torch.manual_seed(0)
    images, labels = stroke_training(1, 0, 0, slice(0, 64))
    digits, targets = torch.from_numpy(images), torch.from_numpy(labels)
    network = DigitCNN(NetworkConfig(stem=8, stages=((16,), (16,)), dropout=0.0))
    optimizer = torch.optim.AdamW(network.parameters(), 1e-2)
    for _ in range(60):
        loss = batch_loss(network, digits, targets, digits[:0], **PLAIN)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert accuracy(network, (images, labels)) == 1.0


def test_outlier_exposure_makes_the_network_undecided() -> None:
    torch.manual_seed(0)
    images, labels = stroke_training(1, 0, 0, slice(0, 32))
    others = torch.from_numpy(nondigits(32, seed=0))
    network = DigitCNN(NetworkConfig(stem=8, stages=((16,), (16,)), dropout=0.0))
    optimizer = torch.optim.AdamW(network.parameters(), 1e-2)
    digits = torch.from_numpy(images), torch.from_numpy(labels)
    for _ in range(60):
        optimizer.zero_grad()
        batch_loss(network, *digits, others, **PLAIN).backward()
        optimizer.step()
    network.eval()
    with torch.inference_mode():
        confidence = network(to_inputs(others)).softmax(1).amax(1)
    assert confidence.median() < 0.3


def test_teachers_are_followed_where_they_contradict_the_labels() -> None:
    torch.manual_seed(0)
    images, labels = stroke_training(1, 0, 0, slice(0, 64))
    digits, targets = torch.from_numpy(images), torch.from_numpy(labels)
    shape = NetworkConfig(stem=8, stages=((16,), (16,)), dropout=0.0)
    teacher, student = DigitCNN(shape), DigitCNN(shape)

    def learn(network: DigitCNN, labels: Tensor, **taught: Any) -> None:
        optimizer = torch.optim.AdamW(network.parameters(), 1e-2)
        network.train()
        for _ in range(60):
            optimizer.zero_grad()
            batch_loss(network, digits, labels, digits[:0], **PLAIN, **taught).backward()
            optimizer.step()

    wrong = (targets + 1) % 10
    learn(teacher, wrong)
    learn(student, targets, teachers=Ensemble([teacher.eval()]), distillation_weight=0.8)
    assert accuracy(student, (images, wrong.numpy())) > 0.95
    with torch.inference_mode():
        probabilities = student(to_inputs(digits)).softmax(1)
    rows = torch.arange(len(targets))
    assert probabilities[rows, targets].mean() == pytest.approx(0.2, abs=0.07)  # the labels' share
    assert probabilities[rows, wrong].mean() == pytest.approx(0.8, abs=0.07)


def test_an_ensemble_answers_with_the_mean_of_its_networks(tmp_path: Path) -> None:
    networks = []
    for seed in range(3):
        torch.manual_seed(seed)
        networks.append(DigitCNN(NetworkConfig()).eval())
        ink = InkNetwork(InkNetworkConfig((2, 2, 2, 2), (1,)))
        number = NumberNetwork(NumberNetworkConfig((2, 2, 2, 2), (1,), 2))
        config = ModelConfig(
            networks[-1].config,
            Calibration(),
            ink.config,
            number.config,
            NumberCalibration(),
            training={"seed": seed},
        )
        save_weights(tmp_path / str(seed), Networks(networks[-1], ink, number), config)
    ensemble, hashes = load_ensemble([tmp_path / str(seed) for seed in range(3)])
    inputs = torch.rand(5, 1, 28, 28)
    with torch.inference_mode():
        mean = torch.stack([network(inputs).softmax(1) for network in networks]).mean(0)
    torch.testing.assert_close(ensemble(inputs), mean)
    assert len(set(hashes)) == 3

    _, origin = load_initial_network(tmp_path / "1", NetworkConfig())
    assert origin == {"sha256": hashes[1], "training": {"seed": 1}}
    with pytest.raises(ModelError, match="not of the recipe's shape"):
        load_initial_network(tmp_path / "1", NetworkConfig(stem=16))


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
        (("--recipe", "refined"), "needs --start"),
        (("--start", tmp_path / "none"), "There is no folder"),
    ):
        assert train_here(*common, tmp_path / "third", *options) == 2
        assert complaint in capsys.readouterr().err.splitlines()[-1]


def test_a_blend_keeps_a_share_of_the_weights_that_it_started_from() -> None:
    start, trained = (DigitCNN(NetworkConfig(stem=8, stages=((8,), (8,)))) for _ in range(2))
    weights = {
        share: nn.utils.parameters_to_vector(blend(start, trained, share).parameters())
        for share in (0.0, 0.25, 1.0)
    }
    assert torch.equal(weights[0.0], nn.utils.parameters_to_vector(trained.parameters()))
    assert torch.equal(weights[1.0], nn.utils.parameters_to_vector(start.parameters()))
    torch.testing.assert_close(weights[0.25], 0.75 * weights[0.0] + 0.25 * weights[1.0])


def test_learning_rate_rises_then_falls_to_zero_in_each_cycle() -> None:
    recipe = Recipe(epochs=100, cycles=(Cycle(1.0, 0.5, (1.0, 1.0)), Cycle(0.5, 0.5, (1.0, 0.0))))
    rates = [learning_rate(epoch, recipe) for epoch in range(200)]
    for peak, cycle in ((1.0, rates[:100]), (0.5, rates[100:])):
        assert max(cycle) == pytest.approx(peak)
        assert cycle.index(max(cycle)) == 15
        assert cycle[0] < 0.1 * peak
        assert cycle[-1] < 0.001 * peak


def test_augmentation_goes_from_one_end_of_its_cycle_to_the_other() -> None:
    recipe = Recipe(epochs=3, cycles=(Cycle(1.0, 0.5, (1.0, 1.0)), Cycle(1.0, 0.5, (0.6, 0.2))))
    strengths = [augmentation_strength(epoch, recipe) for epoch in range(6)]
    assert strengths == pytest.approx([1.0, 1.0, 1.0, 0.6, 0.4, 0.2])


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
    resume = ("--data-dir", mnist_folder, "--output", output, "--dry-run", "--resume")
    assert train_here(*resume) == 0
    assert "epoch 1" not in capsys.readouterr().out  # nothing was left to train
    assert (output / "model.safetensors").read_bytes() == before
    assert train_here(*resume, "--seed", "5") == 2
    assert "another recipe, seed" in capsys.readouterr().err


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
    assert train_here("--recipe", "number", "--dry-run", "--output", output, "--resume") == 0
    assert "epoch 1" not in capsys.readouterr().out  # nothing was left to train
    assert DigitRecognizer.from_pretrained(output).hashes == trained.hashes

    further = ("--recipe", "number", "--dry-run", "--start", output, "--output", tmp_path / "on")
    assert train_here(*further) == 0
    training = json.loads((tmp_path / "on" / "config.json").read_text())["number_training"]
    assert training["start"]["sha256"] == trained.hashes.number_sha256


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
def test_a_dry_run_draws_next_to_nothing(dry_run: DryRun) -> None:
    """It once rendered all 6,246 recorded strokes and 736 photographs to validate on."""
    assert 0 < dry_run.preprocessed < 2000


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
    assert said.count("\n") == 0


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

    common = ("--dry-run", "--output", tmp_path / "w")
    assert train_here(*common, "--own-digits", tmp_path / "mine") == 0
    assert "2 own digits and 1 that are none" in capsys.readouterr().out
    training = json.loads((tmp_path / "w" / "config.json").read_text())["training"]
    assert training["own_digits"] == str(tmp_path / "mine")

    (tmp_path / "mine" / "3" / "notes.txt").write_text("no picture")
    assert train_here(*common, "--own-digits", tmp_path / "mine") == 2
    assert "notes.txt" in capsys.readouterr().err
    assert train_here(*common, "--own-digits", tmp_path / "none") == 2
    assert "There are no digits in" in capsys.readouterr().err


def test_a_resumed_state_continues_like_an_unbroken_one(tmp_path: Path) -> None:
    def step(network: DigitCNN, state: TrainingState, seed: int) -> None:
        inputs = torch.rand(16, 1, 28, 28, generator=torch.Generator().manual_seed(seed))
        network.zero_grad()
        network(inputs).square().mean().backward()
        for optimizer in state.optimizers:
            optimizer.step()

    def fresh(seed: int) -> tuple[DigitCNN, TrainingState]:
        torch.manual_seed(seed)
        network = DigitCNN(NetworkConfig(stem=4, stages=((4,), (4,)), dropout=0.0))
        network.to(memory_format=torch.channels_last)
        return network, TrainingState({"network": network}, make_optimizers(network, 0.01))

    network, state = fresh(0)
    step(network, state, 1)
    state.history.append({"epoch": 1})
    state.save(tmp_path / "state.safetensors", {"seed": 0})
    step(network, state, 2)

    resumed, restored = fresh(9)
    restored.restore(tmp_path / "state.safetensors", {"seed": 0})
    assert restored.history == [{"epoch": 1}]
    step(resumed, restored, 2)
    for key, tensor in network.state_dict().items():
        assert torch.equal(resumed.state_dict()[key], tensor), key


def test_muon_moves_a_convolution_as_it_would_the_matrix_of_its_filters() -> None:
    torch.manual_seed(0)
    convolution = torch.nn.Conv2d(3, 8, 3).to(memory_format=torch.channels_last)
    weight = convolution.weight
    matrix = torch.nn.Parameter(weight.detach().permute(0, 2, 3, 1).reshape(8, -1).clone())
    reference = torch.optim.Muon(
        [matrix], lr=0.1, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"
    )
    optimizer = ConvolutionMuon([weight], weight_decay=0.01)
    optimizer.param_groups[0]["lr"] = 0.1
    for _ in range(3):
        gradient = torch.randn(8, 3, 3, 3)
        weight.grad, matrix.grad = gradient, gradient.permute(0, 2, 3, 1).reshape(8, -1)
        before = weight.detach().clone()
        optimizer.step()
        reference.step()
        assert not torch.equal(weight, before)
        torch.testing.assert_close(weight.permute(0, 2, 3, 1).reshape(8, -1), matrix)


def test_muon_refuses_weights_that_it_could_not_move() -> None:
    convolution = torch.nn.Conv2d(3, 8, 3)  # contiguous: its matrix would be a copy
    with pytest.raises(RuntimeError):
        ConvolutionMuon([convolution.weight], weight_decay=0.0)


def test_every_weight_has_one_optimizer() -> None:
    network = DigitCNN(NetworkConfig()).to(memory_format=torch.channels_last)
    held = [
        parameter
        for optimizer in make_optimizers(network, 0.0)
        for group in optimizer.param_groups
        for parameter in group["params"]
    ]
    assert sorted(parameter.data_ptr() for parameter in held) == sorted(
        parameter.data_ptr() for parameter in network.parameters()
    )


def test_what_training_draws_is_drawn_once_for_the_same_request(tmp_path: Path) -> None:
    calls: list[int] = []

    def draw() -> dict[str, np.ndarray]:
        calls.append(len(calls))
        return {"images": np.full((2, 3), len(calls), np.uint8)}

    file = tmp_path / "runs" / "drawn.safetensors"
    first = cached(file, {"variants": 1}, draw)
    assert np.array_equal(cached(file, {"variants": 1}, draw)["images"], first["images"])
    assert len(calls) == 1
    assert cached(file, {"variants": 2}, draw)["images"][0, 0] == 2
    assert cached(None, {"variants": 2}, draw)["images"][0, 0] == 3
    assert [path.name for path in file.parent.iterdir()] == ["drawn.safetensors"]
    file.write_bytes(b"damaged")
    assert cached(file, {"variants": 2}, draw)["images"][0, 0] == 4


@pytest.mark.slow
def test_each_cycle_is_drawn_anew_and_the_sets_keep_their_order(
    mnist_folder: Path, tmp_path: Path
) -> None:
    recipe = Recipe(
        stroke_variants=0,
        allographs=8,
        flagged=0,
        photographs=0,
        scan_variants=0,
        degraded=0,
        nondigits=4,
    )
    source = DataSource(mnist_folder, tmp_path / "drawn", dry_run=True)
    mnist, validation = load_mnist_and_validation(source)
    assert len(mnist[1]) == 4 * DRY_RUN_SIZE
    assert {"MNIST", "thin", "photographs"} <= set(validation)
    first, second = (load_cycle(source, recipe, cycle, mnist) for cycle in (0, 1))
    assert first.rendered[0].shape == second.rendered[0].shape == (8, 28, 28)
    assert not np.array_equal(first.rendered[0], second.rendered[0])
    assert not np.array_equal(first.nondigits, second.nondigits)
    assert (first.rendered_share, second.rendered_share) == (0.5, 0.35)
    later = load_cycle(source, dataclasses.replace(recipe, first_data_seed=1), 0, mnist)
    assert np.array_equal(later.rendered[0], second.rendered[0])
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"drawn.{name}.safetensors" for name in ("0", "1", "fixed")
    ]
    again_mnist, again = load_mnist_and_validation(source)  # from the file
    assert list(again) == list(validation)  # calibration goes through them in this order
    assert all(np.array_equal(again[name][0], validation[name][0]) for name in again)
    assert np.array_equal(again_mnist[1], mnist[1])
    samples = first.samples(8)  # for the sheet of pictures
    assert list(samples) == ["MNIST", "allographs", "non-digits"]  # there are no others
    assert np.array_equal(samples["allographs"], first.rendered[0])
    second.add((mnist[0][:3], mnist[1][:3]), second.nondigits[:0])
    assert np.array_equal(second.samples(3)["added"], mnist[0][:3])
    batches = list(first.epoch(17, 2, np.random.default_rng(0)))
    assert [len(labels) for _, labels, _ in batches] == [17] * 2  # 32 of MNIST's, 4 of the 8
    assert all(others.shape == (2, 28, 28) for _, _, others in batches)


def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    path.write_bytes(b"\x00" * 50)
    state = TrainingState({}, [])
    with pytest.raises(CheckpointError, match="damaged"):
        state.restore(path, {})


@pytest.mark.slow
def test_two_processes_train_together(
    mnist_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The first of them is this one; torchrun sets the same variables."""
    output = tmp_path / "w"
    folders = ["--data-dir", str(mnist_folder), "--output", str(output)]
    options = [*folders, "--recipe", "quick", "--dry-run"]
    variables = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": "2"}
    command = [sys.executable, "train.py", *options]
    second = variables | {"RANK": "1", "LOCAL_RANK": "1"}
    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ | second, stdout=subprocess.PIPE, text=True
    ) as other:
        for name, value in (variables | {"RANK": "0", "LOCAL_RANK": "0"}).items():
            monkeypatch.setenv(name, value)
        # If the other process ends, this one doesn't wait for half an hour.
        begin = partial(digit.dist.init_process_group, timeout=timedelta(seconds=60))
        monkeypatch.setattr(digit.dist, "init_process_group", begin)
        assert train_here(*options) == 0
        assert other.communicate(timeout=60)[0] == ""  # only the first one tells
    assert other.returncode == 0
    assert capsys.readouterr().out.count("epoch 1 ") == 1
    training = json.loads((output / "config.json").read_text())["training"]
    assert training["processes"] == 2
    assert DigitRecognizer.from_pretrained(output).sha256
