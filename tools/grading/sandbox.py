"""The command that runs the worker inside bubblewrap, and the limits that it runs under.

Inside there is no network, nothing of the grader's but Python, its packages and nflib, all of it
read-only, and a home of 64 MB in memory. As root the worker itself becomes another user before it
reads the submission, because the limit on processes does not bind root; as a user, it is nobody
in a user namespace of its own.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import psutil
import torch

import nflib
from tools.course import ROOT

MB = 1024**2
HOME = "/home/student"
INSIDE = Path("/grader")  # where nflib and the worker are in the sandbox
FIRST_USER = 64000  # as root: users that no account should have

HERE, NFLIB = (Path(file).resolve().parent for file in (__file__, nflib.__file__))
CHECKS = NFLIB / "course/check"
HIDDEN = ("e[0-9]*.py", "texts/e[0-9]*.toml", "solutions.json")  # of them, from the sandbox
PACKAGES = Path(torch.__file__).resolve().parents[1]


@dataclass(frozen=True)
class Limits:
    """Limits of what a submission may use. Times in seconds, sizes in MB."""

    seconds: int = 180
    cell: float = 30
    question: float = 60
    memory: int = 4096
    processes: int = 32
    file: int = 8

    def resources(self) -> dict[str, int]:
        """The worker's own limits, by the names of `resource.RLIMIT_…`."""
        return {
            "AS": 3 * self.memory * MB,  # libraries take addresses that they do not use
            "DATA": self.memory * MB,
            "FSIZE": self.file * MB,
            "NOFILE": 128,
            "CPU": self.seconds + 10,
            "NPROC": self.processes + _mine(),
            "CORE": 0,
        }


def _mine() -> int:
    """Threads that this user runs now: kernels before 5.14 count them with the sandbox's."""
    everyone = psutil.process_iter(["uids", "num_threads"]) if os.getuid() else ()
    own = lambda uids: bool(uids) and uids.real == os.getuid()
    return sum(p.info["num_threads"] or 0 for p in everyone if own(p.info["uids"]))


@dataclass(frozen=True)
class Sandbox:
    """The way in which the worker is started: in bubblewrap, or plainly if ``safe`` is False."""

    safe: bool = True
    own_user: bool = True  # as root: another user instead of a user namespace

    def user(self, slot: int) -> int | None:
        """The user that the worker becomes, or None."""
        return FIRST_USER + slot if self.safe and self.own_user and os.getuid() == 0 else None

    def command(self, channel: int) -> list[str]:
        worker = [sys.executable, "-s", "-m", "tools.grading.worker", str(channel)]
        return [*self._bwrap(), *worker] if self.safe else worker

    def environment(self) -> dict[str, str]:
        """All that the worker sees of the environment."""
        one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        one |= {"PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8", "MPLBACKEND": "Agg"}
        return one | {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "PYTHONPATH": f"{INSIDE if self.safe else ROOT}:{PACKAGES}",
            **({"HOME": HOME} if self.safe else {}),
        }

    def _bwrap(self) -> list[str]:
        command = ["bwrap", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
        command += ["--unshare-cgroup-try", "--hostname", "sandbox", "--die-with-parent"]
        command += ["--new-session", "--clearenv"]
        if self.user(0) is None:
            command += ["--unshare-user", "--uid", "65534", "--gid", "65534"]
        command += ["--proc", "/proc", "--dev", "/dev", "--perms", "0755", "--dir", "/home"]
        for folder in ("/dev/shm", "/tmp", HOME):
            command += ["--perms", "1777", "--size", str(64 * MB), "--tmpfs", folder]
        for link in ("/lib", "/lib32", "/lib64", "/bin"):
            if os.path.islink(link):
                command += ["--symlink", os.readlink(link), link]
        shown = {path: path for path in _system()}
        shown |= {NFLIB: INSIDE / "nflib", HERE: INSIDE / "tools/grading"}
        above = {parent for inside in shown.values() for parent in inside.parents}
        for folder in sorted(above - {Path("/"), Path("/tmp"), Path("/home")} - set(shown)):
            if not any(other in folder.parents for other in shown.values()):
                command += ["--perms", "0755", "--dir", str(folder)]
        for outside, inside in sorted(shown.items(), key=lambda pair: len(pair[1].parts)):
            command += ["--ro-bind", str(outside), str(inside)]
        for file in (file for pattern in HIDDEN for file in CHECKS.glob(pattern)):
            command += ["--ro-bind", "/dev/null", str(INSIDE / file.relative_to(NFLIB.parent))]
        command += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", HOME]
        for name, value in self.environment().items():
            command += ["--setenv", name, value]
        return command


def _system() -> list[Path]:
    """List what Python needs of this machine; nothing inside a folder already named is named again."""
    wanted = ["/usr", "/lib", "/lib32", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/alternatives"]
    wanted += [sys.base_prefix, sys.prefix, sysconfig.get_path("purelib"), PACKAGES]
    kept: list[Path] = []
    for path in map(Path, wanted):
        inside = any(path.is_relative_to(other) for other in kept)
        if path.exists() and not path.is_symlink() and not inside:
            kept.append(path)
    return kept


def missing() -> str:
    """Why bubblewrap cannot be used here, as the end of a sentence; empty if it is there."""
    if sys.platform != "linux":
        return ", which is for Linux"
    return "" if shutil.which("bwrap") else ": it is not installed"
