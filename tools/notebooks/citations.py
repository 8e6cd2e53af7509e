"""Citations in plain notebooks: «[Bishop, 2006]» in the text, and the list of what was cited at the end."""

from __future__ import annotations

from pathlib import Path

from pybtex.database import Entry, parse_file
from pybtex.richtext import Text

AND = {"es": "y", "en": "and"}
OTHERS = "et al."


class Citations:
    """The works of a BibTeX file, and which of them a page has cited so far."""

    def __init__(self, path: Path, lang: str):
        self.entries, self.lang, self.cited = parse_file(str(path)).entries, lang, []

    def cite(self, keys: list[str], textual: bool) -> str:
        """Return a citation: «Bishop [2006]» if ``textual``, otherwise «[Bishop, 2006]».

        Raises:
            KeyError: if the file has no such entry.
        """
        parts = []
        for key in (key.strip() for key in keys):
            entry = self.entries[key]
            self.cited += [key] if key not in self.cited else []
            names, year = self.names(entry), entry.fields["year"]
            parts.append(f"{names} [{year}]" if textual else f"{names}, {year}")
        return ", ".join(parts) if textual else f"[{'; '.join(parts)}]"

    def names(self, entry: Entry) -> str:
        """Return the family names of one or two authors, or of the first of many."""
        people = entry.persons.get("author") or entry.persons["editor"]
        family = [clean(" ".join(p.prelast_names + p.last_names)) for p in people]
        if len(family) > 2:
            return f"{family[0]} {OTHERS}"
        return f" {AND[self.lang]} ".join(family)

    def listing(self) -> list[str]:
        """Return the works cited, in order of author and year, a line each."""
        keys = sorted(
            self.cited, key=lambda k: (self.names(self.entries[k]), self.entries[k].fields["year"])
        )
        return [self.describe(self.entries[key]) for key in keys]

    def describe(self, entry: Entry) -> str:
        """Return one line: authors, year, title, where it appeared, DOI."""
        fields = entry.fields
        where = fields.get("journal") or fields.get("booktitle") or fields.get("publisher")
        line = f"{self.names(entry)} ({fields['year']}). *{clean(fields['title'])}*."
        line += f" {clean(where)}." if where else ""
        if "doi" in fields:
            line += f" <https://doi.org/{fields['doi']}>"
        elif "eprint" in fields:
            line += f" <https://arxiv.org/abs/{fields['eprint']}>"
        return line


def clean(text: str) -> str:
    """Return BibTeX text as plain text: accents decoded, braces dropped."""
    return str(Text.from_latex(text))
