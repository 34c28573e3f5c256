"""Training the digit network, see :mod:`digit_model.network`, in one process or several."""

import argparse
import dataclasses
import hashlib
import os
from functools import partial
from itertools import islice
from typing import NamedTuple

import numpy as np
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from digit_model.data import Digits
from digit_model.data.corrections import load_corrections
from digit_model.data.mnist import load_mnist
from digit_model.data.own_digits import load_own_digits
from digit_model.network import DigitCNN, to_inputs
from digit_model.training.checkpoint import TrainingState
from digit_model.training.dataset import (
    DataSource,
    TrainingSet,
    load_cycle,
    load_mnist_and_validation,
)
from digit_model.training.distillation import Ensemble
from digit_model.training.log import RunLog
from digit_model.training.loss import batch_loss
from digit_model.training.optimizers import make_optimizers
from digit_model.training.options import checkpoint_beside
from digit_model.training.recipe import DRY_RUN_STEPS, Recipe
from digit_model.training.schedule import augmentation_strength, learning_rate
from digit_model.training.setup import neighbours_of, setup_of
from digit_model.training.step import Learner, average_of, averaged, run_epoch, start_from
from digit_model.weights import load_weights

# Own pictures are repeated in each epoch, with other augmentation each time, so that a few dozen
# have some weight beside MNIST's thousands.
OWN_DIGITS_REPEATS = 20


@dataclasses.dataclass
class DigitLearner(Learner[DigitCNN]):
    """A digit network that learns, perhaps in several processes, and perhaps from others.

    Attributes:
        model: the network, in DistributedDataParallel if there are several processes.
        teachers: those that it learns from, if any.
    """

    model: nn.Module
    teachers: Ensemble | None


