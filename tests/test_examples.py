"""Every example in a docstring or in a sentence of the package, and every block of Python in a page, runs.

A sentence whose code is not run is listed with the reason (`messages.NO_CODE`). Other kinds of examples have
files of their own: command lines (`test_command_lines`), code in the sentences and tables of pages
(`test_code_spans`), a page's script (`stock/test_javascript`); which blocks there are stands in `test_docs`.
"""

from __future__ import annotations

import ast
import asyncio
import base64
import doctest
import hmac
import importlib
import inspect
import io
import json
import re
import shutil
import sys
import time
import types
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import aiohttp
import numpy as np
import pytest
from agents import function_tool, output_guardrail
from agents.realtime import RealtimeAgent

import voice_widget
from tests.agents.houses.doubles import packages
from tests.messages import NO_CODE, RUNS
from tests.services.bad_server import bad_server
from tests.serving import PARTS, Serve, serving
from tests.texts import PACKAGE, PAGES, ROOT, blocks, said
from voice_widget import OpenAI, ScriptedService, VoiceWidget
from voice_widget.data import load
from voice_widget.realtime.settings import setting_values
from voice_widget.realtime.sound.sound import RATE
from voice_widget.widget import arguments
from voice_widget.widget.traits import kernel_traits

MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.name != "__main__.py"
}
TOKEN = "the-servers-token"


class Stand:
    """What an example finds: a widget that talks, data, and constructors that need no browser."""

    def __init__(self) -> None:
        self.widgets: list[VoiceWidget] = []

    def widget(self, **given: Any) -> VoiceWidget:
        """As `VoiceWidget`, but where nothing else is said with the scripted service and without a page."""
        given.setdefault("service", ScriptedService([], voices=()))
        given.setdefault("transport", "webrtc" if "ice_servers" in given else "memory")
        self.widgets.append(VoiceWidget(**given))
        return self.widgets[-1]

    def names(self) -> dict[str, Any]:
        public = {name: getattr(voice_widget, name) for name in voice_widget.__all__}
        return public | {"VoiceWidget": self.widget, "df": load()}

    def calling(self, **given: Any) -> VoiceWidget:
        """A widget in a call."""
        w = self.widget(agent=lambda turn: f"You said {turn.text}.", **given)
        w.connect().result(10)
        return w

    def talking(self, **given: Any) -> VoiceWidget:
        """A widget in a call, in which one turn is finished after the other."""
        w = self.calling(**given)
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


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what examples read: sounds, and a recorded talk."""
    folder = tmp_path_factory.mktemp("shelf")
    second = np.sin(np.arange(RATE) * 0.1) * 8000
    for name, samples in (
        ("question.wav", np.concatenate([second, np.zeros(RATE)])[:, None]),
        ("call.wav", np.stack([second, np.roll(second, 99)], axis=1)),
    ):
        with wave.open(str(folder / name), "wb") as file:
            file.setparams((samples.shape[1], 2, RATE, 0, "NONE", ""))
            file.writeframes(samples.astype("<i2").tobytes())
    voice_widget.Talk.from_audio(folder / "call.wav").save(folder / "runs" / "p00")
    return folder


@pytest.fixture
def files(shelf: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Stand in a folder of one's own with all that."""
    shutil.copytree(shelf, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)


def run(source: str, names: dict[str, Any]) -> None:
    """Run code as a cell does, with `await` at its top level."""
    code = compile(source, "<example>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    made = eval(code, names)
    if inspect.iscoroutine(made):
        asyncio.run(made)


# --- docstrings ---


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("name", [name for name, path in MODULES.items() if ">>>" in path.read_text("utf-8")])
def test_the_docstrings_of(name: str, stand: Stand):
    module = importlib.import_module(name)
    out = io.StringIO()
    for test in doctest.DocTestFinder().find(module, name):
        skipped = [example for example in test.examples if doctest.SKIP in example.options]
        doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False).run(test, out=out.write)
        if skipped:  # there a widget would be shown, or something is awaited
            names = stand.names()
            names["w"] = stand.talking(record=True)
            run("".join(example.source for example in skipped), names)
    assert out.getvalue() == ""


