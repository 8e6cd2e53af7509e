"""Extensions of Jupyter Book for this course, a small module for each."""

from . import (
    api,
    bibliography,
    contents,
    copies,
    docstrings,
    element,
    gallery,
    interactive,
    katex,
    languages,
    ledger,
    links,
    meta_tags,
    page_weight,
    placeholders,
    predict,
    quiz,
    run_numbers,
    search,
    slides,
    theme_patches,
)

# The last one works on the finished pages
PARTS = (
    contents,
    placeholders,
    run_numbers,
    bibliography,
    katex,
    ledger,
    links,
    languages,
    interactive,
    gallery,
    element,
    quiz,
    predict,
    copies,
    slides,
    docstrings,
    api,
    search,
    theme_patches,
    meta_tags,
    page_weight,
)


def setup(app):
    """Register every part of the extension with Sphinx."""
    for part in PARTS:
        part.setup(app)
    return {"version": "0.1", "parallel_read_safe": True, "parallel_write_safe": False}
