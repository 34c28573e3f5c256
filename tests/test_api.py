"""The API, through gradio_client and through plain HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import ROOT, Drawing, Server
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

ENDPOINTS = ("/predict", "/recognize")
FILE = {"_type": "gradio.FileData"}
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
    return text.endswith(".") and "\n" not in text and "Error" not in text


# ---- through gradio_client


def test_only_two_endpoints_are_public(client: Client) -> None:
    api: Any = client.view_api(return_format="dict", print_info=False)
    assert sorted(api["named_endpoints"]) == sorted(ENDPOINTS)
    assert api["unnamed_endpoints"] == {}
    for endpoint in api["named_endpoints"].values():
        image, top_k = endpoint["parameters"]
        assert image["parameter_name"] == "image"
        assert not image["parameter_has_default"]
        assert top_k["parameter_name"] == "top_k"
        assert top_k["parameter_default"] == 3
        assert "digit" in endpoint["description"]


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
        *("label", "verdict", "confidence", "digit_score"),
        *("confidences", "model", "milliseconds"),
    }
    assert (answer["label"], answer["verdict"]) == ("4", "digit")
    assert next(row["label"] for row in answer["confidences"]) == "4"
    assert len(answer["confidences"]) == 2
    assert answer["confidence"] == answer["confidences"][0]["confidence"]
    assert 0 <= answer["digit_score"] <= 1
    assert answer["milliseconds"] > 0
    assert set(answer["model"]) == {"id", "revision", "sha256"}
    assert len(answer["model"]["sha256"]) == 64


def test_a_blank_picture_has_a_label_of_its_own(client: Client, tmp_path: Path) -> None:
    from PIL import Image

    path = tmp_path / "blank.png"
    Image.new("RGB", (60, 60), "white").save(path)
    answer = client.predict(handle_file(path), api_name="/predict")
    assert answer["label"] == "blank"
    assert len(answer["confidences"]) == 3
    answer = client.predict(handle_file(path), api_name="/recognize")
    assert (answer["label"], answer["verdict"], answer["digit_score"]) == (None, "blank", 0)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("top_k", [0, 11, -1, 2.5, "x", "3", True, [3]])
def test_a_top_k_out_of_range_gets_a_sentence(
    client: Client, files: dict[str, Path], endpoint: str, top_k: Any
) -> None:
    with pytest.raises(AppError, match="top_k must be a whole number from 1 to 10") as caught:
        client.predict(handle_file(files["1"]), top_k, api_name=endpoint)
    assert is_one_sentence(str(caught.value))


@pytest.mark.parametrize("top_k", [1, 10, 3.0])
def test_top_k_cuts_the_confidences(client: Client, files: dict[str, Path], top_k: Any) -> None:
    answer = client.predict(handle_file(files["1"]), top_k, api_name="/predict")
    assert len(answer["confidences"]) == top_k


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("name", NO_PICTURES)
def test_what_is_no_picture_gets_a_sentence_and_the_next_request_an_answer(
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


def test_twenty_callers_get_their_own_answers(server: Server, files: dict[str, Path]) -> None:
    def call(number: int) -> tuple[str, str]:
        digit = str(number % 10)
        mine = Client(server.url, verbose=False)
        return digit, mine.predict(handle_file(files[digit]), api_name="/predict")["label"]

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(call, range(20)))
    assert all(expected == label for expected, label in answers)


# ---- through plain HTTP


def post(http: httpx.Client, name: str, *data: Any) -> tuple[int, Any]:
    response = http.post(f"/run/{name}", json={"data": data})
    return response.status_code, response.json()


def send(http: httpx.Client, path: Path) -> str:
    with path.open("rb") as file:
        return http.post("/upload", files={"files": file}).json()[0]


def test_upload_and_call(http: httpx.Client, files: dict[str, Path]) -> None:
    picture = {"path": send(http, files["8"]), "meta": FILE}
    status, body = post(http, "predict", picture, 3)
    assert status == 200
    assert body["data"][0]["label"] == "8"
    event = http.post("/call/predict", json={"data": [picture, 1]}).json()["event_id"]
    stream = http.get(f"/call/predict/{event}").text
    assert "event: complete" in stream
    assert '"label": "8"' in stream


def test_nothing_on_the_server_can_be_read(http: httpx.Client, files: dict[str, Path]) -> None:
    inside = str(files["8"])  # a picture beside the server that nobody has uploaded
    uploaded = send(http, files["8"])
    for value in (
        {"path": inside},
        {"path": inside, "meta": FILE},
        {"path": inside, "meta": FILE, "is_stream": True},
        {"path": inside, "meta": FILE, "url": "/gradio_api/file=" + inside},
        {"path": f"{uploaded}/../../../../../..{inside}", "meta": FILE},
        {"path": None, "url": inside, "meta": FILE},
    ):
        status, body = post(http, "predict", value, 3)
        assert status == 500, value
        assert "data" not in body
    for path in ("/etc/passwd", inside, ROOT / "app.py", ROOT / "weights" / "model.safetensors"):
        assert http.get(f"/file={path}").status_code in (403, 404)


def test_nothing_is_fetched_for_a_caller(http: httpx.Client, server: Server) -> None:
    for address in (f"{server.url}/config", "http://example.com/7.png", "https://localhost/"):
        for value in ({"path": address, "meta": FILE}, {"path": address, "url": address}):
            status, body = post(http, "predict", value, 3)
            assert status == 500
            assert is_one_sentence(body["error"])


def test_the_pad_answers_junk_with_a_sentence(http: httpx.Client, server: Server) -> None:
    config = httpx.get(f"{server.url}/config").json()
    pad = next(c["id"] for c in config["components"] if "canvas" in str(c["props"]))
    for junk in (None, 7, "", "data:image/png;base64,@", "data:text/html;base64,aGk=", {"a": 1}):
        body = {"data": junk, "component_id": pad, "fn_name": "recognize", "session_hash": "x"}
        response = http.post("/component_server/", json=body)
        assert response.status_code == 200
        assert is_one_sentence(response.json()["error"])


def test_pages_for_operators_are_off(http: httpx.Client, server: Server) -> None:
    for page in ("/monitoring", "/monitoring/summary", "/gradio_api/runs"):
        assert httpx.get(server.url + page).status_code in (403, 404)
