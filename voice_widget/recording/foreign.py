"""A talk from a stereo file that others have recorded: each channel is a side, so who speaks is certain."""

from __future__ import annotations

import contextlib
import math
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple, get_args

import numpy as np

from voice_widget.errors import RecordingError, SettingError, shown
from voice_widget.realtime.settings.parts import Part
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.sound.resampling import Pcm, Resampler
from voice_widget.realtime.state.clock import iso
from voice_widget.realtime.state.records import SIDES, Side
from voice_widget.recording import saving
from voice_widget.recording.folder import PCM, goes_with, path_of, temporary
from voice_widget.recording.recogniser import RATE as HEARD_RATE
from voice_widget.recording.recogniser import Recognise, recogniser
from voice_widget.recording.record import Record
from voice_widget.recording.sound import PcmSound, Sound
from voice_widget.recording.timeline import Piece
from voice_widget.recording.transcripts import Cue, Transcript, read_transcript
from voice_widget.recording.voiced import Stretch, Voiced, joined, within
from voice_widget.tables.event_log import EventLog

Channel = Literal["left", "right", 0, 1]
CALL = "file"
"""The call of a talk that nobody called."""
_NUMBER: Mapping[Any, int] = {"left": 0, "right": 1, 0: 0, 1: 1}
_HOLE = RATE // 20  # less is how formats round their times
_NEAR = RATE // 10  # so near nobody can say how long a file should be
_AROUND = RATE // 10  # what a recogniser hears before and behind an utterance


class Said(NamedTuple):
    """What a side said from which sample to which; None: nobody knows what."""

    side: Side
    start: int
    end: int
    text: str | None


