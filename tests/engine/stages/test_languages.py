import pytest

from voice_widget.engine.stages.languages import Unknown


@pytest.mark.parametrize(
    ("languages", "asked", "told"),
    [
        (("en",), ["en", "en-GB"], ["", ""]),
        (("en",), ["de", "de", "en", "de-AT"], ["de, only en.", "", "", "de-AT, only en."]),
        (("en-us",), ["de"], ["de, only en-us."]),
        (("de", "fr"), ["en", "fr-CA"], ["", ""]),  # nobody has asked for English
        (("cmn",), ["zh", "zh-TW"], ["", ""]),
        ((), ["de"], [""]),
    ],
)
def test_a_language_that_a_part_does_not_know_is_told_once(languages, asked, told):
    unknown = Unknown("The voice", languages)
    assert [unknown(language).removeprefix("The voice does not know ") for language in asked] == told


def test_of_many_languages_the_first_are_listed():
    told = Unknown("The recogniser", [f"x{n}" for n in range(30)])("de")
    assert told.endswith("only x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11 and 18 others.")
