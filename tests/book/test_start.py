"""The start page promises what is there: minutes, a self-test, a citation."""

import re

import pytest
import yaml

from tools.course import EDITIONS, ROOT


def read(lang, page):
    """Return the source of a page."""
    return (ROOT / "book" / lang / f"{page}.md").read_text("utf8")


def plan(lang):
    """Return the rows of the time plan: chapter, page, minutes of reading, minutes of exercises."""
    rows = re.findall(
        r"^\| (\d)\. \{doc\}`([\w-]+)` \| (\d+) \| (\d+) \|$", read(lang, "index"), re.M
    )
    return [(int(n), page, int(reading), int(doing)) for n, page, reading, doing in rows]


@pytest.mark.parametrize("lang", EDITIONS)
def test_time_plan_is_what_chapters_and_exercises_announce(lang):
    exercises = re.findall(r"^\| total \| (\d+) \|", read(lang, "exercises"), re.M)
    assert [page[:2] for _, page, *_ in plan(lang)] == [f"0{number}" for number in range(1, 10)]
    assert [str(doing) for *_, doing in plan(lang)] == exercises
    for _, page, *minutes in plan(lang):
        header = re.search(r"^\*\*(?:Tiempo|Time)\.\*\*.*$", read(lang, page), re.M)[0]
        assert [int(number) for number in re.findall(r"\d+", header)][:2] == minutes, page
    total = re.search(r"^\| (?:en total|in all) \| (\d+) \| (\d+) \|$", read(lang, "index"), re.M)
    sums = [sum(column) for column in list(zip(*plan(lang), strict=True))[2:]]
    assert [int(number) for number in total.groups()] == sums


@pytest.mark.parametrize("lang", EDITIONS)
def test_routes_take_the_hours_that_they_announce(lang):
    page = read(lang, "index")
    minutes = {chapter: (reading, doing) for chapter, _, reading, doing in plan(lang)}
    first_question = r"^## (\d)\..*?^\| 1\. [^|]*\| (\d+) \|"
    found = re.findall(first_question, read(lang, "exercises"), re.M | re.S)
    first = {int(chapter): int(number) for chapter, number in found}
    weekend = sum(minutes[n][0] + first[n] for n in range(2, 6))
    month = sum(sum(minutes[n]) for n in range(1, 8))
    whole = sum(map(sum, minutes.values()))
    routes = page.partition("recorrido")[2] or page.partition("route")[2]
    hours = re.findall(r"^\| [^|]*\| [^|]*\| (\d+) \|$", routes, re.M)
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
