"""A server and a browser for the tests of the page: the real app, the real recogniser, Chromium."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gc
import io
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

# torch reads this when it is imported, here and in the processes that tests start. These run in
# parallel, and with more threads they would wait for one another's cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hub_client import Client
from hub_server import HubServer
from PIL import Image, ImageDraw
from playwright.sync_api import (
    Browser,
    BrowserContext,
    FloatRect,
    Locator,
    Page,
    Request,
    ViewportSize,
    expect,
    sync_playwright,
)

from digit_model.serving.client import RecognizerClient
from page.examples import EXAMPLE_FILES

if TYPE_CHECKING:  # they import torch
    from digit_model.data import Digits
    from digit_model.training.dataset import DataSource, TrainingSet
    from digit_model.training.recipe import Recipe

expect.set_options(timeout=15_000)  # milliseconds; enough on a busy machine

ROOT = Path(__file__).resolve().parents[1]
STROKES = Path(__file__).parent / "fixtures" / "strokes.json"
LONGEST = ("test_page", "test_photographs", "test_training")  # files, each more than half a minute
DESK = ViewportSize(width=1280, height=720)  # what Playwright's pages have without a word
START_SECONDS = 90  # enough to import torch on a busy machine
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--use-fake-device-for-media-stream",  # acts as a webcam
    "--use-fake-ui-for-media-stream",
    # Two pages of its address bar, which no test sees, take more than a blank page of the tests.
    # This replaces the list that Playwright names; what could matter here is named again.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,MediaRouter,OptimizationHints,"
    "HttpsUpgrades,PaintHolding",
]
# The page's own time goes no faster than its other work: on a busy machine, a pause is long.
PAUSE = "(milliseconds) => new Promise((done) => setTimeout(done, milliseconds))"

Result = TypeVar("Result")
Point = tuple[float, float]  # x and y in fractions of the pad's side; y grows downward


@dataclass(frozen=True)
class Drawing:
    label: str
    strokes: list[list[Point]]

    def picture(self, side: int = 280, pen: int = 21) -> Image.Image:
        """The drawing as a picture, dark on white."""
        image = Image.new("L", (side, side), 255)
        for stroke in self.strokes:
            points = [(x * side, y * side) for x, y in stroke]
            ImageDraw.Draw(image).line(points, fill=0, width=pen, joint="curve")
        return image

    def png(self) -> bytes:
        buffer = io.BytesIO()
        self.picture().save(buffer, "PNG")
        return buffer.getvalue()

    def data_url(self) -> str:
        return "data:image/png;base64," + base64.b64encode(self.png()).decode()


def load_drawings() -> list[Drawing]:
    """Two of each digit, by a person whose handwriting the network has never seen."""
    return [
        Drawing(
            drawing["label"],
            [[(x / 1000, y / 1000) for x, y in stroke] for stroke in drawing["strokes"]],
        )
        for drawing in json.loads(STROKES.read_text(encoding="utf-8"))["drawings"]
    ]


def drawing_of(label: str) -> Drawing:
    """The first drawing of this digit."""
    return next(drawing for drawing in load_drawings() if drawing.label == label)


@dataclass
class Server:
    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def stop(self) -> None:
        """As a service manager would; once the server has ended, no worker goes on."""
        workers = descendants(self.process.pid) if self.process.poll() is None else []
        self.process.terminate()
        self.process.wait(timeout=20)
        wait_for_end(workers)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clean_environment(**extra: str) -> dict[str, str]:
    """This process's environment without the app's variables, plus `extra`."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DIGIT_", "GRADIO_"))}
    return {**kept, **extra}


@contextlib.contextmanager
def serving(folder: Path, *arguments: str, port: int = 0, **environment: str) -> Iterator[Server]:
    """Runs `python app.py` until the block ends. Its output goes to a file in `folder`."""
    port = port or free_port()
    log = folder / f"app-{port}.log"
    log.unlink(missing_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "app.py"), *arguments],
            cwd=folder,  # the app must not depend on where it is started
            # One worker of each kind, unless a test says how many.
            env=clean_environment(
                **({"GRADIO_SERVER_PORT": str(port), "DIGIT_WORKERS": "1"} | environment)
            ),
            stdout=output,
            stderr=output,
        )
    server = Server(process, f"http://127.0.0.1:{port}", log)
    try:
        deadline = time.monotonic() + START_SECONDS
        while f"Running on local URL:  {server.url}" not in log.read_text():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The app did not start:\n{log.read_text()}")
            time.sleep(0.05)
        yield server
    finally:
        server.stop()


