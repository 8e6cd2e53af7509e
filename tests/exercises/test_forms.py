"""A right answer passes in every form in which Python and torch can give it."""

import functools

import numpy as np
import pytest
import torch

from nflib.course.check import evaluate
from tests.exercises.answers import solution
from tests.exercises.questions import SOLUTIONS

LEARNS = {"e01.q4", "e05.q5", "e06.q5", "e08.q5", "e09.q3"}  # some seconds each: tried in one form


def of_numbers(change):
    """Change values that are one number."""
    return lambda value: change(value) if np.ndim(value) == 0 else value


def of_tensors(change):
    """Change values that are tensors."""
    return lambda value: change(value) if isinstance(value, torch.Tensor) else value


VALUES = {
    "a Python float": of_numbers(float),
    "a float of NumPy": of_numbers(np.float64),
    "an array of no axes": of_numbers(lambda value: np.array(float(value))),
    "a tensor of no axes": of_numbers(lambda value: torch.as_tensor(value).reshape(())),
    "a tensor of one entry": of_numbers(lambda value: torch.as_tensor(value).reshape(1)),
    "an array": of_tensors(lambda value: value.detach().numpy()),
    "not contiguous": of_tensors(lambda value: torch.stack([value, value], -1)[..., 0]),
    "with a gradient": of_tensors(lambda value: value.detach().clone().requires_grad_()),
    "a parameter": of_tensors(lambda value: torch.nn.Parameter(value.detach().clone())),
    "added in another order": of_tensors(lambda value: value * (1 + 2**-51)),
}


def changed(function, change):
    return functools.wraps(function)(lambda *arguments: change(function(*arguments)))


class Holder:
    """An object whose method is the answer."""

    def __init__(self, function):
        self.function = function

    def method(self, *arguments):
        return self.function(*arguments)

    def __call__(self, *arguments):
        return self.function(*arguments)


through_numpy = of_tensors(lambda value: torch.from_numpy(value.detach().numpy().copy()))
CALLED = {
    "a method": lambda function: Holder(function).method,
    "an object": Holder,
    "a partial": lambda function: functools.partial(function),
    "an array inside": lambda function: changed(function, through_numpy),
}  # fmt: skip
FORMS = {name: functools.partial(changed, change=change) for name, change in VALUES.items()}
FORMS |= CALLED
PAIRS = [
    (key, form)
    for key in SOLUTIONS
    if "def " in SOLUTIONS[key].source
    for form in FORMS
    if (key not in LEARNS or form == "an array")
    and (key, form) != ("e08.q2", "added in another order")  # masks are zeros and ones, exactly
]


@pytest.mark.parametrize(("key", "form"), PAIRS)
def test_a_right_answer_passes_in_every_form(key, form):
    functions = solution(key)
    result = evaluate(
        key, *(FORMS[form](each) if callable(each) else each for each in functions.values())
    )
    assert result, result


@pytest.mark.parametrize("key", [key for key in SOLUTIONS if key not in LEARNS])
def test_a_float32_inside_is_told_as_such_or_passes(key):
    """An answer that is right to seven digits is never given another cause."""
    single = of_tensors(lambda value: value.float().double())
    given = solution(key).values()
    result = evaluate(key, *(changed(each, single) if callable(each) else each for each in given))
    assert result or "`float32`" in result.hint.en, result
