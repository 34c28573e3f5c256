"""Train the digit recogniser from scratch.

One command makes all that ships: the network that finds ink, three seeds of the digit network, the
one that they teach, the same refined, the network that finds the digits of numbers, and the
evaluation of it all. On two CPU cores that is some sixteen hours; with --resume it goes on,
whatever ended it:

    python train.py --recipe ship --output weights

Each of its steps is a command, too; docs/training.md has them. Those of single networks write into
weights/, beside the networks that are there:

    python train.py --seed 0
    python train.py --recipe ink
    python train.py --recipe number

Other uses:

    python train.py                                    # MNIST is downloaded into data/
    python train.py --data-dir /path/with/MNIST        # or read from <dir>/MNIST/raw
    python train.py --dry-run --output /tmp/weights    # a few steps, to check that it runs
    python train.py --resume                           # continue from the last checkpoint
    python train.py --corrections user/dataset         # also train on users' corrections
    python train.py --own-digits mine                  # also train on your own, mine/3/*.png
    python train.py --push-to-hub user/repo            # upload the weights when it has finished
    torchrun --nproc-per-node 2 train.py               # on several processes or machines
    python train.py --recipe ladder --size 10k --seeds 3   # mean ± standard error of three runs
    python train.py --recipe mnist-fast                # 99 % of MNIST's test images in seconds

It trains on MNIST's first 55,000 training images, on recorded pen strokes that are rendered with
many pens and sizes and in synthetic photographs, on scans of other collections, on synthetic digits
and on non-digits, all preprocessed as in serving. Validation is on the last 5,000 training images
and on five other writers. MNIST's test images are only read by `python -m digit_model evaluate`,
and at the end of the recipes ladder and ladder-mnist, by which nothing is chosen, and
mnist-fast, whose settings were given a margin after its first ones had fallen short there.
"""

import argparse
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from functools import partial
from pathlib import Path

import cv2

from digit_model.data import DataError
from digit_model.files import describe
from digit_model.imports import quick_imports
from digit_model.model_folder import ModelError
from digit_model.training.options import (
    checkpoint_beside,
    is_first_process,
    outputs_of,
    parse_options,
    steps_beside,
)
from digit_model.training.recipe import FAST_RECIPES, SHIP


def how_on(args: argparse.Namespace, since: float) -> str:
    """How a run that has ended early goes on, as the end of a sentence; it began at that time."""
    checkpoints = [path for path in map(checkpoint_beside, outputs_of(args)) if path.exists()]
    is_there = any(args.resume or path.stat().st_mtime >= since for path in checkpoints)
    if args.recipe == SHIP:
        is_there = any(path.is_dir() for path in steps_beside(args.output).glob("*"))
    if args.recipe in FAST_RECIPES or not is_there:
        return "."
    return "; the same command with --resume goes on after the last whole epoch."


def push_to_hub(folder: Path, repo: str) -> None:
    """Upload the weights; after a failure, say how to try again."""
    from digit_model.hub.push import push

    try:
        published = push(folder, repo)
    except ModelError as error:
        command = f"python -m digit_model push {repo} --model {folder}"
        raise ModelError(f"{error} The weights are in {folder}; to try again: {command}") from error
    print(f"Published: {published.url}, commit {published.commit}")


def training(args: argparse.Namespace) -> Callable[[argparse.Namespace], None]:
    """What the recipe is for. Each imports what it needs: mnist-fast has no second to lose."""
    if args.recipe in FAST_RECIPES:
        from digit_model.training.fast import measure_fast

        return partial(measure_fast, FAST_RECIPES[args.recipe])
    if args.recipe == SHIP:
        from digit_model.training.ship import ship

        return ship
    if args.seeds is not None:
        from digit_model.training.seeds import train_seeds

        return train_seeds
    from digit_model.training.single import train_one

    return train_one


def run(args: argparse.Namespace, since: float) -> int:
    with quick_imports():  # not before a mistake in the command line is found
        from torch.distributed import DistError

        from digit_model.training.checkpoint import CheckpointError

        train = training(args)
    try:
        train(args)
        if is_first_process():
            if args.seeds is None and args.recipe not in (SHIP, *FAST_RECIPES):
                command = f"python -m digit_model evaluate --model {args.output}"
                print(f"{args.output} holds the weights; measure them with: {command}")
            if args.push_to_hub:
                push_to_hub(args.output, args.push_to_hub)
    except (CheckpointError, DataError, ModelError) as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        said = describe(error).removesuffix(".") + how_on(args, since)
        print(f"train.py: {said}", file=sys.stderr)
        return 2
    except RuntimeError as error:
        # One that draws, which the system ends when memory is short, or another of torchrun's.
        is_lost = isinstance(error, (DistError, BrokenExecutor))
        if not (is_lost or "gloo" in str(error) or "DataLoader worker" in str(error)):
            raise
        said = f"Another process of this training has ended{how_on(args, since)}"
        print(f"train.py: {said}", file=sys.stderr)
        return 2
    return 0


def main(argv: list[str] | None = None) -> int:
    args = parse_options(argv)
    since = time.time() - 1  # a file's time may be a little behind
    try:
        return run(args, since)
    except KeyboardInterrupt:
        print(f"\ntrain.py: Stopped{how_on(args, since)}", file=sys.stderr)
        return 130


if __name__ == "__main__":
    cv2.setNumThreads(1)  # the processes that draw are as many as there are cores
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # to end as by Ctrl-C
    sys.exit(main())
