"""A real browser, a server of the built site, and a page that listens for complaints.

The site is served under a folder, as GitHub Pages does. Needs a built site (`make book`) and Chromium or Chrome (found
on the PATH, or named by the variable CHROMIUM); where one is missing, tests are skipped and say so.
"""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import sync_playwright

from tests.book.built_site import PAGES, SITE
from tools.site.chromium import FLAGS, find_chromium
from tools.site.serving import serving

STILL = "*, ::before, ::after { transition: none !important; animation: none !important }"


@pytest.fixture(scope="module")
def browser() -> Iterator:
    with sync_playwright() as playwright:
        path = find_chromium(playwright)
        if path is None:
            pytest.skip("no Chromium or Chrome on the PATH, nor in the variable CHROMIUM")
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    """Serve the built site on a free port; yield its address, which ends in a folder."""
    if not PAGES:
        pytest.skip("the site is not built; run: make book")
    with serving(SITE) as address:
        yield address


@pytest.fixture(scope="module")
def context(browser) -> Iterator:
    context = browser.new_context(reduced_motion="no-preference")
    yield context
    context.close()


@pytest.fixture
def page(context) -> Iterator:
    """Yield an empty page; afterwards it may have complained of nothing and asked no other host."""
    page, complaints = context.new_page(), []

    def listen(event: str, complaint: Callable, is_one: Callable = lambda _: True) -> None:
        page.on(event, lambda e: complaints.append(complaint(e)) if is_one(e) else None)

    here = re.compile("data:|blob:|file:|https?://127[.]0[.]0[.]1[:/]")
    listen("pageerror", lambda e: f"script error: {e}")
    listen(
        "console", lambda e: f"console {e.type}: {e.text}", lambda e: e.type in ("error", "warning")
    )
    listen("request", lambda e: f"asks another host: {e.url}", lambda e: not here.match(e.url))
    listen("response", lambda e: f"{e.status}: {e.url}", lambda e: e.status >= 400)
    yield page
    page.close()
    assert not complaints, "\n".join(dict.fromkeys(complaints))


@pytest.fixture
def visit(page, host) -> Callable:
    """Return a function that opens an address of the site, and stops what moves there."""

    def visit(path: str, phone: bool = False):
        width, height = (390, 844) if phone else (1280, 900)
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{host}/{path}")
        page.add_style_tag(content=STILL)
        return page

    return visit
