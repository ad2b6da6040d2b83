"""A real language model behind `Chat`: llama.cpp's server, with a model so small that it talks nonsense."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

import pytest

from tests import packages
from tests.agents import llama as llamas
from tests.e2e.measured import Measured
from tests.engine.stages.voices.test_recognised import words, wrong
from tests.talking import Stage
from voice_widget import Chat, Local
from voice_widget.agents import Piece, Show, ToolCall, Turn
from voice_widget.agents.assistant.arguments import NAME
from voice_widget.agents.assistant.notebook import NotebookAssistant
from voice_widget.agents.assistant.planning import states_a_number
from voice_widget.commands.hello import speech
from voice_widget.data import load
from voice_widget.errors import AgentError, SettingError
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.threads.loop import submit

pytestmark = [pytest.mark.real, pytest.mark.timeout(1500)]

WHERE = "llama.cpp with Gemma 3 270M"
PATIENCE = 300.0
QUESTION = "Tell me something about the sea."
PLANNED = (
    "how chunky is each kind of bird usually",
    "who is the fattest creature of them all",
    "is there a bird of five tons",
)


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Iterator[llamas.Llama]:
    packages.needed("xllamacpp")
    with llamas.served(packages.gemma(), tmp_path_factory.mktemp("llama") / "log") as server:
        yield server


@pytest.fixture(scope="module")
def service() -> Iterator[Local]:
    service = Local(stt="whisper", tts="flite")
    yield service
    submit(service.close()).result(PATIENCE)


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VOICE_WIDGET_CHAT_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def chat(llama: llamas.Llama, **options: Any) -> Chat:
    return Chat(llama.url, "gemma", options=options, timeout=PATIENCE)


def talk(service: Local, agent: Chat) -> Stage:
    turns = {"type": "server_vad", "silence_duration_ms": 400}
    stage = Stage(
        service,
        SessionConfig(turn_detection=turns),
        agent=agent,
        closes_service=False,
    )
    stage.talk.connect().result(PATIENCE)
    return stage


def deltas(stage: Stage) -> list[str]:
    return [event["delta"] for event in stage.client_events("voice_widget.reply.delta")]


def quiet(llama: llamas.Llama) -> bool:
    """Whether it has stopped writing, within the time in which it could write on and on."""
    end = time.monotonic() + 30
    while llama.generating() and time.monotonic() < end:
        time.sleep(0.05)
    return not llama.generating()


def test_a_spoken_talk_with_it_makes_rows_and_is_spoken(
    llama: llamas.Llama, service: Local, measured: Measured
) -> None:
    stage = talk(service, chat(llama, max_tokens=24, temperature=0))
    try:
        sound = submit(speech(service, QUESTION)).result(PATIENCE)
        for turn in (1, 2):
            stage.talk.play(sound, 24_000, "max").result(PATIENCE)
            stage.finished(2 * turn, PATIENCE)
        rows, written = stage.rows(), deltas(stage)
        assert [row["role"] for row in rows] == ["user", "assistant"] * 2, rows
        assert stage.problems == []
    finally:
        stage.close()
    for row in rows[::2]:
        heard = wrong(words(QUESTION), words(row["text"])) == 0
        measured.outcome("the question was recognised without a wrong word", WHERE, heard)
    assert len(written) >= 8  # it came as it was written
    told, shown = "".join(written), "".join(row["text"] for row in rows[1::2])
    assert told.strip()
    assert "".join(told.split()) == "".join(shown.split())
    for row in rows[1::2]:
        spoken = row["end_ms"] - row["start_ms"] > 200 and row["text_heard"] == row["text"]
        measured.outcome("the answer was streamed, is in its row and was spoken", WHERE, spoken)
        assert spoken, row
        assert (row["status"], row["interrupted"]) == ("completed", False)


def test_an_interruption_stops_the_model(llama: llamas.Llama, service: Local, measured: Measured) -> None:
    stage = talk(service, chat(llama, temperature=0, ignore_eos=True))
    try:
        stage.talk.send_text(QUESTION).result(PATIENCE)
        stage.wait(lambda: len(deltas(stage)) > 3, PATIENCE)
        assert llama.generating()
        stage.talk.interrupt().result(PATIENCE)
        row = stage.finished(2, PATIENCE)[-1]
        stopped = quiet(llama)
        measured.outcome("an interruption stopped the model", WHERE, stopped)
        assert stopped
        assert row["role"] == "assistant"
        assert row["interrupted"]
    finally:
        stage.close()


async def test_who_stops_listening_hangs_up(llama: llamas.Llama) -> None:
    async with aclosing(chat(llama, ignore_eos=True)(Turn(QUESTION))) as pieces:  # type: ignore[type-var]
        async for _ in pieces:
            assert llama.generating()
            break
    assert quiet(llama)


async def refused(agent: Chat, turn: Turn) -> AgentError:
    with pytest.raises(AgentError) as caught:
        [piece async for piece in agent(turn)]
    assert caught.value.next_step
    return caught.value


async def test_what_it_refuses_has_a_name(llama: llamas.Llama, measured: Measured) -> None:
    too_long = await refused(chat(llama), Turn("word " * 2 * llamas.CONTEXT))
    wrong_field = await refused(chat(llama, response_format={"type": "sonnet"}), Turn(QUESTION))
    astray = await refused(Chat(f"{llama.url}/v1", "gemma", timeout=PATIENCE), Turn(QUESTION))
    codes = [error.code for error in (too_long, wrong_field, astray)]
    for code, expected in zip(codes, ["chat_refused", "chat_refused", "chat_model_not_found"], strict=True):
        measured.outcome("what it refuses is a named error", WHERE, code == expected)
    assert codes == ["chat_refused", "chat_refused", "chat_model_not_found"]
    assert "context size" in too_long.message


class Overheard:
    """A chat whose plans and words are kept."""

    def __init__(self, chat: Chat) -> None:
        self.chat = chat
        self.pieces: list[Piece] = []

    async def __call__(self, turn: Turn) -> AsyncIterator[Piece]:
        async for piece in self.chat(turn):
            self.pieces.append(piece)
            yield piece


def computed(plan: ToolCall) -> list[Piece] | None:
    """What the operations alone make of a plan; None: it does not fit the table."""
    try:
        return NotebookAssistant(TABLE).run(plan.name, plan.arguments)
    except SettingError:
        return None


TABLE = load()[["species", "body_mass_g"]]


@pytest.mark.parametrize("plans", [False, True], ids=["free", "has to plan"])
async def test_whatever_it_plans_no_number_is_said_that_was_not_computed(
    llama: llamas.Llama, measured: Measured, plans: bool
) -> None:
    made = 0
    for seed, question in enumerate(PLANNED):
        begun = {"chat_template_kwargs": {"plans": True}, "tool_choice": "required"} if plans else {}
        model = Overheard(chat(llama, max_tokens=300 if plans else 100, seed=seed, **begun))
        assistant: Any = NotebookAssistant(TABLE, model=model)  # type: ignore[arg-type]
        answer: list[Piece] = []
        failed = ""
        try:
            answer += [piece async for piece in assistant(Turn(question))]
        except AgentError as error:
            failed = error.code
        assert failed in ("", "chat_bad_arguments")  # a call that never ends is no JSON
        calls = [piece for piece in model.pieces if isinstance(piece, ToolCall) and piece.name == NAME]
        made += len(calls)
        results = computed(calls[0]) if calls else None
        said = [piece for piece in answer if isinstance(piece, str)]
        if results is None:
            true = not any(map(states_a_number, said)) and not any(isinstance(p, Show) for p in answer)
        else:
            without = NotebookAssistant(TABLE).answer(question)  # where the plan leaves a word out
            true = said in ([p for p in pieces if isinstance(p, str)] for pieces in (results, without))
        kind = "has to plan" if plans else "may talk"
        measured.outcome("no number was said that was not computed", f"{WHERE}, which {kind}", true)
        assert true, (model.pieces, answer)
    assert made or not plans
