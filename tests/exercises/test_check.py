"""The engine of the checks: whatever a student hands in, it answers and never raises."""

import linecache
import math
import random
import re

import numpy as np
import pytest
import torch

from nflib.course.check import CheckFailed, check, engine, evaluate, language, measure
from nflib.course.check.answer import CheckEnded, Signature
from nflib.course.check.e02 import mixture_cdf
from nflib.course.check.e03 import Largest
from nflib.course.check.measure import plane
from nflib.course.check.result import COLOURS, MESSAGES, SYMBOLS, Result
from nflib.course.check.text import Text

pytestmark = pytest.mark.usefixtures("lang", "beginner")


def right(u):
    low, high = torch.full_like(u, -10), torch.full_like(u, 10)
    for _ in range(60):
        middle = (low + high) / 2
        below = mixture_cdf(middle) < u
        low, high = torch.where(below, middle, low), torch.where(below, high, middle)
    return high


def written(code):
    """A function ``answer`` from source that Python can quote, as in a notebook's cell."""
    name = f"<cell {hash(code)}>"
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    space = {"torch": torch}
    exec(compile(code, name, "exec"), space)
    return space["answer"]


def raising(error):
    def answer(u):
        raise error

    return answer


class Hostile(Exception):
    def __str__(self):
        raise RuntimeError("no words")


class Strange:
    __array__ = __float__ = __len__ = __bool__ = property(lambda self: 1 / 0)


def generator(u):
    yield u


def endless(u):
    return endless(u)


def prints(u):
    print("done")


GARBAGE = [
    None,
    3,
    "text",
    ...,
    torch.zeros(3),
    object,
    Strange,
    Strange(),
    Hostile,
    type,
    print,
    len,
    generator,
    endless,
    prints,
    abs,
    dict,
    lambda: 1,
    lambda u, v: u,
    lambda u: Strange(),
    lambda u: u.tolist(),
    lambda u: "x",
    lambda u: ...,
    lambda u: True,
    lambda u: 1 / 0,
    lambda u: u[:-1],
    lambda u: u[:, None],
    lambda u: u.long(),
    lambda u: u > 0,
    lambda u: u * 1j,
    lambda u: u / 0,
    lambda u: 10**400,
    lambda u: u.to("meta"),
    lambda u: u.float().half(),
    lambda u: u.to_sparse(),
    lambda u: np.array([None] * len(u)),
    lambda u: u.numpy()[::-1],
    lambda u: np.float64("nan"),
    lambda u: undefined,  # noqa: F821
    lambda u: u.sum().backward(),
    raising(SystemExit(1)),
    raising(GeneratorExit()),
    raising(StopIteration()),
    raising(Hostile()),
    raising(NotImplementedError()),
    raising(MemoryError()),
    raising(BaseException("odd")),
    raising(Warning("warned")),
    raising(OSError()),
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=[f"{i}" for i in range(len(GARBAGE))])
def test_garbage_gets_a_verdict(garbage, capsys):
    result = check("e02.q5", garbage)
    assert result.verdict in ("fail", "error", "pending") and result.step != "internal", result
    assert repr(result) and result._repr_html_()


@pytest.mark.parametrize(
    ("answer", "step"),
    [
        (None, "function"),
        (lambda: 1, "signature"),
        (prints, "returns"),
        (lambda u: u.tolist(), "type"),
        (generator, "type"),
        (lambda u: u[None], "shape"),
        (lambda u: u.float(), "dtype"),
        (lambda u: u.long(), "dtype"),
        (lambda u: u / 0, "finite"),
        (lambda u: torch.log(u - 1), "finite"),
    ],
)
def test_guard_names_what_is_wrong_with_a_value(answer, step, capsys):
    result = check("e02.q5", answer)
    assert (result.verdict, result.step) == ("fail", step)
    assert all(result.hint) and all(result.message)


def test_missing_return_is_asked_about(lang):
    hint = str(check("e02.q2", lambda x: None).hint)
    assert {"es": "¿Falta el `return`?", "en": "Is the `return` missing?"}[lang] in hint


def test_wrong_arguments_name_the_expected_signature():
    assert "`density_minus_log(x, rate)`" in repr(check("e02.q3", lambda x: x))
    assert '`check("e02.q1", h, h_prime, density_affine)`' in repr(check("e02.q1", lambda x: x))


@pytest.mark.parametrize("key", ["e99.q1", "e02.q9", "e2.q1", "", "os.path", None, 7, []])
def test_unknown_key_is_a_message(key):
    result = check(key, right)
    assert (result.verdict, result.step) == ("error", "key")
    assert "e02.q1" in repr(result)


def test_keyboard_interrupt_passes():
    with pytest.raises(KeyboardInterrupt):
        check("e02.q5", raising(KeyboardInterrupt()))


