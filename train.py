"""Train the digit recogniser from scratch.

The shipped weights (weights/metrics.json has their figures) are what this command makes, on two
CPU cores in about an hour:

    python train.py                                    # MNIST is downloaded into data/
    python train.py --data-dir /path/with/MNIST        # or read from <dir>/MNIST/raw
    python train.py --dry-run --output /tmp/weights    # a few steps, to see that it runs
    python train.py --resume                           # go on from the last checkpoint
    python train.py --seed 1 --renderings runs/drawn.safetensors --output runs/seed-1
    python train.py --corrections user/dataset         # with what people have corrected
    python train.py --push-to-hub user/repo            # and publish the weights in the end
    torchrun --nproc-per-node 2 train.py               # several processes, or machines

It trains on MNIST's first 55,000 training images, on real pen strokes rendered in many pens and
sizes and in synthetic photographs, on scans of other collections, on synthetic digits and on ink
that is none, all through the preprocessing that serves. Validation is on the last 5,000 training
images and on five writers held out. MNIST's test images are left alone: `python -m digit_model
evaluate` reads them.
"""

import argparse
import dataclasses
import math
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from digit_model import ModelError
from digit_model.arguments import Parser, whole_number
from digit_model.hub.names import repository
from digit_model.network import DigitCNN, NetworkConfig, to_inputs
from digit_model.training import data
from digit_model.training.augment import augment
from digit_model.training.checkpoint import CheckpointError, TrainingState
from digit_model.training.corrections import load_corrections
from digit_model.training.optimizers import optimizers
from digit_model.training.renderings import Arrays, drawn_once


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights, besides the seed. Saved in their config.json."""

    epochs: int = 19
    batch_size: int = 256  # digits, over all processes
    learning_rate: float = 4e-3  # peak of the one-cycle schedule, Muon and AdamW
    weight_decay: float = 0.02
    ema_decay: float = 0.998  # per step; the averaged weights are the ones that ship
    augmentation: float = 1.0  # strength, see digit_model.training.augment
    variants: int = 12  # renderings of each recorded digit
    synthetic: int = 30_000  # digits in allographs of the world
    photographs: int = 12_000  # synthetic, of recorded and synthetic digits
    scan_variants: int = 8  # variations of each scan of other collections
    worn: int = 24_000  # of MNIST's images, overdrawn, stained, badly copied
    rendered_share: float = 0.5  # of all of these, drawn anew from the pool in each epoch
    nondigits: int = 26_000
    outlier_weight: float = 0.5  # of the loss on non-digits (Hendrycks et al., 2019)
    outlier_share: float = 0.125  # non-digits beside a batch, per digit in it
    network: NetworkConfig = dataclasses.field(default_factory=NetworkConfig)


# What of it decides which training data is drawn, and the seed of that, the same for all runs:
# seeds then differ in the first weights, the order of the digits and their augmentation.
DRAWN = ("variants", "synthetic", "photographs", "scan_variants", "worn", "nondigits")
DATA_SEED = 0
IMAGES, LABELS = " images", " labels"  # the arrays of a set

RECIPES = {
    "default": Recipe(),
    "quick": Recipe(
        epochs=4,
        variants=4,
        synthetic=10_000,
        photographs=2_000,
        scan_variants=2,
        worn=5_000,
        nondigits=5_000,
    ),
    "no-augmentation": Recipe(augmentation=0.0),
}


@dataclasses.dataclass
class TrainingSet:
    """uint8 digits in memory; an epoch takes all of ``mnist`` and a share of ``rendered``."""

    mnist: data.Digits
    rendered: data.Digits
    others: np.ndarray

    def epoch(
        self, recipe: Recipe, batch_size: int, rng: np.random.Generator
    ) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Batches of digits, uint8 (N, 28, 28), labels, (N,), and non-digits, uint8 (M, 28, 28)."""
        chosen = rng.permutation(len(self.rendered[1]))[: self._share(recipe)]
        images = np.concatenate([self.mnist[0], self.rendered[0][chosen]])
        labels = np.concatenate([self.mnist[1], self.rendered[1][chosen]])
        beside = round(batch_size * recipe.outlier_share)
        order = rng.permutation(len(labels))
        for start in range(0, len(order) - batch_size + 1, batch_size):
            batch = order[start : start + batch_size]
            others = self.others[rng.integers(0, len(self.others), beside)]
            yield (
                torch.from_numpy(images[batch]),
                torch.from_numpy(labels[batch]),
                torch.from_numpy(others),
            )

    def add(self, digits: data.Digits, others: np.ndarray) -> None:
        """Corrections: digits that every epoch takes, and ink that is none."""
        images, labels = self.mnist
        self.mnist = np.concatenate([images, digits[0]]), np.concatenate([labels, digits[1]])
        self.others = np.concatenate([self.others, others])

    def steps(self, recipe: Recipe, batch_size: int) -> int:
        return (len(self.mnist[1]) + self._share(recipe)) // batch_size

    def _share(self, recipe: Recipe) -> int:
        return int(len(self.rendered[1]) * recipe.rendered_share)


