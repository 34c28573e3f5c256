"""The network: its size, its shapes, and that nothing depends on who else is in the batch."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from digit_model.architectures import NetworkConfig
from digit_model.fusion import fuse
from digit_model.network import DigitCNN, to_inputs


@pytest.fixture
def network() -> DigitCNN:
    torch.manual_seed(0)
    network = DigitCNN(NetworkConfig())
    network.train()
    network(torch.rand(32, 1, 28, 28))  # running statistics that are not the initial ones
    return network.eval()


def test_budget(network: DigitCNN) -> None:
    assert sum(parameter.numel() for parameter in network.parameters()) <= 500_000


@torch.inference_mode()
def test_a_batch_of_one_equals_a_row_of_a_batch(network: DigitCNN) -> None:
    inputs = torch.rand(9, 1, 28, 28)
    together = network(inputs)
    assert together.shape == (9, 10)
    alone = torch.cat([network(row[None]) for row in inputs])
    torch.testing.assert_close(alone, together, atol=1e-5, rtol=1e-5)


@torch.inference_mode()
def test_fused_computes_the_same(network: DigitCNN) -> None:
    inputs = torch.rand(5, 1, 28, 28)
    fused = fuse(network)
    assert not any("BatchNorm" in type(module).__name__ for module in fused.modules())
    torch.testing.assert_close(fused(inputs), network(inputs), atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_against_the_same_network_written_out(network: DigitCNN) -> None:
    """The forward pass, once more, from the state dict and functional calls."""
    state = network.state_dict()
    features = inputs = torch.rand(3, 1, 28, 28)
    for stage, layers in enumerate((1, 2, 3)):
        for layer in range(0, 3 * layers, 3):
            weight = state[f"stages.{stage}.{layer}.weight"]
            step = 2 if stage == 0 else 1
            features = F.conv2d(features, weight, stride=step, padding=weight.shape[-1] // 2)
            key = f"stages.{stage}.{layer + 1}"
            mean, variance = state[f"{key}.running_mean"], state[f"{key}.running_var"]
            features = (features - mean[:, None, None]) / torch.sqrt(variance + 1e-5)[:, None, None]
            features = features * state[f"{key}.weight"][:, None, None]
            features = torch.relu(features + state[f"{key}.bias"][:, None, None])
        if stage > 0:
            features = F.max_pool2d(features, 2)
    expected = features.flatten(1) @ state["classifier.weight"].T + state["classifier.bias"]
    torch.testing.assert_close(network(inputs), expected, atol=1e-4, rtol=1e-4)


def test_inputs_are_ink_between_zero_and_one() -> None:
    digits = torch.from_numpy(np.array([[[0, 255]]], np.uint8))
    assert to_inputs(digits).tolist() == [[[[0.0, 1.0]]]]
