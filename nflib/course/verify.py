"""Checks as the pages of the book show them: one line that unfolds into a table.

There are two kinds. ``verify`` compares a measurement with a prediction of another derivation, marked ✓; ``reproduce``
compares it with a number of our own run that no theory predicts (``own_run``), marked ↻.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from html import escape

from torch import Tensor

from nflib.course.language import language
from nflib.course.own_run import recorded

WORDS = {
    "es": {
        "✓": ("cantidad", "previsto", "medido", "|error|", "tolerancia"),
        "↻": ("cantidad", "nuestra corrida", "ahora", "diferencia", "margen"),
        "count ✓": ("1 comprobación", "{} comprobaciones"),
        "count ↻": ("1 número de nuestra corrida", "{} números de nuestra corrida"),
        "tightest ✓": "la más ajustada: error {} de {} permitido ({})",
        "tightest ↻": "la mayor diferencia, {} de {} ({})",
        "exact": "exactas",
        "verdict": ("no cumple", "cumple"),
    },
    "en": {
        "✓": ("quantity", "predicted", "measured", "|error|", "tolerance"),
        "↻": ("quantity", "our run", "now", "difference", "margin"),
        "count ✓": ("1 check", "{} checks"),
        "count ↻": ("1 number of our run", "{} numbers of our run"),
        "tightest ✓": "tightest: error {} of {} allowed ({})",
        "tightest ↻": "largest difference, {} of {} ({})",
        "exact": "exact",
        "verdict": ("fails", "holds"),
    },
}  # fmt: skip


@dataclass
class Row:
    """The comparison of one quantity: ``|measured − predicted|`` against its tolerance, or a bound."""

    label: str
    predicted: float
    measured: float
    tolerance: float = 0.0
    sign: str = ""  # "<" or ">" of a bound, which has no tolerance
    error: float = field(init=False)
    holds: bool = field(init=False)

    def __post_init__(self) -> None:
        # equal: also −∞ and −∞, whose difference is NaN
        equal = self.predicted == self.measured
        self.error = 0.0 if equal else abs(self.measured - self.predicted)
        self.holds = {
            "": self.error <= self.tolerance,  # False for NaN
            "<": self.measured < self.predicted,
            ">": self.measured > self.predicted,
        }[self.sign]

    @property
    def sentence(self) -> str:
        """A bound as one reads it: ``below the entropy (0.924 < 1.419)``."""
        return f"{self.label} ({self.measured:.4g} {self.sign} {self.predicted:.4g})"

    def cells(self) -> tuple[str, str, str, str, str]:
        """The texts of the row, under its headers."""
        predicted, measured = f"{self.predicted:.6g}", f"{self.measured:.6g}"
        if self.sign:
            return (self.label, f"{self.sign} {predicted}", measured, "", "")
        return (self.label, predicted, measured, _short(self.error), _short(self.tolerance))


class Table:
    """Rows of one kind or of both, which a notebook shows folded, and a terminal as text."""

    def __init__(self, theory: list[Row], run: list[Row], folded: bool = True) -> None:
        self.groups = [("✓", theory)] * bool(theory) + [("↻", run)] * bool(run)
        self.folded, self.words = folded, WORDS[language()]

    @property
    def holds(self) -> bool:
        """Whether every row does."""
        return all(row.holds for _, rows in self.groups for row in rows)

    def summary(self, kind: str, rows: list[Row]) -> str:
        """Say in one line how many rows there are, and which comes nearest to its tolerance."""
        one, many = self.words[f"count {kind}"]
        count = one if len(rows) == 1 else many.format(len(rows))
        if len(rows) == 1 and rows[0].sign:
            return f"{kind} {rows[0].sentence}"
        inexact = [row for row in rows if row.tolerance and not row.sign]
        if inexact:
            row = max(inexact, key=lambda row: row.error / row.tolerance)
            said = str(self.words[f"tightest {kind}"])
            said = said.format(f"{row.error:.2g}", f"{row.tolerance:.2g}", row.label)
        else:
            said = "; ".join(row.sentence for row in rows if row.sign) or str(self.words["exact"])
        return f"{kind} {count} · {said}"

    def __repr__(self) -> str:
        text = []
        for kind, rows in self.groups:
            lines = [self.words[kind], *(row.cells() for row in rows)]
            marks = ["", *(kind if row.holds else "✗" for row in rows)]
            widths = [max(len(line[k]) for line in lines) for k in range(5)]
            for line, mark in zip(lines, marks, strict=True):
                numbers = (cell.rjust(w) for cell, w in zip(line[1:], widths[1:], strict=True))
                text.append("  ".join([line[0].ljust(widths[0]), *numbers, mark]).rstrip())
        return "\n".join(text)

    def _repr_html_(self) -> str:
        return "".join(self._html_group(kind, rows) for kind, rows in self.groups)

    def _html_group(self, kind: str, rows: list[Row]) -> str:
        head = "".join(f'<th scope="col">{h}</th>' for h in self.words[kind])
        body = "".join(self._html_row(kind, row) for row in rows)
        return (
            f'<details class="verify{" verify-run" * (kind == "↻")}"{" open" * (not self.folded)}>'
            f"<summary>{escape(self.summary(kind, rows))}</summary>"
            f'<table class="verify"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></details>'
        )

    def _html_row(self, kind: str, row: Row) -> str:
        label, *numbers, tolerance = row.cells()
        verdict = self.words["verdict"][row.holds]
        mark = f'<span role="img" aria-label="{verdict}">{kind if row.holds else "✗"}</span>'
        cells = "".join(
            f"<td>{cell}</td>" for cell in (*map(escape, numbers), f"{tolerance} {mark}")
        )
        return f'<tr><th scope="row">{escape(label)}</th>{cells}</tr>'


def verify(*rows: tuple, run: tuple | list = (), folded: bool = True) -> Table:
    """Compare predictions of formulas with measurements; raise an error where they differ.

    Args:
        rows: tuples (label, predicted, measured, tolerance), or (label, measured, "<" or ">", bound); numbers,
            or tensors of one element.
        run: rows of ``reproduce``.
        folded: whether a page shows one line until it is asked for the table.

    Returns:
        a table that a notebook shows when it is the last value of its cell, in the language
        of ``nflib.course.language``.

    Raises:
        AssertionError: if in some row |measured − predicted| exceeds its tolerance, or is NaN, or a bound
            does not hold; its message is the table.
    """
    own = [(label, recorded(name, _number(now)), now, margin) for label, name, now, margin in run]
    table = Table([_row(*row) for row in rows], [_row(*row) for row in own], folded)
    if not table.holds:
        raise AssertionError("\n" + repr(table))
    return table


def reproduce(*rows: tuple[str, str, float, float], folded: bool = True) -> Table:
    """Compare numbers of our own run with those of the run at hand; raise an error beyond a margin.

    Args:
        rows: tuples (label, name of the recorded number, number now, margin).

    Returns:
        a table, as ``verify`` does.

    Raises:
        AssertionError: as ``verify`` does.
        KeyError: if no run has recorded a name.
    """
    return verify(run=rows, folded=folded)


def _row(label: str, first: float, second: float | str, third: float) -> Row:
    if isinstance(second, str):
        return Row(label, _number(third), _number(first), sign=second)
    return Row(label, _number(first), _number(second), _number(third))


def _number(value: float | Tensor) -> float:
    return float(value.detach() if isinstance(value, Tensor) else value)


def _short(error: float) -> str:
    return "0" if error == 0 else f"{error:.1e}" if math.isfinite(error) else f"{error}"
