"""A folder of weights: config.json and the tensors of three networks, checked when they are read.

model.safetensors holds those of the digit network, ink.safetensors those of the ink network and
number.safetensors those of the number network.

The same folder may hold a report on them: metrics.json, figures/ and the model card, README.md.
"""

import dataclasses
import hashlib
import json
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from digit_model.architectures import (
    LEVELS,
    InkNetworkConfig,
    NetworkConfig,
    NumberNetworkConfig,
)
from digit_model.calibration import Calibration
from digit_model.files import write_together
from digit_model.ink_network import InkNetwork
from digit_model.model_folder import (
    CONFIG_FILE,
    MODEL_FILES,
    TENSOR_FILES,
    Hashes,
    ModelError,
    check_folder,
    forget_report,
)
from digit_model.network import DigitCNN
from digit_model.number.calibration import NumberCalibration
from digit_model.number_network import NumberNetwork
from digit_model.prediction import LABELS

DRY_RUN = "dry_run"  # in the setup of a training that has only been tried
NOT_SAVED = Hashes("", "", "")
LARGEST_SIZE = 4096  # of what a network's shape is given by, such as channels
SMALLEST_SCALE = 1e-6  # of temperatures; they are divided by
FORMAT = 6  # version of config.json; raised when older code can't read what newer code writes


class Networks(NamedTuple):
    """What a recogniser is made of, in the order of ``TENSOR_FILES``."""

    digit: DigitCNN
    ink: InkNetwork
    number: NumberNetwork


@dataclass(frozen=True)
class ModelConfig:
    """config.json: what a recogniser needs besides the tensors, and how these were trained."""

    network: NetworkConfig
    calibration: Calibration
    ink_network: InkNetworkConfig
    number_network: NumberNetworkConfig
    number_calibration: NumberCalibration
    hashes: Hashes = NOT_SAVED  # of the tensors; set when they are saved
    # Recipe and seed of each network.
    training: dict[str, Any] = field(default_factory=dict)
    ink_training: dict[str, Any] = field(default_factory=dict)
    number_training: dict[str, Any] = field(default_factory=dict)

    @property
    def is_of_dry_run(self) -> bool:
        """Whether one of the networks comes from a training that has only been tried."""
        trainings = self.training, self.ink_training, self.number_training
        return any(DRY_RUN in training for training in trainings)

    @property
    def unseen_writers(self) -> frozenset[str]:
        """The test writers that none of the networks has learned from."""
        trainings = self.training, self.ink_training, self.number_training
        lists = (frozenset(training.get("test_writers", ())) for training in trainings)
        return frozenset.intersection(*lists)


class Weights(NamedTuple):
    """What a folder of weights holds; the networks are in evaluation mode."""

    networks: Networks
    config: ModelConfig


def untrained_weights() -> Weights:
    """Networks that read nothing, for the first one to be trained beside the others."""
    nothing = {DRY_RUN: True}
    config = ModelConfig(
        network=NetworkConfig(),
        calibration=Calibration(),
        ink_network=InkNetworkConfig(),
        number_network=NumberNetworkConfig(),
        number_calibration=NumberCalibration(),
        training=nothing,
        ink_training=nothing,
        number_training=nothing,
    )
    return Weights(_networks_of(config), config)


def _networks_of(config: ModelConfig) -> Networks:
    """Of these shapes, in evaluation mode, with random weights."""
    networks = Networks(
        DigitCNN(config.network),
        InkNetwork(config.ink_network),
        NumberNetwork(config.number_network),
    )
    for network in networks:
        network.eval()
    return networks


def save_weights(folder: Path, networks: Networks, config: ModelConfig) -> ModelConfig:
    """Write all files, as :func:`~digit_model.files.write_together` does.

    The report on other weights that were in the folder doesn't stay. Returns the config with the
    hashes of the tensors.
    """
    folder.mkdir(parents=True, exist_ok=True)
    had_weights = (folder / CONFIG_FILE).exists()  # else a README.md there is no model card
    tensors = [_tensors_of(network) for network in networks]
    hashes = Hashes(*(hashlib.sha256(content).hexdigest() for content in tensors))
    config = dataclasses.replace(config, hashes=hashes)
    values = dataclasses.asdict(config)
    del values["hashes"]
    text = json.dumps({"format": FORMAT} | values | hashes._asdict(), indent=2) + "\n"
    contents = zip(MODEL_FILES, (text.encode(), *tensors), strict=True)
    write_together({folder / name: content for name, content in contents})
    if had_weights:
        forget_report(folder, hashes)
    return config


