"""The API, through gradio_client and through plain HTTP."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from drawings import Drawing
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from http_calls import FILE, component_id, upload_file
from repository import ROOT
from running_app import Server

pytestmark = pytest.mark.slow

ENDPOINTS = ("/predict", "/recognize")  # for one picture, with top_k
OTHERS = ("/read_number", "/predict_batch", "/explain", "/submit_correction")
EXAMPLE = Path(__file__).parents[1] / "examples" / "number.jpg"
NO_PICTURES = {
    "empty.png": b"",
    "text.txt": b"seven",
    "text.png": b"seven",
    "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
    "truncated.png": None,
}


@pytest.fixture(scope="module")
def client(server: Server) -> Client:
    return Client(server.url, verbose=False)


@pytest.fixture(scope="module")
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{server.url}/gradio_api", timeout=30) as session:
        yield session


@pytest.fixture(scope="module")
def files(drawings: list[Drawing], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pictures")
    paths = {drawing.label: folder / f"{drawing.label}.png" for drawing in drawings}
    for drawing in drawings:
        paths[drawing.label].write_bytes(drawing.png())
    for name, content in NO_PICTURES.items():
        paths[name] = folder / name
        paths[name].write_bytes(drawings[0].png()[:150] if content is None else content)
    return paths


def is_one_sentence(text: str) -> bool:
    return text.endswith(".") and "\n" not in text and "Error" not in text and len(text) < 300


# ---- through gradio_client


def test_six_endpoints_are_public(client: Client) -> None:
    api: Any = client.view_api(return_format="dict", print_info=False)
    assert sorted(api["named_endpoints"]) == sorted([*ENDPOINTS, *OTHERS])
    assert api["unnamed_endpoints"] == {}
    # The optional parameters, and their defaults.
    defaults = {
        "/predict": {"top_k": 3},
        "/recognize": {"top_k": 3},
        "/read_number": {},
        "/predict_batch": {"top_k": 3},
        "/explain": {"label": None, "toward": None},
        "/submit_correction": {"consent": False},
    }
    needed = {"/predict_batch": ["images"], "/submit_correction": ["image", "label"]}
    for name, endpoint in api["named_endpoints"].items():
        parameters = endpoint["parameters"]
        assert {
            parameter["parameter_name"]: parameter["parameter_default"]
            for parameter in parameters
            if parameter["parameter_has_default"]
        } == defaults[name]
        assert [
            parameter["parameter_name"]
            for parameter in parameters
            if not parameter["parameter_has_default"]
        ] == needed.get(name, ["image"])
        assert "digit" in endpoint["description"]


def test_the_code_that_the_page_offers_works_as_it_is_copied(
    server: Server, tmp_path: Path
) -> None:
    info = httpx.get(f"{server.url}/gradio_api/info", trust_env=False).json()
    snippets = {name: each["code_snippets"] for name, each in info["named_endpoints"].items()}
    assert sorted(snippets) == sorted([*ENDPOINTS, *OTHERS])
    for each in snippets.values():
        # A picture from this server, which a browser or Node gets before it sends it.
        address = re.search(r'fetch\("([^"]+)"\)', each["javascript"])
        assert address is not None
        assert httpx.get(address[1], trust_env=False).headers["content-type"] == "image/jpeg"
        assert not re.search(r"https://|bus\.png|sample_file", "".join(each.values()))

    def run(*command: str) -> str:
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
        )
        return done.stdout

    assert "'label': '7'" in run(sys.executable, "-c", snippets["/predict"]["python"])
    for endpoint, answer in (("/predict", '"label":"7"'), ("/read_number", '"text":"3450"')):
        assert answer in run("sh", "-c", snippets[endpoint]["bash"])
    assert '"label":"7"' in run("sh", "-c", snippets["/predict_batch"]["bash"])


def test_predict(client: Client, files: dict[str, Path]) -> None:
    answer = client.predict(image=handle_file(files["7"]), api_name="/predict")
    assert set(answer) == {"label", "confidences"}
    assert answer["label"] == "7"
    assert len(answer["confidences"]) == 3
    assert all(set(row) == {"label", "confidence"} for row in answer["confidences"])
    values = [row["confidence"] for row in answer["confidences"]]
    assert answer["confidences"][0]["label"] == "7"
    assert values == sorted(values, reverse=True)
    assert 0 < sum(values) <= 1 + 1e-6


def test_recognize(client: Client, files: dict[str, Path]) -> None:
    answer = client.predict(handle_file(files["4"]), 2, api_name="/recognize")
    assert set(answer) == {
        *("label", "verdict", "number", "confidence", "digit_score"),
        *("confidences", "model", "milliseconds"),
    }
    assert (answer["label"], answer["verdict"], answer["number"]) == ("4", "digit", None)
    assert next(row["label"] for row in answer["confidences"]) == "4"
    assert len(answer["confidences"]) == 2
    assert answer["confidence"] == answer["confidences"][0]["confidence"]
    assert 0 <= answer["digit_score"] <= 1
    assert answer["milliseconds"] > 0
    assert set(answer["model"]) == {"id", "revision", "sha256"}
    assert len(answer["model"]["sha256"]) == 64


def test_read_number(client: Client, files: dict[str, Path]) -> None:
    number = client.predict(handle_file(EXAMPLE), api_name="/read_number")
    assert set(number) == {"text", "confidence", "digits", "milliseconds"}
    assert number["text"] == "3450"
    assert 0.5 < number["confidence"] < 1
    assert [digit["label"] for digit in number["digits"]] == list("3450")
    for digit in number["digits"]:
        assert set(digit) == {"label", "confidence", "verdict", "box"}
        left, top, right, bottom = digit["box"]
        assert 0 < left < right < 640
        assert 0 < top < bottom < 640
    alone = client.predict(handle_file(files["7"]), api_name="/read_number")
    assert alone["text"] == "7"
    (digit,) = alone["digits"]
    assert (digit["label"], digit["verdict"]) == ("7", "digit")


def test_a_picture_of_several_digits_is_told_and_they_are_named(client: Client) -> None:
    answer = client.predict(handle_file(EXAMPLE), api_name="/predict")
    assert answer["label"] == "several digits"
    assert len(answer["confidences"]) == 3
    answer = client.predict(handle_file(EXAMPLE), api_name="/recognize")
    assert (answer["label"], answer["verdict"], answer["number"]) == (None, "several", "3450")
    (row,) = client.predict([handle_file(EXAMPLE)], api_name="/predict_batch")
    assert (row["verdict"], row["number"]) == ("several", "3450")


def test_a_blank_picture_has_its_own_label(client: Client, tmp_path: Path) -> None:
    from PIL import Image

    path = tmp_path / "blank.png"
    Image.new("RGB", (60, 60), "white").save(path)
    answer = client.predict(handle_file(path), api_name="/predict")
    assert answer["label"] == "blank"
    assert len(answer["confidences"]) == 3
    answer = client.predict(handle_file(path), api_name="/recognize")
    assert (answer["label"], answer["verdict"], answer["digit_score"]) == (None, "blank", 0)


@pytest.mark.parametrize(
    ("top_k", "endpoint"),
    [
        *((top_k, "/predict") for top_k in (0, 11, -1, 2.5, "x", "3", True, [3], 500 * "9")),
        *((top_k, "/recognize") for top_k in (11, "x")),
    ],
)
def test_a_top_k_out_of_range_gets_a_sentence(
    client: Client, files: dict[str, Path], endpoint: str, top_k: Any
) -> None:
    with pytest.raises(AppError, match="top_k must be a whole number from 1 to 10") as caught:
        client.predict(handle_file(files["1"]), top_k, api_name=endpoint)
    assert is_one_sentence(str(caught.value))


@pytest.mark.parametrize("top_k", [1, 10, 3.0])
def test_top_k_limits_the_confidences(client: Client, files: dict[str, Path], top_k: Any) -> None:
    answer = client.predict(handle_file(files["1"]), top_k, api_name="/predict")
    assert len(answer["confidences"]) == top_k


@pytest.mark.parametrize(
    ("name", "endpoint"),
    [*((name, "/predict") for name in NO_PICTURES), ("text.png", "/recognize")],
)
def test_a_file_that_is_no_picture_gets_a_sentence_and_the_next_request_an_answer(
    client: Client, files: dict[str, Path], endpoint: str, name: str
) -> None:
    with pytest.raises(AppError) as caught:
        client.predict(handle_file(files[name]), api_name=endpoint)
    assert is_one_sentence(str(caught.value))
    assert client.predict(handle_file(files["5"]), api_name=endpoint)["label"] == "5"


@pytest.mark.parametrize("value", [None, "seven.png", 7, [], {}])
def test_a_missing_picture_gets_a_sentence(client: Client, value: Any) -> None:
    with pytest.raises(AppError) as caught:
        client.predict(value, api_name="/predict")
    assert is_one_sentence(str(caught.value))


def test_predict_batch(client: Client, files: dict[str, Path]) -> None:
    names = ["3", "text.png", "0", "empty.png", "9"]
    answers = client.predict(
        [handle_file(files[name]) for name in names], 2, api_name="/predict_batch"
    )
    assert [answer.get("label") for answer in answers] == ["3", None, "0", None, "9"]
    for place in (1, 3):
        assert set(answers[place]) == {"error"}
        assert is_one_sentence(answers[place]["error"])
    alone = client.predict(handle_file(files["3"]), 2, api_name="/recognize")
    alone = {key: alone[key] for key in alone if key not in ("model", "milliseconds")}
    assert set(answers[0]) == set(alone)
    assert answers[0]["verdict"] == alone["verdict"]
    assert answers[0]["confidence"] == pytest.approx(alone["confidence"], rel=1e-4)
    assert client.predict([], api_name="/predict_batch") == []


def test_more_files_than_one_batch_of_the_network(client: Client, files: dict[str, Path]) -> None:
    order = [str(number % 10) for number in range(35)]
    answers = client.predict(
        [handle_file(files[digit]) for digit in order], 1, api_name="/predict_batch"
    )
    assert [answer["label"] for answer in answers] == order


@pytest.mark.parametrize("value", ["seven.png", 7, {}, [None], ["seven.png"], [["x"]]])
def test_anything_but_a_list_of_files_gets_a_sentence(client: Client, value: Any) -> None:
    with pytest.raises(AppError) as caught:
        client.predict(value, api_name="/predict_batch")
    assert is_one_sentence(str(caught.value))


def test_explain(client: Client, files: dict[str, Path]) -> None:
    from PIL import Image

    pictures = {}
    for label in (None, "7", "1"):
        path = client.predict(handle_file(files["7"]), label, api_name="/explain")
        with Image.open(path) as picture:
            assert picture.format == "PNG"
            assert picture.width == picture.height >= 28
            pictures[label] = picture.convert("RGB").tobytes()
    assert pictures[None] == pictures["7"] != pictures["1"]
    for label in ("10", "seven", "not a digit"):
        with pytest.raises(AppError) as caught:
            client.predict(handle_file(files["7"]), label, api_name="/explain")
        assert is_one_sentence(str(caught.value))


def test_explain_toward_another_digit(client: Client, files: dict[str, Path]) -> None:
    import numpy as np
    from PIL import Image

    from digit_model.explanation import FOR

    path = client.predict(handle_file(files["3"]), toward="8", api_name="/explain")
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    assert ((pixels[..., 2] - pixels[..., 0]) > 0.5 * (FOR[2] - FOR[0])).sum() > 200  # blue
    for name, label, toward, sentence in (
        ("3", None, "3", "It is read as 3 already."),
        ("0", None, "1", "No small change would make it a 1."),
        ("3", "3", "8", "Ask about a label or toward another digit, not both."),
        ("3", None, "eight", 'A label is one of "0" to "9", not \'eight\'.'),
    ):
        with pytest.raises(AppError) as caught:
            client.predict(handle_file(files[name]), label, toward, api_name="/explain")
        assert str(caught.value) == sentence


def test_submit_correction(client: Client, server: Server, files: dict[str, Path]) -> None:
    folder = server.log.parent / "corrections"

    def kept() -> int:
        return len(list(folder.glob("**/*.png")))

    before = kept()
    picture = handle_file(files["2"])
    for arguments in (
        (picture, "2"),  # no consent
        (picture, "2", False),
        (picture, "2", "yes"),
        (picture, "two", True),
        (picture, "", True),
        (handle_file(files["text.png"]), "2", True),
    ):
        with pytest.raises(AppError) as caught:
            client.predict(*arguments, api_name="/submit_correction")
        assert is_one_sentence(str(caught.value))
    assert kept() == before
    for label in ("2", "not a digit"):
        receipt = client.predict(picture, label, True, api_name="/submit_correction")
        assert receipt["label"] == label
        assert (folder / receipt["stored"]).is_file()
    assert kept() == before + 2


# ---- through plain HTTP


def post(http: httpx.Client, name: str, *data: Any) -> tuple[int, Any]:
    response = http.post(f"/run/{name}", json={"data": data})
    return response.status_code, response.json()


def test_upload_and_call(http: httpx.Client, files: dict[str, Path]) -> None:
    picture = upload_file(http, files["8"].read_bytes())
    status, body = post(http, "predict", picture, 3)
    assert status == 200
    assert body["data"][0]["label"] == "8"
    event = http.post("/call/predict", json={"data": [picture, 1]}).json()["event_id"]
    stream = http.get(f"/call/predict/{event}").text
    assert "event: complete" in stream
    assert '"label": "8"' in stream


def test_twenty_callers_get_their_own_answers(http: httpx.Client, files: dict[str, Path]) -> None:
    def call(number: int) -> tuple[str, str]:
        digit = str(number % 10)
        _, body = post(http, "predict", upload_file(http, files[digit].read_bytes()), 3)
        return digit, body["data"][0]["label"]

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(call, range(20)))
    assert all(expected == label for expected, label in answers)


def test_arguments_that_have_defaults_may_be_left_out(
    http: httpx.Client, files: dict[str, Path]
) -> None:
    picture = upload_file(http, files["8"].read_bytes())
    assert post(http, "predict", picture)[1]["data"] == post(http, "predict", picture, 3)[1]["data"]
    for arguments in ([picture], [picture, "8"]):
        assert post(http, "explain", *arguments)[0] == 200
    event = http.post("/call/predict", json={"data": [picture]}).json()["event_id"]
    assert '"label": "8"' in http.get(f"/call/predict/{event}").text
    status, body = post(http, "predict")
    assert (status, body["error"]) == (422, "The call has 0 arguments, which are too few.")
    status, body = post(http, "submit_correction", picture, "8")
    assert (status, body["error"]) == (422, "Nothing was kept: it takes the sender's consent.")


def test_nothing_on_the_server_can_be_read(http: httpx.Client, files: dict[str, Path]) -> None:
    inside = str(files["8"])  # a picture on the server that nobody has uploaded
    uploaded = upload_file(http, files["8"].read_bytes())["path"]
    for value in (
        {"path": inside},
        {"path": inside, "meta": FILE},
        {"path": inside, "meta": FILE, "is_stream": True},
        {"path": inside, "meta": FILE, "url": "/gradio_api/file=" + inside},
        {"path": f"{uploaded}/../../../../../..{inside}", "meta": FILE},
        {"path": None, "url": inside, "meta": FILE},
    ):
        for endpoint, sent in (("predict", value), ("predict_batch", [value])):
            status, body = post(http, endpoint, sent, 3)
            assert status == 422, (endpoint, value)
            assert "data" not in body
    for path in ("/etc/passwd", inside, ROOT / "app.py", ROOT / "weights" / "model.safetensors"):
        assert http.get(f"/file={path}").status_code in (403, 404)


def test_nothing_is_fetched_for_a_caller(http: httpx.Client, server: Server) -> None:
    for address in (f"{server.url}/config", "http://example.com/7.png", "https://localhost/"):
        for value in ({"path": address, "meta": FILE}, {"path": address, "url": address}):
            for endpoint, sent in (("predict", value), ("predict_batch", [value])):
                status, body = post(http, endpoint, sent, 3)
                assert status == 422
                assert is_one_sentence(body["error"])


def test_nothing_is_fetched_whichever_argument_has_an_address(
    http: httpx.Client, server: Server, files: dict[str, Path]
) -> None:
    picture = upload_file(http, files["8"].read_bytes())
    address = {"path": f"{server.url}/config", "meta": FILE}
    log = server.log.read_text()
    for call in ("/run/predict", "/call/predict", "/queue/join"):
        body = {"data": [picture, address], "fn_index": 0, "session_hash": "an address"}
        answer = http.post(call, json=body)
        assert answer.status_code == 422, call
        assert answer.json()["error"] == "Send the file itself, not its address."
    for name, arguments in (
        ("explain", {"image": picture, "label": address}),
        ("submit_correction", {"image": picture, "label": "8", "consent": [address]}),
    ):
        assert http.post(f"/call/v2/{name}", json=arguments).status_code == 422
    assert "Traceback" not in server.log.read_text().removeprefix(log)


def test_the_pad_answers_junk_with_a_sentence(http: httpx.Client, server: Server) -> None:
    pad = component_id(server.url, "pad")
    png = "data:image/png;base64,"
    for junk in (None, 7, "", f"{png}@", f"{png}é", "data:text/html;base64,aGk=", {"a": 1}):
        body = {"data": junk, "component_id": pad, "fn_name": "recognize", "session_hash": "x"}
        response = http.post("/component_server/", json=body)
        assert response.status_code == 200
        assert is_one_sentence(response.json()["error"])


def test_the_card_answers_junk_with_a_sentence(http: httpx.Client, server: Server) -> None:
    card = component_id(server.url, "card")
    for function in ("explain", "change", "correct"):
        picture = {"picture": "data:image/png;base64,aGk="}  # not an image file
        questions: list[Any] = [None, 7, [], {}, {"picture": 7}, picture]
        for junk in questions:
            body = {"data": junk, "component_id": card, "fn_name": function, "session_hash": "x"}
            response = http.post("/component_server/", json=body)
            assert response.status_code == 200, junk
            assert is_one_sentence(response.json()["error"])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"\xff{", 400),
        (b"[" * 100_000, 400),
        (b"[]", 400),
        (b"{}", 400),
        (b'{"component_id": [], "fn_name": "recognize", "data": ""}', 400),
        (b'{"component_id": -1, "fn_name": "recognize", "data": ""}', 400),
        (b'{"component_id": PAD, "fn_name": null, "data": ""}', 400),
        (b'{"component_id": PAD, "fn_name": "__init__", "data": ""}', 404),
        (b'{"component_id": PAD, "fn_name": "preprocess", "data": ""}', 404),
    ],
)
def test_a_call_of_no_function_of_the_page_is_refused(
    http: httpx.Client, server: Server, body: bytes, status: int
) -> None:
    pad = component_id(server.url, "pad")
    body = body.replace(b"PAD", str(pad).encode())
    for path in ("/component_server/", "/component_server"):
        response = http.post(path, content=body)
        assert response.status_code == status
        assert is_one_sentence(response.json()["error"])


def test_pages_for_operators_are_off(http: httpx.Client, server: Server) -> None:
    for page in ("/monitoring", "/monitoring/summary", "/gradio_api/runs"):
        assert httpx.get(server.url + page).status_code in (403, 404)
