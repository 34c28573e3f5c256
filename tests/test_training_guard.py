"""A run destroys nothing that another has made, and tells what stands in its way at the start."""

import errno
import fcntl
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from processes import largest_file
from safetensors import safe_open
from safetensors.torch import save_file

import train
from digit_model.files import lock_folder
from digit_model.model_folder import DEFAULT_WEIGHTS
from digit_model.training.log import RunLog
from digit_model.training.options import checkpoint_beside
from digit_model.weights import load_weights, save_weights

DISK_IS_FULL = OSError(errno.ENOSPC, "No space left on device")
HOW_ON = "the same command with --resume goes on after the last whole epoch"


def train_here(*arguments: str | Path) -> int:
    """The exit status of train.py, in this process."""
    try:
        return train.main([*map(str, arguments)])
    except SystemExit as stopped:  # argparse has refused
        return int(str(stopped.code))


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


KINDS = pytest.mark.parametrize(
    "options", [("--recipe", "quick"), ("--recipe", "ink"), ("--recipe", "ship"), ("--seeds", "2")]
)


@KINDS
def test_a_readme_that_is_no_model_s_is_not_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    project = tmp_path / "seed-0" if "--seeds" in options else tmp_path
    project.mkdir(exist_ok=True)
    (project / "README.md").write_text("my notes")
    assert train_here(*options, "--dry-run", "--output", tmp_path) == 2
    said = capsys.readouterr().err
    assert "README.md" in said
    assert said.count("\n") == 1
    assert (project / "README.md").read_text() == "my notes"


@KINDS
@pytest.mark.parametrize("are_damaged", [False, True])
def test_a_dry_run_replaces_no_real_weights(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
    are_damaged: bool,
) -> None:
    weights = tmp_path / "w" / "seed-1" if "--seeds" in options else tmp_path / "w"
    save_weights(weights, *load_weights(DEFAULT_WEIGHTS))
    if are_damaged:
        (weights / "config.json").write_text("{}")
    before = contents(tmp_path)
    assert train_here("--dry-run", "--output", tmp_path / "w", *options) == 2
    assert capsys.readouterr().err == (
        f"train.py: {weights} holds weights that aren't a dry run's, or are damaged: name another "
        "--output.\n"
    )
    assert before.items() <= contents(tmp_path).items()


@KINDS
def test_two_runs_do_not_write_to_one_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    at_work = tmp_path / ("w/seed-1.log" if "--seeds" in options else "w.log")
    if "ship" in options:
        at_work = tmp_path / "w.ship"
    at_work.mkdir(parents=True)
    with lock_folder(at_work):  # type: ignore[union-attr]
        assert train_here("--dry-run", "--output", tmp_path / "w", *options) == 2
    assert capsys.readouterr().err == (
        f"train.py: Another run is writing to {at_work}: wait for its end, or name another "
        "--output.\n"
    )


def test_where_there_are_no_locks_a_run_goes_on_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unknown(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unknown)
    assert train_here("--dry-run", "--data-dir", "/dev/null", "--output", tmp_path / "w") == 2
    assert "MNIST is not in" in capsys.readouterr().err


def test_of_several_processes_the_first_one_locks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("digit_model.training.single.train_network", lambda *run: None)
    (tmp_path / "w.log").mkdir()
    with lock_folder(tmp_path / "w.log"):  # type: ignore[union-attr]
        for rank, status in (("0", 2), ("1", 0)):
            monkeypatch.setenv("RANK", rank)
            for name, value in {"WORLD_SIZE": "2", "MASTER_PORT": "1", "MASTER_ADDR": "a"}.items():
                monkeypatch.setenv(name, value)
            assert train_here("--output", tmp_path / "w") == status, capsys.readouterr().err


def test_a_full_disk_is_said_before_anything_is_drawn(tmp_path: Path) -> None:
    log = RunLog(tmp_path / "w")
    with largest_file(50_000), pytest.raises(OSError, match="File too large") as refused:
        log.make_folders()
    assert refused.value.filename == str(tmp_path / "w.log")
    log.make_folders()
    assert not contents(tmp_path)


@pytest.mark.slow
@pytest.mark.usefixtures("next_to_no_data")
@pytest.mark.parametrize("several", [False, True])
def test_a_trained_network_that_was_not_written_is_not_thrown_away(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    several: bool,
) -> None:
    def full(*_: object) -> None:
        raise DISK_IS_FULL

    command = ("--dry-run", "--output", tmp_path / "w", *(("--seeds", "2") if several else ()))
    weights = tmp_path / "w" / "seed-0" if several else tmp_path / "w"
    with monkeypatch.context() as patch:
        patch.setattr("digit_model.training.export.export", full)
        assert train_here(*command) == 2
    assert capsys.readouterr().err == f"train.py: No space left on device; {HOW_ON}.\n"
    assert train_here(*command) == 2
    assert capsys.readouterr().err == (
        f"train.py: {checkpoint_beside(weights)} is of a run whose weights have not been written: "
        "--resume goes on with it; delete it to begin another one.\n"
    )
    if several:
        return
    assert train_here(*command, "--resume") == 0
    assert " loss " not in capsys.readouterr().out
    assert load_weights(weights)

    ended = checkpoint_beside(weights)
    with safe_open(ended, "pt") as file:
        state = json.loads(file.metadata()["state"])
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (no mapping)
    assert state.pop("exported") is True
    save_file(tensors, ended, {"state": json.dumps(state)})  # as older versions wrote it
    assert train_here(*command, "--resume") == 0
    assert train_here(*command) == 0  # it has ended: another run may begin


def test_at_the_start_nobody_is_told_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "w").write_bytes(b"")
    assert train_here("--dry-run", "--output", tmp_path / "w", "--seeds", "2") == 2
    said = capsys.readouterr().err
    assert str(tmp_path / "w") in said
    assert "--resume" not in said


@pytest.mark.parametrize(
    "options",
    [
        lambda w: ("--output", w, "--start", w / ".." / "w"),
        lambda w: ("--output", w, "--start", "a", "--recipe", "distilled", "--teachers", "b", w),
        lambda w: ("--output", w, "--start", w / "seed-1", "--seeds", "2"),
        lambda w: ("--start", "weights"),
        lambda w: ("--start", "weights", "--recipe", "ink"),
        lambda w: ("--start", "runs/dry-run", "--dry-run"),
    ],
)
def test_what_a_run_starts_from_is_not_replaced_by_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: Callable[[Path], tuple[str | Path, ...]],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert train_here(*options(tmp_path / "w")) == 2
    said = capsys.readouterr().err
    assert "would be replaced, and the run couldn't be resumed: name another --output" in said
    assert said.count("\n") == 1
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    "variables",
    [
        {"WORLD_SIZE": "x"},
        {"WORLD_SIZE": "2"},
        {"WORLD_SIZE": "0"},
        {"RANK": "1"},
        {"WORLD_SIZE": "2", "RANK": "0", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "x"},
        {"LOCAL_WORLD_SIZE": "-"},
    ],
    ids=str,
)
def test_variables_that_torchrun_did_not_set_are_refused(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert train_here("--dry-run") == 2
    assert capsys.readouterr().err.endswith(
        "are set, but not as torchrun sets them: start train.py with torchrun, or unset them\n"
    )
