"""The texts: what they point to is there, what they list is what the code has, and their Python is Python."""

from __future__ import annotations

import argparse
import ast
import importlib
import re
from importlib.util import find_spec
from inspect import signature
from pathlib import Path

import pytest

import voice_widget
from tests.codes import codes
from tests.texts import BLOCK, PAGES, blocks
from voice_widget.commands.check import report
from voice_widget.commands.check.findings import FINDINGS
from voice_widget.commands.check.options import PARTS, TALKS
from voice_widget.commands.check.options import add_options as add_check_options
from voice_widget.commands.check.record import Deviation
from voice_widget.commands.serve import add_options
from voice_widget.engine.stages.registry import find
from voice_widget.realtime.settings.parts import KNOWN, Part
from voice_widget.talk.setting_checks import NAMES
from voice_widget.threads.loop import PREFIX
from voice_widget.widget.callbacks import FAST
from voice_widget.widget.report import EVENTS

ROOT = Path(__file__).parent.parent
TEXTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
# Which test holds a block of this language. Nobody runs what has none: a picture, and what `check` prints.
HELD = {
    "python": "test_examples.py",
    "console": "test_command_lines.py",
    "ts": "stock/test_javascript.py",
    "mermaid": "realtime/state/test_table.py",
}


def text(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def listed(text: str, heading: str) -> list[str]:
    """What stands in code letters in the first column of the first table under a heading."""
    section = text.split(f"\n{heading}\n", 1)[1]
    rows = re.search(r"^\|[-|]+\|\n((?:\|.*\n)+)", section, re.MULTILINE)
    assert rows
    return [name for row in rows[1].splitlines() for name in re.findall(r"`([^`]+)`", row.split("|")[1])]


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_what_it_points_to_is_there(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
        if target.startswith("http"):
            continue
        file, _, anchor = target.partition("#")
        there = path.parent / file if file else path
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_its_python_is_python(path: Path) -> None:
    for block in blocks(path, "python"):
        compile(block, path.name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def test_the_codes_of_errors_are_those_there_are() -> None:
    rows = [line.split("|") for line in text("errors.md").splitlines() if line.startswith("| `")]
    told = [code for row in rows for code in re.findall(r"`([^`]+)`", row[1])]
    assert sorted(told) == sorted(codes(without={"commands"}))  # those of `check` are findings


@pytest.mark.parametrize("name", [name for name in voice_widget.__all__ if name != "__version__"])
def test_every_public_name_stands_in_a_page(name: str) -> None:
    told = re.compile(rf"`[^`\n]*\b{name}\b[^`\n]*`|^from voice_widget import .*\b{name}\b", re.MULTILINE)
    assert any(told.search(path.read_text()) for path in TEXTS if path.name != "CHANGELOG.md")


def test_the_callbacks_are_those_there_are() -> None:
    assert sorted(listed(text("openai.md"), "## Callbacks")) == sorted((*EVENTS, *FAST))


def test_the_settings_are_those_there_are() -> None:
    assert sorted(listed(text("openai.md"), "## Settings")) == sorted(NAMES)


def test_the_options_of_serve_are_those_there_are() -> None:
    parser = argparse.ArgumentParser(add_help=False)
    add_options(parser)
    options = [name for action in parser._actions for name in action.option_strings]
    assert sorted(listed(text("compatible-servers.md"), "## serve")) == sorted(options)


def test_the_options_of_the_parts_are_those_there_are() -> None:
    section = text("parts.md").split("\n## Options\n")[1].split("\n## ")[0]
    rows = dict(re.findall(r"^\| `([^|]+) \| (.+) \|$", section, re.MULTILINE))
    given = {"progress", "script", "flite"}  # by the engine, or by a test
    for stage, kind in (
        ("vad", ""),
        ("stt", " that recognises"),
        ("tts", " that speaks"),
        ("turn_detector", ""),
    ):
        for name, known in KNOWN[stage].items():
            if not known.target or not all(map(find_spec, known.modules)):
                continue
            options = set(signature(find(stage, Part(name))).parameters) - given - {known.after}
            row = rows.get(f"{name}`{kind}" if name == "http" else f"{name}`", "")
            told = set(re.findall(r"`([a-z_]+)`", row))
            assert told == options, name


def test_the_options_of_check_are_those_there_are() -> None:
    parser = argparse.ArgumentParser(add_help=False)
    add_check_options(parser)
    options = [name for action in parser._actions for name in action.option_strings]
    assert sorted(listed(text("check.md"), "## Options")) == sorted(options)


def test_the_ways_and_talks_of_check_are_those_there_are() -> None:
    section = text("check.md").split("\n## What is tried\n", 1)[1].split("\n## ", 1)[0]
    assert re.findall(r"^\| `([^`]+)`", section, re.MULTILINE) == list(PARTS)


def test_the_findings_of_check_are_those_there_are() -> None:
    rows = [f"| `{name}` | {f.severity} | {f.expected} | {f.loses} |" for name, f in FINDINGS.items()]
    assert text("check.md").split("|---|---|---|---|\n", 1)[1].splitlines() == rows


def texts_of(path: Path) -> set[str]:
    """The texts in a module, with its own constants filled in, and … for what is known later."""
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))

    def read(node: ast.AST) -> str:
        if isinstance(node, ast.JoinedStr):
            return "".join(map(read, node.values))
        if isinstance(node, ast.FormattedValue) and isinstance(node.value, ast.Name):
            return str(getattr(module, node.value.id, "…"))
        return str(node.value) if isinstance(node, ast.Constant) else "…"

    tree = ast.walk(ast.parse(path.read_text()))
    return {read(node) for node in tree if isinstance(node, ast.Constant | ast.JoinedStr)}


def test_the_threads_are_those_there_are() -> None:
    texts = set().union(*map(texts_of, (ROOT / "voice_widget" / "threads").glob("*.py")))
    made = {text.removesuffix(" …") for text in texts if re.match(rf"{PREFIX}\w", text)}
    rows = listed(text("concept.md"), "## Threads of the kernel")
    assert sorted(row.removesuffix(" …") for row in rows) == sorted(made)


def test_the_report_of_check_is_what_it_prints() -> None:
    (shown,) = blocks(ROOT / "docs" / "check.md", "")
    nameless = Deviation("error_without_event_id", "error", "error.event_id", "null")
    refused = "The service did not take the page's offer: Not Found."
    no_page = Deviation("no_webrtc", "POST /v1/realtime/calls", seen=refused)
    seconds = (0.3, 0.4, 2.4, 0.3, 0.3, 2.4, 0.3)
    tried = [
        report.Tried("websocket", talk, took, (nameless,) if talk in ("interruption", "bad-requests") else ())
        for talk, took in zip(TALKS, seconds, strict=True)
    ]
    tried.append(report.Tried("webrtc", "session", 0.1, (no_page,), refused))
    lines = [report.line(talk) for talk in tried]
    told = report.told(tried, "python -m voice_widget check …").removesuffix(
        " --only websocket --only interruption"
    )
    assert shown.split("\n\n", 1)[1] == "\n".join((*lines, "", told, ""))


def test_every_block_of_code_is_held_by_a_test() -> None:
    found = [(path.name, language) for path in PAGES for language, _ in BLOCK.findall(path.read_text())]
    assert len(found) == sum(path.read_text().count("\n```") for path in PAGES) / 2
    bare = [name for name, language in found if not language]
    assert bare == ["check.md", "concept.md"]
    assert {language for _, language in found} - {""} == HELD.keys()
    assert all((ROOT / "tests" / test).exists() for test in HELD.values())