def learning_rate(progress: float, peak: float) -> float:
    """One cycle (Smith, 2018): a linear rise over 15 % of training, then a cosine to zero."""
    warm_up = 0.15
    if progress < warm_up:
        return peak * (0.04 + 0.96 * progress / warm_up)
    return peak * 0.5 * (1 + math.cos(math.pi * (progress - warm_up) / (1 - warm_up)))


def batch_loss(
    network: nn.Module,
    digits: Tensor,
    labels: Tensor,
    others: Tensor,
    recipe: Recipe,
    generator: torch.Generator,
) -> Tensor:
    """Cross-entropy on the digits, and towards indecision on the non-digits."""
    inputs = to_inputs(torch.cat([digits, others]))
    if recipe.augmentation:
        inputs = augment(inputs, generator, recipe.augmentation)
    device = next(network.parameters()).device
    inputs = inputs.to(device, memory_format=torch.channels_last)
    with torch.autocast(device.type, torch.bfloat16):
        logits = network(inputs)
    log_probabilities = F.log_softmax(logits.float(), dim=1)
    loss = F.nll_loss(log_probabilities[: len(digits)], labels.to(device))
    if len(others):
        loss = loss - recipe.outlier_weight * log_probabilities[len(digits) :].mean()
    return loss


@torch.inference_mode()
def accuracy(network: nn.Module, digits: data.Digits) -> float:
    """Share of digits recognised, in [0, 1]."""
    network.eval()
    device = next(network.parameters()).device
    hits = 0
    for start in range(0, len(digits[1]), 1000):
        inputs = to_inputs(torch.from_numpy(digits[0][start : start + 1000])).to(device)
        labels = torch.from_numpy(digits[1][start : start + 1000])
        hits += int((network(inputs).argmax(1).cpu() == labels).sum())
    return hits / len(digits[1])


