"""One registration: phrases for the recogniser, tools for a chat model, help for people."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest

from voice_widget.agents import Message, Notice, Piece, Show, Thinking, Turn, Usage
from voice_widget.agents.assistant.notebook import Agg, Column, Group, Measure, NotebookAssistant, Value
from voice_widget.data import load
from voice_widget.errors import SettingError


class Colour(Enum):
    RED = 1
    LIGHT_BLUE = 2


@pytest.fixture
def agent() -> NotebookAssistant:
    return NotebookAssistant(load())


def heard(agent: NotebookAssistant, text: str) -> dict[str, Any]:
    """What the registered function got for an utterance."""
    answer = agent.answer(text)
    return dict(answer[0].value) if isinstance(answer[0], Show) else {"said": answer[0]}


def test_every_kind_of_slot_gets_its_type(agent: NotebookAssistant) -> None:
    @agent.intent("paint {agg} {column} {colour} with {number} coats and {word} for {values}")
    def paint(
        agg: Agg,
        column: Measure,
        colour: Colour,
        number: int,
        word: Literal["matt", "glossy"],
        values: list[Value],
    ) -> Show:
        return Show(
            {"agg": agg, "column": column, "colour": colour, "n": number, "word": word, "values": values}
        )

    got = heard(agent, "paint the median body mass light blue with three coats glossy for gentoo females")
    assert got["agg"] is Agg.MEDIAN
    assert isinstance(got["column"], Column)
    assert (str(got["column"]), got["column"].spoken, got["column"].unit) == (
        "body_mass_g",
        "body mass",
        "grams",
    )
    assert got["column"].series.equals(load()["body_mass_g"])
    assert got["colour"] is Colour.LIGHT_BLUE
    assert (got["n"], type(got["n"])) == (3, int)
    assert got["word"] == "glossy"
    assert sorted((str(v.column), v.value) for v in got["values"]) == [
        ("sex", "female"),
        ("species", "Gentoo"),
    ]


def test_slots_without_annotations_are_known_by_their_names(agent: NotebookAssistant) -> None:
    @agent.intent("weigh {column} at {number}")
    def weigh(column, number):  # type: ignore[no-untyped-def]
        return Show({"column": column, "number": number})

    got = heard(agent, "weigh the body mass at two point five")
    assert (str(got["column"]), got["number"]) == ("body_mass_g", 2.5)


def test_a_column_as_text(agent: NotebookAssistant) -> None:
    @agent.intent("weigh {column}")
    def weigh(column: str) -> Show:
        return Show({"column": column})

    assert heard(agent, "weigh the body mass") == {"column": "body_mass_g"}


def test_the_turn_is_passed_where_it_is_wanted(agent: NotebookAssistant) -> None:
    @agent.intent("echo")
    def echo(turn: Turn) -> str:
        return turn.text

    assert agent.answer("echo now please") == ["echo now please"]


def test_defaults_fill_what_was_not_said(agent: NotebookAssistant) -> None:
    @agent.intent("weigh it [by {by}]")
    def weigh(by: Group | None = None) -> Show:
        return Show({"by": by and str(by)})

    assert heard(agent, "weigh it") == {"by": None}
    assert heard(agent, "weigh it by island") == {"by": "island"}


def test_yours_come_first(agent: NotebookAssistant) -> None:
    @agent.intent("how many rows are there")
    def rows() -> str:
        return "Plenty."

    assert agent.answer("how many rows are there") == ["Plenty."]


def test_what_a_function_may_give(agent: NotebookAssistant) -> None:
    frame = load()

    @agent.intent("alpha one")
    def several() -> list[Any]:
        return ["Here.", frame]

    @agent.intent("bravo two")
    def pieces() -> Any:
        yield "One. "
        yield "Two."

    first = agent.answer("alpha one")
    assert first[0] == "Here."
    assert isinstance(first[1], Show)
    assert first[1].value is frame
    assert agent.answer("bravo two") == ["One. ", "Two."]


def test_what_a_function_tells_beside_its_words_is_not_shown(agent: NotebookAssistant) -> None:
    given: list[Piece] = [Thinking(), Usage(7, 2), Notice("slow", "It is slow.", "Wait."), "One."]

    @agent.intent("alpha one")
    def asks_a_model() -> list[Piece]:
        return given

    assert agent.answer("alpha one") == given


async def test_async_functions_answer_in_a_call(agent: NotebookAssistant) -> None:
    @agent.intent("alpha one")
    async def coroutine() -> str:
        return "Later."

    @agent.intent("bravo two")
    async def generator() -> Any:
        yield "Bit "
        yield "by bit."

    assert [p async for p in agent(Turn("alpha one"))] == ["Later."]
    assert [p async for p in agent(Turn("bravo two"))] == ["Bit ", "by bit."]
    with pytest.raises(SettingError, match="in a call"):
        agent.answer("alpha one")


def test_an_error_of_yours_is_yours_to_see(agent: NotebookAssistant) -> None:
    @agent.intent("alpha one")
    def broken() -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        agent.answer("alpha one")


def register(agent: NotebookAssistant, *phrases: str, function: Any) -> None:
    agent.intent(*phrases)(function)


def unknown_type(column: Column, when: bytes) -> None: ...
def takes_column(column: Column) -> None: ...
def takes_nothing() -> None: ...


@pytest.mark.parametrize(
    ("phrases", "function", "says"),
    [
        (["weigh {column} {when}"], unknown_type, "Annotate it"),
        (["weigh {column} {number}"], takes_column, "blanks that it does not take"),
        (["weigh it"], takes_column, "lacks `column`"),
        (["weigh {column} and {column}"], takes_column, "a blank twice"),
        ([], takes_nothing, "needs a phrase"),
        (["weigh {"], takes_nothing, "cannot be read"),
    ],
)
def test_what_cannot_be_heard_is_refused_at_once(
    agent: NotebookAssistant, phrases: list[str], function: Any, says: str
) -> None:
    before = agent.tools()
    with pytest.raises(SettingError, match=says):
        register(agent, *phrases, function=function)
    assert agent.tools() == before


def test_a_name_is_taken_once(agent: NotebookAssistant) -> None:
    register(agent, "weigh it", function=takes_nothing)
    with pytest.raises(SettingError, match="taken"):
        register(agent, "weigh that", function=takes_nothing)
    with pytest.raises(SettingError, match="cannot be the name"):
        agent.intent("weigh this", name="not a name")(takes_nothing)


# --- for the recogniser ----------------------------------------------------------------------------


def sentences(phrases: Iterable[str]) -> list[str]:
    return [phrase for phrase in phrases if " " in phrase]


def test_hints_are_small_and_always_the_same(agent: NotebookAssistant) -> None:
    hints = agent.hints()
    assert hints == NotebookAssistant(load()).hints()
    assert 200 <= len(sentences(hints.phrases)) <= 300
    assert len(set(hints.phrases)) == len(hints.phrases)
    assert sum(len(x) + 1 for x in (*hints.phrases, *hints.words)) <= 24 * 1024
    letters = set("abcdefghijklmnopqrstuvwxyz ")
    assert all(set(text) <= letters for text in hints.phrases)
    assert all(set(text.lower()) <= letters for text in hints.words)


def test_hints_cover_every_column_with_every_aggregate(agent: NotebookAssistant) -> None:
    text = "\n".join(agent.hints().phrases)
    for column in ("bill length", "bill depth", "flipper length", "body mass"):
        for agg in ("average", "median", "maximum", "minimum", "total", "standard deviation"):
            assert f"{agg} {column}" in text or f"{agg} of {column}" in text
    for name in (
        "species",
        "island",
        "sex",
        "adelie",
        "chinstrap",
        "gentoo",
        "female",
        "torgersen",
        "penguins",
    ):
        assert name in text


def test_what_is_hinted_is_understood(agent: NotebookAssistant) -> None:
    history = [Message("user", "average body mass"), Message("assistant", "It is 4202 grams.")]
    answers = {text: str(agent.answer(text, history)[0]) for text in sentences(agent.hints().phrases)}
    assert {text: said for text, said in answers.items() if said.startswith("I did not get")} == {}


def test_hints_name_what_is_in_the_data_whole_and_nothing_else(agent: NotebookAssistant) -> None:
    words = agent.hints().words
    assert words[:3] == ("species", "island", "bill length")
    assert {"Adelie", "Torgersen", "penguins"} < {*words}
    assert not {"mean", "largest", "eleven", "grams"} & {*words}


def test_hints_of_your_own_phrases_come_first(agent: NotebookAssistant) -> None:
    @agent.intent("paint {column} {colour}")
    def paint(column: Measure, colour: Colour) -> None: ...

    hints = agent.hints()
    assert hints.phrases[0] == "paint bill length red"
    assert any("light blue" in text for text in hints.phrases)


def test_hints_of_a_wide_table_stay_small_and_name_every_column() -> None:
    names = [f"{a}_{b}" for a in ("north", "south", "east", "west") for b in "abcdefghijklmnopqrstuvwxyz"]
    hints = NotebookAssistant(pd.DataFrame(np.ones((3, len(names))), columns=names)).hints()
    assert len(sentences(hints.phrases)) <= 300
    text = "\n".join(hints.phrases) + "\n"
    assert [n for n in names if n.replace("_", " ") not in text] == []


def test_hints_spell_digits_and_leave_out_what_the_recogniser_cannot_say() -> None:
    hints = NotebookAssistant(pd.DataFrame({"q4_2023": [1.0, 2.0], "数量": [1, 2]})).hints()
    assert any(text.endswith("average q four two thousand twenty three") for text in hints.phrases)
    assert "数" not in "".join((*hints.phrases, *hints.words))


# --- for a chat model ------------------------------------------------------------------------------


def test_tools_are_json_schema(agent: NotebookAssistant) -> None:
    @agent.intent("paint {column} {colour}", about="Paints.")
    def paint(column: Measure, colour: Colour) -> None: ...

    tools = {tool["name"]: tool for tool in agent.tools()}
    assert list(tools) == ["ask_table", "paint"]
    schema = tools["ask_table"]["parameters"]
    assert tools["ask_table"]["type"] == "function"
    assert "mean" in schema["properties"]["aggregate"]["enum"]
    assert schema["properties"]["measures"]["items"]["enum"][2:6] == [
        "bill length",
        "bill depth",
        "flipper length",
        "body mass",
    ]
    assert schema["additionalProperties"] is False
    assert tools["paint"]["parameters"]["properties"]["colour"] == {
        "type": "string",
        "enum": ["red", "light blue"],
    }
    assert all(tool["description"] for tool in tools.values())


def test_a_model_runs_a_tool(agent: NotebookAssistant) -> None:
    @agent.intent("weigh {column}")
    def weigh(column: Column) -> str:
        return f"{column.spoken} is heavy."

    answer = agent.run(
        "ask_table",
        {
            "do": "aggregate",
            "measures": ["body mass"],
            "aggregate": "mean",
            "groups": [{"column": "species"}],
        },
    )
    assert answer[0] == agent.answer("average body mass by species")[0]
    wanted = [
        {"column": "species", "op": "in", "values": ["gentoo"]},
        {"column": "sex", "op": "in", "values": ["female"]},
    ]
    counted = agent.run("ask_table", {"do": "count", "filters": wanted})
    assert counted == ["There are 58 penguins for Gentoo female, of 344."]
    assert agent.run("weigh", {"column": "body mass"}) == ["body mass is heavy."]


def held(column: str, op: str, value: object) -> dict[str, Any]:
    return {"do": "count", "filters": [{"column": column, "op": op, "values": [value]}]}


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        ("nothing", {}, "no intent"),
        ("ask_table", {}, "no `do`"),
        ("ask_table", {"do": "aggregate", "aggregate": "mean"}, "needs 1 of `measures`"),
        ("ask_table", {"do": "describe", "measures": ["weather"]}, "names no column"),
        ("ask_table", {"do": "count", "colour": "red"}, "takes no"),
        ("ask_table", {"do": "aggregate", "measures": ["species"], "aggregate": "mean"}, "has no average"),
        (
            "ask_table",
            {"do": "count", "filters": [{"column": "species", "op": "in", "values": ["emu"]}]},
            "no 'emu'",
        ),
        (
            "ask_table",
            {"do": "count", "filters": [{"column": "sex", "op": "above", "values": [1]}]},
            "no numbers",
        ),
        ("ask_table", {"do": "count", "groups": [{"column": "sex", "unit": "month"}]}, "no dates"),
        ("ask_table", {"do": "rows", "limit": "many"}, "no number"),
    ],
)
def test_a_model_s_mistake_is_named(
    agent: NotebookAssistant, name: str, arguments: dict[str, Any], says: str
) -> None:
    with pytest.raises(SettingError, match=says):
        agent.run(name, arguments)


def test_help_lists_yours_first(agent: NotebookAssistant) -> None:
    @agent.intent("paint it", about="paints")
    def paint() -> None: ...

    assert agent.help().splitlines()[0] == "paints: “paint it”"
    assert "average" in agent.help()
