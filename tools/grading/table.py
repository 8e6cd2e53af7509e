"""The CSV of a class, and several of them joined into one.

What a lecturer writes, the columns ``mark`` and ``comment`` and the points of texts, which a person marks, is only
taken over here, from the file that is there.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

from tools.grading.messages import WORD, fill, say
from tools.grading.notebook import course
from tools.grading.records import write

FIRST = ["student", "number", "file", "exercise", "late"]
OWN = ["mark", "comment"]
LAST = ["total", "maximum", *OWN, "note", "seconds", "nflib", "sha256"]
FORMULA = re.compile(r"(^|[;,\t|\"])(\s*[=+\-@])")  # a spreadsheet may split a text at any of these


def row(record: dict[str, Any], lang: str) -> dict[str, Any]:
    """One line of the CSV."""
    points = course().get(record["exercise"], {})
    cells: dict[str, Any] = {name: record.get(name, "") for name in (*FIRST, *LAST)}
    for key in points:
        result = record["questions"].get(key, {"verdict": "error", "step": "not graded"})
        cells[key], cells[f"{key} reason"] = credit(record, key), reason(result, lang)
    cells["total"], cells["maximum"] = total(record), sum(points.values()) or ""
    cells["note"] = "; ".join(say(note, lang) for note in record["notes"])
    return cells | {name: record.get("own", {}).get(name) or "" for name in OWN}


def credit(record: dict[str, Any], key: str) -> float | None:
    """The points of one question: all, none, or with ``partial`` those of the steps before the one that fails.

    Those of a text are what the lecturer gave; None until then.
    """
    most = course()[record["exercise"]][key]
    result = record["questions"].get(key, {})
    if result.get("verdict") == "pass":
        return most
    if result.get("verdict") == "paper":
        return typed(record.get("own", {}).get(key))
    step, _, steps = result.get("progress", "").partition("/")
    if not record.get("partial") or result.get("verdict") != "fail" or not steps:
        return 0
    return round(most * (int(step) - 1) / int(steps), 2) or 0


def texts(record: dict[str, Any]) -> list[str]:
    """The questions that a person marks."""
    return [key for key, told in record["questions"].items() if told["verdict"] == "paper"]


def typed(text: str | None) -> float | None:
    """A number as a person writes it, with a point or with a comma; None where nothing is written."""
    return float(text.replace(",", ".")) if text and text.strip() else None


def total(record: dict[str, Any]) -> float:
    """The points of a submission."""
    return round(sum(credit(record, key) or 0 for key in course().get(record["exercise"], {})), 2)


def reason(result: dict[str, Any], lang: str) -> str:
    """Verdict and step, ``"fail: joint"``."""
    word, step = say(WORD[result["verdict"]], lang), result.get("step")
    quiet = ("pass", "paper", "pending")
    return f"{word}: {step}" if step and result["verdict"] not in quiet else word


def identity(row: dict[str, Any]) -> tuple[str, ...]:
    """What tells one row from another."""
    return tuple(str(row[name]) for name in ("student", "number", "file"))


def save(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write the rows, ordered by student and file, with a column for each question."""
    asked = sorted({name for each in rows for name in each} - set(FIRST) - set(LAST))
    columns = [*FIRST, *asked, *LAST]
    ordered = sorted(rows, key=identity)
    lines = [[safe(each.get(name, "")) for name in columns] for each in ordered]
    write_csv(path, [columns, *lines], quoting=csv.QUOTE_NONNUMERIC)


def write_csv(path: Path, lines: list[list[Any]], **options: Any) -> None:
    """Write a table with a mark of its encoding, by which spreadsheets read the accents."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", **options).writerows(lines)
    write(path, "\ufeff" + text.getvalue())


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a table that this tool wrote, also if a spreadsheet has saved it since."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        sample = file.readline()
        file.seek(0)
        reader = csv.DictReader(file, delimiter=max(",;\t", key=sample.count))
        if not set(FIRST + LAST) <= set(reader.fieldnames or ()):
            raise ValueError(f"{path}: not a table that this tool wrote")
        return list(reader)


def keep_own(path: Path, records: list[dict[str, Any]]) -> None:
    """Add the row of the table that is there to each record, for what the lecturer wrote in it.

    Raises:
        ValueError: if that is no mark, or is written for a file that is not among the records.
    """
    old = {identity(each): each for each in read(path)} if path.exists() else {}
    wrong = []
    for each in records:
        own = each["own"] = old.pop(tuple(safe(part) for part in identity(each)), {})
        most = {"mark": 10**6} | {key: course()[each["exercise"]][key] for key in texts(each)}
        for name, points in most.items():
            try:
                fine = 0 <= (typed(own.get(name)) or 0) <= points
            except ValueError:
                fine = False
            if not fine:
                who = " ".join(identity(each))
                wrong.append(f"{who}: {name}: a number from 0 to {points}, not {own[name]!r}")
        if own and own["sha256"] != each["sha256"] and any(own.get(name) for name in most):
            each["notes"] = [*each["notes"], fill("notes", "changed")]
    for who, row in old.items():
        if any(row[n] and (n in OWN or row.get(f"{n} reason") in WORD["paper"]) for n in row):
            wrong.append(f"{' '.join(who)}: marked, and no longer among the submissions")
    if wrong:
        told = "what you wrote cannot be taken over, so nothing was written"
        raise ValueError(f"{path}: {told}:\n" + "\n".join(wrong))


def safe(value: Any) -> Any:
    """A text that no spreadsheet takes for a formula, on one line."""
    if not isinstance(value, str):
        return value
    return FORMULA.sub(r"\1'\2", " ".join(value.split()))


def merge(paths: list[Path], out: Path) -> int:
    """Join CSVs of several machines; the number of rows. `ValueError` if two of a file differ in more than time."""
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    problems = []
    for path in paths:
        for each in read(path):
            new = {name: value for name, value in each.items() if value != ""}
            new |= {name: each[name] or "" for name in FIRST + LAST}
            old = rows.setdefault(identity(new), new)
            differ = [n for n in sorted({*old, *new}) if old.get(n) != new.get(n)]
            if set(differ) - {"seconds"}:
                problems.append(f"{path}: {new['file']} ({new['student']}): {', '.join(differ)}")
    if problems:
        raise ValueError("\n".join(problems))
    save(out, list(rows.values()))
    return len(rows)
