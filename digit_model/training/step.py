"""A step of training, the same for all networks: gradients, optimizers, and averaged weights."""

from collections.abc import Sequence
from typing import TypeVar

from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from digit_model.ink_network import InkNetwork
from digit_model.model_folder import ModelError
from digit_model.network import DigitCNN
from digit_model.number_network import NumberNetwork

Trainable = TypeVar("Trainable", DigitCNN, InkNetwork, NumberNetwork)


def start_from(network: Trainable, start: Trainable) -> None:
    """Take over the weights of a trained network.

    Raises:
        ModelError: it is of another shape.
    """
    if start.config != network.config:
        raise ModelError("The network to start from is not of the recipe's shape.")
    network.load_state_dict(start.state_dict())


def averaged(network: Trainable, average: AveragedModel) -> Trainable:
    """A network of the same shape with the averaged weights, on the CPU, in evaluation mode."""
    trained = type(network)(network.config)  # a new one: the average's may be channels last
    weights = average.module.state_dict()
    trained.load_state_dict({name: tensor.cpu() for name, tensor in weights.items()})
    return trained.eval()


def average_of(network: nn.Module, decay: float) -> AveragedModel:
    """The exponential moving average of a network's weights, with this decay in each step."""
    average = get_ema_multi_avg_fn(decay)
    return AveragedModel(network, multi_avg_fn=average, use_buffers=True)


def take_step(
    loss: Tensor,
    network: nn.Module,
    optimizers: Sequence[Optimizer],
    ema: AveragedModel,
    *,
    learning_rate: float,
) -> float:
    """Improve a network by the gradients of a loss, which is returned as a number."""
    network.zero_grad(set_to_none=True)
    loss.backward()
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = learning_rate
        optimizer.step()
    ema.update_parameters(network)
    return loss.item()
