from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.analysis.made import talk
from voice_widget import MissingParts, SettingError, Talk
from voice_widget.analysis.word_errors import WordErrors, normalised, total, word_error_rate, word_errors

SCRIPT = ["Compare body mass by species.", "Which island has the most penguins?"]


def counts(found: WordErrors) -> tuple[int, int, int, int]:
    return found.words, found.substitutions, found.deletions, found.insertions


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Hello, World!", "hello world"),
        ("don\u2019t 'quote' dogs'", "don't quote dogs"),
        ("well-known \u2014 or not\u2026", "well known or not"),
        ("5,076 grams, 1,234,567 and 3,7 or 3.7.", "5076 grams 1234567 and 3,7 or 3.7"),
        ("STRASSE Stra\u00dfe \u00c4rger", "strasse strasse \u00e4rger"),
        ("  \n\t ", ""),
        ("?!", ""),
        ("Cafe\u0301 caf\u00e9", "caf\u00e9 caf\u00e9"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 Er\u00adgebnis",
            "\u0645\u06cc\u062e\u0648\u0627\u0647\u0645 ergebnis",
        ),
    ],
)
def test_texts_are_made_alike(text: str, plain: str) -> None:
    assert normalised(text) == plain


@pytest.mark.parametrize(
    ("reference", "hypothesis", "found"),
    [
        ("one two three", "One, two, three.", (3, 0, 0, 0)),
        ("one two three", "one three", (3, 0, 1, 0)),
        ("one two three", "one two and three", (3, 0, 0, 1)),
        ("one two three", "one to three", (3, 1, 0, 0)),
        ("one two three", "", (3, 0, 3, 0)),
        ("", "thank you", (0, 0, 0, 2)),
        ("", "", (0, 0, 0, 0)),
    ],
)
def test_each_error_is_what_it_is(reference: str, hypothesis: str, found: tuple[int, ...]) -> None:
    assert counts(word_error_rate([reference], [hypothesis])) == found


def test_the_rate_is_errors_by_words() -> None:
    found = word_error_rate(["one two three four", "five"], ["one two", "five six"])
    assert counts(found) == (5, 0, 2, 1)
    assert found.rate == 3 / 5
    assert found.normalisation == "lower case, no punctuation, numbers as written"
    assert word_error_rate([""], ["thank you"]).rate is None
    assert word_error_rate([], []).rate is None
    assert word_error_rate(["no"], ["yes it is so"]).rate == 4.0
    assert total([]) == WordErrors()


def test_as_many_are_compared() -> None:
    with pytest.raises(SettingError, match="2 sentences, and 1 turns") as refused:
        word_errors(["a", "b"], ["a"])
    assert refused.value.code == "script_unfit"


def test_a_script_in_order_is_compared_turn_by_turn() -> None:
    table = Talk.example().word_errors(["Compare the body mass by species", SCRIPT[1]])
    assert table["seq"].tolist() == [1, 3]
    assert table["reference"].tolist()[0] == "compare the body mass by species"
    assert table["hypothesis"].tolist()[0] == "compare body mass by species"
    assert table["deletions"].tolist() == [1, 0]
    assert table["word_error_rate"].tolist() == [1 / 6, 0.0]
    assert table.attrs == {
        "words": 12,
        "substitutions": 0,
        "deletions": 1,
        "insertions": 0,
        "normalisation": "lower case, no punctuation, numbers as written",
        "word_error_rate": 1 / 12,
    }
    assert table.dtypes.astype(str).tolist() == ["Int64", "string", "string"] + ["Int64"] * 4 + ["Float64"]


def test_a_script_by_number_is_of_some_turns() -> None:
    table = Talk.example().word_errors({3: "Which island has the least penguins?"})
    assert table["seq"].tolist() == [3]
    assert table["substitutions"].tolist() == [1]


def test_of_an_answer_that_was_cut_what_was_heard_is_compared() -> None:
    table = Talk.example().word_errors({2: "The average body mass by species"}, side="assistant")
    assert table["word_error_rate"].tolist() == [0.0]


def test_a_script_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "script.txt").write_text(f"\ufeff{SCRIPT[0]}\n\n{SCRIPT[1]}\n", encoding="utf-8")
    for path in (tmp_path / "script.txt", str(tmp_path / "script.txt")):
        assert Talk.example().word_errors(path).attrs["word_error_rate"] == 0.0


def test_speech_without_a_text_is_all_missing() -> None:
    unread = talk(("user", "Hello there.", 0, 900), ("user", None, 2000, 2900))
    table = unread.word_errors(["Hello there", "Goodbye now"])
    assert table["hypothesis"].tolist() == ["hello there", ""]
    assert table["deletions"].tolist() == [0, 2]


def test_a_talk_without_turns_has_an_empty_table() -> None:
    table = talk().word_errors([])
    assert len(table) == 0
    assert table.attrs["words"] == 0
    assert table.attrs["word_error_rate"] is None


@pytest.mark.parametrize(
    ("script", "code", "said"),
    [
        (["One."], "script_unfit", "1 sentences, and 2 turns"),
        ({2: "The average"}, "unknown_turn", "Turn 2 .* of the user"),
        ({9: "No."}, "unknown_turn", "There are 1, 3"),
        ("no such file.txt", "script_unreadable", "cannot be read"),
        ([1, 2], "script_unfit", "1 is no sentence"),
        ({1: None}, "script_unfit", "None is no sentence"),
        (7, "script_unfit", "7 is no sentence"),
    ],
)
def test_a_script_that_does_not_fit_is_refused(script: Any, code: str, said: str) -> None:
    with pytest.raises(SettingError, match=said) as refused:
        Talk.example().word_errors(script)
    assert refused.value.code == code


def test_there_are_two_sides() -> None:
    with pytest.raises(SettingError, match="'both' is no side"):
        Talk.example().word_errors(SCRIPT, side="both")  # type: ignore[arg-type]


def test_without_its_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jiwer", None)
    with pytest.raises(MissingParts, match=r'jiwer.*pip install "voice-widget\[analysis\]"'):
        Talk.example().word_errors(SCRIPT)


def test_what_nobody_knows_is_missing_and_no_error():
    known = ["how many", "", "now"]
    said = word_error_rate(["How many?", "And then?", "Now."], known)
    assert (said.words, said.errors, said.missing) == (5, 2, 0)
    for nothing in (None, pd.NA, float("nan")):
        found = word_error_rate(["How many?", "And then?", "Now."], [known[0], nothing, known[2]])
        assert (found.words, found.errors, found.missing, found.rate) == (3, 0, 1, 0.0)
    with pytest.raises(SettingError, match="7 is no text"):
        word_error_rate(["So."], [7])  # type: ignore[list-item]
