"""Train the digit recogniser from scratch.

The shipped weights (weights/metrics.json has their figures) are what three runs of this command
and one more, taught by those three, make on two CPU cores in about four hours:

    python train.py --seed k --output runs/seed-k --cache runs/data              # k = 0, 1, 2
    python train.py --recipe distilled --seed 1 --start runs/seed-1 --teachers runs/seed-?

Other uses:

    python train.py                                    # MNIST is downloaded into data/
    python train.py --data-dir /path/with/MNIST        # or read from <dir>/MNIST/raw
    python train.py --dry-run --output /tmp/weights    # a few steps, to see that it runs
    python train.py --resume                           # go on from the last checkpoint
    python train.py --corrections user/dataset         # with what people have corrected
    python train.py --own-digits mine                  # with your own, from mine/3/*.png
    python train.py --push-to-hub user/repo            # and publish the weights in the end
    torchrun --nproc-per-node 2 train.py               # several processes, or machines

It trains on MNIST's first 55,000 training images, on real pen strokes rendered in many pens and
sizes and in synthetic photographs, on scans of other collections, on synthetic digits and on ink
that is none, all through the preprocessing that serves. Validation is on the last 5,000 training
images and on five other writers. MNIST's test images are left alone: `python -m digit_model
evaluate` reads them.
"""

import argparse
import dataclasses
import os
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from digit_model import ModelError
from digit_model.cli.arguments import Parser, whole_number
from digit_model.data import DataError, Digits
from digit_model.data.corrections import load_corrections
from digit_model.data.mnist import load_mnist
from digit_model.data.own_digits import load_own_digits
from digit_model.hub.names import check_repo_id
from digit_model.network import DigitCNN, to_inputs
from digit_model.training.checkpoint import CheckpointError, TrainingState
from digit_model.training.dataset import DataSource, load_cycle, load_fixed
from digit_model.training.distillation import load_ensemble, load_start
from digit_model.training.loss import batch_loss
from digit_model.training.optimizers import make_optimizers
from digit_model.training.recipe import RECIPES, Recipe, dry_run
from digit_model.training.schedule import augmentation_strength, learning_rate

# In an epoch: a few dozen digits are to count beside MNIST's 55,000. Augmentation makes each time
# another picture.
OWN_REPEATS = 20


@torch.inference_mode()
def accuracy(network: nn.Module, digits: Digits) -> float:
    """Share of digits recognised, in [0, 1]."""
    network.eval()
    device = next(network.parameters()).device
    hits = 0
    for start in range(0, len(digits[1]), 1000):
        inputs = to_inputs(torch.from_numpy(digits[0][start : start + 1000])).to(device)
        labels = torch.from_numpy(digits[1][start : start + 1000])
        hits += int((network(inputs).argmax(1).cpu() == labels).sum())
    return hits / len(digits[1])


