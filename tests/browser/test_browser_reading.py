"""What a reader does with a page: the other language, a copied formula, where links lead, links that set a figure."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
COPIED = """() => {
  const formula = document.querySelector("article .katex-display");
  getSelection().selectAllChildren(formula.parentElement);
  const data = new DataTransfer();
  formula.dispatchEvent(new ClipboardEvent("copy", {clipboardData: data, bubbles: true}));
  return data.getData("text/plain");
}"""


@pytest.mark.parametrize("label", ["sec-planar", "equation-eq-planar", ""])
def test_the_other_language_opens_at_the_same_place(page, host, label):
    page.goto(f"{host}/es/06-planar-flows.html")
    labels = page.evaluate("[...document.querySelectorAll('article [id]')].map(({id}) => id)")
    if label:
        label = [each for each in labels if each.startswith(label)][-3]
        page.locator(f"[id='{label}']").evaluate("element => element.scrollIntoView()")
    page.locator(".nf-editions a").click()
    page.wait_for_url(f"{host}/en/06-planar-flows.html*")
    assert bool(page.url.partition("#")[2]) == bool(label)
    if label:
        expect(page.locator(f"[id='{page.url.partition('#')[2]}']")).to_be_in_viewport()
        place = page.locator(f"[id='{label}']").evaluate("e => e.getBoundingClientRect().top")
        assert -300 < place < 900


def test_a_copied_formula_is_tex(page, host):
    page.goto(f"{host}/es/03-determinants.html")
    copied = page.evaluate(COPIED)
    assert copied.strip().startswith("$$") and "\\" in copied and copied.count("$$") == 2


def test_a_link_shows_what_it_leads_to(page, host):
    page.goto(f"{host}/es/06-planar-flows.html")
    box, article = page.locator("#nf-preview"), page.locator("article")
    article.locator("a.reference.internal[href^='#equation-eq-']:visible").first.hover()
    expect(box.locator(".katex")).not_to_have_count(0)
    assert (
        page.evaluate("document.getElementById('nf-preview').querySelectorAll('[id]').length") == 0
    )
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    article.locator(".bibtex-citation a:visible").first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    expect(box).to_contain_text("Rezende")
    elsewhere = article.locator("a.reference.internal[href*='html#term-']:visible").first
    elsewhere.hover()
    expect(box).to_contain_text(re.compile(r"\w{5}"))
    expect(box).not_to_contain_text("Rezende")
    page.mouse.move(1, 1)
    expect(box).to_be_hidden()


PAGES_THAT_SET = [
    "02-densities",
    "04-change-of-variables",
    "05-flows",
    "06-planar-flows",
    "09-images",
]


@pytest.mark.parametrize("name", PAGES_THAT_SET)
def test_the_text_sets_the_figure(page, host, name):
    page.goto(f"{host}/es/{name}.html")
    settings = lambda address: set(re.split("[:,]", address.partition("#")[2]))
    for link in page.locator("article a.nf-set").all():
        link.click()
        wanted = settings(link.get_attribute("href"))
        page.wait_for_url(lambda address, wanted=wanted: settings(address) == wanted)
    page.goto("about:blank")
    page.goto(f"{host}/es/06-planar-flows.html#fig-planar-live:bend=-1.8")
    expect(page.locator("[data-control=bend]")).to_have_value("-1.8")
    expect(page.locator("[data-control=bend]")).to_be_in_viewport()
