"""``:::{quiz} ch02``: the self-test of a chapter, from ``book/_quiz/ch02.yml``.

    ## Autoevaluación

    :::{quiz} ch02
    :::

The page is written as a list of questions, each with its answer folded below, and that is what paper and a browser
without JavaScript show. ``book/_static/quiz.js`` makes of it one question at a time, answered before it is explained.
"""

from __future__ import annotations

import sys
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from .element import make

ROOT = Path(__file__).resolve().parents[3]
sys.path.append(str(ROOT))  # a plain `jupyter-book build` does not look there
from tools import self_tests as source  # noqa: E402


def options_list(options: dict[int, list[nodes.Node]]) -> nodes.Element:
    """Return options as they are shown; the number of the right one is 0."""
    rows = [make("li", *content, data_option=str(k)) for k, content in options.items()]
    return make("ol", *rows, classes="nf-options", type="a")


class Quiz(SphinxDirective):
    """The directive."""

    required_arguments = 1

    def run(self):
        """Build the list of questions."""
        (chapter,) = self.arguments
        if chapter not in source.chapters():
            raise self.error(f"quiz: no {chapter}.yml in {source.FOLDER}")
        self.env.note_dependency(str(source.path(chapter)))
        self.env.metadata[self.env.docname]["quiz"] = "yes"
        self.words = source.WORDS[self.config.language]
        items = source.items(chapter, self.config.language)
        return [make("ol", *map(self.question, items), classes="nf-quiz")]

    def text(self, markdown: str) -> list[nodes.Node]:
        """Return the nodes of a line of MyST."""
        found, _ = self.state.inline_text(markdown, self.lineno)
        return found

    def question(self, item: source.Item) -> nodes.Element:
        """Return one question with its options, and its answer folded."""
        name = nodes.make_id(f"quiz-{item.name}")
        asked = make("p", *self.text(item.question), classes="nf-asked")
        asked["ids"] = [name]
        options = {k: self.text(item.options[k]) for k in item.order}
        letters = {k: source.letter(i) for i, k in enumerate(item.order)}
        right = nodes.strong("", self.words["right"].format(letter=letters[0]))
        again = make("p", right, nodes.Text(" "), self.reread(item.reread))
        why = [
            make("li", nodes.strong("", f"{letters[k]}."), nodes.Text(" "),
                 make("span", *self.text(item.why[k - 1])), data_option=str(k))
            for k in item.order if k
        ]  # fmt: skip
        summary = make("summary", nodes.Text(self.words["answer"]))
        answer = make("details", summary, again, make("ul", *why), classes="nf-fold")
        return make("li", asked, options_list(options), answer, classes="nf-question")

    def reread(self, label: str) -> nodes.Element:
        """Return «Releer 2.7 …», whose number and title `NumberSections` fills in."""
        link = addnodes.pending_xref(
            "", nodes.inline(), refdomain="std", reftype="ref", reftarget=label,
            refexplicit=True, refwarn=True, refdoc=self.env.docname,
        )  # fmt: skip
        link["nf-reread"] = True
        self.set_source_info(link)
        return make("span", nodes.Text(f"{self.words['reread']} "), link, classes="nf-reread")


class NumberSections(SphinxPostTransform):
    """Write number and title of the section into links that ask to read it again, before they are resolved."""

    default_priority = 5

    def run(self, **options):
        """Fill in every such link."""
        for link in self.document.findall(addnodes.pending_xref):
            if "nf-reread" in link:
                label = link["reftarget"]
                page, anchor, title = self.env.domains["std"].labels.get(label, ("", "", label))
                here = page in ("", self.env.docname)
                tree = self.document if here else self.env.get_doctree(page)
                numbers = self.env.toc_secnumbers.get(page, {})
                link[0] += section_name(tree, anchor, numbers) or [nodes.Text(title)]


def section_name(doctree, anchor: str, numbers: dict) -> list[nodes.Node]:
    """Return «2.7 Title» for a section; one without a number has that of the section it is in."""
    for section in doctree.findall(nodes.section):
        if anchor in section["ids"]:
            title = [part.deepcopy() for part in next(section.findall(nodes.title))]
            number = lambda part: numbers.get(f"#{part['ids'][0]}")
            above = section
            while not number(above) and isinstance(above.parent, nodes.section):
                above = above.parent
            dotted = ".".join(map(str, number(above) or numbers.get("") or ()))
            return [nodes.Text(f"{dotted} ".lstrip()), *title]
    return []


def add_script(app, pagename, templatename, context, doctree):
    """Load script and style on the pages that ask something, and nowhere else."""
    if "quiz" in app.env.metadata.get(pagename, {}):
        app.add_css_file("quiz.css")
        app.add_js_file("quiz.js", loading_method="defer")


def setup(app):
    """Register the directive, and what fills its links."""
    app.add_directive("quiz", Quiz)
    app.add_post_transform(NumberSections)
    app.connect("html-page-context", add_script)
