"""Self-tests and «Prediga»: items that are whole and whose numbers are right, and what the page and notebook show."""

import io
import math
import re

import pytest
import torch
import yaml
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from tests.book.test_notebooks import FRONT, OnePage
from tools import self_tests
from tools.course import EDITIONS
from tools.generated_pages.parity import first_difference
from tools.notebooks.convert import Page
from tools.notebooks.myst import Index, MarkupError

ITEMS = {
    lang: [i for c in self_tests.chapters() for i in self_tests.items(c, lang)] for lang in EDITIONS
}
normal = torch.distributions.Normal(torch.tensor(0.0).double(), 1.0)


@pytest.mark.parametrize("lang", EDITIONS)
def test_every_item_is_whole(lang):
    labels, names = Index(lang).labels, [item.name for item in ITEMS[lang]]
    assert len(set(names)) == len(names)
    for item in ITEMS[lang]:
        assert labels[item.reread].kind == "sec", item
        assert len(item.why) == len(item.options) - 1, item.name
        assert len(set(item.options)) == len(item.options), item.name
        assert sorted(item.order) == list(range(len(item.options))), item.name
        assert all(text.count("$") % 2 == 0 for text in [item.question, *item.options, *item.why])


@pytest.mark.parametrize("chapter", self_tests.chapters())
def test_a_chapter_asks_six_questions_of_its_own_pages_and_hides_where_the_answer_is(chapter):
    items = self_tests.items(chapter, "es")
    labels = Index("es").labels
    assert len(items) == 6
    assert {labels[item.reread].page[:2] for item in items} == {chapter[2:]}
    assert len({item.order.index(0) for item in items}) > 1
    entries = yaml.safe_load(self_tests.path(chapter).read_text("utf8"))
    assert all({"es", "en"} == why.keys() for entry in entries for why in entry["why"])
    assert [i.order for i in items] == [i.order for i in self_tests.items(chapter, "en")]


def test_numbers_stand_in_their_order_and_other_options_do_not():
    assert self_tests.shuffled("q", ["$2$", "$-1$", "$0.5$"]) == [1, 2, 0]
    orders = {tuple(self_tests.shuffled(f"q{k}", ["a", "b", "c"])) for k in range(60)}
    assert len(orders) == 6


def planar(w, u, slope=1.0):
    return torch.linalg.det(
        torch.eye(len(w)) + slope * torch.outer(torch.tensor(u), torch.tensor(w))
    )


def square_density():
    """The density of Z² at 1, from the distribution function."""
    F = lambda x: normal.cdf(x.sqrt()) - normal.cdf(-x.sqrt())
    x = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(F(x), x)[0]


def preimages():
    a = torch.linspace(-5, 5, 1_000_000)
    return (torch.diff((a - 2 * a.tanh()).sign()) != 0).sum()


def hat(w, v, m):
    w, v = torch.tensor(w), torch.tensor(v)
    return (v + (m - w @ v) * w / (w @ w)).tolist()


def three_layers():
    z = torch.zeros((), dtype=torch.float64, requires_grad=True)
    x = z
    for _ in range(3):
        x = x + x.tanh()
    return normal.log_prob(z.detach()).exp() / torch.autograd.grad(x, z)[0]


