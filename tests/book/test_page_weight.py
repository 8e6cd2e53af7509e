"""The weight of the built pages, by the files alone; benchmarks/weight.py measures what a reader waits for."""

from __future__ import annotations

import gzip
import re
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fontTools.ttLib import TTFont
from nfbook import css, svg

from tests.book.built_site import PAGES, SITE, address, source

SVGS = sorted(SITE.glob("e[sn]/_images/*.svg"))
REQUESTS, BYTES, SVG = 40, 600_000, 200_000
ADDRESS = re.compile(r"""url\(["']?([^"')]+)""")
# script -> what on a page it is for; a page without that must not load it
CODE, HITS = r'<div class="highlight', r'id="search-results"'
PURPOSE = {
    "copybutton.js": CODE,
    "clipboard.min.js": CODE,
    "copy-tex.min.js": r'class="katex"',
    "design-tabs.js": r'class="sd-tab-set',
    "togglebutton.js": r'class="([^"]* )?toggle[" ]|class="[^"]*admonition[^"]* dropdown',
    "minisearch.min.js": HITS,
    "search.js": HITS,
    "searchindex.js": HITS,
    "common.js": "data-interactive=",
    "searchtools.js": "(?!)",
    "language_data.js": "(?!)",
    "fontawesome.js": "(?!)",
    "sphinx-thebe.js": "(?!)",
}

each_page = pytest.mark.parametrize("page", PAGES, ids=address)


def tags(html: str, name: str) -> list[dict[str, str]]:
    """Return the attributes of every tag of a name; quicker than a parser on fifty megabytes."""
    found = re.findall(rf"<{name}\b([^>]*)>", html)
    return [dict(re.findall(r'([\w-]+)(?:="([^"]*)")?', attributes)) for attributes in found]


def file(page: Path, url: str) -> Path:
    return (page.parent / urlsplit(url).path).resolve()


def scripts(page: Path) -> list[dict[str, str]]:
    return [tag for tag in tags(source(page), "script") if "src" in tag]


def sheets_of(page: Path) -> list[dict[str, str]]:
    return [tag for tag in tags(source(page), "link") if tag.get("rel") == "stylesheet"]


def loaded(page: Path) -> list[Path]:
    """Return what a page asks for before its figures: itself, style sheets, scripts, icon; not the fonts."""
    icons = [tag["href"] for tag in tags(source(page), "link") if tag.get("rel") == "icon"]
    urls = [tag["href"] for tag in sheets_of(page)] + [tag["src"] for tag in scripts(page)]
    return [page, *(file(page, url) for url in urls + icons)]


def fonts(page: Path) -> list[Path]:
    """Return every font that the page's style sheets name, those of formulas only where it has formulas."""
    found = []
    for sheet in loaded(page):
        if sheet.suffix == ".css":
            urls = ADDRESS.findall(sheet.read_text("utf8"))
            found += [file(sheet, url) for url in urls if re.search(r"\.woff2?$", url)]
    formulas = 'class="katex"' in source(page)
    return [path for path in found if formulas or "KaTeX" not in path.name]


@cache
def travels(path: Path) -> int:
    """Return the bytes of a file on the line."""
    data = path.read_bytes()
    return len(data if path.suffix.startswith(".woff") else gzip.compress(data, 6))


# ------------------------------------------------------------------------ the built site


@pytest.mark.site
@each_page
def test_a_page_is_light_even_if_it_used_every_font(page):
    files = [*loaded(page), *fonts(page)]
    assert sum(map(travels, files)) <= BYTES
    pictures = {image["src"] for image in tags(source(page), "img")}
    unused = re.compile("Fraktur|Script|SansSerif|Typewriter|Main-BoldItalic|Caligraphic-Bold")
    used = [path for path in fonts(page) if not unused.search(path.name)]
    if page.name not in ("gallery.html", "lecture.html"):  # pages of pictures, which wait
        assert len(loaded(page)) + len(used) + len(pictures) <= REQUESTS


@pytest.mark.site
@each_page
def test_nothing_but_the_style_sheet_keeps_the_text_waiting(page):
    head = source(page).partition("</head>")[0]
    assert len(sheets_of(page)) == 1
    assert [script["src"] for script in scripts(page) if "defer" not in script] == []
    _, _, after = head.partition('rel="stylesheet"')
    assert "<script" not in after, "it waits for the style sheet, and the text for it"


@pytest.mark.site
@each_page
def test_a_page_loads_no_script_without_a_purpose(page):
    names = [file(page, script["src"]).name for script in scripts(page)]
    assert len(names) == len(set(names)), "a script twice"
    assert [n for n in names if n in PURPOSE and not re.search(PURPOSE[n], source(page))] == []


