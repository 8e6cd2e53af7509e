"""A chapter's number is the number in its file name: ``02-densities`` is chapter 2, whatever else exists yet.

Sphinx numbers what the table of contents names, from 1. While chapters are still missing, that would call chapter 2
"1", and every equation with it. Here the first component of every number is replaced by the file's own.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from docutils import nodes

_CHAPTER = re.compile(r"(\d\d)-")


def chapter_number(docname: str) -> int | None:
    """Return the number that a chapter's file name starts with, or None."""
    match = _CHAPTER.match(PurePosixPath(docname).name)
    return int(match[1]) if match else None


def _renumber(number, chapter):
    return number and (chapter, *number[1:])  # None below the depth that is numbered


def renumber(app, env):
    """Rewrite section, figure and equation numbers after Sphinx has assigned them."""
    changed = []
    for docname, sections in env.toc_secnumbers.items():
        chapter = chapter_number(docname)
        if chapter is None or not sections.get(""):  # not a chapter, or a page without a number
            continue
        changed.append(docname)
        for anchor, number in sections.items():
            sections[anchor] = _renumber(number, chapter)
        for figures in env.toc_fignumbers.get(docname, {}).values():
            for anchor, number in figures.items():
                figures[anchor] = _renumber(number, chapter)
        env.titles[docname]["secnumber"] = _renumber(env.titles[docname]["secnumber"], chapter)
        for reference in env.tocs[docname].findall(nodes.reference):
            if reference.get("secnumber"):
                reference["secnumber"] = _renumber(reference["secnumber"], chapter)
    return changed


def setup(app):
    """Run after the collectors of Sphinx and of sphinx-multitoc-numbering."""
    app.connect("env-get-updated", renumber, priority=900)
