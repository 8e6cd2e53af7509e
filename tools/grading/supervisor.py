"""One worker watched from outside: its time, its memory, its processes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from multiprocessing import Pipe
from pathlib import Path

import psutil

from tools.grading import pipe
from tools.grading.messages import TEXTS
from tools.grading.sandbox import MB, Limits, Sandbox, missing

OUTPUT_KEPT = 4096  # bytes of what is printed, for a message when nothing else came
LOOK = 0.2  # seconds between two looks at the processes


class Worker:
    """A student's process, from its start to its end, or to its limit: nothing of it is left running.

    Attributes:
        channel: where it is asked and answers.
        cause: the limit that it reached: "time", "memory", "processes"; empty if none.
        memory: bytes, the most that all its processes held at a look.
    """

    def __init__(self, sandbox: Sandbox, limits: Limits, slot: int = 0) -> None:
        self.sandbox, self.limits, self.slot = sandbox, limits, slot
        self.cause, self.memory, self.printed = "", 0, bytearray()

    def __enter__(self) -> Worker:
        self.folder = tempfile.TemporaryDirectory(prefix="grade-")
        self.channel, other = Pipe()
        extra = {} if self.sandbox.safe else {"HOME": self.folder.name}
        self.start = time.monotonic()
        self.process = subprocess.Popen(
            self.sandbox.command(other.fileno()), cwd=self.folder.name,
            env=self.sandbox.environment() | extra, bufsize=0, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, pass_fds=(other.fileno(),),
            start_new_session=True,
        )  # fmt: skip
        other.close()
        self.threads = [threading.Thread(target=f, daemon=True) for f in (self._read, self._watch)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self.channel.close()
        _end(self.process)
        for thread in self.threads:
            thread.join(timeout=1)
        self.folder.cleanup()
        self.seconds = time.monotonic() - self.start

    def begin(self, **job: list) -> None:
        """Hand over the ``cells`` of a notebook, which run at once, and what `worker.run_cells` needs beside them."""
        limits = self.limits
        job |= {
            "cell_seconds": limits.cell,
            "user": self.sandbox.user(self.slot),
            "limits": limits.resources(),
        }
        pipe.send_request(self.channel, **job)

    def ended(self, cause: str) -> tuple[str, int]:
        """Why it ended, and its exit status."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(1)
        _end(self.process)
        status = self.process.returncode
        return self.cause or ("time" if status == pipe.TIMED_OUT else cause), status

    def last_words(self) -> str:
        """The last line that it printed."""
        lines = bytes(self.printed).decode("utf-8", "replace").strip().splitlines()
        return lines[-1][:200] if lines else ""

    def _read(self) -> None:
        with self.process.stdout as output:
            while data := output.read(65536):
                self.printed += data
                del self.printed[:-OUTPUT_KEPT]

    def _watch(self) -> None:
        limits, most = self.limits, int(1.25 * self.limits.memory * MB)
        while self.process.poll() is None and not self.cause:
            count, memory = usage(self.process.pid, most)
            self.memory = max(self.memory, memory)
            if time.monotonic() - self.start > limits.seconds:
                self.cause = "time"
            elif memory > most:
                self.cause = "memory"
            elif count > 2 * limits.processes:
                self.cause = "processes"
            else:
                time.sleep(LOOK)
        if self.cause:
            _end(self.process)


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
    with Worker(sandbox, Limits(seconds=60)) as worker:
        try:
            worker.begin(cells=[], skip_cells=[], given=[])
            pipe.receive_json(worker.channel, worker.limits.seconds)
        except pipe.Broken:
            return f"{worker.last_words()} ({worker.ended('exit')})"
    return ""
