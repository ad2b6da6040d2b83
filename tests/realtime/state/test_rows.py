from __future__ import annotations

import pytest

from voice_widget.realtime.state.clock import Clock
from voice_widget.realtime.state.rows import MS_PER_CHARACTER, Rows, Turn

CALL = Clock()


def turn(item_id: str = "i", call: Clock = CALL) -> Turn:
    return Turn(item_id, "assistant", "speech", 0.0, call, None, None)


def rows(*ids: str) -> Rows:
    result = Rows()
    for item_id in ids:
        result.add(turn(item_id))
    return result


def order(some: Rows) -> str:
    assert [t.seq for t in some] == list(range(1, len(some) + 1))
    return " ".join(t.item_id for t in some)


def spoken(words: list[str], *, step: float | None) -> Turn:
    result = turn()
    for number, word in enumerate(words):
        if step is None:
            result.append(word)
        else:
            result.append(word, number * step, (number + 1) * step)
    return result


@pytest.mark.parametrize(
    ("played", "heard"),
    [
        (0, ""),
        (49, ""),
        (50, "The"),
        (149, "The"),
        (150, "The mean"),
        (250, "The mean is"),
        (9999, "The mean is 3."),
    ],
)
def test_heard_by_word_times(played: float, heard: str) -> None:
    assert spoken(["The", " mean", " is", " 3."], step=100.0).heard(played) == heard


@pytest.mark.parametrize(
    ("played", "heard"),
    [
        (0, ""),
        (130, ""),
        (140, "The"),
        (540, "The"),
        (550, "The mean"),
        (1000, "The mean is"),
        (2000, "The mean is"),
    ],
)
def test_heard_by_characters_of_the_known_audio(played: float, heard: str) -> None:
    some = spoken(["The", " mean", " is"], step=None)
    some.audio_ms = 1000.0
    assert some.heard(played) == heard


def test_heard_by_a_rough_rate_when_nothing_is_known() -> None:
    some = spoken(["12345 12345"], step=None)
    assert some.heard(5 * MS_PER_CHARACTER) == "12345"
    assert some.heard(2 * MS_PER_CHARACTER) == ""
    assert some.heard(11 * MS_PER_CHARACTER) == "12345 12345"


def test_one_word_without_a_time_and_times_count_no_more() -> None:
    some = spoken(["The", " mean"], step=100.0)
    some.append(" is")
    some.audio_ms = 1000.0
    assert some.heard(700) == "The mean"


def test_nothing_said_is_nothing_heard() -> None:
    assert turn().heard(100) == ""


def test_a_text_that_corrects_the_words_drops_their_times() -> None:
    some = spoken(["The", " mean"], step=100.0)
    some.replace("The mean")
    assert some.heard(50) == "The"
    some.replace("A mean of three")
    assert some.heard(130) == "A mean of"
    assert some.heard(201) == "A mean of three"


def test_times_without_an_end_tell_no_length() -> None:
    some = turn()
    some.append("a", 0.0)
    some.append("b", 50.0, 20.0)
    some.append("c", 60.0, 10.0)
    assert some.audio_ms == 20.0


def test_new_turns_go_to_the_end() -> None:
    assert order(rows("a", "b")) == "a b"


@pytest.mark.parametrize(
    ("moved", "behind", "after", "touched"),
    [
        ("c", "a", "a c b d", "c b"),
        ("a", "c", "b c a d", "b c a"),
        ("b", "a", "a b c d", ""),
        ("a", "a", "a b c d", ""),
        ("a", "unknown", "a b c d", ""),
    ],
)
def test_the_chain_moves_a_turn(moved: str, behind: str, after: str, touched: str) -> None:
    some = rows("a", "b", "c", "d")
    one = some.get(moved)
    assert one is not None
    assert [t.item_id for t in some.place(one, behind)] == touched.split()
    assert order(some) == after


def test_items_that_are_no_rows_keep_the_chain_together() -> None:
    some = rows("a")
    some.pass_by("call", "a")
    some.add(turn("later"))
    some.pass_by("result", "call")
    some.pass_by("result")
    answer = turn("answer")
    some.add(answer)
    some.place(answer, "result")
    assert order(some) == "a answer later"


def test_an_item_before_every_row_says_nothing() -> None:
    some = Rows()
    some.pass_by("system")
    one = turn("a")
    some.add(one)
    some.pass_by("a", "system")
    assert some.place(one, "system") == []


def test_few_items_are_remembered() -> None:
    some = rows("a", "b", "c")
    some.pass_by("call", "a")
    for number in range(300):
        some.pass_by(f"x{number}")
    last = some.get("c")
    assert last is not None
    assert some.place(last, "call") == []


def test_what_an_earlier_call_said_is_not_overtaken() -> None:
    """The next call was told the question, and nothing of an answer that nobody had heard."""
    later = Clock()
    some = rows("u1", "a1")
    for item_id in ("u2", "a2"):
        some.add(turn(item_id, later))
    u2, a2 = (found for item_id in ("u2", "a2") if (found := some.get(item_id)) is not None)
    assert some.place(u2, "u1") == []
    assert some.place(a2, "u2") == []
    assert order(some) == "u1 a1 u2 a2"


def test_a_whole_text_whose_pieces_came_by_several_numbers_is_said_once() -> None:
    one = turn()
    for number, piece in ((7, "Good"), (0, " morning"), (7, "!")):
        one.append(piece, part=number)
    assert one.text == "Good! morning"
    one.replace("Good morning!", one.part_of("Good morning!", 7))
    assert one.text == "Good morning!"
    two = turn()
    for number, piece in ((0, "Yes."), (1, "Indeed")):
        two.append(piece, part=number)
    two.replace("Indeed.", two.part_of("Indeed.", 1))
    assert two.text == "Yes.Indeed."


def test_a_part_of_many_is_known_without_reading_all_of_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    one = turn()
    for number in range(3):
        one.append("Yes.", part=number)
    monkeypatch.setattr(Turn, "text", property(lambda turn: pytest.fail("it was read")))
    assert one.part_of("Yes!", 1) == 1
