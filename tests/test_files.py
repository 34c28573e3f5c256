"""Files are written whole or not at all; folders are one process's, or said not to be."""

import errno
import fcntl
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from digit_model.files import atomic_path, lock_folder, write_atomically


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    write_atomically(path, b"first")
    write_atomically(path, b"second")
    assert path.read_bytes() == b"second"
    assert list(tmp_path.iterdir()) == [path]


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
