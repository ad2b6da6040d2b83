from importlib.metadata import distribution
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest

from tests.engine.spoken import say
from voice_widget.engine.stages.detectors import smart_turn as turns_smart
from voice_widget.engine.stages.detectors.smart_turn import SmartTurn, features
from voice_widget.errors import EngineError, MissingParts

TONE = (np.sin(np.arange(16_000) / 5) * 3000).astype(np.int16)


class Session:
    """As `onnxruntime.InferenceSession`: says how much of the eight seconds holds sound."""

    def __init__(self, path_or_bytes, sess_options=None, providers=None):
        assert sess_options.intra_op_num_threads == 1
        if "broken" in path_or_bytes:
            raise RuntimeError("Load model failed")

    def run(self, output_names, input_feed):
        (found,) = input_feed.values()
        assert found.shape == (1, 80, 800)
        return [np.array([[(found[0].max(axis=0) > 0.5).mean()]], np.float32)]


@pytest.fixture
def model(monkeypatch, tmp_path) -> Path:
    monkeypatch.setattr(turns_smart.onnxruntime, "InferenceSession", Session)
    path = tmp_path / "smart-turn-v3.onnx"
    path.write_bytes(b"")
    return path


def test_the_end_of_what_was_said_is_judged(model):
    judge = SmartTurn(str(model)).session()
    assert judge(TONE, 16_000, "", 200.0) == pytest.approx(1 / 8, abs=0.01)
    assert judge(np.tile(TONE, 20), 16_000, "", 200.0) == pytest.approx(1.0, abs=0.01)


def test_other_rates_are_turned_into_its_own(model):
    assert SmartTurn(str(model))(np.tile(TONE, 3), 48_000, "", 0.0) == pytest.approx(1 / 8, abs=0.02)


def test_quiet_speakers_look_like_loud_ones():
    loud = np.random.default_rng(1).normal(0, 5000, 8 * 16_000)
    soft = features((loud / 10).astype(np.int16))
    assert features(loud.astype(np.int16)) == pytest.approx(soft, abs=0.01)


def test_silence_has_features():
    assert np.isfinite(features(np.zeros(16_000, np.int16))).all()
    assert np.isfinite(features(np.zeros(0, np.int16))).all()


def test_what_is_missing_or_broken_says_so(model, monkeypatch):
    monkeypatch.setattr(turns_smart, "PACKAGE", "no-such-package")
    with pytest.raises(MissingParts, match="Run: pip install no-such-package, or give the path"):
        SmartTurn()
    with pytest.raises(MissingParts, match="is no file"):
        SmartTurn(str(model.parent / "other.onnx"))
    broken = model.parent / "broken.onnx"
    broken.write_bytes(b"")
    with pytest.raises(EngineError, match="does not load: Load model failed"):
        SmartTurn(str(broken))


@pytest.mark.real  # with the package that brings the model
def test_the_real_model_judges():
    judge = SmartTurn()
    whole = judge(say("How many rows are there?"), 16_000, "", 200.0)
    assert 0 < whole < 1
    assert judge(say("How many rows are there?"), 16_000, "", 200.0) == whole


@pytest.mark.real  # with the package that brings the model
def test_the_features_are_those_that_the_model_was_made_for():
    path = distribution(turns_smart.PACKAGE).locate_file("pipecat/audio/turn/smart_turn/_whisper_features.py")
    spec = spec_from_file_location("whisper_features", str(path))  # alone: the package needs fifty others
    assert spec is not None
    assert spec.loader is not None
    theirs = module_from_spec(spec)
    spec.loader.exec_module(theirs)
    sound = np.random.default_rng(1).normal(0, 3000, 8 * 16_000).astype(np.int16)
    right = theirs.compute_whisper_log_mel_features(sound.astype(np.float32) / 32768)
    assert features(sound)[0] == pytest.approx(right, abs=1e-3)
