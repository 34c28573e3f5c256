"""Numbers of half the length in training, where they are faster."""

import torch

# As torch.cpu.get_capabilities() names what multiplies bfloat16, on x86 and on ARM.
BFLOAT16_UNITS = ("avx512_bf16", "amx_bf16", "bf16")


def autocast(device: torch.device) -> torch.autocast:
    """bfloat16 for what is multiplied, if the device can; else float32.

    Without such units bfloat16 works, too, but takes many times as long as float32.
    """
    return torch.autocast(device.type, torch.bfloat16, enabled=_multiplies_bfloat16(device))


def _multiplies_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(unit) for unit in BFLOAT16_UNITS)
