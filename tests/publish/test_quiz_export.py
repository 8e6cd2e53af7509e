"""The self-tests that a lecturer imports, read back from Moodle XML and from GIFT, against the items themselves."""

import html
import re
import xml.etree.ElementTree as ET
import zipfile

import pytest

from tools import self_tests
from tools.course import EDITIONS, ROOT
from tools.publish import quiz_export

FILES = {lang: quiz_export.export(lang) for lang in EDITIONS}
CASES = [(lang, chapter) for lang in EDITIONS for chapter in self_tests.chapters()]
each_file = pytest.mark.parametrize(("lang", "chapter"), CASES)


def plain(text):
    r"""Return imported HTML as the Markdown that it came from."""
    text = re.sub(r"\\\((.*?)\\\)", r"$\1$", text)
    text = re.sub(r"</?strong>", "**", re.sub(r"</?code>", "`", text))
    return html.unescape(text)


def asked(lang, chapter):
    """Return what the yml says, as both readers below do."""
    found = []
    for item in self_tests.items(chapter, lang):
        answers = zip(item.options, [True, False, False, False], ["", *item.why], strict=True)
        found.append((item.name, item.question, list(answers)))
    return found


def read_moodle(text):
    said = lambda element, path: plain(element.findtext(path) or "")
    for question in ET.fromstring(text.partition("?>")[2]).iterfind(
        "question[@type='multichoice']"
    ):
        assert question.findtext("single") == "true" and question.findtext("generalfeedback/text")
        answers = [
            (said(a, "text"), a.get("fraction") == "100", said(a, "feedback/text"))
            for a in question.iterfind("answer")
        ]
        yield question.findtext("name/text"), said(question, "questiontext/text"), answers


def read_gift(text):
    """Read as Moodle does: set what is escaped aside, split at what is not, put it back."""
    aside = re.sub(r"\\(.)", lambda found: chr(0xE000 + ord(found[1])), text)
    back = lambda part: plain(
        re.sub("[\ue000-\ue0ff]", lambda f: chr(ord(f[0]) - 0xE000), part.strip())
    )
    for name, question, answers in re.findall(r"::(.*?)::\[html\](.*?)\{(.*?)\}", aside, re.S):
        answers, _, feedback = answers.partition("####")
        assert feedback.strip()
        found = re.findall(r"([=~])([^=~#]*)#([^=~#]*)", answers)
        yield back(name), back(question), [(back(t), s == "=", back(why)) for s, t, why in found]


@each_file
def test_moodle_reads_what_was_asked(lang, chapter):
    assert list(read_moodle(FILES[lang][f"{chapter}.xml"])) == asked(lang, chapter)


@each_file
def test_gift_reads_what_was_asked(lang, chapter):
    assert list(read_gift(FILES[lang][f"{chapter}.gift.txt"])) == asked(lang, chapter)


def test_less_than_and_code_are_html():
    assert quiz_export.html("$a < b$ y `x`") == r"\(a &lt; b\) y <code>x</code>"


def test_the_zip_files_are_those_that_the_page_for_teachers_names(tmp_path):
    for lang, path in zip(EDITIONS, quiz_export.write(tmp_path), strict=True):
        assert f"../downloads/{path.name}" in (ROOT / f"book/{lang}/teaching.md").read_text("utf8")
        with zipfile.ZipFile(path) as zipped:
            assert sorted(zipped.namelist()) == sorted(FILES[lang])
    before = [path.read_bytes() for path in sorted(tmp_path.iterdir())]
    quiz_export.write(tmp_path)
    assert before == [path.read_bytes() for path in sorted(tmp_path.iterdir())]
