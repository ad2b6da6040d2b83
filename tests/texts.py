"""What people read: what the package says, and the code in the pages of the docs."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "voice_widget"
PAGES = (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), PACKAGE / "data" / "README.md")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
Scope = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def blocks(path: Path, language: str) -> list[str]:
    """The blocks of code in a page, in this language."""
    found = BLOCK.findall(path.read_text(encoding="utf-8"))
    return [text for said, text in found if said == language]


def prose(path: Path) -> str:
    """A page, or the pages in a notebook, without its blocks of code."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        text = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return BLOCK.sub("", text)


def spans(text: str) -> list[str]:
    """What stands in code letters in running text."""
    return [" ".join(span.split()) for span in re.findall(r"(?<!`)`([^`]+)`(?!`)", text)]


def sources() -> Iterator[str]:
    """The files of the package."""
    return (path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py")))


@cache
def modules() -> dict[Path, ast.Module]:
    """The modules of the package, read once: to parse them takes a second."""
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def nodes(tree: ast.AST) -> tuple[ast.AST, ...]:
    """All that a tree is made of, found once: `ast.walk` takes as long as to parse."""
    return tuple(ast.walk(tree))


@cache
def docstrings() -> tuple[str, ...]:
    """The docstrings of the package."""
    return tuple(_docstrings())


def _docstrings() -> Iterator[str]:
    for module in modules().values():
        for node in nodes(module):
            if isinstance(node, Scope):
                yield ast.get_docstring(node) or ""


@cache
def said() -> dict[str, str]:
    """Every text of the package that is no docstring, with its place; what is put in is `{}`."""
    found: dict[str, str] = {}
    for path, module in modules().items():
        named = texts_by_name(module)
        left_out = {id(node.value) for node in nodes(module) if isinstance(node, ast.Expr)}  # docstrings
        for node in nodes(module):
            if isinstance(node, ast.JoinedStr):
                left_out.update(id(part) for part in ast.walk(node) if part is not node)
        for node in nodes(module):
            if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in left_out:
                found.update((text, f"{path.name}:{node.lineno}") for text in texts_of(node, named))
    return found


def texts_of(node: ast.AST, named: Mapping[str, str]) -> Iterator[str]:
    """The text that this is; what is put in is `{}`, but for the module's own texts."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(put_in(part, named) for part in node.values)


def put_in(part: ast.expr, named: Mapping[str, str]) -> str:
    if isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Name):
        return named.get(part.value.id, "{}")
    return str(part.value) if isinstance(part, ast.Constant) else "{}"


def texts_by_name(module: ast.Module) -> dict[str, str]:
    """A module's texts that have a name."""
    return {
        target.id: node.value.value
        for node in module.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }
