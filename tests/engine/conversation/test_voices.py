"""Which voices may be asked for, and what speaks then."""

import pytest

from tests.engine.rig import engine
from voice_widget.engine.conversation.voices import ALIASES, check_voice, spoken_by
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
