"""The interactive figure jacobi: sweeps that reach the picture drawn pixel by pixel, as the theorem says."""

import pytest
import torch

from tests.book.figures import double

D = 144
MODELS, STARTS = ("independent", "digits", "chain"), ("white", "black", "noise")
each_model = pytest.mark.parametrize("model", MODELS)
each_start = pytest.mark.parametrize("start", STARTS)


def mulberry32(seed: int) -> list[float]:
    """Return 144 numbers of Ettinger's generator."""
    numbers, mask = [], 2**32 - 1
    for _ in range(D):
        seed = (seed + 0x6D2B79F5) & mask
        t = (seed ^ seed >> 15) * (seed | 1) & mask
        t ^= (t + ((t ^ t >> 7) * (t | 61) & mask)) & mask
        numbers.append((t ^ t >> 14) / 2**32)
    return numbers


def conditional(model: str, shapes: torch.Tensor, v: list[int]) -> float:
    """Return P(the next pixel is 1) after the pixels v: the mixture of the shapes by Bayes' rule."""
    i = len(v)
    if model == "chain":
        return 0.5 if i == 0 else (0.998 if v[-1] else 0.002)
    if model == "independent":
        return float(shapes[:, i].mean())
    seen = double(v)
    log_likelihood = (seen * shapes[:, :i].log() + (1 - seen) * (1 - shapes[:, :i]).log()).sum(-1)
    return float(log_likelihood.softmax(0) @ shapes[:, i])


def history(engine, **changes) -> list[list[int]]:
    return engine.call("model.pictures", engine.state(**changes))


def right_prefix(v: list[int], sample: list[int]) -> int:
    return next((i for i in range(D) if v[i] != sample[i]), D)


def test_shapes_are_ten_digits_in_fifteen_places(engine):
    shapes = double(engine.evaluate("figure.model.shapes"))
    assert shapes.shape == (150, D)
    assert set(shapes.flatten().tolist()) == {0.02, 0.98}
    pictures = shapes.view(10, 3, 5, 12, 12)
    middle = pictures[:, 1, 2]
    assert torch.equal(pictures[:, 2, 2, 1:], middle[:, :-1])  # one down
    assert torch.equal(pictures[:, 1, 0, :, :-2], middle[:, :, 2:])  # two to the left
    assert len({tuple(p.flatten().tolist()) for p in middle}) == 10


@pytest.mark.parametrize("seed", [1, 4, 8])
def test_uniform_numbers_are_those_of_the_generator(engine, seed):
    assert engine.call("model.uniforms", seed) == mulberry32(seed)


@each_model
@pytest.mark.parametrize("draw", range(1, 9))
def test_sweeps_end_at_the_picture_drawn_pixel_by_pixel(engine, model, draw):
    shapes, v = double(engine.evaluate("figure.model.shapes")), []
    for u in mulberry32(draw):
        v.append(int(u >= 1 - conditional(model, shapes, v)))
    for start in STARTS:
        assert history(engine, model=model, draw=draw, start=start)[-1] == v


@each_model
@each_start
def test_the_first_k_pixels_are_right_after_k_sweeps(engine, model, start):
    for draw in range(1, 9):
        *pictures, sample = history(engine, model=model, draw=draw, start=start)
        assert pictures[-1] == sample and len(pictures) <= D + 1
        prefixes = [right_prefix(v, sample) for v in pictures]
        assert all(prefix >= k for k, prefix in enumerate(prefixes))
        assert prefixes == sorted(prefixes)


def test_sweeps_are_one_or_a_few_or_as_many_as_pixels(engine):
    sweeps = {m: [len(history(engine, model=m, draw=n)) - 2 for n in range(1, 9)] for m in MODELS}
    assert max(sweeps["independent"]) == 1
    assert 4 <= min(sweeps["digits"]) and max(sweeps["digits"]) <= 16
    assert max(sweeps["chain"]) == D


def test_agreement_is_sudden(engine):
    """Of the digits' ten sweeps, the eighth still leaves two thirds of the wrong pixels."""
    wrong = [each["wrong"] for each in engine.call("model.measure", engine.state())]
    assert len(wrong) == 12 and wrong[-2:] == [0, 0]
    assert min(wrong[:9]) > 0.6 * wrong[0]


@each_model
@pytest.mark.parametrize("k", [0, 1, 5, 999])
def test_the_table_counts_what_is_right_wrong_and_changed(engine, model, k):
    pictures = history(engine, model=model)
    k, state = min(k, len(pictures) - 1), {"model": model, "k": k}
    expected = {
        "sweeps": k,
        "prefix": right_prefix(pictures[k], pictures[-1]),
        "wrong": sum(a != b for a, b in zip(pictures[k], pictures[-1], strict=True)),
    }
    if k:
        changed = zip(pictures[k], pictures[k - 1], strict=True)
        expected["changed"] = sum(a != b for a, b in changed)
    assert engine.numbers(**state) == expected


def test_another_model_draw_or_start_begins_again(engine):
    assert engine.state(draw=2)["k"] == 0
    assert engine.state(start="noise")["k"] == 0
    assert engine.state(model="chain")["k"] == 0
    assert engine.evaluate("figure.reduce(figure.initial, {}).k") == 3
    assert [b["key"] for b in engine.evaluate("figure.buttons")] == ["step", "draw"]


def test_curves_are_dragged_to_a_sweep(engine):
    state = engine.state(width=358)
    assert engine.call("drag", state, "k", 358 - 14, 50)["k"] == 24
    assert engine.state(k=24)["k"] == 11  # the last: it changes nothing
