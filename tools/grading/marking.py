"""From a file to its points: read it, run it, and once more without what brought it down."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from tools.grading import supervisor as process
from tools.grading.messages import CAUSES, NOTES, STEPS, UNREADABLE, fill
from tools.grading.notebook import Notebook, Unreadable, course, parse
from tools.grading.sandbox import Limits, Sandbox
from tools.grading.submissions import Found, read

ATTEMPTS = 4
SHOWN = 8  # notes of cells that raised
PART = 1500  # characters of one text from the sandbox
VERDICTS = ("pass", "fail", "pending", "error", "missing")
NO_TEXT = ["", ""]
TIMED_OUT = 75  # tools.grading.worker's exit status; that module is not imported outside


@dataclass
class Run:
    """What several attempts at one submission gave."""

    questions: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: list[list[str]] = field(default_factory=list)
    seconds: float = 0.0
    memory: int = 0


def mark(
    found: Found, sandbox: Sandbox, limits: Limits, version: str, exercise: str = "", slot: int = 0
) -> dict[str, Any]:
    """Everything about one submission, as JSON; it never raises because of the submission."""
    record: dict[str, Any] = {
        "file": found.name,
        "student": found.student,
        "exercise": "",
        "lang": "",
        "questions": {},
        "notes": [],
        "seconds": 0.0,
        "memory": 0,
        "nflib": version,
        "sha256": "",
    }
    try:
        data = read(found.path)
        record["sha256"] = hashlib.sha256(data).hexdigest()
        notebook = parse(data, exercise)
        record["exercise"], record["lang"] = notebook.exercise, notebook.lang
        done = attempts(notebook, sandbox, limits, slot)
    except Unreadable as error:
        why, detail = error.args
        record["notes"] = [[text.format(detail) for text in UNREADABLE[why]]]
        return record
    except Exception as error:  # a fault of ours costs this row only
        told = f"{type(error).__name__}: {error}"[:200]
        record["notes"] = [[text.format(told) for text in UNREADABLE["grader"]]]
        return record
    record["questions"], record["notes"] = done.questions, done.notes
    record["seconds"], record["memory"] = round(done.seconds, 1), done.memory
    return record


def attempts(notebook: Notebook, sandbox: Sandbox, limits: Limits, slot: int = 0) -> Run:
    """Run a notebook; what ends the process is left out, and the rest is run again."""
    keys, left_out, run = list(course()[notebook.exercise]), [], Run()
    run.notes += [fill(NOTES["twice"], what=name) for name in notebook.twice]
    for _ in range(ATTEMPTS):
        nonce = secrets.token_hex(16)
        job = {
            "cells": notebook.cells,
            "keys": [key for key in keys if key not in run.questions],
            "skip_cells": left_out,
            "nonce": nonce,
            "user": sandbox.user(slot),
            "limits": limits.resources(),
            "cell_seconds": limits.cell,
            "question_seconds": limits.question,
        }
        ended = process.run(sandbox, json.dumps(job).encode(), limits)
        run.seconds += ended.seconds
        run.memory = max(run.memory, ended.memory)
        told, forged = messages(ended.lines, nonce)
        for message in told:
            if message["kind"] == "scan":
                _note(message["notes"], run)
        if forged:
            run.notes.append(fill(NOTES["forged"]))
            run.questions = {}
            break
        if told and told[-1]["kind"] == "done" and _take(told[-1], job["keys"], run):
            break
        cause = "time" if ended.status == TIMED_OUT else ended.cause or "exit"
        why = fill(CAUSES[cause], status=ended.status)
        last = told[-1] if told else {}
        if last.get("kind") == "cell":
            left_out = [*left_out, last["cell"]]
            note = NOTES["skipped"]
            both = zip(note, why, strict=True)
            run.notes.append([text.format(cell=last["cell"] + 1, what=w) for text, w in both])
        elif last.get("kind") == "question":
            run.questions[last["key"]] = _failed("ended", why)
        else:
            printed = ended.output.decode("utf-8", "replace").strip().splitlines()
            detail = f" · {printed[-1][:200]}" if printed else ""
            run.notes.append(
                [t.format(what=w + detail) for t, w in zip(NOTES["lost"], why, strict=True)]
            )
            break
    for key in keys:
        run.questions.setdefault(key, {"verdict": "error", "step": "not graded"})
    run.questions = {key: run.questions[key] for key in keys}
    run.notes = [note for n, note in enumerate(run.notes) if note not in run.notes[:n]]
    return run


def messages(lines: list[bytes], nonce: str) -> tuple[list[dict[str, Any]], bool]:
    """The worker's messages, and whether anything else was written among them."""
    told: list[dict[str, Any]] = []
    for line in lines:
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            return told, True
        if not (isinstance(message, dict) and message.get("nonce") == nonce):
            return told, True
        if told and told[-1].get("kind") == "done":
            return told, True
        told.append(message)
    whole = all(
        isinstance(message.get(field_name), kind)
        for message in told
        for field_name, kind in {
            "cell": [("cell", int)],
            "question": [("key", str)],
            "scan": [("notes", list)],
            "done": [("questions", list), ("notes", list)],
        }.get(str(message.get("kind")), [("kind", type(None))])
    )
    return (told, False) if whole else ([], True)


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
            run.notes.append(fill(NOTES[kind], cell=int(note.get("cell", 0)), what=what))


def _question(each: dict[str, Any]) -> dict[str, Any]:
    """One result with nothing in it but short texts."""
    verdict, step = each.get("verdict"), str(each.get("step", ""))[:40]
    what = str(each.get("what", ""))[:300]
    if verdict not in VERDICTS:
        raise ValueError("a verdict that there is not")
    if verdict == "missing" or step in ("patched", "stopped"):
        name = "missing" if verdict == "missing" else step
        return _failed(name, [what, what], verdict)
    texts = {}
    for name in ("title", "message", "hint", "line"):
        pair = each.get(name)
        good = isinstance(pair, list) and len(pair) == 2
        texts[name] = [str(part)[:PART] for part in pair] if good else NO_TEXT
    progress = str(each.get("progress", ""))[:10]
    return {"verdict": verdict, "step": step, "progress": progress, **texts}


def _failed(step: str, what: list[str], verdict: str = "error") -> dict[str, Any]:
    message = [text.format(what=w) for text, w in zip(STEPS[step], what, strict=True)]
    return {"verdict": verdict, "step": "function" if verdict == "missing" else step} | {
        "message": message
    }
