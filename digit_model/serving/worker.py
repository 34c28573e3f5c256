"""What runs in a worker process: the recogniser, loaded once, and the jobs it does.

The functions are called by name from the server's process; arguments and results are pickled.
The kernel bounds what a job may take of the processor and, on Linux, of memory, whatever a file
does to its decoder.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from digit_model.model_folder import Hashes, ModelError

if TYPE_CHECKING:
    from digit_model.decode import ImageError
    from digit_model.hints import Hint
    from digit_model.number.reading import NumberReading
    from digit_model.prediction import Prediction
    from digit_model.recognizer import DigitRecognizer
    from digit_model.serving.timed import TimedPrediction

Image = str | bytes  # a file's path, or its content
Timed = tuple["Prediction", float]  # and the milliseconds it took
Numbered = tuple["NumberReading", float]  # likewise
Result = TypeVar("Result")

# Of the processor, for one job; the process ends if it takes more. 64 megapixels take one or two.
JOB_CPU_SECONDS = 5
# Of address space, for jobs, beyond what the loaded process has; beyond it, memory is refused.
JOB_MEMORY_BYTES = 768 * 2**20

_recognizer: DigitRecognizer


class Asked(NamedTuple):
    """An item of the jobs below.

    Attributes:
        image: the picture.
        about: what the job has to know besides.
    """

    image: Image
    about: tuple[Any, ...] = ()


@dataclass(frozen=True)
class ModelInfo:
    """Which weights answer.

    Attributes:
        id: the repository or the folder's name.
        revision: the commit on the Hub; None for a folder.
        hashes: of the networks' weights.
        folder: where they were loaded from.
        notice: what users should know of where they are from, a sentence; or None.
    """

    id: str
    revision: str | None
    hashes: Hashes
    folder: Path
    notice: str | None

    @property
    def source(self) -> str:
        """A name that loads these very weights again, on another machine too.

        A folder has to be there at the same path.
        """
        return f"{self.id}@{self.revision}" if self.revision else str(self.folder.resolve())


def load(model: str | None, niceness: int = 0) -> ModelInfo:
    """Make this process, which does nothing else, ready for the jobs below.

    Args:
        model: a folder or a repository, see ``DigitRecognizer.from_pretrained``.
        niceness: by how much others go first on a busy core.

    Returns:
        Which weights it has loaded.

    Raises:
        ModelError: they can't be loaded.
    """
    # Ctrl-C in a terminal and a service's SIGTERM reach all processes. The server needs its workers
    # for what is in flight, and ends them then.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    if niceness and sys.platform != "win32":
        os.nice(niceness)
    info = load_without_limits(model)
    _limit_memory()
    return info


def load_without_limits(model: str | None) -> ModelInfo:
    """As :func:`load`, in a process that somebody else watches, or that has more to do.

    Ray's need address space for what the machine's processes share.
    """
    import cv2
    import torch

    global _recognizer
    # A process is to use one core: threads within it would wait for those of the others.
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    _recognizer = load_recognizer(model)
    _recognizer.warm_up()
    return ModelInfo(
        id=_recognizer.id,
        revision=_recognizer.revision,
        hashes=_recognizer.hashes,
        folder=_recognizer.folder or Path(),
        notice=_recognizer.notice,
    )


def load_recognizer(model: str | None) -> DigitRecognizer:
    """Load the weights to serve.

    If the Hub's files are damaged or the Hub gives no answer, weights that were downloaded before
    are loaded, and the recogniser's ``notice`` says so.

    Raises:
        ModelError: the weights can't be loaded.
    """
    from digit_model.recognizer import DigitRecognizer

    try:
        recognizer = DigitRecognizer.from_pretrained(model)
    except ModelError as error:
        from digit_model.hub.errors import HubDamagedError, HubError

        if isinstance(error, HubError) and not isinstance(error, HubDamagedError):
            raise  # the Hub has refused
        try:
            recognizer = DigitRecognizer.from_pretrained(model, local_files_only=True)
        except ModelError:
            raise error from None
        recognizer.notice = f"{error} Serving what was downloaded before."
    if recognizer.revision and not recognizer.notice:
        from digit_model.hub.pull import pull_metrics

        pull_metrics(recognizer.id, recognizer.revision)
    return recognizer


def _limit_memory() -> None:
    """Let the process have no more than it has now and :data:`JOB_MEMORY_BYTES`."""
    if sys.platform == "linux":
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = pages * resource.getpagesize() + JOB_MEMORY_BYTES
        if hard == resource.RLIM_INFINITY or most < hard:
            resource.setrlimit(resource.RLIMIT_AS, (most, hard))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a file of gigabytes for each that ends


def bounded(job: Callable[..., Result], *arguments: Any) -> Result:
    """Do a job; the process ends by SIGPROF if it takes more than :data:`JOB_CPU_SECONDS`.

    Not by RLIMIT_CPU, which is of the process's whole life: Linux counts it in ticks, and these get
    seconds ahead of ``time.process_time()`` within minutes of short jobs.
    """
    if sys.platform == "win32":
        return job(*arguments)
    signal.setitimer(signal.ITIMER_PROF, JOB_CPU_SECONDS)
    try:
        return job(*arguments)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


# ---- jobs: each takes a list and answers every item in its place, with an error if need be


def recognize(asked: Sequence[Asked], max_pixels: int) -> list[Timed | ImageError]:
    """Recognise pictures together, with all ten labels in each ``top_k``.

    The pictures stay here: who sent them has them. One with more than ``max_pixels`` is not read.
    """
    from digit_model.decode import ImageError

    return [
        reading if isinstance(reading, ImageError) else (reading.prediction, reading.milliseconds)
        for reading in read(asked, max_pixels)
    ]


def read(asked: Sequence[Asked], max_pixels: int) -> list[TimedPrediction | ImageError]:
    """The same, with the pictures themselves, upright and no larger than needed."""
    from digit_model.serving.timed import predict_many

    images = [each.image for each in asked]
    return list(predict_many(_recognizer, images, top_k=10, max_pixels=max_pixels))


def read_numbers(asked: Sequence[Asked], max_pixels: int) -> list[Numbered | ValueError]:
    """Read all digits in each picture, and the milliseconds that it took."""
    return [_try(_read_number, each.image, max_pixels) for each in asked]


def ask(asked: Sequence[Asked], max_pixels: int) -> list[Any]:
    """What the recogniser's method says of each picture, ``about`` its name and its argument."""
    return [_try(_ask, each.image, *each.about, max_pixels) for each in asked]


def find_hints(asked: Sequence[Asked], max_pixels: int) -> list[Hint | ValueError | None]:
    """See :func:`digit_model.hints.hint_for`; ``about`` the verdict."""
    return [_try(_find_hint, each.image, *each.about, max_pixels) for each in asked]


def _find_hint(image: Image, verdict: str, max_pixels: int) -> Hint | None:
    from digit_model.hints import hint_for
    from digit_model.serving import timed

    return hint_for(_recognizer.predict_batch, timed.load(image, max_pixels), verdict)


def _read_number(image: Image, max_pixels: int) -> Numbered:
    from digit_model.serving import timed

    return timed.read_number(_recognizer, image, max_pixels=max_pixels)


def _ask(image: Image, method: str, argument: Any, max_pixels: int) -> Any:
    from digit_model.serving import timed

    return getattr(_recognizer, method)(timed.load(image, max_pixels), argument)


def _try(function: Callable[..., Result], *arguments: Any) -> Result | ValueError:
    """What it returns, or why the picture can't be read, or the question makes no sense."""
    try:
        return function(*arguments)
    except ValueError as error:
        return error