def read_audio(
    path: str | os.PathLike[str],
    *,
    user: Channel,
    transcript: Transcript | None,
    stt: str | Part | Recognise | None,
    language: str,
    pause_ms: int,
    began: datetime | None,
) -> Record:
    """The record of a stereo file; `Talk.from_audio` says what the arguments are."""
    if isinstance(user, bool) or user not in get_args(Channel):
        raise SettingError(
            f"The user is on no channel {shown(user)}.", next_step='Give user="left" or user="right".'
        )
    _check(transcript, stt, pause_ms, began)
    file = path_of(path, "A file of sound", "call.wav")
    cues = None if transcript is None else read_transcript(transcript)
    pause = int(pause_ms * RATE // 1000)
    sound, voiced, problems = _decoded(file, _NUMBER[user])
    names: dict[str, str] = {}
    if cues is not None:
        said, names = _by_transcript(cues, voiced, _NUMBER[user], pause)
        silent = [each for each in said if each.text is None]
    else:
        said = silent = [
            Said(side, start, end, None) for side in SIDES for start, end in joined(voiced[side], pause)
        ]
    if stt is not None and silent:
        heard = dict(zip(silent, _recognised(sound, silent, stt, language), strict=True))
        said = [each._replace(text=heard.get(each, each.text)) for each in said]
    # If nobody says when, its file was written when it ended, as far as anybody knows.
    at = file.stat().st_mtime - sound.samples / RATE if began is None else began.timestamp()
    log = _events(sorted(said, key=lambda each: (each.start, each.side == "assistant")), at)
    facts = {
        "created_at": iso(at),
        "ended_at": iso(at + sound.samples / RATE),
        "state": "ended",
        "service": "file",
        "settings": {"file": file.name, "user": ("left", "right")[_NUMBER[user]]},
        "pseudonyms": names or None,
        "samples": sound.samples,
        "calls": [{"call_id": CALL, "offset_ms": 0}],
    }
    pieces = [Piece(side, 0, sound.samples, "sound", None, CALL) for side in SIDES]
    return Record(None, saving.manifest(facts), log.lines, pieces, sound, problems=problems)


def _check(transcript: object, stt: object, pause_ms: object, began: object) -> None:
    """Refuse what cannot work before anything is read."""
    if isinstance(pause_ms, bool) or not isinstance(pause_ms, int | float) or not 0 <= pause_ms < math.inf:
        raise SettingError(f"`pause_ms` is in milliseconds, not {shown(pause_ms)}.", next_step="Give 500.")
    if began is not None and not (isinstance(began, datetime) and 2 <= began.year <= 9998):
        raise SettingError(
            f"`began` is when the talk began, not {shown(began)}.",
            next_step="Give a datetime of the years 2 to 9998.",
        )
    if not (stt is None or isinstance(stt, str | Part) or callable(stt)):
        raise SettingError(
            f"`stt` is a recogniser's name or a function, not {shown(stt)}.", next_step='Give stt="whisper".'
        )
    if not (transcript is None or isinstance(transcript, str | os.PathLike | Iterable)):
        raise SettingError(
            f"`transcript` is a file or a list of what was said, not {shown(transcript)}.",
            next_step="Give the path of a WebVTT, SRT or JSON file.",
        )


# --- its sound ---


def _decoded(path: Path, user: int) -> tuple[PcmSound, dict[Side, list[Stretch]], tuple[RecordingError, ...]]:
    """Its sound as a talk has it, in a folder that goes with it, when each side sounds, what is wrong."""
    folder = temporary()
    columns: dict[Side, int] = {"user": user, "assistant": 1 - user}
    ears = {side: Voiced() for side in SIDES}
    same, samples = True, 0
    try:
        with contextlib.ExitStack() as stack:
            files: dict[Side, BinaryIO] = {
                side: stack.enter_context((folder / PCM[side]).open("wb")) for side in SIDES
            }
            for block in _blocks(path):
                same = same and bool(np.array_equal(block[:, 0], block[:, 1]))
                samples += len(block)
                for side, column in columns.items():
                    pcm = np.ascontiguousarray(block[:, column])
                    files[side].write(pcm.astype("<i2").tobytes())
                    ears[side].push(pcm)
        if not samples:
            raise _refused(path, "has no sound in it", "no_audio", "Look whether it is whole.")
        if same:
            raise _refused(
                path, "has the same on both channels, so nobody can say who speaks", "not_stereo", _STEREO
            )
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    sound = PcmSound(folder, samples)
    goes_with(sound, folder)
    told = _told(path)
    problems = () if told - samples <= _NEAR else (_shorter(path, samples, told),)
    return sound, {side: ear.end() for side, ear in ears.items()}, problems


def _blocks(path: Path) -> Iterator[Any]:
    """Its samples at the rate of recordings, two columns, piece by piece."""
    import av

    try:
        with av.open(str(path)) as file:
            if not file.streams.audio:
                raise _refused(path, "has no sound in it", "no_audio", "Give a file of sound.")
            stream = file.streams.audio[0]
            if stream.channels != 2:
                count = "one channel" if stream.channels == 1 else f"{stream.channels} channels"
                raise _refused(path, f"has {count}, not two", "not_stereo", _STEREO)
            thinner = av.AudioResampler("s16", "stereo", RATE)
            samples, first = 0, None
            for frame in _frames(file, stream):
                if frame.time is not None:
                    at = round(frame.time * RATE)
                    first = at if first is None else first
                    # What the decoder had to pass over is silence: what follows stays at its time.
                    missing = at - first - samples
                    if missing > _HOLE:
                        samples += missing
                        for start in range(0, missing, RATE):
                            yield np.zeros((min(RATE, missing - start), 2), np.int16)
                for piece in thinner.resample(frame):
                    samples += piece.samples
                    yield piece.to_ndarray().reshape(-1, 2)
            for piece in thinner.resample(None):
                yield piece.to_ndarray().reshape(-1, 2)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise _refused(
            path, f"cannot be read: {why}", "sound_unreadable", "Look whether it is whole."
        ) from None


def _frames(file: Any, stream: Any) -> Iterator[Any]:
    """What can be decoded: where a file was cut its last frame is half there, which costs no other one."""
    import av

    some = False
    try:
        for frame in file.decode(stream):
            some = True
            yield frame
    except av.error.FFmpegError:
        if not some or file.format.name not in _TELL:
            raise


def _told(path: Path) -> int:
    """How many samples it says that it has; 0: it says nothing, or only guesses."""
    import av

    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] == b"RIFF" and head[8:] == b"WAVE":  # FFmpeg says what is there, not what was written
            rate = 0
            while len(chunk := file.read(8)) == 8:
                name, size = chunk[:4], int.from_bytes(chunk[4:], "little")
                if name == b"data":
                    return size * RATE // rate if rate and size < _UNSAID else 0
                body = file.read(min(size, 64))
                rate = int.from_bytes(body[8:12], "little") if name == b"fmt " else rate
                file.seek(size + size % 2 - len(body), os.SEEK_CUR)
            return 0
    with av.open(str(path)) as sound:
        stream = sound.streams.audio[0]
        if sound.format.name not in _TELL or stream.duration is None or stream.time_base is None:
            return 0
        return round(float(stream.duration * stream.time_base) * RATE)


def _shorter(path: Path, samples: int, told: int) -> RecordingError:
    return RecordingError(
        f"{path} is not whole: of the {told / RATE:.1f} s that it says it has, {samples / RATE:.1f} s are "
        "there.",
        code="sound_shorter",
        next_step="Look for another copy of it.",
    )


_UNSAID = 0xFFFF_F000  # who writes a WAV file into a pipe does not know how long it will be
_TELL = ("flac", "mov,mp4,m4a,3gp,3g2,mj2")  # others are taken to be as long as their bytes would be
_STEREO = "Give a stereo file with one side on each channel."


