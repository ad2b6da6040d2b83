"""Every verb over every talk that lacks something: it says what, or gives the rest; no Python error comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.analysis.made import exchange
from tests.analysis.made import talk as made
from tests.analysis.synthetic import Script
from voice_widget import Scheme, Talk, VoiceWidgetError, compare, read_talk
from voice_widget.recording.labels import Label
from voice_widget.recording.sound import Stereo

_numbers = count()


class OneSide:
    """Sound of which one side is silent."""

    def __init__(self, sound: Any, column: int) -> None:
        self.samples, self._sound, self._column = sound.samples, sound, column

    def read(self, start: int, stop: int) -> Stereo:
        pcm: Stereo = self._sound.read(start, stop)
        pcm[:, self._column] = 0
        return pcm


def silent(column: int) -> Talk:
    whole = Talk.example()
    return Talk(replace(whole._record, sound=OneSide(whole.sound, column)))


def saved(folder: Path) -> Path:
    return Talk.example().save(folder / f"talk {next(_numbers)}", sound="wav")


def without_sound(folder: Path) -> Talk:
    path = saved(folder)
    (path / "audio.wav").unlink()
    return read_talk(path)


def lost_while_open(folder: Path) -> Talk:
    path = saved(folder)
    found = read_talk(path)
    (path / "audio.wav").unlink()
    return found


def half(folder: Path) -> Talk:
    path = saved(folder)
    data = (path / "audio.wav").read_bytes()
    (path / "audio.wav").write_bytes(data[: len(data) // 2])
    return read_talk(path)


def gaps(_: Path) -> Talk:
    script = Script()
    for side, at in (("user", 500.0), ("assistant", 3000.0), ("user", 6000.0)):
        script.turn(side, at)  # type: ignore[arg-type]
    script.lost("user", 600, 900)
    script.lost("assistant", 3200, 3400, "paused")
    script.lost("user", 6200, 7000, "redacted")
    return script.talk()


def labelled_outside(_: Path) -> Talk:
    found = Talk.example()
    found.label("x", seq=1, coder="AB", scheme=Scheme("x", "y"))
    more = (
        Label(2, "x", "AB", seq=99),
        Label(3, "x", "AB", side="user", start_ms=90_000, end_ms=95_000),
        Label(4, "z", "CD", seq=2),
        Label(5, "x", "CD", start_ms=-500, end_ms=100),
    )
    found._unsaved = replace(found._unsaved, given=(*found._unsaved.given, *more), last=5)
    return found


TALKS: Mapping[str, Callable[[Path], Talk]] = {
    "not recorded": lambda _: exchange(500, 600),
    "sound missing": without_sound,
    "sound lost while open": lost_while_open,
    "half of its sound": half,
    "user silent": lambda _: silent(0),
    "assistant silent": lambda _: silent(1),
    "gaps": gaps,
    "nothing": lambda _: made(),
    "no turns": lambda _: made(sound=True, length_ms=3000),
    "no sample": lambda _: made(sound=True, length_ms=0),
    "one turn": lambda _: made(("user", "hi", 0, 900), sound=True),
    "one answer": lambda _: made(("assistant", "hi", 0, 900), sound=True),
    "one without text": lambda _: made(("user", None, 100, 900), sound=True),
    "labels outside": labelled_outside,
}


def raises(pcm: Any, rate: int) -> Any:
    raise RuntimeError("no")


def whole_frame(found: Any) -> str:
    """What a result shows of itself, in a notebook and in a picture."""
    found.plot().canvas.draw()
    return repr(found) + found._repr_html_()


def coded(talk: Talk) -> Talk:
    """By two coders who agree."""
    if talk.scheme is None:
        talk.scheme = Scheme("x", "y")
    for coder in ("EF", "GH"):
        if talk.rows:
            talk.label("x", seq=talk.rows[0]["seq"], coder=coder)
        else:
            talk.label("x", start_ms=0, end_ms=100, coder=coder)
    return talk


def what_if(talk: Talk, folder: Path) -> Any:
    found = talk.what_if({"bad": raises, "ok": lambda pcm, rate: [(0, 100)] if len(pcm) else []})
    assert whole_frame(found)
    assert found.problems[-1].code == "detector_failed"
    assert "ok" in set(found.summary["detector"])
    return tuple(problem.code for problem in found.problems[:-1])


def sweep(talk: Talk, folder: Path) -> Any:
    found = talk.sweep({"silence_duration_ms": [200, 500], "vad": "level"})
    assert whole_frame(found)
    return tuple(problem.code for problem in found.problems)


def impaired(**does: Any) -> Callable[[Talk, Path], Any]:
    def verb(talk: Talk, folder: Path) -> Any:
        worse = talk.impaired(**does)
        worse.findings()
        worse.replay()
        read = read_talk(worse.save(folder / "impaired"))
        assert read.measures(by="turn")["seq"].tolist() == talk.measures(by="turn")["seq"].tolist()

    return verb


def recognised(talk: Talk, folder: Path) -> Any:
    found = talk.recognised(raises)
    assert found["recognised"].isna().all()
    assert found["problem"].notna().all()
    return len(found)


def there_and_back(write: str, name: str) -> Callable[[Talk, Path], Any]:
    def verb(talk: Talk, folder: Path) -> Any:
        coded(talk)
        getattr(talk, write)(folder / name)
        other = Talk(replace(talk._record, folder=None))
        other.labels_from(folder / name, extend=True)
        lost = [x for x in talk.labels() if x.problem in ("outside", "unknown_turn")]
        return len(talk.labels()) - len(lost) == len([x for x in other.labels() if x.problem is None])

    return verb


def compared(talk: Talk, folder: Path) -> Any:
    for found in (
        compare(talk, talk),
        compare([talk], [Talk.example(), talk]),
        compare(Talk.example(), talk),
    ):
        assert whole_frame(found)


def measures(talk: Talk, folder: Path) -> Any:
    assert len(talk.measures())
    return tuple(sorted(set(talk.measures(by="turn")["source"])))


_NO_SOUND = {
    "not recorded": "not_recorded",
    "sound missing": "sound_missing",
    "sound lost while open": "sound_unreadable",
    "nothing": "not_recorded",
}
_NO_TURN = {"nothing": "label_outside", "no sample": "label_outside"}
_PROBLEMS: Mapping[str, Any] = {
    "half of its sound": ("sound_shorter",),
    "user silent": ("channel_silent",),
    "no turns": ("channel_silent", "no_turns"),
    "no sample": ("channel_silent", "no_turns"),
    "one answer": ("channel_silent", "no_turns"),
}
_SILENT = dict.fromkeys(["user silent", "no turns", "no sample", "one answer"], "setting_error")
_EVERY = dict.fromkeys(TALKS)

VERBS: Mapping[str, tuple[Callable[[Talk, Path], Any], Mapping[str, Any]]] = {
    # What each gives, or the code of its refusal, where it is not the first one.
    "measures": (
        measures,
        dict.fromkeys(TALKS, ("sound",))
        | dict.fromkeys(["not recorded", "sound missing", "sound lost while open"], ("events",))
        | dict.fromkeys(["half of its sound", "user silent", "assistant silent"], ("events", "sound"))
        | dict.fromkeys(["nothing", "no turns", "no sample"], ()),
    ),
    "findings": (lambda talk, _: str(talk.findings()) > "", dict.fromkeys(TALKS, True)),
    "plot": (lambda talk, _: talk.plot().canvas.draw(), _EVERY),
    "replay": (
        lambda talk, _: len(talk.replay()._shown["turns"]) == len(talk.rows),
        dict.fromkeys(TALKS, True),
    ),
    "replay, embedded": (
        lambda talk, _: talk.replay(embed=True) and None,
        _EVERY | _NO_SOUND | {"no sample": "not_recorded"},
    ),
    "replay, labelled": (
        lambda talk, _: talk.replay(coder="A", scheme=Scheme("x", "y", "z")) and None,
        _EVERY,
    ),
    "what_if": (what_if, dict.fromkeys(TALKS, ()) | _PROBLEMS | _NO_SOUND),
    "what_if that raises": (
        lambda talk, _: talk.what_if(raises),
        dict.fromkeys(TALKS, "detector_failed") | _NO_SOUND,
    ),
    "sweep": (sweep, dict.fromkeys(TALKS, ()) | _PROBLEMS | _NO_SOUND),
    "recognised": (
        recognised,
        dict.fromkeys(TALKS, 2)
        | dict.fromkeys(["one turn", "one without text"], 1)
        | dict.fromkeys(["no turns", "no sample", "one answer"], 0)
        | _NO_SOUND,
    ),
    "noise": (impaired(noise_db=10), _EVERY | _SILENT | _NO_SOUND),
    "a second voice": (impaired(second_voice=Talk.example()), _EVERY | _SILENT | _NO_SOUND),
    "gain": (impaired(gain_db=-20), _EVERY | _NO_SOUND),
    "clipping": (impaired(clip=0.1), _EVERY | _NO_SOUND),
    "loss": (impaired(loss=0.2), _EVERY | _NO_SOUND),
    "delay": (impaired(delay_ms=200), _EVERY | _NO_SOUND),
    "as a second voice": (
        lambda talk, _: Talk.example().impaired(second_voice=talk) and None,
        _EVERY | _SILENT | _NO_SOUND,
    ),
    "label": (
        lambda talk, _: len(coded(talk).labels_df),
        dict.fromkeys(TALKS, 2) | _NO_TURN | {"labels outside": 7},
    ),
    "agreement of turns": (
        lambda talk, _: coded(talk).agreement(coders=["EF", "GH"]).percent >= 0,
        dict.fromkeys(TALKS, True) | _NO_TURN | {"no turns": False},  # nothing was judged, and it says why
    ),
    "agreement of stretches": (
        lambda talk, _: coded(talk).agreement(coders=["EF", "GH"], by="stretch").percent,
        dict.fromkeys(TALKS, 100) | _NO_TURN,
    ),
    "agreement of nobody": (
        lambda talk, _: talk.agreement(coders=["A"]),
        dict.fromkeys(TALKS, "unknown_coder"),
    ),
    "ELAN": (
        there_and_back("to_eaf", "x.eaf"),  # it links sound, and is told of another with media=
        dict.fromkeys(TALKS, True) | _NO_SOUND | _NO_TURN | {"not recorded": True},
    ),
    "Praat": (there_and_back("to_textgrid", "x.TextGrid"), dict.fromkeys(TALKS, True) | _NO_TURN),
    "compare": (compared, _EVERY),
}


@pytest.mark.parametrize("talk", TALKS)
@pytest.mark.parametrize("verb", VERBS)
def test_it_says_what_is_missing_or_gives_the_rest(verb: str, talk: str, tmp_path: Path):
    does, gives = VERBS[verb]
    assert outcome(does, TALKS[talk](tmp_path), tmp_path) == gives[talk]


def outcome(does: Callable[[Talk, Path], Any], talk: Talk, folder: Path) -> Any:
    try:
        return does(talk, folder)
    except VoiceWidgetError as error:
        return error.code if error.next_step else f"{error.code} without a next step"
