"""Find what a student's code changed in the libraries: a snapshot before it, a comparison after it.

The names of the modules and classes of nflib, torch, numpy and of what Python's own checks rest on
are compared one by one, the code behind every function too, and what differs is put back. This
finds patches made by accident or for a joke. It runs in the student's own process, so it cannot
find what reads or writes memory by other ways: see `tools.grading.worker`.
"""

from __future__ import annotations

import builtins
import contextlib
import re
import sys
import threading
from types import FunctionType, ModuleType
from typing import Any

import torch

WATCHED = re.compile(
    r"(builtins|c?math|inspect|warnings|linecache|traceback|importlib|types|re|signal|numpy|torch"
    r"|numpy\.(linalg|polynomial)(\..+)?|nflib(\..+)?|torch\.(_C|_VF|_tensor|functional|linalg"
    r"|special|fft|func|overrides|nn\.functional|_C\._(linalg|special|fft|nn|VariableFunctions)"
    r"|(autograd|distributions|_functorch)(\..+)?))$"
)
# nflib's own state, and what torch itself replaces when it loads its compiler
MOVING = {
    ("nflib.course.language", "_current"),
    ("nflib.course.check.record", "_memory"),
    ("torch", "manual_seed"),
    ("torch", "Storage"),
}
IMMUTABLE = 1 << 8  # of a class's flags: no attribute of it can be set
LIMIT = 8  # of the changes that are named


class Snapshot:
    """The watched modules and classes as they are now."""

    def __init__(self) -> None:
        self.modules = {name: m for name, m in sys.modules.items() if WATCHED.match(name)}
        self.kinds = {name: type(module) for name, module in self.modules.items()}
        self.names = {name: dict(vars(module)) for name, module in self.modules.items()}
        classes = {
            id(value): value
            for names in self.names.values()
            for value in names.values()
            if isinstance(value, type)
            and not value.__flags__ & IMMUTABLE
            and WATCHED.match(str(value.__module__))
        }
        self.classes = [(each, dict(vars(each))) for each in classes.values()]
        functions = {
            id(value): value
            for names in (*self.names.values(), *(names for _, names in self.classes))
            for value in names.values()
            if isinstance(value, FunctionType)
        }
        self.functions = [(each, _inside(each)) for each in functions.values()]
        self.paths = (sys.meta_path[:], sys.path[:], sys.path_hooks[:])

    def changes(self) -> list[str]:
        """The names that differ; everything is put back, so a second call finds nothing."""
        _settle()
        found = [*self._modules(), *self._classes(), *self._functions(), *_modes()]
        for now, before in zip((sys.meta_path, sys.path, sys.path_hooks), self.paths, strict=True):
            now[:] = before
        return found[:LIMIT]

    def _modules(self) -> list[str]:
        found = []
        for name, module in self.modules.items():
            if sys.modules.get(name) is not module:
                sys.modules[name] = module
                found.append(f"sys.modules[{name!r}]")
            if type(module) is not self.kinds[name]:
                module.__class__ = self.kinds[name]
                found.append(name)
            before, now = self.names[name], vars(module)
            for key, value in before.items():
                if now.get(key, before) is not value and _counts(name, key, value):
                    now[key] = value
                    found.append(f"{name}.{key}")
            for key in now.keys() & vars(builtins).keys() - before.keys():
                if key[:2] != "__":
                    del now[key]
                    found.append(f"{name}.{key}")
        return found

    def _classes(self) -> list[str]:
        found = []
        for each, before in self.classes:
            now, above = dict(vars(each)), each.__mro__[1:]
            for key in now.keys() | before.keys():
                old, new = before.get(key), now.get(key)
                hides = key not in before and any(key in vars(base) for base in above)
                if old is new or not (hides or _acts(old) or _acts(new)):
                    continue
                with contextlib.suppress(AttributeError, TypeError):
                    delattr(each, key) if key not in before else setattr(each, key, old)
                found.append(f"{each.__module__}.{each.__name__}.{key}")
        return found

    def _functions(self) -> list[str]:
        found = []
        for each, before in self.functions:
            if any(a is not b for a, b in zip(_inside(each), before, strict=True)):
                each.__code__, each.__defaults__, each.__kwdefaults__ = before
                found.append(f"{each.__module__}.{each.__qualname__}")
        return found


def _acts(value: object) -> bool:
    """Tell whether an attribute of a class is a method, a property or the like."""
    return callable(value) or hasattr(value, "__get__")


def _inside(function: FunctionType) -> tuple[Any, ...]:
    return function.__code__, function.__defaults__, function.__kwdefaults__


def _counts(module: str, key: str, value: object) -> bool:
    """Tell whether another value under that name is a patch: libraries do move some of their own."""
    if (module, key) in MOVING:
        return False
    if module.startswith("nflib"):
        return key[:2] != "__"
    return callable(value) or isinstance(value, ModuleType | float)


def _settle() -> None:
    """Undo what would act later: tracing, and gradients switched off."""
    sys.settrace(None)
    sys.setprofile(None)
    threading.settrace(None)  # type: ignore[arg-type]
    threading.setprofile(None)
    torch.set_grad_enabled(True)


def _modes() -> list[str]:
    """Modes that stand between every call of torch and torch; they are left."""
    found = []
    for kind in ("function", "dispatch"):
        for _ in range(getattr(torch._C, f"_len_torch_{kind}_stack")()):
            pop = getattr(torch._C, f"_pop_torch_{kind}_stack")
            mode = pop() if kind == "function" else pop(None)
            if type(mode).__name__ != "DeviceContext":  # torch.set_default_device
                found.append(f"torch (a {type(mode).__name__})")
    return found
