"""Accessibility by axe-core: its complaints about a page, less those that are excused here.

Formulas and tokens of code are thinned before it looks: 17 s a page become 1.
"""

from pathlib import Path

import axe_playwright_python

SCRIPT = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text("utf8")

# Rule: why a page may break it. Nothing is excused today.
EXCUSED: dict[str, str] = {}

# Theme: the rules to look at in it. All, and once more those that a theme can change.
THEMES = {"light": None, "dark": ["color-contrast", "link-in-text-block"]}

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


def show(page, theme: str) -> None:
    """Give an open page a theme."""
    page.evaluate("(theme) => { document.documentElement.dataset.theme = theme }", theme)


def violations(page, settle: int = 0) -> list[str]:
    """Return what axe finds in both themes, a line for each element.

    First all is unfolded, and the page gets ``settle`` ms to react. What is left of it is good for no other test but
    that of its layout.
    """
    page.evaluate(SCRIPT)
    page.evaluate(PREPARE)
    page.wait_for_timeout(settle)
    excused = {rule: {"enabled": False} for rule in EXCUSED}
    found = []
    for theme, rules in THEMES.items():
        show(page, theme)
        for rule in page.evaluate(RUN, [rules, excused])["violations"]:
            found += [
                f"{theme}: {rule['id']}: {node['html'][:160]} "
                f"{node['failureSummary'].splitlines()[1].strip()}"
                for node in rule["nodes"]
            ]
    return found
