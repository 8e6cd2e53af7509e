"""The questions, asked here of functions that are called in a student's process."""

from __future__ import annotations

import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any

from nflib.course.check import engine
from nflib.course.check.call import Function, Outcome, Watch, as_plain
from tools.grading import pipe
from tools.grading.messages import clean, fill
from tools.grading.notebook import names_of

TOLD = 2000  # letters of a text: a student's own words may be in it
SLACK = 10  # seconds for a process that ends a call by itself


class Remote(Function):
    """A function of a student's process."""

    def __init__(self, channel: Connection, place: int, told: Sequence, until: float) -> None:
        self.channel, self.place, self.until = channel, place, until
        self.kind, self.accepted, self.plain = str(told[0])[:80], bool(told[1]), as_plain(told[2])

    def accepts(self, count: int) -> bool:
        """What the process said of the number of arguments that was asked for."""
        return self.accepted

    def __call__(self, arguments: Sequence, watch: Watch | None = None) -> Outcome:
        left = max(1.0, self.until - time.monotonic())
        call = {"place": self.place, "arguments": arguments, "watch": watch, "seconds": left}
        pipe.send_request(self.channel, **call)
        return pipe.receive_outcome(self.channel, left + SLACK)


def ask(channel: Connection, key: str, seconds: float) -> dict[str, Any]:
    """The verdict on one question, as JSON."""
    result = _ask(channel, key, seconds, then=False)
    if result["verdict"] not in ("pass", "missing"):
        before = _ask(channel, key, seconds, then=True)
        result = before if before["verdict"] == "pass" else result
    return result


def without(step: str, **values: Any) -> dict[str, Any]:
    """The verdict where there is no answer to judge: a key of `steps` in messages.toml."""
    verdict = "missing" if step == "missing" else "error"
    return {"verdict": verdict, "step": step, "message": fill("steps", step, **values)}


def _ask(channel: Connection, key: str, seconds: float, then: bool) -> dict[str, Any]:
    signatures = engine.question(key).signatures
    names, counts = [s.name for s in signatures], [len(s.arguments) for s in signatures]
    shared = any(names_of(key[:3]).count(name) > 1 for name in names)
    asked = {"key": key, "names": names, "counts": counts, "shared": shared, "then": then}
    pipe.send_request(channel, **asked)
    told = pipe.receive_json(channel, SLACK)
    try:
        missing = ", ".join(str(name) for name in told["missing"])[:300]
        until = time.monotonic() + seconds
        functions = [Remote(channel, n, each, until) for n, each in enumerate(told["functions"])]
    except (KeyError, IndexError, TypeError) as error:
        raise pipe.Broken("answers") from error
    if not functions:
        return without("missing", what=missing)
    result = engine.evaluate(key, *functions)
    parts = [(name, getattr(result, name)) for name in ("title", "message", "hint", "line")]
    texts = {name: [clean(text[:TOLD], "\n\t") for text in pair] for name, pair in parts}
    words = {name: getattr(result, name) for name in ("verdict", "step", "progress")}
    plain = {name: clean(str(f.plain), "\n\t") for name, f in zip(names, functions, strict=False)}
    if result.verdict == "paper":
        words["given"] = plain[names[0]].strip()
    if "student" in plain:
        words["student"] = plain["student"][:TOLD]
    return words | texts
