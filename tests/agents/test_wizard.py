"""A person as the agent: what they say and pick, from another thread, in a talk by the real engine."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.agents.houses.talking import answer_to, talk_with
from voice_widget import AgentError, SettingError, StateError, VoiceWidget, Wizard
from voice_widget.agents import Piece, Thinking, Turn, Usage
from voice_widget.agents import wizard as wizards
from voice_widget.agents.wizard import Waits


def once(wizard: Wizard, act: Any, when: Any = lambda waits: True) -> None:
    """Act once, on a thread of one's own, as soon as a question waits that is so."""
    acted = threading.Lock()

    def look(waits: Waits | None) -> None:
        if waits is not None and when(waits) and acted.acquire(blocking=False):
            threading.Thread(target=act).start()

    wizard.on(look)


def remarks(w: VoiceWidget) -> list[dict[str, Any]]:
    kept = map(json.loads, w.events_df["event"])
    return [event["details"] for event in kept if event["type"] == "voice_widget.agent.remarked"]


def counting(turn: Turn) -> Iterator[Piece]:
    yield "It is 3.\nIt is "
    yield "4."
    yield Usage(7, 2)


async def test_what_the_person_types_is_spoken_and_how_long_they_thought_is_kept():
    wizard = Wizard()
    once(wizard, lambda: wizard.say("It is three."))
    async with talk_with(wizard) as w:
        assert await answer_to(w, "how many") == "It is three."
        assert wizard.waiting is None
    [kept] = remarks(w)
    [act] = kept["acts"]
    assert (act["how"], act["text"]) == ("typed", "It is three.")
    waited = w.metrics_df.loc[w.metrics_df["kind"] == "response", "first_word_ms"].iloc[0]
    assert 0 <= act["thought_ms"] <= waited + 50


async def test_suggestions_of_another_agent_are_picked_and_what_it_used_is_counted():
    wizard = Wizard(suggestions=counting, replies=["Say that again."])
    once(
        wizard,
        lambda: wizard.pick(2),
        lambda waits: len(waits.suggestions) == 2 and "4." in waits.suggestions[1],
    )
    async with talk_with(wizard) as w:
        assert await answer_to(w, "how many") == "It is 4."
        once(wizard, lambda: wizard.pick(3), lambda waits: len(waits.suggestions) == 2)
        assert await answer_to(w, "and now") == "Say that again."
    first, second = remarks(w)
    assert first["suggestions"] == ["It is 3.", "It is 4."]
    assert [(act["how"], act["number"]) for act in first["acts"] + second["acts"]] == [
        ("suggestion", 2),
        ("reply", 3),
    ]


async def test_the_person_sees_the_question_and_what_was_heard_before():
    wizard, seen = Wizard(), []
    wizard.on(lambda waits: seen.append(waits) if waits else None)
    once(wizard, lambda: wizard.say("Three."))
    async with talk_with(wizard) as w:
        await answer_to(w, "how many")
        once(wizard, lambda: wizard.say("Four."))
        await answer_to(w, "and now")
    assert seen[-1].text == "and now"
    assert [message.text for message in seen[-1].history] == ["how many", "Three."]
    assert seen[-1].asked_at > seen[0].asked_at


async def test_an_answer_may_be_said_in_several_sentences():
    wizard = Wizard(replies=["One moment."])

    def act() -> None:
        wizard.pick(1, more=True)
        wizard.say("It is three.", more=True)
        wizard.done()

    once(wizard, act)
    async with talk_with(wizard) as w:
        assert await answer_to(w, "how many") == "One moment. It is three."
    assert [act["how"] for act in remarks(w)[0]["acts"]] == ["reply", "typed"]


async def test_who_says_nothing_in_time_fails_the_answer_and_not_the_talk():
    wizard = Wizard(time_limit_s=0.1)
    async with talk_with(wizard) as w:
        with pytest.raises(AgentError) as caught:
            await answer_to(w, "how many")
        assert caught.value.code == "agent_late"
        assert "wizard" not in str(w.error).lower()  # the participant reads it
        assert wizard.waiting is None
        once(wizard, lambda: wizard.say("Three."))
        wizard._time_limit_s = 60.0
        assert await answer_to(w, "and now") == "Three."
    assert remarks(w)[0]["acts"] == []


