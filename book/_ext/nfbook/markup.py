"""Mends to what the theme and the other extensions write: scripts nobody uses, names in the wrong language."""

from __future__ import annotations

import re

from sphinx.errors import ExtensionError

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
        "Toggle primary sidebar": "Mostrar u ocultar el índice del curso",
        "Toggle secondary sidebar": "Mostrar u ocultar el contenido de la página",
    }
}


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


def mend_search(app, exception):
    """Keep out of search results what is not text: the second copy of each formula, the header."""
    script = app.outdir / "_static" / "searchtools.js"
    if exception or app.builder.format != "html":
        return
    removed = '[".headerlink", "script", "style"]'
    more = '[".headerlink", "script", "style", ".katex-mathml", ".bd-header-article"]'
    source = script.read_text("utf8")
    if removed not in source and more not in source:
        raise ExtensionError("nfbook: searchtools.js is not the one that mend_search knows")
    script.write_text(source.replace(removed, more), "utf8")


def setup(app):
    """Mend pages as they are written, and Sphinx's search script at the end."""
    app.connect("builder-inited", mend_pages)
    app.connect("build-finished", mend_search)
