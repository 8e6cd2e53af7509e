"""``:::{predict}`` asks before it shows, and ``:::{reveal}`` is what it shows.

    :::{predict}
    Which fraction of the samples falls in $[1, 2]$?

    - $0.347$
    - $0.157$
    - $0.5$
    :::

    ```{code-cell} ipython3
    :tags: [reveal]
    inside.mean()
    ```

    :::{reveal}
    Because the probability is that of $0 \\le Z \\le \\ln 2$.
    :::

The list that ends a question has its options, the right one first; they are shown in another order. Instead of a list
there may be ``:number: 0.347`` with ``:tolerance: 0.02``, which asks for a number, or nothing, which only asks. Hidden
until the reader has chosen: in the same section, before the next question, the output of the first cell with the tag
``reveal``, and the first ``reveal``. ``quiz.js`` hides them: without JavaScript and on paper nothing is hidden, and a
``reveal`` is a fold.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from .element import make
from .quiz import options_list, source

logger = logging.getLogger(__name__)


class Predict(SphinxDirective):
    """The question."""

    has_content = True
    option_spec: ClassVar = {"number": float, "tolerance": float}

    def run(self):
        """Build a box with the question, and its options or the number."""
        self.assert_has_content()
        self.env.metadata[self.env.docname]["quiz"] = "yes"
        serial = self.env.new_serialno("predict") + 1
        box = nodes.admonition(classes=["predict", "nf-predict"], ids=[f"predict-{serial}"])
        words = source.WORDS[self.config.language]
        box += nodes.title("", words["predict"])
        self.set_source_info(box)
        self.state.nested_parse(self.content, self.content_offset, box)
        listed = box[-1] if isinstance(box[-1], nodes.bullet_list) else None
        if "number" in self.options:
            if listed is not None or "tolerance" not in self.options:
                raise self.error("predict: a number has a tolerance, and no list of options")
            data = {f"data_{name}": f"{value:g}" for name, value in self.options.items()}
            box += make("div", classes="nf-number", **data)
        elif listed is not None:
            if len(listed) < 2:
                raise self.error("predict: a choice needs two options or more")
            texts = [f"${item.astext()}$" if only_formula(item) else "" for item in listed]
            order = source.shuffled(f"{Path(self.env.docname).name}-{serial}", texts)
            contents = {k: listed[k].children for k in order}
            box.replace(listed, options_list({k: tight(c) for k, c in contents.items()}))
        return [box]


def only_formula(item: nodes.list_item) -> bool:
    """Return whether an option is a formula and nothing else."""
    return len(item) == 1 and [type(part) for part in item[0]] == [nodes.math]


def tight(content: list[nodes.Node]) -> list[nodes.Node]:
    """Return what an option says without its paragraph, if that is all."""
    return content[0].children if len(content) == 1 else content


class Reveal(SphinxDirective):
    """The answer; its title is the argument, «Respuesta» without one."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True

    def run(self):
        """Build a fold."""
        self.assert_has_content()
        title = (
            self.arguments[0] if self.arguments else source.WORDS[self.config.language]["answer"]
        )
        words, _ = self.state.inline_text(title, self.lineno)
        fold = make("details", make("summary", *words), classes="nf-fold nf-reveal")
        self.set_source_info(fold)
        self.state.nested_parse(self.content, self.content_offset, fold)
        if any(formula.get("label") for formula in fold.findall(nodes.math_block)):
            raise self.error("reveal: a formula with a label may not be hidden")
        return [fold]


def kind(node: nodes.Node) -> str:
    """Return «predict», or what of a page waits for one: «cell» or «reveal»; otherwise nothing."""
    classes = set(node.get("classes", ())) if isinstance(node, nodes.Element) else set()
    found = {"nf-predict": "predict", "tag_reveal": "cell", "nf-reveal": "reveal"}
    return next((name for mark, name in found.items() if mark in classes), "")


def find_orphans(app, doctree):
    """Warn of what waits for a question that is not there."""
    for section in doctree.findall(nodes.section):
        waiting: set[str] = set()
        for child in section:
            if (what := kind(child)) == "predict":
                waiting = {"cell", "reveal"}
            elif what in waiting:
                waiting.remove(what)
            elif what:
                logger.warning(
                    "no question of this section reveals it", location=child, type="predict"
                )


def setup(app):
    """Register both directives."""
    app.add_directive("predict", Predict)
    app.add_directive("reveal", Reveal)
    app.connect("doctree-read", find_orphans)
