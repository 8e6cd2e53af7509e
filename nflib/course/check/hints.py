"""Three hints for each question, shown on request: ``hint("e03.q1")``, then ``hint("e03.q1", 2)`` and 3.

The first says where to look, the second what to think of, the third what to do next. None of them
is the answer. They are in ``texts/eNN.toml``, in the table ``[q1.hints]``.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real

from nflib.course.check.engine import question, unknown
from nflib.course.check.result import Result, as_html
from nflib.course.check.text import Text, words

LEVELS = 3
MESSAGES = words("engine")["hints"]
COLOUR = "#3a7ebf"


@dataclass(frozen=True)
class Hint:
    """One of the hints of a question, shown in the language in force."""

    key: str
    level: int
    text: Text

    def _head(self) -> str:
        return f"{MESSAGES['title'].format(level=self.level, levels=LEVELS)} · {self.key}"

    def _body(self) -> list[tuple[str, str]]:
        more = MESSAGES["next"].format(call=f'hint("{self.key}", {self.level + 1})')
        next_one = [("next", str(more))] if self.level < LEVELS else []
        return [("hint", str(self.text)), *next_one]

    def __repr__(self) -> str:
        return "\n".join([self._head(), *(f"  {text}" for _, text in self._body())])

    def _repr_html_(self) -> str:
        return as_html("hint", COLOUR, self._head(), self._body())


def hint(key: str, level: int = 1) -> Hint | Result:
    """Show a hint of a question; the next one is shown only if it is asked for.

    Args:
        key: the question, for example ``"e02.q1"``.
        level: 1 says where to look, 2 what to think of, 3 what to do next.

    Returns:
        A `Hint` that a notebook displays in the language set by `nflib.course.language.language`,
        or a `Result` that says what is wrong with the call. It never raises.
    """
    if question(key) is None:
        return unknown(key)
    if not isinstance(level, Real) or level not in range(1, LEVELS + 1):
        return Result(key, "error", "usage", MESSAGES["usage"].format(key=key, levels=LEVELS))
    chapter, _, name = key.partition(".")
    return Hint(key, int(level), words(chapter)[name]["hints"][str(int(level))])
