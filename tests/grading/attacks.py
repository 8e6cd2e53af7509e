"""Attacks on the grader, by name: cells or notebooks, and what each should end in."""

from tests.grading.synthetic_class import notebook, replaced, with_cell

FULL = 9  # points of exercise 3

# Cells put before the solutions, which keep all their points, and words of the note on each.
ESCAPES = {
    "network": ("import socket\nsocket.create_connection(('127.0.0.1', {port}), 2)", "Refused"),
    "reads a file": ("open({canary!r}).read()", "FileNotFoundError"),
    "sees the others": ("import os\nprint(os.listdir({folder!r}))", "FileNotFoundError"),
    "writes outside": ("open({canary!r} + '.new', 'w')", "FileNotFoundError"),
    "writes to nflib": ("import nflib\nopen(nflib.__file__, 'a')", "nflib/__init__.py"),
    "reads its job again": (
        "import os\nfor file in ('/proc/self/fd/0', '/proc/1/fd/0'):\n"
        "    try: seen = os.read(os.open(file, os.O_RDONLY | os.O_NONBLOCK), 9)\n"
        "    except OSError: seen = b''\n"
        "    assert not seen\nraise ValueError('saw nothing')",
        "saw nothing",
    ),
    "deletes": ("import os\nos.remove({canary!r})", "FileNotFoundError"),
}
EXCESS = {
    "12 GB": ("import torch\ntorch.ones(12 * 2**30, dtype=torch.uint8)", "RuntimeError"),
    "a large file": ("open('x', 'wb').write(bytes(9 * 2**20))", "File too large"),
    "fills the disk": (
        "for n in range(99):\n    with open(f'{{n}}', 'wb') as f: f.write(bytes(7 * 2**20))",
        "No space",
    ),
    "endless": ("while True: pass", "TimeLimit"),
    "fork bomb": (
        "import os, time\nfor n in range(2000):\n    if os.fork() == 0:\n"
        "        time.sleep(30)\n        os._exit(0)",
        "BlockingIOError",
    ),
    "sys.exit": ("import sys\nsys.exit()", "SystemExit"),
    "asks for input": ("input()", "EOFError"),
    "200 MB of output": ("for _ in range(200): print('x' * 2**20)", ""),
    "guesses the marker": ('print(\'{{"kind": "done", "nonce": ""}}\')', ""),
}
PATCHES = {
    "a function of torch": ("import torch\ntorch.linalg.qr = None", "`torch.linalg.qr`"),
    "a class": ("import torch\ntorch.Tensor.__lt__ = 1", "`torch.Tensor.__lt__`"),
    "built-ins": ("import builtins\nbuiltins.abs = max", "`builtins.abs`"),
    "math": ("import math\nmath.pi = 3.0", "`math.pi`"),
    "nflib": ("import nflib\nnflib.Affine = 2", "`nflib.Affine`"),
    "the code of a function": (
        "import inspect\ninspect.signature.__code__ = (lambda *a, **k: 1).__code__",
        "`inspect.signature`",
    ),
    "a mode of torch": (
        "from torch.overrides import TorchFunctionMode\n"
        "class Mode(TorchFunctionMode):\n"
        "    def __torch_function__(self, f, types, args=(), kwargs=None):\n"
        "        return f(*args, **(kwargs or {{}}))\n"
        "Mode().__enter__()",
        "a Mode",
    ),
}
HOARD = "def hoard():\n    kept = []\n    while True: kept.append(bytes(2**26))\nhoard()"
LETHAL = {
    "12 GB, bit by bit": (HOARD, "MemoryError"),
    "memory of children": (
        "import os, time\nfor _ in range(4):\n    if os.fork() == 0:\n"
        "        held = bytearray(b'x') * 2**29\n        time.sleep(30)\ntime.sleep(30)",
        "too much memory",
    ),
    "endless, catches all": (
        "import time\nwhile True:\n    try: time.sleep(9)\n    except BaseException: pass",
        "took too long",
    ),
    "endless, deaf": (
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True: pass",
        "took too long",
    ),
    "os._exit": ("import os\nos._exit(0)", "ended the process"),
    "kills itself": ("import os\nos.kill(os.getpid(), 9)", "ended the process"),
    "kills all it can": (
        "import os\nfor pid in (os.getppid(), -1):\n"
        "    try: os.kill(pid, 9)\n    except OSError: pass",
        "",
    ),
    "segmentation fault": ("import ctypes\nctypes.string_at(0)", "ended the process"),
}
TOGETHER = {"escapes": ESCAPES, "excess": EXCESS, "patches": PATCHES}  # one notebook each
WRONG = "def log_abs_det(A):\n    return torch.zeros(())"
PATCH_CHECK = (
    "import nflib.course.check.engine as e, nflib.course.check.result as r\n"
    "e.Question.evaluate = lambda self, functions: r.Result(self.key, 'pass')\n"
    "e.evaluate = lambda key, *functions: r.Result(key, 'pass')\n"
    "for q in e._questions.values(): q.steps.clear()"
)
FORGE = (
    "import os, json\n"
    "line = json.dumps({'kind': 'done', 'nonce': 'x', 'questions': [], 'notes': []})\n"
    "for fd in range(3, 64):\n"
    "    try: os.write(fd, line.encode() + b'\\n')\n"
    "    except OSError: pass"
)
TAKE = (  # what no check in the same process can prevent: only a note remains
    "import json, os, sys\nframe = sys._getframe()\n"
    "while 'nonce' not in frame.f_locals: frame = frame.f_back\n"
    "every = [dict(key=f'e03.q{n}', verdict='pass') for n in range(1, 5)]\n"
    "frame.f_locals['tell']('done', questions=every, notes=[])\nos._exit(0)"
)
LAZY = (
    "def log_abs_det(A):\n    import math\n    math.log = lambda x: 0\n    return torch.zeros(())"
)
SLOW = "def log_abs_det(A):\n    while True: pass"
SLOWER = (
    "def log_abs_det(A):\n    import time\n    while True:\n"
    "        try: time.sleep(9)\n        except BaseException: pass"
)
YES = (
    "class Yes(torch.Tensor):\n    @classmethod\n"
    "    def __torch_function__(cls, f, types, args=(), kwargs=None):\n"
    "        if 'sub' in f.__name__ and f.__name__ != 'as_subclass':\n"
    "            return torch.zeros(())\n"
    "        return super().__torch_function__(f, types, args, kwargs or {})\n\n"
    "def log_abs_det(A):\n    return torch.ones((), dtype=A.dtype).as_subclass(Yes)"
)
OTHERS = {  # a notebook, its points, words of its note or of the reason of q3
    "patches the checks": (with_cell(PATCH_CHECK, solved=False), 0, "patched"),
    "forges an answer": (with_cell(FORGE), 0, "grader's channel"),
    "writes its own mark": (with_cell(TAKE, solved=False), FULL, "`_getframe`, for a person"),
    "a patch when asked": (replaced({"e03-q3": LAZY}), FULL - 2, "math.log"),
    "an endless answer": (replaced({"e03-q3": SLOW}), FULL - 2, "checked: runs"),
    "an endless answer, catches all": (replaced({"e03-q3": SLOWER}), FULL - 2, "checked: ended"),
    "a tensor that says yes": (replaced({"e03-q3": YES}), FULL - 2, "not yet: small"),
    "wrong": (replaced({"e03-q3": WRONG}), FULL - 2, "not yet: small"),
    "right": (notebook("03"), FULL, ""),
}
