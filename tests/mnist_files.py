"""Files as MNIST has them."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def write_mnist(folder: Path, split: str, images: np.ndarray, labels: np.ndarray) -> None:
    """Images, uint8 (N, 28, 28), and labels, as one of the splits "train" and "t10k"."""
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    head = b"\x00\x00\x08\x03" + b"".join(n.to_bytes(4, "big") for n in images.shape)
    (raw / f"{split}-images-idx3-ubyte").write_bytes(head + images.tobytes())
    head = b"\x00\x00\x08\x01" + len(labels).to_bytes(4, "big")
    content = head + labels.astype(np.uint8).tobytes()
    (raw / f"{split}-labels-idx1-ubyte").write_bytes(content)
