"""The theme's icon font, cut down to the icons that the course shows.

Font Awesome brings 1,400 icons in 156 kB; pages show a dozen.
"""

from __future__ import annotations

import re
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

SOLID = "vendor/fontawesome/webfonts/fa-solid-900"
FACE = re.compile(r"@font-face\s*\{[^}]*Font Awesome[^}]*\}")
SHOWN = re.compile(r"""(?:content|--[\w-]+)\s*:\s*(["'])(\\[0-9a-fA-F]+\s?|.)\1""")


def letters(sheet: str) -> set[int]:
    """Return the code points that a style sheet may show in front of or behind an element."""
    found = (text for _, text in SHOWN.findall(sheet))
    return {int(text[1:], 16) if text.startswith("\\") else ord(text) for text in found}


def cut(static: Path, sheet: str) -> str:
    """Write the font of a style sheet's icons; return the sheet with that font alone."""
    font = TTFont(static / f"{SOLID}.ttf", recalcTimestamp=False)
    options = Options(layout_features=[], hinting=False, drop_tables=["FFTM", "GSUB", "GPOS"])
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=letters(sheet))
    subsetter.subset(font)
    font.flavor = "woff"  # woff2 needs a package that nothing else here does
    font.save(static / f"{SOLID}.woff")
    solid = (
        '@font-face{font-family:"Font Awesome 6 Free";font-style:normal;font-weight:900;'
        f'font-display:block;src:url("{SOLID}.woff") format("woff")}}'
    )
    return FACE.sub("", sheet) + solid + "\n"
