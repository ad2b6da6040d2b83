"""A model beside the grammar: it plans, these operations compute, and what it may see is listed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pandas as pd
import pytest

from voice_widget.agents import Message, Piece, Show, ToolCall, Turn
from voice_widget.agents.assistant.notebook import NotebookAssistant
from voice_widget.agents.assistant.planning import NAME, states_a_number
from voice_widget.data import load
from voice_widget.errors import SettingError

MEAN = {"do": "aggregate", "measures": ["body mass"], "aggregate": "mean", "groups": [{"column": "species"}]}
ASKS = "how chunky is each kind of bird usually"


class Model:
    """A chat endpoint that answers with these pieces, and keeps what it was asked."""

    def __init__(self, *pieces: Piece) -> None:
        self.pieces = pieces
        self.turns: list[Turn] = []

    async def __call__(self, turn: Turn) -> AsyncIterator[Piece]:
        self.turns.append(turn)
        for piece in self.pieces:
            yield piece


def planned(model: Any, **options: Any) -> NotebookAssistant:
    return NotebookAssistant(load(), model=model, **options)


async def pieces(agent: NotebookAssistant, text: str, *history: Message) -> list[Piece]:
    return [piece async for piece in agent(Turn(text, history))]


def sent(model: Model) -> str:
    """All that left the kernel."""
    [turn] = model.turns
    return json.dumps([turn.text, [m.text for m in turn.history], turn.instructions, list(turn.tools)])


async def test_what_the_grammar_understands_is_never_sent() -> None:
    model = Model(ToolCall(NAME, MEAN))
    await pieces(planned(model), "average body mass by species")
    assert model.turns == []


async def test_the_model_plans_and_the_operations_compute_and_say() -> None:
    said, shown = await pieces(planned(Model("It is 12 grams. ", ToolCall(NAME, MEAN))), ASKS)
    assert said == (
        "The average body mass by species is 5076 grams for Gentoo, 3733 for Chinstrap and 3701 for Adelie."
    )
    assert isinstance(shown, Show)
    assert (
        shown.value["average body mass"].to_dict()
        == load().groupby("species")["body_mass_g"].mean().to_dict()
    )


async def test_by_default_only_names_and_kinds_of_columns_leave_the_kernel() -> None:
    model = Model(ToolCall(NAME, MEAN))
    before = Message("user", "how many rows"), Message("assistant", "There are 344 rows, most on Biscoe.")
    await pieces(planned(model), ASKS, *before)
    told = sent(model)
    assert "body mass (number, in grams)" in told
    for secret in ("Gentoo", "Biscoe", "female", "344", "5076"):
        assert secret not in told


@pytest.mark.parametrize(
    ("share", "there", "absent"),
    [
        ((), (), ("flipper length", "(number", "Gentoo")),
        (("columns",), ("flipper length",), ("(number", "Gentoo")),
        (("columns", "values"), ("flipper length", "Gentoo", "Biscoe"), ("(number",)),
    ],
)
async def test_what_is_shared_is_what_was_listed(
    share: tuple[str, ...], there: tuple[str, ...], absent: tuple[str, ...]
) -> None:
    model = Model(ToolCall(NAME, MEAN))
    await pieces(planned(model, share=share), ASKS)
    told = sent(model)
    assert all(text in told for text in there)
    assert not any(text in told for text in absent)


def test_what_cannot_be_shared_is_refused() -> None:
    with pytest.raises(SettingError, match="It may hold 'columns'"):
        planned(Model(), share=("rows",))


@pytest.mark.parametrize("written", ["They weigh 4 kilos.", "About four thousand grams.", "1", ""])
async def test_a_number_that_was_not_computed_is_never_said(written: str) -> None:
    assert await pieces(planned(Model(written)), ASKS) == ["I did not get that."]


async def test_a_question_back_without_a_number_is_said() -> None:
    assert await pieces(planned(Model("Which one ", "do you mean?")), ASKS) == ["Which one do you mean?"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"do": "aggregate", "measures": ["weight of feathers"], "aggregate": "mean"},
        {"do": "count", "filters": [{"column": "island", "op": "in", "values": ["Atlantis"]}]},
        {"do": "guess"},
        {"do": "count", "groups": "species"},
    ],
)
async def test_a_plan_that_does_not_fit_is_not_carried_out(arguments: dict[str, Any]) -> None:
    [said] = await pieces(planned(Model(ToolCall(NAME, arguments))), ASKS)
    assert str(said).startswith("I did not get that.")


async def test_a_number_of_a_plan_that_does_not_fit_is_not_said() -> None:
    filters = [{"column": "island", "op": "in", "values": ["about 4200 grams"]}]
    model = Model(ToolCall(NAME, {"do": "count", "filters": filters}))
    assert await pieces(planned(model), ASKS) == ["I did not get that."]


async def test_dates_and_limits_are_held_against_the_table() -> None:
    frame = pd.DataFrame({"day": pd.date_range("2023-01-01", periods=90), "v": range(90)})
    since = {"column": "day", "op": "since", "values": ["2023-03-01"]}
    agent = NotebookAssistant({"readings": frame})
    assert agent.run(NAME, {"do": "count", "filters": [since]}) == [
        "There are 31 readings since March 1, 2023, of 90."
    ]
    months = {
        "do": "aggregate",
        "measures": ["v"],
        "aggregate": "sum",
        "groups": [{"column": "day", "unit": "month"}],
    }
    assert "2294 for March 2023" in str(agent.run(NAME, months)[0])
    with pytest.raises(SettingError, match="is no date"):
        agent.run(NAME, {"do": "count", "filters": [{**since, "values": ["soon"]}]})


def test_one_is_no_number_of_a_result() -> None:
    assert not states_a_number("Which one is it?")
    assert states_a_number("twenty one")
