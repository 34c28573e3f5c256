"""What is made sure of before a run: it has its folders to itself and destroys no other run."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from digit_model.files import sole_use
from digit_model.model_folder import CARD_FILE, CONFIG_FILE
from digit_model.training.checkpoint import CheckpointError, check_no_run_is_lost
from digit_model.training.log import RunLog
from digit_model.training.options import checkpoint_beside, is_first_process
from digit_model.training.setup import holds_weights


@contextmanager
def guarded(args: argparse.Namespace) -> Iterator[None]:
    """Make the folders of a run that trains one network, and keep other runs out of them.

    Raises:
        CheckpointError: it would replace weights that it mustn't or a run that has not ended, or
            another run is writing there.
        OSError: the folders can't be written to.
    """
    check_no_weights_are_lost(args)
    log = RunLog(args.output)
    log.make_folders()
    with locked(log.folder):
        if not args.resume:
            check_no_run_is_lost(checkpoint_beside(args.output))
        yield


def check_no_weights_are_lost(args: argparse.Namespace) -> None:
    """A dry run may replace only what another one has written, and the card no other README.

    Raises:
        CheckpointError: the output folder holds other weights, whole or not, or is no model's.
    """
    if (args.output / CARD_FILE).exists() and not (args.output / CONFIG_FILE).exists():
        raise CheckpointError(
            f"{args.output} holds a {CARD_FILE} and no weights, whose card would replace it: name "
            "another --output."
        )
    if args.dry_run and holds_weights(args.output):
        raise CheckpointError(
            f"{args.output} holds weights that aren't a dry run's, or are damaged: name another "
            "--output."
        )


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock a folder that can be written to; of several processes, the first one does it for all.

    Raises:
        CheckpointError: another run has locked it.
    """
    with sole_use(folder) if is_first_process() else nullcontext(True) as is_ours:
        if not is_ours:
            raise CheckpointError(
                f"Another run is writing to {folder}: wait for its end, or name another --output."
            )
        yield
