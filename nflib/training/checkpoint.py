"""Checkpoints: files that are never half written, and that hold data, never code.

A write goes to a file beside it, is forced to the disk, and is renamed in one step: a reader
finds the old checkpoint or the new one. A read admits tensors, numbers, strings and containers
of them only (``weights_only=True``), so reading a stranger's file runs no code of its.
"""

import hashlib
import io
import os
import pickle
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from nflib.training.distributed import broadcast, rank


def write(path: str | os.PathLike, state: Any) -> None:
    """Write ``state`` to ``path``, in whole or not at all.

    Args:
        path: the file, in a folder that exists; the next write replaces it. ``path.part``
            beside it is used meanwhile, and may be left by a process that was killed.
        state: tensors, numbers, strings, None, and dicts, lists, tuples of such: what
            ``state_dict()`` of a module, an optimiser or a scheduler gives; else a TypeError.
    """
    buffer = io.BytesIO()
    try:
        torch.save(state, buffer)
        buffer.seek(0)
        torch.load(buffer, map_location="cpu", weights_only=True)
    except (pickle.PickleError, AttributeError) as error:
        expected = "tensors, numbers, strings and containers of them"
        got = f"something else: {str(error).splitlines()[0]}"
        raise TypeError(f"checkpoint.write: state: expected {expected}, got {got}") from error
    part = f"{os.fspath(path)}.part"
    with open(part, "wb") as file:
        file.write(buffer.getbuffer())
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)


def read(path: str | os.PathLike) -> Any:
    """Read the state that ``write`` wrote, its tensors on the CPU; another file is a ValueError."""
    data = Path(path).read_bytes()
    try:
        return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:  # damaged bytes raise errors of many types
        raise ValueError(
            f"checkpoint.read: path: expected a checkpoint in {os.fspath(path)}, got a file that "
            f"cannot be read as one: {str(error).splitlines()[0] if str(error) else 'it is empty'}"
        ) from error


def resume(name: str, path: str | os.PathLike | None, identity: dict[str, Any]) -> Any:
    """Read the state of the run that ``identity`` describes; None if there is no file yet.

    Process 0 reads it for all. A file of another run is refused: ``ValueError``.
    """
    state = read(path) if path is not None and rank() == 0 and os.path.exists(path) else None
    state = broadcast(state)
    found = identity if state is None else state["identity"]
    for key in identity | found:
        if identity.get(key) != found.get(key):
            expected = f"{key} = {identity.get(key)!r}"
            got = f"a file written by a run with {found.get(key)!r}; delete it, or name another"
            raise ValueError(f"{name}: checkpoint: expected {expected}, got {got}")
    return state


def fingerprint(*values: Tensor | nn.Module) -> str:
    """A short text that two runs share only if their data are equal, bit for bit.

    Of a tensor: its dtype, shape and values. Of a module: the names, dtypes and shapes of its
    state, and no values, which training changes.
    """
    sha = hashlib.sha256()
    for value in values:
        named = value.state_dict() if isinstance(value, nn.Module) else {"": value}
        for name, tensor in named.items():
            sha.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
            if not isinstance(value, nn.Module):
                sha.update(bytes(tensor.detach().cpu().contiguous().view(torch.uint8).numpy()))
    return sha.hexdigest()[:16]
