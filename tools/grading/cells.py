"""Cells of a notebook run one after another without a kernel, going on after an error."""

from __future__ import annotations

import ast
import linecache
import re
from collections.abc import Callable
from typing import Any

NOT_PYTHON = re.compile(r"^\s*(?:[\w, ]+=\s*)?[%!].*$|^\s*\?.*$|^\s*[\w.]+\?{1,2}\s*$")
TIMED = re.compile(r"\s*%%(?:time|timeit|capture|prun)\b")


class Skipped(Exception):
    """A cell of another language."""


def python(source: str) -> str:
    """The Python of a cell: lines for IPython (``%``, ``!``, ``?``) become ``pass``; of ``%%bash``, `Skipped`."""
    if source.lstrip().startswith("%%"):
        if not TIMED.match(source):
            raise Skipped(source.split(maxsplit=1)[0])
        source = source.lstrip().partition("\n")[2]
    try:
        ast.parse(source)
    except SyntaxError:
        lines = source.split("\n")
        source = "\n".join(
            line[: len(line) - len(line.lstrip())] + "pass" if NOT_PYTHON.match(line) else line
            for line in lines
        )
    return source


def run(source: str, number: int, names: dict[str, Any], limited: Callable) -> BaseException | None:
    """Run one cell in ``names``; what it raised, if it did. ``limited`` bounds its time."""
    file = f"<cell {number}>"
    try:
        text = python(source)
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        code = compile(text, file, "exec", dont_inherit=True)
        with limited():
            exec(code, names)
    except BaseException as error:
        return error.with_traceback(None)  # whose frames would hold what the cell held
    return None
