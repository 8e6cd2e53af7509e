"""Lighter pages: what a reader waits for comes first, what no page uses does not come at all.

Done on the finished pages, because only then is it known what they use:

* one style sheet of the rules that can apply (``css``);
* the fonts of the first formulas are asked for with the style sheet, not after it;
* scripts follow the text, and each page has those it needs;
* pictures wait until the reader comes near, keep their place meanwhile, and are smaller (``svg``).

Everything is relative to the page, so that pages work from ``file://`` too. Doing it twice changes nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import imagesize
from sphinx.errors import ExtensionError

from . import css, svg

BOOK = Path(__file__).resolve().parents[2]
OWN = [*BOOK.glob("_static/*.css"), *BOOK.glob("_static/interactive/*.css")]

# script -> what on a page needs it; the others are for every page
NEEDED = {
    "clipboard.min.js": 'class="highlight',
    "copybutton.js": 'class="highlight',
    "copy-tex.min.js": 'class="katex"',
    "design-tabs.js": "sd-tab-set",
    "searchindex.js": 'id="search-results"',
    "searchtools.js": "(?!)",  # nowhere: search.js is in their place
    "language_data.js": "(?!)",
    "togglebutton.js": 'class="toggle|class="[^"]*admonition[^"]* dropdown|class="[^"]*dropdown[^"]* admonition',
}
SETTINGS = {"togglebutton.js": ("toggleHint", "toggleOpenOnPrint", "togglebuttonSelector")}
# font of KaTeX -> the markup that is set in it
FONTS = {
    "Main-Regular": r'class="m(?:ord|bin|rel|open|close|punct)">[^<]',
    "Math-Italic": r"\bmathnormal\b",
    "Main-Bold": r"\bmathbf\b",
    "AMS-Regular": r"\bmathbb\b",
    "Caligraphic-Regular": r"\bmathcal\b",
    "Math-BoldItalic": r"\bboldsymbol\b",
}
# asks for fonts at once; a browser refuses that to a page from file://, where nothing is slow
PRELOAD = """<script data-fonts>
      if (location.protocol !== "file:") for (const font of [FONTS]) document.head.append(
        Object.assign(document.createElement("link"), {rel: "preload", as: "font", type: "font/woff2",
          crossOrigin: "anonymous", href: `FOLDERkatex/fonts/KaTeX_${font}.woff2`}));
    </script>"""
OPENING = 12_000  # letters of an article's HTML that fill the first screen of a desktop
UNUSED = (
    "*.map",
    "fontawesome.js*",
    "sphinx-thebe.*",
    "fa-*",
    "katex.min.js",
    "README.md",
    "searchtools.js",
    "language_data.js",
)

SHEET = re.compile(r'[ \t]*<link\b(?=[^>]*\brel="stylesheet")[^>]*>\n?')
FOLDED = re.compile(r"<details\b(?![^>]*\bopen\b)[^>]*>.*?</details>", re.S)
SCRIPT = re.compile(r'[ \t]*<script\b[^>]*\bsrc="([^"]+)"[^>]*>\s*</script>\n?')
INLINE = re.compile(r"[ \t]*<script>(.*?)</script>\n?", re.S)
PRELOADED = re.compile(
    r'[ \t]*<link\b[^>]*\brel="preload"[^>]*>\n?|[ \t]*<script data-fonts>.*?</script>\n?', re.S
)
IMAGE = re.compile(r'<img\b(?=[^>]*\bsrc="([^"]*_images/[^"]+)")[^>]*?\s*/?>')


def attribute(tag: str, name: str) -> str:
    """Return an attribute of a tag, or nothing."""
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return found[1] if found else ""


def local(page: Path, address: str) -> Path:
    """Return the file that an address on a page means."""
    return (page.parent / address.partition("?")[0]).resolve()


# ------------------------------------------------------------------------ style sheets


def linked(page: Path, html: str) -> Iterator[tuple[Path, str]]:
    """Yield (file, medium) of the style sheets of a page."""
    for tag in SHEET.findall(html):
        yield local(page, attribute(tag, "href")), attribute(tag, "media")


def merge(orders: list[list]) -> list:
    """Return one order in which everything stands as in each of several orders.

    Raises:
        ExtensionError: if two of them contradict each other.
    """
    merged = max(orders, key=len, default=[])
    for order in orders:
        for before, sheet in zip([None, *order], order, strict=False):
            if sheet not in merged:
                merged.insert(merged.index(before) + 1 if before else 0, sheet)
    for order in orders:
        if [sheet for sheet in merged if sheet in order] != order:
            raise ExtensionError(f"nfbook: pages load style sheets in other orders: {order}")
    return merged


def style(folder: Path, pages: dict[Path, str], own: set[str]) -> str:
    """Write the style sheet of all pages; return its address below ``_static``."""
    static = folder / "_static"
    orders = [list(linked(page, html)) for page, html in pages.items()]
    originals = [order for order in orders if [path.name for path, _ in order] != [css.NAME]]
    target = static / css.NAME
    if originals:
        scripts = (path.read_text("utf8") for path in static.rglob("*.js"))
        vocabulary = css.Vocabulary([*pages.values(), *scripts])
        target.write_text(css.join(merge(originals), static, vocabulary, own), "utf8")
    return f"{css.NAME}?v={hashlib.sha256(target.read_bytes()).hexdigest()[:8]}"


def with_style(html: str, to_static: str, sheet: str) -> str:
    """Ask for the style sheet, and for the fonts of the formulas that are seen first."""
    html = SHEET.sub("", PRELOADED.sub("", html))
    opening = FOLDED.sub("", html.partition("<article")[2])[:OPENING]
    fonts = [font for font, markup in FONTS.items() if re.search(markup, opening)]
    wanted = [f'<link rel="stylesheet" href="{to_static}{sheet}" />']
    if fonts:
        listed = ", ".join(f'"{font}"' for font in fonts)
        wanted.insert(0, PRELOAD.replace("[FONTS]", f"[{listed}]").replace("FOLDER", to_static))
    block = "".join(f"    {line}\n" for line in wanted)
    head, end, body = html.partition("  </head>")
    return head + block + end + body  # last in the head: a script behind it would wait for it


# ------------------------------------------------------------------------ scripts


def needs(html: str, script: str) -> bool:
    """Return whether a page needs a script."""
    return re.search(NEEDED.get(script, ""), html) is not None


def with_scripts_last(page: Path, html: str) -> str:
    """Put the scripts that the page needs behind its text, in their order; what they read stays before them."""
    head, end, body = html.partition("</head>")
    main, _, foot = body.rpartition("</body>")
    moved: dict[str, str] = {}

    def take(found: re.Match) -> str:
        path = local(page, found[1])
        if path.name == "documentation_options.js":  # 300 bytes, and every other script reads it
            return f"    <script>{path.read_text('utf8')}</script>\n"
        if needs(html, path.name):
            tag = re.sub(r'\s(?:defer|async)(?:="[^"]*")?', "", found[0].strip())
            moved.setdefault(path.name, tag.replace("<script", "<script defer", 1))
        return ""

    def keep(found: re.Match) -> str:
        for script, settings in SETTINGS.items():
            if found[1].lstrip().removeprefix("let ").removeprefix("var ").startswith(settings):
                return found[0] if needs(html, script) else ""
        return found[0]

    head = INLINE.sub(keep, SCRIPT.sub(take, head))
    main = SCRIPT.sub(take, main)
    tags = "".join(f"  {tag}\n" for tag in moved.values())
    return f"{head}{end}{main.rstrip()}\n{tags}</body>{foot}"


# ------------------------------------------------------------------------ pictures


def with_lazy_pictures(page: Path, html: str) -> str:
    """Let pictures wait, and keep their place."""

    def mend(found: re.Match) -> str:
        width, height = map(round, imagesize.get(local(page, found[1])))
        wanted = {"loading": "lazy", "decoding": "async", "width": width, "height": height}
        tag = found[0].rstrip("/> ")
        tag += "".join(f' {k}="{v}"' for k, v in wanted.items() if not re.search(rf"\s{k}=", tag))
        return tag + " />"

    return IMAGE.sub(mend, html)


# ------------------------------------------------------------------------ the whole


def lighten(folder: Path, own: set[str]) -> None:
    """Make the pages of a folder lighter; ``own`` are the names of the style sheets that the book brings."""
    folder = folder.resolve()
    static = folder / "_static"
    pages = {
        path: path.read_text("utf8")
        for path in sorted(folder.rglob("*.html"))
        if static not in path.parents and not path.name.startswith("_")
    }
    for path in {path for pattern in UNUSED for path in static.rglob(pattern)}:
        path.unlink()
    used = {path for page, html in pages.items() for path, _ in linked(page, html)}
    sheet = style(folder, pages, own)
    for page, html in pages.items():
        to_static = "../" * len(page.parent.relative_to(folder).parts) + "_static/"
        html = with_style(html, to_static, sheet)
        html = with_scripts_last(page, html)
        page.write_text(with_lazy_pictures(page, html), "utf8")
    for path in (folder / "_images").glob("*.svg"):
        path.write_text(svg.shorten(path.read_text("utf8")), "utf8")
    for path in used:
        if path.name not in {css.NAME, *own}:
            path.unlink(missing_ok=True)


def finish(app, exception):
    """Lighten what a good build has written."""
    if not exception and app.builder.format == "html":
        lighten(Path(app.outdir), {path.name for path in OWN})


def setup(app):
    """Work last, on what all the others have written."""
    app.connect("build-finished", finish, priority=950)
