"""Nothing of the lecture is lost: each item of a slide is somewhere in the chapter that it belongs to."""

import re

import pytest
from nfbook import slides

from tools.course import EDITIONS, ROOT
from tools.notebooks.myst import Index


def faults(lang: str) -> list[str]:
    """Say which items of written chapters are nowhere, and which places do not exist."""
    index = Index(lang)
    pages = {page.stem for page in index.pages}
    written = {page[:2] for page in pages}
    found = []
    for name, frame in slides.frames().items():
        for number, item in frame["items"].items():
            if not item["where"] and f"{item['chapter']:02d}" in written:
                found.append(f"{name}.{number}: nowhere in chapter {item['chapter']}")
            for place in item["where"]:
                if place not in index.labels and place not in pages:
                    found.append(f"{name}.{number}: there is no {place}")
    return found


@pytest.mark.parametrize("lang", EDITIONS)
def test_every_item_of_a_written_chapter_has_a_place_that_exists(lang):
    assert not (found := faults(lang)), "\n".join(found)


def test_an_item_that_is_nowhere_and_a_place_that_is_not_are_named(monkeypatch):
    spoilt = slides.frames()
    spoilt["S08"]["items"][2]["where"] = []
    spoilt["S08"]["items"][4]["where"] = ["eq-nowhere"]
    monkeypatch.setattr(slides, "frames", lambda: spoilt)
    assert faults("es") == ["S08.2: nowhere in chapter 2", "S08.4: there is no eq-nowhere"]


@pytest.mark.parametrize("lang", EDITIONS)
def test_the_lecture_has_every_slide_in_order_and_lasts_ninety_minutes(lang):
    text = (ROOT / "book" / lang / "lecture.md").read_text("utf8")
    headings = re.findall(r"^\(slide-(s\d\d)\)=\n### (S\d\d) · .* ·\u00a0(\d)′$", text, re.M)
    assert [anchor.upper() for anchor, _, _ in headings] == [name for _, name, _ in headings]
    without = {"S01", "S02", "S32"}  # title, outline and references
    assert [name for _, name, _ in headings] == [s for s in slides.frames() if s not in without]
    assert sum(int(minutes) for _, _, minutes in headings) == 90
    shown = re.findall(r"^:::\{slide-items\} (.*)$", text, re.M)
    assert sorted(" ".join(shown).split()) == list(slides.frames()), "each slide's items once"
