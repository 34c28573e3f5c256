"""Which recipe a command line means, and all that decides the result of its run."""

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from digit_model.data.strokes import TEST_WRITERS
from digit_model.hub.names import locate_dataset
from digit_model.model_folder import CONFIG_FILE, DEFAULT_WEIGHTS, ModelError
from digit_model.training.recipe import (
    DRAWN_RECIPES,
    RECIPES,
    SIZES,
    AnyRecipe,
    Recipe,
)
from digit_model.weights import DRY_RUN, ModelConfig, Weights, load_weights, untrained_weights


def recipe_of(args: argparse.Namespace) -> AnyRecipe:
    """The recipe of a run that trains one network, as the options change it."""
    recipe = {**RECIPES, **DRAWN_RECIPES}[args.recipe]
    if isinstance(recipe, Recipe) and args.size is not None:
        recipe = dataclasses.replace(recipe, network=SIZES[args.size])
    if args.epochs is not None:
        recipe = dataclasses.replace(recipe, epochs=args.epochs)
    return recipe.dry_run() if args.dry_run else recipe


def neighbours_of(args: argparse.Namespace) -> Path:
    """The weights whose other networks are exported beside the trained one.

    Their ink network preprocesses what digits are trained on. They are those of ``--beside``, those
    that lie in the output folder already, those of ``--start``, or the shipped ones.
    """
    if args.beside:
        return Path(args.beside)
    if holds_weights(args.output):
        return Path(args.output)
    return Path(args.start or DEFAULT_WEIGHTS)


def weights_beside(args: argparse.Namespace) -> Weights:
    """Those of :func:`neighbours_of`; without any, untrained ones: a first network is trained.

    Raises:
        ModelError: they are named, or of an earlier run, and can't be loaded.
    """
    place = neighbours_of(args)
    try:
        return load_weights(place)
    except ModelError as error:
        if args.beside or place != DEFAULT_WEIGHTS:
            raise
        print(f"{error} The networks beside this one are untrained.", flush=True)
        return untrained_weights()


def holds_weights(folder: Path) -> bool:
    """Whether there are weights to keep, which those of a dry run are not."""
    if not (folder / CONFIG_FILE).exists():
        return False
    try:
        return not load_weights(folder).config.is_of_dry_run
    except ModelError:
        return True  # damaged, or of another version: whose they are can't be known


def setup_of(args: argparse.Namespace, recipe: AnyRecipe, processes: int = 1) -> dict[str, Any]:
    """All that decides a run's result, as JSON; config.json and the checkpoint keep it.

    Of folders only the names: where they lie is nobody's matter, and may change.

    Raises:
        ModelError: the weights to start from, to learn from or to be beside can't be loaded.
    """
    start = load_weights(args.start).config if args.start else None
    teachers = [load_weights(folder).config for folder in args.teachers or ()]
    unseen = set(TEST_WRITERS)  # by all networks from which it descends
    for config in filter(None, [start, *teachers]):
        unseen &= set(training_of(config, recipe).get("test_writers", ()))
    setup: dict[str, Any] = {
        "recipe": dataclasses.asdict(recipe),
        "seed": args.seed,
        "test_writers": sorted(unseen),
    }
    if args.dry_run:
        setup[DRY_RUN] = True
    if start:
        setup["start"] = _start(start, recipe)
    if isinstance(recipe, Recipe):
        setup["processes"] = processes
        if teachers:
            setup["teachers"] = [config.hashes.sha256 for config in teachers]
        if args.corrections:
            place = locate_dataset(args.corrections)
            setup["corrections"] = place.resolve().name if isinstance(place, Path) else str(place)
        if args.own_digits:
            setup["own_digits"] = args.own_digits.resolve().name
    return setup | _beside(neighbours_of(args), recipe)


def training_of(config: ModelConfig, recipe: AnyRecipe) -> dict[str, Any]:
    """The setup of the run that trained the network of this kind of recipe."""
    training: dict[str, Any] = getattr(config, f"{recipe.prefix}training")
    return training


def _start(config: ModelConfig, recipe: AnyRecipe) -> dict[str, Any]:
    """Which network is trained further, and how it came about."""
    sha256 = getattr(config.hashes, f"{recipe.prefix}sha256")
    return {"sha256": sha256, "training": training_of(config, recipe)}


def _beside(folder: Path, recipe: AnyRecipe) -> dict[str, Any]:
    """What of the weights beside it decides a result: the data, or the calibration."""
    if not recipe.beside:
        return {}
    hashes = load_weights(folder).config.hashes
    return {"beside": {name: getattr(hashes, name) for name in recipe.beside}}
