"""Recognition on a Ray cluster of two machines, both here: one is killed under load."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import ROOT, free_port, load_drawings, run_async

# Read when ray is imported, here and in the processes that it starts.
os.environ["RAY_AUTH_MODE"] = "disabled"
os.environ["RAY_DISABLE_IMPORT_WARNING"] = "1"
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])

import ray
from ray import serve
from ray.cluster_utils import Cluster

from digit_model import DigitRecognizer, ImageError
from digit_model.cluster.client import ReplicaClient
from digit_model.cluster.deployment import DRAWINGS, FILES
from digit_model.serving import worker
from digit_model.serving.client import RecognizerClient
from page.server.ray_app import Options, build

pytestmark = pytest.mark.slow

SEVEN = str(ROOT / "examples" / "crossed-seven.jpg")
CALLERS = 8


class Machines:
    """Two of them: the page is on the first, where Ray's head is; replicas are on both."""

    def __init__(self) -> None:
        options: dict[str, Any] = {"object_store_memory": 80_000_000, "num_cpus": 1}
        head = {**options, "include_dashboard": False}
        self.cluster = Cluster(initialize_head=True, head_node_args=head)
        self.second = self.cluster.add_node(**options)
        ray.init(self.cluster.address, log_to_driver=False, logging_level="ERROR")
        port = free_port()
        serve.start(http_options={"host": "127.0.0.1", "port": port}, proxy_location="HeadOnly")
        self.url = f"http://127.0.0.1:{port}"

    def close(self) -> None:
        serve.shutdown()
        ray.shutdown()
        self.cluster.shutdown()
