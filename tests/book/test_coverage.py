"""Nothing of the lecture is lost: each item of a slide is somewhere in the chapter that it belongs to."""

import pytest

from tools.course import EDITIONS
from tools.generated_pages import coverage
from tools.generated_pages.coverage import faults, frames


@pytest.mark.parametrize("lang", EDITIONS)
def test_every_item_of_a_written_chapter_has_a_place_that_exists(lang):
    assert not (found := faults(lang)), "\n".join(found)


def test_an_item_that_is_nowhere_and_a_place_that_is_not_are_named(monkeypatch):
    spoilt = frames()
    spoilt["S08"]["items"][2]["where"] = []
    spoilt["S08"]["items"][4]["where"] = ["eq-nowhere"]
    monkeypatch.setattr(coverage, "frames", lambda: spoilt)
    assert faults("es") == ["S08.2: nowhere in chapter 2", "S08.4: there is no eq-nowhere"]
