"""A scheme of codes: what it fills in, what it refuses, and that JSON keeps it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice_widget.analysis.coding.scheme import COLOURS, Code, Scheme
from voice_widget.errors import SettingError


def test_names_alone_get_colours_and_keys_of_their_own():
    scheme = Scheme("repair", "request", "reading aloud")
    assert [(name, code.colour, code.key) for name, code in scheme.items()] == [
        ("repair", "#d55e00", "r"),
        ("request", "#0072b2", "e"),
        ("reading aloud", "#009e73", "a"),
    ]


def test_what_is_given_stays_and_the_rest_goes_round_it():
    scheme = Scheme({"rise": Code(), "fall": Code(colour="#D55E00", key="r", meaning="goes down")})
    assert scheme["fall"] == Code(colour="#d55e00", key="r", meaning="goes down")
    assert (scheme["rise"].colour, scheme["rise"].key) == ("#0072b2", "s")


def test_keys_are_letters_of_the_name_then_digits():
    assert [code.key for code in Scheme("a", "aa", "aaa").values()] == ["a", "1", "2"]


def test_a_key_that_a_replay_has_for_itself_is_chosen_last():
    assert [code.key for code in Scheme("io", "overlap").values()] == ["1", "v"]
    keys = [code.key for code in Scheme(*(f"{n:03}" for n in range(62))).values()]
    assert sorted(keys[-4:]) == ["I", "O", "i", "o"]


def test_a_name_in_another_script_has_its_letter():
    assert Scheme("Ügung")["Ügung"].key == "ü"


def test_colours_are_unlike_as_far_as_there_are_some_and_begin_again():
    scheme = Scheme(*(f"code {n}" for n in range(len(COLOURS) + 1)))
    colours = [code.colour for code in scheme.values()]
    assert len(set(colours)) == len(COLOURS) == len(set(COLOURS))
    assert colours[-1] == colours[0]


def test_more_codes_than_keys_are_refused():
    with pytest.raises(SettingError, match="more codes than keys"):
        Scheme(*(f"{n:03}" for n in range(63)))
    assert len({code.key for code in Scheme(*(f"{n:03}" for n in range(62))).values()}) == 62


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Scheme(), "at least one code"),
        (lambda: Scheme({}), "at least one code"),
        (lambda: Scheme("a", "a"), "'a' is there twice"),
        (lambda: Scheme(""), "a word or a few"),
        (lambda: Scheme(" a"), "blanks at an end"),
        (lambda: Scheme("a\nb"), "a word or a few"),
        (lambda: Scheme("x" * 101), "longer than 100"),
        (lambda: Scheme("(none)"), "without a code"),
        (lambda: Scheme(7), "a word or a few"),
        (lambda: Scheme({"a": "b"}), "in the place of a Code"),
        (lambda: Scheme({"a": Code(key="x"), "b": Code(key="x")}), "'a' and 'b' have the same key, 'x'"),
        (lambda: Code(key="xy"), "one character that is printed, not 'xy'"),
        (lambda: Code(key=""), "one character"),
        (lambda: Code(key=" "), "one character"),
        (lambda: Code(key="\x1b"), "one character"),
        (lambda: Code(key=1), "one character"),
        (lambda: Code(colour="red"), "#rrggbb, not 'red'"),
        (lambda: Code(colour="#fff"), "#rrggbb"),
        (lambda: Code(colour=0), "#rrggbb"),
        (lambda: Code(meaning=None), "A meaning is a text"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(make: Any, says: str):
    with pytest.raises(SettingError, match=says) as refused:
        make()
    assert (refused.value.code, bool(refused.value.next_step)) == ("scheme_invalid", True)


def test_an_argument_that_a_code_has_not_is_refused():
    with pytest.raises(SettingError, match="Did you mean 'colour'"):
        Code(color="#d55e00")  # type: ignore[call-arg]


@pytest.mark.parametrize("found", [None, [], {}, {"codes": []}, {"codes": {"a": 1}}, {"codes": {}}])
def test_json_that_is_no_scheme_is_refused(found: Any):
    with pytest.raises(SettingError) as refused:
        Scheme.of_json(found)
    assert refused.value.code == "scheme_invalid"


NAMES = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=20).filter(
    lambda name: name != "(none)"
)


@settings(deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=20, unique=True))
def test_every_scheme_comes_back_from_json(names: list[str]):
    scheme = Scheme(*names)
    keys = [code.key for code in scheme.values()]
    assert len(set(keys)) == len(keys)
    again = Scheme.of_json(json.loads(json.dumps(scheme.as_json())))
    assert again == scheme
    assert list(again) == names


def test_further_codes_keep_what_those_before_have():
    scheme = Scheme({"repair": Code(key="x")})
    assert next(iter(scheme.extended("repair", "request").items())) == ("repair", scheme["repair"])
    assert scheme.extended("repair") is scheme


@pytest.mark.parametrize("name", ["two  spaces", " first", "last "])
def test_a_code_that_files_would_bring_back_as_another_is_refused(name: str):
    with pytest.raises(SettingError, match="has blanks at an end, or several in a row") as told:
        Scheme(name)
    assert told.value.code == "scheme_invalid"
    assert told.value.next_step == f"Write {' '.join(name.split())!r}."