def train(args: argparse.Namespace, recipe: Recipe) -> None:
    rank, world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    device = torch.device("cpu")
    if torch.cuda.is_available():
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
        torch.cuda.set_device(device)
    if world > 1:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    torch.manual_seed(args.seed)
    args.output.mkdir(parents=True, exist_ok=True)  # now rather than after an hour

    batch_size = recipe.batch_size // world
    network = DigitCNN(recipe.network).to(memory_format=torch.channels_last).to(device)
    model = DistributedDataParallel(network) if world > 1 else network
    ema = AveragedModel(
        network, multi_avg_fn=get_ema_multi_avg_fn(recipe.ema_decay), use_buffers=True
    )
    steppers = optimizers(network, recipe.weight_decay)
    state = TrainingState({"network": network, "ema": ema}, steppers)
    checkpoint = args.output.parent / f"{args.output.name}.checkpoint.safetensors"
    setup = {"recipe": dataclasses.asdict(recipe), "seed": args.seed, "processes": world}
    if args.corrections:
        setup["corrections"] = args.corrections
    if args.resume:
        state.restore(checkpoint, setup)
    history = state.history

    if world > 1 and rank > 0:
        dist.barrier()  # the first process downloads what the others then read
    training, validation = load(args, recipe, rank, world)
    if args.corrections:
        (images, labels), others = load_corrections(args.corrections)
        training.add((images[rank::world], labels[rank::world]), others)
        if rank == 0:
            print(f"{len(labels)} corrected digits and {len(others)} that are none", flush=True)
    if world > 1 and rank == 0:
        dist.barrier()
    steps = torch.tensor(training.steps(recipe, batch_size), device=device)
    if world > 1:
        dist.all_reduce(steps, dist.ReduceOp.MIN)
    steps_per_epoch = min(int(steps), 3) if args.dry_run else int(steps)
    total_steps = recipe.epochs * steps_per_epoch

    for epoch in range(len(history), recipe.epochs):
        # Seeded by the epoch, so that a resumed run sees what an unbroken one would have seen.
        rng = np.random.default_rng((args.seed, epoch, rank))
        generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
        torch.manual_seed(int(rng.integers(2**31)))  # dropout's
        model.train()
        total, started = 0.0, time.perf_counter()
        batches = zip(range(steps_per_epoch), training.epoch(recipe, batch_size, rng), strict=False)
        progress = tqdm(
            batches,
            total=steps_per_epoch,
            desc=f"epoch {epoch + 1}/{recipe.epochs}",
            disable=rank > 0,
        )
        for step, (digits, labels, others) in progress:
            rate = learning_rate(
                (epoch * steps_per_epoch + step) / total_steps, recipe.learning_rate
            )
            loss = batch_loss(model, digits, labels, others, recipe, generator)
            network.zero_grad(set_to_none=True)
            loss.backward()
            for optimizer in steppers:
                for group in optimizer.param_groups:
                    group["lr"] = rate
                optimizer.step()
            ema.update_parameters(network)
            total += loss.item()
        if rank == 0:
            row = {
                "epoch": epoch + 1,
                "loss": total / steps_per_epoch,
                "seconds": time.perf_counter() - started,
            }
            row |= {name: accuracy(ema, digits) for name, digits in validation.items()}
            history.append(row)
            print("  ".join(f"{name} {value:.4g}" for name, value in row.items()), flush=True)
            state.save(checkpoint, setup)
    if world > 1:
        dist.barrier()
        dist.destroy_process_group()
    if rank == 0:
        from digit_model.training.finish import finish

        best = DigitCNN(recipe.network)
        best.load_state_dict(ema.module.state_dict())
        finish(best, args.output, validation, history, setup)
        if args.push_to_hub:
            push_to_hub(args.output, args.push_to_hub)


def load(
    args: argparse.Namespace, recipe: Recipe, rank: int, world: int
) -> tuple[TrainingSet, dict[str, data.Digits]]:
    """This process's share of the training data, and, for the first, the validation sets."""
    request = {
        "recipe": {name: getattr(recipe, name) for name in DRAWN},
        "data": str(args.data_dir.resolve()),
        "process": [rank, world],
        "dry run": args.dry_run,
    }
    file = args.renderings
    if file and world > 1:
        file = file.with_suffix(f".{rank}{file.suffix}")
    arrays = drawn_once(file, request, lambda: draw(args, recipe, rank, world))
    sets = {
        name.removesuffix(IMAGES): (images, arrays[name.removesuffix(IMAGES) + LABELS])
        for name, images in arrays.items()
        if name.endswith(IMAGES)
    }
    training = TrainingSet(sets.pop("training"), sets.pop("rendered"), arrays["others"])
    return training, sets


