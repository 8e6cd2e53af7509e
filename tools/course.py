"""Where the course lies, and the languages that it is written in: what every tool needs to know."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "_build"
EDITIONS = ("es", "en")
