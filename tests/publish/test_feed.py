"""The news of the course: the page in both languages, the changelog and the feed tell of the same versions."""

import re
from datetime import datetime
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup

from tests.book.built_site import SITE
from tools.course import EDITIONS, ROOT
from tools.site.feed import VERSION, feed

ATOM = "http://www.w3.org/2005/Atom"
URL = "https://o.github.io/r"
CHANGES = re.findall(rf"^## {VERSION.pattern}$", (ROOT / "CHANGELOG.md").read_text("utf8"), re.M)
PAGE = """<title>News</title><p class="component-author">By the authors</p><section id="news"><h1>News</h1>
<section id="changes-0-2-0"><h2>0.2.0 (2027-03-01)<a href="#changes-0-2-0">#</a></h2><p>A <a href="06.html">layer</a>
&amp; more</p></section><section id="changes-0-1-0"><h2>0.1.0 (2026-11-22)</h2><p>All.</p></section>
<section id="other"><h2>Other</h2></section></section>"""


@pytest.fixture
def made(tmp_path):
    """Return the feed of a small page, parsed."""
    (tmp_path / "en").mkdir()
    (tmp_path / "en/changes.html").write_text(PAGE, "utf8")
    return ElementTree.fromstring(feed(tmp_path, "en", URL).encode())


def text(element, tag):
    """Return the text of a child that every feed and every entry has."""
    return element.findtext(f"{{{ATOM}}}{tag}")


def entries(root):
    """Return the entries of a feed."""
    return root.findall(f"{{{ATOM}}}entry")


def test_there_is_a_version():
    assert CHANGES


@pytest.mark.parametrize("lang", EDITIONS)
def test_the_page_has_the_versions_of_the_changelog(lang):
    page = (ROOT / f"book/{lang}/changes.md").read_text("utf8")
    assert re.findall(rf"^## {VERSION.pattern}$", page, re.M) == CHANGES
    for version, _ in CHANGES:
        assert f"(changes-{version.replace('.', '-')})=\n## {version} " in page  # the entry's id


def test_a_feed_has_what_atom_asks_for(made):
    assert made.tag == f"{{{ATOM}}}feed"
    for element in (made, *entries(made)):
        assert text(element, "id").startswith(f"{URL}/en/changes.html")
        assert text(element, "title")
        assert datetime.fromisoformat(text(element, "updated")).tzinfo
    links = {link.get("rel"): link.get("href") for link in made.findall(f"{{{ATOM}}}link")}
    assert links == {"self": f"{URL}/en/feed.xml", "alternate": f"{URL}/en/changes.html"}
    assert made.findtext(f"{{{ATOM}}}author/{{{ATOM}}}name") == "the authors"


def test_an_entry_is_a_version_and_its_address_is_its_id(made):
    found = [(text(e, "title"), text(e, "updated")[:10], text(e, "id")) for e in entries(made)]
    here = f"{URL}/en/changes.html#changes"
    assert found == [
        ("0.2.0", "2027-03-01", f"{here}-0-2-0"),
        ("0.1.0", "2026-11-22", f"{here}-0-1-0"),
    ]
    assert text(made, "updated")[:10] == "2027-03-01"


def test_the_text_of_an_entry_is_html_with_whole_addresses(made):
    content = BeautifulSoup(text(entries(made)[0], "content"), "html.parser")
    assert content.a["href"] == f"{URL}/en/06.html"
    assert content.get_text().split() == ["A", "layer", "&", "more"]


@pytest.mark.site
@pytest.mark.skipif(not (SITE / "es/changes.html").exists(), reason="the site is not built")
@pytest.mark.parametrize("lang", EDITIONS)
def test_the_feed_of_the_site_has_the_versions_of_the_changelog(lang):
    root = ElementTree.fromstring(feed(SITE, lang, URL).encode())
    found = [(text(each, "title"), text(each, "updated")[:10]) for each in entries(root)]
    assert found == CHANGES
    page = BeautifulSoup((SITE / lang / "changes.html").read_text("utf8"), "html.parser")
    for each in entries(root):
        assert page.find(id=text(each, "id").partition("#")[2])


@pytest.mark.site
@pytest.mark.skipif(not (SITE / "sitemap.xml").exists(), reason="no address, hence no feed")
@pytest.mark.parametrize("lang", EDITIONS)
def test_every_published_page_names_its_feed(lang):
    root = ElementTree.parse(SITE / lang / "feed.xml").getroot()
    (address,) = [e.get("href") for e in root.findall(f"{{{ATOM}}}link") if e.get("rel") == "self"]
    for page in (SITE / lang).rglob("*.html"):
        head = BeautifulSoup(page.read_text("utf8").partition("</head>")[0], "html.parser")
        if head.select('[http-equiv="refresh"]'):
            continue  # it only leads on
        assert [link["href"] for link in head.select('[type="application/atom+xml"]')] == [address]
