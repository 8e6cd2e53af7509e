"""The start page promises what is there: minutes, a self-test, a citation."""

import re

import pytest
import yaml

from tools.course import EDITIONS, ROOT


def read(lang, page):
    """Return the source of a page."""
    return (ROOT / "book" / lang / f"{page}.md").read_text("utf8")


@pytest.mark.parametrize("lang", EDITIONS)
def test_time_plan_is_what_chapters_and_exercises_announce(lang):
    rows = re.findall(
        r"^\| (\d)\. \{doc\}`([\w-]+)` \| (\d+) \| (\d+) \|$", read(lang, "index"), re.M
    )
    exercises = re.findall(r"^\| total \| (\d+) \|", read(lang, "exercises"), re.M)
    assert len(rows) == len(exercises) == 9
    for (number, page, reading, doing), minutes in zip(rows, exercises, strict=True):
        header = re.search(r"^\*\*(?:Tiempo|Time)\.\*\*.*$", read(lang, page), re.M)[0]
        assert re.findall(r"\d+", header)[:2] == [reading, minutes], page
        assert (doing, page[:2]) == (minutes, f"0{number}")
    total = re.search(r"^\| (?:en total|in all) \| (\d+) \| (\d+) \|$", read(lang, "index"), re.M)
    assert [int(sum_) for sum_ in total.groups()] == [
        sum(int(row[k]) for row in rows) for k in (2, 3)
    ]


@pytest.mark.parametrize("lang", EDITIONS)
def test_routes_take_the_hours_that_they_announce(lang):
    page = read(lang, "index")
    rows = re.findall(r"^\| (\d)\. \{doc\}`[\w-]+` \| (\d+) \| (\d+) \|$", page, re.M)
    reading, doing = ({int(n): int(row[k]) for n, *row in rows} for k in (0, 1))
    first = {
        int(n): int(minutes)
        for n, minutes in re.findall(
            r"^## (\d)\..*?^\| 1\. [^|]*\| (\d+) \|", read(lang, "exercises"), re.M | re.S
        )
    }
    weekend = sum(reading[n] + first[n] for n in range(2, 6))
    month = sum(reading[n] + doing[n] for n in range(1, 8))
    whole = sum(reading.values()) + sum(doing.values())
    hours = re.findall(
        r"^\| [^|]*\| [^|]*\| (\d+) \|$",
        page.partition("recorrido")[2] or page.partition("route")[2],
        re.M,
    )
    assert [int(hour) for hour in hours] == [round(m / 60) for m in (weekend, month, whole)]


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
