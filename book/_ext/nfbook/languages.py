"""Two editions of one book: links from every page to the same page in the other language, and to its notebook."""

from __future__ import annotations

from . import placeholders

NAMES = {"es": "Español", "en": "English"}
LABEL = {"es": "Idioma", "en": "Language"}
NOTEBOOK = {
    "es": {"label": "Cuaderno de esta página", "open": "Abrir en", "download": "Descargar"},
    "en": {"label": "Notebook of this page", "open": "Open in", "download": "Download"},
}
SPECIAL = {"search", "genindex"}  # pages without a source that both editions have

# Keeps the place on the page: the last label above the middle of the window, which both editions have
PLACE = """
document.addEventListener("click", ({ target }) => {
  const link = target.closest(".nf-editions a");
  if (!link) return;
  const labels = [...document.querySelectorAll("article [id]")]
    .filter(({ id }) => /^(sec|fig|equation-eq|chk|thm|prop|def)-/.test(id))
    .filter((element) => element.getClientRects().length) // not what is folded
    .filter((element) => element.getBoundingClientRect().top < innerHeight / 2);
  link.hash = scrollY < innerHeight / 2 || !labels.length ? "" : labels.at(-1).id;
}, true);
"""


def page_context(app, pagename, templatename, context, doctree):
    """Give the templates the editions of this page and its notebook."""
    editions, language = app.config.nfbook_editions, app.config.language
    shared = pagename in app.env.all_docs or pagename in SPECIAL
    target = (pagename if shared else app.config.root_doc) + ".html"
    context["editions"] = [
        {
            "code": code,
            "name": NAMES[code],
            "current": code == language,
            "href": f"{context['content_root']}../{code}/{target}",
        }
        for code in editions
    ]
    context["editions_label"] = LABEL[language]
    if shared and editions:
        links = [(code, f"{placeholders.SITE}/{code}/{target}") for code in editions]
        links.append(("x-default", links[0][1]))
        context["metatags"] = context.get("metatags", "") + "".join(
            f'<link rel="alternate" hreflang="{code}" href="{href}" />\n' for code, href in links
        )
    if pagename in app.config.nfbook_notebooks:
        context["notebook"] = NOTEBOOK[language] | {
            "href": f"{context['content_root']}notebooks/{pagename}.ipynb",
            "colab": placeholders.colab(f"{language}/{pagename}.ipynb"),
            "binder": placeholders.binder(f"{language}/{pagename}.ipynb"),
        }


def setup(app):
    """Register the values that tools/site/build.py sets; a plain build has one edition and no switcher."""
    app.add_config_value("nfbook_editions", [], "html")
    app.add_config_value("nfbook_notebooks", [], "html")
    app.add_js_file(None, body=PLACE)
    app.connect(
        "html-page-context", page_context, priority=100
    )  # before the theme drops templates that render empty
