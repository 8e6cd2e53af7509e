"""One worker watched from outside: its time, its memory, its processes, what it writes."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tools.grading.messages import TEXTS
from tools.grading.sandbox import MB, Limits, Sandbox, missing

CHANNEL_LIMIT = 4 * MB  # of answers
OUTPUT_KEPT = 4096  # bytes of what is printed, for a message when nothing else came
LOOK = 0.2  # seconds between two looks at the processes


@dataclass
class Ended:
    """How a worker ended.

    Attributes:
        lines: what came on the channel of answers.
        output: the end of what was printed.
        cause: ``""`` if it ended by itself, else the limit: ``"time"``, ``"memory"``, ….
        status: its exit status.
        seconds: how long it ran.
        memory: the most that all its processes held at a look, in bytes.
    """

    lines: list[bytes] = field(default_factory=list)
    output: bytes = b""
    cause: str = ""
    status: int = 0
    seconds: float = 0.0
    memory: int = 0


def run(sandbox: Sandbox, job: dict[str, Any], limits: Limits, slot: int = 0) -> Ended:
    """Run a worker to its end, or to its limit; nothing of it is left running."""
    job = job | {"user": sandbox.user(slot), "limits": limits.resources()}
    job |= {"cell_seconds": limits.cell, "question_seconds": limits.question}
    read, write = os.pipe()
    with (
        tempfile.TemporaryDirectory(prefix="grade-") as folder,
        open(read, "rb", buffering=0) as channel,
    ):
        extra = {} if sandbox.safe else {"HOME": folder}
        process = subprocess.Popen(
            sandbox.command(write), cwd=folder, env=sandbox.environment() | extra,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            pass_fds=(write,), start_new_session=True,
        )  # fmt: skip
        os.close(write)
        # A pipe, not a file: what is read from it once, the nonce too, cannot be read again.
        feed = threading.Thread(target=_feed, args=(process, json.dumps(job).encode()), daemon=True)
        feed.start()
        try:
            return _watch(process, channel, limits)
        finally:
            _end(process)


def _feed(process: subprocess.Popen, job: bytes) -> None:
    assert process.stdin is not None
    with contextlib.suppress(OSError), process.stdin:
        process.stdin.write(job)


def _watch(process: subprocess.Popen, channel, limits: Limits) -> Ended:
    ended, answers, start, looked = Ended(), bytearray(), time.monotonic(), 0.0
    assert process.stdout is not None
    with selectors.DefaultSelector() as ready:
        for file in (channel, process.stdout):
            os.set_blocking(file.fileno(), False)
            ready.register(file, selectors.EVENT_READ)
        over = False
        while not (over or ended.cause):
            over = process.poll() is not None  # one more round, for what is still in the pipes
            for key, _ in ready.select(0 if over else LOOK):
                _take(key.fileobj, channel, answers, ended, ready, whole=over)
            now = time.monotonic()
            ended.seconds = now - start
            if len(answers) > CHANNEL_LIMIT:
                ended.cause = "answers"
            elif ended.seconds > limits.seconds:
                ended.cause = "time"
            elif now - looked > LOOK:
                looked = now
                most = int(1.25 * limits.memory * MB)
                count, memory = usage(process.pid, most)
                ended.memory = max(ended.memory, memory)
                if memory > most:
                    ended.cause = "memory"
                elif count > 2 * limits.processes:
                    ended.cause = "processes"
    ended.status = process.returncode if process.returncode is not None else -signal.SIGKILL
    ended.lines = bytes(answers).split(b"\n")[:-1]
    return ended


def _take(file, channel, answers: bytearray, ended: Ended, ready, *, whole: bool) -> None:
    """Read what a pipe has: answers are kept, of the rest only the end."""
    while True:
        try:
            data = os.read(file.fileno(), 65536)
        except BlockingIOError:
            return
        if not data:
            ready.unregister(file)
            return
        if file is channel:
            answers += data
        else:
            ended.output = (ended.output + data)[-OUTPUT_KEPT:]
        if not whole or len(answers) > CHANNEL_LIMIT:
            return


def _end(process: subprocess.Popen) -> None:
    """Kill it and all its children; in bubblewrap the namespace dies with its first process."""
    children = family(process.pid)
    for pid in (*children, process.pid):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def family(pid: int) -> list[int]:
    """The processes below ``pid``."""
    with contextlib.suppress(psutil.Error):
        return [process.pid for process in psutil.Process(pid).children(recursive=True)]
    return []


def usage(pid: int, limit: int) -> tuple[int, int]:
    """How many processes there are below ``pid``, and the bytes of memory that are theirs.

    Pages that several of them share count for each; only if that exceeds ``limit`` is it worth
    asking for their shares, which takes longer and is not always allowed.
    """
    everyone = family(pid)
    memory = sum(_counted(each, "status", "RssAnon:", "RssShmem:") for each in everyone)
    if memory > limit:
        shares = [_counted(each, "smaps_rollup", "Pss_Anon:", "Pss_Shmem:") for each in everyone]
        memory = sum(shares) or memory
    return len(everyone), memory


def _counted(pid: int, file: str, *fields: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text(errors="replace").splitlines()
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(fields))
    except (OSError, ValueError):
        return 0


def usable(unsafe: bool) -> Sandbox | None:
    """A sandbox that works on this machine; None, and why, if there is none."""
    if unsafe:
        print(TEXTS["command"]["unsafe"], file=sys.stderr)
        return Sandbox(safe=False)
    if not (why := missing()):
        for own_user in (True, False):
            if not (why := try_out(sandbox := Sandbox(own_user=own_user))):
                return sandbox
        why = f":\n  {why}"
    print(TEXTS["command"]["install"].format(why=why), file=sys.stderr)
    return None


def try_out(sandbox: Sandbox) -> str:
    """Run a worker on nothing; what it says if it fails."""
    job = {"cells": [], "keys": [], "skip_cells": [], "nonce": ""}
    ended = run(sandbox, job, Limits(seconds=60))
    if any(b'"done"' in line for line in ended.lines):
        return ""
    return ended.output.decode("utf-8", "replace").strip()[-600:] or f"exit {ended.status}"
