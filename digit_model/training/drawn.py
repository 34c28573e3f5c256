"""Runs of the networks that draw their own data: from the command line to weights."""

import argparse
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from digit_model.model_folder import DEFAULT_WEIGHTS
from digit_model.training.export import export_ink, export_number
from digit_model.training.ink import load_pictures, train_ink
from digit_model.training.number import train_number
from digit_model.training.number_data import load_photographs
from digit_model.training.recipe import InkRecipe, NumberRecipe
from digit_model.weights import load_weights

SHEET_PICTURES = 24  # of each kind, in the figure of the ink that was found


def train_ink_network(args: argparse.Namespace, recipe: InkRecipe, checkpoint: Path) -> None:
    """Train the ink network, or continue from the checkpoint."""
    weights = load_weights(args.start or DEFAULT_WEIGHTS)
    training, development = load_pictures(recipe, args.cache, dry_run=args.dry_run)
    setup: dict[str, Any] = {"recipe": dataclasses.asdict(recipe), "seed": args.seed}
    start = None
    if args.start:
        start, config = weights.networks.ink, weights.config
        setup["start"] = {"sha256": config.hashes.ink_sha256, "training": config.ink_training}
    network, history = train_ink(
        recipe, training, development, setup, checkpoint, start=start, resume=args.resume
    )
    pictures = np.concatenate([pictures[:SHEET_PICTURES] for pictures, _ in development.values()])
    export_ink(network, args.output, weights, pictures, history, setup)


def train_number_network(args: argparse.Namespace, recipe: NumberRecipe, checkpoint: Path) -> None:
    """Train the number network, or continue from the checkpoint."""
    weights = load_weights(args.start or DEFAULT_WEIGHTS)
    setup: dict[str, Any] = {"recipe": dataclasses.asdict(recipe), "seed": args.seed}
    start = None
    if args.start:
        start, config = weights.networks.number, weights.config
        setup["start"] = {"sha256": config.hashes.number_sha256, "training": config.number_training}
    photographs = load_photographs(recipe, weights, args.cache, dry_run=args.dry_run)
    network, history = train_number(
        recipe,
        setup,
        checkpoint,
        photographs=photographs,
        start=start,
        dry_run=args.dry_run,
        resume=args.resume,
    )
    export_number(network, args.output, weights, history, setup, dry_run=args.dry_run)
