"""Hints asked for: three a question, in both languages, in order, and none gives the answer."""

import html
import re
from collections import Counter

import numpy as np
import pytest
import torch

from nflib.course.check import Hint, Result, hint, language, text
from nflib.course.check.hints import LEVELS
from nflib.course.language import LANGUAGES
from tests.exercises.answers import texts_of
from tests.exercises.questions import SOLUTIONS, expressions, plain
from tools.course import ROOT

LONGEST = 300
ASKED = [(key, level) for key in SOLUTIONS for level in range(1, LEVELS + 1)]
NAMED = {"es": re.compile("«([^»]+)»"), "en": re.compile("“([^”]+)”")}


def texts(key):
    """The texts of a question, in order, in both languages."""
    return [hint(key, level).text for level in range(1, LEVELS + 1)]


@pytest.mark.parametrize("key", SOLUTIONS)
def test_every_question_has_three_hints_and_no_other_has(key):
    assert all(isinstance(hint(key, level), Hint) for level in range(1, LEVELS + 1))
    chapter, _, name = key.partition(".")
    asked = {other.partition(".")[2] for other in SOLUTIONS if other.startswith(chapter)}
    tables = {name for name, table in text.words(chapter).items() if isinstance(table, dict)}
    assert tables == asked and len(text.words(chapter)[name]["hints"]) == LEVELS


@pytest.mark.parametrize("key", SOLUTIONS)
def test_hints_are_short_and_say_the_same_in_both_languages(key):
    for each in texts(key):
        for words in each:
            assert 40 <= len(words) <= LONGEST and words == words.strip(), words
            assert words[0] in "«“¿" or words[0].isupper(), words
            assert words[-1] in ".?", words
            assert words.count("`") % 2 == 0 and not re.search(r"\$|\\|  |\n", words), words
        for part in (r"`[^`]+`", r"(?<![\w.])\d+(?:\.\d+)?"):
            found = [Counter(re.findall(part, words)) for words in each]
            assert found[0] == found[1], each
        assert "“" not in each.es and "«" not in each.en, each
        assert each.es != each.en


def test_no_two_hints_are_the_same_and_none_is_that_of_a_check():
    asked = [words for key in SOLUTIONS for each in texts(key) for words in each]
    assert Counter(asked).most_common(1)[0][1] == 1
    given = set()
    for path in text.FOLDER.glob("e*.toml"):
        for place, each in texts_of(text.words(path.stem)):
            given.update(() if "hints" in place else each)
    assert not given.intersection(asked)


@pytest.mark.parametrize("key", SOLUTIONS)
def test_hints_do_not_contain_the_solution(key):
    told = [plain(words) for other in SOLUTIONS for each in texts(other) for words in each]
    leaked = [
        (expression, words)
        for expression in set(expressions(SOLUTIONS[key].source))
        for words in told
        if expression in words
    ]
    assert not leaked


def headings(lang):
    """The headings of the chapters of an edition, in order."""
    pages = sorted((ROOT / f"book/{lang}").glob("[0-9]*.md"))
    lines = (line for page in pages for line in page.read_text(encoding="utf-8").splitlines())
    return [re.sub("^#+ ", "", line) for line in lines if re.match("##+ ", line)]


@pytest.mark.parametrize("key", SOLUTIONS)
def test_sections_that_hints_send_to_exist_and_are_the_same_in_both_languages(key):
    sections = set(zip(headings("es"), headings("en"), strict=True))
    for each in texts(key):
        named = [NAMED["es"].findall(each.es), NAMED["en"].findall(each.en)]
        assert set(zip(*named, strict=True)) <= sections, named


@pytest.mark.parametrize("key, level", ASKED)
def test_a_hint_shows_itself_in_the_language_in_force(key, level, lang):
    shown = hint(key, level)
    words = getattr(shown.text, lang)
    title = {"es": f"Pista {level} de 3 · {key}", "en": f"Hint {level} of 3 · {key}"}[lang]
    assert repr(shown).startswith(f"{title}\n  {words}")
    page = shown._repr_html_()
    assert f'lang="{lang}"' in page and title in page and "`" not in page
    assert page.count("<code") == (words.count("`") // 2) + (level < LEVELS)
    seen = html.unescape(re.sub("<[^>]+>", "", page))
    assert words.replace("`", "") in seen
    following = f'hint("{key}", {level + 1})'
    assert (following in repr(shown)) == (following in seen) == (level < LEVELS)


def test_a_hint_follows_a_change_of_language(lang):
    shown = hint("e02.q1")
    before = repr(shown)
    (other,) = set(LANGUAGES) - {lang}
    language(other)
    assert repr(shown) != before and getattr(shown.text, other) in repr(shown)


def test_the_first_hint_comes_unless_another_is_asked_for():
    assert hint("e02.q1") == hint("e02.q1", 1) != hint("e02.q1", 2)


@pytest.mark.parametrize("level", [True, 1.0, np.int64(1), np.float64(1)])
def test_a_level_equal_to_one_is_one(level):
    shown = hint("e02.q1", level)
    assert shown == hint("e02.q1", 1) and type(shown.level) is int


class Odd:
    """Something that cannot even be compared."""

    def __eq__(self, other):
        raise TypeError

    __hash__ = None


@pytest.mark.parametrize(
    "level",
    [0, 4, -1, 1.5, False, 10**30, float("nan"), float("inf"), None, "2", b"2", [], [1], 1j]
    + [np.array([1, 2]), torch.tensor([1, 2]), Odd()],
    ids=lambda level: type(level).__name__ + str(level)[:6],
)
def test_levels_that_do_not_exist_are_told_so(level, lang):
    result = hint("e02.q1", level)
    assert isinstance(result, Result) and not result and result.verdict == "error"
    assert 'hint("e02.q1", 3)' in getattr(result.message, lang)
    assert repr(result) and result._repr_html_()


@pytest.mark.parametrize(
    "key",
    ["", "q1", "e02", "e02.q9", "e99.q1", "e02.q1 ", "E02.q1", "e02.q1.q1", "hints.q1", "<b>"]
    + [None, 2, 2.1, ["e02.q1"], {}, b"e02.q1", np.array([1, 2]), hint],
    ids=lambda key: str(key)[:10],
)
@pytest.mark.parametrize("level", [1, 7, None])
def test_keys_that_do_not_exist_are_told_so(key, level, lang):
    result = hint(key, level)
    assert isinstance(result, Result) and result.verdict == "error" and result.step == "key"
    assert "e02.q1" in getattr(result.message, lang)
    assert repr(result) and "<b>" not in result._repr_html_()
