"""The result of a check: a verdict in words and a symbol, one message, one hint."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from nflib.course.check.text import NOTHING, Text, words
from nflib.course.language import language

MESSAGES = words("engine")["verdict"]
SYMBOLS = {"pass": "✓", "paper": "✎", "fail": "✗", "pending": "…", "error": "!"}
# Mid-tones: at least 3:1 against white and against #1e1e1e. Text keeps the page's own colour.
COLOURS = {
    "pass": "#2e9e4f",
    "paper": "#3a7ebf",
    "fail": "#d9534f",
    "pending": "#8a8a8a",
    "error": "#c07a1a",
}


@dataclass(frozen=True)
class Result:
    """The verdict on one question; its truth value is True for *pass*, and for *paper*, which a person marks.

    Attributes:
        key: the question.
        verdict: ``"pass"``, ``"paper"``, ``"fail"``, ``"pending"`` or ``"error"``.
        step: the name of the step that was not met; empty if all were met.
        message: what was found.
        hint: one thing to think about; may be empty.
        line: the student's own line if their code raised.
        title: the step in words.
        progress: how far the check came, as ``"2/4"``.
        mistake: the name of the hint, ``"otherwise"`` if no known mistake fits.
    """

    key: str
    verdict: str
    step: str = ""
    message: Text = NOTHING
    hint: Text = NOTHING
    line: Text = NOTHING
    title: Text = NOTHING
    progress: str = ""
    mistake: str = ""

    def __bool__(self) -> bool:
        return self.verdict in ("pass", "paper")

    def _head(self) -> str:
        symbol, word = SYMBOLS[self.verdict], MESSAGES[self.verdict]
        reached = f" · {self.progress} {self.title}" if self.progress else ""
        return f"{symbol} {self.key} · {word}{reached}"

    def _body(self) -> list[tuple[str, str]]:
        hint = f"{MESSAGES['hint']}: {self.hint}" if str(self.hint) else ""
        parts = [("message", str(self.message)), ("line", str(self.line)), ("hint", hint)]
        return [(name, text) for name, text in parts if text]

    def __repr__(self) -> str:
        return "\n".join([self._head(), *(f"  {text}" for _, text in self._body())])

    def _repr_html_(self) -> str:
        return as_html(self.verdict, COLOURS[self.verdict], self._head(), self._body())


def as_html(kind: str, colour: str, head: str, rows: list[tuple[str, str]]) -> str:
    """A box with a coloured edge: a head in bold and texts, by name, in which `code` may stand."""
    box = (
        f"border-left:4px solid {colour};background:{colour}1f;"
        "padding:.5em .9em;margin:.3em 0;line-height:1.5;overflow-wrap:anywhere"
    )
    body = "".join(f'<div class="nf-check__{name}">{_code(text)}</div>' for name, text in rows)
    return (
        f'<div class="nf-check nf-check--{kind}" lang="{language()}" '
        f'style="{box}"><strong class="nf-check__head">{_code(head)}</strong>{body}</div>'
    )


def _code(text: str) -> str:
    """HTML of a text in which code stands between backticks."""
    style = "font-family:monospace;background:none;color:inherit"
    escaped = html.escape(text).replace("\n", "<br>")
    return re.sub(r"`([^`]+)`", rf'<code style="{style}">\1</code>', escaped)
