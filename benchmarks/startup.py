"""How long `python app.py` takes to its first answer, and how much of that is imports.

    python benchmarks/startup.py --pairs 5 --json startup.json

Importing gradio and torch is measured alternately with the first answer, so that a busy machine
affects both alike. The target: at most one second between their medians.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from statistics import median

import httpx
from benchmark import ROOT, benchmark_parser, write_figures

PICTURE = ROOT / "examples" / "crossed-seven.jpg"
FILE_META = {"_type": "gradio.FileData"}


def import_seconds() -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import gradio, torch"], check=True)
    return time.perf_counter() - start


def answer_seconds() -> float:
    """From the start of the process to the first answer over HTTP."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, str(ROOT / "app.py"), "--port", str(port)]
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=url, timeout=60, trust_env=False) as http:
            wait_for_port(port, process)
            with PICTURE.open("rb") as file:
                path = http.post("/gradio_api/upload", files={"files": file}).json()[0]
            data = [{"path": path, "meta": FILE_META}, 3]
            response = http.post("/gradio_api/run/predict", json={"data": data})
            response.raise_for_status()
        return time.perf_counter() - start
    finally:
        process.terminate()
        process.wait()


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.005)
    raise SystemExit("app.py has ended before it listened.")


def main() -> None:
    parser = benchmark_parser(__doc__)
    parser.add_argument("--pairs", type=int, default=5, help="how often to measure each (5)")
    options = parser.parse_args()
    imports, answers = [], []
    answer_seconds()  # a warm-up, which fills the disk cache and compiles the modules
    for pair in range(1, options.pairs + 1):
        imports.append(import_seconds())
        answers.append(answer_seconds())
        print(f"{pair}: import {imports[-1]:.2f} s, first answer {answers[-1]:.2f} s", flush=True)
    figures = {
        "import_seconds": round(median(imports), 3),
        "first_answer_seconds": round(median(answers), 3),
        "difference_seconds": round(median(answers) - median(imports), 3),
        "pairs": options.pairs,
    }
    print("\n".join(f"{name}: {value}" for name, value in figures.items()))
    write_figures(figures, options.json)


if __name__ == "__main__":
    main()
