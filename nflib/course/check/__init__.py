"""Feedback for the exercises: ``check("e02.q1", h, h_prime, p_x)`` shows a verdict and one hint.

``hint("e02.q1")`` gives a hint before trying, ``solution("e02.q1")`` the solution and its reason after, and
``progress()`` shows what is done. ``predict`` notes a prediction, ``variant`` gives data of one's own.
"""

from nflib.course.check.engine import CheckFailed, check, evaluate
from nflib.course.check.hints import Hint, hint
from nflib.course.check.prediction import predict
from nflib.course.check.progress import Progress, progress
from nflib.course.check.result import Result
from nflib.course.check.solutions import Solution, solution
from nflib.course.check.variants import variant
from nflib.course.language import language

__all__ = [
    "CheckFailed",
    "Hint",
    "Progress",
    "Result",
    "Solution",
    "check",
    "evaluate",
    "hint",
    "language",
    "predict",
    "progress",
    "solution",
    "variant",
]