def _tensors_of(network: nn.Module) -> bytes:
    """The content of the file of its tensors."""
    tensors = {
        key: tensor.detach().cpu().contiguous() for key, tensor in network.state_dict().items()
    }
    # One metadata key only: the order of several, and so the hash, would differ between runs.
    return save(tensors, {"format": "pt"})


def load_weights(folder: Path) -> Weights:
    """Read a folder that :func:`save_weights` wrote.

    Raises:
        ModelError: a file is missing, unreadable, truncated or not the one that config.json
            names by its sha256, or the tensors are not exactly those of the networks.
    """
    check_folder(folder)
    config = _read_config(folder / CONFIG_FILE)
    with torch.device("meta"):  # memory is taken for what the files hold, whatever the config says
        networks = _networks_of(config)
    for name, sha256, network in zip(TENSOR_FILES, config.hashes, networks, strict=True):
        _load_tensors(folder / name, sha256, network)
    return Weights(networks, config)


def _load_tensors(path: Path, sha256: str, network: nn.Module) -> None:
    """Read the tensors of a network."""
    content = _read(path)
    digest = hashlib.sha256(content).hexdigest()
    if digest != sha256:
        raise ModelError(
            f"{path} is not the file that {CONFIG_FILE} describes: "
            f"its sha256 begins {digest[:12]}, not {sha256[:12]}."
        )
    try:
        tensors = load(content)
    except (SafetensorError, KeyError) as error:  # KeyError: of a type that torch doesn't have
        raise ModelError(f"{path} is not a safetensors file.") from error
    problems = _mismatches(network.state_dict(), tensors)
    if problems:
        raise ModelError(f"{path} doesn't fit the network: {'; '.join(problems[:3])}.")
    if not all(tensor.isfinite().all() for tensor in tensors.values()):
        raise ModelError(f"{path} holds values that are no numbers.")
    network.load_state_dict(tensors, strict=True, assign=True)


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
            network=NetworkConfig(**_tuples(values["network"])),
            calibration=Calibration(**values["calibration"]),
            ink_network=InkNetworkConfig(**_tuples(values["ink_network"])),
            number_network=NumberNetworkConfig(**_tuples(values["number_network"])),
            number_calibration=NumberCalibration(**values["number_calibration"]),
            hashes=Hashes(*(values[name] for name in Hashes._fields)),
            training=values["training"],
            ink_training=values["ink_training"],
            number_training=values["number_training"],
        )
        _check_config(config, values)
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
        RecursionError,
    ) as error:
        raise ModelError(f"{path} is not a config of this recogniser.") from error
    return config


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    """JSON's lists as the tuples that they were, those in lists too."""
    return {
        name: tuple(tuple(item) if isinstance(item, list) else item for item in value)
        if isinstance(value, list)
        else value
        for name, value in values.items()
    }


def _check_config(config: ModelConfig, values: dict[str, Any]) -> None:
    """Raise ValueError if a key is missing or unknown, or a value is out of range."""
    parts = ("network", "calibration", "ink_network", "number_network", "number_calibration")
    for part in parts:
        if values[part].keys() != {
            field.name for field in dataclasses.fields(getattr(config, part))
        }:
            raise ValueError(part)
    for name in ("training", "ink_training", "number_training"):
        writers = values[name].get("test_writers", [])  # AttributeError: it is no object
        if not (isinstance(writers, list) and all(type(writer) is str for writer in writers)):
            raise ValueError(name)
    constants = (
        *dataclasses.astuple(config.calibration),
        *dataclasses.astuple(config.number_calibration),
    )
    widths = [width for stage in config.network.stages for width in stage]
    sizes = (config.network.stem, *widths, config.network.classes, config.number_network.head)
    pyramids = (config.ink_network, config.number_network)
    for pyramid in pyramids:
        sizes += (*pyramid.widths, *pyramid.dilations)
    if not (
        all(type(constant) in (int, float) and math.isfinite(constant) for constant in constants)
        and min(config.calibration.temperature, config.calibration.energy_scale) >= SMALLEST_SCALE
        and config.number_calibration.temperature >= SMALLEST_SCALE
        and 0 < config.calibration.unsure_below < 1
        and 0 <= config.calibration.not_a_digit_below < 1
        and all(type(size) is int and 0 < size <= LARGEST_SIZE for size in sizes)
        and config.network.classes == len(LABELS)
        and 0 <= config.network.dropout < 1
        and all(len(pyramid.widths) == LEVELS for pyramid in pyramids)
        and all(re.fullmatch("[0-9a-f]{64}", sha256) for sha256 in config.hashes)
    ):
        raise ValueError("out of range")
