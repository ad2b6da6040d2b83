"""Code in tables and running text: what it names is there, what it gives is taken.

Of a call in code letters the names and the arguments are held against the signature of what is called. An
argument that stands alone (`flow="unified"`) is one of something public, and its value is accepted there.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import inspect
import math
import re
import typing
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from agents.realtime import RealtimeAgent

import voice_widget
from tests.texts import PAGES, ROOT, docstrings, prose, sources, spans
from voice_widget import (
    HostedMcp,
    OpenAI,
    Scheme,
    ScriptedService,
    ServerVad,
    Talk,
    Tool,
    VoiceWidget,
    VoiceWidgetError,
    agreement,
)
from voice_widget.agents.assistant.notebook import NotebookAssistant
from voice_widget.widget.waiting import Waiting

TEXTS = {path.name: path for path in (*PAGES, *sorted((ROOT / "notebooks").glob("*.ipynb")))}
ANY = "ANYTHING"  # what `…` stands for
PUBLIC = {name: getattr(voice_widget, name) for name in voice_widget.__all__}
PUBLIC["RealtimeAgent"] = RealtimeAgent  # of the Agents SDK, given as `agent=`
ROOTS = {
    **PUBLIC,
    "w": VoiceWidget,
    "turn": voice_widget.Turn,
    "result": Waiting,
    "wizard": voice_widget.Wizard,
}
# Called without saying of what: verbs of the widget, methods of an agent, and what Python has.
OWNERS = (VoiceWidget, NotebookAssistant, pd.DataFrame, math, builtins)

DOCSTRINGS = "docstrings"

# What is asked for by HTTP is held in `test_command_lines`.
REQUEST = re.compile(r"(?:(?:GET|POST|DELETE) )?[/?&]\S+")
NOT_PYTHON = {
    ".call": "an ending of names of events",
    ".committed": "an ending of names of events",
    ".delta": "an ending of names of events",
    ".failed": "an ending of names of events",
    "ANYWIDGET_HMR=1 jupyter lab": "a command line",
    "OpenAI-Beta: realtime=v1": "a header",
    "a=max-message-size": "a line of an offer",
    "agent=kernel": "the query of an address",
    "audio/pcm;rate=16000": "how a server may name a format",
    "auto=True": "an argument of an event's own",
    "m=": "a line of an offer",
    "v=0": "a line of an offer",
}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the code writes does not lie among the sources."""
    monkeypatch.chdir(tmp_path)


class Wrong(Exception):
    """What the code names is not there, or is not called so."""


def parsed(span: str) -> ast.Module | None:
    """The code; none if it is no Python."""
    code = re.sub(r"(?<=[\w-])…|…(?=[\w-])", "_", span).replace("…", ANY)
    code = re.sub(r"^\.", "result.", code)  # of what is waited for
    code = re.sub(r"^= ", "value = ", code)
    code = re.sub(r"=$", f"={ANY}", code)
    try:
        return ast.parse(code)
    except SyntaxError:
        return None


def there(owner: Any, name: str) -> bool:
    return hasattr(owner, name) or name in getattr(owner, "__annotations__", ())


def called(function: ast.expr, local: set[str]) -> Any:
    """What is called; None for what a page has named itself."""
    match function:
        case ast.Name(name) if name in PUBLIC:
            return PUBLIC[name]
        case ast.Name(name) if name in local:
            return None
        case ast.Name(name):
            for owner in OWNERS:
                if callable(getattr(owner, name, None)):
                    return getattr(owner, name)
        case ast.Attribute(ast.Name(root), name) if root in ROOTS and there(ROOTS[root], name):
            return getattr(ROOTS[root], name)
    raise Wrong(f"there is no {ast.unparse(function)}")


def keywords(function: Any) -> set[str]:
    """The arguments that can be given by name."""
    found = set()
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is not parameter.VAR_KEYWORD:
            found.add(name)
        else:
            owner = function.__init__ if inspect.isclass(function) else function
            (unpacked,) = typing.get_args(eval(parameter.annotation, inspect.unwrap(owner).__globals__))
            found |= unpacked.__annotations__.keys()
    return found


