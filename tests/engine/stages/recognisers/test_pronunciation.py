# ruff: noqa: RUF001 (phonetic symbols are meant as they are)
import pytest

from voice_widget.engine.stages.recognisers import pronunciation
from voice_widget.engine.stages.recognisers.pronunciation import Pronouncer, arpabet, spoken

MODEL = """
AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH
"""


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("bill_length_mm", "bill length mm"),
        ("petalWidth", "petal width"),
        ("Q3 2024", "q three two zero two four"),
        ("It’s 'the' tip!", "it's the tip"),
        ("  total   bill ", "total bill"),
        ("GDP", "gdp"),
        ("größe", "größe"),
        ("___", ""),
    ],
)
def test_names_become_words(written, said):
    assert spoken(written) == said


def test_the_dictionary_comes_first_with_all_its_variants():
    known = {"data": "D EY T AH", "data(2)": "D AE T AH"}
    assert Pronouncer(known.get)("data") == ["D EY T AH", "D AE T AH"]


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("gentoo", "JH EH N T UW"),
        ("adelie", "AH D EH L IY"),
        ("chinstrap", "CH IH N S T R AE P"),
        ("smoker", "S M OW K ER"),
        ("mm", "EH M EH M"),
        ("gdp", "JH IY D IY P IY"),
    ],
)
def test_words_outside_the_dictionary_are_spoken_as_a_person_would(word, phones):
    assert Pronouncer({}.get)(word) == [phones]


def test_all_phones_are_the_recognisers():
    phones = set(" ".join([*pronunciation._ARPABET.values(), *pronunciation._LETTERS.values()]).split())
    assert phones <= set(MODEL.split())


def test_an_unknown_sound_gives_no_pronunciation():
    assert arpabet(["t", "ǃ"]) is None
    assert arpabet(["ˈt", "iː"]) == "T IY"


def test_without_espeak_such_words_are_not_expected(monkeypatch):
    def missing():
        raise ImportError("espeakng_loader")

    monkeypatch.setattr(pronunciation, "Espeak", missing)
    pronounce = Pronouncer({"tip": "T IH P"}.get)
    assert (pronounce("gentoo"), pronounce("tip"), pronounce("mm")) == ([], ["T IH P"], ["EH M EH M"])
