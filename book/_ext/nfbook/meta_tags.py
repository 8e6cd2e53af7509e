"""Meta tags of a page, for search engines and shared links: description, picture, address of the feed.

A page's description is in its front matter (``myst: {html_meta: {description: "…"}}``). A notebook of exercises or
solutions has none, so that one is made from its title. sphinxext-opengraph writes the tags of a shared link.
"""

from __future__ import annotations

from html import escape

from docutils import nodes

from . import placeholders

NOTEBOOK = {
    "es": {
        "exercises": "{title}: preguntas con pistas, y cada respuesta se revisa al momento.",
        "solutions": "{title}: cada pregunta resuelta, con el código que se puede ejecutar.",
    },
    "en": {
        "exercises": "{title}: questions with hints, and each answer is checked on the spot.",
        "solutions": "{title}: each question solved, with code that can be run.",
    },
}
NEWS = {"es": "Novedades del curso", "en": "What's new in the course"}
LOCALE = {"es": "es_UY", "en": "en_US"}


def description(app, pagename: str, doctree) -> str:
    """Return a page's description, or nothing if it has none."""
    for tag in doctree.findall(nodes.meta):
        if tag.get("name") == "description":
            return tag["content"]
    sentence = NOTEBOOK[app.config.language].get(pagename.partition("/")[0], "")
    return sentence.format(title=app.env.titles[pagename].astext())


def page_context(app, pagename, templatename, context, doctree):
    """Complete the tags of a page before sphinxext-opengraph adds its own."""
    language, metatags = app.config.language, context.get("metatags", "")
    if doctree and (text := description(app, pagename, doctree)):
        if 'name="description"' not in metatags:
            metatags += f'<meta name="description" content="{escape(text)}" />\n'
        locale = {"og:locale": LOCALE[language]}
        context["meta"] = (context.get("meta") or {}) | {"og:description": escape(text)} | locale
    if app.config.nfbook_editions:
        feed = f'href="{placeholders.SITE}/{language}/feed.xml" title="{escape(NEWS[language])}"'
        metatags += f'<link rel="alternate" type="application/atom+xml" {feed} />\n'
    context["metatags"] = metatags


def setup(app):
    """Register the tags; sphinxext-opengraph comes after, at the usual priority of 500."""
    app.connect("html-page-context", page_context, priority=200)
