"""The ways in which a module is changed: one place each, one that a person might get wrong."""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_COUNTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}


@dataclass(frozen=True)
class Mutant:
    """A module with one change."""

    line: int
    code: str
    """The line as it was, without its indent."""
    what: str
    number: int
    """Which node of the tree, and which of its changes."""
    variant: int
    original: str

    @property
    def source(self) -> str:
        """The whole module, changed."""
        tree = ast.parse(self.original)
        node = list(ast.walk(tree))[self.number]
        _, changed = list(_changed(node))[self.variant]
        _Swap(node, changed).visit(tree)
        return ast.unparse(ast.fix_missing_locations(tree))


def mutants(source: str) -> list[Mutant]:
    """Return every mutant of a module, in the order of its lines."""
    tree, lines = ast.parse(source), source.splitlines()
    left_alone = set(_of_types(tree))
    made = []
    for number, node in enumerate(ast.walk(tree)):
        if not isinstance(node, ast.expr | ast.stmt) or node in left_alone:
            continue
        code = lines[node.lineno - 1].strip()
        for variant, (what, _) in enumerate(_changed(node)):
            made.append(Mutant(node.lineno, code, what, number, variant, source))
    return sorted(made, key=lambda one: (one.line, one.what))


def _of_types(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield what is of an annotation or of an import for it: nothing runs by that."""
    for owner in _annotations(tree):
        yield from ast.walk(owner)


def _annotations(tree: ast.Module) -> list[ast.AST]:
    found: list[ast.AST] = []
    for node in ast.walk(tree):
        for name in ("annotation", "returns"):
            owner = getattr(node, name, None)
            if isinstance(owner, ast.AST):
                found.append(owner)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            found.append(node)
    return found


class _Swap(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self._new if node is self._old else self.generic_visit(node)


def _changed(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    yield from _expressions(node)
    if isinstance(node, ast.If | ast.IfExp | ast.While) and not isinstance(node.test, ast.Constant):
        for value in (True, False):
            yield f"always {value}", _tested(node, value=value)
    elif isinstance(node, ast.Return) and node.value and not _is_none(node.value):
        yield "returns None", ast.Return(ast.Constant(None))
    elif isinstance(node, ast.Raise):
        yield "raises nothing", ast.Pass()
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield "call left out", ast.Pass()


def _expressions(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node, ast.Compare):
        yield from _compared(node)
    elif isinstance(node, ast.BoolOp):
        swapped = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield "and for or", ast.BoolOp(swapped, node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "not left out", node.operand
    elif isinstance(node, ast.BinOp) and type(node.op) in _COUNTED:
        yield "another sum", ast.BinOp(node.left, _COUNTED[type(node.op)](), node.right)
    elif isinstance(node, ast.Constant):
        yield from _constants(node)


def _compared(node: ast.Compare) -> Iterator[tuple[str, ast.AST]]:
    if len(node.ops) == 1 and type(node.ops[0]) in _COMPARED:
        swapped = _COMPARED[type(node.ops[0])]()
        yield "another comparison", ast.Compare(node.left, [swapped], node.comparators)


def _constants(node: ast.Constant) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node.value, bool):
        yield "the other truth", ast.Constant(not node.value)
    elif isinstance(node.value, int | float):
        yield "one more", ast.Constant(node.value + 1)


def _tested(node: ast.If | ast.IfExp | ast.While, *, value: bool) -> ast.AST:
    other = copy.copy(node)
    other.test = ast.Constant(value)
    return other


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
