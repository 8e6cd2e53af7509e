"""Citations in plain notebooks: «[Bishop, 2006]» in the text, and the list of what was cited at the end."""

from __future__ import annotations

from pathlib import Path

from pybtex.database import Entry, parse_file
from pybtex.richtext import Text

AND = {"es": " y ", "en": " and "}


class Citations:
    """The works of a BibTeX file, and those that a page has cited so far."""

    def __init__(self, path: Path, lang: str):
        self.entries, self.lang, self.cited = parse_file(str(path)).entries, lang, {}

    def cite(self, keys: list[str], textual: bool) -> str:
        """Return a citation: «Bishop [2006]» if ``textual``, otherwise «[Bishop, 2006]»."""
        works = {key: self.entries[key] for key in map(str.strip, keys)}
        self.cited |= works
        parts = [self.names_and_year(work) for work in works.values()]
        if textual:
            return ", ".join(f"{names} [{year}]" for names, year in parts)
        return f"[{'; '.join(map(', '.join, parts))}]"

    def names_and_year(self, entry: Entry) -> tuple[str, str]:
        """Return the family names of one or two authors, or of the first of many, and the year."""
        people = entry.persons["author"]
        family = [clean(" ".join(p.prelast_names + p.last_names)) for p in people]
        names = f"{family[0]} et al." if len(family) > 2 else AND[self.lang].join(family)
        return names, entry.fields["year"]

    def listing(self) -> list[str]:
        """Return the works cited, in order of author and year, a line each: title, where, DOI."""
        lines = []
        for entry in sorted(self.cited.values(), key=self.names_and_year):
            (names, year), fields = self.names_and_year(entry), entry.fields
            where = fields.get("journal") or fields.get("booktitle") or fields.get("publisher")
            line = f"{names} ({year}). *{clean(fields['title'])}*."
            line += f" {clean(where)}." if where else ""
            if "doi" in fields:
                line += f" <https://doi.org/{fields['doi']}>"
            elif "eprint" in fields:
                line += f" <https://arxiv.org/abs/{fields['eprint']}>"
            lines.append(line)
        return lines


def clean(text: str) -> str:
    """Return BibTeX text as plain text: accents decoded, braces dropped."""
    return str(Text.from_latex(text))
