"""A node for an HTML element that docutils does not have, such as ``<details>``: its name and its attributes."""

from __future__ import annotations

from docutils import nodes


class element(nodes.General, nodes.TextElement):
    """Any element of HTML."""


def make(tag: str, *children: nodes.Node, classes: str = "", **attributes: str) -> element:
    """Return an element; ``data_right`` is its attribute ``data-right``."""
    html = {name.replace("_", "-"): value for name, value in attributes.items()}
    return element("", "", *children, tag=tag, html=html, classes=classes.split())


def visit(self, node):
    """Open the element."""
    self.body.append(self.starttag(node, node["tag"], "", **node["html"]))


def depart(self, node):
    """Close the element."""
    self.body.append(f"</{node['tag']}>\n")


def setup(app):
    """Register the node."""
    app.add_node(element, html=(visit, depart))
