"""Whether a turn is over, by how it sounded: the model smart-turn v3 on ONNX Runtime (extra ``smart-turn``).

The model is a file of one's own, or the one in the package ``pipecat-ai``, which is not imported.
"""

from __future__ import annotations

import threading
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
import onnxruntime

from voice_widget.engine.stages.contracts import Pcm, Progress, quietly
from voice_widget.engine.stages.recognisers import log_mel
from voice_widget.errors import EngineError, MissingParts, reason
from voice_widget.realtime.sound.resampling import Resampler

PACKAGE = "pipecat-ai"
_FOLDER = "pipecat/audio/turn/smart_turn/data"
_SAMPLES = 8 * log_mel.RATE
_VARIANCE = 1e-7


class SmartTurn:
    """The model, shared by sessions; a call takes some 25 ms of one core.

    Args:
        model: The path of ``smart-turn-v3….onnx``; without it the one in ``pipecat-ai``.
        progress: Is told what is being loaded.

    Raises:
        MissingParts: There is no such file.
        EngineError: It is another model.
    """

    def __init__(self, model: str | None = None, *, progress: Progress = quietly) -> None:
        progress("Loading the turn detector.", None)
        path = shipped() if model is None else Path(model).expanduser()
        if not path.is_file():
            raise MissingParts(f"{path} is no file.", next_step="Give the path of smart-turn-v3….onnx.")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._model = onnxruntime.InferenceSession(
                str(path), sess_options=options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise EngineError(f"{path} does not load: {reason(error)}") from error
        self._lock = threading.Lock()

    def session(self) -> SmartTurn:
        """It holds nothing of a session."""
        return self

    def __call__(self, pcm: Pcm, sample_rate: int, partial: str, silence_ms: float) -> float:
        """How likely the turn is over, 0 … 1."""
        if sample_rate != log_mel.RATE:
            pcm = Resampler(sample_rate, log_mel.RATE)(pcm)
        with self._lock:
            found = self._model.run(None, {"input_features": features(pcm)})
        return float(np.ravel(found[0])[0])


def features(pcm: Pcm) -> log_mel.Floats:
    """The last eight seconds, or fewer after silence, at the loudness of all others: (1, bands, windows)."""
    sound = pcm[-_SAMPLES:].astype(np.float32) / np.float32(32768)
    sound = np.pad(sound, (_SAMPLES - len(sound), 0))
    sound = (sound - sound.mean()) / np.sqrt(sound.var() + np.float32(_VARIANCE))
    found: log_mel.Floats = log_mel.scaled(log_mel.band_powers(sound), _SAMPLES // log_mel.HOP)[np.newaxis]
    return found


def shipped() -> Path:
    """The model in the package, which is only looked at.

    Raises:
        MissingParts: It is not installed, or has no such model.
    """
    try:
        folder = Path(str(distribution(PACKAGE).locate_file(_FOLDER)))
    except PackageNotFoundError:
        folder = Path()
    found = sorted(folder.glob("smart-turn-v3*.onnx")) if folder.name else []
    if not found:
        raise MissingParts(
            f"There is no smart-turn model: {PACKAGE} is not installed, or brings none.",
            next_step=f"Run: pip install {PACKAGE}, or give the path of smart-turn-v3….onnx.",
        )
    return found[-1]