def run_async(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """`asyncio.run` in a thread of its own: Playwright's loop may be running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def descendants(pid: int) -> list[int]:
    """Ids of a process's children, and of theirs."""
    found: list[int] = []
    threads: list[Path] = []
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
        threads = list(Path(f"/proc/{pid}/task").iterdir())
    for thread in threads:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # this one has
            for child in (thread / "children").read_text().split():
                found += [int(child), *descendants(int(child))]
    return found


def wait_for_end(pids: list[int]) -> None:
    """Of workers whose server has ended. One may have ended and still wait for its exit code to
    be read, which is for init to do and not for a test.
    """
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid}/exe").exists() for pid in pids):
        assert time.monotonic() < deadline, "a worker goes on without its server"
        time.sleep(0.05)


def resident_mb(*pids: int) -> float:
    """Of these processes; pages they share count for each."""
    statuses = [Path(f"/proc/{pid}/status").read_text() for pid in pids]
    return sum(int(status.split("VmRSS:")[1].split()[0]) for status in statuses) / 1024


def chromium_path() -> str:
    """The Chromium to test in: $CHROMIUM, or the first one installed. Raises if there is none."""
    names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
    found = filter(None, map(shutil.which, [os.environ.get("CHROMIUM", ""), *names]))
    path = next(found, None)
    if path is None:
        raise RuntimeError("No Chromium: install one, or set CHROMIUM to the path of its program.")
    return path


