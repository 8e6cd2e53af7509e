"""The interactive figures as V8 (mini-racer) runs them: the engine of Chromium and of the build."""

import itertools
import json
from xml.etree import ElementTree

import torch
from py_mini_racer import MiniRacer

from tools.course import ROOT

FOLDER = ROOT / "book" / "_static" / "interactive"
NAMES = sorted(path.stem for path in FOLDER.glob("*.js") if path.stem != "common")
SVG = "{http://www.w3.org/2000/svg}"


def double(values) -> torch.Tensor:
    """Return numbers of JavaScript as a tensor; JSON writes whole ones as integers."""
    return torch.tensor(values, dtype=torch.float64)


class Engine:
    """The scripts of one figure, loaded as a page loads them."""

    def __init__(self, name: str):
        self.name = name
        self.context = MiniRacer()
        for script in ("common", name):
            self.context.eval((FOLDER / f"{script}.js").read_text("utf8"))

    def evaluate(self, code: str):
        """Evaluate an expression in which `figure` is the figure and `NF` what all share."""
        heads = f"const NF = NFInteractive, figure = NF.figures.{self.name};"
        return json.loads(self.context.eval(f"(() => {{{heads} return JSON.stringify({code})}})()"))

    def call(self, function: str, *arguments):
        """Call a function of the figure; NaN comes back as None."""
        return self.evaluate(f"figure.{function}(...{json.dumps(arguments)})")

    def tensor(self, function: str, *arguments) -> torch.Tensor:
        """Call a function of the figure that returns numbers."""
        return double(self.call(function, *arguments))

    def each(self, expression: str, points: torch.Tensor) -> list:
        """Evaluate an expression for each of many points p."""
        return self.evaluate(f"{points.tolist()}.map((p) => {expression})")

    def state(self, **changes) -> dict:
        """Return the first state with some changes."""
        return self.evaluate(f"figure.reduce(figure.initial, {json.dumps(changes)})")

    def draw(self, language: str, state: dict, part: str = "render") -> str:
        """Return the SVG, the readout or the summary."""
        words = f"figure.strings.{language}"
        return self.evaluate(f"figure.{part}({json.dumps(state)}, {words})")

    def svg(self, language: str = "en", **changes) -> ElementTree.Element:
        """Return the drawing of a state, parsed."""
        return ElementTree.fromstring(self.draw(language, self.state(**changes)))

    def numbers(self, **changes) -> dict[str, float]:
        """Return the numbers below the drawing of a state, with all their digits."""
        readout = self.draw("en", self.state(**changes), "readout")
        found = ElementTree.fromstring(f"<div>{readout}</div>").iter("data")
        return {data.get("data-key"): float(data.get("value")) for data in found}

    def states(self) -> list[dict]:
        """Return the corners of the state space, and some states inside it."""
        choices = {"width": [300, 358, 720]}
        for control in self.evaluate("figure.controls"):
            if control["kind"] == "select":
                choices[control["key"]] = control["options"]
            else:
                low, high = control.get("min", 0), control.get("max", 1000)
                inside = [(low + high) / 2] if high < 1000 else []
                choices[control["key"]] = [low, *inside, high]
        grid = itertools.product(*choices.values())
        return [self.state(**dict(zip(choices, values, strict=True))) for values in grid]
