"""Import Gradio in half the time."""

from __future__ import annotations

import importlib.util
import sys


def import_gradio() -> None:
    """Import Gradio, without the .pyi file that it writes beside each component's source.

    For each it parses the source twice, which takes half of the time of the import. Only editors
    read these files; processes that start together write over one another's.
    """
    if "gradio" in sys.modules:
        return
    spec = importlib.util.find_spec("gradio")
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError("No module named 'gradio'", name="gradio")
    # The package defines components when it is imported, so its function has to go before. As in
    # any import, the package is there, empty, while its first modules are imported.
    sys.modules["gradio"] = package = importlib.util.module_from_spec(spec)
    try:
        from gradio import component_meta

        component_meta.create_or_modify_pyi = lambda *_: None
        spec.loader.exec_module(package)
    except BaseException:
        del sys.modules["gradio"]
        raise
