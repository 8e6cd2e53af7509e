"""Folders and languages of the course, for all tools."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "_build"
EDITIONS = ("es", "en")
