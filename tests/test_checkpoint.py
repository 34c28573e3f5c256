"""A checkpoint holds all that training changes, or is refused."""

from pathlib import Path

import pytest
import torch

from digit_model.architectures import NetworkConfig
from digit_model.network import DigitCNN
from digit_model.training.checkpoint import CheckpointError, TrainingState
from digit_model.training.optimizers import make_optimizers


def test_a_resumed_state_continues_like_an_unbroken_one(tmp_path: Path) -> None:
    def step(network: DigitCNN, state: TrainingState, seed: int) -> None:
        inputs = torch.rand(16, 1, 28, 28, generator=torch.Generator().manual_seed(seed))
        network.zero_grad()
        network(inputs).square().mean().backward()
        for optimizer in state.optimizers:
            optimizer.step()

    def fresh(seed: int) -> tuple[DigitCNN, TrainingState]:
        torch.manual_seed(seed)
        network = DigitCNN(NetworkConfig(stem=4, stages=((4,), (4,)), dropout=0.0))
        network.to(memory_format=torch.channels_last)
        return network, TrainingState({"network": network}, make_optimizers(network, 0.01))

    network, state = fresh(0)
    step(network, state, 1)
    state.history.append({"epoch": 1})
    state.save(tmp_path / "state.safetensors", {"seed": 0})
    step(network, state, 2)

    resumed, restored = fresh(9)
    restored.restore(tmp_path / "state.safetensors", {"seed": 0})
    assert restored.history == [{"epoch": 1}]
    step(resumed, restored, 2)
    for key, tensor in network.state_dict().items():
        assert torch.equal(resumed.state_dict()[key], tensor), key


def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    path.write_bytes(b"\x00" * 50)
    state = TrainingState({}, [])
    with pytest.raises(CheckpointError, match="damaged"):
        state.restore(path, {})
