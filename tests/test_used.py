"""What is written is used: nothing of the package is there for its tests alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.texts import ROOT, modules

# Benchmarks and scripts measure and make what is shipped; people call what the pages show.
ELSEWHERE = (
    "README.md",
    "pyproject.toml",
    "docs/*.md",
    "notebooks/*.ipynb",
    "benchmarks/*.py",
    "scripts/*.py",
)
CALLED_BY_OTHERS = {"add_listener", "remove_listener", "send_event_if"}  # by the Agents SDK: of a model
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def uses(tree: ast.AST) -> Iterator[str]:
    """Names that are read, taken from something, or given to `getattr`; ``"module:Class"`` of a part."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute):
            if isinstance(node.ctx, ast.Load):
                yield node.id if isinstance(node, ast.Name) else node.attr
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("getattr", "hasattr"):
            yield from (str(part.value) for part in ast.walk(node.args[1]) if isinstance(part, ast.Constant))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and ":" in node.value:
            yield node.value.rpartition(":")[2]


def registered(node: Definition) -> bool:
    """A decorator that is called keeps it, as an agent's ``@intent("…")`` does."""
    return any(isinstance(decorator, ast.Call) for decorator in node.decorator_list)


def unused() -> list[str]:
    known = modules().items()
    used = {name for _, tree in known for name in uses(tree)}
    for pattern in ELSEWHERE:
        for path in ROOT.glob(pattern):
            text = path.read_text(encoding="utf-8")
            used.update(re.findall(r"(?<=\.)\w+|\w+(?=\()", text))
    return [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path, tree in known
        for node in ast.walk(tree)
        if isinstance(node, Definition) and not node.name.startswith("_")
        if node.name not in used | CALLED_BY_OTHERS and not registered(node)
    ]


def test_nothing_is_there_for_the_tests_alone() -> None:
    assert unused() == []
