"""What tests share: the real app, the real recogniser, Chromium, a Hub, and data to train on."""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

# torch reads this when it is imported, here and in the processes that tests start. These run in
# parallel, and with more threads they would wait for one another's cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import httpx
import pytest
from drawings import Drawing, load_drawings
from hub_client import Client
from hub_server import HubServer
from mnist_files import write_mnist
from playwright.sync_api import Browser, sync_playwright
from running_app import Server, serving
from visitor import CHROMIUM_FLAGS, Profiles, Visitor, chromium_path

from digit_model.serving.client import RecognizerClient, WorkerClient

if TYPE_CHECKING:  # they import torch
    from digit_model import DigitRecognizer
    from digit_model.data import Digits
    from digit_model.training.dataset import DataSource, TrainingSet
    from digit_model.training.recipe import Recipe

# Files, each about half a minute or more.
LONGEST = ("test_page_answer", "test_page_numbers", "test_photographs", "test_training")
THOROUGH_SECONDS = (
    1800  # for one of the thorough tests; pyproject.toml says for how long others last
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long first, so that in the end no process is left alone with one.

    Those of the cluster run by themselves, in their order: a Ray whose machine has died ends the
    process that asked it.
    """
    if all(item.path.parent.name == "cluster" for item in items):
        return
    for item in items:
        if item.get_closest_marker("thorough"):
            item.add_marker(pytest.mark.timeout(THOROUGH_SECONDS))
    kinds = ("browser", "slow", "hub")
    items.sort(
        key=lambda item: [
            item.path.stem not in LONGEST,
            *(item.get_closest_marker(kind) is None for kind in kinds),
        ]
    )


def pytest_configure() -> None:
    """Garbage collection takes a fifth of the time of the imports, and finds nothing."""
    gc.disable()


def pytest_collection_finish() -> None:
    """What has been imported stays, and no garbage collection has to look at it: it takes a twelfth
    of the time of tests that train.
    """
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def hub() -> Iterator[HubServer]:
    server = HubServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def client(hub: HubServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    process = Client(hub.url, tmp_path_factory.mktemp("hub-client"))
    yield process
    process.close()


@pytest.fixture(scope="session")
def drawings() -> list[Drawing]:
    return load_drawings()


@pytest.fixture(scope="session")
def mnist_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in MNIST's raw layout, its 6,000 images rendered from the recorded strokes."""
    import numpy as np

    from digit_model.data.training_sets import stroke_training

    # Fewer than those for which processes would be started.
    images, labels = stroke_training(1, 0, slice(0, 500))
    images, labels = np.tile(images, (12, 1, 1)), np.tile(labels, 12)
    folder = tmp_path_factory.mktemp("data")
    for split in ("train", "t10k"):
        write_mnist(folder, split, images, labels)
    return folder


@pytest.fixture
def next_to_no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spares the drawing of what train.py trains on, for tests of the rest of it."""
    from digit_model.data.training_sets import stroke_training
    from digit_model.training import digit
    from digit_model.training.dataset import TrainingSet

    def fixed(source: DataSource) -> tuple[Digits, dict[str, Digits]]:
        strokes = stroke_training(1, 0, slice(0, 40))
        return strokes, {"strokes": strokes}

    def drawn(source: DataSource, recipe: Recipe, cycle: int, mnist: Digits) -> TrainingSet:
        images, labels = stroke_training(1, cycle, slice(0, 40))
        return TrainingSet(mnist, (images, labels), images[:16], 0.5)

    monkeypatch.setattr(digit, "load_mnist_and_validation", fixed)
    monkeypatch.setattr(digit, "load_cycle", drawn)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With MCP, since starting another one takes seconds; those of other fixtures have none."""
    with serving(tmp_path_factory.mktemp("server"), "--mcp") as running:
        yield running


@pytest.fixture(scope="session")
def http(server: Server) -> Iterator[httpx.Client]:
    """Asks that server, and knows no proxy."""
    with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def recognizer() -> DigitRecognizer:
    """With the weights in this repository."""
    from digit_model import DigitRecognizer

    return DigitRecognizer.from_pretrained()


@pytest.fixture
def one_thread() -> Iterator[None]:
    """For sums that come out the same in each run."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def recognizer_client() -> Iterator[RecognizerClient]:
    """The recogniser in processes of its own."""
    started = WorkerClient(workers=2)
    started.load()
    yield started
    started.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def profiles(browser: Browser) -> Profiles:
    return Profiles(browser)


@pytest.fixture
def visit(server: Server, profiles: Profiles) -> Iterator[Callable[..., Visitor]]:
    """`visit(url=..., touch=..., **context_options)` opens the page as somebody new."""
    with contextlib.ExitStack() as stack:

        def open_page(url: str = server.url, touch: bool = False, **options: Any) -> Visitor:
            context = stack.enter_context(profiles.one(has_touch=touch, **options))
            return Visitor(context.new_page(), url, touch=touch)

        yield open_page


@pytest.fixture(scope="module")
def loaded_page(server: Server, profiles: Profiles) -> Iterator[Visitor]:
    with profiles.one() as context:
        yield Visitor(context.new_page(), server.url)


@pytest.fixture
def visitor(loaded_page: Visitor) -> Visitor:
    """At a page that others have used before: loading it takes more than most tests.

    For tests that leave the page as they found it, but for what is drawn and chosen.
    """
    loaded_page.start_over()
    return loaded_page
