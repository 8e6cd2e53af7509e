"""Messages between the grader and a student's process, over a pair of sockets.

Each is its length in eight bytes and then its content. What goes in is pickled: the grader's arguments,
functions among them by their code, because the modules of the checks are not there. What comes out is JSON
with the bytes of a tensor: whoever wrote it can say what is not so, but can make nothing run.
"""

from __future__ import annotations

import contextlib
import json
import math
import pickle
import socket
import struct
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from nflib.course.check.call import Outcome, Raised

TIMED_OUT = 75  # exit status of a student's process that does not end what takes too long
LIMIT = 64 * 2**20  # bytes of one message from a student's process
DTYPES = {str(torch.empty(0, dtype=dtype).numpy().dtype): dtype for dtype in (
    torch.float64, torch.float32, torch.float16, torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32,
    torch.int64,
)}  # fmt: skip


class Broken(BaseException):
    """The other side is gone, or what it wrote is no message: one of `causes` in messages.toml.

    Not an Exception, because no check should take it for an error of its own.
    """


def send(channel: socket.socket, *parts: bytes) -> None:
    """Write one message."""
    data = b"".join(parts)
    with _told():
        channel.sendall(struct.pack(">Q", len(data)) + data)


def receive(channel: socket.socket, limit: int = sys.maxsize) -> bytes:
    """Read one message, of at most ``limit`` bytes."""
    (size,) = struct.unpack(">Q", _read(channel, 8))
    if size > limit:
        raise Broken("answers")
    return _read(channel, size)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise Broken("time") from error
    except OSError as error:
        raise Broken("exit") from error


def _read(channel: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        with _told():
            part = channel.recv(min(size - len(data), 2**20))
        if not part:
            raise Broken("exit")
        data += part
    return bytes(data)


def send_request(channel: socket.socket, **request: Any) -> None:
    """Ask for something; functions and objects of the checks' modules travel by their code."""
    import cloudpickle

    for name, module in list(sys.modules.items()):
        if name.startswith("nflib.course.check."):
            cloudpickle.register_pickle_by_value(module)
    send(channel, cloudpickle.dumps(request))


def receive_request(channel: socket.socket) -> dict[str, Any]:
    """Read what the grader asks for; its pickles are trusted."""
    return pickle.loads(receive(channel))


def send_json(channel: socket.socket, message: Any) -> None:
    """Tell the grader something."""
    send(channel, json.dumps(message).encode())


def receive_json(channel: socket.socket) -> Any:
    """Read what a student's process told."""
    try:
        return json.loads(receive(channel, LIMIT))
    except (ValueError, RecursionError) as error:
        raise Broken("answers") from error


def send_outcome(channel: socket.socket, outcome: Outcome) -> None:
    """Tell what came of a call."""
    raised = None if outcome.raised is None else vars(outcome.raised)
    head: dict[str, Any] = {"kind": outcome.kind, "seen": outcome.seen, "raised": raised}
    values = b""
    if outcome.value is not None:
        value = outcome.value
        value = value.float() if value.dtype == torch.bfloat16 else value
        head |= {"dtype": str(value.numpy().dtype), "shape": list(value.shape)}
        values = value.numpy().tobytes()
    send(channel, json.dumps(head).encode(), b"\n", values)


def receive_outcome(channel: socket.socket) -> Outcome:
    """Read what came of a call, and refuse whatever is not of the form that it should have."""
    head, _, values = receive(channel, LIMIT).partition(b"\n")
    try:
        told = json.loads(head)
        seen, kind, raised, value = int(told["seen"]), str(told["kind"])[:80], None, None
        if told["raised"] is not None:
            parts = {name: str(told["raised"][name])[:200] for name in ("error", "name", "code")}
            types = [str(name)[:80] for name in told["raised"]["types"][:20]]
            raised = Raised(types=types, line=int(told["raised"]["line"]), **parts)
        elif "dtype" in told:
            dtype, shape = DTYPES[told["dtype"]], [int(n) for n in told["shape"]]
            if math.prod(shape) * dtype.itemsize != len(values) or min(shape, default=0) < 0:
                raise ValueError("another number of bytes")
            value = torch.from_numpy(np.frombuffer(bytearray(values), told["dtype"]).reshape(shape))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise Broken("answers") from error
    return Outcome(value, kind, raised, seen)
