"""Uma só regra para escolher onde treinar."""

import os

import torch

from course_lib.errors import DeviceError


def resolve_device(device: str | torch.device = "auto") -> torch.device:
    """Onde treinar: o argumento, senão a variável COURSE_DEVICE, senão a melhor opção da máquina (cuda, mps, cpu).

    Args:
        device: "auto", "cpu", "cuda", "cuda:1", "mps" ou um `torch.device`.

    Raises:
        DeviceError: se o nome não existe ou o dispositivo não está disponível nesta máquina.
    """
    origin = "o argumento device"
    if device in (None, "auto"):
        origin, device = "a variável de ambiente COURSE_DEVICE", os.environ.get("COURSE_DEVICE") or "auto"
    if device == "auto":
        return torch.device(
            "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
        )
    try:
        chosen = torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise DeviceError(f"{origin} pede {device!r}, que não existe. Use 'auto', 'cpu', 'cuda' ou 'mps'.") from error
    if not _available(chosen):
        raise DeviceError(
            f"{origin} pede {device!r}, que esta máquina não oferece. "
            "Use 'auto' ou 'cpu'; para GPU da NVIDIA, instale a versão de torch com CUDA e confira o driver."
        )
    return chosen


def _available(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_available() and (device.index or 0) < torch.cuda.device_count()
    if device.type == "mps":
        return torch.backends.mps.is_available()
    return device.type == "cpu"