def test_every_module_is_one():
    assert len([importlib.import_module(name) for name in MODULES]) > 500


# --- messages, next steps, help of traits ---

# A call, an attribute of `w`, something given by name, a text in quotes: this looks like code.
CODE = re.compile(r"\bw\.\w+|(?<![\w-])@?[\w.]+\((?!s\))|(?<![\w}-])\w+=(?!=)|(?<=[=(\[{ ])\"[^\"]*\"")
VALUE = re.compile(r"(?<==) ?(\d+(?:\.\d+)?|None|True|False)\b")
SENTENCE = re.compile(r"[^\\]*\s[^\\]*(?:[.!?)']|\.\")")


def messages() -> set[str]:
    """Every sentence that the package says to people, help of traits and of options too, if code is in it."""
    found = {text for text in said() if SENTENCE.fullmatch(text)}
    found.update(step_of(read) for read in {**setting_values.READ, **setting_values.EXTRA}.values())
    found.update(trait.help for trait in kernel_traits(VoiceWidget).values())
    return {text for text in found if CODE.search(text)}


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


def parts_of(code: str) -> set[str]:
    """What code calls, takes, gives by name or has in quotes; a comment does nothing."""
    parts = {'"…"'}  # it stands for any text
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.Call(func=function):
                named = ast.unparse(function)
                name = named.rpartition(".")[2]
                parts |= {f"{named}(", f".{name}(", f"{name}("}
            case ast.FunctionDef(name=name, decorator_list=decorators):
                parts |= {f"{name}("} | {f"@{ast.unparse(each).partition('(')[0]}(" for each in decorators}
            case ast.Attribute(value=ast.Name("w"), attr=name):
                parts.add(f"w.{name}")
            case ast.keyword(arg=name):
                parts.add(f"{name}=")
            case ast.Constant(value=str(text)):
                parts.add(f'"{text}"')
            case ast.Constant(value=value):
                parts.add(repr(value))
    return parts


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("text", sorted(RUNS))
def test_the_code_in_the_message(text: str, stand: Stand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    code = RUNS[text]
    shown = {*CODE.findall(text), *VALUE.findall(text)}
    assert shown - parts_of(code) == set(), "it is not in the code that is run"
    (tmp_path / "widget.js").write_text("export default {};")
    monkeypatch.setattr(arguments, "BUNDLE", tmp_path / "widget.js")
    names = stand.names() | {
        **({"w": stand.calling(record="pause_recording" in code)} if re.search(r"\bw\b", code) else {}),
        "FOLDER": tmp_path / "talk",
        "agent": voice_widget.NotebookAssistant(load()),
        "sound": np.zeros(2400, np.int16),
        "value": [1],
        "function": my_function,
        "my_function": my_function,
        "Agent": Agent,
        "offline": {"model": "m", "api_key": "none"},
        "arguments": {"a": 2},
        "name": "add",
        "RealtimeAgent": RealtimeAgent,
        "my_guardrail": output_guardrail(my_function),
        "my_tool": function_tool(my_function),
    }
    run(code, names)


def test_of_every_message_it_is_written_in_messages_how_its_code_is_run_or_why_not():
    assert messages() - RUNS.keys() - NO_CODE.keys() == set()


def test_no_message_is_listed_that_is_not_said():
    assert (RUNS.keys() | NO_CODE.keys()) - messages() == set()
    assert RUNS.keys() & NO_CODE.keys() == set()


# --- pages ---

PYTHON = {path.name: blocks(path, "python") for path in PAGES if blocks(path, "python")}
PHONE = 'app.router.add_post("/webhook", incoming)'  # it has a test of its own: somebody has to ring


@pytest.fixture(scope="module")
def server() -> Iterator[Serve]:
    yield from serving(*PARTS, "--token", TOKEN)


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("name", PYTHON)
def test_the_python_of(name: str, stand: Stand, server: Serve, monkeypatch: pytest.MonkeyPatch):
    def served(**given: Any) -> OpenAI:
        # Where no other server is named, the real one is meant.
        return OpenAI(**{"base_url": f"{server.url}/v1", "api_key": TOKEN, **given})

    azure = types.ModuleType("azure.identity")
    azure.DefaultAzureCredential = lambda: "who you are"  # type: ignore[attr-defined]
    azure.get_bearer_token_provider = lambda who, scope: lambda: "a token"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "azure", types.ModuleType("azure"))
    monkeypatch.setitem(sys.modules, "azure.identity", azure)
    monkeypatch.setattr(voice_widget, "VoiceWidget", stand.widget, raising=False)
    monkeypatch.setattr(voice_widget, "OpenAI", served, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", TOKEN)
    dask = types.ModuleType("dask.dataframe")
    dask.from_map = lambda read, folders: MagicMock(table=list(map(read, folders)))  # type: ignore[attr-defined]
    whole = types.ModuleType("dask")
    whole.dataframe = dask  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "dask", whole)
    monkeypatch.setitem(sys.modules, "dask.dataframe", dask)
    colab = types.ModuleType("google.colab")
    colab.output = MagicMock()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    monkeypatch.setitem(sys.modules, "google", types.ModuleType("google"))
    marimo = types.ModuleType("marimo")  # the real one works in its own server alone: e2e/test_front_ends.py
    marimo.ui = MagicMock(anywidget=lambda widget: widget)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "marimo", marimo)
    for package, double in packages().items():  # `make real` runs these blocks with the packages
        monkeypatch.setitem(sys.modules, package, double)
    names: dict[str, Any] = {}
    for block in PYTHON[name]:
        if PHONE in block:
            continue
        here = block.replace("127.0.0.1:8766", server.url.removeprefix("http://"))
        run(here.replace('"TOKEN"', repr(TOKEN)), names)


