"""A widget that records: what is kept while it runs, and what becomes of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from voice_widget import (
    RecordingError,
    ScriptedService,
    SettingError,
    StateError,
    Talk,
    VoiceWidget,
    read_talk,
)
from voice_widget.realtime.state.clock import iso
from voice_widget.tables.schema import TABLES as SCHEMA

SCRIPT = [{"hear": "hello", "say": "Hello to you, my friend."}]
TABLES = ("transcript_df", "events_df", "tool_calls_df", "metrics_df", "words_df")


@contextlib.contextmanager
def talking(**options: Any) -> Iterator[VoiceWidget]:
    widget = VoiceWidget(service=ScriptedService(SCRIPT), transport="memory", **options)
    try:
        yield widget
    finally:
        widget.close()


async def talk(widget: VoiceWidget) -> None:
    """Connect, speak, and hear what is answered to its end."""
    answer = widget.next_turn("assistant")
    await widget.connect()
    await widget.play((np.sin(np.arange(24_000) / 10) * 8000).astype(np.int16), 24_000)
    await answer


async def test_what_is_recorded_is_read_again_as_it_was(tmp_path: Path) -> None:
    with talking(record=tmp_path / "talk", pseudonyms={"user": "P07"}) as widget:
        assert widget.recording == "recording"
        await talk(widget)
        await widget.disconnect()
        before, events = widget.transcript_df, widget.events_df
        assert before.level_db.notna().tolist() == [False, True]  # the double has a clock of its own
        live = read_talk(tmp_path / "talk")
        assert live.running
        assert not live.cut
        sound, rate = widget.audio()
        assert (rate, sound.shape[1], sound.dtype) == (24_000, 2, np.int16)
        assert sound[:, 0].any()
    again = read_talk(tmp_path / "talk")
    assert again.transcript_df.equals(before)
    assert again.events_df.equals(events)
    assert (again.running, again.cut, again.problems) == (False, False, ())
    assert [one.speaker for one in again.utterances()] == ["P07", "assistant"]
    assert again.manifest["transport"] == "memory"
    assert again.manifest["settings"]["type"] == "realtime"


@pytest.mark.parametrize("record", [True, False])
async def test_costs_are_kept_with_the_prices_that_they_are_reckoned_by(record: bool, tmp_path: Path) -> None:
    asked = {"transcription": {"model": "scripted"}, "prices": {"scripted": {"minute": 6.0}}}
    with talking(record=record, **asked) as widget:
        await talk(widget)
        live = widget.metrics_df
        assert live["cost"].dropna().tolist() == [pytest.approx(live["audio_seconds"].dropna()[0] * 0.1)]
        saved = read_talk(widget.save(tmp_path / "talk"))
        assert saved.metrics_df.equals(live)
        saved.redact(1)
        assert saved.metrics_df["cost"].equals(live["cost"])


async def test_every_table_is_there_for_arrow_live_and_read_again(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    with talking(record=tmp_path / "talk") as widget:
        await talk(widget)
        await widget.disconnect()
        live = {name: widget.to_arrow(name) for name in SCHEMA}
        assert live["recording"].num_rows == len(widget.recording_df) > 0
        again = read_talk(tmp_path / "talk")
        assert {name: again.to_arrow(name) for name in SCHEMA} == live
        for whose in (widget, again):
            with pytest.raises(SettingError, match="There is no table 'wrods'") as unknown:
                whose.to_arrow("wrods")  # type: ignore[arg-type]
            assert unknown.value.next_step == "Did you mean 'words'?"


async def test_a_temporary_recording_goes_with_its_widget_unless_it_is_saved(tmp_path: Path) -> None:
    with talking(record=True) as widget:
        await talk(widget)
        folder = widget._wiring.kept().folder
        assert folder.stat().st_mode & 0o777 == 0o700
        widget.save(tmp_path / "kept")
        rows = widget.transcript_df
    assert not folder.exists()
    assert read_talk(tmp_path / "kept").transcript_df.equals(rows)
    assert read_talk(tmp_path / "kept").audio()[0].any()


async def test_a_talk_that_was_not_recorded_is_saved_without_sound(tmp_path: Path) -> None:
    with talking() as widget:
        assert widget.recording == ""
        await talk(widget)
        again = read_talk(widget.save(tmp_path / "talk"))
        assert again.transcript_df.equals(widget.transcript_df)
        assert widget.recording_df.empty
        assert widget.to_srt(tmp_path / "talk.srt").read_text().count("-->") == 2
        for ask in (widget.audio, lambda: widget.clip(1), widget.stream_audio, widget.forget):
            with pytest.raises(StateError, match="records no sound") as refused:
                ask()
            assert "record=True" in str(refused.value.next_step)
        with pytest.raises(StateError, match="Nothing is being recorded"):
            await widget.pause_recording()
    with pytest.raises(RecordingError) as missing:
        again.audio()
    assert missing.value.code == "not_recorded"


async def test_without_sound_the_reason_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "talk"
    with talking(record=folder) as widget:
        with pytest.raises(RecordingError, match=f"in {folder}: there was no call") as early:
            widget.audio()
        assert (early.value.code, early.value.next_step) == ("not_recorded", "Call first.")
        await widget.join("rtc_1")
        with pytest.raises(StateError, match="A call that was joined has no sound of ours") as apart:
            widget.stream_audio()
        assert apart.value.code == "no_sound"
        await widget.disconnect()
        for ask in (widget.audio, lambda: widget.to_wav(tmp_path / "talk.wav"), read_talk(folder).audio):
            with pytest.raises(RecordingError, match="a call that was joined has none of ours"):
                ask()
        await talk(widget)
        assert widget.audio()[0].any()
        widget.forget()
        for ask in (widget.audio, widget.stream_audio, widget.forget):
            with pytest.raises(StateError, match="The recording was deleted") as gone:
                ask()
            assert gone.value.code == "not_recording"


async def test_who_listens_live_gets_both_sides_until_the_call_ends(tmp_path: Path) -> None:
    with talking(record=True) as widget:
        blocks: list[np.ndarray[Any, Any]] = []

        async def listen(stream: AsyncIterator[Any]) -> None:
            blocks.extend([block async for block in stream])

        listening = asyncio.create_task(listen(widget.stream_audio()))
        await talk(widget)
        await widget.disconnect()
        await asyncio.wait_for(listening, 10)
        heard = np.concatenate(blocks)
        assert (heard.shape[1], heard.dtype) == (2, np.int16)
        assert heard[:, 1].any()


async def test_while_it_is_paused_there_is_silence_and_it_is_told(tmp_path: Path) -> None:
    with talking(record=tmp_path / "talk") as widget:
        await widget.pause_recording()
        assert widget.recording == "paused"
        await talk(widget)
        assert not widget.audio()[0].any()
        assert {"paused"} <= {*widget.recording_df.kind}
        await widget.resume_recording()
        assert widget.recording == "recording"


async def test_a_turn_that_is_redacted_is_nowhere_any_more(tmp_path: Path) -> None:
    with talking(record=tmp_path / "talk") as widget:
        await talk(widget)
        for table in TABLES:  # they are kept until there is something new
            getattr(widget, table)
        unreached = await widget.redact(2)
        for what in ("service", "forked"):
            assert any(what in each for each in unreached)
        row = widget.transcript_df.iloc[1]
        assert (row.text, row.text_heard) == ("", "")
        assert not widget.audio(2)[0].any()
        assert not [table for table in TABLES if "friend" in getattr(widget, table).to_csv()]
        assert "friend" not in json.dumps(widget.get_state(), default=str)
        with pytest.raises(SettingError) as refused:
            await widget.redact(9)
        assert refused.value.code == "unknown_turn"
    texts = [path.read_text() for path in (tmp_path / "talk").glob("*.json*")]
    assert not any("friend" in text for text in texts)
    assert any("hello" in text for text in texts)


def said_in(folder: Path) -> str:
    return "".join(path.read_text() for path in folder.glob("*.json*"))


@pytest.mark.parametrize("when", ["closed", "failed"])
async def test_what_is_not_written_any_more_is_redacted_too(tmp_path: Path, when: str) -> None:
    folder = tmp_path / "talk"
    with talking(record=folder) as widget:
        await talk(widget)
        if when == "closed":
            widget.close()
        else:
            fail(widget)
        assert "friend" in said_in(folder)
        await widget.redact(2)
        assert "friend" not in said_in(folder)
        assert "hello" in said_in(folder)
        assert read_talk(folder).manifest["redacted"] == [2]


def fail(widget: VoiceWidget) -> None:
    """The disk is full."""
    recorder = widget._wiring.kept()
    recorder.flush()
    recorder._fail(OSError(28, "No space left on device"))
    recorder.flush()


async def test_what_was_said_after_a_recording_failed_is_kept_when_it_is_saved(tmp_path: Path) -> None:
    with talking(record=tmp_path / "talk") as widget:
        await talk(widget)
        fail(widget)
        answered = widget.next_turn("assistant")
        await widget.send_text("Are you still there?")
        await answered
        await widget.disconnect()
        assert widget.recording == "failed"
        assert len(widget.transcript_df) == 4
        again = read_talk(widget.save(tmp_path / "saved"))
        assert again.transcript_df.equals(widget.transcript_df)
        assert again.events_df.equals(widget.events_df)
        assert again.cut
        assert again.audio()[0].any()
        widget.to_jsonl(tmp_path / "talk.jsonl")
        assert "still there" in (tmp_path / "talk.jsonl").read_text()


async def test_of_a_recording_that_was_moved_it_is_said_that_it_is_gone(tmp_path: Path) -> None:
    folder = tmp_path / "talk"
    with talking(record=folder) as widget:
        await talk(widget)
        widget._wiring.kept().flush()
        folder.rename(tmp_path / "elsewhere")
        for ask in (widget.audio, lambda: widget.to_wav(tmp_path / "talk.wav")):
            with pytest.raises(RecordingError, match=r"not in .* any more") as gone:
                ask()
            assert gone.value.code == "sound_missing"
        assert len(widget.transcript_df) == 2
        assert len(read_talk(widget.save(tmp_path / "saved")).transcript_df) == 2


async def test_nobody_forgets_reads_or_redacts_what_another_one_has_put_there(tmp_path: Path) -> None:
    folder = tmp_path / "talk"
    with talking(record=folder) as first:
        await talk(first)
        first.forget()
        other = VoiceWidget(service=ScriptedService(SCRIPT), transport="memory", record=folder)
        await talk(other)
        with pytest.raises(StateError) as held:
            read_talk(folder).forget()
        assert held.value.code == "folder_taken"
        await first.redact(2)
        for ask in (first.forget, first.audio):
            with pytest.raises(StateError):
                ask()
        await other.disconnect()
        assert other.audio()[0].any()
        assert "friend" in said_in(folder)
        other.close()


async def test_what_is_forgotten_is_gone_and_the_talk_goes_on(tmp_path: Path) -> None:
    with talking(record=tmp_path / "talk") as widget:
        stream = widget.stream_audio()
        await talk(widget)
        assert widget.forget() == ()
        assert [block async for block in stream], "who listens gets what there was, and waits for no more"
        with pytest.raises(StateError, match="The recording was deleted"):
            widget.stream_audio()
        assert not (tmp_path / "talk").exists()
        assert widget.recording == ""
        assert len(widget.transcript_df) == 2
        widget.save(tmp_path / "rest")
    assert not (tmp_path / "talk").exists()


def test_two_widgets_never_write_one_folder(tmp_path: Path) -> None:
    with talking(record=tmp_path / "talk"):
        with pytest.raises(StateError) as refused:
            VoiceWidget(service=ScriptedService(SCRIPT), transport="memory", record=tmp_path / "talk")
        assert refused.value.code == "folder_taken"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"record": 5}, "True, False or a folder"),
        ({"record": ""}, "True, False or a folder"),
        ({"consent": "Yes?"}, "nothing is recorded"),
        ({"pseudonyms": {"user": "P"}}, "nothing is recorded"),
        ({"record": True, "consent": " "}, "the text that a person agrees to"),
        ({"record": True, "consent": "May we?"}, "no page"),
        ({"record": True, "consent": {"text": "May we?", "answer": "declined"}}, "not recorded"),
        (
            {"record": True, "consent": {"text": "May we?", "answer": "yes"}},
            "the text that a person agrees to",
        ),
        ({"record": True, "consent": {"answer": "agreed"}}, "the text that a person agrees to"),
        ({"record": True, "consent": {"text": "May we?", "answer": "agreed", "at": "now"}}, "the text"),
        ({"record": True, "consent": {"text": "May we?", "answer": "agreed", "at": 1.7e9}}, "the text"),
        (
            {"record": True, "consent": {"text": "May we?", "answer": "agreed", "at": datetime.min}},
            "the text",
        ),
        ({"record": True, "consent": {"text": "May we?", "form": 12}}, "the text that a person agrees to"),
        ({"record": True, "consent": {"text": "May we?"}}, "no page"),
        ({"record": True, "pseudonyms": {"agent": "A"}}, "user and assistant"),
        ({"record": True, "pseudonyms": {"user": ""}}, "user and assistant"),
    ],
)
def test_what_cannot_be_recorded_is_refused_with_a_sentence(options: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingError, match=says) as refused:
        VoiceWidget(service=ScriptedService(SCRIPT), transport="memory", **options)
    assert refused.value.next_step


@pytest.mark.parametrize("at", ["2023-11-14T23:13:20+01:00", datetime.fromtimestamp(1.7e9, UTC), None])
async def test_who_has_agreed_elsewhere_is_recorded_without_a_page(tmp_path: Path, at: Any) -> None:
    given = {"text": "May we?", "answer": "agreed", **({} if at is None else {"at": at})}
    before = iso(time.time())
    with talking(record=tmp_path / "talk", consent=given) as widget:
        assert widget.consent is not None
        assert (widget.consent["text"], widget.consent["answer"]) == ("May we?", "agreed")
        if at is None:
            assert before <= widget.consent["at"] <= iso(time.time())
        else:
            assert widget.consent["at"] == "2023-11-14T22:13:20.000+00:00"
        await talk(widget)
        forked = widget.fork(1)
        assert forked.consent == widget.consent
        forked.close()
        told = dict(widget.consent)
    assert read_talk(tmp_path / "talk").manifest["consent"] == told


EXPORTS = ("vtt", "srt", "textgrid", "eaf", "rttm", "tsv", "jsonl", "html", "wav")


async def test_a_talk_that_goes_on_is_exported_as_far_as_it_is(tmp_path: Path) -> None:
    with talking(record=True) as widget:
        await talk(widget)
        for name in EXPORTS:
            path = getattr(widget, f"to_{name}")(tmp_path / "deep" / f"talk.{name}")
            assert path.stat().st_size > 40, name
        assert "friend." in (tmp_path / "deep" / "talk.vtt").read_text()
        clips = widget.to_wav(tmp_path / "clips", clips=True)
        assert sorted(path.name for path in clips.iterdir()) == ["001-user.wav", "002-assistant.wav"]
        spans = widget.to_otel(tmp_path / "talk.otel.json")
        assert json.loads((tmp_path / "talk.otel.json").read_text()) == spans
        (tmp_path / "file").write_text("")
        with pytest.raises(RecordingError) as refused:
            widget.to_vtt(tmp_path / "file" / "talk.vtt")
        assert refused.value.code == "export_failed"


async def test_a_talk_that_goes_on_from_this_one_is_recorded_in_a_folder_of_its_own(tmp_path: Path) -> None:
    with talking(record=tmp_path / "talk", pseudonyms={"user": "P07"}) as widget:
        await talk(widget)
        forked = widget.fork(1)
        try:
            assert forked.recording == "recording"
            assert forked._wiring.kept().folder != widget._wiring.kept().folder
            assert forked.history == [{"role": "user", "content": "hello"}]
            again = VoiceWidget(service=ScriptedService(SCRIPT), transport="memory", history=forked)
            again.close()
        finally:
            forked.close()
    saved = read_talk(tmp_path / "talk")
    with talking(history=saved) as later:
        assert [message["content"] for message in later.history] == ["hello", "Hello to you, my friend."]


async def test_a_talk_that_went_on_from_one_is_read_again_with_what_was_before(tmp_path: Path) -> None:
    before = [{"role": "user", "content": "My name is Ann."}, {"role": "assistant", "content": "Hello, Ann."}]
    with talking(record=tmp_path / "talk", history=before) as widget:
        await talk(widget)
        live, saved = widget.messages(), read_talk(widget.save(tmp_path / "saved"))
    assert live[:3] == [*before, {"role": "user", "content": "hello"}]
    for again in (read_talk(tmp_path / "talk"), saved):
        assert (again.history, again.messages()) == (before, live)
        assert again.messages(upto=1) == live[:3]
        assert again.transcript_df["text"].tolist() == ["hello", "Hello to you, my friend."]
        again.history[0]["content"] = "else"
        with talking(history=again) as later:
            assert later.history == live
    assert Talk.example().history == []
