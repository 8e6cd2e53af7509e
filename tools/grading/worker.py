"""Inside the sandbox: run a notebook's cells, then call its functions; ``python -m tools.grading.worker``.

This process belongs to the student. It holds no question, no right value and no mark: the grader, in a
process of its own, asks for a function's value at some arguments and judges what comes back. So whatever
a notebook does to its own interpreter can change only what it answers.
"""

from __future__ import annotations

import builtins
import contextlib
import os
import resource
import symtable
import sys
import types
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

import torch

import nflib.course.check as checks
from nflib.course.check.call import Function, as_raised, at_most
from tools.grading import cells, pipe

limited = partial(at_most, end=lambda: os._exit(pipe.TIMED_OUT))


def confine(limits: dict[str, int], user: int | None) -> None:
    """Give up every privilege: limits of resources that stay, and a user of nobody."""
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    for name, value in limits.items():
        with contextlib.suppress(ValueError, OSError):  # macOS lacks some
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))


class Student:
    """A student's namespace, and what it was at each call of ``check``."""

    def __init__(self) -> None:
        self.module = types.ModuleType("__main__")
        self.names = vars(self.module)
        self.called: dict[str, tuple] = {}
        self.then: dict[str, dict[str, Any]] = {}
        self.end: dict[str, Any] = {}  # after the last cell
        sys.modules["__main__"] = self.module
        self.names["display"] = lambda *things, **options: None

    def check(self, key: object, *functions: object) -> None:
        """Note what a cell hands in; the grader asks each question itself."""
        self.called[str(key)] = functions
        self.then[str(key)] = dict(self.names)

    def answers(self, key: str, names: list[str], shared: bool, then: bool) -> list[Any]:
        """The functions of a question by name, else those that the last ``check`` was given.

        Where two questions ask for functions of the same name, those given to ``check`` come first. ``then``
        asks for the same functions once more, with all else as it was when they were checked: a helper of
        the same name may have been written since.
        """
        self.end = self.end or dict(self.names)
        self.names.clear()
        self.names.update(self.end)
        given, known = self.called.get(key, ()), all(name in self.names for name in names)
        found = [self.names[name] for name in names] if known else []
        if len(given) == len(names) and (shared or not known):
            found = list(given)
        if then:
            before = self.then.get(key, {})
            if any(before.get(n) is not f for n, f in zip(names, found, strict=False)):
                return []
            self.names.clear()
            self.names.update(before)
        return found


def run_cells(job: dict[str, Any], student: Student, tell: Callable) -> list[list[Any]]:
    """Run the cells in order, those that lacked a name once more at the end; what went wrong."""
    failed: dict[int, BaseException] = {}
    todo = [n for n in range(len(job["cells"])) if n not in job["skip_cells"]]
    while todo:
        again = []
        for number in todo:
            tell({"cell": number})
            failed.pop(number, None)
            in_time = partial(limited, job["cell_seconds"])
            error = cells.run(job["cells"][number], number + 1, student.names, in_time)
            if error is not None:
                failed[number] = error
                if isinstance(error, NameError):
                    again.append(number)
        ended = not again or again == todo
        todo = again if not ended or lend(job, student.names) else []
    return [[n + 1, as_raised(error, None).error] for n, error in sorted(failed.items())]


def lend(job: dict[str, Any], names: dict[str, Any]) -> bool:
    """Put what the exercise's own cells define and a notebook lacks, as where it lost one, among the built-ins."""
    own, lent = dict(names), {}
    for source in job["given"]:
        symbols = symtable.symtable(source, "given", "exec").get_symbols()
        defined = {each.get_name() for each in symbols if each.is_assigned() or each.is_imported()}
        lacking = defined - set(names) - set(dir(builtins)) - set(job["asked"])
        if lacking and source not in job["cells"]:
            cells.run(source, 0, own, partial(limited, job["cell_seconds"]))
            lent |= {name: own[name] for name in lacking & set(own)}
    vars(builtins).update(lent)
    return bool(lent)


def serve(channel: Connection, student: Student) -> None:
    """Do what the grader asks for, until it hangs up: hand over functions, call them."""
    functions: list[Function] = []
    while True:
        asked = pipe.receive_request(channel)
        if "key" in asked:
            found = student.answers(asked["key"], asked["names"], asked["shared"], asked["then"])
            functions = [Function(each) for each in found]
            counted = zip(functions, asked["counts"], strict=False)
            told = [[each.kind, each.accepts(count), each.plain] for each, count in counted]
            missing = [name for name in asked["names"] if name not in student.names]
            pipe.send_json(channel, {"functions": told, "missing": missing})
        else:
            with limited(asked["seconds"]):
                outcome = functions[asked["place"]](asked["arguments"], asked["watch"])
            pipe.send_outcome(channel, outcome)


def main() -> None:
    """Do one job."""
    channel = Connection(int(sys.argv[1]))
    os.set_inheritable(channel.fileno(), False)
    job = pipe.receive_request(channel)
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    confine(job["limits"], job["user"])
    torch.set_num_threads(1)
    student = Student()
    checks.check, checks.hint, checks.progress, checks.solution = student.check, print, print, print
    notes = run_cells(job, student, lambda message: pipe.send_json(channel, message))
    pipe.send_json(channel, {"notes": notes[:50]})
    with contextlib.suppress(pipe.Broken):
        serve(channel, student)
    os._exit(0)


if __name__ == "__main__":
    main()
