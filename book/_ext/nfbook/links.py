"""Links to identifiers (doi.org) in the check of all links, `make links`: does the registry know them?

A publisher behind an identifier may refuse programs, and would be reported as a page that is gone.
"""

from __future__ import annotations

DOI = "https://doi.org/"


def registry(app, address: str) -> str | None:
    """Return the address that answers 404 for an identifier that does not exist, None for other links."""
    return address.replace(DOI, f"{DOI}api/handles/") if address.startswith(DOI) else None


def setup(app):
    """Register with Sphinx."""
    app.connect("linkcheck-process-uri", registry)
