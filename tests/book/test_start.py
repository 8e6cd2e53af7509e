"""The start page promises what is there: minutes, a self-test, a citation."""

import re

import numpy as np
import pytest
import yaml
from PIL import Image

from tools.course import EDITIONS, ROOT
from tools.dev import draw_digits
from tools.notebooks.myst import ROLE
from tools.site.length import Length, chapters, faults, length, minutes


def read(lang, page):
    """Return the source of a page."""
    return (ROOT / "book" / lang / f"{page}.md").read_text("utf8")


@pytest.mark.parametrize("lang", EDITIONS)
def test_minutes_are_quoted_and_never_typed(lang):
    page = read(lang, "index")
    doors = page.partition("::::::{grid}")[2].partition("::::::\n")[0]
    assert "{hours}`1-7`" in doors and "{doc}" in doors
    known = minutes(lang)
    for source in (page, read(lang, "teaching"), *(read(lang, name) for name in chapters(lang))):
        for role, quoted in ROLE.findall(source):
            assert role not in ("minutes", "hours") or quoted in known, quoted


def test_a_chapter_is_counted_and_what_is_folded_is_not(tmp_path):
    page = tmp_path / "02-x.md"
    page.write_text(
        "# Dos palabras\n\nUna {term}`función` de $x$, y\n\n$$\nx = 1\n$$ (eq-x)\n\n"
        ":::{dropdown} Demostración\nno cuenta nada\n:::\n\n"
        "```{code-cell} ipython3\n:tags: [hide-input]\nfolded = 1\n```\n\n"
        "```{code-cell} ipython3\nseen = 1\nverify(folded=False)\n```\n",
        "utf8",
    )
    asked = length(page)
    assert (asked.words, asked.formulas, asked.symbols) == (6, 1, 1)
    assert (asked.code, asked.tables, asked.figures) == (2, 1, 0)


@pytest.mark.parametrize("lang", EDITIONS)
def test_chapters_stay_within_their_budgets(lang):
    assert not faults(chapters(lang))
    over = {"02-x": Length(words=1801), "09-y": Length(words=2200, code=121)}
    assert len(faults(over)) == 2


@pytest.mark.parametrize("lang", EDITIONS)
def test_every_question_of_the_self_test_has_an_answer_and_a_way_out(lang):
    questions = re.findall(
        r"^:::\{dropdown\} (\d)\. (.*?)\n(.*?)\n:::$", read(lang, "index"), re.M | re.S
    )
    assert [int(number) for number, _, _ in questions] == list(range(1, 8))
    for _, question, answer in questions:
        assert question.endswith("?")
        assert re.search(r"^(?:Si|If) ", answer, re.M), question


@pytest.mark.parametrize("lang", EDITIONS)
def test_citation_is_that_of_the_citation_file(lang):
    cited = re.search(r"```bibtex\n(.*?)```", read(lang, "index"), re.S)[1]
    entry = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf8"))
    assert f"{{{entry['title']}}}" in cited
    assert f"{{{{{entry['authors'][0]['name']}}}}}" in cited
    assert f"{{{entry['date-released'].year}}}" in cited
    assert f"Version {entry['version']}." in cited
    assert entry["references"][0]["authors"][0]["family-names"] in cited


def test_the_digits_are_what_the_flow_draws():
    """Rounding may tip a pixel, and with it a digit, on another processor; not most of them."""
    for name, images in draw_digits.sheets().items():
        with Image.open(ROOT / f"book/_static/{name}.png") as picture:
            grey = np.asarray(picture.convert("L"), float)[
                :: draw_digits.SCALE, :: draw_digits.SCALE
            ]
        digits = grey[2:, 2:].reshape(5, 30, 10, 30)[:, :28, :, :28].swapaxes(1, 2)
        wanted = 255 - images.view(5, 10, 28, 28).numpy()
        same = np.abs(digits - wanted) <= 1
        assert same[~np.isnan(wanted)].mean() > 0.9, name
