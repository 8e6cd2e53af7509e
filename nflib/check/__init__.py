"""Feedback for the exercises: ``check("e02.q1", h, h_prime, p_x)`` shows a verdict and one hint."""

from nflib.check.engine import CheckFailed, check, evaluate
from nflib.check.result import Result
from nflib.language import language

__all__ = ["CheckFailed", "Result", "check", "evaluate", "language"]
