"""Every example runs: in docstrings, in messages of errors, in the help of traits, in the pages of the docs.

What cannot be run here is listed with the reason, and nothing else is left out.
"""

from __future__ import annotations

import ast
import asyncio
import doctest
import importlib
import inspect
import io
import pkgutil
import re
import sys
import types
import wave
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import voice_widget
from tests.messages import NO_CODE, RUNS
from tests.serving import PARTS, Serve, serving
from voice_widget import OpenAI, ScriptedService, VoiceWidget
from voice_widget.data import load
from voice_widget.page.failures import PAGE_ERRORS
from voice_widget.realtime import problems, setting_values
from voice_widget.realtime.sound import RATE
from voice_widget.services import refusals
from voice_widget.widget import arguments

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "voice_widget"
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(voice_widget.__path__, "voice_widget.")
    if not module.name.endswith("__main__")
)
TOKEN = "the-servers-token"


class Stand:
    """What an example finds: a widget that talks, data, and constructors that need no browser."""

    def __init__(self) -> None:
        self.widgets: list[VoiceWidget] = []

    def widget(self, **given: Any) -> VoiceWidget:
        """As `VoiceWidget`, but where nothing else is said with the scripted service and without a page."""
        given.setdefault("service", ScriptedService([], voices=()))
        given.setdefault("transport", "memory")
        self.widgets.append(VoiceWidget(**given))
        return self.widgets[-1]

    def names(self) -> dict[str, Any]:
        public = {name: getattr(voice_widget, name) for name in voice_widget.__all__}
        return public | {"VoiceWidget": self.widget, "df": load()}

    def calling(self) -> VoiceWidget:
        """A widget in a call."""
        w = self.widget(agent=lambda turn: f"You said {turn.text}.")
        w.connect().result(10)
        return w

    def talking(self) -> VoiceWidget:
        """A widget in a call, in which one turn is finished after the other."""
        w = self.calling()
        w.on("turn", lambda row: w.send_text("hello") if row["role"] == "assistant" else None)
        w.send_text("hello")
        return w

    def close(self) -> None:
        for widget in self.widgets:
            widget.close()


@pytest.fixture
def stand() -> Iterator[Stand]:
    made = Stand()
    yield made
    made.close()


def run(source: str, names: dict[str, Any]) -> None:
    """Run code as a cell does, with `await` at its top level."""
    code = compile(source, "<example>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    made = eval(code, names)
    if inspect.iscoroutine(made):
        asyncio.run(made)


# --- docstrings ---


@pytest.mark.parametrize("name", ["voice_widget", *MODULES])
def test_the_docstrings_of(name: str, stand: Stand):
    module = importlib.import_module(name)
    out = io.StringIO()
    for test in doctest.DocTestFinder().find(module, name):
        skipped = [example for example in test.examples if doctest.SKIP in example.options]
        doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False).run(test, out=out.write)
        if skipped:  # there a widget would be shown, or something is awaited
            names = stand.names()
            names["w"] = stand.talking()
            run("".join(example.source for example in skipped), names)
    assert out.getvalue() == ""


# --- messages, help of traits, next steps ---

# A call, an attribute of `w`, something given by name, a text in quotes: this looks like code.
CODE = re.compile(r"\bw\.\w+|(?<![\w-])@?[\w.]+\((?!s\))|(?<![\w-])\w+=(?!=)|(?<=[=(\[ ])\"[^\"]*\"")


def texts_of(node: ast.AST, named: Mapping[str, str]) -> Iterator[str]:
    """The texts that an expression can be; what is put in is `{}`, but for the module's own texts."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Name) and node.id in named:
        yield named[node.id]
    elif isinstance(node, ast.JoinedStr):
        yield "".join(put_in(part, named) for part in node.values)
    elif isinstance(node, ast.IfExp):
        yield from texts_of(node.body, named)
        yield from texts_of(node.orelse, named)


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


def messages() -> set[str]:
    """What errors and traits say to people, as far as code is in it."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        module = ast.parse(path.read_text(encoding="utf-8"))
        texts = texts_by_name(module)
        for node in ast.walk(module):
            if isinstance(node, ast.Dict):
                said = (v for k, v in zip(node.keys, node.values, strict=True) if key_of(k) == "next_step")
                found.update(text for value in said for text in texts_of(value, texts))
            if not isinstance(node, ast.Call):
                continue
            named = [word.value for word in node.keywords if word.arg in ("next_step", "example", "ask")]
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if called.endswith(("Error", "Refused", "Unavailable")):
                named += node.args[:1]
            if called == "a":  # `a(kind, what, value, step)`
                named += node.args[3:]
            found.update(text for value in named for text in texts_of(value, texts))
    told = [*problems._KNOWN.values(), *problems._SHORT.values()]
    found.update(part for known in (PAGE_ERRORS.values(), told) for texts in known for part in texts)
    found.update(refusals._STEPS.values())
    found.update(step_of(read) for read in {**setting_values.READ, **setting_values.EXTRA}.values())
    return {text for text in found if CODE.search(text)}