def check_call(call: ast.Call, local: set[str]) -> None:
    function = called(call.func, local)
    if function is None or function in vars(builtins).values():
        return
    known = keywords(function)
    names = {word.arg for word in call.keywords if word.arg}
    placed = [each for each in call.args if not isinstance(each, ast.Starred)]
    if names - known:
        raise Wrong(f"{ast.unparse(call.func)} takes no {sorted(names - known)}")
    parameters = inspect.signature(function).parameters
    by_name = {name for name, each in parameters.items() if each.kind is each.KEYWORD_ONLY}
    # Where a signature is shown, the names alone stand there.
    placed = [each for each in placed if getattr(each, "id", "") not in by_name]
    by_place = [
        name
        for name, each in parameters.items()
        if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
    ]
    room = len(by_place) - ("self" in by_place)
    if any(each.kind is each.VAR_POSITIONAL for each in parameters.values()):
        room = len(placed)
    if [ast.unparse(each) for each in placed] != [ANY] and len(placed) > room:
        raise Wrong(f"{ast.unparse(call.func)} takes {room} arguments by place")


def made(**given: Any) -> None:
    widget = VoiceWidget(**{"service": ScriptedService([], voices=()), "transport": "memory", **given})
    widget.close()


def played(**given: Any) -> None:
    with contextlib.closing(VoiceWidget(service=ScriptedService([]), transport="memory")) as widget:
        widget.connect().result(10)
        widget.play(np.zeros(2400, np.int16), 24_000, **given).result(10)


def coded() -> Talk:
    talk = Talk.example()
    talk.scheme = Scheme("request", "answer")
    for coder in ("AB", "CD"):
        talk.label("request", seq=1, coder=coder)
    return talk


def taken(**given: Any) -> None:
    talk = coded()
    talk.labels_from(talk.to_eaf("talk.eaf", media="talk.wav"), **given)


# What takes an argument that a page names alone, and how it is tried.
TAKERS: dict[Any, Callable[..., object]] = {
    VoiceWidget: made,
    OpenAI: lambda **given: OpenAI(**{"model": "m", "api_key": "none", **given}),
    VoiceWidget.play: played,
    Tool: lambda **given: Tool(awaited, **given),
    Talk.what_if: lambda **given: Talk.example().what_if(ServerVad(), **{"vad": "level", **given}),
    Talk.sweep: lambda **given: Talk.example().sweep({"vad": "level"}, **given),
    Talk.impaired: lambda **given: Talk.example().impaired(**{"loss": 0.1, **given}),
    HostedMcp: lambda **given: HostedMcp("docs", **{"server_url": "https://example.org/mcp", **given}),
    Talk.replay: lambda **given: Talk.example().replay(**given).close(),
    Talk.label: lambda **given: coded().label(**{"code": "request", "seq": 1, **given}),
    Talk.labels_from: taken,
    agreement: lambda **given: agreement(coded(), **given),
}
NONE = object()


async def awaited() -> None: ...


def literal_of(code: str) -> Any:
    """The value, if it is there to the letter."""
    try:
        return NONE if "…" in code or ANY in code else ast.literal_eval(code)
    except (ValueError, SyntaxError):
        return NONE


def refusal(name: str, value: Any, takers: Iterable[Any] = TAKERS) -> str | None:
    """Why nothing takes an argument, or none where something does."""
    why = f"nothing public takes {name}="
    for taker in takers:
        if name in keywords(taker):
            if value is NONE:
                return None
            try:
                TAKERS[taker](**{name: value})
            except VoiceWidgetError as error:
                why = str(error)
            else:
                return None
    return why


def take(name: str | None, value: ast.expr, takers: Iterable[Any] = TAKERS) -> None:
    if name and (why := refusal(name, literal_of(ast.unparse(value)), takers)):
        raise Wrong(why)


