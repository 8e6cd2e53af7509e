"""One worker watched from outside: its time, its memory, its processes, what it writes."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import psutil

from tools.grading.messages import TEXTS
from tools.grading.sandbox import MB, Limits, Sandbox, missing

CHANNEL_LIMIT = 4 * MB  # of answers
OUTPUT_KEPT = 4096  # bytes of what is printed, for a message when nothing else came
LOOK = 0.2  # seconds between two looks at the processes


@dataclass
class Ended:
    """The end of a worker."""

    lines: list[bytes] = field(default_factory=list)  # of the channel of answers
    output: bytes = b""  # the end of what was printed
    cause: str = ""  # the limit that was reached: "time", "memory", …
    status: int = 0
    seconds: float = 0.0
    memory: int = 0  # bytes, the most that all its processes held at a look


def run(sandbox: Sandbox, job: dict[str, Any], limits: Limits, slot: int = 0) -> Ended:
    """Run a worker to its end, or to its limit; nothing of it is left running."""
    job = job | {"user": sandbox.user(slot), "limits": limits.resources()}
    job |= {"cell_seconds": limits.cell, "question_seconds": limits.question}
    read, write = os.pipe()
    answers, printed = bytearray(), bytearray()
    with tempfile.TemporaryDirectory(prefix="grade-") as folder:
        extra = {} if sandbox.safe else {"HOME": folder}
        process = subprocess.Popen(
            sandbox.command(write), cwd=folder, env=sandbox.environment() | extra, bufsize=0,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            pass_fds=(write,), start_new_session=True,
        )  # fmt: skip
        os.close(write)
        # A pipe, not a file: what is read from it once, the nonce too, cannot be read again
        parts = ((_feed, process.stdin, json.dumps(job).encode()),)
        parts += ((_read, open(read, "rb", buffering=0), answers, CHANNEL_LIMIT, False),)
        parts += ((_read, process.stdout, printed, OUTPUT_KEPT, True),)
        threads = [threading.Thread(target=part[0], args=part[1:], daemon=True) for part in parts]
        for thread in threads:
            thread.start()
        try:
            ended = _watch(process, answers, limits)
        finally:
            _end(process)
            for thread in threads:
                thread.join(timeout=1)
    if len(answers) > CHANNEL_LIMIT:
        ended.cause = "answers"
    ended.lines, ended.output = bytes(answers).split(b"\n")[:-1], bytes(printed)
    return ended


def _feed(pipe: IO[bytes], data: bytes) -> None:
    with contextlib.suppress(OSError), io.BufferedWriter(pipe) as whole:
        whole.write(data)


def _read(pipe: IO[bytes], kept: bytearray, most: int, tail: bool) -> None:
    """Read a pipe to its end, and keep the last bytes; or the first, and then no more is read."""
    with pipe:
        while data := pipe.read(65536):
            kept += data
            if tail:
                del kept[:-most]
            elif len(kept) > most:
                return


def _watch(process: subprocess.Popen, answers: bytearray, limits: Limits) -> Ended:
    ended, start, most = Ended(), time.monotonic(), int(1.25 * limits.memory * MB)
    while not ended.cause:
        with contextlib.suppress(subprocess.TimeoutExpired):
            ended.status = process.wait(LOOK)
            break
        count, memory = usage(process.pid, most)
        ended.memory = max(ended.memory, memory)
        ended.status = -signal.SIGKILL
        if len(answers) > CHANNEL_LIMIT:
            ended.cause = "answers"
        elif time.monotonic() - start > limits.seconds:
            ended.cause = "time"
        elif memory > most:
            ended.cause = "memory"
        elif count > 2 * limits.processes:
            ended.cause = "processes"
    ended.seconds = time.monotonic() - start
    return ended


def _end(process: subprocess.Popen) -> None:
    """Kill it and all its children; in bubblewrap the namespace dies with its first process."""
    for pid in (*family(process.pid), process.pid):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def family(pid: int) -> list[int]:
    """The processes below ``pid``."""
    with contextlib.suppress(psutil.Error):
        return [process.pid for process in psutil.Process(pid).children(recursive=True)]
    return []


def usage(pid: int, limit: int) -> tuple[int, int]:
    """Count the processes below ``pid``, and the bytes of memory that are theirs.

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
