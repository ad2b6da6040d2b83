"""A worse line: what is done to each sample, the same however it is read."""

from __future__ import annotations

import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis.what_if.given import talk_of
from voice_widget.analysis.what_if.impairing import PACKET, Impaired, Impairment, Mono, clean_level
from voice_widget.errors import SettingError
from voice_widget.realtime.settings.detection import ServerVad
from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording.talk import Talk, read_talk

ALL = {"noise_db": 10, "gain_db": -6, "clip": 0.05, "loss": 0.2, "delay_ms": 130, "second_voice_db": 12}


def side(talk: Talk, column: int = 0) -> np.ndarray:
    return talk.sound.read(0, talk.sound.samples)[:, column]


def rms(pcm: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(pcm.astype(np.float64)))))


@pytest.fixture(scope="module")
def talk(tmp_path_factory) -> Talk:
    return talk_of(tmp_path_factory.mktemp("talk") / "t", (500, 1500), (2500, 3000))


@pytest.fixture(scope="module")
def worse(talk) -> Talk:
    return talk.impaired(**ALL, second_voice=Talk.example(), seed=4)


# --- each impairment, by values ---


def test_noise_lies_so_far_below_the_voice(talk):
    for ratio_db in (0, 10, 30):
        added = side(talk.impaired(noise_db=ratio_db)).astype(float) - side(talk)
        assert 20 * np.log10(clean_level(talk.sound, 0) / rms(added)) == pytest.approx(ratio_db, abs=0.1)


