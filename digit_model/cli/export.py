"""The verb ``export``."""

import argparse
from pathlib import Path
from typing import Any

from digit_model.cli.arguments import require
from digit_model.cli.model_option import add_model_option, load_model


def add_verbs(verbs: Any) -> None:
    """``verbs``: what ``ArgumentParser.add_subparsers`` returned."""
    parser = verbs.add_parser(
        "export",
        help="write the networks as ONNX files",
        description="Write each of the three networks as an ONNX file, for programs without "
        "PyTorch. Files of these names are replaced.",
    )
    parser.add_argument(
        "--onnx",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="where digit.onnx, ink.onnx and number.onnx go",
    )
    add_model_option(parser)
    parser.set_defaults(run=lambda args: export(parser, args))


def export(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    require(parser, "onnx", otherwise="--onnx needs the package onnx: pip install onnx")
    from digit_model.onnx_export import export_onnx
    from digit_model.weights import load_weights

    folder = load_model(args.model).folder
    assert folder is not None  # it was loaded from there
    for file in export_onnx(load_weights(folder), args.onnx):
        print(f"{file}: {file.stat().st_size / 1000:.0f} kB")
    return 0
