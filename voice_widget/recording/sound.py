"""The sound of a recording: read where it is asked for, and put into the form that stays.

Never whole in memory: it is read and written a few seconds at a time.
"""

from __future__ import annotations

import wave
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from voice_widget.errors import RecordingError, SettingError, shown
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.state.records import SIDES
from voice_widget.recording.folder import PCM, PRIVATE, SHARED, in_place_of

Form = Literal["flac", "wav", "opus"]
Stereo = NDArray[np.int16]  # two columns: the user, the assistant
FILES: dict[Form, str] = {"flac": "audio.flac", "wav": "audio.wav", "opus": "audio.opus"}
BLOCK = 10 * RATE
_LONGEST_WAV = (1 << 32) - 4096
_HEADER = 44
_RUN_UP = RATE // 2  # Opus needs sound before that which is wanted, and seeking is not exact


class Sound(Protocol):
    """Both sides' samples."""

    samples: int

    def read(self, start: int, stop: int) -> Stereo:
        """The samples from ``start`` to before ``stop``; silence where there are none."""
        ...


class PcmSound:
    """What lies there while a recording runs, and after its process was killed.

    Args:
        folder: The recording's.
        samples: How long the timeline is.
    """

    def __init__(self, folder: Path, samples: int) -> None:
        self.samples, self._folder = samples, folder

    @property
    def there(self) -> int:
        """So many samples both files have; behind the end of a file there was only silence."""
        return max(_size(self._folder / name) // 2 for name in PCM.values())

    def read(self, start: int, stop: int) -> Stereo:
        """The samples from ``start`` to before ``stop``."""
        result = np.zeros((max(0, stop - start), 2), np.int16)
        for column, side in enumerate(SIDES):
            path = self._folder / PCM[side]
            if not path.is_file():
                raise RecordingError(
                    f"The sound in {self._folder} has another form by now, or is gone.",
                    code="sound_missing",
                    next_step="Read the talk again.",
                )
            if (count := min(stop, _size(path) // 2) - start) > 0:
                result[:count, column] = np.fromfile(path, "<i2", count, offset=2 * start)
        return result


class WavSound:
    """A stereo WAV file of 16 bit.

    Args:
        path: The file.

    Raises:
        RecordingError: It is none (``sound_unreadable``).
    """

    def __init__(self, path: Path) -> None:
        try:
            with wave.open(str(path)) as file:
                form = (file.getnchannels(), file.getsampwidth(), file.getframerate())
                told = file.getnframes()
        except (OSError, EOFError, wave.Error) as error:
            raise unreadable(path, error) from None
        if form != (2, 2, RATE):
            raise unreadable(path, f"it has {form[0]} channels of {8 * form[1]} bit at {form[2]} Hz")
        self._path = path
        self.samples = min(told, max(0, _size(path) - _HEADER) // 4)

    def read(self, start: int, stop: int) -> Stereo:
        """The samples from ``start`` to before ``stop``."""
        result = np.zeros((max(0, stop - start), 2), np.int16)
        if (count := min(stop, self.samples) - start) > 0:
            try:
                with wave.open(str(self._path)) as file:
                    file.setpos(start)
                    found = np.frombuffer(file.readframes(count), "<i2")
            except (OSError, EOFError, wave.Error) as error:
                raise unreadable(self._path, error) from None
            result[: len(found) // 2] = found[: len(found) // 2 * 2].reshape(-1, 2)
        return result


class CodedSound:
    """FLAC or Opus, decoded where it is asked for.

    Args:
        path: The file.
        samples: How long it is, if that is known.
        broken: It is known not to be whole: where it ends there is silence.

    Attributes:
        channels: How many it has.

    Raises:
        RecordingError: It cannot be read (``sound_unreadable``).
    """

    def __init__(self, path: Path, samples: int | None = None, *, broken: bool = False) -> None:
        self._path, self._broken = path, broken
        with self._opened() as file:
            stream = file.streams.audio[0] if file.streams.audio else None
            if stream is None or not stream.duration:
                raise unreadable(path, "it is none")
            self.channels = stream.channels
            length = round(float(stream.duration * stream.time_base) * RATE)
        # Of Opus nobody can say it to the sample.
        self.samples = length if samples is None or abs(length - samples) > RATE // 10 else samples

    def read(self, start: int, stop: int) -> Stereo:
        """The samples from ``start`` to before ``stop``."""
        result = np.zeros((max(0, stop - start), 2), np.int16)
        for at, block in self._blocks(start, min(stop, self.samples)):
            first, last = max(at, start), min(at + len(block), stop)
            if first < last:
                result[first - start : last - start] = block[first - at : last - at]
        return result

    def _blocks(self, start: int, stop: int) -> Iterator[tuple[int, Stereo]]:
        import av

        if start >= stop:
            return
        with self._opened() as file:
            stream = file.streams.audio[0]
            self._seek(file, stream, start - _RUN_UP)
            thinner = av.AudioResampler("s16", "stereo", RATE)
            at: int | None = None
            try:
                for frame in file.decode(stream):
                    if at is None:
                        at = 0 if frame.pts is None else round(float(frame.pts * frame.time_base) * RATE)
                    for piece in thinner.resample(frame):
                        block = _pcm(piece)
                        yield at, block
                        at += len(block)
                    if at >= stop:
                        return
                for piece in thinner.resample(None):
                    yield at or 0, _pcm(piece)
            except av.error.FFmpegError as error:
                if not self._broken:
                    raise unreadable(self._path, error) from None

    @staticmethod
    def _seek(file: Any, stream: Any, start: int) -> None:
        """Go to before a sample: there are places near the end that a demuxer does not find."""
        import av

        for back in (0, BLOCK):
            if start - back <= 0:
                break
            try:
                file.seek(int((start - back) / RATE / stream.time_base), stream=stream)
                return
            except av.error.FFmpegError:
                continue
        file.seek(0)

    def _opened(self) -> Any:
        try:
            import av
        except ImportError as error:
            raise unreadable(self._path, error) from None
        try:
            return av.open(str(self._path))
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise unreadable(self._path, error) from None


class Stretch:
    """A stretch of sound.

    Args:
        sound: The whole.
        start: Its first sample.
        stop: The one behind its last.
    """

    def __init__(self, sound: Sound, start: int, stop: int) -> None:
        self.samples, self._sound, self._start = max(0, stop - start), sound, start

    def read(self, start: int, stop: int) -> Stereo:
        """The samples from ``start`` to before ``stop``, counted from its own first one."""
        return self._sound.read(self._start + start, self._start + stop)


def write(sound: Sound, folder: Path, form: Form | None = None, *, path: Path | None = None) -> Path:
    """Write sound into a folder, and give its file. It is whole there, or not at all.

    Args:
        sound: What is written.
        folder: Where to.
        form: FLAC if nothing is said, and WAV where PyAV is missing.
        path: The file, if it is to have another name: then it is an export.
    """
    form = checked(form)
    mode = PRIVATE if path is None else SHARED
    path = folder / FILES[form] if path is None else path
    with in_place_of(path, mode) as half:
        (_write_wav if form == "wav" else _write_coded)(sound, half, form)
    return path


def checked(form: object) -> Form:
    """The form in which sound is kept.

    Raises:
        SettingError: There is none of that name, or PyAV is missing for it.
    """
    if form is None:
        return "flac" if _coded() else "wav"
    if not isinstance(form, str) or form not in FILES:
        raise SettingError(f"Sound is kept as flac, wav or opus, not as {shown(form)}.")
    if form != "wav" and not _coded():
        raise SettingError(f"{form} needs PyAV.", next_step="Install PyAV, or keep it as WAV.")
    return form


def unreadable(path: Path, why: object) -> RecordingError:
    """That a file of sound is none."""
    return RecordingError(
        f"The sound in {path} cannot be read: {why}. The tables can.",
        code="sound_unreadable",
        next_step="Look whether the file is whole.",
    )


def blocks(sound: Sound, size: int = BLOCK, first: int = 0) -> Iterator[Stereo]:
    """All of it from a sample on, some seconds at a time."""
    for start in range(first, sound.samples, size):
        yield sound.read(start, min(start + size, sound.samples))


def _coded() -> bool:
    try:
        import av
    except ImportError:
        return False
    return bool(av)


def _write_wav(sound: Sound, path: Path, form: Form) -> None:
    if 4 * sound.samples > _LONGEST_WAV:
        raise RecordingError(
            "A WAV file holds twelve hours at most.", code="too_long", next_step="Keep it as FLAC."
        )
    with path.open("wb") as file:
        write_wav(blocks(sound), file)


def write_wav(samples: Iterable[Stereo], file: BinaryIO) -> None:
    """Write a stereo WAV file, block by block."""
    with wave.open(file, "wb") as there:
        there.setnchannels(2)
        there.setsampwidth(2)
        there.setframerate(RATE)
        for block in samples:
            there.writeframesraw(block.astype("<i2").tobytes())


def _write_coded(sound: Sound, path: Path, form: Form) -> None:
    import av

    container = {"flac": "flac", "opus": "ogg"}[form]
    with av.open(str(path), "w", format=container) as file:
        stream = file.add_stream("flac" if form == "flac" else "libopus", rate=RATE, layout="stereo")
        if form == "flac":
            stream.codec_context.format = av.AudioFormat("s16")
            stream.codec_context.options = {"compression_level": "5"}
        else:
            stream.codec_context.bit_rate = 64_000
        at = 0
        for block in blocks(sound, RATE):
            frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), format="s16", layout="stereo")
            frame.rate, frame.pts = RATE, at
            at += len(block)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))


def _pcm(frame: Any) -> Stereo:
    """The samples of a frame as they lie there: an hour has forty thousand frames."""
    return np.frombuffer(frame.planes[0], np.int16, 2 * frame.samples).reshape(-1, 2)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
