"""axe-core, which looks for what keeps people out of a page: what it finds there, less what is excused here."""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python

SCRIPT = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text("utf8")

# Rule: why a page may break it. Nothing is excused today.
EXCUSED: dict[str, str] = {}

COLOURS = ("color-contrast", "link-in-text-block")  # all that a theme can change

# Unfold what is folded. And drop what axe would look at ten thousand times and that always looks the same: of the
# formulas and of each kind of code token only the first in a kind of box stays an element.
PREPARE = """() => {
  for (const folded of document.querySelectorAll("details")) folded.open = true;
  for (const formula of document.querySelectorAll(".katex")) formula.textContent = "x";
  const seen = new Set();
  for (const part of document.querySelectorAll("span.math, pre span[class]:not(:has(*))")) {
    const box = part.closest("[class*=cell_], .admonition, figcaption, article");
    const kind = `${part.className} in ${box?.className}`;
    if (seen.has(kind)) part.replaceWith(part.textContent);
    seen.add(kind);
  }
  document.body.normalize();
}"""

RUN = """([rules, excused]) => axe.run({
  resultTypes: ["violations"],
  preload: false,
  runOnly: rules ?? undefined,
  rules: { "target-size": { enabled: true }, ...excused },
})"""


def prepare(page):
    """Load axe into a page, and make the page quick to look at; nothing else can be tested on it afterwards."""
    page.evaluate(SCRIPT)
    page.evaluate(PREPARE)


def violations(page, rules=None) -> list[str]:
    """Return what axe finds on a prepared page, a line for each element."""
    excused = {rule: {"enabled": False} for rule in EXCUSED}
    found = page.evaluate(RUN, [rules and list(rules), excused])["violations"]
    return [
        f"{rule['id']}: {node['html'][:160]} {node['failureSummary'].splitlines()[1].strip()}"
        for rule in found
        for node in rule["nodes"]
    ]
