"""Files are written whole or not at all."""

from pathlib import Path

import pytest

from digit_model.files import atomic_path, write_atomically


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
