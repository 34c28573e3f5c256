"""A folder of weights: config.json and model.safetensors, checked when they are read.

The same folder may hold a report on them: metrics.json, figures/ and the model card, README.md.
"""

import dataclasses
import hashlib
import json
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from digit_model.calibration import Calibration
from digit_model.files import write_atomically
from digit_model.model_folder import CONFIG_FILE, WEIGHTS_FILE, ModelError
from digit_model.network import DigitCNN, NetworkConfig

FORMAT = 2  # version of config.json; raised when older code can't read what newer code writes


@dataclass(frozen=True)
class ModelConfig:
    """config.json: what a recogniser needs besides the tensors, and how these were trained."""

    network: NetworkConfig
    calibration: Calibration
    sha256: str = ""  # of model.safetensors; set when it is saved
    training: dict[str, Any] = field(default_factory=dict)  # recipe and seed


def save_weights(folder: Path, network: DigitCNN, config: ModelConfig) -> ModelConfig:
    """Write both files, each one atomically. Returns the config with the hash of the tensors."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        key: tensor.detach().cpu().contiguous() for key, tensor in network.state_dict().items()
    }
    # One metadata key only: the order of several, and so the hash, would differ between runs.
    content = save(tensors, {"format": "pt"})
    config = dataclasses.replace(config, sha256=hashlib.sha256(content).hexdigest())
    write_atomically(folder / WEIGHTS_FILE, content)
    text = json.dumps({"format": FORMAT} | dataclasses.asdict(config), indent=2) + "\n"
    write_atomically(folder / CONFIG_FILE, text.encode())
    return config


def load_weights(folder: Path) -> tuple[DigitCNN, ModelConfig]:
    """Read a folder that :func:`save_weights` wrote.

    Returns:
        The network, in evaluation mode, and its config.

    Raises:
        ModelError: a file is missing, unreadable, truncated or not the one that config.json
            names by its sha256, or the tensors are not exactly those of the network.
    """
    if not folder.is_dir():
        raise ModelError(f"There is no folder {folder} with weights.")
    config = _read_config(folder / CONFIG_FILE)
    content = _read(folder / WEIGHTS_FILE)
    digest = hashlib.sha256(content).hexdigest()
    if digest != config.sha256:
        raise ModelError(
            f"{folder / WEIGHTS_FILE} is not the file that {CONFIG_FILE} describes: "
            f"its sha256 begins {digest[:12]}, not {config.sha256[:12]}."
        )
    try:
        tensors = load(content)
    except SafetensorError as error:
        raise ModelError(f"{folder / WEIGHTS_FILE} is not a safetensors file.") from error
    network = DigitCNN(config.network)
    problems = _mismatches(network.state_dict(), tensors)
    if problems:
        raise ModelError(
            f"{folder / WEIGHTS_FILE} doesn't fit the network: {'; '.join(problems[:3])}."
        )
    network.load_state_dict(tensors, strict=True)
    return network.eval(), config


def _mismatches(expected: dict[str, Tensor], found: dict[str, Tensor]) -> list[str]:
    """What differs in names, types or shapes; ``load_state_dict`` would convert other types."""
    expected_types = {key: _type_and_shape(tensor) for key, tensor in expected.items()}
    found_types = {key: _type_and_shape(tensor) for key, tensor in found.items()}
    return [
        *(f"{key} is missing" for key in sorted(expected.keys() - found.keys())),
        *(f"{key} is not known" for key in sorted(found.keys() - expected.keys())),
        *(
            f"{key} is {found_types[key]}, not {expected_types[key]}"
            for key in sorted(expected.keys() & found.keys())
            if found_types[key] != expected_types[key]
        ),
    ]


def _type_and_shape(tensor: Tensor) -> str:
    """Such as ``float32 [10]``."""
    return f"{str(tensor.dtype).removeprefix('torch.')} {list(tensor.shape)}"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} can't be read: {error.strerror}.") from error


def _read_config(path: Path) -> ModelConfig:
    try:
        values = json.loads(_read(path))
        if values["format"] != FORMAT:
            raise ModelError(
                f"{path} has format {values['format']}; this version reads format {FORMAT}."
            )
        config = ModelConfig(
            network=NetworkConfig(**values["network"]),
            calibration=Calibration(**values["calibration"]),
            sha256=values["sha256"],
            training=values["training"],
        )
        _check_config(config, values)
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path} is not a config of this recogniser.") from error
    stages = tuple(tuple(widths) for widths in config.network.stages)
    return dataclasses.replace(config, network=dataclasses.replace(config.network, stages=stages))


def _check_config(config: ModelConfig, values: dict[str, Any]) -> None:
    """Raise ValueError if a key is missing or unknown, or a value is out of range."""
    for part in ("network", "calibration"):
        if values[part].keys() != {
            field.name for field in dataclasses.fields(getattr(config, part))
        }:
            raise ValueError(part)
    constants = dataclasses.astuple(config.calibration)
    widths = [width for stage in config.network.stages for width in stage]
    sizes = (config.network.stem, *widths, config.network.classes)
    if not (
        all(type(constant) in (int, float) and math.isfinite(constant) for constant in constants)
        and min(config.calibration.temperature, config.calibration.energy_scale) > 0
        and all(type(size) is int and size > 0 for size in sizes)
        and 0 <= config.network.dropout < 1
        and re.fullmatch("[0-9a-f]{64}", config.sha256)
    ):
        raise ValueError("out of range")