def check(span: str, local: set[str]) -> None:
    """Hold the code against what it names.

    Raises:
        Wrong: It is not there, or is not called so.
    """
    tree = parsed(span)
    if tree is None:
        if re.search(r"\w\(|\w=", span) and not REQUEST.fullmatch(span):
            raise Wrong("it is no Python")
        return
    match tree.body:
        case [ast.Assign([ast.Name(name)], value)] if re.match(r"\w+=", span):
            take(name, value)
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=function, keywords=given):
                check_call(node, local)
                takers = [taker for taker in TAKERS if getattr(function, "id", "") == taker.__name__]
                for word in given if takers else ():
                    take(word.arg, word.value, takers)
            case ast.Attribute(ast.Name(root), name) if root in ROOTS and not there(ROOTS[root], name):
                raise Wrong(f"there is no {ast.unparse(node)}")


@cache
def text_of(name: str) -> str:
    return "\n\n".join(docstrings()).replace("``", "`") if name == DOCSTRINGS else prose(TEXTS[name])


@pytest.mark.parametrize("name", [*TEXTS, DOCSTRINGS])
def test_the_code_in_the_sentences_of(name: str):
    text = text_of(name)
    local = {named for span in spans(text) for named in re.findall(r"^(\w+) = ", span)}
    if name == DOCSTRINGS:
        local |= set(re.findall(r"^ *(?:async )?(?:def|class) (\w+)", "\n".join(sources()), re.MULTILINE))
    wrong = []
    for span in sorted(set(spans(text)) - NOT_PYTHON.keys()):
        try:
            check(span, local)
        except Wrong as error:
            wrong.append(f"{span}: {error}")
    assert wrong == []


def test_what_is_said_to_be_no_python_is_there():
    there = {span for name in (*TEXTS, DOCSTRINGS) for span in spans(text_of(name))}
    assert NOT_PYTHON.keys() - there == set()


def rows(name: str) -> Iterator[tuple[list[str], list[list[str]]]]:
    """The tables of a page: the head's cells, and the rows'."""
    for table in re.findall(r"^\|.*\|\n\|[-| ]+\|\n(?:\|.*\|\n)+", text_of(name), re.MULTILINE):
        head, _, *body = ([cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines())
        yield head, body


def test_the_values_that_tables_give_are_taken():
    tried = []
    for head, body in rows("openai.md"):
        if argument := re.fullmatch(r"`(\w+)=`", head[0]):
            tried += [([argument[1]], value) for row in body for value in spans(row[0])]
        elif head[:2] == ["setting", "values"]:
            tried += [(spans(row[0]), value) for row in body for value in spans(row[1])]
    literal = [(names, value) for names, code in tried if (value := literal_of(code)) is not NONE]
    assert len(literal) > 20
    for names, value in literal:
        several = (
            [{key: given} for key in value for given in ("a", ["a"])] if isinstance(value, set) else [value]
        )
        assert [each for each in several if any(refusal(name, each) is None for name in names)], (
            names,
            value,
        )


@pytest.mark.parametrize(
    ("span", "why"),
    [
        ('w.reffer("tel:+1")', "there is no w.reffer"),
        ("w.mutted = True", "there is no w.mutted"),
        ("OpenAl(model=…)", "there is no OpenAl"),
        ("OpenAI(modell=…)", "OpenAI takes no ['modell']"),
        ("w.update(sped=1.2)", "w.update takes no ['sped']"),
        ("w.reject(call_id, 486, 1)", "w.reject takes 2 arguments by place"),
        ("next_turns()", "there is no next_turns"),
        ("ServerVad(treshold, silence_duration_ms)", "ServerVad takes 0 arguments by place"),
        ("w.join(call_id", "it is no Python"),
        ("header={…}", "nothing public takes header="),
        ('flow="unifed"', "Choose"),
        ('VoiceWidget(transport="comms")', "Choose"),
    ],
)
def test_code_that_would_not_work_is_found(span: str, why: str):
    with pytest.raises(Wrong, match=re.escape(why)):
        check(span, set())


def test_a_recording_that_a_sentence_names_lies_elsewhere(tmp_path: Path):
    check('VoiceWidget(record="runs/p07")', set())
    assert (tmp_path / "runs" / "p07").is_dir()