def key_of(key: ast.expr | None) -> Any:
    return key.value if isinstance(key, ast.Constant) else None


def step_of(read: setting_values.Reader) -> str:
    try:
        read(object(), None, "it")
    except voice_widget.ProtocolError as error:
        return error.next_step
    raise AssertionError("it takes anything")


def my_function(day: str) -> str:
    """When it is open."""
    return day


class Agent:
    """An agent that has all that one may have."""

    def __call__(self, turn: Any) -> str:
        return "Yes."

    def hints(self) -> Any:
        return voice_widget.Hints()

    def examples(self) -> list[str]:
        return ["Yes?"]


@pytest.mark.parametrize("text", sorted(messages()))
def test_the_code_in_the_message(text: str, stand: Stand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    if text in NO_CODE:
        assert text not in RUNS
        return
    assert text in RUNS, "write into tests/messages.py how its code is run"
    code = RUNS[text]
    assert [token for token in CODE.findall(text) if token not in code] == []
    (tmp_path / "widget.js").write_text("export default {};")
    monkeypatch.setattr(arguments, "BUNDLE", tmp_path / "widget.js")
    names = stand.names() | {
        "w": stand.calling(),
        "agent": voice_widget.NotebookAssistant(load()),
        "sound": np.zeros(2400, np.int16),
        "value": [1],
        "function": my_function,
        "my_function": my_function,
        "Agent": Agent,
        "offline": {"model": "m", "api_key": "none"},
        "arguments": {"a": 2},
        "name": "add",
    }
    run(code, names)


def test_no_message_is_listed_that_is_not_said():
    assert (RUNS.keys() | NO_CODE.keys()) - messages() == set()


# --- pages ---

PAGES = {
    path.name: re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}
NOT_RUN = {
    ("openai.md", "runner = web.AppRunner(app)"): "opens a port to the world and waits for phone calls",
}


@pytest.fixture(scope="module")
def server() -> Iterator[Serve]:
    yield from serving(*PARTS, "--token", TOKEN)


def test_every_page_that_is_not_run_is_there():
    for name, mark in NOT_RUN:
        assert sum(mark in block for block in PAGES[name]) == 1


@pytest.mark.parametrize("name", [name for name, blocks in PAGES.items() if blocks])
def test_the_python_of(
    name: str, stand: Stand, server: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    def openai(**given: Any) -> OpenAI:
        # Where no other server is named, the real one is meant.
        return OpenAI(**{"base_url": f"{server.url}/v1", "api_key": TOKEN, **given})

    azure = types.ModuleType("azure.identity")
    azure.DefaultAzureCredential = lambda: "who you are"  # type: ignore[attr-defined]
    azure.get_bearer_token_provider = lambda who, scope: lambda: "a token"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "azure", types.ModuleType("azure"))
    monkeypatch.setitem(sys.modules, "azure.identity", azure)
    monkeypatch.setattr(voice_widget, "VoiceWidget", stand.widget, raising=False)
    monkeypatch.setattr(voice_widget, "OpenAI", openai, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", TOKEN)
    monkeypatch.chdir(tmp_path)
    with wave.open("question.wav", "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        second = np.sin(np.arange(RATE) * 0.1) * 8000
        file.writeframes(np.concatenate([second, np.zeros(RATE)]).astype("<i2").tobytes())
    names: dict[str, Any] = {}
    for block in PAGES[name]:
        if any(page == name and mark in block for page, mark in NOT_RUN):
            continue
        here = block.replace("127.0.0.1:8766", server.url.removeprefix("http://"))
        run(here.replace('"TOKEN"', repr(TOKEN)), names)