# What the right option says, computed another way
NUMBERS = {
    "q1.1": 0.1 / 0.08,
    "q1.2": -2 - math.log(2 * 0.5 * 3),
    "q1.3": 1.91 - 1.01,
    "q2.2": 2 / 100,
    "q2.4": square_density(),
    "q3.2": 1 / (2 * math.pi) / 2,
    "q3.3": planar([2.0, 0.5, 1.0], [1.0, 2.0, -1.0]),
    "q3.4": 100 * math.log(0.1),
    "q4.2": 0.4 / torch.det(torch.tensor([[2.0, 1.0], [0.0, 4.0]])),
    "q5.2": -500 * math.log(9),
    "q5.6": three_layers(),
    "q6.1": planar([1.0, 2.0], [3.0, -1.0]),
    "q6.3": preimages(),
    "q7.5": torch.full((2000,), 0.5).log().sum(),
    "q8.1": 0.5 - 0.2,
    "q8.2": 1 + math.log(8 / 2) - math.log(8),
    "q8.6": 8 + 8 + 7,
    "q10.2": 4**2 * (1 / 2) * (1 / 4),
    "q10.4": 0.5 * math.log(2 * math.pi * math.e / 12) - math.log(1),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_the_right_option_is_the_number_that_a_computation_gives(name):
    (item,) = [item for item in ITEMS["es"] if item.name == name]
    said = re.findall(r"-?\d+(?:\.\d+)?", item.options[0])[-1]
    decimals = len(said.partition(".")[2])
    assert abs(float(said) - float(NUMBERS[name])) <= 0.51 * 10**-decimals


def test_the_vector_of_chapter_6_is_the_projection():
    assert hat([2.0, 0.0], [-3.0, 1.0], -0.5) == [-0.25, 1.0]
    assert torch.tensor(0.1).repeat(100).diag().det().log() == -math.inf
    assert torch.full((2000,), 0.5).double().prod().log() == -math.inf


# ------------------------------------------------------------------------------------------ pages

LABELS = sorted({item.reread for item in self_tests.items("ch02", "es")} - {"sec-cube"})
SECTIONS = "".join(f"({name})=\n## {name} $x$\n\n" for name in LABELS)
PAGE = f"""# Uno

{SECTIONS}(sec-cube)=
### Cubo

:::{{predict}}
¿Cuánto vale $x$?

- $2$
- $-1$
- $0.5$
:::

:::{{reveal}}
Es $2$.
:::

:::{{quiz}} ch02
:::
"""


@pytest.fixture
def build(tmp_path):
    """Return a function that builds a page and returns its article, or raises what Sphinx warns of."""

    def build(text):
        conf = """
extensions = ["myst_parser", "nfbook.katex", "nfbook.element", "nfbook.quiz", "nfbook.predict"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
language, html_theme, html_math_renderer = "es", "basic", "katex"
"""
        (tmp_path / "conf.py").write_text(conf, "utf8")
        (tmp_path / "index.md").write_text(
            "# I\n\n```{toctree}\n:numbered: 2\n02-one\n```\n", "utf8"
        )
        (tmp_path / "02-one.md").write_text(FRONT + text, "utf8")
        folders = [str(tmp_path), str(tmp_path), str(tmp_path / "html"), str(tmp_path / "trees")]
        warnings = io.StringIO()
        with docutils_namespace():
            Sphinx(*folders, "html", status=None, warning=warnings).build()
        lines = [line for line in warnings.getvalue().splitlines() if "katex.min.css" not in line]
        if lines:
            raise ValueError("\n".join(lines))
        return BeautifulSoup((tmp_path / "html/02-one.html").read_text("utf8"), "html.parser")

    return build


def test_a_page_has_the_questions_their_folded_answers_and_where_to_read_again(build):
    page = build(PAGE)
    questions = page.select("ol.nf-quiz > li.nf-question")
    for question, item in zip(questions, self_tests.items("ch02", "es"), strict=True):
        shown = [int(row["data-option"]) for row in question.select("ol.nf-options > li")]
        assert shown == item.order
        answer = question.select_one("details:not([open])")
        assert f"Es la {'abcd'[shown.index(0)]}." in answer.get_text()
        for k, why in enumerate(item.why, start=1):
            said = answer.select_one(f'ul > li[data-option="{k}"]').get_text()
            assert why.partition("$")[0] in said
        link = answer.select_one(".nf-reread a")
        assert link["href"] == f"#{item.reread}" and re.match(r"1\.[1-5] ", link.get_text())
    assert not page.select("details :not(.math).nf-reread .math-display")
    assert page.select(".nf-asked .katex") and "$" not in page.select_one("ol.nf-quiz").get_text()
    assert [s["src"] for s in page.select("script[src*='quiz.js']")]
    box = page.select_one(".nf-predict")
    assert [row["data-option"] for row in box.select("li")] == ["1", "2", "0"]
    assert page.select_one("details.nf-reveal > summary").get_text() == "Respuesta"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("# A\n\n:::{quiz} ch77\n:::", "no ch77.yml"),
        ("# A\n\n:::{reveal}\nx\n:::", "no question of this section"),
        ("# A\n\n:::{predict}\nx\n:::\n\n## B\n\n:::{reveal}\nx\n:::", "no question of this section"),
        ("# A\n\n:::{predict}\nx\n:::\n\n:::{reveal}\n$$\nx\n$$ (eq-x)\n:::", "with a label"),
        ("# A\n\n:::{predict}\n:number: 2\nx\n:::", "has a tolerance"),
    ],
)  # fmt: skip
def test_a_page_that_asks_wrongly_is_not_built(build, text, names):
    with pytest.raises(ValueError, match=names):
        build(text)


# ------------------------------------------------------------------------------------------ notebooks


@pytest.fixture
def notebook(tmp_path):
    """Return a function that converts a page and returns its Markdown."""

    def notebook(text):
        path = tmp_path / "02-one.md"
        path.write_text(FRONT + text, "utf8")
        cells = Page(path, "es", OnePage(path), {"02-one"}).notebook().cells
        return "\n".join(cell.source for cell in cells)

    return notebook


def test_a_notebook_has_the_same_questions_in_the_same_order(notebook, build):
    text, page = notebook(PAGE), build(PAGE)
    folds = [fold.get_text() for fold in page.select("li > details")]
    letters = [re.search(r"Es la (\w)", fold)[1] for fold in folds]
    assert letters == re.findall(r"\*\*Es la (\w)\.\*\* Releer", text)
    for item in self_tests.items("ch02", "es"):
        for k, why in enumerate(item.why, start=1):
            assert f"- **{self_tests.letter(item.order.index(k))}.** {why}" in text
    assert (
        "> **Prediga**\n>\n> ¿Cuánto vale $x$?\n>\n> - (a) $-1$\n> - (b) $0.5$\n> - (c) $2$" in text
    )
    assert "<summary>Respuesta</summary>\n\nEs $2$." in text
    assert text.count("<details>") == 7


def test_a_notebook_hides_no_formula_with_a_label(notebook):
    with pytest.raises(MarkupError, match="with a label"):
        notebook("# A\n\n:::{reveal}\n$$\nx\n$$ (eq-x)\n:::")


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ("¿Cuánto vale", "What is", None),
        ("- $0.5$\n", "", "options of predict"),
        ("ch02", "ch03", "quiz"),
        (":::{predict}", ":::{predict}\n:number: 3", "options of predict"),
    ],
)
def test_editions_ask_the_same(tmp_path, old, new, names):
    spanish, english = tmp_path / "es.md", tmp_path / "en.md"
    spanish.write_text(FRONT + PAGE, "utf8")
    english.write_text(FRONT + PAGE.replace(old, new), "utf8")
    difference = first_difference(spanish, english)
    assert difference is None if names is None else names in difference
