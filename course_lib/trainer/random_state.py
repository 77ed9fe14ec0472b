"""O estado de todos os sorteios de um treinamento, para que retomar seja continuar a mesma sequência."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


def capture_random_state(loaders: list) -> dict:
    """Fotografia dos geradores de Python, numpy, torch (CPU e CUDA) e dos loaders; só tensores e tipos simples."""
    version, words, gauss = random.getstate()
    name, keys, position, has_gauss, cached = np.random.get_state()
    return {
        "python": (version, torch.tensor(words, dtype=torch.int64), gauss),
        "numpy": (name, torch.from_numpy(keys.astype(np.int64)), position, has_gauss, cached),
        "torch": torch.get_rng_state(),
        # Perguntar a uma GPU que ninguém usou a iniciaria: centenas de MB e um fork que deixa de funcionar.
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else [],
        "loaders": [generator.get_state() for generator in _generators(loaders)],
    }


def restore_random_state(state: dict, loaders: list) -> None:
    """Põe de volta o que `capture_random_state` fotografou."""
    version, words, gauss = state["python"]
    random.setstate((version, tuple(words.tolist()), gauss))
    name, keys, position, has_gauss, cached = state["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), position, has_gauss, cached))
    torch.set_rng_state(state["torch"])
    if torch.cuda.is_available() and len(state["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(state["cuda"])
    for generator, saved in zip(_generators(loaders), state["loaders"], strict=False):
        generator.set_state(saved)


@contextmanager
def undisturbed_draws(loaders: list) -> Iterator[None]:
    """O que se sorteia aqui dentro não conta: ao fim, todos os geradores estão como antes."""
    before = capture_random_state(loaders)
    try:
        yield
    finally:
        restore_random_state(before, loaders)


def _generators(loaders: list) -> list[torch.Generator]:
    """Os geradores próprios dos loaders e do que sorteia dentro deles, cada um uma vez."""
    found: dict[int, torch.Generator] = {}
    for owner in (owner for loader in loaders for owner in _owners(loader)):
        generator = getattr(owner, "generator", None)
        if generator is not None:
            found[id(generator)] = generator
    return list(found.values())


def _owners(loader) -> Iterator:
    """O loader, seu sampler e seu batch_sampler, que pode ter um sampler também."""
    yield loader
    for inside in (getattr(loader, "sampler", None), getattr(loader, "batch_sampler", None)):
        if inside is not None:
            yield from _owners(inside)
