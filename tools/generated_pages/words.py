"""The words of the pages that are made by code, and how such a page begins."""

from __future__ import annotations

import tomllib
from pathlib import Path

WORDS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf8"))


def beginning(label: str, words: dict[str, str]) -> list[str]:
    """Return a page's first lines: description for whoever has not opened it, label, title, introduction."""
    front = f'---\nmyst: {{html_meta: {{description: "{words["description"]}"}}}}\n---\n'
    return [front, f"({label})=", f"# {words['title']}", "", words["intro"]]
