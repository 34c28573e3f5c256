"""All that ships, by one command: ``python train.py --recipe ship``.

Each step is a training that can be typed by itself, and the last one is the evaluation. They work
in OUTPUT.ship/training, with checkpoints and logs; the folder of a finished step is moved to
OUTPUT.ship, whole. So a step is finished if its folder is there, can be loaded, and holds what the
step would train now, on the networks of the steps before.
"""

import argparse
import json
import shlex
import shutil
from pathlib import Path
from typing import NamedTuple

from digit_model.data.mnist import find_mnist, load_mnist
from digit_model.evaluation.evaluate import evaluate
from digit_model.evaluation.model_card import write_report
from digit_model.evaluation.report import PARTS
from digit_model.files import LOCK_FILE, sync_folder, write_together
from digit_model.model_folder import (
    CARD_FILE,
    FIGURES,
    METRICS_FILE,
    MODEL_FILES,
    ModelError,
    figure_names,
    measured_hashes,
)
from digit_model.recognizer import DigitRecognizer
from digit_model.training.checkpoint import CheckpointError
from digit_model.training.guard import check_no_weights_are_lost, locked
from digit_model.training.options import checkpoint_beside, parse_options, steps_beside
from digit_model.training.progress import Progress, Step
from digit_model.training.setup import recipe_of, setup_of, training_of
from digit_model.training.single import train_one
from digit_model.weights import load_weights


class Training(NamedTuple):
    """A step: its name, the options of train.py, and the minutes it takes on two cores.

    ``{ship}`` stands for the folder in which the steps before have theirs.
    """

    name: str
    options: str
    minutes: float


DIGIT = "refined"  # the step that makes the digit network which ships
# The digits' pictures are preprocessed with the ink network that ships, and the number network is
# calibrated beside the digit network that ships. One seed learns from all three.
TRAININGS = (
    Training("ink", "--recipe ink", 60),
    *(
        Training(f"seed-{k}", f"--seed {k} --beside {{ship}}/ink --cache {{ship}}/data", 90)
        for k in range(3)
    ),
    Training(
        "distilled",
        "--recipe distilled --seed 1 --start {ship}/seed-1 --beside {ship}/ink "
        "--teachers {ship}/seed-0 {ship}/seed-1 {ship}/seed-2 --cache {ship}/data",
        45,
    ),
    Training(
        DIGIT,
        "--recipe refined --seed 2 --start {ship}/distilled --beside {ship}/ink "
        "--cache {ship}/data",
        30,
    ),
    Training("number", f"--recipe number --beside {{ship}}/{DIGIT}", 540),
)
EVALUATED, EVALUATION_MINUTES = "evaluated", 30  # what follows them
AT_WORK = "training"  # the folder of steps that aren't finished
DRY_RUN_MINUTES = 0.1  # of each step
# A dry run measures next to nothing, and not what takes seconds however little it is.
DRY_RUN_STEP = 1000
SLOW_PARTS = ("test-writers", "photographs", "empty-sheets", "numbers", "speed")
DRY_RUN_PARTS = tuple(part for part in PARTS if part not in SLOW_PARTS)


def ship(args: argparse.Namespace) -> None:
    """Take all steps, or those that aren't finished, and write the weights and their report.

    Args:
        args: of train.py.

    Raises:
        CheckpointError: a dry run would replace other weights, another run is at work, there are
            steps of an earlier one and ``--resume`` wasn't given, or one of them was made by
            another recipe or on other networks.
        DataError: MNIST can't be read or downloaded.
        ModelError: weights can't be loaded.
    """
    check_no_weights_are_lost(args)
    folder = steps_beside(args.output)
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        if not args.resume and {path.name for path in folder.iterdir()} - {LOCK_FILE}:
            raise CheckpointError(
                f"{folder} holds steps of an earlier run: --resume goes on with them; "
                "delete it to begin anew."
            )
        _take_steps(folder, args)
    print(f"{args.output} holds the weights and their report; {folder} may be deleted.")


