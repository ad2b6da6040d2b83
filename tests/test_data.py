"""The data set that is shipped."""

from __future__ import annotations

from importlib import resources

import pytest

from voice_widget.data import load
from voice_widget.errors import SettingError


def test_the_penguins_are_the_published_ones() -> None:
    frame = load()
    assert frame.shape == (344, 8)
    assert list(frame.columns) == [
        "species",
        "island",
        "bill_length_mm",
        "bill_depth_mm",
        "flipper_length_mm",
        "body_mass_g",
        "sex",
        "year",
    ]
    # as printed by the authors' package
    assert frame["species"].value_counts().to_dict() == {"Adelie": 152, "Gentoo": 124, "Chinstrap": 68}
    assert frame["body_mass_g"].mean() == pytest.approx(4201.754386)
    assert frame.isna().sum().to_dict()["sex"] == 11
    assert frame.attrs["name"] == "penguins"


def test_each_call_gives_a_frame_of_its_own() -> None:
    del load()["sex"]
    assert "sex" in load().columns


def test_source_and_licence_are_shipped() -> None:
    text = resources.files("voice_widget.data").joinpath("README.md").read_text(encoding="utf-8")
    assert "CC0" in text
    assert "Gorman" in text


def test_an_unknown_name() -> None:
    with pytest.raises(SettingError, match="penguins"):
        load("iris")
