"""Training the number network, see :mod:`digit_model.number_network`, on synthetic numbers."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from digit_model.data.number_pictures import number_picture
from digit_model.data.streams import Stream
from digit_model.number import OTHER
from digit_model.number.detect import detect
from digit_model.number.lines import lines_of
from digit_model.number_network import CELL, NumberNetwork, to_boxes
from digit_model.training.fit import Task, fit
from digit_model.training.log import RunLog
from digit_model.training.number_data import (
    NO_MARK,
    Batch,
    Seeds,
    TrainingPictures,
    make_loader,
)
from digit_model.training.precision import autocast, best_device
from digit_model.training.recipe import NumberRecipe
from digit_model.training.step import averaged, start_from

# Standard deviation of a mark's centre, as a fraction of its box's sides, and the least, in cells.
CENTRE, LEAST_CENTRE = 0.12, 0.45
OWN_CELLS = 0.5  # from this height of its centre's Gaussian on, a cell answers for a mark
# Of the penalty-reduced focal loss (Law and Deng, 2018).
FOCUS, NEAR_CENTRE = 2, 4


def centres(boxes: Tensor, classes: Tensor, shape: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """How near each cell is to the centre of a mark, and of which.

    Args:
        boxes, classes: (N, n, 4), in pixels, and (N, n) of the marks, padded with ``NO_MARK``.
        shape: rows and columns of cells.

    Returns:
        The height of the nearest mark's Gaussian, (N, rows, columns), 1 in the cell of its centre;
        and the mark's index, likewise.
    """
    rows, columns = shape
    middle = (boxes[..., :2] + boxes[..., 2:]) / (2 * CELL)
    spread = ((boxes[..., 2:] - boxes[..., :2]) * CENTRE / CELL).clamp_min(LEAST_CENTRE)
    across = torch.arange(columns, device=boxes.device) - middle[..., :1].floor()
    down = torch.arange(rows, device=boxes.device) - middle[..., 1:].floor()
    across = torch.exp(-0.5 * (across / spread[..., :1]).square())  # (N, n, columns)
    down = torch.exp(-0.5 * (down / spread[..., 1:]).square())
    heights = down[..., :, None] * across[..., None, :] * (classes != NO_MARK)[..., None, None]
    nearest = heights.max(dim=1)
    return nearest.values, nearest.indices


def number_loss(network: nn.Module, batch: Batch, *, device: torch.device) -> Tensor:
    """Focal loss of the centres, cross-entropy of the classes and GIoU loss of the boxes."""
    from torchvision.ops import generalized_box_iou_loss  # seconds to import

    ink, boxes, classes = (tensor.to(device, non_blocking=True) for tensor in batch)
    with autocast(device):
        answers = network(ink[:, None].float() / 255)
    centred, class_logits, reach = (answer.float() for answer in answers)
    height, owner = centres(boxes, classes, (centred.shape[1], centred.shape[2]))
    found = centred.sigmoid()
    hits = (1 - found) ** FOCUS * F.logsigmoid(centred)
    misses = (1 - height) ** NEAR_CENTRE * found**FOCUS * F.logsigmoid(-centred)
    focal = -torch.where(height == 1, hits, misses).sum() / (height == 1).sum().clamp_min(1)
    own = height >= OWN_CELLS
    marks = owner[own], own.nonzero()[:, 0]
    of_marks = classes[marks[1], marks[0]], boxes[marks[1], marks[0]]
    entropy = F.cross_entropy(class_logits.permute(0, 2, 3, 1)[own], of_marks[0])
    overlap = generalized_box_iou_loss(
        to_boxes(reach).permute(0, 2, 3, 1)[own], of_marks[1], reduction="mean"
    )
    return focal + entropy + overlap


def train_number(
    recipe: NumberRecipe,
    setup: dict[str, Any],
    checkpoint: Path,
    log: RunLog,
    *,
    photographs: Batch | None = None,
    start: NumberNetwork | None = None,
    resume: bool = False,
) -> tuple[NumberNetwork, list[dict[str, float]]]:
    """Train by a recipe, or continue from the checkpoint, which is written after each epoch.

    Args:
        recipe: the hyperparameters.
        setup: all that decides the result, with its "seed"; compared with the checkpoint's.
        checkpoint: the file.
        log: is told of each epoch.
        photographs: of :func:`~digit_model.training.number_data.load_photographs`; None: no picture
            is of them.
        start: a trained network of the recipe's shape to go on from; None: random weights.
        resume: whether to continue.

    Returns:
        The averaged network, blended with ``start`` if the recipe says so, in evaluation mode; and
        a row of figures for each epoch, of the network before it is blended.

    Raises:
        CheckpointError: there is none to continue from, or it is of another setup.
        ModelError: ``start`` is of another shape.
    """
    from digit_model.training.sheets import number_training_sheet  # matplotlib takes a second

    device = best_device()
    torch.manual_seed(setup["seed"])
    pictures = TrainingPictures(photographs, recipe.photographed)
    loader = make_loader(pictures, Seeds(setup["seed"], recipe.pictures), recipe.batch_size)
    network = NumberNetwork(recipe.network)
    if start is not None:
        start_from(network, start)
    network = network.to(device).to(memory_format=torch.channels_last)
    draw_sheet = partial(number_training_sheet, pictures, setup["seed"])
    task = Task(
        network=network,
        steps=recipe.pictures // recipe.batch_size,
        batches=partial(_batches, loader),
        loss=partial(number_loss, device=device),
        measure=partial(_measure, pictures=recipe.development),
        sheet=("number_training_pictures.png", draw_sheet),
    )
    ema, history = fit(task, recipe, setup, checkpoint, log, resume=resume)
    return averaged(network, ema, start, recipe.start_share), history


def _batches(loader: DataLoader[Batch], epoch: int) -> Iterator[Batch]:
    loader.sampler.epoch = epoch  # type: ignore[attr-defined]  # it is Seeds
    yield from loader


@torch.inference_mode()
def _measure(network: nn.Module, pictures: int) -> dict[str, float]:
    """Share of the development writers' pictures whose lines are read exactly."""
    device = next(network.parameters()).device
    right = 0
    for number in range(pictures):
        ink, boxes, classes = number_picture((0, Stream.NUMBERS_DEVELOPMENT, number), "development")
        centred, class_logits, reach = network(torch.from_numpy(ink)[None, None].to(device) / 255)
        found = detect(
            centred[0].sigmoid().cpu().numpy(),
            class_logits[0].softmax(0).cpu().numpy(),
            to_boxes(reach)[0].cpu().numpy(),
        )
        read = _text(found.boxes, found.classes[:, :OTHER].argmax(1), found.is_digit)
        right += read == _text(boxes, classes, classes != OTHER)
    return {"numbers": right / pictures}


def _text(boxes: np.ndarray, classes: np.ndarray, is_digit: np.ndarray) -> str:
    """The digits in reading order; their lines joined with a line feed."""
    boxes, classes = boxes[is_digit], classes[is_digit]
    return "\n".join("".join(map(str, classes[line])) for line in lines_of(boxes))
