"""Runs that train one network: from the command line to weights."""

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np

from digit_model.training.checkpoint import mark_exported
from digit_model.training.digit import train_digit
from digit_model.training.export import export_ink, export_number
from digit_model.training.guard import guarded
from digit_model.training.ink import load_pictures, train_ink
from digit_model.training.log import RunLog
from digit_model.training.number import train_number
from digit_model.training.number_data import load_photographs
from digit_model.training.options import checkpoint_beside, is_first_process
from digit_model.training.progress import Progress
from digit_model.training.recipe import InkRecipe, NumberRecipe, Recipe
from digit_model.training.setup import neighbours_of, recipe_of, setup_of, weights_beside
from digit_model.weights import load_weights

SHEET_PICTURES = 24  # of each kind, in the figure of the ink that was found


def train_one(args: argparse.Namespace, progress: Progress | None = None) -> None:
    """Train one network, and export it beside the others.

    ``progress`` is of the steps of which this is one; None: it is the only one.
    """
    with guarded(args):
        train_network(args, progress)


def train_network(args: argparse.Namespace, progress: Progress | None) -> None:
    """As :func:`train_one`, when it is certain that no other run is lost."""
    recipe = recipe_of(args)
    log = RunLog(args.output, progress)
    TRAIN[type(recipe)](args, recipe, log)
    if is_first_process():
        log.finish()
        mark_exported(checkpoint_beside(args.output))


def _train_ink_network(args: argparse.Namespace, recipe: InkRecipe, log: RunLog) -> None:
    """Train the ink network, or continue from the checkpoint."""
    setup = setup_of(args, recipe)
    start = load_weights(args.start).networks.ink if args.start else None
    weights = weights_beside(args)  # the ink network needs none
    training, development = load_pictures(recipe, args.cache)
    network, history = train_ink(
        recipe,
        training,
        development,
        setup,
        checkpoint_beside(args.output),
        log,
        start=start,
        resume=args.resume,
    )
    pictures = np.concatenate([pictures[:SHEET_PICTURES] for pictures, _ in development.values()])
    export_ink(network, args.output, weights, pictures, history, setup)


def _train_number_network(args: argparse.Namespace, recipe: NumberRecipe, log: RunLog) -> None:
    """Train the number network, or continue from the checkpoint."""
    setup = setup_of(args, recipe)
    start = load_weights(args.start).networks.number if args.start else None
    weights = load_weights(neighbours_of(args))
    photographs = load_photographs(recipe, weights, args.cache)
    network, history = train_number(
        recipe,
        setup,
        checkpoint_beside(args.output),
        log,
        photographs=photographs,
        start=start,
        resume=args.resume,
    )
    export_number(network, args.output, weights, history, setup, numbers=recipe.calibration)


TRAIN: dict[type, Callable[[argparse.Namespace, Any, RunLog], object]] = {
    Recipe: train_digit,
    InkRecipe: _train_ink_network,
    NumberRecipe: _train_number_network,
}