async def test_what_suggestions_used_counts_also_if_nobody_picked_one():
    async with talk_with(Wizard(suggestions=counting, time_limit_s=0.5)) as w:
        with pytest.raises(AgentError):
            await answer_to(w, "how many")
        used = w.metrics_df.query("kind == 'response'")
    assert used[["input_tokens", "output_tokens"]].to_numpy().tolist() == [[7, 2]]


async def test_an_answer_that_was_begun_ends_by_itself():
    wizard = Wizard(time_limit_s=0.5)
    once(wizard, lambda: wizard.say("It is", more=True))
    async with talk_with(wizard) as w:
        assert await answer_to(w, "how many") == "It is"


async def test_while_the_person_thinks_there_are_signs_of_life(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(wizards, "SIGN_S", 0.01)
    wizard = Wizard()
    pieces: list[Piece] = []
    async for piece in wizard(Turn("how many")):
        pieces.append(piece)
        if len(pieces) == 3:
            wizard.say("Three.")
    assert pieces[:3] == [Thinking()] * 3
    assert "Three. " in pieces


async def test_what_is_interrupted_does_not_wait_any_more():
    wizard, ended = Wizard(suggestions=counting), threading.Event()
    wizard.on(lambda waits: ended.set() if waits is None else None)
    async with talk_with(wizard) as w:
        came = threading.Event()
        wizard.on(lambda waits: came.set() if waits else None)
        await w.send_text("how many")
        assert await asyncio.to_thread(came.wait, 20)
        await w.interrupt()
        assert await asyncio.to_thread(ended.wait, 20)
        assert wizard.waiting is None
        with pytest.raises(StateError) as caught:
            wizard.say("Too late.")
        assert caught.value.code == "nobody_asked"


async def test_suggestions_that_fail_are_told_and_the_person_answers():
    def broken(turn: Turn) -> str:
        raise KeyError("tip")

    wizard = Wizard(suggestions=broken)
    once(wizard, lambda: wizard.say("Three."), lambda waits: waits.failed)
    async with talk_with(wizard) as w:
        assert await answer_to(w, "how many") == "Three."
    assert "KeyError: 'tip'" in remarks(w)[0]["failed"]


async def test_a_listener_that_fails_or_has_gone_disturbs_nobody(caplog: pytest.LogCaptureFixture):
    wizard, seen = Wizard(), []
    gone = wizard.on(seen.append)
    gone()
    wizard.on(lambda waits: 1 / 0)
    once(wizard, lambda: wizard.say("Three."))
    async with talk_with(wizard) as w:
        assert await answer_to(w, "how many") == "Three."
    assert seen == []
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"replies": [3]},
        {"replies": [" "]},
        {"replies": 5},
        {"replies": None},
        {"reply": ["Yes."]},
        {"time_limit_s": 0},
        {"time_limit_s": True},
        {"time_limit_s": float("nan")},
        {"time_limit_s": float("inf")},
        {"time_limit_s": 10**400},
        {"suggestions": 3},
    ],
)
def test_what_cannot_be_is_refused(wrong: dict[str, Any]):
    with pytest.raises(SettingError):
        Wizard(**wrong)


async def test_a_choice_that_is_none_is_refused_and_the_question_waits_on():
    wizard = Wizard(replies=["Yes."])
    answering = wizard(Turn("how many"))
    came = asyncio.Event()
    wizard.on(lambda waits: came.set())
    step = asyncio.ensure_future(anext(answering))
    await came.wait()
    for number in (0, 2, True):
        with pytest.raises(SettingError, match="no choice"):
            wizard.pick(number)
    with pytest.raises(SettingError, match="no word"):
        wizard.say(" ")
    with pytest.raises(StateError, match="begun"):
        wizard.done()
    assert wizard.waiting is not None
    assert wizard.pick(1) == "Yes."
    assert await step == "Yes. "
    await answering.aclose()  # type: ignore[attr-defined]
