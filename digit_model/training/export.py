"""From a trained network to a folder of weights: calibration, metrics, figures, model card."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import torch

from digit_model.calibration import Calibration
from digit_model.data import Digits
from digit_model.data.nondigits import nondigits
from digit_model.evaluation.figures import confusion_matrix, ink_sheet
from digit_model.evaluation.metrics import measure
from digit_model.evaluation.model_card import write_report
from digit_model.fusion import fuse
from digit_model.ink_network import InkNetwork
from digit_model.model_folder import FIGURES
from digit_model.network import DigitCNN, to_inputs
from digit_model.number_network import NumberNetwork
from digit_model.recognizer import DigitRecognizer
from digit_model.training.augment import augment
from digit_model.training.calibrate import calibrate
from digit_model.training.learning_curves import learning_curves
from digit_model.training.number_calibration import fit_number_calibration
from digit_model.weights import Weights, save_weights


def export(
    network: DigitCNN,
    folder: Path,
    weights: Weights,
    validation: dict[str, Digits],
    history: list[dict[str, float]],
    setup: dict[str, Any],
) -> None:
    """Calibrate on the validation sets, then write weights, config, figures, metrics and card.

    The other networks are those of ``weights``, whose ink network preprocessed the data.
    """
    network = network.cpu().eval()
    networks = weights.networks._replace(digit=network)
    config = dataclasses.replace(
        weights.config, network=network.config, calibration=Calibration(), training=setup
    )
    recognizer = DigitRecognizer(networks, config, id=folder.name)
    images = np.concatenate([digits[0] for digits in validation.values()])
    labels = np.concatenate([digits[1] for digits in validation.values()])
    logits = recognizer.logits(images)
    # Half of the temperature's data is augmented: it has to fit photographs, not only clean digits.
    augmented = augment(to_inputs(torch.from_numpy(images)), torch.Generator().manual_seed(0))
    with torch.inference_mode():
        augmented_logits = np.concatenate(
            [network(batch).numpy() for batch in augmented.split(1000)]
        )
    outliers = nondigits(min(3000, len(images)), seed=2_000_003, find_ink=recognizer.find_ink)
    calibration = calibrate(logits, labels, augmented_logits, recognizer.logits(outliers))
    config = dataclasses.replace(config, calibration=calibration)
    config = save_weights(folder, networks, config)

    recognizer = DigitRecognizer(networks, config, id=folder.name)
    metrics = {
        "model": {"id": recognizer.id, "revision": None} | config.hashes._asdict(),
        "validation": {name: measure(recognizer, digits) for name, digits in validation.items()},
        "history": history,
    }
    learning_curves(history, folder / FIGURES / "learning_curves.png")
    confusion_matrix(labels, logits.argmax(axis=1), folder / FIGURES / "confusion_matrix.png")
    write_report(folder, metrics)


def export_ink(
    ink_network: InkNetwork,
    folder: Path,
    weights: Weights,
    pictures: np.ndarray,
    history: list[dict[str, float]],
    setup: dict[str, Any],
) -> None:
    """Write an ink network beside the digit network of ``weights``, and figures of it.

    One of them shows ``pictures``, uint8 (N, 160, 160, 3), with the ink that it finds in them.
    """
    config = dataclasses.replace(weights.config, ink_network=ink_network.config, ink_training=setup)
    save_weights(folder, weights.networks._replace(ink=ink_network), config)
    learning_curves(history, folder / FIGURES / "ink_learning_curves.png")
    find_ink = fuse(ink_network).find_ink
    ink_sheet(pictures, [find_ink(picture) for picture in pictures], folder / FIGURES / "ink.png")


def export_number(
    number_network: NumberNetwork,
    folder: Path,
    weights: Weights,
    history: list[dict[str, float]],
    setup: dict[str, Any],
    *,
    numbers: int,
) -> None:
    """Calibrate a number network on so many numbers; write it beside the networks of ``weights``.

    A figure, too.
    """
    networks = weights.networks._replace(number=number_network)
    config = dataclasses.replace(
        weights.config, number_network=number_network.config, number_training=setup
    )
    calibration = fit_number_calibration(networks, config, numbers=numbers)
    save_weights(folder, networks, dataclasses.replace(config, number_calibration=calibration))
    learning_curves(history, folder / FIGURES / "number_learning_curves.png")
