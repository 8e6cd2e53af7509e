"""Self-tests and «Prediga» by keyboard: nothing is said before the reader has chosen, all of it afterwards."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import violations
from tools.course import EDITIONS, ROOT

pytestmark = pytest.mark.browser


def pages(directive: str) -> list[str]:
    """Return the addresses of the pages that have a directive, from their sources."""
    found = [p for lang in EDITIONS for p in sorted((ROOT / "book" / lang).glob("*.md"))]
    wanted = re.compile(rf"^:::+\{{{directive}\}}", re.M)
    return [f"{p.parent.name}/{p.stem}.html" for p in found if wanted.search(p.read_text("utf8"))]


QUIZZES, PREDICTIONS = pages("quiz"), pages("predict")
LEADS = "(a) => a[0] === '#' ? !!document.getElementById(a.slice(1)) : fetch(a).then((r) => r.ok)"
REFUSE = """for (const name of ["getItem", "setItem", "removeItem"]) {
  const allowed = Storage.prototype[name];
  Storage.prototype[name] = function (key, ...rest) {
    if (key.startsWith("nfbook")) throw new Error("refused");
    return allowed.call(this, key, ...rest);
  };
}"""
ANSWER = ".nf-question:visible .nf-said"


def choose(page, value: str) -> None:
    """Walk with the arrows to the option that has a value, in the group that has the focus."""
    for _ in range(6):
        page.keyboard.press("ArrowDown")
        if page.evaluate("document.activeElement.value") == value:
            return
    raise AssertionError(f"no option {value}")


@pytest.mark.parametrize("path", QUIZZES)
def test_a_self_test_is_answered_by_keyboard(visit, path):
    page = visit(path)
    questions = page.locator(".nf-question")
    count = questions.count()
    for k in range(count):
        expect(page.locator(".nf-question:visible")).to_have_count(1)
        question = questions.nth(k)
        expect(question.locator("details")).not_to_be_visible()
        expect(question.locator(".nf-button")).to_be_disabled()
        question.locator("input").first.focus()
        wrong = k < 2
        choose(page, "1" if wrong else "0")
        expect(page.locator(ANSWER)).to_be_empty()
        page.keyboard.press("Enter")
        expect(question.locator("details")).to_be_visible()
        said = page.locator(ANSWER)
        expect(said).to_have_class(re.compile("nf-wrong" if wrong else "nf-right"))
        if wrong:  # the sentence of that option, and where to read again
            why = question.locator('details [data-option="1"] > span').text_content()
            assert why in said.text_content()
            address = said.locator(".nf-reread a").get_attribute("href")
            assert question.locator("details .nf-reread a").get_attribute("href") == address
            assert page.evaluate(LEADS, address)
        assert page.evaluate("document.activeElement.closest('.nf-turn') !== null")
        page.keyboard.press("Enter")  # the focus is on «Siguiente»
    result = page.locator(".nf-result")
    expect(result).to_be_focused()
    assert re.match(rf"{count - 2} \w+ {count}", result.text_content())
    page.keyboard.press("Tab")
    assert result.locator("a").count() in (1, 2)


@pytest.mark.parametrize("path", QUIZZES[:1] + QUIZZES[-1:])
def test_on_paper_and_without_a_script_all_questions_are_there(visit, browser, host, path):
    page = visit(path)
    page.emulate_media(media="print")
    for question in page.locator(".nf-question").all():
        expect(question).to_be_visible()
        expect(question.locator("button").first).not_to_be_visible()
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(f"{host}/{path}")
    for part in plain.locator(".nf-question, .nf-question summary, .cell_output").all():
        expect(part).to_be_visible()
    assert plain.locator("input[type=radio]").count() == 0
    context.close()


@pytest.mark.parametrize("path", PREDICTIONS)
def test_what_is_asked_hides_its_answer_until_the_reader_has_chosen(visit, path):
    page = visit(path)
    page.evaluate("localStorage.clear()")
    page.reload()
    for box in page.locator(".nf-predict").all():
        button, radios, field = (
            box.locator(part) for part in (".nf-button", "[type=radio]", "[type=text]")
        )
        hidden = page.locator("article .nf-hidden:is(.cell_output, .nf-reveal)")
        before = hidden.count()
        if radios.count() or field.count():
            expect(button).to_be_disabled()
        if radios.count():
            radios.first.focus()
            choose(page, "0")
        elif field.count():
            field.fill("1e9")
        button.focus()
        page.keyboard.press("Enter")
        assert hidden.count() < before
        if radios.count() or field.count():
            expect(box.locator(".nf-said")).not_to_be_empty()
    expect(page.locator("article .nf-hidden:is(.cell_output, .nf-reveal)")).to_have_count(0)
    page.reload()  # what was chosen is remembered
    expect(page.locator("article .nf-hidden:is(.cell_output, .nf-reveal)")).to_have_count(0)
    page.evaluate("localStorage.clear()")


@pytest.mark.parametrize("path", PREDICTIONS[:1])
def test_it_works_where_the_browser_refuses_to_remember(page, host, path):
    page.add_init_script(REFUSE)
    page.goto(f"{host}/{path}")
    page.locator(".nf-predict [type=checkbox]").first.check()
    expect(page.locator("article .nf-hidden:is(.cell_output, .nf-reveal)")).to_have_count(0)


@pytest.mark.parametrize("path", sorted({*QUIZZES[:1], *PREDICTIONS[:1]}))
def test_controls_are_large_enough_and_accessible_on_a_phone(visit, path):
    page = visit(path, phone=True)
    small = """() => [...document.querySelectorAll(".nf-button, .nf-options label, .nf-turn label")]
      .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 40).map((e) => e.outerHTML)"""
    assert page.evaluate(small) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(page, settle=300) == []
