"""The recipe mnist-fast: raw MNIST, a small network, one epoch, bfloat16, nothing else.

Its settings were chosen on the last 5,000 training images; with them, it trains on all 60,000.
"""

import argparse
import time
from pathlib import Path

import torch
from torch.nn import functional as F

from digit_model.data.mnist import load_mnist
from digit_model.evaluation.raw_mnist import crop, raw_mnist_accuracy
from digit_model.network import DigitCNN, to_inputs
from digit_model.training.precision import autocast
from digit_model.training.recipe import FastRecipe
from digit_model.training.schedule import one_cycle


def train_fast(
    recipe: FastRecipe, data_dir: Path, seed: int, *, max_steps: int | None = None
) -> tuple[DigitCNN, float]:
    """Train on MNIST's 60,000 training images; return the network and the seconds it took.

    Args:
        recipe: what to do.
        data_dir: the folder with MNIST/raw.
        seed: of the initial weights and the order of the images.
        max_steps: fewer than an epoch has, to check that it runs.

    Raises:
        DataError: MNIST can't be read or downloaded.
    """
    start = time.perf_counter()
    torch.manual_seed(seed)
    images, labels = map(torch.from_numpy, load_mnist(data_dir, "train"))
    images = crop(images, recipe.margin)
    network = DigitCNN(recipe.network).to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.AdamW(
        network.parameters(), weight_decay=recipe.weight_decay, fused=True
    )
    steps = min(len(labels) // recipe.batch_size, max_steps or len(labels))
    for epoch in range(recipe.epochs):
        order = torch.randperm(len(labels)).split(recipe.batch_size)
        for step, batch in zip(range(steps), order, strict=False):
            for group in optimizer.param_groups:
                group["lr"] = one_cycle((epoch + step / steps) / recipe.epochs, recipe.peak)
            inputs = to_inputs(images[batch]).to(memory_format=torch.channels_last)
            with autocast(inputs.device):
                logits = network(inputs).float()
            loss = F.cross_entropy(logits, labels[batch])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
    return network.eval(), time.perf_counter() - start


def measure_fast(recipe: FastRecipe, args: argparse.Namespace, max_steps: int | None) -> None:
    """Train with one or several seeds; measure on MNIST's test images, and keep no weights."""
    for seed in range(args.seed, args.seed + (args.seeds or 1)):
        network, seconds = train_fast(recipe, args.data_dir, seed, max_steps=max_steps)
        accuracy = raw_mnist_accuracy(network, args.data_dir, recipe.margin)
        print(f"MNIST test {100 * accuracy:.2f} %  training {seconds:.2f} s", flush=True)
        if args.seeds:
            from digit_model.training import seeds  # matplotlib takes a second to import

            row = {
                "recipe": args.recipe,
                "parameters": str(sum(weight.numel() for weight in network.parameters())),
                "epochs": str(recipe.epochs),
                "seed": str(seed),
                "seconds": f"{seconds:.2f}",
                "MNIST test": f"{accuracy:.4f}",
            }
            rows = seeds.add_row(seeds.csv_file(args), row)
    if args.seeds:
        print(seeds.summary(rows).text())
