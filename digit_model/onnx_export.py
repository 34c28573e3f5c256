"""The networks as ONNX files, for programs without PyTorch: ``python -m digit_model export``.

A file takes what the recogniser gives its network and returns what the recogniser makes of the
answer, scaling and sigmoid included. Preprocessing isn't in it, nor is calibration; the constants
of the latter are in its metadata.
"""

import dataclasses
import io
import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from digit_model.architectures import GRAIN
from digit_model.files import write_together
from digit_model.fusion import fuse
from digit_model.ink_network import to_inputs as picture_inputs
from digit_model.model_folder import TENSOR_FILES
from digit_model.network import to_inputs as digit_inputs
from digit_model.number.detect import SEEN_HEIGHT
from digit_model.number_network import to_boxes
from digit_model.weights import Weights

OPSET = 17  # version of ONNX's operators, from 2022
SIDES, CELLS = f"sides are multiples of {GRAIN} pixels", "height/4, width/4"


class _Module(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network


class DigitModule(_Module):
    """Pixels of preprocessed digits → logits."""

    def forward(self, digits: Tensor) -> Tensor:
        return self.network(digit_inputs(digits))


class InkModule(_Module):
    """Pixels of pictures → ink."""

    def forward(self, pictures: Tensor) -> Tensor:
        return self.network(picture_inputs(pictures)).sigmoid()


class NumberModule(_Module):
    """Ink → what is centred in each cell, as probabilities, and its box."""

    def forward(self, ink: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        centred, classes, reach = self.network(ink.unsqueeze(1))
        return centred.sigmoid(), classes.softmax(1), to_boxes(reach)


@dataclass(frozen=True)
class Part:
    """One of the three files."""

    name: str  # of the file, without its suffix
    module: nn.Module
    example: Tensor  # an input of it
    free: tuple[str, ...]  # names of the input's dimensions that may have any size, from the first
    input: tuple[str, str]  # its name, and what it is
    outputs: dict[str, str]  # the same of the outputs
    constants: dict[str, float]  # calibration


def export_onnx(weights: Weights, folder: Path) -> list[Path]:
    """Write digit.onnx, ink.onnx and number.onnx, or none of them if one can't be written.

    Returns:
        The files.

    Raises:
        OSError: the folder can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    contents = {}
    for part, tensors, sha256 in zip(
        _parts(weights), TENSOR_FILES, weights.config.hashes, strict=True
    ):
        model = onnx.load_from_string(_trace(part))
        model.doc_string = f"{part.module.__doc__} From digit_model's {tensors}."
        metadata = {
            "sha256": sha256,
            "weights": tensors,
            part.input[0]: part.input[1],
            **part.outputs,
            "license": "CC BY-SA 3.0",
        }
        if part.constants:
            metadata["calibration"] = json.dumps(part.constants)
        onnx.helper.set_model_props(model, metadata)
        contents[folder / f"{part.name}.onnx"] = model.SerializeToString(deterministic=True)
    write_together(contents)
    return [*contents]


def _parts(weights: Weights) -> Sequence[Part]:
    networks, config = weights
    return (
        Part(
            "digit",
            DigitModule(fuse(networks.digit)),
            torch.zeros(2, 28, 28, dtype=torch.uint8),
            ("count",),
            ("digits", "uint8 (count, 28, 28), preprocessed: 0 = paper, 255 = ink"),
            {"logits": "float32 (count, 10), of the digits 0 to 9; see calibration"},
            dataclasses.asdict(config.calibration),
        ),
        Part(
            "ink",
            InkModule(fuse(networks.ink)),
            torch.zeros(2, 64, 96, 3, dtype=torch.uint8),
            ("count", "height", "width"),
            ("pictures", f"uint8 RGB (count, height, width, 3), {SIDES}"),
            {"ink": "float32 (count, height, width) in [0, 1], 1 = ink"},
            {},
        ),
        Part(
            "number",
            NumberModule(fuse(networks.number)),
            torch.zeros(2, 64, 96),
            ("count", "height", "width"),
            (
                "ink",
                "float32 (count, height, width) in [0, 1], "
                f"digits {SEEN_HEIGHT} pixels high, {SIDES}",
            ),
            {
                "centred": f"float32 (count, {CELLS}): probability that a mark is centred there",
                "classes": f"float32 (count, 11, {CELLS}): those of digits 0 to 9 or anything else",
                "boxes": f"float32 (count, 4, {CELLS}): left, top, right, bottom in pixels",
            },
            dataclasses.asdict(config.number_calibration),
        ),
    )


def _trace(part: Part) -> bytes:
    """As a file by PyTorch's older exporter, which needs no further packages but onnx."""
    dimensions = dict(enumerate(part.free))
    file = io.BytesIO()
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # that it is the older one
        torch.onnx.export(
            part.module.eval(),
            (part.example,),
            file,  # type: ignore[arg-type]  # the older one takes it
            input_names=[part.input[0]],
            output_names=list(part.outputs),
            dynamic_axes={part.input[0]: dimensions}
            | {name: {0: part.free[0]} for name in part.outputs},
            opset_version=OPSET,
            dynamo=False,
        )
    return file.getvalue()
