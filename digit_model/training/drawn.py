"""Runs of the networks that draw their own data: from the command line to weights."""

import argparse

import numpy as np

from digit_model.model_folder import DEFAULT_WEIGHTS
from digit_model.training.checkpoint import checkpoint_beside
from digit_model.training.export import export_ink, export_number
from digit_model.training.ink import load_pictures, train_ink
from digit_model.training.log import RunLog
from digit_model.training.number import train_number
from digit_model.training.number_data import load_photographs
from digit_model.training.recipe import InkRecipe, NumberRecipe
from digit_model.training.setup import setup_of
from digit_model.weights import load_weights

SHEET_PICTURES = 24  # of each kind, in the figure of the ink that was found


def train_ink_network(args: argparse.Namespace, recipe: InkRecipe, log: RunLog) -> None:
    """Train the ink network, or continue from the checkpoint."""
    setup = setup_of(args, recipe)
    start = load_weights(args.start).networks.ink if args.start else None
    training, development = load_pictures(recipe, args.cache, dry_run=args.dry_run)
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
    weights = load_weights(args.beside or args.start or DEFAULT_WEIGHTS)
    pictures = np.concatenate([pictures[:SHEET_PICTURES] for pictures, _ in development.values()])
    export_ink(network, args.output, weights, pictures, history, setup)


def train_number_network(args: argparse.Namespace, recipe: NumberRecipe, log: RunLog) -> None:
    """Train the number network, or continue from the checkpoint."""
    setup = setup_of(args, recipe)
    start = load_weights(args.start).networks.number if args.start else None
    weights = load_weights(args.beside or args.start or DEFAULT_WEIGHTS)
    photographs = load_photographs(recipe, weights, args.cache, dry_run=args.dry_run)
    network, history = train_number(
        recipe,
        setup,
        checkpoint_beside(args.output),
        log,
        photographs=photographs,
        start=start,
        dry_run=args.dry_run,
        resume=args.resume,
    )
    export_number(network, args.output, weights, history, setup, dry_run=args.dry_run)
