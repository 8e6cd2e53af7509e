"""Messages between the grader and a student's process, over a pair of connections.

What goes in is pickled: the grader's arguments, functions among them by their code, because the modules of the checks
are not there. What comes out is JSON with the bytes of a tensor: whoever wrote it can say what is not so, but can make
nothing run.
"""

from __future__ import annotations

import json
import math
import pickle
import sys
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import torch

from nflib.course.check.call import Outcome, Raised

TIMED_OUT = 75  # exit status of a student's process that does not end what takes too long
LIMIT, WORDS = 64 * 2**20, 2**20  # bytes of a student's message, and of what is JSON in it
DTYPES = {str(torch.empty(0, dtype=dtype).numpy().dtype): dtype for dtype in (
    torch.float64, torch.float32, torch.float16, torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32,
    torch.int64,
)}  # fmt: skip


class Broken(BaseException):
    """The other side is gone, or what it wrote is no message: one of `causes` in messages.toml.

    Not an Exception, because no check should take it for an error of its own.
    """


def receive(channel: Connection, seconds: float | None, limit: int | None) -> bytes:
    """Read one message, of at most ``limit`` bytes, that begins to come within so many seconds."""
    try:
        if not channel.poll(seconds):
            raise Broken("time")
        return channel.recv_bytes(limit)
    except (EOFError, ConnectionError) as error:
        raise Broken("exit") from error
    except OSError as error:  # longer than it may be
        raise Broken("answers") from error


def send(channel: Connection, data: bytes) -> None:
    """Write one message."""
    try:
        channel.send_bytes(data)
    except OSError as error:
        raise Broken("exit") from error


def send_request(channel: Connection, **request: Any) -> None:
    """Ask for something; functions and objects of the checks' modules travel by their code."""
    import cloudpickle

    for name, module in list(sys.modules.items()):
        if name.startswith("nflib.course.check."):
            cloudpickle.register_pickle_by_value(module)
    send(channel, cloudpickle.dumps(request))


def receive_request(channel: Connection) -> dict[str, Any]:
    """Read what the grader asks for; its pickles are trusted."""
    return pickle.loads(receive(channel, None, None))


def send_json(channel: Connection, message: Any) -> None:
    """Tell the grader something."""
    send(channel, json.dumps(message).encode())


def receive_json(channel: Connection, seconds: float) -> Any:
    """Read what a student's process told."""
    try:
        return json.loads(receive(channel, seconds, WORDS))
    except (ValueError, RecursionError) as error:
        raise Broken("answers") from error


def send_outcome(channel: Connection, outcome: Outcome) -> None:
    """Tell what came of a call."""
    raised = None if outcome.raised is None else vars(outcome.raised)
    head: dict[str, Any] = {"kind": outcome.kind, "seen": outcome.seen, "raised": raised}
    values = b""
    if outcome.value is not None:
        value = outcome.value
        value = value.float() if value.dtype == torch.bfloat16 else value
        head |= {"dtype": str(value.numpy().dtype), "shape": list(value.shape)}
        values = value.numpy().tobytes()
    send(channel, json.dumps(head).encode() + b"\n" + values)


def receive_outcome(channel: Connection, seconds: float) -> Outcome:
    """Read what came of a call, and refuse whatever is not of the form that it should have."""
    head, _, values = receive(channel, seconds, LIMIT).partition(b"\n")
    try:
        told = json.loads(head[:WORDS])
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