def train_digit(args: argparse.Namespace, recipe: Recipe, log: RunLog) -> None:
    """Train by a recipe and export the weights, or continue from a checkpoint."""
    rank, world_size, device = init_process_group()
    neighbours = load_weights(neighbours_of(args))  # now: the folder may hold others in the end
    source = DataSource(
        args.data_dir,
        neighbours,
        args.cache,
        rank,
        world_size,
        args.dry_run,
        recipe.mnist,
        recipe.validation_photographs,
    )
    user_data = load_user_data(args, source)
    setup = setup_of(args, recipe, world_size) | user_data.setup
    torch.manual_seed(args.seed)  # whatever was loaded before
    start = load_weights(args.start).networks.digit if args.start else None
    learner = make_learner(args, recipe, start, world_size, device)
    modules = {"network": learner.network, "ema": learner.ema}
    state = TrainingState(modules, learner.optimizers, recipe.total_epochs)
    checkpoint = checkpoint_beside(args.output)
    if args.resume:
        state.restore(checkpoint, setup)
    if world_size > 1:
        if rank == 0:
            load_mnist(args.data_dir, "train")  # downloads it once, for all processes
        dist.barrier()
    if rank == 0:
        log.begin(state.history, recipe.total_epochs, partial(learning_rate, recipe=recipe))
    mnist, validation = load_mnist_and_validation(source)
    training = None
    for epoch in range(len(state.history), recipe.total_epochs):
        if training is None or epoch % recipe.epochs == 0:
            training = load_cycle(source, recipe, epoch // recipe.epochs, mnist)
            for digits, nondigits in user_data.added:
                training.add(digits, nondigits)
            if rank == 0:
                _log_sheet(log, training, recipe, epoch)
        measured = train_epoch(
            learner,
            training,
            recipe,
            epoch,
            title=log.title(epoch) if rank == 0 else None,
            seed=args.seed,
            rank=rank,
            world_size=world_size,
            max_steps=DRY_RUN_STEPS if args.dry_run else None,
        )
        if rank == 0:
            row = {"epoch": epoch + 1} | measured
            row |= {name: accuracy(learner.ema, digits) for name, digits in validation.items()}
            state.history.append(row)
            state.save(checkpoint, setup)  # first: what is told can be resumed
            log.add(row)
    if world_size > 1:
        dist.barrier()
        dist.destroy_process_group()
    if rank == 0:
        from digit_model.training.export import export  # matplotlib takes a second to import

        network = averaged(learner.network, learner.ema, start, recipe.start_share)
        export(network, args.output, neighbours, validation, state.history, setup)


def _log_sheet(log: RunLog, training: TrainingSet, recipe: Recipe, epoch: int) -> None:
    """Keep a sheet of the cycle's pictures, as its first epoch sees them."""
    from digit_model.training.sheets import digit_sheet  # it imports matplotlib, too

    first = epoch - epoch % recipe.epochs  # wherever a run is resumed
    draw = partial(digit_sheet, training, augmentation_strength(first, recipe))
    log.add_sheet("training_pictures.png", draw, first)


@torch.inference_mode()
def accuracy(network: nn.Module, digits: Digits) -> float:
    """Share of digits recognised correctly, in [0, 1]."""
    network.eval()
    device = next(network.parameters()).device
    correct = 0
    for start in range(0, len(digits[1]), 1000):
        inputs = to_inputs(torch.from_numpy(digits[0][start : start + 1000])).to(device)
        labels = torch.from_numpy(digits[1][start : start + 1000])
        correct += int((network(inputs).argmax(1).cpu() == labels).sum())
    return correct / len(digits[1])


class UserData(NamedTuple):
    """Corrections and own digits."""

    added: list[tuple[Digits, np.ndarray]]  # this process's shard of the digits, and the non-digits
    setup: dict[str, str]  # the hash of all of them, if there are any


def load_user_data(args: argparse.Namespace, source: DataSource) -> UserData:
    """Those that the command line names, preprocessed by the source's ink network."""
    sources = []
    if args.corrections:
        sources.append(("corrected", 1, load_corrections(args.corrections, source.find_ink)))
    if args.own_digits:
        own = load_own_digits(args.own_digits, source.find_ink)
        sources.append(("own", OWN_DIGITS_REPEATS, own))
    added, digest = [], hashlib.sha256()
    for kind, repeats, ((images, labels), nondigits) in sources:
        for values in (images, labels, nondigits):
            digest.update(values.tobytes())
        if source.rank == 0:
            print(f"{len(labels)} {kind} digits and {len(nondigits)} that are none", flush=True)
        images, labels = np.tile(images, (repeats, 1, 1)), np.tile(labels, repeats)
        digits = images[source.rank :: source.world_size], labels[source.rank :: source.world_size]
        added.append((digits, np.tile(nondigits, (repeats, 1, 1))))
    return UserData(added, {"user_data_sha256": digest.hexdigest()} if added else {})


def init_process_group() -> tuple[int, int, torch.device]:
    """Rank, world size and device of this process, as torchrun sets them."""
    rank, world_size = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    device = torch.device("cpu")
    if torch.cuda.device_count() >= int(os.environ.get("LOCAL_WORLD_SIZE", 1)):  # one for each
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
        torch.cuda.set_device(device)
    if world_size > 1:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return rank, world_size, device


def make_learner(
    args: argparse.Namespace,
    recipe: Recipe,
    start: DigitCNN | None,
    world_size: int,
    device: torch.device,
) -> DigitLearner:
    """As it is at the start of a run."""
    network, teachers = DigitCNN(recipe.network), None
    if start is not None:
        start_from(network, start)
    if args.teachers:
        teachers = Ensemble([load_weights(folder).networks.digit for folder in args.teachers])
        teachers.to(device)
    network.to(memory_format=torch.channels_last).to(device)
    model = DistributedDataParallel(network) if world_size > 1 else network
    ema = average_of(network, recipe.ema_decay)
    optimizers = make_optimizers(network, recipe.weight_decay)
    return DigitLearner(network, ema, optimizers, model, teachers)


def train_epoch(
    learner: DigitLearner,
    training: TrainingSet,
    recipe: Recipe,
    epoch: int,
    *,
    title: str | None,
    seed: int,
    rank: int,
    world_size: int,
    max_steps: int | None,
) -> dict[str, float]:
    """Train for one epoch; return the mean loss of this process and the time in seconds."""
    # Seeded by the epoch, so that a resumed run is the same as an uninterrupted one.
    rng = np.random.default_rng((seed, epoch, rank))
    generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
    torch.manual_seed(int(rng.integers(2**31)))  # for dropout
    learner.model.train()
    batch_size = recipe.batch_size // world_size
    device = next(learner.network.parameters()).device
    steps = torch.tensor(training.steps(batch_size), device=device)
    if world_size > 1:
        dist.all_reduce(steps, dist.ReduceOp.MIN)
    count = int(steps) if max_steps is None else min(int(steps), max_steps)
    batches = training.epoch(batch_size, round(batch_size * recipe.outlier_share), rng)
    loss = partial(
        batch_loss,
        learner.model,
        outlier_weight=recipe.outlier_weight,
        augmentation=augmentation_strength(epoch, recipe),
        generator=generator,
        teachers=learner.teachers,
        distillation_weight=recipe.cycles[epoch // recipe.epochs].distillation_weight,
    )
    return run_epoch(
        learner,
        islice(batches, count),
        lambda batch: loss(*batch),
        recipe,
        epoch,
        steps=count,
        title=title,
    )
