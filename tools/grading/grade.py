"""From files to points: read each one, run it, and once more without what brought it down."""

from __future__ import annotations

import hashlib
import queue
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nflib.training.progress_bar import Progress
from tools.grading import classroom, judge, pipe
from tools.grading.messages import fill
from tools.grading.notebook import Notebook, Unreadable, course, given, names_of, parse
from tools.grading.records import Records, version
from tools.grading.sandbox import Limits, Sandbox
from tools.grading.submissions import Submission, read
from tools.grading.supervisor import Worker

ATTEMPTS = 4
SHOWN = 8  # notes of cells that raised


def grade_all(
    found: list[Submission],
    out: Path,
    sandbox: Sandbox,
    limits: Limits,
    *,
    exercise: str = "",
    jobs: int = 2,
    silent: bool = False,
    student: str = "",
    again: bool = False,
) -> list[dict[str, Any]]:
    """The records of all submissions; each is on disk as soon as it is there.

    Args:
        student: grade only those of this name or number; of the others only what is on disk is told.
        again: grade what is on disk, too.
    """
    store = Records(out.with_suffix("") / ".records")
    same = {"nflib": version(), "asked": f"{exercise}|{limits}|{sandbox.safe}"}
    done = {s.name: store.get(s.name, sha256=_sha256(s), student=s.student, **same) for s in found}
    wanted = [s for s in found if student in ("", s.number) or student.lower() in s.student.lower()]
    todo = [submission for submission in wanted if again or done[submission.name] is None]
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
    record |= {"number": submission.number, "pieces": []}
    record |= {"exercise": "", "lang": "", "sha256": ""} | vars(Run())
    try:
        data = read(submission.path)
        record["sha256"] = hashlib.sha256(data).hexdigest()
        notebook = parse(data, exercise)
        record |= {"exercise": notebook.exercise, "lang": notebook.lang}
        record["pieces"] = classroom.pieces(notebook.cells)
        record |= vars(attempts(notebook, sandbox, limits, slot))
    except Unreadable as error:
        why, what = error.args
        record["notes"] = [fill("unreadable", why, what=what)]
    except Exception as error:  # a fault of ours costs this row only
        told = f"{type(error).__name__}: {error}"[:200]
        record["notes"] = [fill("unreadable", "grader", what=told)]
    if submission.others:
        record["notes"].append(fill("notes", "others", what=", ".join(submission.others)[:300]))
    return record


def attempts(notebook: Notebook, sandbox: Sandbox, limits: Limits, slot: int = 0) -> Run:
    """Run a notebook; leave out what ends the process, and run the rest again, within one time."""
    keys, left_out, run = list(course()[notebook.exercise]), [], Run()
    for name in notebook.twice:
        run.note("twice", what=name)
    for _ in range(ATTEMPTS):
        left = replace(limits, seconds=limits.seconds - int(run.seconds))
        if left.seconds <= 0:
            break
        with Worker(sandbox, left, slot) as worker:
            done = _attempt(worker, notebook, keys, left_out, run)
        run.seconds = round(run.seconds + worker.seconds, 1)
        run.memory = max(run.memory, worker.memory)
        if done:
            break
    not_graded = {"verdict": "error", "step": "not graded"}
    run.questions = {key: run.questions.get(key, not_graded) for key in keys}
    return run


def _attempt(
    worker: Worker, notebook: Notebook, keys: list[str], left_out: list[int], run: Run
) -> bool:
    """One process: its cells, then the questions; false if it ended too soon, and others may do better."""
    place: int | str | None = None  # the cell or the question that it is at
    try:
        own = {"given": given(notebook.exercise), "asked": names_of(notebook.exercise)}
        worker.begin(cells=notebook.cells, skip_cells=left_out, **own)
        while (told := _cell(worker))[0] is not None:
            place = told[0]
        for cell, what in told[1][:SHOWN]:
            run.note("raised", cell=cell, what=what)
        for place in [key for key in keys if key not in run.questions]:
            run.questions[place] = judge.ask(worker.channel, place, worker.limits.question)
        return True
    except pipe.Broken as broken:
        cause, status = worker.ended(str(broken))
    why = fill("causes", cause, status=status)
    if cause == "answers":
        run.note("forged")
        run.questions = {}
    elif isinstance(place, int):
        left_out.append(place)
        run.note("skipped", cell=place + 1, what=why)
    elif place:
        run.questions[place] = judge.without("ended", what=why)
    else:
        printed = worker.last_words()
        run.note("lost", what=why, printed=f" · {printed}" if printed else "")
    return cause == "answers" or place is None


def _cell(worker: Worker) -> tuple[int | None, list[tuple[int, str]]]:
    """The number of the cell that begins; after the last one None, and which of them raised, and what."""
    told = pipe.receive_json(worker.channel, worker.limits.cell + judge.SLACK)
    try:
        if "notes" not in told:
            return int(told["cell"]), []
        return None, [(int(cell), str(what)[:300]) for cell, what in told["notes"]]
    except (KeyError, TypeError, ValueError) as error:
        raise pipe.Broken("answers") from error
