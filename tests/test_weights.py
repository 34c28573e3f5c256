"""Weights come back bit for bit, or not at all."""

import dataclasses
import json
from pathlib import Path

import pytest
import torch
from processes import largest_file
from repository import ROOT
from safetensors.torch import load_file, save_file

from digit_model import DigitRecognizer, ModelError
from digit_model.architectures import InkNetworkConfig, NetworkConfig, NumberNetworkConfig
from digit_model.calibration import Calibration
from digit_model.ink_network import InkNetwork
from digit_model.model_folder import TENSOR_FILES, Hashes
from digit_model.network import DigitCNN
from digit_model.number.calibration import NumberCalibration
from digit_model.number_network import NumberNetwork
from digit_model.weights import ModelConfig, Networks, load_weights, save_weights, untrained_weights

CALIBRATION = Calibration(temperature=1.7, unsure_below=0.6, not_a_digit_below=0.02)
NUMBER_CALIBRATION = NumberCalibration(temperature=1.2)
FILES = ["config.json", "ink.safetensors", "model.safetensors", "number.safetensors"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    config = ModelConfig(
        NetworkConfig(stem=4, stages=((6,), (8,))),
        CALIBRATION,
        InkNetworkConfig(widths=(2, 3, 4, 5), dilations=(1, 2)),
        NumberNetworkConfig(widths=(2, 3, 4, 5), dilations=(1,), head=3),
        NUMBER_CALIBRATION,
        training={"seed": 3},
        ink_training={"seed": 4},
        number_training={"seed": 5},
    )
    networks = Networks(
        DigitCNN(config.network),
        InkNetwork(config.ink_network),
        NumberNetwork(config.number_network),
    )
    save_weights(tmp_path / "w", networks, config)
    return tmp_path / "w"


def rehash(folder: Path, path: Path) -> None:
    """Make config.json vouch for whatever the weights file now holds."""
    import hashlib

    config = json.loads((folder / "config.json").read_text())
    config[Hashes._fields[TENSOR_FILES.index(path.name)]] = hashlib.sha256(
        path.read_bytes()
    ).hexdigest()
    (folder / "config.json").write_text(json.dumps(config))


def test_round_trip_is_bit_equal(folder: Path, tmp_path: Path) -> None:
    networks, config = load_weights(folder)
    assert (config.calibration, config.number_calibration) == (CALIBRATION, NUMBER_CALIBRATION)
    trained = config.training, config.ink_training, config.number_training
    assert trained == ({"seed": 3}, {"seed": 4}, {"seed": 5})
    again = save_weights(tmp_path / "again", networks, config)
    assert again == config
    for name in FILES:
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()


def test_a_full_disk_leaves_the_weights_as_they_were(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    networks, config = load_weights(folder)
    with torch.no_grad():
        next(networks.digit.parameters()).add_(1)  # the first file that is written
    size = max(len(content) for content in before.values())
    with largest_file(size - 1), pytest.raises(OSError, match="large"):
        save_weights(folder, networks, config)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_saving_leaves_nothing_behind(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == FILES


@pytest.mark.parametrize(
    ("file", "bias"),
    [
        ("model.safetensors", "classifier.bias"),
        ("ink.safetensors", "head.bias"),
        ("number.safetensors", "answers.bias"),
    ],
)
@pytest.mark.parametrize("change", ["rename", "extra", "missing", "shape", "half"])
def test_tensors_that_do_not_fit_are_refused(
    folder: Path, change: str, file: str, bias: str
) -> None:
    path = folder / file
    tensors = load_file(path)
    if change == "rename":
        tensors["renamed"] = tensors.pop(bias)
    elif change == "extra":
        tensors["extra"] = torch.zeros(1)
    elif change == "missing":
        del tensors[bias]
    elif change == "half":
        tensors[bias] = tensors[bias].half()
    else:
        tensors[bias] = torch.zeros(12)
    save_file(tensors, path, {"format": "pt"})
    rehash(folder, path)
    with pytest.raises(ModelError, match=rf"{file} doesn't fit the network.*({bias}|extra)"):
        load_weights(folder)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused(folder: Path, value: float) -> None:
    path = folder / "model.safetensors"
    tensors = load_file(path)
    tensors["classifier.bias"][3] = value
    save_file(tensors, path, {"format": "pt"})
    rehash(folder, path)
    with pytest.raises(ModelError, match=r"model\.safetensors holds values that are no numbers"):
        load_weights(folder)


def test_a_type_of_numbers_that_torch_has_not_is_refused(folder: Path) -> None:
    path = folder / "model.safetensors"
    header = json.dumps({"x": {"dtype": "F4", "shape": [2], "data_offsets": [0, 1]}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + b"\0")
    rehash(folder, path)
    with pytest.raises(ModelError, match=r"model\.safetensors"):
        load_weights(folder)


def test_the_report_on_other_weights_does_not_stay(folder: Path) -> None:
    (folder / "README.md").write_text("99 % right")
    DigitRecognizer.from_pretrained(ROOT / "weights").save_pretrained(folder)
    card = (folder / "README.md").read_bytes()
    assert card == (ROOT / "weights" / "README.md").read_bytes()
    recognizer = DigitRecognizer(*untrained_weights(), id="untrained")
    recognizer.save_pretrained(folder)
    assert not (folder / "README.md").exists()
    assert not (folder / "figures" / "roc.png").exists()


def test_a_file_of_the_card_s_name_stays_where_no_weights_were(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("My project")
    DigitRecognizer(*untrained_weights(), id="untrained").save_pretrained(tmp_path)
    assert (tmp_path / "README.md").read_text() == "My project"


@pytest.mark.parametrize("file", TENSOR_FILES)
def test_a_flipped_bit_is_refused(folder: Path, file: str) -> None:
    path = folder / file
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match="sha256"):
        load_weights(folder)


@pytest.mark.parametrize("vouched", [False, True])
def test_a_truncated_file_is_refused(folder: Path, vouched: bool) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    if vouched:
        rehash(folder, path)
    with pytest.raises(ModelError, match="not a safetensors file" if vouched else "sha256"):
        load_weights(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelError, match=name):
        load_weights(folder)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"format": 1}', '{"format": 99}', "\x00", "[" * 200_000],
    ids=range(7),
)
def test_a_config_that_is_none(folder: Path, text: str) -> None:
    (folder / "config.json").write_text(text)
    with pytest.raises(ModelError, match=r"config\.json"):
        load_weights(folder)


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("calibration", "temperature", 0),
        ("calibration", "temperature", 1e-320),
        ("calibration", "temperature", None),
        ("calibration", "energy_middle", 10**400),
        ("calibration", "energy_scale", "1"),
        ("calibration", "unsure_below", float("nan")),
        ("calibration", "unsure_below", 7),
        ("calibration", "not_a_digit_below", 1),
        ("calibration", "unknown", 1),
        ("network", "stages", [[-1], [3]]),
        ("network", "stages", [["a"], [3]]),
        ("network", "stem", 10**12),
        ("network", "classes", 9),
        ("network", "dropout", 2),
        ("ink_network", "widths", [2, 3, 4]),
        ("ink_network", "widths", [2, 3, 4, 0]),
        ("ink_network", "dilations", 1),
        (None, "sha256", None),
        ("number_network", "head", 0),
        ("number_network", "widths", [2, 3, 4]),
        ("number_calibration", "temperature", 0),
        ("number_calibration", "offset", None),
        (None, "ink_sha256", None),
        (None, "number_sha256", None),
        (None, "ink_network", {}),
        (None, "ink_network", "x"),
        (None, "network", []),
        (None, "calibration", {}),
        (None, "training", []),
        (None, "training", {"test_writers": 5}),
        (None, "ink_training", {"test_writers": [[1]]}),
        (None, "ink_training", None),
        (None, "number_training", "x"),
    ],
)
def test_a_config_with_a_value_that_makes_no_sense(
    folder: Path, part: str | None, key: str, value: object
) -> None:
    path = folder / "config.json"
    config = json.loads(path.read_text())
    (config if part is None else config[part])[key] = value
    path.write_text(json.dumps(config))
    with pytest.raises(ModelError, match="not a config"):
        load_weights(folder)


@pytest.mark.parametrize("name", ["nowhere", "n" * 5000])
def test_no_such_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelError, match="There is no folder"):
        DigitRecognizer.from_pretrained(tmp_path / name)


def test_calibration_decides_the_verdict(folder: Path, tmp_path: Path) -> None:
    """The same network, once refusing everything and once sure of everything."""
    networks, config = load_weights(folder)
    image = torch.zeros(28, 28, dtype=torch.uint8)
    image[4:24, 13:15] = 255
    for thresholds, verdict in (
        ({"not_a_digit_below": 1.1}, "not_a_digit"),
        ({"not_a_digit_below": 0.0, "unsure_below": 1.1}, "unsure"),
        ({"not_a_digit_below": 0.0, "unsure_below": 0.0}, "digit"),
    ):
        calibration = dataclasses.replace(config.calibration, **thresholds)
        changed = dataclasses.replace(config, calibration=calibration)
        prediction = DigitRecognizer(networks, changed, id="test").predict(image.numpy())
        assert prediction.verdict == verdict
        assert (prediction.label is None) == (verdict == "not_a_digit")
