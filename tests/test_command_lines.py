"""Command lines that pages, messages and `serve` show: each is taken as a shell and the program take it.

`serve` and `check` read and check their options and end there; what they do then has tests of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import io
import json
import re
import shlex
import urllib.error
import urllib.request
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import openai
import pytest

import voice_widget
import voice_widget.__main__ as program
import voice_widget.engine.__main__ as engine
from tests.serving import PARTS, Serve, serving
from tests.texts import PACKAGE, PAGES, ROOT, blocks, docstrings, prose, said, spans
from voice_widget.commands import serve
from voice_widget.engine.stages.registry import find
from voice_widget.errors import MissingParts
from voice_widget.realtime.settings.parts import KNOWN

TOKEN = "the-servers-token"
COMMANDS = ("serve", "check", "hello", "doctor")
# In code letters, or as what is to be installed stands in a sentence.
SHOWN = re.compile(r"(?:[A-Z_]+=\S+ )?(?:python|make|npm|pip|jupyter) .+")
INSTALLED = re.compile(r'pip install "[^"]+"')


@pytest.fixture(scope="module")
def server() -> Iterator[Serve]:
    yield from serving(*PARTS, "--token", TOKEN)


# --- a shell ---


def help_of(*command: str, run: Callable[[list[str]], int] = program.main) -> str:
    """What a command says about itself."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), pytest.raises(SystemExit) as ended:
        run([*command, "--help"])
    assert ended.value.code == 0
    return out.getvalue()


