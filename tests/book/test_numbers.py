"""No measured number is typed: what a chapter says is quoted from a run, or stands in its code, or has its formula."""

import math
import re

import jupytext
import pytest
import yaml

from nflib.course import own_run
from tools.course import EDITIONS, ROOT
from tools.notebooks.myst import ROLE, chapter_number

# A decimal number, or a percentage
NUMBER = re.compile(r"(?<![\w.§])\d+\.\d+(?![\w.]*\.\d)|(?<![\w.])\d+(?=(?:\\,)?\s*\\?%)")
FORMULAS = {name: getattr(math, name) for name in dir(math) if name[0] != "_"}
FORMULAS |= {"abs": abs, "sum": sum, "range": range}
CHAPTERS = sorted({p.name[:2] for p in (ROOT / "book/es").glob("[0-9][0-9]-*.md")})


def formulas(chapter: str) -> dict[str, str]:
    """The numbers of a chapter that a formula gives, as they are written."""
    file = ROOT / "tests/numbers" / f"{chapter}.yml"
    return yaml.safe_load(file.read_text("utf8")) if file.exists() else {}


def prose_and_code(chapter: str, lang: str) -> tuple[str, str]:
    """What both pages of a chapter say, without what names something, and the code of their cells."""
    prose, code = [], []
    for page in sorted((ROOT / "book" / lang).glob(f"{chapter}-*.md")):
        for cell in jupytext.read(page, fmt="md:myst").cells:
            if cell.cell_type == "code":
                code.append(cell.source)
                prose.append(cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", ""))
            else:
                prose.append(cell.source)
    text = re.sub(r"\{cite:\w\}`[^`]*`[^.;]*|:alt: .*|`[^`]+`|\]\([^)]*\)", " ", "\n".join(prose))
    return ROLE.sub(" ", text), "\n".join(code)


def value(formula: str) -> float:
    """The value of a formula of our own file."""
    return eval(str(formula), {"__builtins__": {}}, FORMULAS)


def written_as(written: str, number: float) -> bool:
    """Whether a number is what is written, rounded to its digits where there are two or more."""
    digits = len(written.partition(".")[2])
    return f"{number:.{digits}f}" == written if digits > 1 else math.isclose(number, float(written))


@pytest.mark.parametrize("lang", EDITIONS)
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_number_in_prose_is_quoted_or_in_the_code_or_has_a_formula(chapter, lang):
    prose, code = prose_and_code(chapter, lang)
    known = {float(n) for n in re.findall(r"\d+\.?\d*(?:e-?\d+)?", code)}
    known |= {100 * n for n in known} | {value(formula) for formula in formulas(chapter).values()}
    typed = [n for n in NUMBER.findall(prose) if not any(written_as(n, k) for k in known)]
    assert not typed, (
        f"typed by hand: {typed}; quote them with {{run}}, or tests/numbers/{chapter}.yml"
    )


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_formula_gives_the_digits_that_are_written(chapter):
    for written, formula in formulas(chapter).items():
        digits = len(str(written).partition(".")[2])
        assert f"{value(formula):.{digits}f}" == str(written), f"{formula} is {value(formula)}"


def test_every_recorded_number_is_of_a_check_of_its_chapter():
    for file in own_run.NUMBERS.glob("*.json"):
        _, code = prose_and_code(file.stem, "es")
        # The names in the code; in an f-string, any word may stand for a field
        names = "|".join(
            re.sub(r"\{[^}]*\}", r"[\\w-]+", n) for n in re.findall(r'"([\w{}.()-]+-[^" ]+)"', code)
        )
        for name in own_run.json.loads(file.read_text("utf8")):
            assert re.fullmatch(names, name), f"{file.name}: no check reproduces {name}"


def test_every_quoted_number_is_recorded():
    for lang in EDITIONS:
        for page in (ROOT / "book" / lang).glob("*.md"):
            for role, content in ROLE.findall(page.read_text("utf8")):
                if role == "run":
                    own_run.quote(content)
                    assert chapter_number(page.stem) or page.stem in (
                        "errata",
                        "index",
                        "lecture",
                    ), page


@pytest.mark.parametrize("word", ["prototip", "prototyp"])
def test_no_number_is_of_a_prototype_that_nobody_can_open(word):
    for lang in EDITIONS:
        for page in (ROOT / "book" / lang).glob("*.md"):
            assert word not in page.read_text("utf8").lower(), page
