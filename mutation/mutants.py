"""The mutants of a module: its syntax tree with one node changed.

What is left alone, because no test should pin it: docstrings, annotations, what goes to the log
(`LOGGER`, `detail`), the wording of refusals, and what stands under `TYPE_CHECKING`.
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
}
UNPINNED = {"msg", "default", "description", "detail"}
TEXTS = {"MalformedJwt", "InvalidToken", "_refuse", "refusal"}  # calls that are given a reason


@dataclass(frozen=True)
class Mutant:
    """One change: where, what it was, what it is now.

    Attributes:
        lines: of the statement, or of its head where others stand inside.
        in_function: whether they run when a request comes, rather than when the program starts.

    """

    line: int
    was: str
    now: str
    lines: range
    in_function: bool
    _tree: ast.Module
    _before: ast.AST
    _after: ast.AST

    @property
    def source(self) -> str:
        """The whole module with the change in it."""
        _put(self._tree, self._before, self._after)
        text = ast.unparse(self._tree)
        _put(self._tree, self._after, self._before)
        return text


def mutants(source: str) -> Iterator[Mutant]:
    """All mutants of a module."""
    tree = ast.parse(source)
    dead = _dead(tree)
    heads = [_head(node) for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    bodies = [
        range(node.body[0].lineno, (node.end_lineno or 0) + 1)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    for node in [node for node in ast.walk(tree) if id(node) not in dead]:
        line = getattr(node, "lineno", 0)
        for after in _changes(node):
            lines = min((head for head in heads if line in head), key=len)
            in_function = any(line in body for body in bodies)
            texts = _first(ast.unparse(node)), _first(ast.unparse(after))
            yield Mutant(line, *texts, lines, in_function, tree, node, after)


def _first(text: str) -> str:
    return text.splitlines()[0]


def _head(node: ast.stmt) -> range:
    body: list[ast.stmt] = getattr(node, "body", [])
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    begin = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    return range(begin, body[0].lineno if body else (node.end_lineno or node.lineno) + 1)


def _dead(tree: ast.Module) -> set[int]:
    """The nodes that are left alone."""
    dead: set[int] = set()
    for node in ast.walk(tree):
        for part in _unpinned(node):
            dead |= {id(inner) for inner in ast.walk(part)}
    return dead


def _unpinned(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return [node.returns] if node.returns else []
    if isinstance(node, ast.AnnAssign | ast.Assign | ast.keyword):
        return _of_assignment(node)
    if isinstance(node, ast.Call):
        return _of_call(node)
    is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    for_types = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    return [node] if is_docstring or for_types or isinstance(node, ast.arg) else []


def _of_call(node: ast.Call) -> list[ast.AST]:
    names = ast.unparse(node.func).split(".")
    if "LOGGER" in names:
        return [node]
    if names == ["cast"]:
        return [node.args[0]]
    return [arg for arg in node.args if _is_text(arg)] if TEXTS & set(names) else []


def _of_assignment(node: ast.AnnAssign | ast.Assign | ast.keyword) -> list[ast.AST]:
    if isinstance(node, ast.keyword):
        return [node.value] if node.arg in UNPINNED and _is_text(node.value) else []
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    names = {target.id for target in targets if isinstance(target, ast.Name)}
    annotation = [node.annotation] if isinstance(node, ast.AnnAssign) else []
    return [*annotation, *([node] if names & UNPINNED and _is_text(node.value) else [])]


def _is_text(value: ast.expr | None) -> bool:
    return isinstance(value, ast.JoinedStr) or (
        isinstance(value, ast.Constant) and isinstance(value.value, str)
    )


def _changes(node: ast.AST) -> list[ast.AST]:
    """What a node may become."""
    return _of_statement(node) if isinstance(node, ast.stmt) else _of_expression(node)


def _of_statement(node: ast.stmt) -> list[ast.AST]:
    if isinstance(node, ast.Raise):
        return [ast.Pass()]
    if isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        return [ast.Return(ast.Constant(None))]
    return _with_each_test(node) if isinstance(node, ast.If) else []


def _of_expression(node: ast.AST) -> list[ast.AST]:
    changes: list[ast.AST] = []
    match node:
        case ast.Compare(ops=[operator]) if type(operator) in COMPARISONS:
            other = COMPARISONS[type(operator)]()
            changes = [ast.Compare(node.left, [other], node.comparators)]
        case ast.BoolOp():
            changes = [
                ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
            ]
        case ast.UnaryOp(op=ast.Not()):
            changes = [node.operand]
        case ast.BinOp() if type(node.op) in OPERATORS:
            changes = [ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)]
        case ast.IfExp():
            changes = _with_each_test(node)
        case ast.Constant():
            changes = _of_constant(node.value)
        case _:
            pass
    return changes


def _of_constant(value: object) -> list[ast.AST]:
    if isinstance(value, bool):
        return [ast.Constant(not value)]
    if isinstance(value, int | float):
        return [ast.Constant(value + 1)]
    if isinstance(value, str) and value:
        return [ast.Constant(value + "X")]
    if isinstance(value, bytes) and value:
        return [ast.Constant(value + b"X")]
    return []


def _with_each_test(node: ast.If | ast.IfExp) -> list[ast.AST]:
    changes: list[ast.AST] = []
    for value in (True, False):
        changed = copy.copy(node)
        changed.test = ast.Constant(value)
        changes.append(changed)
    return changes


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _put(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    """Put `new` where `old` stands."""
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, new)
                return
            if isinstance(value, list):
                items = cast("list[object]", value)
                for index, item in enumerate(items):
                    if item is old:
                        items[index] = new
                        return
