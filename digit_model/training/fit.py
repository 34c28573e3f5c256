"""The training loop of the networks that draw their own data."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from digit_model.training.checkpoint import TrainingState
from digit_model.training.log import RunLog
from digit_model.training.schedule import CycleRecipe, learning_rate
from digit_model.training.step import Learner, average_of, run_epoch

Batch = TypeVar("Batch")


@dataclass(frozen=True)
class Task(Generic[Batch]):
    """What is trained, on what, and how it is measured.

    Attributes:
        network: with its initial weights.
        steps: in an epoch.
        batches: those of an epoch, from its number, which seeds them: so a resumed run is the same
            as an uninterrupted one.
        loss: of the network on a batch.
        measure: figures of the averaged network by name, in [0, 1], after each epoch.
        sheet: writes a sheet of training pictures as a PNG file of this name.
    """

    network: nn.Module
    steps: int
    batches: Callable[[int], Iterable[Batch]]
    loss: Callable[[nn.Module, Batch], Tensor]
    measure: Callable[[nn.Module], dict[str, float]]
    sheet: tuple[str, Callable[[Path], None]]


def fit(
    task: Task[Any],
    recipe: CycleRecipe,
    setup: dict[str, Any],
    checkpoint: Path,
    log: RunLog,
    *,
    resume: bool,
) -> tuple[AveragedModel, list[dict[str, float]]]:
    """Train, or continue from the checkpoint, which is written after each epoch.

    Args:
        task: see there.
        recipe: epochs, learning rate and so on.
        setup: all that decides the result; compared with the checkpoint's.
        checkpoint: the file.
        log: is told of each epoch.
        resume: whether to continue.

    Returns:
        The averaged network and a row of figures for each epoch.

    Raises:
        CheckpointError: there is none to continue from, or it is of another setup.
    """
    network = task.network
    ema = average_of(network, recipe.ema_decay)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=recipe.weight_decay)
    learner = Learner(network, ema, [optimizer])
    state = TrainingState({"network": network, "ema": ema}, [optimizer], recipe.total_epochs)
    if resume:
        state.restore(checkpoint, setup)
    log.begin(state.history, recipe.total_epochs, partial(learning_rate, recipe=recipe))
    log.add_sheet(*task.sheet)
    for epoch in range(len(state.history), recipe.total_epochs):
        network.train()
        loss, title = partial(task.loss, network), log.title(epoch)
        batches = task.batches(epoch)
        measured = run_epoch(learner, batches, loss, recipe, epoch, steps=task.steps, title=title)
        row = {"epoch": epoch + 1} | measured | task.measure(ema.eval())
        state.history.append(row)
        state.save(checkpoint, setup)  # first: what is told can be resumed
        log.add(row)
    return ema, state.history
