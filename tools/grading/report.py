"""One page of HTML a student: points, verdicts and hints, in the student's language; report.html shows them."""

from __future__ import annotations

import hashlib
import html
import re
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from nflib.course.check.result import COLOURS
from tools.grading.messages import SYMBOL, TEXTS, WORD, say
from tools.grading.notebook import course
from tools.grading.records import write
from tools.grading.table import credit, total

PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True
)


def save(folder: Path, records: list[dict[str, Any]], lang: str) -> None:
    """Write the report of every student, and remove those of nobody."""
    folder.mkdir(parents=True, exist_ok=True)
    students: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        students[record["student"], record["number"]].append(record)
    pages = {file_name(*who): page(who[0], theirs, lang) for who, theirs in students.items()}
    for old in folder.glob("*.html"):
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        write(folder / name, text)


def file_name(student: str, number: str = "") -> str:
    """A file's name from any text; what had to be changed is told apart by a fingerprint."""
    student = f"{student} {number}".strip()
    plain = re.sub(r"[^\w.@-]+", "-", student).strip("-.")[:80]
    mark = hashlib.sha256(student.encode("utf-8", "replace")).hexdigest()[:6]
    return f"{plain}.html" if plain == student else f"{plain or 'student'}-{mark}.html"


def page(student: str, records: list[dict[str, Any]], lang: str) -> str:
    """The report of one student."""
    lang = next((each["lang"] for each in records if each["lang"]), lang)
    texts = {name: partial(say, pair, lang) for name, pair in TEXTS["report"].items()}
    tools: dict[str, Any] = {"course": course(), "total": total}
    tools |= {"credit": credit, "one": partial(text_in, lang=lang)}
    tools |= {"colours": COLOURS, "symbol": SYMBOL, "word": WORD, "lang": lang}
    ordered = sorted(records, key=lambda each: each["file"])
    template = PAGES.get_template("report.html")
    return template.render(student=student, records=ordered, **texts, **tools) + "\n"


def text_in(pair: Sequence[str] | None, lang: str) -> Markup:
    """One language of a text, escaped, with code between backticks."""
    escaped = html.escape(say(pair, lang)).replace("\n", "<br>") if pair else ""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped))