def _take_steps(folder: Path, args: argparse.Namespace) -> None:
    # To fail now rather than after hours. Only the evaluation reads the test images.
    load_mnist(args.data_dir, "train")
    find_mnist(args.data_dir, "test")
    commands = [_command(training, folder, args) for training in TRAININGS]
    runs = [parse_options(command) for command in commands]
    progress = Progress([*map(_planned, TRAININGS, runs), _evaluation(args.dry_run)])
    for number, (training, run) in enumerate(zip(TRAININGS, runs, strict=True)):
        progress.begin(number)
        finished = folder / training.name
        if _is_finished(finished, run):
            print(f"{progress.place}finished before", flush=True)
            continue
        command = shlex.join(["python", "train.py", *commands[number]])
        print(f"{progress.place}{progress.time_left()}: {command}", flush=True)
        train_one(run, progress)
        _move(run.output, finished)
    progress.begin(len(TRAININGS))
    _evaluate(folder, args, progress)
    _copy(folder / EVALUATED, args.output)


def _command(training: Training, folder: Path, args: argparse.Namespace) -> list[str]:
    """The options of train.py for a step."""
    output = folder / AT_WORK / training.name
    words = [word.format(ship=folder) for word in training.options.split()]
    words += ["--data-dir", str(args.data_dir), "--output", str(output)]
    words += ["--dry-run"] * args.dry_run
    return words + ["--resume"] * checkpoint_beside(output).exists()


def _planned(training: Training, run: argparse.Namespace) -> Step:
    epochs = recipe_of(run).total_epochs
    minutes = DRY_RUN_MINUTES if run.dry_run else training.minutes
    return Step(training.name, run.recipe, epochs, 60 * minutes / epochs)


def _evaluation(dry_run: bool) -> Step:
    return Step(EVALUATED, EVALUATED, 1, 60 * (DRY_RUN_MINUTES if dry_run else EVALUATION_MINUTES))


def _is_finished(folder: Path, run: argparse.Namespace) -> bool:
    """Whether a step's folder is there and holds what the step would make now.

    One that can't be loaded, as after a loss of power, is deleted: its checkpoint is still there.
    """
    if not folder.exists():
        return False
    try:
        config = load_weights(folder).config
    except ModelError as error:
        if not checkpoint_beside(run.output).exists():
            raise CheckpointError(f"{error} Delete {folder} to have it made again.") from error
        shutil.rmtree(folder)
        return False
    recipe = recipe_of(run)
    if training_of(config, recipe) != json.loads(json.dumps(setup_of(run, recipe))):
        raise CheckpointError(
            f"{folder} was made with another recipe or on other networks: delete it and "
            f"{checkpoint_beside(run.output)} to have it made again."
        )
    return True


def _move(done: Path, finished: Path) -> None:
    """Move a folder that is whole to where it counts as finished."""
    done.rename(finished)
    sync_folder(finished.parent)


def _evaluate(folder: Path, args: argparse.Namespace, progress: Progress) -> None:
    """Measure the last step's networks; keep the figures of all that went into them."""
    finished, work = folder / EVALUATED, folder / AT_WORK / EVALUATED
    networks, config = load_weights(folder / "number")
    if measured_hashes(finished) == config.hashes:
        print(f"{progress.place}finished before", flush=True)
        return
    print(f"{progress.place}{progress.time_left()}", flush=True)
    for old in (finished, work):
        shutil.rmtree(old, ignore_errors=True)
    shutil.copytree(folder / "number", work)
    for step in ("ink", DIGIT):
        shutil.copytree(folder / step / FIGURES, work / FIGURES, dirs_exist_ok=True)
    earlier = json.loads((folder / DIGIT / METRICS_FILE).read_bytes())
    measured = evaluate(
        DigitRecognizer(networks, config, id=args.output.name),
        args.data_dir,
        parts=DRY_RUN_PARTS if args.dry_run else PARTS,
        step=DRY_RUN_STEP if args.dry_run else 1,
        figures=work / FIGURES,
    )
    # What was measured while the digit network trained holds beside any number network.
    write_report(work, {name: earlier[name] for name in ("validation", "history")} | measured)
    _move(work, finished)


def _copy(source: Path, output: Path) -> None:
    """Copy weights with their report: all of it, or nothing."""
    (output / FIGURES).mkdir(parents=True, exist_ok=True)
    names = [*MODEL_FILES, METRICS_FILE, CARD_FILE, *figure_names(source)]
    write_together({output / name: (source / name).read_bytes() for name in names})
