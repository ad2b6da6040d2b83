"""The files of Kokoro: a model for ONNX Runtime in one of its exports, and an archive of voices."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from voice_widget.errors import EngineError, SettingError, reason

_DURATIONS = b"/encoder/Clip_output_0"  # how many frames each sound lasts: inside most exports
# Models take one speed, as their input `speed` of shape [1] says, and divide by it how long each sound lasts.
# Where the shape is left open they take one for each sound.
_ONE_SPEED = b"\n\x05speed\x12\n\n\x08\x08\x01\x12\x04\n\x02\x08\x01"
_ANY_SPEEDS = _ONE_SPEED[:-2] + b"\x12\x00"
# So much quicker it is done with the stop at the end: some 200 ms of silence, which is cut off anyway. The
# silence that it begins with stays as long as it is, for without it the first sounds are lost.
_HURRY = 4
_ENGLISH = ("a", "b")  # American and British voices, as they are called everywhere
_FAVOURITE = "af_heart"
_GIVE = "Give the files of kokoro-onnx, kokoro-v1.0.onnx and voices-v1.0.bin, or leave them out."

Floats = NDArray[np.float32]


class Network:
    """The model: sounds in, audio out.

    Args:
        session: Of ONNX Runtime.
        timed: Its last output says how many frames each sound lasts.
        name: What it is called.

    Raises:
        SettingError: It takes something else than Kokoro's models do.
    """

    def __init__(self, session: Any, *, timed: bool, name: str) -> None:
        self._session, self._timed = session, timed
        inputs = {one.name: one for one in session.get_inputs()}
        takes = {name: str(one.type) for name, one in inputs.items()}
        self._sounds = next((one for one in ("tokens", "input_ids") if one in takes), "")
        if set(takes) != {self._sounds, "style", "speed"}:
            raise SettingError(
                f"{name} is no model of Kokoro's: it takes {', '.join(sorted(takes))}.", next_step=_GIVE
            )
        self._whole = "int" in takes["speed"]  # some exports speak at whole speeds only
        self._each = inputs["speed"].shape != [1]

    def __call__(self, ids: list[int], style: Floats, speed: float) -> tuple[Floats, Floats | None]:
        """The audio, and how many frames each sound lasts, if told; the first and the last are silence.

        Args:
            ids: The sounds; the last one is a stop.
            style: The voice.
            speed: 1 is its own.
        """
        pace = max(1, round(speed)) if self._whole else speed
        rate: NDArray[Any] = np.full(
            len(ids) + 2 if self._each else 1, pace, np.int32 if self._whole else np.float32
        )
        if self._each:
            rate[-2:] *= _HURRY
        found = self._session.run(
            None,
            {
                self._sounds: np.array([[0, *ids, 0]], np.int64),
                "style": style[min(len(ids), len(style)) - 1].reshape(1, -1).astype(np.float32),
                "speed": rate,
            },
        )
        return np.reshape(found[0], -1), np.reshape(found[-1], -1) if self._timed else None


def load(file: Path, threads: int) -> Network:
    """A model, made to tell how long each sound lasts where it can.

    Raises:
        SettingError: It is no model of Kokoro's.
        EngineError: It does not load.
    """
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # on Windows it would tell its maker
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # Cores that wait for work are needed by those who listen.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    content = _there(file).read_bytes()
    timed = _DURATIONS in content
    if timed:
        # A message that is written twice is one with the fields of both: so a file gets one output more.
        content = content.replace(_ONE_SPEED, _ANY_SPEEDS) + _field(7, _field(12, _field(1, _DURATIONS)))
    try:
        session = onnxruntime.InferenceSession(content, options, ["CPUExecutionProvider"])
    except Exception as error:
        raise EngineError(f"{file} does not load: {reason(error)}", next_step=_GIVE) from error
    return Network(session, timed=timed, name=file.name)


def styles(file: Path) -> dict[str, Floats]:
    """The voices in an archive of numpy's, by name; those who speak English first.

    Raises:
        SettingError: It is no such archive, or has no voices.
    """
    _there(file)
    try:
        with open(file, "rb") as opened, np.load(opened) as archive:
            found = {name: np.asarray(archive[name], np.float32) for name in archive.files}
    except (TypeError, ValueError, OSError, EOFError, BadZipFile) as error:  # a single array is no archive
        raise SettingError(f"{file} is no archive of voices.", next_step=_GIVE) from error
    if not found or any(style.ndim < 2 or not style.size for style in found.values()):
        raise SettingError(f"{file} holds no voices of Kokoro's.", next_step=_GIVE)
    order = sorted(found, key=lambda name: (name != _FAVOURITE, not name.startswith(_ENGLISH)))
    return {name: found[name] for name in order}


def british(voice: str) -> bool:
    """Whether a voice is one for British English.

    Example:
        >>> british("bf_emma"), british("af_heart"), british("bella")
        (True, False, False)
    """
    return voice.startswith(("bf_", "bm_"))


def _there(file: Path) -> Path:
    if not file.is_file():
        raise SettingError(f"There is no file {file}.", next_step=_GIVE)
    return file


def _field(number: int, content: bytes) -> bytes:
    """A field of a protocol buffer."""
    assert len(content) < 128
    return bytes([number << 3 | 2, len(content)]) + content