@pytest.mark.parametrize(
    "first",
    [{"gain_db": -20}, {"gain_db": 3, "delay_ms": 250}, {"clip": 0.02}, {"noise_db": 5, "gain_db": -20}],
)
def test_noise_and_a_second_voice_lie_below_the_voice_as_it_is_heard_by_now(talk, first):
    before = talk.impaired(**first, seed=2)
    voice = talk.impaired(**{name: value for name, value in first.items() if name != "noise_db"})
    late = RATE * first.get("delay_ms", 0) // 1000
    level = rms(
        side(voice)[late + RATE * 6 // 10 : late + RATE * 14 // 10]
    )  # the tone goes from 500 to 1500 ms
    noise = side(before.impaired(noise_db=20)).astype(float) - side(before)
    assert 20 * np.log10(level / rms(noise)) == pytest.approx(20, abs=0.2)
    second = np.where(np.arange(12_000) % 80 < 40, 900, -900).astype(np.int16)
    other = before.impaired(second_voice=second, second_voice_db=10)
    assert 20 * np.log10(level / rms(side(other).astype(float) - side(before))) == pytest.approx(10, abs=0.2)


def test_gain_clipping_and_delay(talk):
    own = side(talk).astype(float)
    assert np.abs(side(talk.impaired(gain_db=-6)) - own * 10 ** (-6 / 20)).max() <= 0.5
    assert np.array_equal(side(talk.impaired(clip=0.01)), np.clip(own, -328, 328))
    assert np.array_equal(side(talk.impaired(gain_db=60)), np.clip(own * 1000, -32768, 32767))
    later = talk.impaired(delay_ms=250)
    assert later.samples == later.sound.samples == talk.samples + RATE // 4
    assert np.array_equal(side(later), np.append(np.zeros(RATE // 4), own))


def test_lost_packets_are_silent_and_as_many_as_was_said(talk):
    loud = talk.impaired(noise_db=0)
    lost = side(loud.impaired(loss=0.3)).reshape(-1, PACKET)
    whole = side(loud).reshape(-1, PACKET)
    gone = ~lost.any(axis=1)
    assert 0.2 < gone.mean() < 0.4
    assert np.array_equal(lost[~gone], whole[~gone])
    assert not side(talk.impaired(loss=1.0)).any()


def test_a_second_voice_lies_so_far_below_the_first_and_goes_on(talk):
    second = np.where(np.arange(12_000) % 80 < 40, 900, -900).astype(np.int16)
    added = side(talk.impaired(second_voice=second, second_voice_db=10)).astype(float) - side(talk)
    assert rms(added) == pytest.approx(clean_level(talk.sound, 0) * 10 ** (-10 / 20), rel=0.01)
    assert np.abs(added[:12_000] - added[12_000:24_000]).max() <= 1
    floats = talk.impaired(second_voice=second / 32767, second_voice_db=10)
    assert np.abs(side(floats).astype(int) - side(talk) - added).max() <= 1
    assert rms(side(talk.impaired(second_voice=Talk.example())) - side(talk).astype(float)) > 100


def test_only_the_side_that_was_named_is_another(worse, talk):
    assert np.array_equal(side(worse, 1)[: talk.samples], side(talk, 1))
    spoken = Talk.example()
    answers = spoken.impaired(gain_db=-20, side="assistant")
    assert np.array_equal(side(answers), side(spoken))
    assert rms(side(answers, 1)) == pytest.approx(rms(side(spoken, 1)) / 10, rel=0.01)


# --- chance, blocks, and what is kept ---


def test_the_same_seed_gives_the_same_samples_and_another_one_others(talk, worse):
    again = talk.impaired(**ALL, second_voice=Talk.example(), seed=4)
    assert np.array_equal(side(worse), side(again))
    assert not np.array_equal(side(worse), side(talk.impaired(**ALL, second_voice=Talk.example(), seed=5)))
    assert not np.array_equal(side(talk.impaired(loss=0.5)), side(talk.impaired(loss=0.5, seed=1)))


def test_each_side_and_each_time_has_chance_of_its_own():
    spoken = Talk.example()
    once = spoken.impaired(noise_db=20, seed=5)
    both = once.impaired(noise_db=20, side="assistant", seed=5)
    user, other = (side(both, column).astype(float) - side(spoken, column) for column in (0, 1))
    assert abs(np.corrcoef(user, other)[0, 1]) < 0.02
    twice = once.impaired(noise_db=20, seed=5)
    added = rms(side(twice).astype(float) - side(spoken))
    assert 20 * np.log10(added / rms(user)) == pytest.approx(3, abs=0.1)
    assert np.array_equal(side(twice), side(once.impaired(noise_db=20, seed=5)))


def test_loss_twice_loses_more(talk, tmp_path):
    once = talk.impaired(noise_db=0).impaired(loss=0.3)
    gone = ~side(once.impaired(loss=0.3)).reshape(-1, PACKET).any(axis=1)
    assert 0.4 < gone.mean() < 0.62
    saved = read_talk(once.save(tmp_path / "once"))  # how often it was impaired is known there, too
    assert np.array_equal(side(saved.impaired(loss=0.3)), side(once.impaired(loss=0.3)))


@given(cuts=st.lists(st.integers(0, 4 * RATE + 3000), min_size=1, max_size=12).map(sorted))
@settings(max_examples=40, deadline=None)
def test_it_is_the_same_however_it_is_read(worse, cuts):
    whole = side(worse)
    for start, stop in pairwise(cuts):
        assert np.array_equal(worse.sound.read(start, stop)[:, 0][: len(whole) - start], whole[start:stop])


def test_rows_and_events_stay_and_the_manifest_says_what_was_done(talk, worse):
    assert worse.rows == talk.rows
    assert worse.lines == talk.lines
    assert worse.folder is None
    (told,) = worse.manifest["impaired"]
    assert told == {"side": "user", **{name: float(value) for name, value in ALL.items()}, "seed": 4}
    assert "impaired" not in talk.manifest
    twice = worse.impaired(gain_db=3)
    assert [set(step) & {"gain_db", "loss"} for step in twice.manifest["impaired"]] == [
        {"gain_db", "loss"},
        {"gain_db"},
    ]
    loud, soft = talk.transcript_df["level_db"][0], talk.impaired(gain_db=-20).transcript_df["level_db"][0]
    assert loud - soft == pytest.approx(20, abs=0.2)


def test_it_can_be_saved_and_read(worse, tmp_path):
    read = read_talk(worse.save(tmp_path / "worse"))
    assert read.problems == ()
    assert np.array_equal(side(read), side(worse))
    assert read.manifest["impaired"] == worse.manifest["impaired"]
    pieces = [(piece.kind, piece.start, piece.end) for piece in read.pieces if piece.side == "user"]
    assert pieces[0] == ("gap", 0, 3120)
    assert pieces[-1][2] == read.samples
    assert len(read.transcript_df) == 2


# --- what it is for ---


def test_a_detector_is_held_against_when_the_user_spoke_and_not_against_the_noise(talk):
    plain = talk.what_if(ServerVad(), vad="level").table
    noisy = talk.impaired(noise_db=-10, delay_ms=300).what_if(ServerVad(), vad="level").table
    own = noisy.dropna(subset="seq")
    assert (own["start_ms"] - plain["start_ms"]).tolist() == [300, 300]
    assert (own["end_ms"] - plain["end_ms"]).tolist() == [300, 300]
    assert own["recorded_wait_ms"].tolist() == plain["recorded_wait_ms"].tolist()
    assert set(own["verdict"]) != {"same"}


def test_detectors_break_one_after_the_other_where_noise_grows():
    """As the docs tell: one takes noise for speech and waits for a silence that does not come."""
    spoken = Talk.example()
    waits = {}
    for noise_db in (30, 10, 0):
        found = (
            spoken.impaired(noise_db=noise_db, seed=1).what_if(ServerVad(), vad=["level", "webrtc"]).summary
        )
        waits[noise_db] = [wait > 3000 for wait in found["wait_p50_ms"]]
        assert found["n"].tolist() == [2, 2]
    assert waits == {30: [False, False], 10: [True, False], 0: [True, True]}


def test_a_recogniser_hears_each_turn_as_it_is_now(talk):
    heard = []

    def listens(pcm, rate):
        heard.append((len(pcm), rms(pcm)))
        return f" {rate} "

    table = talk.recognised(listens)
    assert table["recognised"].tolist() == ["16000", "16000"]
    assert table["seq"].tolist() == [1, 2]
    assert [round(count / 16) for count, _ in heard] == pytest.approx([1200, 700], abs=5)
    talk.impaired(gain_db=-20).recognised(listens)
    assert heard[2][1] == pytest.approx(heard[0][1] / 10, rel=0.02)


def test_a_recogniser_that_fails_costs_a_turn(talk):
    def fails(pcm, rate):
        if len(pcm) > 16_000:
            sys.exit("too long")
        return 7

    table = talk.recognised(fails)  # type: ignore[arg-type]
    assert table["recognised"].isna().all()
    assert table["problem"].tolist() == [
        "It has raised SystemExit('too long').",
        "It gave 7, not a text.",
    ]
    with pytest.raises(SettingError, match="`stt` is"):
        talk.recognised(5)  # type: ignore[arg-type]


def test_the_words_are_lost_in_noise():
    from voice_widget.analysis.word_errors import word_error_rate

    spoken = Talk.example()

    def rate(talk):
        found = talk.recognised("pocketsphinx")
        return word_error_rate(found["text"].tolist(), found["recognised"].fillna("").tolist()).rate

    assert rate(spoken.impaired(noise_db=-15)) > rate(spoken)


# --- what cannot be done ---


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "Nothing is to be done"),
        ({"second_voice_db": 3}, "Nothing is to be done"),
        ({"noise_db": "5"}, "noise_db is a number from -60 to 100"),
        ({"noise_db": float("nan")}, "noise_db"),
        ({"gain_db": True}, "gain_db"),
        ({"clip": 0}, "clip is a number above 0 and up to 1, not 0"),
        ({"clip": 2}, "clip"),
        ({"loss": 1.1}, "loss is a number from 0 to 1"),
        ({"delay_ms": -5}, "delay_ms is a number from 0"),
        ({"loss": 0.1, "seed": -1}, "`seed`"),
        ({"loss": 0.1, "side": "both"}, "There is no side 'both'"),
        ({"second_voice": 5}, "second voice is a talk or an array"),
        ({"second_voice": np.zeros((5, 2), np.int16)}, r"the shape \(5, 2\)"),
        ({"second_voice": np.zeros(5000, np.int16)}, "second voice is silent"),
        ({"side": "assistant", "noise_db": 3}, "The assistant's channel is silent"),
    ],
)
def test_what_cannot_be_is_refused(talk, given, says):
    with pytest.raises(SettingError, match=says):
        talk.impaired(**given)


def test_silence_has_no_level():
    assert clean_level(Mono(np.zeros(RATE, np.int16)), 0) == 0.0
    assert Impaired(Mono(np.zeros(5, np.int16)), 0, Impairment(delay=3)).read(7, 7).shape == (0, 2)
