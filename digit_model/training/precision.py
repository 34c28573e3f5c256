"""Where networks are trained that go with one process, and with numbers of which length."""

import torch

# As torch.cpu.get_capabilities() names what multiplies bfloat16, on x86 and on ARM.
BFLOAT16_UNITS = ("avx512_bf16", "amx_bf16", "bf16")


def best_device() -> torch.device:
    """A GPU, if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def multiplied_type(device: torch.device) -> torch.dtype:
    """bfloat16 if the device has units that multiply it; else float32.

    Without them bfloat16 works, too, but takes many times as long as float32.
    """
    if device.type == "cuda":
        is_fast = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        capabilities = torch.cpu.get_capabilities()
        is_fast = any(capabilities.get(unit) for unit in BFLOAT16_UNITS)
    return torch.bfloat16 if is_fast else torch.float32


def autocast(device: torch.device) -> torch.autocast:
    """Networks multiply in the type of :func:`multiplied_type`."""
    is_half = multiplied_type(device) == torch.bfloat16
    return torch.autocast(device.type, torch.bfloat16, enabled=is_half)
