"""Files are written whole or not at all; folders are one process's, or said not to be."""

import errno
import fcntl
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from processes import largest_file

from digit_model.files import (
    atomic_path,
    describe,
    lock_folder,
    printable,
    write_atomically,
    write_together,
)


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    write_atomically(path, b"first")
    write_atomically(path, b"second")
    assert path.read_bytes() == b"second"
    assert list(tmp_path.iterdir()) == [path]


def test_where_there_is_no_space_the_file_is_named(tmp_path: Path) -> None:
    """The system's error names it only if it couldn't be opened."""
    with largest_file(1000), pytest.raises(OSError, match="too large") as caught:
        write_atomically(tmp_path / "digit.onnx", bytes(2000))
    assert describe(caught.value) == f"{tmp_path / 'digit.onnx'}: File too large."
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("written", [b"", b"hal"])
def test_after_an_error_the_file_is_as_it_was(tmp_path: Path, written: bytes) -> None:
    path = tmp_path / "metrics.json"
    path.write_bytes(b"before")

    def run_out_of_space() -> None:
        with atomic_path(path) as partial:
            if written:
                partial.write_bytes(written)
            assert path.read_bytes() == b"before"
            raise OSError("No space left")

    with pytest.raises(OSError, match="No space left"):
        run_out_of_space()
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_threads_may_write_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    contents = [bytes([number]) * 300_000 for number in range(4)]

    def write(content: bytes) -> set[bytes]:
        found = set()
        for _ in range(50):
            write_atomically(path, content)
            found.add(path.read_bytes())
        return found

    with ThreadPoolExecutor(len(contents)) as threads:
        for found in threads.map(write, contents):
            assert found <= {*contents}
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_names_the_file_and_not_the_temporary_one(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "metrics.json"
    with pytest.raises(FileNotFoundError) as missing:
        write_atomically(path, b"")
    assert describe(missing.value) == f"{path}: No such file or directory."
    with pytest.raises(OSError, match="directory") as taken:
        write_atomically(tmp_path, b"")
    assert describe(taken.value).startswith(f"{tmp_path}: ")


def test_several_files_or_none(tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    contents = {tmp_path / name: b"new" for name in ("first", "second", "third")}
    with pytest.raises(IsADirectoryError) as taken:
        write_together(contents)
    assert describe(taken.value) == f"{tmp_path / 'second'}: Is a directory."
    assert [path.name for path in tmp_path.iterdir()] == ["second"]


def test_what_is_printed_is_one_line_and_moves_no_cursor() -> None:
    assert printable("zwölf ✍.png") == "zwölf ✍.png"
    assert printable("a\nb\x1b[2Jc\u202e\udcfc") == r"a\nb\x1b[2Jc\u202e\udcfc"
    assert describe(OSError(2, "No such file", "a\nb")) == r"a\nb: No such file."
    assert describe(ValueError("a\x1b[2J")) == r"a\x1b[2J"


def test_a_disk_without_locks_is_an_error_and_no_lock_of_somebody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with lock_folder(tmp_path):  # type: ignore[union-attr]
        assert lock_folder(tmp_path) is None

    def unknown(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unknown)
    with pytest.raises(OSError, match="No locks available"):
        lock_folder(tmp_path)
