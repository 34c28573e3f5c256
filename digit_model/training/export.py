"""From a trained network to a folder of weights: calibration, metrics, figures, model card."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from digit_model.calibration import Calibration, calibrate
from digit_model.data import Digits
from digit_model.data.nondigits import nondigits
from digit_model.evaluation.figures import confusion_matrix
from digit_model.evaluation.metrics import measure
from digit_model.hub.model_card import write_report
from digit_model.model_folder import FIGURES
from digit_model.network import DigitCNN, to_inputs
from digit_model.recognizer import DigitRecognizer
from digit_model.training.augment import augment
from digit_model.training.learning_curves import learning_curves
from digit_model.weights import ModelConfig, save_weights


def export(
    network: DigitCNN,
    folder: Path,
    validation: dict[str, Digits],
    history: list[dict[str, float]],
    setup: dict[str, Any],
) -> None:
    """Calibrate on the validation sets, then write weights, config, figures, metrics and card."""
    network = network.cpu().eval()
    uncalibrated = ModelConfig(network.config, Calibration(), training=setup)
    recognizer = DigitRecognizer(network, uncalibrated, id=folder.name)
    images = np.concatenate([digits[0] for digits in validation.values()])
    labels = np.concatenate([digits[1] for digits in validation.values()])
    logits = recognizer.logits(images)
    # Half of the temperature's data is augmented: it has to fit photographs, not only clean digits.
    augmented = augment(to_inputs(torch.from_numpy(images)), torch.Generator().manual_seed(0))
    with torch.inference_mode():
        augmented_logits = np.concatenate(
            [network(batch).numpy() for batch in augmented.split(1000)]
        )
    outliers = nondigits(3000 if len(images) > 3000 else 200, seed=2_000_003)
    calibration = calibrate(logits, labels, augmented_logits, recognizer.logits(outliers))
    config = save_weights(folder, network, ModelConfig(network.config, calibration, training=setup))

    recognizer = DigitRecognizer(network, config, id=folder.name)
    metrics = {
        "model": {"id": recognizer.id, "revision": None, "sha256": config.sha256},
        "validation": {name: measure(recognizer, digits) for name, digits in validation.items()},
        "history": history,
    }
    learning_curves(history, folder / FIGURES / "learning_curves.png")
    confusion_matrix(labels, logits.argmax(axis=1), folder / FIGURES / "confusion_matrix.png")
    write_report(folder, metrics)
    print(
        f"{folder} holds the weights; measure them with: "
        f"python -m digit_model evaluate --model {folder}"
    )
