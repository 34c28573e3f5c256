"""Sheets of pictures as training sees them, as PNG files. Needs matplotlib."""

from pathlib import Path

import cv2
import torch

from digit_model.evaluation.figures import digit_rows, ink_sheet, picture_grid
from digit_model.network import to_inputs
from digit_model.number import OTHER
from digit_model.training.augment import augment
from digit_model.training.dataset import TrainingSet
from digit_model.training.ink import Pictures, vary
from digit_model.training.number_data import NO_MARK, Seeds, TrainingPictures

PER_FAMILY = 16
INK_PICTURES = 24
NUMBER_PICTURES = 24


def digit_sheet(training: TrainingSet, strength: float, path: Path) -> None:
    """A row of augmented pictures for each family of data."""
    generator = torch.Generator().manual_seed(0)
    rows = {}
    for name, images in training.samples(PER_FAMILY).items():
        inputs = to_inputs(torch.from_numpy(images))
        augmented = augment(inputs, generator, strength) if strength else inputs
        rows[name] = (255 * augmented[:, 0]).round().byte().numpy()
    digit_rows(rows, path)


def ink_training_sheet(training: Pictures, path: Path) -> None:
    """Pictures, turned and mirrored as in a batch, each beside its ink."""
    generator = torch.Generator().manual_seed(0)
    pictures, ink = (torch.from_numpy(array[:INK_PICTURES]) for array in training)
    pictures, ink = vary(pictures, ink, generator)
    ink_sheet(pictures.numpy(), list(ink.numpy() / 255), path)


def number_training_sheet(training: TrainingPictures, seed: int, path: Path) -> None:
    """The first pictures of a training; digits are framed in white, other marks in grey."""
    pictures = []
    for picture_seed in Seeds(seed, NUMBER_PICTURES):
        ink, boxes, classes = (values.numpy() for values in training[picture_seed])
        picture = ink // 2  # so that frames show
        marks = classes != NO_MARK
        for (left, top, right, bottom), kind in zip(
            boxes[marks].round().astype(int), classes[marks], strict=True
        ):
            grey = 160 if kind == OTHER else 255
            cv2.rectangle(picture, (int(left), int(top)), (int(right), int(bottom)), grey, 1)
        picture[-1] = picture[:, -1] = 80  # between it and the next
        pictures.append(picture)
    picture_grid(pictures, 3, path)