def _refused(path: Path, why: str, code: str, next_step: str) -> RecordingError:
    return RecordingError(f"{path} {why}.", code=code, next_step=next_step)


# --- who says what ---


def _by_transcript(
    cues: Sequence[Cue], voiced: Mapping[Side, list[Stretch]], user: int, pause: int
) -> tuple[list[Said], dict[str, str]]:
    """Each cue on its side and at its time, what no cue has, and the names of the sides.

    A name belongs to the side that sounds more while it is said to speak.
    """
    places = [(round(cue.start_ms * RATE / 1000), round(cue.end_ms * RATE / 1000)) for cue in cues]
    sounds = [{side: within(voiced[side], start, end) for side in SIDES} for start, end in places]
    if sum(any(each.values()) for each in sounds) * 2 < len(sounds):
        raise SettingError(
            "The transcript is not of this file: where it says that somebody speaks, mostly nobody does.",
            code="transcript_unfit",
            next_step="Look whether its times are those of the file, in seconds.",
        )
    balance: dict[str | None, int] = {}
    for cue, each in zip(cues, sounds, strict=True):
        balance[cue.speaker] = balance.get(cue.speaker, 0) + _balance(each)
    said: list[Said] = []
    for cue, (start, end), each in zip(cues, places, sounds, strict=True):
        if cue.channel is not None:
            side: Side = "user" if cue.channel == user else "assistant"
        elif cue.speaker in SIDES:
            side = cue.speaker
        else:
            more = _balance(each) if cue.speaker is None else balance[cue.speaker]
            side = "user" if more >= 0 else "assistant"
        # Cues begin early and end late: what is quiet at their ends is none of them.
        own = each[side]
        said.append(Said(side, own[0][0] if own else start, own[-1][1] if own else end, cue.text))
    for side in SIDES:
        told = [(each.start, each.end) for each in said if each.side == side]
        said += [Said(side, start, end, None) for start, end in voiced[side] if not within(told, start, end)]
    names: dict[str, str] = {}
    for side in SIDES:
        own_names = {
            cue.speaker for cue, each in zip(cues, said, strict=False) if each.side == side and cue.speaker
        }
        if len(own_names) == 1 and own_names.isdisjoint(SIDES):
            names[side] = own_names.pop()
    return said, names


def _balance(sounds: Mapping[Side, list[Stretch]]) -> int:
    """By how many samples more the user sounds than the assistant."""
    user, assistant = (sum(end - start for start, end in sounds[side]) for side in SIDES)
    return user - assistant


def _recognised(
    sound: Sound, said: Sequence[Said], stt: str | Part | Recognise, language: str
) -> list[str | None]:
    def text(given: object) -> str | None:
        if not (given is None or isinstance(given, str)):
            raise SettingError(
                f"`stt` gave {shown(given)}, not a text.", next_step="Give a function that returns the text."
            )
        return (given or "").strip() or None

    def texts(recognise: Recognise) -> list[str | None]:
        return [text(recognise(_heard(sound, each), HEARD_RATE)) for each in said]

    if not isinstance(stt, str | Part):
        return texts(stt)
    with recogniser(stt if isinstance(stt, Part) else Part.parse(stt), language) as recognise:
        return texts(recognise)


def _heard(sound: Sound, said: Said) -> Pcm:
    """An utterance as recognisers take it, with a little before and behind it."""
    start, end = max(0, said.start - _AROUND), min(sound.samples, said.end + _AROUND)
    pcm = np.ascontiguousarray(sound.read(start, end)[:, SIDES.index(said.side)])
    resample = Resampler(RATE, HEARD_RATE)
    return np.concatenate([resample(pcm), resample.flush()])


def _events(said: Sequence[Said], began: float) -> EventLog:
    """The events of such a talk: each turn is told whole."""
    log = EventLog(most=len(said) + 3, most_bytes=1 << 40)

    def add(kind: str, at: float, **fields: Any) -> None:
        log.add({"type": f"voice_widget.call.{kind}", **fields}, "local", at, CALL)

    add("connecting", began, transport="memory")
    add("joined", began, call_id=CALL)
    asked: int | None = None
    for number, each in enumerate(said, 1):
        start, end = (round(sample * 1000 / RATE) for sample in (each.start, each.end))
        told: dict[str, Any] = {"item_id": f"turn_{number}", "role": each.side, "text": each.text or ""}
        told |= {"start_ms": start, "end_ms": end}
        if each.side == "user":
            asked = end
        elif asked is not None:
            told["response_gap_ms"] = max(0, start - asked)
            asked = None
        add("told", began + start / 1000, **told)
    add("closed", began + max((each.end for each in said), default=0) / RATE)
    return log
