"""The contents as the sidebar shows them: short titles with their minutes, and no number on what is not the lecture's.

A chapter's short title is in its front matter (``short_title: Densities``). The minutes come from
tools/site/length.py, by way of the build. The roles ``minutes`` and ``hours`` quote them: of ``2``, ``1-7``,
``further 1-7``, ``exercises 2``.
"""

from __future__ import annotations

from docutils import nodes

NESTED = {
    "es": {"further": "Para ir más lejos", "exercises": "Ejercicios", "solutions": "Soluciones"},
    "en": {"further": "Going further", "exercises": "Exercises", "solutions": "Solutions"},
}


def kind(docname: str) -> str:
    """Return what a page is to its chapter: further, exercises, solutions, or nothing."""
    folder = docname.partition("/")[0]
    return "further" if docname.endswith("_further") else folder if "/" in docname else ""


def short_title(env, docname: str) -> str:
    """Return the words of a page in the contents."""
    chapter = docname.rpartition("/")[2].partition("-")[0].lstrip("0")
    minutes = env.config.nfbook_minutes.get(f"{kind(docname)} {chapter}".strip())
    title = NESTED[env.config.language].get(kind(docname))
    title = title or env.metadata[docname].get("short_title", env.titles[docname].astext())
    return f"{title} · {minutes}\N{NO-BREAK SPACE}min" if minutes else title


def shorten(app, env):
    """Rewrite the contents, after pages, equations and figures were numbered."""
    for docname, toc in env.tocs.items():
        own = next(iter(toc.findall(nodes.reference)), None)
        if own is not None and own["refuri"] == docname:
            own.children = [nodes.Text(short_title(env, docname))]
        if kind(docname):
            for reference in toc.findall(nodes.reference):
                reference.attributes.pop("secnumber", None)
            env.titles[docname].attributes.pop("secnumber", None)
            env.toc_secnumbers.pop(docname, None)
    return []


def quoted(hours: bool):
    """Return the role that quotes minutes, or hours to the nearest half."""

    def role(name, rawtext, text, lineno, inliner, options=None, content=None):
        table = inliner.document.settings.env.config.nfbook_minutes
        if table and text not in table:
            return [], [inliner.reporter.error(f"no page has the minutes {text!r}", line=lineno)]
        minutes = table.get(text, "…")
        return [nodes.Text(f"{round(minutes / 30) / 2:g}" if hours and table else str(minutes))], []

    return role


def setup(app):
    """Register the roles, and what rewrites the contents."""
    app.add_config_value("nfbook_minutes", {}, "env")
    app.add_role("minutes", quoted(hours=False))
    app.add_role("hours", quoted(hours=True))
    app.connect("env-get-updated", shorten, priority=960)