class Visitor:
    """A person at the page, with a mouse or a finger."""

    def __init__(self, page: Page, url: str, *, touch: bool = False):
        self.page = page
        self.touch = page.context.new_cdp_session(page) if touch else None
        self.canvas = page.locator("#pad canvas")
        self.label = page.locator("#card .label")
        self.note = page.locator("#card .note")
        self.headline = page.locator("#card .headline")
        self.is_drawing = False
        self.pending: set[Request] = set()  # requests to the pad's or the card's functions
        page.on("request", self._on_request)
        page.on("requestfinished", lambda request: self.pending.discard(request))
        page.on("requestfailed", lambda request: self.pending.discard(request))
        page.goto(url)
        self.canvas.wait_for()
        # Gradio adds the page's rows one after another.
        expect(page.locator("#examples button")).to_have_count(len(EXAMPLE_FILES))

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def open(self, tab: str) -> None:
        self.page.get_by_role("tab", name=tab).click()

    def upload(self, name: str, content: bytes) -> None:
        self.page.locator("#pad .picture-file").set_input_files(
            {"name": name, "mimeType": "image/png", "buffer": content}
        )

    def box(self) -> FloatRect:
        box = self.canvas.bounding_box()
        assert box is not None
        return box

    def press(self, point: Point) -> None:
        self._point("Start", point)

    def move(self, point: Point) -> None:
        self._point("Move", point)

    def lift(self) -> None:
        self._point("End", None)

    def line(self, *points: Point) -> None:
        """One stroke."""
        self.press(points[0])
        for point in points[1:]:
            self.move(point)
        self.lift()

    def draw(self, drawing: Drawing, *, step: int = 4) -> None:
        """Every fourth point and the last of each stroke, as of a fast hand: each takes a frame."""
        for stroke in drawing.strokes:
            self.line(*stroke[:-1:step], stroke[-1])

    def write(self, pad: Locator, drawing: Drawing) -> None:
        """The drawing, with the mouse, on any pad."""
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        assert box is not None
        for stroke in drawing.strokes:
            places = [
                (box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke
            ]
            self.page.mouse.move(*places[0])
            self.page.mouse.down()
            for place in [*places[1:-1:4], places[-1]]:
                self.page.mouse.move(*place)
            self.page.mouse.up()

    def settle(self) -> None:
        """Wait until the pad has its last answer, however slow the server is.

        The pad has it when no request is pending, and none follows in 0.2 s of the page's time:
        between two requests after a stroke, it pauses for 0.03 s.
        """
        deadline = time.monotonic() + 20
        idle_rounds = 0
        while idle_rounds < 3:
            assert time.monotonic() < deadline, "the pad doesn't stop sending requests"
            self.page.evaluate(PAUSE, 70)
            idle_rounds = 0 if self.pending else idle_rounds + 1
        if not self.is_drawing:
            expect(self.page.locator("#card [data-verdict=pending]")).to_have_count(0)

    def start_over(self) -> None:
        """Empty the pad; what was drawn can be brought back, and the history keeps it."""
        self.page.unroute_all()
        if self.canvas.is_hidden():
            self.open("Draw")
        self.page.keyboard.press("Delete")
        expect(self.headline).to_have_text("draw something")

    def _on_request(self, request: Request) -> None:
        if "component_server" in request.url:
            self.pending.add(request)

    def answer(self) -> dict[str, float]:
        """The confidences that the label widget shows, in percent. Call :meth:`settle` first."""
        rows = self.page.locator("#label .confidence-set").all_inner_texts()
        return {row.split()[0]: float(row.split()[1].strip("<>%")) for row in rows}

    def _point(self, phase: str, point: Point | None) -> None:
        """Move the mouse or the finger; `phase` is "Start", "Move" or "End" of a stroke."""
        self.is_drawing = phase != "End"
        if phase == "Start":
            self.pad = self.box()
        box = self.pad
        at = point and (box["x"] + point[0] * box["width"], box["y"] + point[1] * box["height"])
        if self.touch:
            points = [{"x": at[0], "y": at[1]}] if at else []
            self.touch.send(
                "Input.dispatchTouchEvent", {"type": f"touch{phase}", "touchPoints": points}
            )
            return
        if at:
            self.page.mouse.move(*at)
        if phase == "Start":
            self.page.mouse.down()
        elif phase == "End":
            self.page.mouse.up()


@contextlib.contextmanager
def largest_file(size: int) -> Iterator[None]:
    """The system refuses what goes beyond it, after it has taken a part, as a full disk does."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


# The share of the pad's pixels that are dark, in thousandths.
INK = """() => {
  const canvas = document.querySelector("#pad canvas");
  const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let dark = 0;
  for (let i = 0; i < data.length; i += 4) dark += data[i] < 128;
  return new Promise((done) => requestAnimationFrame(() => done(4000 * dark / data.length)));
}"""


def ink(visitor: Visitor) -> float:
    """How much of the pad is dark, in thousandths, once it is painted."""
    visitor.page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")
    return visitor.page.evaluate(INK)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long first, so that in the end no process is left alone with one.

    Those of the cluster run by themselves, in their order: a Ray whose machine has died ends the
    process that asked it.
    """
    if all(item.path.parent.name == "cluster" for item in items):
        return
    kinds = ("browser", "slow", "hub")
    items.sort(
        key=lambda item: [
            item.path.stem not in LONGEST,
            *(item.get_closest_marker(kind) is None for kind in kinds),
        ]
    )


def pytest_collection_finish() -> None:
    """What has been imported stays, and no garbage collection has to look at it: it takes a twelfth
    of the time of tests that train.
    """
    gc.freeze()


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
def hasty(hub: HubServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Another process, with a short time-out and its own cache, for what has to fail."""
    process = Client(hub.url, tmp_path_factory.mktemp("hasty"), DIGIT_HUB_TIMEOUT="1.5")
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
    images, labels = stroke_training(1, 0, 0, slice(0, 500))
    images, labels = np.tile(images, (12, 1, 1)), np.tile(labels, 12)
    folder = tmp_path_factory.mktemp("data")
    (folder / "MNIST" / "raw").mkdir(parents=True)
    for split in ("train", "t10k"):
        head = b"\x00\x00\x08\x03" + b"".join(n.to_bytes(4, "big") for n in images.shape)
        (folder / "MNIST" / "raw" / f"{split}-images-idx3-ubyte").write_bytes(
            head + images.tobytes()
        )
        head = b"\x00\x00\x08\x01" + len(labels).to_bytes(4, "big")
        content = head + labels.astype(np.uint8).tobytes()
        (folder / "MNIST" / "raw" / f"{split}-labels-idx1-ubyte").write_bytes(content)
    return folder


@pytest.fixture
def next_to_no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spares the drawing of what train.py trains on, for tests of the rest of it."""
    from digit_model.data.training_sets import stroke_training
    from digit_model.training import digit
    from digit_model.training.dataset import TrainingSet

    def fixed(source: DataSource) -> tuple[Digits, dict[str, Digits]]:
        strokes = stroke_training(1, 0, 0, slice(0, 40))
        return strokes, {"strokes": strokes}

    def drawn(source: DataSource, recipe: Recipe, cycle: int, mnist: Digits) -> TrainingSet:
        images, labels = stroke_training(1, 0, cycle, slice(0, 40))
        return TrainingSet(mnist, (images, labels), images[:16], 0.5)

    monkeypatch.setattr(digit, "load_mnist_and_validation", fixed)
    monkeypatch.setattr(digit, "load_cycle", drawn)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="session")
def mcp_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("mcp"), "--mcp") as running:
        yield running


@pytest.fixture(scope="module")
def recognizer_client() -> Iterator[RecognizerClient]:
    """The recogniser in processes of its own."""
    started = RecognizerClient(workers=2)
    started.load()
    yield started
    started.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


class Profiles:
    """Browser profiles, which are used again: a new one would load the page's scripts anew."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[str, list[BrowserContext]] = {}

    @contextlib.contextmanager
    def one(self, **options: Any) -> Iterator[BrowserContext]:
        """One that nobody else uses meanwhile, without anything that others have left."""
        free = self._free.setdefault(repr(sorted(options.items())), [])
        context = free.pop() if free else self._browser.new_context(**options)
        yield context
        for page in context.pages:
            page.evaluate("localStorage.clear(), sessionStorage.clear()")
            page.close()
        if "permissions" in options:
            context.close()
        else:
            context.clear_cookies()
            context.clear_permissions()
            free.append(context)


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
