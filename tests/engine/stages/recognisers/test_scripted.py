import numpy as np

from voice_widget.engine.stages.contracts import Hints, Transcript
from voice_widget.engine.stages.recognisers.scripted import ScriptedStt

SCRIPT = """[
    {"hear": "how many rows", "say": "Two.", "partials": ["how", "how many"]},
    {"hear": "stop", "say": "Bye."}
]"""
PCM = np.zeros(160, np.int16)


def test_the_nth_utterance_is_the_nth_exchange_and_then_nothing():
    stt = ScriptedStt(SCRIPT)
    heard = []
    for _ in range(3):
        stt.start()
        heard.append(stt.finish())
    assert heard == [Transcript(t, final=True) for t in ("how many rows", "stop", "")]


def test_partials_come_in_order_one_per_piece():
    stt = ScriptedStt(SCRIPT)
    stt.prepare(Hints(("anything",)))
    stt.start()
    assert [stt.feed(PCM) for _ in range(3)] == [Transcript("how"), Transcript("how many"), None]


def test_a_cancelled_utterance_uses_nothing_up():
    stt = ScriptedStt(SCRIPT)
    stt.start()
    stt.feed(PCM)
    stt.cancel()
    stt.start()
    assert stt.feed(PCM) == Transcript("how")
    assert stt.finish().text == "how many rows"


def test_without_a_script_nothing_is_heard():
    stt = ScriptedStt()
    stt.start()
    assert stt.feed(PCM) is None
    assert stt.finish().text == ""