def read_and_checked(options: Any) -> int:
    plan = serve.checked(options)
    for stage, part in plan.stages.given().items():
        with contextlib.suppress(MissingParts):  # a page may name what is not installed here
            find(stage, part)
    return 0


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Stand in a folder with the files that the pages show; no command does more than read its options."""
    page = ROOT / "docs" / "compatible-servers.md"
    (module,) = (block for block in blocks(page, "python") if block.startswith("# my_agents.py\n"))
    (script,) = (span for span in spans(prose(page)) if span.startswith("[{"))
    (tmp_path / "my_agents.py").write_text(module)
    (tmp_path / "talk.json").write_text(script)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(serve, "serve", read_and_checked)
    monkeypatch.setattr("voice_widget.commands.check.command.check", lambda options: 0)
    monkeypatch.setattr("voice_widget.commands.hello.hello", lambda question: 0)
    monkeypatch.setattr("voice_widget.commands.doctor.doctor", lambda as_json: 0)


def listed(path: str, pattern: str) -> set[str]:
    return set(re.findall(pattern, (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE))


OPTION = re.compile(r"(?<![\w-])(?<!var\()--[a-z][\w-]*(?![\w:-])")  # not what a style sheet names
OTHERS = {"--force-reinstall", "--no-deps", "--setf", "--to", "--upgrade"}
"""Options of pip, of flite, and of nbconvert."""


def take(line: str) -> None:
    """Fail if the line could not be typed."""
    words = shlex.split(line, comments=True)
    while "=" in words[0]:
        variable = words.pop(0).partition("=")[0]
        known = any(variable in path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
        assert known or variable == "ANYWIDGET_HMR", f"nobody reads {variable}"
    match words:
        case ["python", "-m", "voice_widget", *given] if "|" in given:
            assert [help_of(name) for name in given if name != "|"]
        case ["python", "-m", "voice_widget", *given] if given:
            assert program.main(given) == 0
        case ["python", "-m", module]:
            assert find_spec(f"{module}.__main__" if module == "voice_widget" else module)
        case ["python", "-m", module, "PART", "LANGUAGE"] | ["python", "-m", module, "VAD"]:
            assert vars(import_module(module))["main"]
        case ["make", target]:
            assert target in listed("Makefile", r"^(\w+):")
        case ["npm", "ci"] | ["jupyter", "lab"]:
            pass
        case ["npm", "run", name]:
            assert name in json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["scripts"]
        case ["pip", "install", "voice-widget[{}]"]:
            extras = {known.extra for names in KNOWN.values() for known in names.values()} - {""}
            assert extras <= listed("pyproject.toml", r"^([\w-]+) = \[")
        case ["pip", "install", *_, what] if match := re.fullmatch(r"(?:\.|voice-widget)\[([\w-]+)\]", what):
            assert match[1] in listed("pyproject.toml", r"^([\w-]+) = \[")
        case ["pip", "install", "--upgrade", "voice-widget"]:
            assert listed("pyproject.toml", r'^name = "([\w-]+)"') == {"voice-widget"}
        case ["pip", "install", *what] if named := [
            re.split("[>=[]", one)[0] for one in what if one[0] != "-"
        ]:
            # What a message fills in is looked at where it is made.
            assert [version(name) for name in named if "{" not in name] or "{" in line
        case ["ssh", "-L", forward, where]:
            here, _, there = forward.split(":")
            assert (here, "@" in where) == (there, True)  # a link names the same port at both ends
        case _:
            raise AssertionError(f"nobody knows how {line!r} is run")


def ask(method: str, url: str, headers: Mapping[str, str]) -> tuple[int, Any]:
    """The status, and the JSON that comes."""
    request = urllib.request.Request(url, method=method, headers=dict(headers))
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def curl(line: str) -> Any:
    """Ask as `curl` would; the JSON that comes."""
    parser = ArgumentParser(prog="curl", add_help=False)
    parser.add_argument("-X", default="GET")
    parser.add_argument("-H", action="append", default=[])
    parser.add_argument("url")
    name, *words = shlex.split(line)
    assert name == "curl"
    given = parser.parse_args(words)
    status, said = ask(given.X, given.url, dict(header.split(": ", 1) for header in given.H))
    assert status == 200, said
    return said


# --- what is shown ---


async def test_what_serve_prints_to_be_copied_works(server: Serve):
    lines = [line.replace("TOKEN", TOKEN).partition(":") for line in server.lines[1:]]
    shown = {what: line.strip() for what, _, line in lines}
    assert list(shown) == ["notebook", "openai", "curl"]
    by_memory = functools.partial(voice_widget.VoiceWidget, transport="memory")
    w = eval(shown["notebook"], {"VoiceWidget": by_memory, "OpenAI": voice_widget.OpenAI})
    try:
        await w.connect()
        assert w.connection_state == "connected"
    finally:
        w.close()
    async with eval(shown["openai"], {"AsyncOpenAI": openai.AsyncOpenAI}) as connection:
        assert (await connection.recv()).type == "session.created"
    assert (await asyncio.to_thread(curl, shown["curl"]))["value"].startswith("ek_")


CONSOLES = [
    (path.name, line) for path in PAGES for text in blocks(path, "console") for line in text.splitlines()
]


@pytest.mark.usefixtures("shell")
@pytest.mark.parametrize(("name", "line"), CONSOLES)
def test_the_line_in(name: str, line: str, server: Serve):
    if line.startswith("curl "):
        here = line.replace("TOKEN", TOKEN).replace("http://127.0.0.1:8766", server.url)
        assert curl(here)["value"].startswith("ek_")
    else:
        take(line)


def commands_in(text: str) -> set[str]:
    shown = [part for span in spans(text.replace("``", "`")) for part in span.split(" && ")]
    return {line for line in shown if SHOWN.fullmatch(line)} | set(INSTALLED.findall(text))


@pytest.mark.usefixtures("shell")
def test_the_commands_in_sentences():
    lines = set().union(*map(commands_in, (*said(), *docstrings(), *map(prose, PAGES))))
    assert len(lines) > 10
    for line in sorted(lines):
        print(line)  # the last one is shown where it fails
        take(line)


def test_every_option_that_is_named_is_one():
    helps = [*map(help_of, COMMANDS), help_of(run=engine.main)]
    known = {option for said in helps for option in re.findall(r"--[a-z][\w-]*", said)}
    texts = (*said(), *map(prose, PAGES))
    named = {option for text in texts for option in OPTION.findall(text)}
    assert len(named) > 15
    assert named - known - OTHERS == set()


def test_every_route_that_is_named_is_one(server: Serve):
    told = {span for path in PAGES for span in spans(prose(path))}
    routes = [
        match for span in told if (match := re.fullmatch(r"(GET|POST|DELETE) (/\S+|…/calls/\S+)", span))
    ]
    assert len(routes) > 6
    for _, method, path in sorted((route[0], route[1], route[2]) for route in routes):
        here = re.sub(r"{\w+}", "rtc_1", path.replace("…/", "/v1/realtime/"))
        status, said = ask(method, f"{server.url}{here}", {"Authorization": f"Bearer {TOKEN}"})
        assert status != 405, (method, path)
        known = status != 404 or ("rtc_1" in here and said["error"]["code"] == "call_not_found")
        assert known, (method, path, said)