def test_pending_names_the_function_still_to_be_written():
    def h_prime(x):
        raise NotImplementedError

    result = check("e02.q1", lambda x: (x - 1) / 2, h_prime, lambda x: x)
    assert (result.verdict, result.progress) == ("pending", "2/5")
    assert "`h_prime`" in repr(result)


def test_not_implemented_by_torch_is_an_error_not_pending():
    answer = written("def answer(u):\n    return torch._C._nn.gelu(u.long())\n")
    assert check("e02.q5", answer).verdict == "error"


def test_the_students_own_line_is_shown(lang):
    answer = written("def answer(u):\n    low = -10\n    return torch.where(u, low)\n")
    result = check("e02.q5", answer)
    word = {"es": "Línea 3", "en": "Line 3"}[lang]
    assert f"{word} de" in repr(result) or f"{word} of" in repr(result)
    assert "`return torch.where(u, low)`" in repr(result)
    assert "where()" in str(result.message)


@pytest.mark.parametrize(
    ("code", "es", "en"),
    [
        ("if u > 0.5:\n        return u", "decide en cada punto", "decides at each point"),
        ("import math\n    return math.log(u)", "un solo número", "take one number"),
        ("return missing(u)", "celdas anteriores", "cells above"),
        ("return answer(u)", "a sí misma", "calls itself"),
    ],
)
def test_common_exceptions_have_a_hint(code, es, en):
    result = check("e02.q5", written(f"def answer(u):\n    {code}\n"))
    assert result.verdict == "error"
    assert es in result.hint.es and en in result.hint.en


def test_spoiling_the_argument_does_not_spoil_the_check():
    def answer(u):
        x = right(u)
        u.zero_()
        return x

    assert check("e02.q5", answer)


def test_gradients_and_numpy_are_accepted():
    assert check("e02.q5", lambda u: right(u).requires_grad_())
    assert check("e02.q5", lambda u: right(u).numpy())


def test_no_global_state_is_touched():
    def state():
        return (
            torch.get_rng_state().tolist(),
            np.random.get_state()[1].tolist(),
            random.getstate(),
            torch.get_default_dtype(),
            torch.is_grad_enabled(),
        )

    before = state()
    check("e02.q5", right)
    check("e02.q4", lambda x: x)
    assert state() == before


def test_warnings_of_the_student_do_not_stop_the_check():
    def answer(u):
        import warnings

        warnings.warn("old", DeprecationWarning, stacklevel=1)
        return right(u)

    assert check("e02.q5", answer)


@pytest.mark.parametrize("variable", ["NFLIB_CHECK", "NBGRADER_EXECUTION"])
def test_strict_mode_raises_unless_all_is_well(variable, monkeypatch):
    monkeypatch.setenv(variable, "strict")
    assert check("e02.q5", right)
    for answer in (None, lambda u: u, raising(NotImplementedError())):
        with pytest.raises(CheckFailed, match=r"e02\.q5"):
            check("e02.q5", answer)
    with pytest.raises(CheckFailed):
        check("e99.q1", right)
    assert not evaluate("e02.q5", None)


def test_an_error_in_the_check_itself_is_told_apart(monkeypatch):
    monkeypatch.setattr(engine, "_questions", dict(engine._questions))
    broken = engine.Question("e00.q1", "f(x)")  # registers itself
    broken.steps.append(engine.Step("step", lambda require, f: [][0], ()))
    result = check("e00.q1", abs)
    assert (result.verdict, result.step) == ("error", "internal")


def test_result_speaks_the_language_in_force():
    result = check("e02.q5", lambda u: u / 0)
    texts = set()
    for code in ("es", "en"):
        language(code)
        texts |= {repr(result), result._repr_html_()}
        assert f'lang="{code}"' in result._repr_html_()
    assert len(texts) == 4


def test_html_is_escaped_and_has_semantic_classes():
    answer = written("def answer(u):\n    raise ValueError('<b>&</b>' if 1 < 2 else '')\n")
    html = check("e02.q5", answer)._repr_html_()
    assert "<b>" not in html and "&lt;b&gt;" in html
    assert 'class="nf-check nf-check--error"' in html
    for part in ("head", "message", "line"):
        assert f'class="nf-check__{part}"' in html


