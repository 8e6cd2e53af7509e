"""Self-tests as a lecturer's course system imports them: Moodle XML and GIFT, a zip file for each language.

In ``quizzes-es.zip`` there are ``ch02.xml`` and ``ch02.gift.txt``, and so on; either has all that the other has. Texts
are HTML with formulas between ``\\(`` and ``\\)``, which Moodle's filter for MathJax reads.

Usage: python -m tools.publish.quiz_export [FOLDER]     (default: _build/downloads)
"""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ET
import zipfile
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

from tools import self_tests
from tools.course import BUILD, EDITIONS
from tools.notebooks.myst import Index

DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip file can hold
MARKDOWN = MarkdownIt("commonmark").use(dollarmath_plugin)
MARKDOWN.add_render_rule(
    "math_inline",
    lambda self, tokens, k, *_: rf"\({escape(tokens[k].content.strip(), quote=False)}\)",
)


def html(markdown: str) -> str:
    r"""Return a line of MyST as HTML; ``$x < 1$`` becomes ``\(x &lt; 1\)``."""
    return MARKDOWN.renderInline(markdown)


def entry(item: self_tests.Item, index: Index, lang: str) -> dict:
    """Return what both formats say of a question, in HTML: options have a fraction of the mark and a feedback."""
    label = index.labels[item.reread]
    section = f"{label.number} {label.title}".strip()
    answers = zip(item.options, [100, 0, 0, 0], ["", *item.why], strict=True)
    return {
        "name": item.name,
        "text": html(item.question),
        "feedback": html(f"{self_tests.WORDS[lang]['reread']} {section}."),
        "answers": [(html(text), fraction, html(why)) for text, fraction, why in answers],
    }


def moodle(category: str, entries: list[dict]) -> str:
    """Return questions as Moodle XML."""
    root = ET.Element("quiz")
    question = ET.SubElement(root, "question", type="category")
    _text(question, "category", f"$course$/top/{category}")
    for one in entries:
        question = ET.SubElement(root, "question", type="multichoice")
        _text(question, "name", one["name"])
        _text(question, "questiontext", one["text"], format="html")
        _text(question, "generalfeedback", one["feedback"], format="html")
        settings = {"defaultgrade": "1", "single": "true", "shuffleanswers": "true"}
        for name, value in settings.items():
            ET.SubElement(question, name).text = value
        for text, fraction, why in one["answers"]:
            answer = _text(question, "answer", text, fraction=str(fraction), format="html")
            _text(answer, "feedback", why, format="html")
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _text(parent: ET.Element, tag: str, text: str, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag, attributes)
    ET.SubElement(element, "text").text = text
    return element


def gift(category: str, entries: list[dict]) -> str:
    r"""Return questions as GIFT, in which ``\``, ``~``, ``=``, ``#``, ``{``, ``}`` and ``:`` are escaped."""
    safe = lambda text: re.sub(r"[\\~=#{}:]", r"\\\g<0>", text)
    lines = [f"$CATEGORY: $course$/top/{category}", ""]
    for one in entries:
        lines.append(f"::{safe(one['name'])}::[html]{safe(one['text'])} {{")
        for text, fraction, why in one["answers"]:
            lines.append(f"{'=' if fraction else '~'}{safe(text)}#{safe(why)}")
        lines += [f"####{safe(one['feedback'])}", "}", ""]
    return "\n".join(lines)


def export(lang: str) -> dict[str, str]:
    """Return the files of a language by name."""
    index, files = Index(lang), {}
    for chapter in self_tests.chapters():
        entries = [entry(item, index, lang) for item in self_tests.items(chapter, lang)]
        files[f"{chapter}.xml"] = moodle(chapter, entries)
        files[f"{chapter}.gift.txt"] = gift(chapter, entries)
    return files


def write(folder: Path) -> list[Path]:
    """Write the zip file of each language; the same items give the same file, byte for byte."""
    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / f"quizzes-{lang}.zip" for lang in EDITIONS]
    for lang, path in zip(EDITIONS, written, strict=True):
        with zipfile.ZipFile(path, "w") as zipped:
            for name, text in export(lang).items():
                zipped.writestr(zipfile.ZipInfo(name, DATE), text, zipfile.ZIP_DEFLATED)
    return written


if __name__ == "__main__":
    for path in write(Path(*sys.argv[1:]) if sys.argv[1:] else BUILD / "downloads"):
        print(f"  {path}")
