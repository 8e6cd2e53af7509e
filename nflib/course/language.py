"""The language of verdicts, hints and tables; identifiers and errors stay in English."""

from __future__ import annotations

LANGUAGES = ("es", "en")
_current = "en"


def language(code: str | None = None) -> str:
    """Set the language of messages if ``code`` is given; return the one in force.

    Args:
        code: ``"es"`` or ``"en"``; ``None`` only asks.

    Raises:
        ValueError: if ``code`` is another string.
    """
    global _current
    if code is not None:
        if code not in LANGUAGES:
            raise ValueError(f"language: expected one of {LANGUAGES}, got {code!r}")
        _current = code
    return _current
