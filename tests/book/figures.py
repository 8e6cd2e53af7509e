"""The interactive figures as V8 (mini-racer) runs them: the engine of Chromium and of the build."""

from __future__ import annotations

import json

from py_mini_racer import MiniRacer

from tools.course import ROOT

FOLDER = ROOT / "book" / "_interactive"
NAMES = sorted(path.stem for path in FOLDER.glob("*.js") if path.stem != "common")
LANGUAGES = ("es", "en")
SVG = "{http://www.w3.org/2000/svg}"


class Engine:
    """The scripts of one figure, loaded as a page loads them."""

    def __init__(self, name: str):
        self.name = name
        self.context = MiniRacer()
        for script in ("common", name):
            self.context.eval((FOLDER / f"{script}.js").read_text("utf8"))

    def call(self, function: str, *arguments):
        """Call a function of the figure; NaN comes back as None."""
        code = f"JSON.stringify((NFInteractive.figures.{self.name}.{function})(...ARGUMENTS))"
        return json.loads(self.context.eval(code.replace("ARGUMENTS", json.dumps(arguments))))

    def evaluate(self, code: str):
        """Evaluate an expression in which `figure` is the figure and `NF` what all share."""
        heads = f"const NF = NFInteractive, figure = NF.figures.{self.name};"
        return json.loads(self.context.eval(f"(() => {{{heads} return JSON.stringify({code})}})()"))

    def state(self, **changes) -> dict:
        """Return the first state with some changes."""
        return self.evaluate(f"figure.reduce(figure.initial, {json.dumps(changes)})")

    def draw(self, language: str, state: dict, part: str = "render") -> str:
        """Return the SVG, the readout or the summary."""
        words = f"figure.strings.{language}"
        return self.evaluate(f"figure.{part}({json.dumps(state)}, {words})")


def numbers(page) -> dict[str, float]:
    """Return the numbers that a figure shows in a browser, with all their digits."""
    pairs = "elements => elements.map(element => [element.dataset.key, Number(element.value)])"
    return dict(page.locator("[data-interactive] data").evaluate_all(pairs))
