"""From files to points: read each one, run it, and once more without what brought it down."""

from __future__ import annotations

import hashlib
import json
import queue
import secrets
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nflib.training.progress_bar import Progress
from tools.grading import supervisor
from tools.grading.messages import fill
from tools.grading.notebook import Notebook, Unreadable, course, parse
from tools.grading.records import Records, version
from tools.grading.sandbox import Limits, Sandbox
from tools.grading.submissions import Submission, read

ATTEMPTS = 4
SHOWN = 8  # notes of cells that raised
PART = 1500  # characters of one text from the sandbox
VERDICTS = ("pass", "fail", "pending", "error", "missing")
TEXTS = ("title", "message", "hint", "line")
# Of the worker's messages: what each kind has, and of which type
MESSAGES = {
    "cell": {"cell": int},
    "question": {"key": str},
    "scan": {"notes": list},
    "done": {"questions": list, "notes": list},
}
TIMED_OUT = 75  # tools.grading.worker's exit status; that module is not imported outside


def grade_all(
    found: list[Submission],
    out: Path,
    sandbox: Sandbox,
    limits: Limits,
    *,
    exercise: str = "",
    jobs: int = 2,
    silent: bool = False,
) -> list[dict[str, Any]]:
    """The records of all submissions; each is on disk as soon as it is there."""
    store, nflib = Records(out.with_suffix("") / ".records"), version()
    asked = f"{exercise}|{limits}|{sandbox.safe}"
    same = {"nflib": nflib, "asked": asked}
    done = {s.name: store.get(s.name, sha256=_sha256(s), student=s.student, **same) for s in found}
    todo = [submission for submission in found if done[submission.name] is None]
    slots: queue.SimpleQueue[int] = queue.SimpleQueue()
    for slot in range(jobs):
        slots.put(slot)

    def one(submission: Submission) -> dict[str, Any]:
        slot = slots.get()
        try:
            record = grade(submission, sandbox, limits, exercise, slot) | same
        finally:
            slots.put(slot)
        if not sandbox.safe:
            record["notes"].append(fill("notes", "unsafe"))
        store.put(record)
        return record

    progress = Progress(len(found), len(found) - len(todo), silent)
    with ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(one, submission) for submission in todo]
        try:
            for count, future in enumerate(as_completed(futures), len(found) - len(todo) + 1):
                record = future.result()
                done[record["file"]] = record
                progress.advance()
                progress.show(count, record["student"][:20])
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
        finally:
            progress.close()
    return [record for submission in found if (record := done[submission.name])]


def _sha256(submission: Submission) -> str:
    try:
        return hashlib.sha256(read(submission.path)).hexdigest()
    except Unreadable:
        return ""


@dataclass
class Run:
    """Results of the attempts at one submission."""

    questions: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: list[list[str]] = field(default_factory=list)
    seconds: float = 0.0
    memory: int = 0

    def note(self, name: str, **values: object) -> None:
        """Add a note, once."""
        if (told := fill("notes", name, **values)) not in self.notes:
            self.notes.append(told)


def grade(
    submission: Submission, sandbox: Sandbox, limits: Limits, exercise: str = "", slot: int = 0
) -> dict[str, Any]:
    """Everything about one submission, as JSON; it never raises because of the submission."""
    record: dict[str, Any] = {"file": submission.name, "student": submission.student}
    record |= {"exercise": "", "lang": "", "sha256": ""} | vars(Run())
    try:
        data = read(submission.path)
        record["sha256"] = hashlib.sha256(data).hexdigest()
        notebook = parse(data, exercise)
        record |= {"exercise": notebook.exercise, "lang": notebook.lang}
        record |= vars(attempts(notebook, sandbox, limits, slot))
    except Unreadable as error:
        why, what = error.args
        record["notes"] = [fill("unreadable", why, what=what)]
    except Exception as error:  # a fault of ours costs this row only
        told = f"{type(error).__name__}: {error}"[:200]
        record["notes"] = [fill("unreadable", "grader", what=told)]
    return record


