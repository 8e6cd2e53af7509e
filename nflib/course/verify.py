"""Tables that compare predictions with measurements, as the pages of the book show them."""

from __future__ import annotations

import math
from html import escape

from torch import Tensor

from nflib.course.language import language

HEADERS = {
    "es": ("cantidad", "previsto", "medido", "|error|", "tolerancia"),
    "en": ("quantity", "predicted", "measured", "|error|", "tolerance"),
}
VERDICTS = {"es": ("no cumple", "cumple"), "en": ("fails", "holds")}


class Row:
    """The comparison of one quantity: ``|measured − predicted|`` against its tolerance."""

    def __init__(self, label: str, predicted: float, measured: float, tolerance: float) -> None:
        self.label = label
        self.predicted, self.measured = _number(predicted), _number(measured)
        self.tolerance = _number(tolerance)
        equal = self.predicted == self.measured  # also −∞ and −∞, whose difference is NaN
        self.error = 0.0 if equal else abs(self.measured - self.predicted)
        self.holds = self.error <= self.tolerance  # False for NaN

    def cells(self) -> tuple[str, str, str, str, str]:
        """The texts of the row, under ``HEADERS``."""
        values = (f"{self.predicted:.6g}", f"{self.measured:.6g}")
        return (self.label, *values, _short(self.error), _short(self.tolerance))


class Table:
    """A table of rows, which shows itself as HTML or Markdown in a notebook, else as text."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self.language = language()

    def __repr__(self) -> str:
        lines = [HEADERS[self.language], *(row.cells() for row in self.rows)]
        marks = ["", *("✓" if row.holds else "✗" for row in self.rows)]
        widths = [max(len(line[k]) for line in lines) for k in range(5)]
        text = []
        for line, mark in zip(lines, marks, strict=True):
            numbers = (cell.rjust(w) for cell, w in zip(line[1:], widths[1:], strict=True))
            text.append("  ".join([line[0].ljust(widths[0]), *numbers, mark]).rstrip())
        return "\n".join(text)

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{h}</th>' for h in HEADERS[self.language])
        body = "".join(self._html_row(row) for row in self.rows)
        return f'<table class="verify"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'

    def _html_row(self, row: Row) -> str:
        label, *numbers, tolerance = row.cells()
        verdict = VERDICTS[self.language][row.holds]
        mark = f'<span role="img" aria-label="{verdict}">{"✓" if row.holds else "✗"}</span>'
        cells = "".join(f"<td>{cell}</td>" for cell in (*numbers, f"{tolerance} {mark}"))
        kind = "holds" if row.holds else "fails"
        return f'<tr class="{kind}"><th scope="row">{escape(label)}</th>{cells}</tr>'

    def _repr_markdown_(self) -> str:
        lines = [" | ".join(HEADERS[self.language]), ":-- | --: | --: | --: | --:"]
        for row in self.rows:
            cells = [cell.replace("|", "\\|") for cell in row.cells()]
            lines.append(" | ".join(cells) + (" ✓" if row.holds else " ✗"))
        lines[0] = lines[0].replace("|error|", "\\|error\\|")
        return "\n".join(f"| {line} |" for line in lines)


def verify(*rows: tuple[str, float, float, float]) -> Table:
    """Compare predictions of formulas with measurements; raise an error where they differ.

    Args:
        rows: tuples (label, predicted, measured, tolerance); numbers, or tensors of one element.

    Returns:
        a table that a notebook shows when it is the last value of its cell, in the language
        of ``nflib.course.language``.

    Raises:
        AssertionError: if |measured − predicted| exceeds its tolerance, or is NaN, in some row;
            its message is the table.
    """
    table = Table([Row(*row) for row in rows])
    if not all(row.holds for row in table.rows):
        raise AssertionError("\n" + repr(table))
    return table


def _number(value: float | Tensor) -> float:
    return float(value.detach() if isinstance(value, Tensor) else value)


def _short(error: float) -> str:
    return "0" if error == 0 else f"{error:.1e}" if math.isfinite(error) else f"{error}"
