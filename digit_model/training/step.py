"""What training does alike for all networks: steps, epochs of them, and averaged weights."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from digit_model.ink_network import InkNetwork
from digit_model.model_folder import ModelError
from digit_model.network import DigitCNN
from digit_model.number_network import NumberNetwork
from digit_model.training.schedule import CycleRecipe, learning_rate

Trainable = TypeVar("Trainable", DigitCNN, InkNetwork, NumberNetwork)
Network = TypeVar("Network", bound=nn.Module)
Batch = TypeVar("Batch")


def start_from(network: Trainable, start: Trainable) -> None:
    """Take over the weights of a trained network.

    Raises:
        ModelError: it is of another shape.
    """
    if start.config != network.config:
        raise ModelError("The network to start from is not of the recipe's shape.")
    network.load_state_dict(start.state_dict())


def averaged(
    network: Trainable,
    average: AveragedModel,
    start: Trainable | None = None,
    start_share: float = 0.0,
) -> Trainable:
    """A network of the same shape with the averaged weights, on the CPU, in evaluation mode.

    Blended with what it was trained from by the recipe's share of that, if there is any.
    """
    trained = type(network)(network.config)  # a new one: the average's may be channels last
    weights = average.module.state_dict()
    trained.load_state_dict({name: tensor.cpu() for name, tensor in weights.items()})
    if start is not None and start_share:
        return blend(start, trained, start_share)
    return trained.eval()


def blend(start: Trainable, trained: Trainable, start_share: float) -> Trainable:
    """The weighted mean of two networks' weights, of which one was trained from the other."""
    blended = type(trained)(trained.config)
    initial = start.state_dict()
    blended.load_state_dict(
        {
            name: torch.lerp(tensor.double(), initial[name].double(), start_share).to(tensor.dtype)
            for name, tensor in trained.state_dict().items()
        }
    )
    return blended.eval()


def average_of(network: nn.Module, decay: float) -> AveragedModel:
    """The exponential moving average of a network's weights, with this decay in each step."""
    average = get_ema_multi_avg_fn(decay)
    return AveragedModel(network, multi_avg_fn=average, use_buffers=True)


@dataclass
class Learner(Generic[Network]):
    """A network that is trained, and what goes with it.

    Attributes:
        network: it learns.
        ema: the average of its weights, which is the result.
        optimizers: of all its parameters.
    """

    network: Network
    ema: AveragedModel
    optimizers: list[Optimizer]

    def take_step(self, loss: Tensor, learning_rate: float) -> float:
        """Improve the network by the gradients of a loss, which is returned as a number."""
        self.network.zero_grad(set_to_none=True)
        loss.backward()
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = learning_rate
            optimizer.step()
        self.ema.update_parameters(self.network)
        return loss.item()


def run_epoch(
    learner: Learner[Any],
    batches: Iterable[Batch],
    loss: Callable[[Batch], Tensor],
    recipe: CycleRecipe,
    epoch: int,
    *,
    steps: int,
    title: str | None,
) -> dict[str, float]:
    """Learn from each batch once.

    Args:
        learner: learns, in training mode already.
        batches: as many as ``steps``.
        loss: of the learner's network on a batch.
        recipe: its learning rates.
        epoch: counted from 0.
        steps: in the epoch.
        title: of the progress bar, which only a terminal shows; None: nothing does.

    Returns:
        The mean "loss" and the time in "seconds".
    """
    total, start = 0.0, time.perf_counter()
    hidden = title is None or None  # None: where no terminal shows it
    for step, batch in enumerate(tqdm(batches, title, steps, disable=hidden)):
        rate = learning_rate(epoch + step / steps, recipe)
        total += learner.take_step(loss(batch), rate)
    return {"loss": total / steps, "seconds": time.perf_counter() - start}
