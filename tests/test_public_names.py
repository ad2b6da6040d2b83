from __future__ import annotations

import importlib
import inspect

import pytest

import voice_widget
from voice_widget import errors


def test_every_public_name_can_be_imported():
    for name in voice_widget.__all__:
        assert getattr(voice_widget, name) is not None
    assert set(voice_widget.__all__) == set(dir(voice_widget))
    assert sorted(voice_widget.__all__, key=str.casefold) == sorted(
        set(voice_widget.__all__), key=str.casefold
    )


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
    from voice_widget.widget.traits import facts_of

    for name, member in vars(voice_widget.VoiceWidget).items():
        if not name.startswith("_") and (callable(member) or isinstance(member, property)):
            assert inspect.getdoc(member), name
    assert all(fact.help.endswith(".") for fact in facts_of(voice_widget.VoiceWidget).values())


def test_the_version_is_the_distributions():
    text = (importlib.resources.files("voice_widget") / ".." / "pyproject.toml").read_text()  # type: ignore[attr-defined]
    assert f'version = "{voice_widget.__version__}"' in text