def draw(args: argparse.Namespace, recipe: Recipe, rank: int, world: int) -> Arrays:
    """All sets by name, images and labels; the same for every ``--seed``."""
    mnist, held_out = data.mnist_training(args.data_dir, limit=512 if args.dry_run else None)
    drawings = data.writers(held_out=True)
    drawings = drawings[:32] if args.dry_run else drawings
    part = slice(rank, None, world)
    rendered = [
        data.stroke_training(recipe.variants, recipe.synthetic, DATA_SEED, part),
        data.photograph_training(recipe.photographs, DATA_SEED, part),
        data.scan_training(recipe.scan_variants, DATA_SEED, part),
        data.worn_training(args.data_dir, recipe.worn, DATA_SEED, part),
    ]
    images, labels = (np.concatenate(arrays) for arrays in zip(*rendered, strict=True))
    sets = {"training": (mnist[0][part], mnist[1][part]), "rendered": (images, labels)}
    if rank == 0:
        sets |= {"MNIST": held_out, **data.all_validation(drawings)}
    named = {name + IMAGES: digits[0] for name, digits in sets.items()}
    named |= {name + LABELS: digits[1] for name, digits in sets.items()}
    return named | {"others": data.nondigits(recipe.nondigits // world, DATA_SEED + rank)}


def push_to_hub(folder: Path, repo: str) -> None:
    from digit_model.hub.push import push

    try:
        done = push(folder, repo)
    except ModelError as error:
        again = f"python -m digit_model push {repo} --model {folder}"
        raise ModelError(f"{error} The weights are in {folder}; to try again: {again}") from error
    print(f"Published: {done.url}, commit {done.commit}")


def main(argv: list[str] | None = None) -> int:
    args = parse(argv)
    recipe = RECIPES[args.recipe]
    if args.epochs is not None:
        recipe = dataclasses.replace(recipe, epochs=args.epochs)
    if args.dry_run:
        recipe = dataclasses.replace(
            recipe,
            epochs=1,
            batch_size=64,
            variants=1,
            synthetic=64,
            photographs=32,
            scan_variants=0,
            worn=64,
            nondigits=64,
        )
    try:
        train(args, recipe)
    except (CheckpointError, data.DataError, ModelError, OSError) as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 2
    return 0


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = Parser(
        description="Train the digit recogniser and write its weights, figures and model card.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--data-dir",
        type=Path,
        default=Path("data"),
        help="folder with MNIST/raw; downloaded there if absent",
    )
    add(
        "--output",
        type=Path,
        help="folder for the weights and their report; by default weights, or runs/dry-run",
    )
    add("--recipe", choices=RECIPES, default="default", help="named set of hyperparameters")
    add(
        "--seed",
        type=whole_number(0),
        default=0,
        help="of the weights, the order of the digits and the augmentation",
    )
    add("--epochs", type=whole_number(1), help="instead of the recipe's own number")
    add("--resume", action="store_true", help="go on from the checkpoint beside the output folder")
    add(
        "--dry-run", action="store_true", help="a few steps on little data, to see that it all runs"
    )
    add(
        "--renderings",
        type=Path,
        metavar="FILE.safetensors",
        help="keep what training draws in this file, for further seeds and for --resume",
    )
    add(
        "--corrections",
        metavar="user/dataset|FOLDER",
        help="also train on the corrections in this data set of the Hub, or folder",
    )
    add(
        "--push-to-hub",
        metavar="user/repo",
        help="put the weights, with their model card, on the Hub in the end",
    )
    args = parser.parse_args(argv)
    try:
        if args.push_to_hub is not None:
            repository(args.push_to_hub)  # now rather than after an hour
    except ModelError as error:
        parser.error(str(error))
    # A trial must not take the place of real weights.
    args.output = args.output or Path("runs/dry-run" if args.dry_run else "weights")
    return args


if __name__ == "__main__":
    cv2.setNumThreads(1)
    sys.exit(main())
