"""The codes of errors and notices, as the sources have them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Set
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "voice_widget"
# The keys of these tables are codes.
TABLES = frozenset({"PAGE_ERRORS", "_KNOWN", "_STEPS"})
_WORD = re.compile(r"[a-z]+(_[a-z]+)*")


def codes(*, without: Set[str]) -> set[str]:
    """Every code that the package gives, or the page by itself.

    Args:
        without: Folders and files of the package whose codes are not for its user.
    """
    files = {path.relative_to(PACKAGE): path for path in PACKAGE.rglob("*.py")}
    nodes = {
        ".".join(("voice_widget", *name.with_suffix("").parts)): list(ast.walk(ast.parse(path.read_text())))
        for name, path in files.items()
        if without.isdisjoint({name.parts[0], name.as_posix()})
    }
    takers = {
        (module, node.name): place
        for module, all_of_it in nodes.items()
        for node in all_of_it
        if isinstance(node, ast.FunctionDef) and (place := _place_of_code(node)) is not None
    }
    found = {code for module, all_of_it in nodes.items() for code in _codes(module, all_of_it, takers)}
    for path in (ROOT / "js" / "src").rglob("*.ts"):
        found |= set(re.findall(r'(?:\bcode: |PageFailure\()"(\w+)"', path.read_text()))
    return {code for code in found if _WORD.fullmatch(code)}


def _place_of_code(function: ast.FunctionDef) -> int | None:
    """Which argument of a function is a code, counted as callers do."""
    names = [argument.arg for argument in function.args.args if argument.arg != "self"]
    return names.index("code") if "code" in names else None


def _codes(module: str, nodes: Iterable[ast.AST], takers: dict[tuple[str, str], int]) -> Iterator[str]:
    imported = {
        alias.asname or alias.name: (node.module or "", alias.name)
        for node in nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for node in nodes:
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                for keyword in node.keywords:
                    if keyword.arg == "code":
                        yield from _texts(keyword.value)
                place = takers.get((module, name), takers.get(imported.get(name, ("", ""))))
                if place is not None and place < len(node.args):
                    yield from _texts(node.args[place])
            case ast.Dict():
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "code":
                        yield from _texts(value)
            case ast.Assign(targets=[target]):
                yield from _assigned(target, node.value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield from _assigned(target, value)


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[str]:
    match target, value:
        case ast.Name(id="code"), _:
            yield from _texts(value)
        case ast.Name(id=name), ast.Dict() if name in TABLES:
            for key in value.keys:
                yield from _texts(key)
        case ast.Tuple(), ast.Tuple():
            for part, given in zip(target.elts, value.elts, strict=True):
                yield from _assigned(part, given)


def _texts(value: ast.expr | None) -> Iterator[str]:
    """The texts that an expression may give."""
    match value:
        case ast.Constant(value=str(text)):
            yield text
        case ast.BoolOp():
            for part in value.values:
                yield from _texts(part)
        case ast.IfExp():
            yield from _texts(value.body)
            yield from _texts(value.orelse)
        case ast.Call(func=ast.Name(id="str")):
            yield from _texts(value.args[0])
