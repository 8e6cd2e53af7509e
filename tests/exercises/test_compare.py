"""A step as data: which values are right, which mistake is named, which words are found."""

import math

import pytest
import torch

from nflib.course.check import engine, text
from nflib.course.check.compare import Sign

STEP = {
    "title": text.Text("t", "t"),
    "message": text.Text("{name}: {value:g} ≠ {right:g}", "{name}: {value:g} ≠ {right:g}"),
    **{name: text.Text(name, name) for name in ("twice", "sign", "missing", "otherwise")},
}


@pytest.fixture
def question(monkeypatch):
    """A function that makes a question of one step, ``f(x)`` being the function asked for."""
    monkeypatch.setattr(engine, "_questions", {})
    monkeypatch.setattr(engine, "words", lambda chapter: {"q1": {"step": STEP}})

    def make(right, cases=None, **options):
        asked = engine.Question("e00.q1", "f(x)")
        asked.compares("step", "f", cases or (lambda: [(torch.arange(3.0),)]), right, **options)
        return asked

    return make


MISTAKES = {
    "twice": lambda x: 2 * x,
    "sign": Sign(lambda found, right, *case: bool((found == -right).all())),
    "missing": (lambda x: x + 1, lambda x: x + 2),
}


@pytest.mark.parametrize(
    ("answer", "mistake"),
    [
        (lambda x: 2 * x, "twice"),
        (lambda x: -x, "sign"),
        (lambda x: x + 1, "missing"),
        (lambda x: x + 2, "missing"),
        (lambda x: x + 3, "otherwise"),
    ],
)
def test_the_first_mistake_that_gives_the_value_is_named(question, answer, mistake):
    asked = question(lambda x: x, mistakes=MISTAKES)
    result = asked.evaluate((answer,))
    assert (result.verdict, result.step, result.mistake) == ("fail", "step", mistake)
    assert result.hint == (mistake, mistake)
    assert asked.evaluate((lambda x: x * (1 + 1e-10),))


def test_declared_functions_are_listed_and_signs_are_not(question):
    listed = [
        (step, name, place) for step, name, place, _ in question(abs, mistakes=MISTAKES).mistakes()
    ]
    assert listed == [("step", "twice", 0), ("step", "missing", 0), ("step", "missing", 0)]


def test_the_message_tells_the_worst_value(question):
    result = question(lambda x: x).evaluate((lambda x: torch.tensor([0.5, 1.0, 7.0]),))
    assert result.message.es == "f: 7 ≠ 2"


def test_the_name_of_the_value_may_depend_on_the_case(question):
    asked = question(lambda x: x, [(torch.arange(3.0),)], name=lambda x: f"f of {len(x)}")
    assert asked.evaluate((lambda x: 2 * x,)).message.en == "f of 3: 2 ≠ 1"


def test_a_mistake_may_have_a_message_of_its_own(question, monkeypatch):
    monkeypatch.setitem(STEP, "message_twice", text.Text("2", "2"))
    asked = question(lambda x: x, mistakes=MISTAKES)
    assert asked.evaluate((lambda x: 2 * x,)).message.en == "2"
    assert asked.evaluate((lambda x: x + 1,)).message.en != "2"


def test_a_number_is_right_in_double_precision(question):
    asked = question(lambda x: 0.1, [(2.0,)], tolerance=1e-12)
    assert asked.evaluate((lambda x: torch.tensor(0.1, dtype=torch.float64),))


def test_the_worst_value_is_one_that_is_not_finite(question):
    asked = question(
        lambda x: x, finite=False, mistakes={"sign": Sign(lambda f, *_: f.isnan().any())}
    )
    result = asked.evaluate((lambda x: torch.tensor([0.0, math.nan, 9.0]),))
    assert result.mistake == "sign" and "nan" in result.message.es


def test_hidden_arguments_reach_only_the_right_function(question):
    asked = question(lambda x, z: z, lambda: [(torch.ones(2), torch.zeros(2))], hidden=1)
    assert asked.evaluate((lambda x: x - 1,)) and not asked.evaluate((lambda x: x,))


def test_what_goes_through_is_compared(question):
    asked = question(lambda x: x, through=lambda value, x: value.abs(), mistakes=MISTAKES)
    assert asked.evaluate((lambda x: -x,))
    assert asked.evaluate((lambda x: -2 * x,)).mistake == "twice"


def test_stacked_cases_are_judged_together(question):
    """Each value alone is a multiple of the right one; only all of them show the factor."""
    cases = lambda: [(torch.tensor(float(k)),) for k in (1, 2, 3)]
    factor = Sign(lambda found, right: (found / right).std() < 1e-6)
    asked = question(lambda x: x, cases, stacked=True, mistakes={"sign": factor})
    assert asked.evaluate((lambda x: 3 * x,)).mistake == "sign"
    assert asked.evaluate((lambda x: x + 1,)).mistake == "otherwise"


def test_tolerance_may_depend_on_the_case(question):
    asked = question(lambda x: x, tolerance=lambda x: 0.1 * len(x))
    assert asked.evaluate((lambda x: x + 0.2,)) and not asked.evaluate((lambda x: x + 0.4,))


def test_words_are_those_of_the_nearest_table():
    far, near = {"a": text.Text("1", "1"), "b": text.Text("2", "2")}, {"a": text.Text("3", "3")}
    step = engine.Step("step", abs, (near, far))
    assert [step.text(name).es for name in "ab"] == ["3", "2"]


def test_a_text_fills_its_places_in_each_language():
    filled = text.Text("{n:.1f} {yours}", "{n:.2f} {yours}").format(
        n=1, yours=text.Text("su", "your")
    )
    assert filled == ("1.0 su", "1.00 your")


def test_a_text_that_lacks_a_language_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "FOLDER", tmp_path)
    (tmp_path / "half.toml").write_text('[q1.step]\ntitle.es = "hola"\n', encoding="utf-8")
    with pytest.raises(TypeError, match=r"half\.q1\.step\.title"):
        text.words("half")
