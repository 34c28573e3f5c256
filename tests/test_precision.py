"""Training multiplies bfloat16 only where the processor does."""

from types import MappingProxyType

import pytest
import torch

from digit_model.training.precision import autocast


@pytest.mark.parametrize(
    ("capabilities", "dtype"),
    [
        ({"architecture": "x86_64", "avx512_f": True, "avx512_bf16": False}, torch.float32),
        ({"architecture": "x86_64", "avx512_f": True, "avx512_bf16": True}, torch.bfloat16),
        ({"architecture": "arm64", "neon": True}, torch.float32),
        ({"architecture": "arm64", "neon": True, "bf16": True}, torch.bfloat16),
    ],
)
def test_bfloat16_only_where_it_is_multiplied(
    monkeypatch: pytest.MonkeyPatch, capabilities: dict[str, object], dtype: torch.dtype
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: MappingProxyType(capabilities))
    layer = torch.nn.Linear(3, 2)
    with autocast(torch.device("cpu")):
        assert layer(torch.rand(1, 3)).dtype == dtype
