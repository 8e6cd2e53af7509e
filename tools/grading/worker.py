"""Inside the sandbox: run a notebook's cells, then ask the questions; ``python -m tools.grading.worker``.

The job comes on standard input, the answers go to a file descriptor of their own, a line of JSON
each, with a nonce that only the grader knows; what the student prints is not read at all. The
questions are asked by a second copy of nflib.course.check that no table of modules lists.

What this cannot prevent: the student's functions run in this very process, and Python hides
nothing from code in the same process. Who walks the stack or the garbage collector's lists finds
the checks' expected values, the nonce and the descriptor, and can write a full mark. So the grader
notes, before anything runs, the names that such code needs (`cells.SUSPECT`) for a person to look
at; their absence proves nothing. Nor is memory bounded to the byte: files in memory that no process
maps are not counted, only each one's size and number are limited. Answers that matter have to be explained aloud.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

from tools.grading import cells

GRACE = 3  # seconds between the exception that ends a cell and the end of the process
TIMED_OUT = 75  # exit status after that
ROUNDS = 3  # of cells that waited for a name


class TimeLimit(BaseException):
    """Too slow; not an Exception, so that ``except Exception`` lets it pass."""


def confine(limits: dict[str, int], user: int | None) -> None:
    """Give up every privilege: limits of resources that stay, and a user of nobody."""
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    for name, value in limits.items():
        with contextlib.suppress(ValueError, OSError):  # macOS lacks some
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise `TimeLimit` in the code inside after ``seconds``, again each second, then end all."""
    late = 0

    def ring(*_: object) -> None:
        nonlocal late
        late += 1
        if late > GRACE:
            os._exit(TIMED_OUT)
        raise TimeLimit(f"{seconds:g} s")

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def private_checks() -> tuple[Any, Any]:
    """Two copies of nflib.course.check: the grader's, in no table, and the one that students import."""
    import nflib.course.check
    import nflib.course.check.engine

    nflib.course.check.engine.keys()  # loads every question
    mine = nflib.course.check.engine
    for name in [name for name in sys.modules if f"{name}.".startswith("nflib.course.check.")]:
        del sys.modules[name]
    import nflib.course.check as theirs

    return mine, theirs


class Student:
    """A student's namespace, and what it was at each call of ``check``."""

    def __init__(self, checks: Any) -> None:
        self.module = types.ModuleType("__main__")
        self.names = vars(self.module)
        self.called: dict[str, tuple] = {}
        self.then: dict[str, dict[str, Any]] = {}
        self.defined: dict[str, list[int]] = {}
        sys.modules["__main__"] = self.module
        self.names["display"] = lambda *things, **options: None
        result = checks.Result

        def check(key: object, *functions: object) -> Any:
            """Noted here, asked later: the grader asks each question itself."""
            self.called[str(key)] = functions
            self.then[str(key)] = dict(self.names)
            return result(str(key), "pending")

        checks.check = sys.modules["nflib.course.check.engine"].check = check

    def answers(self, key: str, names: list[str], shared: set[str]) -> list[Any] | None:
        """The functions of a question by name, else those that the last ``check`` was given.

        Where two questions ask for functions of the same name, those given to ``check`` come first.
        """
        given = self.called.get(key, ())
        known = all(name in self.names for name in names)
        if len(given) == len(names) and (not known or shared & set(names)):
            return list(given)
        return [self.names[name] for name in names] if known else None


def run_cells(job: dict[str, Any], student: Student, tell: Callable) -> list[dict[str, Any]]:
    """Run the cells in order, those that lacked a name once more at the end; what went wrong."""
    failed: dict[int, BaseException] = {}
    todo = [n for n in range(len(job["cells"])) if n not in job["skip_cells"]]
    for _ in range(ROUNDS):
        again = []
        for number in todo:
            tell("cell", cell=number)
            limited = lambda: at_most(job["cell_seconds"])
            failed.pop(number, None)
            error = cells.run(job["cells"][number], number + 1, student.names, limited)
            if error is not None:
                failed[number] = error
                if isinstance(error, NameError):
                    again.append(number)
        if not again or again == todo:
            break
        todo = again
    return [
        {"kind": "raised", "cell": n + 1, "what": f"{type(e).__name__}: {_words(e)}"}
        for n, e in sorted(failed.items())
    ]


def scan(sources: list[str]) -> list[dict[str, Any]]:
    """List what a person should look at, before anything runs that could keep it back."""
    return [
        {"kind": "suspect", "cell": number, "what": name}
        for number, source in enumerate(sources, 1)
        for name in sorted(cells.suspects(source))
    ]


def names_of(engine: Any, key: str) -> list[str]:
    """The functions that a question asks for."""
    return [signature.name for signature in engine.question(key).signatures]


def ask(key: str, engine: Any, student: Student, seconds: float) -> dict[str, Any]:
    """The verdict on one question, as JSON."""
    names = names_of(engine, key)
    others = {
        n for k in engine.keys() if k[:3] == key[:3] and k != key for n in names_of(engine, k)
    }
    functions = student.answers(key, names, others)
    if functions is None:
        missing = [name for name in names if name not in student.names]
        return {"key": key, "verdict": "missing", "what": ", ".join(missing)}
    result = _evaluate(engine, key, functions, seconds)
    then, now = student.then.get(key), dict(student.names)
    same = then and all(then.get(n) is f for n, f in zip(names, functions, strict=True))
    if result["verdict"] != "pass" and then and same:
        try:  # a helper of the same name may have been written since: as it was at its check
            student.names.clear()
            student.names.update(then)
            before = _evaluate(engine, key, functions, seconds)
            result = before if before["verdict"] == "pass" else result
        finally:
            student.names.clear()
            student.names.update(now)
    return result


def _evaluate(engine: Any, key: str, functions: list, seconds: float) -> dict[str, Any]:
    try:
        with at_most(seconds):
            result = engine.evaluate(key, *functions)
    except BaseException as error:
        return {"key": key, "verdict": "error", "step": "stopped", "what": type(error).__name__}
    texts = {n: list(getattr(result, n)) for n in ("title", "message", "hint", "line")}
    words = {n: getattr(result, n) for n in ("verdict", "step", "progress")}
    return {"key": key, **words, **texts}


def _words(error: BaseException) -> str:
    try:
        return str(error)[:200]
    except BaseException:
        return ""


def main() -> None:
    """Do one job."""
    channel, job = int(sys.argv[1]), json.loads(sys.stdin.buffer.read())
    os.set_inheritable(channel, False)
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    confine(job["limits"], job["user"])
    write, nonce = os.write, job.pop("nonce")

    def tell(kind: str, **values: object) -> None:
        rest = json.dumps({"nonce": nonce, "kind": kind, **values}).encode() + b"\n"
        while rest:
            rest = rest[write(channel, rest) :]

    import torch

    from tools.grading.integrity import Snapshot

    torch.set_num_threads(1)
    engine, theirs = private_checks()
    student, leave = Student(theirs), os._exit
    snapshot = Snapshot()
    tell("scan", notes=scan(job["cells"])[:50])
    notes = run_cells(job, student, tell)
    notes += [{"kind": "patched", "what": name} for name in snapshot.changes()]
    results = []
    for key in job["keys"]:
        tell("question", key=key)
        result = ask(key, engine, student, job["question_seconds"])
        if patched := snapshot.changes():
            result = {"key": key, "verdict": "error", "step": "patched", "what": patched[0]}
            notes.append({"kind": "patched", "what": patched[0]})
        results.append(result)
    tell("done", questions=results, notes=notes[:50])
    leave(0)


if __name__ == "__main__":
    main()
