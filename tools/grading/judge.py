"""The questions, asked here of functions that are called in a student's process."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from typing import Any

from nflib.course.check import engine
from nflib.course.check.call import Function, Outcome, Watch, as_plain
from tools.grading import pipe

SLACK = 10  # seconds for a process that ends a call by itself


class Remote(Function):
    """A function of a student's process."""

    def __init__(self, channel: socket.socket, place: int, told: Sequence, until: float) -> None:
        self.channel, self.place, self.until = channel, place, until
        self.kind, self.accepted, self.plain = str(told[0])[:80], bool(told[1]), as_plain(told[2])

    def accepts(self, count: int) -> bool:
        """What the process said of the number of arguments that was asked for."""
        return self.accepted

    def __call__(self, arguments: Sequence, watch: Watch | None = None) -> Outcome:
        left = max(1.0, self.until - time.monotonic())
        self.channel.settimeout(left + SLACK)
        call = {"place": self.place, "arguments": arguments, "watch": watch, "seconds": left}
        pipe.send_request(self.channel, **call)
        return pipe.receive_outcome(self.channel)


def ask(channel: socket.socket, key: str, seconds: float) -> dict[str, Any]:
    """The verdict on one question, as JSON."""
    result = _ask(channel, key, seconds, then=False)
    if result["verdict"] not in ("pass", "missing"):
        before = _ask(channel, key, seconds, then=True)
        result = before if before["verdict"] == "pass" else result
    return result


def _ask(channel: socket.socket, key: str, seconds: float, then: bool) -> dict[str, Any]:
    signatures = engine.question(key).signatures
    names, counts = [s.name for s in signatures], [len(s.arguments) for s in signatures]
    others = [other for other in engine.keys() if other[:3] == key[:3] and other != key]
    shared = [s.name for other in others for s in engine.question(other).signatures]
    channel.settimeout(SLACK)
    asked = {"key": key, "names": names, "counts": counts, "shared": shared, "then": then}
    pipe.send_request(channel, **asked)
    told = pipe.receive_json(channel)
    try:
        missing = ", ".join(str(name) for name in told["missing"])[:300]
        until = time.monotonic() + seconds
        functions = [Remote(channel, n, each, until) for n, each in enumerate(told["functions"])]
    except (KeyError, IndexError, TypeError) as error:
        raise pipe.Broken("answers") from error
    if not functions:
        return {"verdict": "missing", "what": missing}
    result = engine.evaluate(key, *functions)
    texts = {name: list(getattr(result, name)) for name in ("title", "message", "hint", "line")}
    words = {name: getattr(result, name) for name in ("verdict", "step", "progress")}
    if result.verdict == "paper":
        words["given"] = str(functions[0].plain)
    return words | texts
