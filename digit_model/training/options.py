"""The command line of train.py."""

import argparse
import os
from pathlib import Path

from digit_model.cli.arguments import Parser, whole_number
from digit_model.hub.names import check_repo_id
from digit_model.model_folder import ModelError
from digit_model.training.recipe import (
    DRAWN_RECIPES,
    DRY_RUN_BATCH,
    FAST_RECIPES,
    RECIPES,
    SHIP,
    SIZES,
    STARTED_RECIPES,
)

LARGEST_SEED = 2**31 - 1


def parse_options(argv: list[str] | None) -> argparse.Namespace:
    """Exits with status 2 and one sentence if the command line has a mistake in it."""
    parser = Parser(
        description="Train the digit recogniser and write its weights, figures and model card.",
        epilog="docs/training.md has the recipes and options, docs/own-digits.md how to train on "
        "your own digits.",
    )
    add = parser.add_argument
    add(
        "--data-dir",
        type=Path,
        default=Path("data"),
        help="folder with MNIST/raw (data/); downloaded there if absent",
    )
    add(
        "--output",
        type=Path,
        help="folder for weights, metrics and figures (weights/; with --seeds runs/RECIPE-seeds/ "
        "or runs/RECIPE-SIZE/; with --dry-run runs/dry-run/)",
    )
    add(
        "--recipe",
        choices=(*RECIPES, *DRAWN_RECIPES, SHIP, *FAST_RECIPES),
        default="default",
        help="named set of hyperparameters (default); ink and number train the networks that find "
        "ink in photographs and the digits of numbers; mnist-fast is measured and not kept; ship "
        "makes all that ships, one step after the other; distilled, refined and fine-tune go on "
        "from --start, distilled learns from --teachers; quick is a first look",
    )
    add("--size", choices=SIZES, help="parameters of the network, instead of the recipe's")
    add(
        "--seed",
        type=whole_number(0, LARGEST_SEED),
        default=0,
        help="for the initial weights, the order of the digits and the augmentation (0)",
    )
    add(
        "--seeds",
        type=whole_number(2),
        metavar="N",
        help="train N times, with seeds from --seed upwards, into OUTPUT/seed-*; print mean and "
        "standard error, and write a row a run to results/RECIPE.csv; of a dry run, or on other "
        "data or networks, to OUTPUT/results/RECIPE.csv",
    )
    add(
        "--start",
        type=Path,
        metavar="FOLDER",
        help="initial weights, instead of random ones",
    )
    add(
        "--beside",
        type=Path,
        metavar="FOLDER",
        help="weights whose other networks are exported beside the trained one, by default those "
        "in the output folder, of --start, or the shipped ones; their ink network preprocesses "
        "what digits are trained on",
    )
    add(
        "--teachers",
        type=Path,
        nargs="+",
        metavar="FOLDER",
        help="trained weights; the distilled recipe learns from their mean probabilities",
    )
    add("--epochs", type=whole_number(1), help="of each cycle, instead of the recipe's number")
    add(
        "--resume",
        action="store_true",
        help="continue from the checkpoint beside the output folder",
    )
    add("--dry-run", action="store_true", help="a few steps on little data, to check that it runs")
    add(
        "--cache",
        type=Path,
        metavar="FILE",
        help="store the generated data in FILE.*, for runs with other seeds and for --resume",
    )
    add(
        "--own-digits",
        type=Path,
        metavar="FOLDER",
        help="also train on your own pictures: FOLDER/0/* … FOLDER/9/*, and FOLDER/not a digit/*",
    )
    add(
        "--corrections",
        metavar="user/dataset|FOLDER",
        help="also train on the corrections in this data set on the Hub, or in this folder",
    )
    add(
        "--push-to-hub",
        metavar="user/repo",
        help="upload the weights and their model card to the Hub when training has finished",
    )
    args = parser.parse_args(argv)
    try:
        if args.push_to_hub is not None:
            check_repo_id(args.push_to_hub)  # to fail now rather than after hours
    except ModelError as error:
        parser.error(str(error))
    if problem := _problem(args):
        parser.error(problem)
    # Neither a dry run nor one of several may overwrite real weights.
    several = f"runs/{args.recipe}-{args.size or 'seeds'}" if args.seeds else "weights"
    args.output = args.output or Path("runs/dry-run" if args.dry_run else several)
    outputs = {folder.resolve() for folder in outputs_of(args)}
    for start in filter(None, [args.start, *(args.teachers or ())]):
        if start.resolve() in outputs:
            parser.error(
                f"the weights in {start}, from which it starts, would be replaced, and the run "
                "couldn't be resumed: name another --output"
            )
    if args.dry_run and args.cache:  # nor what takes long to draw
        args.cache = args.cache.with_name(f"{args.cache.name}.dry-run")
    return args


