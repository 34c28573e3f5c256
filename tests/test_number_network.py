"""The network that finds digits in ink, and its training."""

from pathlib import Path

import numpy as np
import pytest
import torch

from digit_model import ModelError
from digit_model.architectures import NumberNetworkConfig
from digit_model.data.number_photographs import photographed_number
from digit_model.data.number_pictures import MOST_DRAWN_MARKS
from digit_model.fusion import fuse
from digit_model.model_folder import DEFAULT_WEIGHTS
from digit_model.number import OTHER
from digit_model.number_network import CELL, CLASSES, NumberNetwork, to_boxes
from digit_model.training.log import RunLog
from digit_model.training.number import centres, number_loss, train_number
from digit_model.training.number_data import NO_MARK, TrainingPictures
from digit_model.training.recipe import NumberRecipe
from digit_model.weights import load_weights

SMALL = NumberNetworkConfig(widths=(2, 3, 4, 5), dilations=(1,), head=4)


def test_it_answers_for_each_cell_and_so_does_the_fused_copy() -> None:
    torch.manual_seed(0)
    network = NumberNetwork(SMALL).eval()
    ink = np.random.default_rng(0).random((32, 80), np.float32)
    centred, classes, boxes = network.find_digits(ink)
    assert centred.shape == (8, 20)
    assert classes.shape == (CLASSES, 8, 20)
    assert boxes.shape == (4, 8, 20)
    assert np.allclose(classes.sum(axis=0), 1, atol=1e-5)
    assert (boxes[0] < boxes[2]).all()
    assert (boxes[1] < boxes[3]).all()
    for plain, fused in zip((centred, classes, boxes), fuse(network).find_digits(ink), strict=True):
        assert np.allclose(plain, fused, atol=1e-4)


def test_boxes_are_reckoned_from_the_middle_of_their_cell() -> None:
    reach = torch.zeros(1, 4, 2, 3)
    reach[0, :, 1, 2] = torch.tensor([1.0, 2.0, 3.0, 4.0])
    box = to_boxes(reach)[0, :, 1, 2]
    assert box.tolist() == [2.5 * CELL - 1, 1.5 * CELL - 2, 2.5 * CELL + 3, 1.5 * CELL + 4]


def test_each_mark_has_one_centre() -> None:
    boxes = torch.tensor([[[0.0, 0.0, 16.0, 32.0], [40.0, 8.0, 48.0, 24.0], [0.0] * 4]])
    classes = torch.tensor([[3, OTHER, NO_MARK]])
    height, owner = centres(boxes, classes, (8, 16))
    assert (height == 1).nonzero().tolist() == [[0, 4, 2], [0, 4, 11]]
    assert owner[0, 4, 2] == 0
    assert owner[0, 4, 11] == 1
    assert height[0, 4, 7] < 0.2


def test_the_loss_is_low_where_the_answers_are_right() -> None:
    class Answers(torch.nn.Module):
        def __init__(self, right: bool) -> None:
            super().__init__()
            self.right = right

        def forward(self, ink: torch.Tensor) -> tuple[torch.Tensor, ...]:
            centred, classes = torch.full((1, 8, 16), -6.0), torch.zeros(1, CLASSES, 8, 16)
            reach = torch.ones(1, 4, 8, 16)
            if self.right:
                centred[0, 4, 2], classes[0, 3] = 6.0, 12.0
                x, y = (CELL * (torch.arange(count) + 0.5) for count in (16, 8))
                reach[0] = torch.stack(
                    torch.broadcast_tensors(x, y[:, None], 16 - x, 32 - y[:, None])
                )
            return centred, classes, reach

    batch = (
        torch.zeros(1, 32, 64, dtype=torch.uint8),
        torch.tensor([[[0.0, 0.0, 16.0, 32.0]]]),
        torch.tensor([[3]]),
    )
    device = torch.device("cpu")
    right, wrong = (number_loss(Answers(value), batch, device=device) for value in (True, False))
    assert float(right) < 0.3 < float(wrong)


def test_a_picture_is_the_same_for_the_same_seed() -> None:
    one, again, other = (TrainingPictures()[(0, 21, 0, number)] for number in (5, 5, 6))
    assert all(torch.equal(a, b) for a, b in zip(one, again, strict=True))
    assert not torch.equal(one[0], other[0])


def test_it_starts_from_a_network_of_its_shape_only(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not of the recipe's shape"):
        train_number(
            NumberRecipe(network=SMALL).dry_run(),
            {"seed": 0},
            tmp_path / "checkpoint",
            RunLog(tmp_path / "w"),
            start=NumberNetwork(NumberNetworkConfig()),
        )


def test_the_ink_of_a_photograph_lies_in_the_boxes_of_its_marks() -> None:
    find_ink = fuse(load_weights(DEFAULT_WEIGHTS).networks.ink).find_ink
    inside, total = 0.0, 0.0
    for number in range(6):
        picture = photographed_number((0, 23, number), find_ink, "development")
        assert picture.ink.shape == (96, 320)
        assert len(picture.boxes) == len(picture.classes)
        covered = np.zeros(picture.ink.shape, bool)
        for left, top, right, bottom in picture.boxes.round().astype(int).clip(0):
            covered[top : bottom + 1, left : right + 1] = True
        inside += float(picture.ink[covered].sum())
        total += float(picture.ink.sum())
    assert inside > 0.7 * total  # the rest is what the ink network took for ink


def test_a_share_of_the_training_pictures_are_the_photographs() -> None:
    photographs = (
        torch.full((3, 96, 320), 7, dtype=torch.uint8),
        torch.zeros(3, MOST_DRAWN_MARKS, 4),
        torch.full((3, MOST_DRAWN_MARKS), NO_MARK),
    )
    pictures = TrainingPictures(photographs, 0.5)
    chosen = [bool((pictures[(0, 21, 0, number)][0] == 7).all()) for number in range(40)]
    assert 8 < sum(chosen) < 32