@pytest.mark.site
@each_page
def test_pictures_wait_and_keep_their_place(page):
    for image in tags(source(page).partition("<article")[2], "img"):
        assert image.get("loading") == "lazy" and image.get("decoding") == "async", image["src"]
        shape = int(image["width"]) / int(image["height"])
        if image["src"].endswith(".svg"):
            head = file(page, image["src"]).read_text("utf8")[:1000]
            width, height = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', head).groups()
            assert shape == pytest.approx(float(width) / float(height), rel=0.01)


@pytest.mark.site
def test_no_drawing_is_heavy():
    assert SVGS
    heavy = {path.name: size for path in SVGS if (size := path.stat().st_size) > SVG}
    assert not heavy


@pytest.mark.site
@pytest.mark.parametrize("lang", ("es", "en"))
def test_the_icons_that_pages_show_are_in_the_font(lang):
    static = SITE / lang / "_static"
    sheet = (static / "course.css").read_text("utf8")
    written = re.findall(
        r"""(?:content|--[\w-]+): ?["'](?:\\([0-9a-f]{4})|([\ue000-\uf8ff]))["']""", sheet
    )
    shown = {code or f"{ord(letter):x}" for code, letter in written}
    with TTFont(static / "icons.woff") as font:
        known = {f"{point:x}" for point in font.getBestCmap()}
    assert {"f0c9", "f002", "f186"} <= shown, "bars, magnifying glass, moon"
    assert not any("fa-brands" in source(page) for page in PAGES)
    assert shown - {"f09b", "f296"} <= known, "cut the font anew, as nfbook.css says"
    assert not list(static.rglob("fa-*"))


# ------------------------------------------------------------------------ how it is done


def test_rules_stay_when_a_page_may_ask_for_them():
    words = css.Vocabulary(['<a class="used" id="place">', "tip = `bs-tooltip-${side}`"])
    written = """
      a { color: red } .used, .idle { color: blue } .used.idle, #elsewhere { color: green }
      .used:not(.idle) :is(.idle, b) { margin: 0 } #place > .bs-tooltip-top { top: 0 }
      @media print { .idle { x: y } .used { display: none } } @media screen { .idle { x: y } }
      @font-face { font-family: F } @font-face { font-family: "Font Awesome 6 Free" }
    """
    text = css.purge(css.tinycss2.parse_stylesheet(written, skip_whitespace=True), words)
    assert text.splitlines() == [
        "a{color: red}",
        ".used{color: blue}",
        ".used:not(.idle) :is(.idle, b){margin: 0}",
        "#place > .bs-tooltip-top{top: 0}",
        "@media print {.used{display: none}}",
        "@font-face { font-family: F }",
    ]


def test_joined_sheets_keep_their_order_addresses_and_medium(tmp_path):
    (tmp_path / "fonts").mkdir()
    (tmp_path / "base.css").write_text("b { top: 0 }")
    (tmp_path / "fonts/one.css").write_text('@import "../base.css"; a { src: url(f.woff2) }')
    (tmp_path / "two.css").write_text("a { src: url(data:x) }")
    (tmp_path / "own.css").write_text(".drawn-by-a-tool { top: 0 }")
    pairs = [("fonts/one.css", ""), ("two.css", "print"), ("own.css", "all")]
    pairs = [(tmp_path / name, medium) for name, medium in pairs]
    joined = css.join(pairs, tmp_path, css.Vocabulary([]), {"own.css"})
    assert joined.split()[2:] == (
        'b{top: 0} a{src: url("fonts/f.woff2")} @media print{a{src: url(data:x)}} .drawn-by-a-tool { top: 0 }'.split()
    )


@pytest.mark.parametrize(
    "before, after",
    [
        ("M 1.004 2 \nL 3.5 2 \nL 3.5 -0.123456 \nz", "m1 2l2.5 0l0-2.12z"),
        ("M 0 0 \nL 1 0 \nL 2 0 \nL 2 0 \nL 1 0", "m0 0l2 0l-1 0"),  # straight on, nowhere, back
        ("M 1 1 \nL 2 1 \nz\nM 3 3 \nQ 4 4 5 3", "m1 1l1 0zm2 2q1 1 2 0"),  # z returns to its start
        ("M 0 0 C 1 1 2 2 3e-05 4", "m0 0c1 1 2 2 0 4"),
        ("M 0 0 A 1 1 0 0 0 2 2", "M 0 0 A 1 1 0 0 0 2 2"),  # an arc: not matplotlib's
    ],
)
def test_a_path_is_the_same_in_fewer_letters(before, after):
    assert svg.shorten(f'<path d="{before}"/>') == f'<path d="{after}"/>'


def test_rounding_errors_do_not_add_up():
    data = "M 0 0 " + " ".join(f"L {i * 0.0149:.6f} {i % 2}" for i in range(1, 1001))
    numbers = re.findall(r"-?\.?\d+\.?\d*", svg.path(data))
    assert sum(map(float, numbers[2::2])) == pytest.approx(14.9, abs=0.005)