def checkpoint_beside(output: Path) -> Path:
    """Of the run that writes weights into this folder."""
    return output.parent / f"{output.name}.checkpoint.safetensors"


def steps_beside(output: Path) -> Path:
    """The folder of the recipe ship's steps, which makes weights for this folder."""
    return output.parent / f"{output.name}.ship"


def outputs_of(args: argparse.Namespace) -> list[Path]:
    """The folders of weights that a run writes: of several seeds, one each."""
    if args.seeds is None:
        return [args.output]
    return [args.output / f"seed-{args.seed + number}" for number in range(args.seeds)]


def is_first_process() -> bool:
    """Whether this is the one that tells and writes, of those that torchrun has started."""
    return int(os.environ.get("RANK", 0)) == 0


def _problem(args: argparse.Namespace) -> str | None:
    """Options that don't go together, as a sentence."""
    if not _processes_are_known():
        return (
            "WORLD_SIZE, RANK or others like them are set, but not as torchrun sets them: start "
            "train.py with torchrun, or unset them"
        )
    recipe = args.recipe
    one_process = f"the recipe {recipe} goes with one process" if _processes() > 1 else None
    of_training = (
        *(args.size, args.start, args.beside, args.teachers, args.epochs, args.cache),
        *(args.own_digits, args.corrections),
    )
    if args.cache and not args.cache.name:
        return f"--cache names what files begin with, and {args.cache} is a folder"
    if args.dry_run and args.push_to_hub:
        return "--dry-run trains nothing that --push-to-hub could publish"
    if recipe in FAST_RECIPES:
        if any((*of_training, args.output, args.resume, args.push_to_hub)):
            return f"the recipe {recipe} takes --data-dir, --seed, --seeds and --dry-run only"
        return one_process
    if recipe == SHIP:
        if any((*of_training, args.seed, args.seeds)):
            return (
                f"the recipe {recipe} has options for each of its steps and takes --data-dir, "
                "--output, --resume, --push-to-hub and --dry-run only"
            )
        return one_process
    needs_start = recipe in STARTED_RECIPES and not args.start
    if recipe in DRAWN_RECIPES:
        if args.teachers or args.own_digits or args.corrections:
            return f"the recipe {recipe} draws its pictures itself and takes no other data"
        if args.size or args.seeds:
            return f"the recipe {recipe} takes neither --size nor --seeds"
        if args.push_to_hub:
            return f"the recipe {recipe} measures nothing: evaluate, and push them afterwards"
        return f"the recipe {recipe} needs --start" if needs_start else one_process
    if RECIPES[recipe].needs_teachers != bool(args.teachers):
        return "the distilled recipe needs --teachers, and no other takes them"
    if needs_start:
        return f"the recipe {recipe} needs --start"
    if args.seeds and args.push_to_hub:
        return "--seeds trains several networks: push one of them afterwards"
    if args.seeds and _processes() > 1:
        return "--seeds goes with one process"
    if _processes() > (DRY_RUN_BATCH if args.dry_run else RECIPES[recipe].batch_size):
        return "there are more processes than pictures in a batch"
    return None


def _processes_are_known() -> bool:
    """Whether the variables that tell one process from others are unset, or those of torchrun."""
    otherwise = {"WORLD_SIZE": "1", "RANK": "0", "LOCAL_WORLD_SIZE": "1", "LOCAL_RANK": "0"}
    numbers = [os.environ.get(name, number) for name, number in otherwise.items()]
    if not all(map(str.isdecimal, [*numbers, os.environ.get("MASTER_PORT", "0")])):
        return False
    count, rank = int(numbers[0]), int(numbers[1])
    meet = {"RANK", "MASTER_ADDR", "MASTER_PORT"} <= os.environ.keys()
    return rank < count and (count == 1 or meet)


def _processes() -> int:
    return int(os.environ.get("WORLD_SIZE", 1))
