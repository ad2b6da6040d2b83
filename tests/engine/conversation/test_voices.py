"""Which voices may be asked for, and what speaks then."""

import pytest

from tests.engine.rig import engine
from voice_widget.engine.conversation.actions import Configure, Speak
from voice_widget.engine.conversation.voices import ALIASES, check_voice, spoken_by
from voice_widget.engine.session_stages import SessionStages
from voice_widget.engine.stages.events import StageReport
from voice_widget.engine.stages.voices.espeak import EspeakTts
from voice_widget.errors import ProtocolError
from voice_widget.services.openai import VOICES


def test_openai_s_voices_are_taken_and_the_engine_has_a_voice_for_each():
    assert sorted(ALIASES) == sorted(VOICES)
    assert set(ALIASES.values()) <= set(EspeakTts.voices)
    for voice in VOICES:
        check_voice(voice, EspeakTts.voices, "session.audio.output.voice")
        assert spoken_by(voice, EspeakTts.voices) == ALIASES[voice]


def test_an_unknown_voice_is_refused_and_the_known_ones_are_named():
    with pytest.raises(ProtocolError) as caught:
        check_voice("nobody", ["anna", "bert"], "session.audio.output.voice")
    assert (caught.value.code, caught.value.param) == ("invalid_value", "session.audio.output.voice")
    assert "anna, bert" in str(caught.value)
    assert "alloy, ash" in str(caught.value)


@pytest.mark.parametrize(
    ("asked", "voices", "spoken"),
    [
        ("ash", ["anna", "bert"], "anna"),
        ("ash", ["anna", "ash"], "ash"),
        ("bert", ["anna", "bert"], "bert"),
        ("ash", [], "ash"),
        (None, ["anna"], None),
    ],
)
def test_what_speaks_for_a_voice(asked, voices, spoken):
    assert spoken_by(asked, voices) == spoken


@pytest.mark.parametrize(
    ("asked", "language", "spoken"),
    [
        ("ash", "en-GB", "en-us+m3"),
        ("ash", "de", None),  # English is not what that client wants
        ("fr", "de", "fr"),  # and this is what it named
        ("en-us", "de", "en-us"),
    ],
)
def test_a_voice_of_openai_s_speaks_the_session_s_language(asked, language, spoken):
    assert spoken_by(asked, EspeakTts.voices, language) == spoken
    assert spoken_by("ash", ["anna"], language) == "anna"


class Keeper:
    """Notes with which voice a text is to be spoken."""

    def __init__(self) -> None:
        self.client = self
        self.report = StageReport(EspeakTts.voices)
        self.asked: list[str | None] = []

    def configure(self, session_id, *, turn_detection, hints): ...

    def speak(self, session_id, speech_id, text, voice, speed):
        self.asked.append(voice)


def test_what_a_session_speaks_is_known_where_its_voice_is_chosen():
    keeper = Keeper()
    stages = SessionStages(
        "s", keeper, tell=lambda do: None, spoken=lambda *_: None, moment=lambda: (None, 0.0)
    )
    for language in ("en", "de"):
        stages.configure(Configure(turn_detection=None, phrases=(), keywords=(), language=language))
        stages.speak(Speak("speech", "response", "item", "eins", "ash", 1.0))
    assert keeper.asked == [ALIASES["ash"], None]


async def test_an_answer_in_a_voice_of_openai_s_is_spoken_and_shows_the_voice_as_asked():
    async with engine(say="by the script") as rig:
        socket = await rig.socket("model=any")
        session = {"type": "realtime", "audio": {"output": {"voice": "ash"}}}
        await socket.send({"type": "session.update", "session": session})
        updated = await socket.events.until("session.updated")
        assert updated["session"]["audio"]["output"]["voice"] == "ash"
        await socket.send({"type": "response.create"})
        done = (await socket.events.until("response.done"))["response"]
        await socket.send({"type": "response.create", "response": {"audio": {"output": {"voice": "marin"}}}})
        other = await socket.events.until("response.created", lambda e: e["response"]["id"] != done["id"])
    assert (done["status"], done["audio"]["output"]["voice"]) == ("completed", "ash")
    assert other["response"]["audio"]["output"]["voice"] == "marin"
    assert "response.output_audio.delta" in socket.events.types()
