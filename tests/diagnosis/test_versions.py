from __future__ import annotations

from importlib import metadata

import pytest

import voice_widget
from voice_widget.diagnosis.versions import Requirement, installed, misfits, older, requirements


@pytest.mark.parametrize(
    ("version", "least", "is_older"),
    [
        ("6.29.5", "7", True),
        ("7", "7.0.0", False),
        ("7.0.0rc1", "7", False),
        ("0.9.13", "0.11", True),
        ("0.11", "0.11.1", True),
        ("odd", "1", True),
        ("1", "", False),
    ],
)
def test_which_version_is_older(version: str, least: str, is_older: bool) -> None:
    assert older(version, least) is is_older


def test_what_is_installed_here_fits_what_the_package_says_it_needs() -> None:
    needed = requirements()
    assert {"aiortc", "anywidget", "pandas"} <= {name for name, _, extra in needed if not extra}
    assert Requirement("anywidget", "0.11") in needed
    assert {extra for name, _, extra in needed if name == "pocketsphinx"} == {"local", "natural"}
    versions = installed()
    assert versions["voice-widget"] == voice_widget.__version__
    assert misfits(versions, needed) == {}


def test_what_is_too_old_or_not_there_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"anywidget": "0.9.13"}

    def version(name: str) -> str:
        if name not in there:
            raise metadata.PackageNotFoundError(name)
        return there[name]

    monkeypatch.setattr(metadata, "version", version)
    versions = installed(("anywidget", "aiortc"))
    assert (versions["anywidget"], versions["aiortc"]) == ("0.9.13", None)
    needed = [Requirement("anywidget", "0.11"), Requirement("aiortc", "1.14")]
    assert misfits(versions, needed) == {"anywidget": "0.11"}


def test_a_package_that_was_never_installed_says_nothing_of_what_it_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def requires(name: str) -> list[str]:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", requires)
    assert requirements() == []
