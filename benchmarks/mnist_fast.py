"""From the start of a process to 99 % of MNIST's test images: our recipe and PyTorch's example.

    python benchmarks/mnist_fast.py --data-dir data

Ours is ``python train.py --recipe mnist-fast``, several times with other seeds. The other is
trained here with the settings of github.com/pytorch/examples, mnist/main.py: its network, Adadelta
with learning rate 1.0 and a factor of 0.7 for each epoch, batches of 64, float32. It has its data
in memory, which is faster than its own loader, and is measured after each epoch until it reaches
99 %. Ours opens the test images once, in the end.

Other programs slow both down: the load is noted, and the processor time, which depends less on it.
"""

import json
import os
import re
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch
from benchmark import ROOT, benchmark_parser, write_figures
from torch import Tensor, nn
from torch.nn import functional as F

TARGET = 0.99
MOST_EPOCHS = 14
ACCURACY = re.compile(r"MNIST test ([\d.]+) %")


def train_reference(data_dir: Path) -> None:
    """Train until the target is reached; print the accuracy after each epoch."""
    from digit_model.data.mnist import load_mnist

    torch.manual_seed(1)
    (images, labels), test = (
        tuple(map(torch.from_numpy, load_mnist(data_dir, split))) for split in ("train", "test")
    )
    network = nn.Sequential(
        *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Dropout(0.25), nn.Flatten(), nn.Linear(9216, 128), nn.ReLU()),
        *(nn.Dropout(0.5), nn.Linear(128, 10)),
    )
    optimizer = torch.optim.Adadelta(network.parameters(), lr=1.0)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.7)
    for _ in range(MOST_EPOCHS):
        network.train()
        for batch in torch.randperm(len(labels)).split(64):
            optimizer.zero_grad()
            F.cross_entropy(network(normalized(images[batch])), labels[batch]).backward()
            optimizer.step()
        schedule.step()
        accuracy = accuracy_on(network, *test)
        print(f"MNIST test {100 * accuracy:.2f} %", flush=True)
        if accuracy >= TARGET:
            return


def normalized(images: Tensor) -> Tensor:
    return (images.unsqueeze(1) / 255 - 0.1307) / 0.3081


@torch.inference_mode()
def accuracy_on(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    network.eval()
    answers = torch.cat([network(normalized(batch)).argmax(1) for batch in images.split(1000)])
    return float((answers == labels).double().mean())


def timed(command: list[str]) -> dict[str, Any]:
    """Seconds from the start of a process to its end, and what it said of its accuracy."""
    load, before = os.getloadavg()[0], resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    # Threads that wait for each other sleep: where other programs take the cores, waiting in a loop
    # costs both several times as much.
    environment = os.environ | {"OMP_WAIT_POLICY": "PASSIVE"}
    printed = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    accuracies = [float(found) for found in ACCURACY.findall(printed)]
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    row = {
        "seconds": round(seconds, 2),
        "processor_seconds": round(processor, 2),
        "accuracies": accuracies,
        "load_before": round(load, 1),
    }
    print(json.dumps(row), flush=True)
    return row


def main() -> None:
    parser = benchmark_parser(__doc__)
    parser.add_argument("--data-dir", type=Path, default=Path("data"))
    parser.add_argument("--runs", type=int, default=5, help="of our recipe")
    parser.add_argument("--reference", action="store_true", help="train the other, and no more")
    args = parser.parse_args()
    folder = args.data_dir.resolve()
    if args.reference:
        train_reference(folder)
        return
    ours = ["train.py", "--recipe", "mnist-fast", "--data-dir", str(folder), "--seed"]
    other = [str(Path(__file__).resolve()), "--reference", "--data-dir", str(folder)]
    half = args.runs // 2
    rows = [timed([sys.executable, *ours, str(seed)]) for seed in range(half)]
    reference = timed([sys.executable, *other])  # in the middle, when as much else is going on
    rows += [timed([sys.executable, *ours, str(seed)]) for seed in range(half, args.runs)]
    medians = {
        name: statistics.median(row[name] for row in rows)
        for name in ("seconds", "processor_seconds")
    }
    figures = {
        "threads": torch.get_num_threads(),
        "ours": rows,
        "pytorch/examples": reference,
        "times_faster": round(reference["seconds"] / medians["seconds"], 1),
        "times_less_processor": round(
            reference["processor_seconds"] / medians["processor_seconds"], 1
        ),
    }
    print(json.dumps(figures, indent=2))
    write_figures(figures, args.json)


if __name__ == "__main__":
    main()
