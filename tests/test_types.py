from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from voice_widget.page import from_kernel, from_page
from voice_widget.widget.traits import kernel_traits
from voice_widget.widget.widget import VoiceWidget

SCRIPT = Path(__file__).parents[1] / "scripts" / "generate_types.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_types", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pages_types_are_fresh(script: ModuleType):
    assert script.TARGET.read_text(encoding="utf-8") == script.generate(), (
        "run python scripts/generate_types.py"
    )


def test_they_hold_every_message_and_every_trait(script: ModuleType):
    text = script.generate()
    for name in kernel_traits(VoiceWidget):
        assert f"\n  {name}: " in text
    for kind in (*from_kernel.KernelMessage.__args__, *from_page.PageMessage.__args__):
        assert f"export interface {kind.__name__} {{" in text
    assert "  audio_start_ms?: number;" in text
    assert "  text_heard: string | null;" in text
    assert "  event: Record<string, unknown>;" in text
    assert "  turn_detection: Record<string, unknown> | null;" in text


def test_the_check_fails_when_they_are_not_fresh(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(sys, "argv", ["generate_types.py", "--check"])
    monkeypatch.setattr(script, "TARGET", tmp_path / "model.gen.ts")
    assert script.main() == 1
    assert "not fresh" in capsys.readouterr().err
    monkeypatch.setattr(sys, "argv", ["generate_types.py"])
    assert script.main() == 0
    monkeypatch.setattr(sys, "argv", ["generate_types.py", "--check"])
    assert script.main() == 0


def test_every_trait_has_a_good_default():
    for name, fact in kernel_traits(VoiceWidget).items():
        fact.grows = False
        try:
            fact.validate(None, fact.default())
        finally:
            fact.grows = name == "transcript"
        assert fact.metadata["sync"] is True
