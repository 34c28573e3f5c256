"""The ink network, and what it is trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from digit_model.architectures import GRAIN, InkNetworkConfig
from digit_model.data.ink_pictures import ink_pictures
from digit_model.fusion import fuse
from digit_model.ink.looks import LARGEST_LOOK, LEAST_SIDE, LOOK_SIDE, around, look
from digit_model.ink_network import InkNetwork, to_inputs
from digit_model.training.ink import Pictures, ink_loss, overlap, train_ink, vary
from digit_model.training.log import RunLog
from digit_model.training.recipe import InkRecipe

SMALL = InkNetworkConfig(widths=(6, 8, 8, 8), dilations=(1, 2))


def test_budget_and_shapes() -> None:
    network = InkNetwork(InkNetworkConfig()).eval()
    assert sum(parameter.numel() for parameter in network.parameters()) <= 500_000
    for rows, columns in ((160, 160), (16, 160), (160, 112)):
        picture = np.random.default_rng(0).integers(0, 256, (rows, columns, 3)).astype(np.uint8)
        ink = network.find_ink(picture)
        assert ink.shape == (rows, columns)
        assert ink.dtype == np.float32
        assert 0 <= ink.min() <= ink.max() <= 1


@torch.inference_mode()
def test_fused_computes_the_same() -> None:
    torch.manual_seed(0)
    network = InkNetwork(SMALL)
    inputs = torch.randn(4, 3, 64, 64)
    network.train()(inputs)  # running statistics that are not the initial ones
    network.eval()
    fused = fuse(network)
    assert not any("BatchNorm" in type(module).__name__ for module in fused.modules())
    torch.testing.assert_close(fused(inputs), network(inputs), atol=1e-4, rtol=1e-4)


def test_the_light_s_colour_and_brightness_do_not_matter_and_paper_is_not_amplified() -> None:
    rng = np.random.default_rng(0)
    picture = torch.from_numpy(rng.integers(100, 200, (1, 32, 32, 3)).astype(np.uint8))
    inputs = to_inputs(picture)
    assert inputs.mean((2, 3)).abs().max() < 1e-4
    assert inputs.square().mean() == pytest.approx(1, abs=1e-3)
    dimmed = picture - torch.tensor([90, 20, 0], dtype=torch.uint8)
    torch.testing.assert_close(to_inputs(dimmed), inputs)
    paper = torch.from_numpy(rng.integers(200, 203, (1, 32, 32, 3)).astype(np.uint8))
    assert to_inputs(paper).abs().max() < 0.5


def test_a_look_keeps_proportions_as_far_as_the_network_can() -> None:
    picture = np.zeros((480, 640, 3), np.uint8)
    assert look(picture, (0, 0, 640, 480)).shape == (128, LOOK_SIDE, 3)
    assert look(picture, (10, 10, 60, 60)).shape == (LOOK_SIDE, LOOK_SIDE, 3)
    assert look(picture, (0, 0, 640, 160)).shape == (LEAST_SIDE, 256, 3)  # a strip is seen larger
    assert look(picture, (0, 0, 48, 480)).shape == (640, LEAST_SIDE, 3)
    assert look(picture, (0, 0, 640, 1)).shape == (GRAIN, LARGEST_LOOK, 3)
    assert around((100, 100, 200, 150), 2.0, picture.shape) == (50, 25, 250, 225)
    assert around((0, 0, 100, 100), 2.0, picture.shape) == (0, 0, 150, 150)


def test_pictures_come_with_their_ink() -> None:
    pictures, ink = ink_pictures(24, seed=5)
    assert pictures.shape == (24, LOOK_SIDE, LOOK_SIDE, 3)
    assert ink.shape == (24, LOOK_SIDE, LOOK_SIDE)
    again, _ = ink_pictures(24, seed=5)
    assert np.array_equal(again, pictures)
    whole, second = ((ink[start::2] > 127).mean((1, 2)) for start in (0, 1))
    ratio = second[whole > 0] / whole[whole > 0]
    # A second look shows what was written larger than the whole scene does.
    assert ratio.mean() > 1.5
    assert np.sort(ratio)[1] > 0.9  # but for one that shows one mark of a number
    for picture, drawn in zip(pictures, ink > 127, strict=True):
        if drawn.mean() > 0.01:
            grey = picture.mean(axis=2)
            assert abs(grey[drawn].mean() - grey[~drawn].mean()) > 3


def test_varied_pictures_keep_their_ink() -> None:
    pictures, ink = (torch.from_numpy(array) for array in ink_pictures(8, seed=6))
    marked = torch.where(ink[..., None] > 127, torch.tensor(0, dtype=torch.uint8), 255)
    marked = marked.expand(-1, -1, -1, 3).contiguous()
    turned: set[bool] = set()
    for seed in range(8):
        varied, moved = vary(marked, ink, torch.Generator().manual_seed(seed))
        dark = varied[..., 0] == 0
        same = (dark == (moved > 127)).flatten(1).all(1)
        inverted = (dark != (moved > 127)).flatten(1).all(1)
        assert (same | inverted).all()
        turned.add(bool((moved != ink).any()))
        assert varied.dtype == torch.uint8
    assert True in turned
    assert pictures.shape == varied.shape


def test_the_loss_is_least_where_the_ink_is() -> None:
    ink = torch.zeros(2, 16, 16)
    ink[0, 4:8, 4:12] = 1
    right, nothing, everything = (
        float(ink_loss(logits, ink)) for logits in (20 * ink - 10, 0 * ink - 10, 0 * ink + 10)
    )
    assert right < 0.02
    assert nothing > 1
    assert everything > 1
    empty = torch.zeros(2, 16, 16)
    assert float(ink_loss(empty - 10, empty)) < float(ink_loss(empty, empty))


@pytest.fixture(scope="module")
def known() -> Pictures:
    pictures, ink = ink_pictures(16, seed=8)
    return pictures[1::2], ink[1::2]


def learn(
    known: Pictures, epochs: int, output: Path, *, resume: bool = False
) -> tuple[InkNetwork, list[dict[str, float]]]:
    recipe = InkRecipe(epochs=epochs, batch_size=2, peaks=(5e-3,), ema_decay=0.8, network=SMALL)
    sets, setup = {"seen": known}, {"seed": 0}
    return train_ink(recipe, known, sets, setup, output, RunLog(output), resume=resume)


def test_it_learns_a_few_pictures(known: Pictures, tmp_path: Path) -> None:
    network, history = learn(known, 24, tmp_path / "w")
    assert len(history) == 24
    assert history[-1]["loss"] < history[0]["loss"]
    assert overlap(network, known) == pytest.approx(history[-1]["seen"], abs=0.02)
    assert history[-1]["seen"] > 0.5


def test_a_broken_run_goes_on_as_if_unbroken(
    known: Pictures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, history = learn(known, 4, tmp_path / "whole")
    measured: list[float] = []

    def power_cut(*arguments: Any) -> float:
        if len(measured) == 2:
            raise KeyboardInterrupt
        measured.append(overlap(*arguments))
        return measured[-1]

    with monkeypatch.context() as patch:
        patch.setattr("digit_model.training.ink.overlap", power_cut)
        with pytest.raises(KeyboardInterrupt):
            learn(known, 4, tmp_path / "broken")
    resumed, again = learn(known, 4, tmp_path / "broken", resume=True)
    assert [row["loss"] for row in again] == [row["loss"] for row in history]
    for key, tensor in network.state_dict().items():
        assert torch.equal(resumed.state_dict()[key], tensor), key
