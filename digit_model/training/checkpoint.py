"""The state of a training run in one safetensors file, without pickle."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.optim import Optimizer

from digit_model.files import write_durably


class CheckpointError(Exception):
    """A checkpoint that can't be written or resumed, or a run that another one would destroy.

    ``str(error)`` is one sentence.
    """


def check_no_run_is_lost(path: Path) -> None:
    """Before another run writes its checkpoints there.

    Raises:
        CheckpointError: there is the checkpoint of a run that has not ended, by writing its
            weights.
    """
    try:
        with safe_open(path, "pt") as file:
            state = json.loads(file.metadata()["state"])
        done, epochs = len(state["history"]), state["epochs"]
        is_exported = state.get("exported", True)  # older versions didn't tell
    except (SafetensorError, OSError, KeyError, TypeError, ValueError):
        return  # none, or none that could be resumed
    if done < epochs:
        raise CheckpointError(
            f"{path} is of a run that has not ended, after epoch {done} of {epochs}: --resume goes "
            "on with it; delete it to begin another one."
        )
    if not is_exported:
        raise CheckpointError(
            f"{path} is of a run whose weights have not been written: --resume goes on with it; "
            "delete it to begin another one."
        )


def mark_exported(path: Path) -> None:
    """Note in the checkpoint of a run that its weights have been written: it has ended.

    Raises:
        CheckpointError: there is no space for it.
    """
    state, tensors = _read(path)
    _write(path, tensors, state | {"exported": True})


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The state, JSON, and the tensors."""
    with safe_open(path, "pt") as file:
        state = json.loads(file.metadata()["state"])
        return state, {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (no mapping)


def _write(path: Path, tensors: dict[str, Tensor], state: dict[str, Any]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(path, save(tensors, {"state": json.dumps(state)}))
    except OSError as error:
        before = " and is as it was before: --resume goes on from there"
        raise CheckpointError(
            f"The checkpoint {path} can't be written ({error.strerror})"
            f"{before if path.exists() else ''}."
        ) from error


@dataclass
class TrainingState:
    """Everything that training changes; saved after each epoch, restored by ``--resume``."""

    modules: dict[str, nn.Module]
    optimizers: list[Optimizer]
    epochs: int  # that the run has in all
    history: list[dict[str, float]] = field(default_factory=list)  # one row per finished epoch

    def save(self, path: Path, setup: dict[str, Any]) -> None:
        """Write the state and ``setup`` (JSON: recipe, seed), which :meth:`restore` compares.

        Raises:
            CheckpointError: there is no space for it; the file is as it was before.
        """
        tensors = {
            f"{name}.{key}": tensor.contiguous()
            for name, module in self.modules.items()
            for key, tensor in module.state_dict().items()
        }
        for number, optimizer in enumerate(self.optimizers):
            for index, moments in optimizer.state_dict()["state"].items():
                tensors |= {
                    f"optimizer{number}.{index}.{key}": tensor.contiguous()
                    for key, tensor in moments.items()
                }
        state = {"setup": setup, "epochs": self.epochs, "history": self.history}
        _write(path, tensors, state | {"exported": False})

    def restore(self, path: Path, setup: dict[str, Any]) -> None:
        """Load the state that :meth:`save` wrote.

        Raises:
            CheckpointError: missing, damaged, or written with another setup.
        """
        if not path.exists():
            raise CheckpointError(f"There is no checkpoint to resume from: {path} does not exist.")
        try:
            state, tensors = _read(path)
        except (SafetensorError, OSError, KeyError, TypeError, json.JSONDecodeError) as error:
            raise CheckpointError(f"The checkpoint {path} is damaged.") from error
        if state["setup"] != json.loads(json.dumps(setup)):
            raise CheckpointError(
                f"The checkpoint {path} was made with another recipe, seed, number of processes, "
                "start or teachers, with other networks beside it, or on other pictures."
            )
        for name, module in self.modules.items():
            prefix = f"{name}."
            module.load_state_dict(
                {
                    key.removeprefix(prefix): value
                    for key, value in tensors.items()
                    if key.startswith(prefix)
                }
            )
        for number, optimizer in enumerate(self.optimizers):
            moments: dict[int, dict[str, Any]] = {}
            for key, tensor in tensors.items():
                prefix, _, rest = key.partition(".")
                if prefix == f"optimizer{number}":
                    index, name = rest.split(".")
                    moments.setdefault(int(index), {})[name] = tensor
            groups = optimizer.state_dict()["param_groups"]
            optimizer.load_state_dict({"state": moments, "param_groups": groups})
        self.history[:] = state["history"]
