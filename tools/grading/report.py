"""One page of HTML a student: points, verdicts and hints, in the student's language."""

from __future__ import annotations

import hashlib
import html
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

from nflib.course.check.result import COLOURS
from tools.grading.messages import SYMBOL, TEXTS, WORD, say
from tools.grading.notebook import course
from tools.grading.records import write
from tools.grading.table import total

REPORT = TEXTS["report"]
STYLE = """
body{font:16px/1.55 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;
color:#1e1e1e;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2rem}
section{border-left:4px solid var(--c);padding:.4rem .9rem;margin:.7rem 0;
overflow-wrap:anywhere;background:color-mix(in srgb,var(--c) 12%,transparent)}
h3{font-size:1rem;margin:0}p{margin:.3rem 0}code{font-family:ui-monospace,monospace}
footer{margin-top:2rem;font-size:.85rem;overflow-wrap:anywhere}
@media(prefers-color-scheme:dark){body{color:#eee;background:#1e1e1e}}
"""


def save(folder: Path, records: list[dict[str, Any]], lang: str) -> None:
    """Write the report of every student, and remove those of nobody."""
    students: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        students[record["student"]].append(record)
    pages = {file_name(name): page(name, theirs, lang) for name, theirs in students.items()}
    for old in folder.glob("*.html"):
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        write(folder / name, text)


def file_name(student: str) -> str:
    """A file's name from any text; what had to be changed is told apart by a fingerprint."""
    plain = re.sub(r"[^\w.@-]+", "-", student).strip("-.")[:80]
    mark = hashlib.sha256(student.encode("utf-8", "replace")).hexdigest()[:6]
    return f"{plain}.html" if plain == student else f"{plain or 'student'}-{mark}.html"


def page(student: str, records: list[dict[str, Any]], lang: str) -> str:
    """The report of one student."""
    lang = next((each["lang"] for each in records if each["lang"]), lang)
    title = html.escape(say(REPORT["title"], lang, student))
    parts = [_submission(each, lang) for each in sorted(records, key=lambda each: each["file"])]
    return (
        f'<!doctype html>\n<html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head>\n"
        f"<body><h1>{title}</h1>\n{''.join(parts)}</body></html>\n"
    )


def _submission(record: dict[str, Any], lang: str) -> str:
    points = course().get(record["exercise"], {})
    number = record["exercise"].removeprefix("e")
    name = say(REPORT["exercise"], lang, number) if number else record["file"]
    score = say(REPORT["points"], lang, total(record), sum(points.values()))
    head = f"{name} · {score}" if points else name
    lines = [f"<h2>{html.escape(head)}</h2>\n<p><code>{html.escape(record['file'])}</code></p>\n"]
    for key, most in points.items():
        lines.append(_question(key, most, record["questions"].get(key, {}), lang))
    notes = [_text(note, lang) for note in record["notes"]]
    if notes:
        items = "".join(f"<li>{note}</li>" for note in notes)
        lines.append(f"<h3>{say(REPORT['notes'], lang)}</h3><ul>{items}</ul>\n")
    foot = say(REPORT["foot"], lang, record["nflib"], record["sha256"][:16] or "–")
    return "".join([*lines, f"<footer><p>{html.escape(foot)}</p></footer>\n"])


def _question(key: str, most: int, result: dict[str, Any], lang: str) -> str:
    verdict = result.get("verdict", "error")
    title = _text(result.get("title"), lang)
    reached = f" · {html.escape(result['progress'])} {title}" if result.get("progress") else ""
    score = say(REPORT["points"], lang, most if verdict == "pass" else 0, most)
    head = f"{SYMBOL[verdict]} {key} · {say(WORD[verdict], lang)}{reached} · {score}"
    hint = _text(result.get("hint"), lang)
    texts = [_text(result.get(name), lang) for name in ("message", "line")]
    texts.append(f"{say(REPORT['hint'], lang)}: {hint}" if hint else "")
    body = "".join(f"<p>{text}</p>" for text in texts if text)
    colour = COLOURS.get(verdict, COLOURS["pending"])
    return f'<section style="--c:{colour}"><h3>{head}</h3>{body}</section>\n'


def _text(pair: list[str] | None, lang: str) -> str:
    """One language of a text, escaped, with code between backticks."""
    text = html.escape(say(pair, lang) if pair else "")
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", text)
