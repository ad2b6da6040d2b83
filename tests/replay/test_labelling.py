"""What a coder does in a replay is in the talk at once, and what the talk refuses is told to the page."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.replay.test_widget import _bundle as _bundle  # a fixture
from tests.replay.test_widget import answers, replay_of
from tests.widget_page import Page
from tests.widget_page import pages as pages  # a fixture
from voice_widget import Code, Scheme, SettingError, StateError, Talk, VoiceWidgetError, read_talk
from voice_widget.recording import labels as stored
from voice_widget.recording.folder import LABELS, LABELS_LOCK, Lock

SCHEME = Scheme({"request": Code(key="r", colour="#0072b2", meaning="asks"), "overlap": Code()})


@pytest.fixture
def talk() -> Talk:
    talk = Talk.example()
    talk.scheme = SCHEME
    return talk


def given(talk: Talk) -> list[tuple[Any, ...]]:
    return [(x.number, x.code, x.coder, x.seq, x.start_ms, x.end_ms) for x in talk.labels()]


def refused(page: Page) -> list[str]:
    return [message["error"]["message"] for message in answers(page, "label.failed")]


def test_the_page_has_scheme_coder_and_labels(pages: list[Page], talk: Talk) -> None:
    talk.label("request", seq=1, coder="CD")
    talk.label("overlap", start_ms=4645, end_ms=4713, side="user", coder="AB")
    _, page = replay_of(pages, talk, coder="AB")
    assert page.state["_coding"] == {
        "coder": "AB",
        "codes": [
            {"name": "request", "colour": "#0072b2", "key": "r", "meaning": "asks"},
            {"name": "overlap", "colour": "#d55e00", "key": "v", "meaning": ""},
        ],
        "saved": False,
        "problem": None,
    }
    of_turn = {"number": 1, "seq": 1, "side": "user", "code": "request", "coder": "CD", "note": ""}
    of_stretch = {"number": 2, "seq": None, "side": "user", "code": "overlap", "coder": "AB", "note": ""}
    assert page.state["_labels"] == [
        {**of_turn, "start_ms": 114, "end_ms": 2263},
        {**of_stretch, "start_ms": 4645, "end_ms": 4713},
    ]


def test_a_pressed_code_labels_a_turn_and_pressed_again_takes_it_back(pages: list[Page], talk: Talk) -> None:
    _, page = replay_of(pages, talk, coder="AB")
    page.says({"type": "label", "code": "request", "seq": 3})
    assert talk.labels_df[["code", "coder", "seq"]].to_numpy().tolist() == [["request", "AB", 3]]
    assert [label["seq"] for label in page.state["_labels"]] == [3]
    page.says({"type": "label", "code": "request", "seq": 3})
    assert talk.labels() == []
    assert page.state["_labels"] == []
    assert refused(page) == []


def test_the_same_of_another_coder_code_or_place_stays(pages: list[Page], talk: Talk) -> None:
    talk.label("request", seq=3, coder="CD")
    _, page = replay_of(pages, talk, coder="AB")
    page.says({"type": "label", "code": "request", "seq": 3})
    page.says({"type": "label", "code": "overlap", "seq": 3})
    page.says({"type": "label", "code": "request", "start_ms": 100, "end_ms": 200})
    page.says({"type": "label", "code": "request", "start_ms": 100, "end_ms": 201})
    assert len(talk.labels()) == 5
    page.says({"type": "label", "code": "request", "start_ms": 100, "end_ms": 200})
    assert [number for number, *_ in given(talk)] == [1, 2, 3, 5]


def test_a_label_is_taken_back_by_its_number(pages: list[Page], talk: Talk) -> None:
    talk.label("request", seq=1, coder="AB")
    _, page = replay_of(pages, talk, coder="AB")
    page.says({"type": "unlabel", "number": 1})
    assert talk.labels() == []
    assert page.state["_labels"] == []


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ({"type": "label", "code": "repair", "seq": 1}, "The scheme has no code 'repair'."),
        ({"type": "label", "code": ["request"], "seq": 1}, "The scheme has no code ['request']."),
        ({"type": "label", "code": "request", "seq": 9}, "no turn 9"),
        ({"type": "label", "code": "request", "seq": "1"}, "no turn '1'"),
        ({"type": "label", "code": "request", "start_ms": 0, "end_ms": 99_999}, "not within the talk"),
        ({"type": "label", "code": "request", "start_ms": -5, "end_ms": 9}, "not within the talk"),
        ({"type": "label", "code": "request", "start_ms": "a", "end_ms": 9}, "start_ms is a number"),
        ({"type": "label", "code": "request"}, "Nobody has said of what"),
        ({"type": "label"}, "The scheme has no code None."),
        ({"type": "unlabel", "number": 7}, "There is no label 7 any more."),
        ({"type": "unlabel", "number": True}, "There is no label True any more."),
        ({"type": "unlabel"}, "There is no label None any more."),
        ({"type": "unlabel", "number": 1}, "This label is of CD, and AB labels here."),
        ({"type": "relabel", "number": 1, "note": "no"}, "This label is of CD, and AB labels here."),
        ({"type": "relabel", "note": "no"}, "There is no label None any more."),
        ({"type": "undo"}, "Nothing is left to undo."),
    ],
)
def test_what_cannot_be_is_said_on_the_page_and_changes_nothing(
    pages: list[Page], talk: Talk, message: dict[str, Any], says: str
) -> None:
    talk.label("request", seq=1, coder="CD")
    _, page = replay_of(pages, talk, coder="AB")
    page.says(message)
    [why] = refused(page)
    assert says in why
    assert given(talk) == [(1, "request", "CD", 1, 114, 2263)]
    assert len(page.state["_labels"]) == 1


def test_without_a_coder_labels_are_only_shown(pages: list[Page]) -> None:
    talk = Talk.example()
    _, page = replay_of(pages, talk, scheme=SCHEME)
    assert (page.state["_coding"]["coder"], len(page.state["_coding"]["codes"])) == (None, 2)
    assert talk.scheme is None
    for message in ({"type": "label", "code": "request", "seq": 1}, {"type": "unlabel"}, {"type": "undo"}):
        page.says(message)
    assert refused(page) == ["Labels are only shown here."] * 3


def test_undo_goes_back_step_by_step(pages: list[Page], talk: Talk) -> None:
    talk.label("overlap", start_ms=4645, end_ms=4713, side="user", coder="AB", note="Biscoe?")
    _, page = replay_of(pages, talk, coder="AB")
    page.says({"type": "label", "code": "request", "seq": 1})
    page.says({"type": "unlabel", "number": 1})
    page.says({"type": "undo"})
    [request, overlap] = talk.labels()
    assert (request.code, request.seq) == ("request", 1)
    assert (overlap.start_ms, overlap.end_ms, overlap.side, overlap.note) == (4645, 4713, "user", "Biscoe?")
    page.says({"type": "undo"})
    assert [label.code for label in talk.labels()] == ["overlap"]
    assert refused(page) == []


def test_a_label_gets_another_place_and_a_note_each_of_which_is_undone(
    pages: list[Page], talk: Talk, tmp_path: Path
) -> None:
    read = read_talk(talk.save(tmp_path / "p01"))
    _, page = replay_of(pages, read, coder="AB")

    def now() -> list[tuple[int | None, int | None, str]]:
        return [(x.start_ms, x.end_ms, x.note) for x in read_talk(tmp_path / "p01").labels()]

    page.says({"type": "label", "code": "overlap", "start_ms": 4645, "end_ms": 4713})
    page.says({"type": "relabel", "number": 1, "end_ms": 4720})
    page.says({"type": "relabel", "number": 1, "start_ms": 4700, "end_ms": 4775})
    page.says({"type": "relabel", "number": 1, "note": "Biscoe?"})
    assert now() == [(4700, 4775, "Biscoe?")]
    shown = page.state["_labels"][0]
    assert (shown["start_ms"], shown["end_ms"], shown["note"]) == (4700, 4775, "Biscoe?")
    assert read.labels_df["note"].tolist() == ["Biscoe?"]
    for before in ([(4700, 4775, "")], [(4645, 4720, "")], [(4645, 4713, "")], []):
        page.says({"type": "undo"})
        assert now() == before
    assert refused(page) == []


def test_a_label_that_comes_back_has_its_earlier_changes_to_undo(pages: list[Page], talk: Talk) -> None:
    _, page = replay_of(pages, talk, coder="AB")
    page.says({"type": "label", "code": "request", "seq": 1})
    page.says({"type": "relabel", "number": 1, "note": "first"})
    page.says({"type": "unlabel", "number": 1})
    page.says({"type": "undo"})
    [label] = talk.labels()
    assert (label.number, label.seq, label.note) == (2, 1, "first")
    page.says({"type": "undo"})
    assert [x.note for x in talk.labels()] == [""]
    page.says({"type": "undo"})
    assert (talk.labels(), refused(page)) == ([], [])


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"number": 1, "start_ms": 200}, "A label of a turn is as long as the turn."),
        ({"number": 2, "end_ms": 4000}, "The stretch ends at 4000 ms and begins at 4645 ms."),
        ({"number": 2, "end_ms": 99_999}, "is not within the talk"),
        ({"number": 2, "start_ms": "a"}, "start_ms is a number of milliseconds"),
        ({"number": 2, "note": 7}, "A note is a text, not 7."),
    ],
)
def test_a_change_that_cannot_be_is_said_and_is_none(
    pages: list[Page], talk: Talk, more: dict[str, Any], says: str
) -> None:
    talk.label("request", seq=1, coder="AB")
    talk.label("overlap", start_ms=4645, end_ms=4713, coder="AB")
    before = talk.labels()
    _, page = replay_of(pages, talk, coder="AB")
    page.says({"type": "relabel", **more})
    assert says in refused(page)[0]
    page.says({"type": "relabel", "number": 2})
    page.says({"type": "undo"})
    assert refused(page)[1:] == ["Nothing is left to undo."]
    assert talk.labels() == before


def test_undo_of_what_is_gone_says_so_and_is_no_obstacle(pages: list[Page], talk: Talk) -> None:
    _, page = replay_of(pages, talk, coder="AB")
    for seq in (1, 2):
        page.says({"type": "label", "code": "request", "seq": seq})
    talk.unlabel(2)
    page.says({"type": "undo"})
    assert refused(page) == ["There is no label 2."]
    page.says({"type": "undo"})
    assert talk.labels() == []


def test_labels_made_elsewhere_show_in_each_replay(pages: list[Page], talk: Talk) -> None:
    _, one = replay_of(pages, talk)
    _, other = replay_of(pages, talk, coder="AB")
    number = talk.label("request", seq=1, coder="CD")
    assert [[x["coder"] for x in page.state["_labels"]] for page in (one, other)] == [["CD"], ["CD"]]
    talk.relabel(number, code="overlap")
    assert other.state["_labels"][0]["code"] == "overlap"
    talk.scheme = SCHEME.extended("repair")
    assert [code["name"] for code in other.state["_coding"]["codes"]] == ["request", "overlap", "repair"]
    assert pickle.loads(pickle.dumps(talk)).labels()


def test_what_others_write_into_the_folder_shows_after_refresh(
    pages: list[Page], talk: Talk, tmp_path: Path
) -> None:
    folder = talk.save(tmp_path / "p01")
    replay, page = replay_of(pages, read_talk(folder), coder="AB")
    assert page.state["_coding"]["saved"] is True
    read_talk(folder).label("request", seq=1, coder="CD")
    assert page.state["_labels"] == []
    replay.refresh()
    assert [label["coder"] for label in page.state["_labels"]] == ["CD"]


def test_what_is_labelled_lies_in_the_folder_at_once(pages: list[Page], talk: Talk, tmp_path: Path) -> None:
    folder = talk.save(tmp_path / "p01")
    _, page = replay_of(pages, read_talk(folder), coder="AB")
    page.says({"type": "label", "code": "request", "seq": 1})
    assert given(read_talk(folder)) == [(1, "request", "AB", 1, 114, 2263)]


def test_a_write_that_fails_is_said_and_nothing_seems_saved(
    pages: list[Page], talk: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = talk.save(tmp_path / "p01")
    read = read_talk(folder)
    _, page = replay_of(pages, read, coder="AB")

    def full(path: Path, text: str) -> None:
        raise OSError(28, "No space left on device", str(path))

    with monkeypatch.context() as full_disk:
        full_disk.setattr("voice_widget.recording.folder.write_whole", full)
        page.says({"type": "label", "code": "request", "seq": 1})
    assert "cannot be written" in refused(page)[0]
    assert (page.state["_labels"], read.labels()) == ([], [])
    # Undo has nothing to do with what never was.
    page.says({"type": "undo"})
    assert refused(page)[1:] == ["Nothing is left to undo."]
    page.says({"type": "label", "code": "request", "seq": 1})
    assert len(page.state["_labels"]) == 1


def test_a_folder_that_is_gone_is_said(pages: list[Page], talk: Talk, tmp_path: Path) -> None:
    folder = talk.save(tmp_path / "p01")
    _, page = replay_of(pages, read_talk(folder), coder="AB")
    shutil.rmtree(folder)
    page.says({"type": "label", "code": "request", "seq": 1})
    assert str(folder) in refused(page)[0]
    assert not folder.exists()


def test_a_folder_that_others_write_for_long_is_said(
    pages: list[Page], talk: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = talk.save(tmp_path / "p01")
    _, page = replay_of(pages, read_talk(folder), coder="AB")
    monkeypatch.setattr(stored, "_PATIENCE_S", 0)
    lock = Lock(folder, LABELS_LOCK)
    page.says({"type": "label", "code": "request", "seq": 1})
    lock.release()
    [error] = [message["error"] for message in answers(page, "label.failed")]
    assert error["code"] == StateError("", code="folder_taken").code
    assert "being written by somebody else" in error["message"]


def test_labels_that_cannot_be_read_are_named_and_the_rest_is_shown(
    pages: list[Page], talk: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = talk.save(tmp_path / "p01")
    read = read_talk(folder)

    def forbidden(_: Path) -> stored.Labels:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(stored, "read", forbidden)
    _, page = replay_of(pages, read)
    assert "cannot be read" in page.state["_coding"]["problem"]["message"]
    assert (page.state["_labels"], len(page.state["_shown"]["turns"])) == ([], 4)


def test_labels_without_a_place_in_the_talk_are_left_out(
    pages: list[Page], talk: Talk, tmp_path: Path
) -> None:
    folder = talk.save(tmp_path / "p01")
    lines = [
        '{"number": 1, "code": "request", "coder": "AB", "seq": 77}',
        '{"number": 2, "code": "request", "coder": "AB", "start_ms": 5, "end_ms": 99999}',
        '{"number": 3, "code": "of another scheme", "coder": "AB", "seq": 1}',
    ]
    (folder / LABELS).write_text("\n".join(lines) + "\n")
    _, page = replay_of(pages, read_talk(folder))
    assert [label["number"] for label in page.state["_labels"]] == [3]


def test_a_coder_needs_a_scheme(pages: list[Page]) -> None:
    with pytest.raises(SettingError, match="no scheme yet") as wrong:
        Talk.example().replay(coder="AB")
    assert (wrong.value.code, pages) == ("no_scheme", [])


def test_a_scheme_that_comes_with_the_coder_is_the_talks(pages: list[Page], talk: Talk) -> None:
    talk.label("request", seq=1)
    more = SCHEME.extended("repair")
    replay_of(pages, talk, coder=" AB ", scheme=more)
    assert talk.scheme == more
    with pytest.raises(SettingError, match="codes that this scheme has not: request"):
        talk.replay(coder="AB", scheme=Scheme("other"))
    assert talk.scheme == more


@pytest.mark.parametrize("key", ["i", "O", "[", "]", "+", "-", "=", "?"])
def test_a_key_of_the_replays_own_is_refused(pages: list[Page], key: str) -> None:
    talk = Talk.example()
    scheme = Scheme({"repair": Code(key=key)})
    with pytest.raises(SettingError) as wrong:
        talk.replay(coder="AB", scheme=scheme)
    assert wrong.value.code == "scheme_invalid"
    assert str(wrong.value).startswith(
        f"The code 'repair' has the key {key!r}, which a replay has for itself."
    )
    assert (talk.scheme, pages) == (None, [])
    # Who only looks presses no key.
    replay_of(pages, talk, scheme=scheme)


def test_a_scheme_with_such_a_key_that_comes_later_is_said(pages: list[Page], talk: Talk) -> None:
    _, page = replay_of(pages, talk, coder="AB")
    talk.scheme = Scheme({**SCHEME, "repair": Code(key="i")})
    assert "has the key 'i'" in refused(page)[0]
    assert len(page.state["_coding"]["codes"]) == 2


@pytest.mark.parametrize(
    "wrong", [{"coder": ""}, {"coder": 7}, {"coder": "AB", "scheme": ["a"]}, {"scheme": "a"}, {"colour": 1}]
)
def test_arguments_that_cannot_be_are_refused(pages: list[Page], talk: Talk, wrong: dict[str, Any]) -> None:
    with pytest.raises(VoiceWidgetError):
        talk.replay(**wrong)
    assert pages == []


@pytest.mark.parametrize("first", ["relabel", "unlabel"])
def test_undo_brings_no_note_back_that_a_redaction_took(
    pages: list[Page], tmp_path: Path, first: str
) -> None:
    talk = read_talk(Talk.example().save(tmp_path / "talk"))
    talk.scheme = SCHEME
    number = talk.label("request", seq=2, coder="AB", note="her secret words")
    _, page = replay_of(pages, talk, coder="AB")
    page.says({"type": first, "number": number, "note": "another"})
    talk.redact(2)
    page.says({"type": "undo"})
    assert [(x.seq, x.note) for x in talk.labels()] == [(2, "")]
    assert "secret" not in (tmp_path / "talk" / LABELS).read_text()


def test_what_changes_nothing_is_nothing_to_undo(pages: list[Page], talk: Talk) -> None:
    _, page = replay_of(pages, talk, coder="AB")
    page.says({"type": "label", "code": "overlap", "start_ms": 100, "end_ms": 200})
    for _ in range(3):
        page.says({"type": "relabel", "number": 1, "start_ms": 110, "end_ms": 200})
    page.says({"type": "undo"})
    assert given(talk) == [(1, "overlap", "AB", None, 100, 200)]
