"""The solution of a question is shown once it is done, or after three tries, with its reason."""

import re

import pytest

from nflib.course.check import Solution, check, record, solution
from nflib.course.language import LANGUAGES
from tests.exercises.answers import solution as right
from tests.exercises.questions import SOLUTIONS


@pytest.fixture(autouse=True)
def nothing_done(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(record, "_memory", {})


def test_it_is_shown_after_three_tries_and_not_before():
    for left in (3, 2, 1):
        result = solution("e03.q1")
        assert result.verdict == "pending" and str(left) in result.message.en
        check("e03.q1", lambda A: A, lambda vertices: vertices)
    assert isinstance(solution("e03.q1"), Solution)
    assert solution("e03.q2").verdict == "pending"


def test_it_is_shown_at_once_after_success():
    assert check("e02.q1", *right("e02.q1").values())
    assert "def density_affine" in solution("e02.q1").code


@pytest.mark.parametrize("key", ["e99.q1", None, 3])
def test_a_question_that_there_is_not_is_told(key):
    assert solution(key).verdict == "error"


@pytest.mark.parametrize("key", SOLUTIONS)
def test_each_has_the_code_that_passes_and_its_reason_in_every_language(key):
    record.record(key, passed=True)
    shown = solution(key)
    assert shown.code.startswith(SOLUTIONS[key].source)
    for lang in LANGUAGES:
        assert len(getattr(shown.reason, lang)) > 100
    assert re.match(r"\*\*\w+ · e\d\d\.q\d\*\*\n\n```python\n", shown._repr_markdown_())