async def test_the_phone_of_the_page_is_answered(stand: Stand, monkeypatch: pytest.MonkeyPatch):
    (block,) = (block for block in PYTHON["openai.md"] if PHONE in block)
    key = b"the key of the hook"
    monkeypatch.setenv("OPENAI_API_KEY", TOKEN)
    monkeypatch.setenv("OPENAI_WEBHOOK_SECRET", f"whsec_{base64.b64encode(key).decode()}")

    async def ring(call_id: str, signed_with: bytes = key) -> int:
        event = {"id": "evt_1", "object": "event", "type": "realtime.call.incoming", "created_at": 1}
        body = json.dumps({**event, "data": {"call_id": call_id, "sip_headers": []}})
        at = str(int(time.time()))
        sign = base64.b64encode(hmac.digest(signed_with, f"evt_1.{at}.{body}".encode(), "sha256")).decode()
        headers = {"webhook-id": "evt_1", "webhook-timestamp": at, "webhook-signature": f"v1,{sign}"}
        async with http.post(f"http://127.0.0.1:{port}/webhook", data=body, headers=headers) as answer:
            return answer.status

    async with bad_server() as double, aiohttp.ClientSession() as http:
        service = OpenAI("m", "none", double.url)
        names = {"service": service, "VoiceWidget": stand.widget, "opening_hours": my_function}
        here = block.replace('"127.0.0.1", 8000', '"127.0.0.1", 0')
        await eval(compile(here, "<example>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names)
        try:
            port = names["runner"].addresses[0][1]
            assert [await ring("rtc_0", b"a wrong key"), await ring("rtc_1"), await ring("rtc_2")] == [
                500,
                200,
                200,
            ]
            asked = [
                (each.path.removeprefix("/v1/realtime"), each.query.get("call_id"))
                for each in double.requests
            ]
            assert asked == [("/calls/rtc_1/accept", None), ("", "rtc_1"), ("/calls/rtc_2/reject", None)]
            assert double.requests[0].json["tools"][0]["name"] == "my_function"
            assert double.requests[2].json == {"status_code": 486}
        finally:
            await names["runner"].cleanup()
            stand.close()