@pytest.mark.parametrize("verdict", SYMBOLS)
def test_verdict_is_a_symbol_and_a_word_and_its_colour_shows_on_light_and_dark(verdict):
    def luminance(colour):
        parts = [int(part, 16) / 255 for part in re.findall("..", colour.lstrip("#"))]
        linear = [
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        ]
        return sum(w * part for w, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    def contrast(a, b):
        low, high = sorted((luminance(a), luminance(b)))
        return (high + 0.05) / (low + 0.05)

    symbol, word = SYMBOLS[verdict], MESSAGES[verdict]
    shown = Result("e02.q1", verdict, message=Text("a", "b"))._repr_html_()
    assert symbol in shown and str(word) in shown
    assert ";color:" not in shown.split(">")[0]  # the text keeps the page's own colour
    assert all(contrast(COLOURS[verdict], page) >= 3 for page in ("#ffffff", "#1e1e1e"))


# --- answers of other shapes -------------------------------------------------------------------


@pytest.fixture
def guarded():
    def guard(function, float64=False):
        return Signature.parse("answer(x, scale)").answer(function, float64)

    return guard


def test_guard_copies_tensors_and_lists_and_passes_other_arguments_as_they_are(guarded):
    given = []
    x, scale = torch.ones(3, 2), torch.ones(3)
    guarded(lambda *arguments: given.extend(arguments) or arguments[0].sum(1))(x, scale, shape=(3,))
    assert torch.equal(given[0], x) and given[0] is not x and given[1] is not scale
    guarded(lambda *arguments: given.extend(arguments) or 1.0)(2, math.sin, shape=())
    assert given[2:] == [2, math.sin]
    layers = [1, 2]
    assert guarded(lambda x, layers: layers.pop())(1, layers, shape=()) == 2 and layers == [1, 2]


@pytest.mark.parametrize("shape", [(), (3,), (3, 4, 2)])
def test_guard_asks_for_the_shape_wanted(guarded, shape):
    x = torch.ones(3, 2)
    value = guarded(lambda x, scale: torch.zeros(shape))(x, 1.0, shape=shape)
    assert value.shape == shape and value.dtype == torch.float64
    with pytest.raises(CheckEnded) as stop:
        guarded(lambda x, scale: torch.zeros(7, 7))(x, 1.0, shape=shape)
    assert stop.value.step == "shape" and "(7, 7)" in str(stop.value.message)
    assert str(shape) in str(stop.value.message) and str(stop.value.hint)


def test_one_number_may_come_in_a_tensor_of_one_entry(guarded):
    assert guarded(lambda x, scale: torch.full((1, 1), 2.0))(1, 1, shape=()).item() == 2


@pytest.mark.parametrize(
    ("shape", "place"), [((), "`nan`."), ((2,), "`[1]`"), ((2, 3), "`[1, 2]`")]
)
def test_guard_tells_where_a_value_is_not_finite(guarded, shape, place):
    value = torch.zeros(shape)
    value.view(-1)[-1] = torch.nan
    x = torch.ones(2, 2)
    with pytest.raises(CheckEnded) as stop:
        guarded(lambda x, scale: value)(x, 1.0, shape=shape)
    assert stop.value.step == "finite"
    assert place in str(stop.value.message)
    assert guarded(lambda x, scale: value)(x, 1.0, shape=shape, finite=False).isnan().any()


# --- what the checks measure with --------------------------------------------------------------


def test_sums_over_the_plane_are_integrals():
    x, cell = plane(8, 60)
    density = torch.exp(-x.square().sum(1) / 2) / (2 * math.pi)
    assert x.shape == (3600, 2)
    assert abs(density.sum().item() * cell - 1) < 1e-12
    assert abs((density * x[:, 0] ** 2).sum().item() * cell - 1) < 1e-12


def test_errors_are_relative_to_large_values_and_infinite_if_not_finite():
    found, expected = (
        torch.tensor([101.0, 0.5, torch.nan, torch.inf]),
        torch.tensor([100.0, 0, 1, 1]),
    )
    assert measure.relative_error(found, expected).tolist() == pytest.approx(
        [0.01, 0.5, math.inf, math.inf]
    )
    assert measure.allclose(found[:1], expected[:1], 0.02)
    assert not measure.allclose(found[:1], expected[:1])
    assert not measure.allclose(found[2:], found[2:])


def test_largest_tensor_is_remembered():
    u = torch.ones(50)
    with Largest() as largest:
        (u * u).sum()
    assert largest.seen == 50
    with Largest() as largest:
        torch.outer(u, u).det()
    assert largest.seen >= 2500


def refused(codes, ratio, alarm):
    said = []
    require = lambda met, **told: met or said.append(told)
    measure.codes_agree(require, codes, ratio, alarm)
    return bool(said)


def test_codes_of_a_flow_are_refused_as_seldom_as_promised_and_folded_ones_always():
    g = torch.Generator().manual_seed(0)
    normal = torch.randn(500, 400, 2, generator=g, dtype=torch.float64)
    none = torch.zeros(400, dtype=torch.float64)
    assert 0.05 < sum(refused(codes, none, 0.05) for codes in normal) / 500 <= 3 * 0.05
    assert not any(refused(codes, none, 1e-6) for codes in normal)
    shift = torch.tensor([0.5, 0.0])  # of a flow that is wrong by this: log p − log q is known
    off = [(codes + shift, (codes[:, 0] + 0.25) / 2) for codes in normal]
    assert not any(refused(*pair, 1e-6) for pair in off)
    assert all(refused(codes.abs(), none, 1e-6) for codes in normal)
