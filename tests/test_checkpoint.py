"""A checkpoint holds all that training changes, or is refused."""

from pathlib import Path

import pytest
import torch

import train
from digit_model.architectures import NetworkConfig
from digit_model.network import DigitCNN
from digit_model.training.checkpoint import (
    CheckpointError,
    TrainingState,
    check_no_run_is_lost,
    mark_exported,
)
from digit_model.training.optimizers import make_optimizers
from digit_model.training.options import checkpoint_beside


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
        return network, TrainingState({"network": network}, make_optimizers(network, 0.01), 3)

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


@pytest.mark.parametrize("options", [(), ("--recipe", "ink"), ("--seeds", "2")], ids=str)
def test_a_run_that_has_not_ended_is_not_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    output = tmp_path / "seed-1" if "--seeds" in options else tmp_path
    state = TrainingState({}, [], 3, [{"epoch": 1}])
    state.save(checkpoint_beside(output), {})
    assert train.main(["--output", str(tmp_path), *options]) == 2
    assert "after epoch 1 of 3: --resume goes on with it" in capsys.readouterr().err
    state.history += [{"epoch": 2}, {"epoch": 3}]
    state.save(checkpoint_beside(output), {})
    with pytest.raises(CheckpointError, match="weights have not been written"):
        check_no_run_is_lost(checkpoint_beside(output))
    mark_exported(checkpoint_beside(output))
    check_no_run_is_lost(checkpoint_beside(output))
    check_no_run_is_lost(tmp_path / "none.safetensors")


def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    path.write_bytes(b"\x00" * 50)
    state = TrainingState({}, [], 3)
    with pytest.raises(CheckpointError, match="damaged"):
        state.restore(path, {})