def attempts(notebook: Notebook, sandbox: Sandbox, limits: Limits, slot: int = 0) -> Run:
    """Run a notebook; leave out what ends the process, and run the rest again."""
    keys, left_out, run = list(course()[notebook.exercise]), [], Run()
    for name in notebook.twice:
        run.note("twice", what=name)
    for _ in range(ATTEMPTS):
        nonce = secrets.token_hex(16)
        asked = [key for key in keys if key not in run.questions]
        job = {"cells": notebook.cells, "keys": asked, "skip_cells": left_out, "nonce": nonce}
        ended = supervisor.run(sandbox, job, limits, slot)
        run.seconds = round(run.seconds + ended.seconds, 1)
        run.memory = max(run.memory, ended.memory)
        told, forged = messages(ended.lines, nonce)
        for message in told:
            if message["kind"] == "scan":
                _note(message["notes"], run)
        if forged:
            run.note("forged")
            run.questions = {}
            break
        last = told[-1] if told else {"kind": ""}
        if last["kind"] == "done" and _take(last, asked, run):
            break
        cause = "time" if ended.status == TIMED_OUT else ended.cause or "exit"
        why = fill("causes", cause, status=ended.status)
        if last["kind"] == "cell":
            left_out = [*left_out, last["cell"]]
            run.note("skipped", cell=last["cell"] + 1, what=why)
        elif last["kind"] == "question":
            run.questions[last["key"]] = _failed("ended", why)
        else:
            printed = ended.output.decode("utf-8", "replace").strip().splitlines()
            run.note("lost", what=why, printed=f" · {printed[-1][:200]}" if printed else "")
            break
    not_graded = {"verdict": "error", "step": "not graded"}
    run.questions = {key: run.questions.get(key, not_graded) for key in keys}
    return run


def messages(lines: list[bytes], nonce: str) -> tuple[list[dict[str, Any]], bool]:
    """Return the worker's messages, and whether anything else was written among them."""
    told: list[dict[str, Any]] = []
    for line in lines:
        try:
            message = json.loads(line)
            parts = MESSAGES[message["kind"]]
            good = all(isinstance(message[name], kind) for name, kind in parts.items())
            good &= message["nonce"] == nonce
        except (KeyError, RecursionError, TypeError, ValueError):
            good = False
        if not good or (told and told[-1]["kind"] == "done"):
            return told, True
        told.append(message)
    return told, False


def _take(done: dict[str, Any], keys: list[str], run: Run) -> bool:
    """Take over a worker's results if they have the form that they should have."""
    results = {each.get("key"): each for each in done["questions"] if isinstance(each, dict)}
    if set(results) != set(keys):
        return False
    for key, each in results.items():
        run.questions[key] = _question(each)
    _note(done["notes"], run)
    return True


def _note(notes: list[Any], run: Run) -> None:
    """Take over a worker's notes; of cells that raised, the first ones."""
    raised = 0
    for note in notes:
        kind, what = str(note.get("kind")), str(note.get("what"))[:300]
        raised += kind == "raised"
        if kind in ("raised", "suspect", "patched") and (kind != "raised" or raised <= SHOWN):
            run.note(kind, cell=int(note.get("cell", 0)), what=what)


def _question(each: dict[str, Any]) -> dict[str, Any]:
    """One result with nothing in it but short texts."""
    verdict, step = each.get("verdict"), str(each.get("step", ""))[:40]
    what = str(each.get("what", ""))[:300]
    if verdict not in VERDICTS:
        raise ValueError("a verdict that there is not")
    if verdict == "missing":
        return _failed("missing", what) | {"verdict": "missing", "step": "function"}
    if step in ("patched", "stopped"):
        return _failed(step, what)
    texts = {}
    for name in TEXTS:
        pair = each.get(name)
        good = isinstance(pair, list) and len(pair) == 2
        texts[name] = [str(part)[:PART] for part in pair] if good else ["", ""]
    progress = str(each.get("progress", ""))[:10]
    return {"verdict": verdict, "step": step, "progress": progress, **texts}


def _failed(step: str, what: str | list[str]) -> dict[str, Any]:
    return {"verdict": "error", "step": step, "message": fill("steps", step, what=what)}
