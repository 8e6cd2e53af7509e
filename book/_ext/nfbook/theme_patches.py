"""Mends to what the theme and the other extensions write: scripts nobody uses, names in the wrong language, and what
axe-core or the HTML checker object to."""

from __future__ import annotations

import re

from docutils import nodes

# (pattern, replacement): markup that assistive technology reads wrongly, in the templates of the theme
_MENDS = [
    # myst-nb's folded code: paragraphs are not allowed in <summary>, and its label is always English
    (
        re.compile(
            r'<summary aria-label="Toggle hidden content">\s*'
            r'<p class="collapsed admonition-title">(.*?)</p>\s*'
            r'<p class="expanded admonition-title">(.*?)</p>',
            re.S,
        ),
        r'<summary><span class="collapsed admonition-title">\1</span>'
        r'<span class="expanded admonition-title">\2</span>',
    ),
    # the role of a reference is deprecated, and not one that a list may hold
    (re.compile(r'(<div class="citation"[^>]*) role="doc-biblioentry"'), r'\1 role="listitem"'),
    # the empty corner of a table heads nothing
    (re.compile(r'<th class="([^"]*)"><p>(?:\s|&nbsp;)*</p></th>'), r'<td class="\1"></td>'),
    # what lies outside landmarks is skipped by who moves from landmark to landmark
    (
        re.compile(r'<div id="pst-primary-sidebar"'),
        '<div id="pst-primary-sidebar" role="region" aria-label="Course"',
    ),
    # what opens the pages of a chapter in the contents has no name
    (
        re.compile(r'<summary><span class="toctree-toggle"'),
        '<summary aria-label="Pages of the chapter"><span class="toctree-toggle"',
    ),
    # thebe needs Binder and another host; its extension writes the addresses into every page
    (re.compile(r"<script[^>]*>\s*const THEBE_JS_URL.*?</script>\s*", re.S), ""),
    (re.compile(r"<script[^>]*>[^<]*thebe_selector[^<]*</script>\s*", re.S), ""),
    (re.compile(r"<script[^>]*sphinx-thebe\.js[^>]*></script>\s*"), ""),
    (re.compile(r"<link[^>]*sphinx-thebe\.css[^>]*/?>\s*"), ""),
    # the icons are in the style sheet's fonts too; this script draws them a second time (1.4 MB)
    (re.compile(r"<script[^>]*scripts/fontawesome\.js[^>]*></script>\s*"), ""),
    (re.compile(r'<link rel="preload"[^>]*scripts/fontawesome\.js[^>]*/?>\s*'), ""),
]

# What the theme's own catalogue leaves in English, by language
_WORDS = {
    "es": {
        'aria-label="Course"': 'aria-label="Curso"',
        'aria-label="Main"': 'aria-label="Capítulos"',
        'aria-label="Pages of the chapter"': 'aria-label="Páginas del capítulo"',
        'aria-label="Page"': 'aria-label="En esta página"',
        "Toggle primary sidebar": "Mostrar u ocultar el índice del curso",
        "Toggle secondary sidebar": "Mostrar u ocultar el contenido de la página",
    }
}

# For who has no mouse: a button of the header keeps the focus when a key pressed it (`detail` counts clicks). The theme
# takes it away, to close a tooltip under the mouse, and so a menu that closes would not know where to return.
_KEYBOARD = """
document.addEventListener("click", ({ detail, target }) => {
  const button = target.closest("button");
  if (button) button.blur = detail ? HTMLElement.prototype.blur : () => {};
}, true);
"""


def mend_pages(app):
    """Apply the mends to every page as its template is rendered."""
    if app.builder.format != "html":
        return
    render = app.builder.templates.render
    words = _WORDS.get(app.config.language, {})

    def mended(template, context):
        html = render(template, context)
        for pattern, replacement in _MENDS:
            html = pattern.sub(replacement, html)
        for english, translated in words.items():
            html = html.replace(english, translated)
        return html

    app.builder.templates.render = mended


def drop_repeated_ids(app, doctree, docname):
    """Take off the id that sphinx-proof gives to every theorem alike, once Sphinx has counted the sections."""
    for section in doctree.findall(nodes.section):
        if "proof-content" in section["ids"]:
            section["ids"].remove("proof-content")


def setup(app):
    """Mend pages as they are read and written."""
    app.add_js_file(None, body=_KEYBOARD)
    app.add_js_file("preview.js", loading_method="defer")
    app.connect("doctree-resolved", drop_repeated_ids)
    app.connect("builder-inited", mend_pages)
