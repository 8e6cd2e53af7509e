"""The solution of a question is shown once it is done, or after three tries, with its reason."""

import re

import pytest
import torch

from nflib import dequantise, sample
from nflib.course.check import Solution, check, record, solution
from nflib.course.language import LANGUAGES
from nflib.course.targets import load_mnist, mnist_flow
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


def test_what_exercise_10_says_of_the_flow_of_digits_is_so():
    """Whichever flow it comes with: chapter 10's texts have no number of it, but these."""
    flow, classes = mnist_flow(), torch.eye(10)
    for seed in range(3):
        generator = torch.Generator().manual_seed(seed)
        drawn = sample(flow, 1, generator, classes[3:4], method="jacobi", exact=True)
        assert 8 <= drawn.sweeps < 30
    digits = load_mnist()
    images, labels = digits.images[:200], digits.labels[:200]
    x = dequantise(images, 256, torch.Generator().manual_seed(0))
    table = [flow.log_prob(x, c.expand(200, 10)) for c in classes]
    table = torch.stack(table, 1).double().detach()
    saved, cost, *_ = right("e10.q5").values()
    surest = table.softmax(1).amax(1)
    promised = torch.where(surest < 0.9, 1.0, 10 * (1 - surest)).mean()
    at_once, at_nine, later = (cost(table, labels, 10, tau) for tau in (0, 0.9, 0.99))
    assert later < at_nine < at_once and at_nine > 2 * promised
    assert saved(table, labels) < 3.32
