from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

import pytest

import voice_widget
from voice_widget import errors

IMPORT = r"from (voice_widget[\w.]*) import (\w+(?:, *\w+)*)"


def test_every_public_name_can_be_imported():
    for name in voice_widget.__all__:
        assert getattr(voice_widget, name) is not None
    assert set(voice_widget.__all__) == set(dir(voice_widget))
    assert sorted(voice_widget.__all__, key=str.casefold) == sorted(
        set(voice_widget.__all__), key=str.casefold
    )


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("voice_widget.agents", "Agent Hints Message Piece Show ToolCall Turn"),
        ("voice_widget.agents.chat", "Chat"),
        ("voice_widget.agents.notebook", "Agg Column Comparison Group Measure NotebookAssistant Value"),
        ("voice_widget.data", "load"),
        ("voice_widget.engine.stages", "AudioChunk Hints Pcm STT TTS Transcript VAD Word"),
        ("voice_widget.errors", "VoiceWidgetError"),
        ("voice_widget.realtime.script", "Exchange Script"),
        ("voice_widget.services", "Answer Capabilities Connection Secret Service"),
        ("voice_widget.services.clock", "ManualClock"),
        ("voice_widget.services.openai", "OpenAI"),
    ],
)
def test_paths_that_people_import_from_stay(module: str, names: str):
    """Pages, notebooks and docstrings show them, so they stand in others' code."""
    found = importlib.import_module(module)
    assert [name for name in names.split() if not hasattr(found, name)] == []


def test_every_import_that_pages_and_notebooks_show_works():
    root = Path(voice_widget.__file__).parents[1]
    pages = [root / "README.md", *(root / "docs").rglob("*.md"), *(root / "notebooks").glob("*.ipynb")]
    shown = [line for page in pages for line in re.findall(IMPORT, page.read_text(encoding="utf-8"))]
    assert len(shown) > 10
    for module, names in shown:
        found = importlib.import_module(module)
        for name in names.split(","):
            assert hasattr(found, name.strip()), f"from {module} import {name}"


def test_nothing_else_is_public():
    with pytest.raises(AttributeError, match="no attribute 'VoiceGadget'"):
        voice_widget.VoiceGadget  # noqa: B018


def test_every_error_is_public():
    own = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, errors.VoiceWidgetError)
    }
    assert own - set(voice_widget.__all__) == set()


def test_every_public_thing_says_what_it_is():
    for name in voice_widget.__all__:
        if not name.startswith("__"):
            assert inspect.getdoc(getattr(voice_widget, name)), name


def test_every_verb_and_trait_says_what_it_is():
    from voice_widget.widget.traits import kernel_traits

    for name, member in vars(voice_widget.VoiceWidget).items():
        if not name.startswith("_") and (callable(member) or isinstance(member, property)):
            assert inspect.getdoc(member), name
    assert all(fact.help.endswith(".") for fact in kernel_traits(voice_widget.VoiceWidget).values())


def test_the_version_is_the_distributions():
    text = (importlib.resources.files("voice_widget") / ".." / "pyproject.toml").read_text()  # type: ignore[attr-defined]
    assert f'version = "{voice_widget.__version__}"' in text
