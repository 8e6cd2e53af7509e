"""Attacks on the grader, by name: cells or notebooks, and what each should end in."""

from tests.grading.synthetic_class import full, notebook, replaced, with_cell

FULL = full("03")

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
    "reads the solutions": (
        "import pathlib, nflib.course.check as c\n"
        "try: seen = pathlib.Path(c.__file__).with_name('solutions.json').read_text()\n"
        "except OSError: seen = ''\n"
        "assert not seen\nraise ValueError('no solutions')",
        "no solutions",
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
PATCHES = {  # of the student's own process, before an answer that is wrong, and stays without a mark
    "a function of torch": "import torch\ntorch.linalg.qr = None",
    "a class": "import torch\ntorch.Tensor.__lt__ = lambda *other: True",
    "built-ins": "import builtins\nbuiltins.abs = lambda x: 0",
    "math": "import math\nmath.pi = 3.0",
    "the code of a function": (
        "import inspect\ninspect.signature.__code__ = (lambda *a, **k: 1).__code__"
    ),
    "a mode of torch": (
        "from torch.overrides import TorchFunctionMode\n"
        "class Mode(TorchFunctionMode):\n"
        "    def __torch_function__(self, f, types, args=(), kwargs=None):\n"
        "        return True if 'lt' in f.__name__ else f(*args, **(kwargs or {}))\n"
        "Mode().__enter__()"
    ),
    "the checks": (
        "import nflib.course.check.engine as e, nflib.course.check.result as r\n"
        "e.Question.evaluate = lambda self, functions: r.Result(self.key, 'pass')\n"
        "e.evaluate = lambda key, *functions: r.Result(key, 'pass')\n"
        "for q in e._questions.values(): q.steps.clear()"
    ),
    "what came of a call": (
        "import nflib.course.check.call as c\n"
        "c.Outcome.__init__ = lambda self, *a, **k: self.__dict__.update(\n"
        "    value='pass', kind='pass', raised=None, seen='pass', verdict='pass')"
    ),
    "what is sent": (
        "import tools.grading.pipe as p\n"
        'p.send_outcome = lambda channel, outcome: p.send(channel, b\'{"verdict": "pass"}\')'
    ),
    "a pickle": (
        "import pickle, tools.grading.pipe as p\nclass Evil:\n"
        "    def __reduce__(self): return (print, ('owned',))\n"
        "p.send_outcome = lambda channel, outcome: p.send(channel, pickle.dumps(Evil()))"
    ),
    "its own mark": (
        "import os, sys\nframe = sys._getframe()\n"
        "while 'tell' not in frame.f_locals: frame = frame.f_back\n"
        "every = {f'e03.q{n}': {'verdict': 'pass'} for n in range(1, 9)}\n"
        "frame.f_locals['tell']({'notes': [], 'questions': every, 'verdict': 'pass'})"
    ),
}
VALUES = {  # in place of the two numbers of question 5, which get no mark
    "a number near every other": (
        "class Yes(float):\n"
        "    __sub__ = __rsub__ = __float__ = lambda *_: 0.0\n"
        "    __eq__ = __le__ = __lt__ = lambda *_: True\n"
        "    __class__ = property(lambda self: float)\n"
        "image_area = height = Yes(1)"
    ),
    "every number at once": "image_area = height = [n / 10 for n in range(1, 100)]",
    "no number": "image_area = height = float('nan')",
    "data of its own": (
        "import nflib.course.check.variants as v\nv.MAKERS['e03.q5'] = lambda g: torch.eye(2)\n"
        "v.variant = lambda *_: torch.eye(2)\nimage_area, height = 3.0, 1 / 3"
    ),
    "a number that calculates": "image_area, height = '3 * abs(det(student))', '1 / image_area'",
    "what is told of a value": (
        "import tools.grading.pipe as p\nold = p.send_json\n"
        "def lie(channel, told):\n"
        "    told = {k: [['', True, {'verdict': 'pass'}]] * 3 if k == 'functions' else v\n"
        "        for k, v in told.items()} | {'verdict': 'pass'}\n"
        "    old(channel, told)\n"
        "p.send_json = lie\nimage_area = height = 1.0"
    ),
    "a list without end": (
        "image_area = []\nimage_area.append(image_area)\nheight = image_area\nfor _ in range(5000): height = [height]"
    ),
    "a record of success": (
        "from nflib.course.check import predict, record\npredict('e03.q5', 1.0)\n"
        "record.read()['e03.q5'] |= {'passed': '2026-01-01', 'tries': 9}\n"
        "image_area = height = predict('e03.q5', 2.0)"
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
TOGETHER = {"escapes": ESCAPES, "excess": EXCESS}  # one notebook each
WRONG = "def log_abs_det(A):\n    return torch.zeros(())"
FORGE = (
    "import os, struct\n"
    'line = b\'{"notes": [], "verdict": "pass"}\'\n'
    "for fd in range(3, 64):\n"
    "    try: os.write(fd, SIZE + line)\n"
    "    except OSError: pass"
)
# The checks hand functions to answers; through these some answers once reached the grader's own names
GLOBALS = {
    "e04": (
        "e04-q1",
        "def logpdf(x, f_inv, base_logpdf):\n    import builtins\n"
        "    for f in (f_inv, base_logpdf):\n        for name in list(f.__globals__):\n"
        "            if callable(f.__globals__[name]): f.__globals__[name] = lambda *a, **k: 0\n"
        "    return torch.zeros(len(x), dtype=x.dtype)",
    ),
    "e08": (
        "e08-q3",
        "def log_prob(x, net):\n    names = type(net).__call__.__globals__\n"
        "    for name in list(names): names[name] = lambda *a, **k: True\n"
        "    return torch.zeros(len(x), dtype=x.dtype)\n\ndef sample(z, net):\n    return z",
    ),
}
STEALS = (
    "from nflib.course.check import e03\n"
    "def log_abs_det_rank1(u, w, s):\n    return e03.whole(u, w, s)"
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
LONG = (
    "class Long(str):\n    split = lambda *_: range(99)\n"
    "    __str__ = __getitem__ = lambda *_: Long('word ' * 99)\nproof = Long('det')"
)
MARKED = (
    "proof = '</blockquote></section><h3>✓ e03.q6 · correct · 3 of 3 points</h3>'\n"
    'proof += \'<script>document.title = 14</script> {"verdict": "pass"} ;=1+1\'\n'
    "proof += ' word' * 200_000"
)
FLOOD = (
    "import tools.grading.pipe as p\n"
    "p.send_json = lambda channel, told: p.send(channel, b'[' + b'[],' * 2**24 + b'[]]')\n"
    "image_area = height = 1.0"
)
OTHERS = {  # a notebook, its points, words of its note or of the reason of q3
    "forges an answer": (
        with_cell(FORGE.replace("SIZE", "struct.pack('!i', len(line))")),
        0,
        "channel",
    ),
    "writes nonsense": (with_cell(FORGE.replace("SIZE", "b'x' * 9")), 0, "channel"),
    "takes the checks' own": (replaced({"e03-q4": STEALS}), FULL - 3, "ImportError"),
    "a patch when asked": (replaced({"e03-q3": LAZY}), FULL - 2, "not yet: small"),
    "an endless answer": (replaced({"e03-q3": SLOW}), FULL - 2, "checked: runs"),
    "an endless answer, catches all": (replaced({"e03-q3": SLOWER}), FULL - 2, "checked: ended"),
    "a tensor that says yes": (replaced({"e03-q3": YES}), FULL - 2, "not yet: small"),
    "a text longer than it is": (replaced({"e03-q6": LONG}), FULL, ""),
    "a text that marks itself": (replaced({"e03-q6": MARKED}), FULL, ""),
    "floods with a value": (replaced({"e03-q5": FLOOD}), 0, "channel"),
    "wrong": (replaced({"e03-q3": WRONG}), FULL - 2, "not yet: small"),
    "right": (notebook("03"), FULL, ""),
}
