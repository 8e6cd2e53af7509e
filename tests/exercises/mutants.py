"""Mutants of a program: copies of its syntax tree with one small thing changed."""

import ast
import copy
from collections.abc import Callable, Iterator

SWAPPED = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
NOTHING = ast.Constant(None)


def changes(node: ast.AST) -> Iterator[tuple[str, Callable]]:
    """The small changes of one node: what is done, and what replaces the node."""

    def with_(**fields):
        def change(node):
            for name, value in fields.items():
                setattr(node, name, value)
            return node

        return change

    match node:
        case ast.BinOp() | ast.AugAssign():
            if type(node.op) in SWAPPED:
                yield "other operator", with_(op=SWAPPED[type(node.op)]())
    match node:
        case ast.BinOp():
            yield "left only", lambda node: node.left
            yield "right only", lambda node: node.right
        case ast.BoolOp():
            yield "other operator", with_(op=SWAPPED[type(node.op)]())
        case ast.UnaryOp():
            yield "no sign", lambda node: node.operand
        case ast.Compare(ops=[op]) if type(op) in SWAPPED:
            yield "comparison negated", with_(ops=[SWAPPED[type(op)]()])
        case ast.Constant(value=bool()):
            yield "constant", with_(value=not node.value)
        case ast.Constant(value=int() | float()):
            yield "constant + 1", with_(value=node.value + 1)
            if node.value:
                yield "constant 0", with_(value=0)
        case ast.Call(args=[_, *_]):
            for place in range(len(node.args)):
                yield f"argument {place} instead of the call", lambda node, i=place: node.args[i]
            if len(node.args) > 1:
                yield "arguments in another order", with_(args=node.args[1:] + node.args[:1])
        case ast.Return(value=ast.AST()):
            yield "returns nothing", with_(value=None)
        case ast.Assign(targets=[ast.Name()]) | ast.AugAssign():
            yield "statement left out", lambda node: ast.Pass()
        case ast.Tuple(elts=[_, _, *_]):
            for place in range(len(node.elts)):
                yield (
                    f"element {place} left out",
                    with_(elts=node.elts[:place] + node.elts[place + 1 :]),
                )
        case ast.For(orelse=[]):
            yield (
                "body once",
                lambda node: ast.If(
                    ast.Constant(True),
                    [
                        ast.Assign(
                            [node.target],
                            ast.Subscript(
                                ast.Call(ast.Name("list"), [node.iter], []), ast.Constant(0)
                            ),
                        ),
                        *node.body,
                    ],
                    [],
                ),
            )


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


def mutants(source: str) -> Iterator[tuple[str, str]]:
    """Pairs of what was changed, as ``"line: from -> to"``, and the mutant's source."""
    original = ast.parse(source)
    seen = {ast.unparse(original)}
    for place, node in enumerate(ast.walk(original)):
        for _, change in changes(node):
            tree = copy.deepcopy(original)
            target = list(ast.walk(tree))[place]
            before = ast.unparse(tree).splitlines()
            changed = change(target)
            if changed is not target:
                tree = _Replace(target, changed).visit(tree)
            text = ast.unparse(ast.fix_missing_locations(tree))
            if text not in seen:
                seen.add(text)
                yield _difference(before, text.splitlines()), text


def _difference(before: list[str], after: list[str]) -> str:
    """The first line that differs, before and after."""
    for old, new in zip(before, after, strict=False):
        if old != new:
            return f"{old.strip()} -> {new.strip()}"
    raise AssertionError("a mutant equal to its original")
