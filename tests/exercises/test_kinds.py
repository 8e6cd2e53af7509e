"""Answers that are no function: choices, numbers, predictions, texts, and data of one's own."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from nflib.course.check import check, evaluate, predict, progress, record, variant
from nflib.course.check.call import LONGEST, as_plain
from nflib.course.check.kinds import SHORT, Choice, Number, Prediction
from nflib.course.check.variants import MAKERS
from tests.exercises.answers import solution
from tests.exercises.questions import SOLUTIONS

PROOF = "each of the d axes is stretched by c and turned: the factor is c to the d"


class Refused(Exception):
    """What a step says when it is not met."""


def require(condition, hint="hint", message="", **values):
    if not condition:
        raise Refused(hint)


@pytest.mark.parametrize("given", ["B", "b", " b. ", "(B)", np.str_("b")])
def test_a_choice_is_read_as_people_write_it(given):
    assert Choice(0, "B", tuple("ABC"))(require, as_plain(given)) is None


@pytest.mark.parametrize(
    ("given", "hint"), [("A", "a"), ("c", "c"), ("D", "options"), (2, "options"), ("", "options")]
)
def test_each_wrong_option_has_its_hint_and_what_is_no_option_another(given, hint):
    with pytest.raises(Refused, match=f"^{hint}$"):
        Choice(0, "B", tuple("ABC"))(require, given)


@pytest.mark.parametrize("given", [3, 3.0, np.int64(3), torch.tensor(3)])
def test_a_line_is_a_number_of_any_type(given):
    assert Choice(0, 3, tuple(range(1, 6)))(require, as_plain(given)) is None
    with pytest.raises(Refused, match=r"^line_4$"):
        Choice(0, 3, tuple(range(1, 6)))(require, as_plain(given) + 1)


def test_a_number_is_right_to_its_tolerance_and_a_known_mistake_is_named():
    step = Number(1, lambda side, area: side**2, {"sum": lambda side, area: 4 * side}, 1e-3)
    step(require, 3.0, 9.008)
    for given, hint in (
        (9.01, "otherwise"),
        (12.0, "sum"),
        (math.nan, "otherwise"),
        ("9", "value"),
    ):
        with pytest.raises(Refused, match=f"^{hint}$"):
            step(require, 3.0, given)
    assert list(step.wrong(3.0, None)) == [("sum", 12.0)]


def test_a_prediction_is_never_wrong_but_must_be_a_number():
    step = Prediction(0, {"close": lambda g: abs(g - 2) < 0.5, "high": lambda g: g > 2})
    assert [step(require, g)[0][0] for g in (2.2, 5, -1, math.nan)] == [
        "close", "high", "otherwise", "otherwise",
    ]  # fmt: skip
    pair = Prediction(0, {"close": lambda a, b: a < b})
    assert pair(require, [1, 2]) == [("close", {"value": "1, 2"})]
    with pytest.raises(Refused, match=r"^numbers$"):
        step(require, "many")


def test_a_text_is_handed_in_and_its_criteria_are_told(beginner):
    result = check("e03.q6", PROOF)
    assert result.verdict == "paper" and result and "(3)" in result.message.es
    assert "passed" in record.read()["e03.q6"]
    assert not evaluate("e03.q6", "c " * (SHORT - 1))
    assert evaluate("e03.q6", ...).verdict == evaluate("e03.q6", None).verdict == "pending"


@pytest.mark.parametrize("given", [3, [PROOF], {"a": PROOF}, lambda: PROOF, PROOF.encode()])
def test_what_is_no_text_is_told(given):
    result = evaluate("e03.q6", given)
    assert result.verdict == "fail" and result.hint.en


def test_the_first_prediction_stays(beginner, capsys):
    assert predict("e03.q5", 2.5) == 2.5 == predict("e03.q5", 4)
    stored = json.loads(Path(record.FILE).read_text(encoding="utf-8"))
    assert stored["e03.q5"]["predicted"] == 2.5
    assert predict("e03.q6", (1, torch.tensor(2))) == [1, 2]
    assert predict("e03.q4", ...) is ... and "e03.q4" not in record.read()
    assert len(capsys.readouterr().out.splitlines()) == 4
    assert "✗" not in repr(progress())  # a prediction is no try


@pytest.mark.parametrize("key", MAKERS)
def test_data_of_ones_own_depend_on_the_number_alone(key):
    own = variant(key, "1.234.567-8")
    for same in ("12345678", 12345678, " 1234567-8 "):
        assert torch.equal(torch.as_tensor(own), torch.as_tensor(variant(key, same)))
    others = {str(variant(key, n)) for n in range(200)}
    assert len(others) >= 150, "too many share their data"


def test_another_students_answer_does_not_pass():
    assert evaluate("e03.q5", *solution("e03.q5").values())
    result = evaluate("e03.q5", "7654321", *list(solution("e03.q5").values())[1:])
    assert (result.verdict, result.step) == ("fail", "area")


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ("x" * (LONGEST + 1), "x" * LONGEST),
        ([1, "a", [2.5]], [1, "a", [2.5]]),
        (np.arange(3), [0, 1, 2]),
        (torch.tensor(2.0, requires_grad=True), 2.0),
        (torch.zeros(101), None),
        (True, None),
        (1j, None),
        (object(), None),
    ],
)
def test_plain_values(given, plain):
    assert as_plain(given) == plain


def measured(key, what):
    """The value of an expression after the cells of a question, as a comment writes it."""
    names = dict(SOLUTIONS[key].before)
    exec(f"{SOLUTIONS[key].source}\n{SOLUTIONS[key].after}", names)
    return format(eval(what, names), ".2f" if key == "e01.q5" else "d").replace("-", "−")


@pytest.mark.parametrize(
    ("key", "guess", "what"),
    [
        ("e01.q5", -20, "mean_log_kde(fresh, data, 0.03)"),
        ("e07.q6", 64, "1 + int((errors(network(0.1)) >= 1e-6).sum())"),
    ],
)
def test_what_a_comment_calls_measured_is_what_the_cell_prints(key, guess, what, beginner):
    said = str(check(key, predict(key, guess), *list(solution(key).values())[1:]))
    assert re.search(rf"(?<![\d.]){re.escape(measured(key, what))}(?![\d.])", said)