def load_contributions(
    args: argparse.Namespace, *, quiet: bool = False
) -> list[tuple[Digits, np.ndarray]]:
    """What people have brought: digits and ink that is none, as often as an epoch takes them."""
    found = []
    if args.corrections:
        found.append(("corrected", 1, load_corrections(args.corrections)))
    if args.own_digits:
        found.append(("own", OWN_REPEATS, load_own_digits(args.own_digits)))
    contributions = []
    for kind, times, ((images, labels), nondigits) in found:
        if not quiet:
            print(f"{len(labels)} {kind} digits and {len(nondigits)} that are none", flush=True)
        digits = np.tile(images, (times, 1, 1)), np.tile(labels, times)
        contributions.append((digits, np.tile(nondigits, (times, 1, 1))))
    return contributions


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
    setup = {"recipe": dataclasses.asdict(recipe), "seed": args.seed, "processes": world}
    network, teachers = DigitCNN(recipe.network), None
    if args.start:
        network, setup["start"] = load_start(args.start, recipe.network)
    if args.teachers:
        teachers, setup["teachers"] = load_ensemble(args.teachers)
        teachers.to(device)
    network.to(memory_format=torch.channels_last).to(device)
    model = DistributedDataParallel(network) if world > 1 else network
    ema = AveragedModel(
        network, multi_avg_fn=get_ema_multi_avg_fn(recipe.ema_decay), use_buffers=True
    )
    optimizers = make_optimizers(network, recipe.weight_decay)
    state = TrainingState({"network": network, "ema": ema}, optimizers)
    checkpoint = args.output.parent / f"{args.output.name}.checkpoint.safetensors"
    if args.corrections:
        setup["corrections"] = args.corrections
    if args.own_digits:
        setup["own_digits"] = str(args.own_digits)
    if args.resume:
        state.restore(checkpoint, setup)
    history = state.history

    contributed = [
        ((images[rank::world], labels[rank::world]), nondigits)
        for (images, labels), nondigits in load_contributions(args, quiet=rank > 0)
    ]
    if world > 1:
        if rank == 0:
            load_mnist(args.data_dir, "train")  # downloads what the others then read
        dist.barrier()
    source = DataSource(args.data_dir, args.cache, rank, world, args.dry_run)
    mnist, validation = load_fixed(source)
    training = None
    for epoch in range(len(history), recipe.total_epochs):
        cycle = epoch // recipe.epochs
        if training is None or epoch % recipe.epochs == 0:
            training = load_cycle(source, recipe, cycle, mnist)
            for digits, nondigits in contributed:
                training.add(digits, nondigits)
        # Seeded by the epoch, so that a resumed run sees what an unbroken one would have seen.
        rng = np.random.default_rng((args.seed, epoch, rank))
        generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
        torch.manual_seed(int(rng.integers(2**31)))  # dropout's
        model.train()
        steps = torch.tensor(training.steps(batch_size), device=device)
        if world > 1:
            dist.all_reduce(steps, dist.ReduceOp.MIN)
        count = min(int(steps), 3) if args.dry_run else int(steps)
        batches = training.epoch(batch_size, round(batch_size * recipe.outlier_share), rng)
        progress = tqdm(
            zip(range(count), batches, strict=False),
            total=count,
            desc=f"epoch {epoch + 1}/{recipe.total_epochs}",
            disable=rank > 0,
        )
        total, started = 0.0, time.perf_counter()
        for step, (digits, labels, nondigits) in progress:
            rate = learning_rate(epoch + step / count, recipe)
            loss = batch_loss(
                model,
                digits,
                labels,
                nondigits,
                outlier_weight=recipe.outlier_weight,
                augmentation=augmentation_strength(epoch, recipe),
                generator=generator,
                teachers=teachers,
                distillation_weight=recipe.cycles[cycle].distillation_weight,
            )
            network.zero_grad(set_to_none=True)
            loss.backward()
            for optimizer in optimizers:
                for group in optimizer.param_groups:
                    group["lr"] = rate
                optimizer.step()
            ema.update_parameters(network)
            total += loss.item()
        if rank == 0:
            row = {
                "epoch": epoch + 1,
                "loss": total / count,
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
        from digit_model.training.export import export

        best = DigitCNN(recipe.network)
        best.load_state_dict(ema.module.state_dict())
        export(best, args.output, validation, history, setup)
        if args.push_to_hub:
            push_to_hub(args.output, args.push_to_hub)


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
        recipe = dry_run(recipe)
    try:
        train(args, recipe)
    except (CheckpointError, DataError, ModelError, OSError) as error:
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
    add(
        "--start",
        type=Path,
        metavar="FOLDER",
        help="weights to go on from, instead of random ones",
    )
    add(
        "--teachers",
        type=Path,
        nargs="+",
        metavar="FOLDER",
        help="trained weights whose mean answers the distilled recipe learns from",
    )
    add("--epochs", type=whole_number(1), help="of each cycle, instead of the recipe's own number")
    add("--resume", action="store_true", help="go on from the checkpoint beside the output folder")
    add(
        "--dry-run", action="store_true", help="a few steps on little data, to see that it all runs"
    )
    add(
        "--cache",
        type=Path,
        metavar="FILE",
        help="keep what training draws in files FILE.*, for further seeds and for --resume",
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
            check_repo_id(args.push_to_hub)  # now rather than after an hour
    except ModelError as error:
        parser.error(str(error))
    if RECIPES[args.recipe].needs_teachers != bool(args.teachers):
        parser.error("the distilled recipe needs --teachers, and no other takes them")
    # A trial must not take the place of real weights.
    args.output = args.output or Path("runs/dry-run" if args.dry_run else "weights")
    return args


if __name__ == "__main__":
    cv2.setNumThreads(1)
    sys.exit(main())
