"""Two editions of one book: links from every page to the same page in the other language."""

from __future__ import annotations

NAMES = {"es": "Español", "en": "English"}
LABEL = {"es": "Idioma", "en": "Language"}
DOWNLOAD = {"es": "Descargar este cuaderno (.ipynb)", "en": "Download this notebook (.ipynb)"}
SPECIAL = {"search", "genindex"}  # pages without a source that both editions have


def page_context(app, pagename, templatename, context, doctree):
    """Give the templates the editions of this page, its notebook, and absolute or relative addresses."""
    editions = app.config.nfbook_editions
    shared = pagename in app.env.all_docs or pagename in SPECIAL
    target = (pagename if shared else app.config.root_doc) + ".html"
    base = app.config.nfbook_site_url.rstrip("/")
    to_site = f"{base}/" if base else context["content_root"] + "../"
    context["editions"] = [
        {
            "code": code,
            "name": NAMES[code],
            "current": code == app.config.language,
            "href": f"{context['content_root']}../{code}/{target}",
            "canonical": f"{to_site}{code}/{target}",
        }
        for code in editions
    ]
    context["editions_label"] = LABEL[app.config.language]
    if shared and editions:
        links = [(code["code"], code["canonical"]) for code in context["editions"]]
        links.append(("x-default", links[0][1]))
        context["metatags"] = context.get("metatags", "") + "".join(
            f'<link rel="alternate" hreflang="{code}" href="{href}" />\n' for code, href in links
        )
    notebook = app.config.nfbook_notebooks.get(pagename)
    context["notebook"] = notebook and context["content_root"] + notebook
    context["notebook_label"] = DOWNLOAD[app.config.language]


def setup(app):
    """Register the values that tools/build_site.py sets; a plain build has one edition and no switcher."""
    app.add_config_value("nfbook_editions", [], "html")
    app.add_config_value("nfbook_site_url", "", "html")
    app.add_config_value("nfbook_notebooks", {}, "html")
    app.connect(
        "html-page-context", page_context, priority=100
    )  # before the theme drops templates that render empty
