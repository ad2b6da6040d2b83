"""A model beside the grammar: it plans, these operations compute, and what it may see is listed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pandas as pd
import pytest

from voice_widget.agents import Message, Notice, Piece, Show, Thinking, ToolCall, Turn, Usage
from voice_widget.agents.assistant.arguments import NAME
from voice_widget.agents.assistant.notebook import NotebookAssistant
from voice_widget.agents.assistant.planning import states_a_number
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
    """Without the signs of life."""
    return [piece async for piece in agent(Turn(text, history)) if not isinstance(piece, Thinking)]


def sent(model: Model) -> str:
    """All that left the kernel."""
    [turn] = model.turns
    return json.dumps([turn.text, [m.text for m in turn.history], turn.instructions, list(turn.tools)])


@pytest.mark.parametrize(
    ("plan", "begins"),
    [
        ([ToolCall(NAME, MEAN)], "The average body mass by species is"),
        ([ToolCall(NAME, {"do": "count"})], "I did not get that."),  # leaves words out
        (["Which one?"], "Which one?"),
    ],
    ids=["a plan", "no good plan", "a question"],
)
async def test_what_the_model_tells_beside_its_words_is_told(plan: list[Piece], begins: str) -> None:
    cut, used = Notice("history_cut", "It was cut.", "Go on."), Usage(7, 2)
    given = await pieces(planned(Model(cut, *plan, used)), "how chunky is each zorp of bird")
    assert [given[0], given[1]] == [cut, used]
    assert str(given[2]).startswith(begins)


async def test_while_the_model_writes_there_are_signs_of_life() -> None:
    given = [piece async for piece in planned(Model("Which ", "one?"))(Turn(ASKS))]
    assert given == [Thinking(), Thinking(), "Which one?"]


async def test_who_stops_listening_stops_the_model() -> None:
    ended = []

    async def model(turn: Turn) -> AsyncIterator[Piece]:
        try:
            yield "Which "
            yield "one?"
        finally:
            ended.append(turn.text)

    agent = planned(model)
    answer = agent(Turn(ASKS))
    assert await anext(answer) == Thinking()
    await answer.aclose()  # type: ignore[attr-defined]
    assert ended == [ASKS]


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


@pytest.mark.parametrize(
    "written",
    [
        "They weigh 4 kilos.",
        "About four thousand grams.",
        "1",
        "",
        "About half of them are female.",
        "Gentoo penguins are the heaviest, and all of them live on Biscoe.",
        "None of them.",
        "Gentoo is the heaviest, isn't it?",
        "Which one do you mean? All of them live on Biscoe.",
        "All of them live on Biscoe.\nWhich one do you mean?",
        "Do you mean the half that is female?",
        "Is it a third of them?",
        "Are there hundreds?",
    ],
)
async def test_what_was_not_computed_is_never_stated(written: str) -> None:
    assert await pieces(planned(Model(written)), ASKS) == ["I did not get that."]


@pytest.mark.parametrize(
    "written",
    [
        "Which one do you mean?",
        "Which one do you mean: bill length or bill depth?",
        "Do you mean the body mass? Or is it the flipper length?",
        "By which column shall I sort, the third?",
    ],
)
async def test_a_question_back_without_a_number_is_said(written: str) -> None:
    assert await pieces(planned(Model(written[:9], written[9:])), ASKS) == [written]


MASS = {"do": "aggregate", "measures": ["body mass"], "aggregate": "mean"}
GENTOO = {"column": "species", "op": "in", "values": ["Gentoo"]}


def body(op: str, *values: float) -> dict[str, Any]:
    return {"column": "body mass", "op": op, "values": list(values)}


def year(op: str, *values: int) -> dict[str, Any]:
    return {"column": "year", "op": op, "values": list(values)}


BY_ISLAND = {**MASS, "groups": [{"column": "island"}]}


@pytest.mark.parametrize(
    ("asks", "plan", "names"),
    [
        ("average body mass of penguins that are not grumpy", MASS, "grumpy"),
        ("average body mass in atlantis", MASS, "atlantis"),
        ("average body mass of grumpy penguins by island", BY_ISLAND, "grumpy"),
        ("how hefty are gentoo usually", MASS, "hefty"),
        ("how hefty are those above 4000", MASS, "hefty"),
        ("how hefty are those that are not gentoo", {**MASS, "filters": [GENTOO]}, "hefty"),
        ("how hefty are they by sex", BY_ISLAND, "hefty"),
        ("how hefty are atlantis penguins", MASS, "hefty"),
        ("how hefty are those over 5000 grams", {**MASS, "filters": [body("above", 500)]}, "hefty"),
        ("how hefty are those over 5000 grams", {**MASS, "filters": [body("below", 5000)]}, "hefty"),
        ("how hefty are those over 5000 grams", {**MASS, "filters": [body("at least", 5000)]}, "hefty"),
        ("how hefty were they in 2008", {**MASS, "filters": [year("in", 2009)]}, "hefty"),
        ("how hefty were they in 2008", {**MASS, "filters": [year("above", 2008)]}, "hefty"),
        ("how hefty were they before 2008", {**MASS, "filters": [year("above", 2008)]}, "hefty"),
        ("how hefty were they after 2008", {**MASS, "filters": [year("at least", 2008)]}, "hefty"),
        ("the 3 heftiest", {"do": "rows", "sort": "body mass", "limit": 5}, "heftiest"),
        ("how hefty are gentoo here", {**MASS, "filters": [{**GENTOO, "op": "not in"}]}, "hefty"),
        ("median heft by species", MEAN, "heft"),
        ("total heft", MASS, "heft"),
        ("lowest heft by species", {**MEAN, "aggregate": "max"}, "heft"),
        ("the species with the highest heft", {**MEAN, "end": "lowest"}, "heft"),
        ("how many different hefts", {"do": "count"}, "hefts"),
        ("how hefty is half of them", MASS, "hefty"),
    ],
)
async def test_a_plan_that_leaves_a_word_out_is_not_carried_out(
    asks: str, plan: dict[str, Any], names: str
) -> None:
    agent = planned(Model(ToolCall(NAME, plan)))
    found = await pieces(agent, asks)
    assert found == NotebookAssistant(load()).answer(asks)
    assert str(found[0]).startswith("I did not get that.")
    assert f"“{names}”" in str(found[0])


async def test_what_is_offered_without_the_word_is_told_after_a_yes() -> None:
    model = Model(ToolCall(NAME, MASS))
    [said] = await pieces(planned(model), "average body mass in atlantis")
    before = Message("user", "average body mass in atlantis"), Message("assistant", str(said))
    assert str((await pieces(planned(model), "yes", *before))[0]).startswith("The average body mass is")


async def test_what_was_named_before_does_not_stand_for_a_word_that_nobody_knows() -> None:
    history = Message("user", "average body mass of gentoo"), Message("assistant", "About 5076 grams.")
    model = Model(ToolCall(NAME, {**MASS, "filters": [GENTOO]}))
    [said] = await pieces(planned(model), "and of the grumpy ones", *history)
    assert str(said).startswith("I did not get that.")


@pytest.mark.parametrize(
    ("asks", "plan", "says"),
    [
        ("average heft by species", MEAN, "The average body mass by species is 5076 grams for Gentoo"),
        ("average body mass per isle", BY_ISLAND, "The average body mass by island is 4716 grams"),
        (
            "how hefty are birds that are not gentoo",
            {**MASS, "filters": [{**GENTOO, "op": "not in"}]},
            "The average body mass without Gentoo",
        ),
        (
            "how hefty are those with a flipper above 200",
            {**MASS, "filters": [{"column": "flipper length", "op": "above", "values": [200]}]},
            "The average body mass with flipper length above 200",
        ),
        ("heft over 5 kilos", {**MASS, "filters": [body("above", 5000)]}, "The average body mass with"),
        ("heft of those not over 5000", {**MASS, "filters": [body("at most", 5000)]}, "The average body"),
        ("heft in 2008", {**MASS, "filters": [year("in", 2008)]}, "The average body mass for year 2008"),
        ("heft before 2008", {**MASS, "filters": [year("at most", 2007)]}, "The average body mass with year"),
        ("heft from 2007 to 2008", {**MASS, "filters": [year("between", 2007, 2008)]}, "The average body"),
        ("the 3 heftiest", {"do": "rows", "sort": "body mass", "limit": 3}, "Here are the 3 rows"),
        ("highest heft by species", {**MEAN, "aggregate": "max"}, "The highest body mass by species"),
        ("which species has the highest heft", {**MEAN, "end": "highest"}, "Gentoo has the highest average"),
        (
            "who is the fattest creature of them all",
            {"do": "extreme", "measures": ["body mass"]},
            "The highest",
        ),
    ],
)
async def test_a_plan_with_a_part_for_every_word_is_carried_out(
    asks: str, plan: dict[str, Any], says: str
) -> None:
    assert not NotebookAssistant(load()).answer(asks)[0].startswith(says)  # type: ignore[union-attr]
    assert str((await pieces(planned(Model(ToolCall(NAME, plan))), asks))[0]).startswith(says)


DUES = pd.DataFrame(
    {
        "paid on": pd.date_range("2023-11-20", periods=90),
        "dues": range(90),
        "member": ["yes", "no"] * 45,
    }
)
OWED = {"do": "aggregate", "measures": ["dues"], "aggregate": "sum"}


def paid(op: str, *days: str) -> dict[str, Any]:
    return {**OWED, "filters": [{"column": "paid on", "op": op, "values": list(days)}]}


def members(value: str) -> dict[str, Any]:
    return {**OWED, "filters": [{"column": "member", "op": "in", "values": [value]}]}


def each(unit: str) -> dict[str, Any]:
    return {**OWED, "groups": [{"column": "paid on", "unit": unit}]}


@pytest.mark.parametrize(
    ("asks", "right", "wrong"),
    [
        ("moolah in 2023", paid("between", "2023-01-01", "2023-12-31"), paid("before", "2023-01-01")),
        ("moolah in 2024", paid("between", "2024-01-01", "2024-12-31"), paid("since", "2024-01-01")),
        ("moolah before december 2023", paid("before", "2023-12-01"), paid("before", "2024-01-01")),
        ("moolah after december 2023", paid("since", "2024-01-01"), paid("since", "2023-12-01")),
        ("moolah until december 2023", paid("at most", "2023-12-31"), paid("since", "2023-12-01")),
        ("moolah of members", members("yes"), members("no")),
        ("moolah of non members", members("no"), members("yes")),
        ("moolah per month", each("month"), each("week")),
        ("monthly moolah", each("month"), OWED),
    ],
)
async def test_a_plan_means_what_its_question_says_of_dates_and_flags(
    asks: str, right: dict[str, Any], wrong: dict[str, Any]
) -> None:
    told, refused = [
        str((await pieces(NotebookAssistant(DUES, model=Model(ToolCall(NAME, plan))), asks))[0])
        for plan in (right, wrong)
    ]
    assert told.startswith("The total dues")
    assert refused.startswith("I did not get that. I do not know “moolah” here.")


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


DAYS = pd.DataFrame(
    {
        "day": pd.date_range("2023-01-01", periods=90),
        "v": range(90),
        "name": ["a", "b"] * 45,
        "tags": [["x"]] * 90,
    }
)


def among(column: Any, op: Any, *values: Any, **more: Any) -> dict[str, Any]:
    return {"do": "count", "filters": [{"column": column, "op": op, "values": list(values), **more}]}


@pytest.mark.parametrize(
    "arguments",
    [
        among("day", "between", "2023-01-01", "9999-12-31"),
        among("day", "between", "2023-01-01T00:00:00Z", "2023-02-01"),
        among("day", "between", "2023-01-01"),
        among("day", "between", "2023-01-01", "2023-01-02", "2023-01-03"),
        among("day", "in", "2023-01-01T15:00:00"),
        among("day", "since", "2023-01-01", "2023-02-01"),
        among("day", "since", ["2023-01-01"]),
        among("day", "since", 10**5000),
        among("v", "above", 3, 50),
        among("v", "above"),
        among("v", "above", float("inf")),
        among("v", "above", 10**400),
        among("v", "above", "3"),
        among("v", "missing", 3),
        among("v", "above", 3, negated=True),
        among("name", "in", {}),
        among("name", "in", 10**5000),
        among(["v"], "above", 3),
        among(10**5000, "above", 3),
        among("v", ["above"], 3),
        {"do": ["count"]},
        {"do": "count", "base": [{"column": "name", "op": "in", "values": ["a"]}]},
        {"do": "count", "measures": ["v"]},
        {"do": "count", "limit": 3},
        {"do": "count", "end": "highest"},
        {"do": "count", "aggregate": "sum", "groups": [{"column": "name"}]},
        {"do": "count", "groups": [{"column": "name", "end": "lowest"}]},
        {"do": "count", "groups": [{"column": "name"}] * 3},
        {"do": "count", "groups": 3},
        {"do": "count", "table": {}},
        {"do": "count", 3: 4},
        {"do": "aggregate", "measures": ["v"], "aggregate": "mean", "percentile": 90},
        {"do": "aggregate", "measures": ["v"], "aggregate": "percentile", "percentile": 900},
        {"do": "aggregate", "measures": ["v"], "aggregate": "mean", "sort": "v"},
        {"do": "aggregate", "measures": ["v", "v"], "aggregate": "mean", "groups": [{"column": "name"}]},
        {"do": "share", "measures": ["v", "day"]},
        {"do": "share", "measures": ["name"]},
        {"do": "share", "measures": ["day"]},
        {"do": "correlation", "measures": ["v", "day"]},
        {"do": "moment", "measures": ["v"]},
        {"do": "extreme", "measures": ["name"]},
        {"do": "extreme", "measures": ["v", "tags"]},
        among("tags", "in", "x"),
        {"do": "rows", "order": "highest"},
        {"do": "extreme", "measures": ["v"], "limit": 3},
        {"do": "values", "measures": ["v", "name"]},
        {"do": "columns", "filters": [{"column": "v", "op": "missing"}]},
        *(
            {"do": "rows", "limit": limit}
            for limit in (float("inf"), float("nan"), 10**400, 2.5, 0, -3, True)
        ),
    ],
)
async def test_what_makes_no_sense_or_would_be_dropped_is_refused(arguments: dict[str, Any]) -> None:
    agent = NotebookAssistant({"readings": DAYS}, model=Model(ToolCall(NAME, arguments)))  # type: ignore[arg-type]
    with pytest.raises(SettingError):
        agent.run(NAME, arguments)
    [said] = await pieces(agent, "how gloomy was it")
    assert str(said).startswith("I did not get that.")


def test_what_is_told_of_the_row_at_the_end_may_be_text() -> None:
    [said, _] = NotebookAssistant({"readings": DAYS}).run(NAME, {"do": "extreme", "measures": ["v", "name"]})
    assert str(said).startswith("The name is b")


def test_what_a_model_fills_in_without_a_meaning_is_as_if_it_had_left_it_out() -> None:
    blank = {
        "filters": [],
        "base": [],
        "measures": [],
        "aggregate": "",
        "end": "",
        "sort": None,
        "limit": None,
    }
    agent = NotebookAssistant({"readings": DAYS})
    assert agent.run(NAME, {"do": "count", **blank}) == ["There are 90 readings."]
