"""The recipe mnist-fast: raw MNIST, a small network, less than an epoch, nothing else.

Its settings were chosen on the last 5,000 training images, with a margin there after the first ones
had fallen short on the test images; with them, it trains on any of the 60,000.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.adamw import adamw

from digit_model.data.mnist import load_mnist
from digit_model.evaluation.raw_mnist import crop, raw_mnist_accuracy
from digit_model.network import DigitCNN, to_inputs
from digit_model.training.precision import autocast
from digit_model.training.recipe import DRY_RUN_STEPS, FastRecipe
from digit_model.training.schedule import one_cycle

MNIST_IMAGES = 60_000  # to train on


def train_fast(
    recipe: FastRecipe, data_dir: Path, seed: int, *, max_steps: int | None = None
) -> tuple[DigitCNN, float]:
    """Train on MNIST's training images; return the network and the seconds it took.

    Args:
        recipe: what to do.
        data_dir: the folder with MNIST/raw.
        seed: of the initial weights, and of which images come in which order.
        max_steps: fewer than the recipe has, to check that it runs.

    Raises:
        DataError: MNIST can't be read or downloaded.
    """
    start = time.perf_counter()
    torch.manual_seed(seed)
    images, labels = map(torch.from_numpy, load_mnist(data_dir, "train"))
    images = crop(images, recipe.margin)
    network = DigitCNN(recipe.network).to(memory_format=torch.channels_last).train()
    update = _adamw(network, recipe.weight_decay)
    batches = torch.randperm(len(labels))[: recipe.images].split(recipe.batch_size)[:max_steps]
    for step, batch in enumerate(batches):
        inputs = to_inputs(images[batch]).to(memory_format=torch.channels_last)
        with autocast(inputs.device):
            logits = network(inputs).float()
        loss = F.cross_entropy(logits, labels[batch], label_smoothing=recipe.label_smoothing)
        network.zero_grad(set_to_none=True)
        loss.backward()
        update(one_cycle(step / len(batches), recipe.peak))
    return network.eval(), time.perf_counter() - start


def _adamw(network: nn.Module, weight_decay: float) -> Callable[[float], None]:
    """A step of AdamW, as a function of the learning rate.

    The class torch.optim.AdamW imports torch's compiler first, two seconds that nothing needs.
    """
    weights: list[Tensor] = list(network.parameters())
    means, squares = ([torch.zeros_like(weight) for weight in weights] for _ in range(2))
    steps = [torch.zeros(()) for _ in weights]

    def update(rate: float) -> None:
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        adamw(
            *(weights, gradients, means, squares, [], steps),
            fused=True,
            amsgrad=False,
            beta1=0.9,
            beta2=0.999,
            lr=rate,
            weight_decay=weight_decay,
            eps=1e-8,
            maximize=False,
        )

    return update


def measure_fast(recipe: FastRecipe, args: argparse.Namespace) -> None:
    """Train with one or several seeds; measure on MNIST's test images, and keep no weights."""
    max_steps = DRY_RUN_STEPS if args.dry_run else None
    rows = []
    if args.seeds:
        from digit_model.training import seeds  # matplotlib takes a second to import

        file = seeds.csv_file(args)
        seeds.check_file(file)
    for seed in range(args.seed, args.seed + (args.seeds or 1)):
        network, seconds = train_fast(recipe, args.data_dir, seed, max_steps=max_steps)
        accuracy = raw_mnist_accuracy(network, args.data_dir, recipe.margin)
        print(f"MNIST test {100 * accuracy:.2f} %  training {seconds:.2f} s", flush=True)
        if args.seeds:
            row = {
                "recipe": args.recipe,
                "parameters": str(sum(weight.numel() for weight in network.parameters())),
                "epochs": f"{recipe.images / MNIST_IMAGES:.1f}",
                "seed": str(seed),
                "seconds": f"{seconds:.2f}",
                "MNIST test": f"{accuracy:.4f}",
            }
            seeds.add_row(file, row)
            rows.append(row)
    if args.seeds:
        print(seeds.summary(rows).text())
