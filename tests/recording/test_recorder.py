"""What is recorded is on the disk at once, and what goes wrong there is the recording's end alone."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path

import numpy as np
import pytest

from tests.recording.talks import BEGAN, Recorded, lines, tone
from voice_widget.errors import RecordingError, SettingError, StateError
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.state.clock import iso
from voice_widget.recording import folder as files
from voice_widget.recording import recorder as recording
from voice_widget.recording.recorder import Recorder
from voice_widget.recording.talk import read_talk
from voice_widget.tables.event_log import Line
from voice_widget.threads.lane import RECORDER_THREAD

ROOT = Path(__file__).parents[2]


def until(true: Callable[[], object], seconds: float = 100.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.01)


@pytest.fixture
def made() -> Iterator[Callable[..., Recorded]]:
    all_made: list[Recorded] = []

    def make(folder: Path | None, **named: object) -> Recorded:
        all_made.append(Recorded(folder, **named))
        return all_made[-1]

    yield make
    for one in all_made:
        one.recorder._stop(60)
        if one.recorder.temporary:
            shutil.rmtree(one.folder, ignore_errors=True)


Make = Callable[..., Recorded]

# --- a process that is killed ---

CHILD = """
import sys
from pathlib import Path
from tests.recording.talks import Recorded, tone
recorded = Recorded(Path(sys.argv[1]))
recorded.talk()
print(recorded.ms, flush=True)
while sys.argv[2] == "on":
    recorded.talk()
sys.stdin.read()
"""


def child(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def killed(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def test_what_was_given_outlives_its_process(tmp_path: Path):
    """Nobody flushes and nobody closes: what was given is on the disk, and stays there."""
    folder = tmp_path / "p01"
    process = child(CHILD, folder, "wait")
    assert process.stdout is not None
    given = int(process.stdout.readline())
    until(
        lambda: (
            len(read_talk(folder).rows) == 4 and read_talk(folder).samples == given * RATE // 1000 - RATE // 2
        )
    )
    assert read_talk(folder).running
    killed(process)
    talk = read_talk(folder)
    assert (talk.running, talk.cut, talk.problems) == (False, True, ())
    assert [row["text"] for row in talk.rows] == [
        "How many are there?",
        "There are three.",
        "And now?",
        "Four, I think.",
    ]
    assert all(row["status"] == "completed" for row in talk.rows)
    for seq, hz in enumerate((300, 500, 300, 500), 1):
        assert np.array_equal(talk.audio(seq)[0][:, (seq - 1) % 2], tone(RATE, hz))
    for side in ("user", "assistant"):
        last = [piece for piece in talk.pieces if piece.side == side][-1]
        assert (last.kind, last.reason, last.end) == ("gap", "cut", talk.samples)
    saved = read_talk(talk.save(tmp_path / "saved"))
    assert (saved.cut, saved.rows, saved.problems) == (True, talk.rows, ())
    assert np.array_equal(saved.audio()[0], talk.audio()[0])


def test_one_that_is_killed_while_it_writes_leaves_no_half_truth(tmp_path: Path):
    folder = tmp_path / "p01"
    process = child(CHILD, folder, "on")
    until(lambda: (folder / "pieces.jsonl").is_file() and (folder / "pieces.jsonl").stat().st_size > 30_000)
    killed(process)
    talk = read_talk(folder)
    assert (talk.cut, talk.problems) == (True, ())
    assert len(talk.rows) > 20
    known = {"How many are there?", "There are three.", "And now?", "Four, I think."}
    assert {row["text"] for row in talk.rows if row["status"] == "completed"} == known
    samples = talk.audio()[0]
    wanted = {"user": tone(RATE, 300), "assistant": tone(RATE, 500)}
    whole = [piece for piece in talk.pieces if piece.kind == "sound"]
    assert len(whole) > 20
    for piece in whole:
        column = samples[piece.start : piece.end, ("user", "assistant").index(piece.side)]
        assert np.array_equal(column, wanted[piece.side][: piece.samples])


# --- a disk that fails ---

LIMITED = """
import resource, sys
from pathlib import Path
from tests.recording.talks import Recorded, tone
from voice_widget.realtime.sound.formats import RATE
for name, most in (("while it runs", 400_000), ("at its end", 800_000)):
    told = []
    recorded = Recorded(Path(sys.argv[1]) / name, form="wav", on_failure=told.append)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    for _ in range(3):
        recorded.user("Hello.", tone(5 * RATE))
    recorded.recorder.flush()
    try:
        recorded.end()
        print("ended")
    except Exception as error:
        print(error.code, len(told), recorded.recorder.failed is told[0], str(told[0]))
    recorded.recorder.close()
"""


def test_a_full_disk_ends_the_recording(tmp_path: Path):
    """A file cannot grow any more: that of the user's sound, or the one into which both sides are put."""
    told, _ = child(LIMITED, tmp_path).communicate(timeout=60)
    assert len(told.splitlines()) == 2
    for report, name, seconds in zip(
        told.splitlines(), ("while it runs", "at its end"), (8, 15), strict=True
    ):
        assert report.startswith("recording_failed 1 True The recording into")
        assert "File too large" in report
        talk = read_talk(tmp_path / name)
        assert (talk.cut, talk.problems) == (name == "while it runs", ())
        assert talk.samples >= seconds * RATE
        assert np.array_equal(talk.audio()[0][: 5 * RATE, 0], tone(5 * RATE))
        assert len(talk.rows) >= 1
        assert not (tmp_path / name / "audio.wav").exists()
        assert not list((tmp_path / name).glob("*.part"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("name", ["user.pcm", "events.jsonl", "pieces.jsonl"])
def test_no_space_left(made: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    told: list[RecordingError] = []
    recorded = made(tmp_path / "p01", on_failure=told.append)
    recorded.talk()
    assert recorded.recorder.flush()
    monkeypatch.setattr(recording, "LOOK_S", float("inf"))
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, recorded.recorder._files[name].fileno())
    os.close(full)
    recorded.user("More.")
    assert recorded.recorder.flush()
    (error,) = told
    assert error.code == "recording_failed"
    assert "No space left on device" in error.message
    assert error.next_step.startswith("Make room, or give another folder; ")
    assert "The call goes on" in error.message
    rows = len(recorded.session.rows)
    recorded.user("And more.")
    assert len(recorded.session.rows) == rows + 1, "the talk goes on"
    assert len(told) == 1
    with pytest.raises(RecordingError):
        recorded.recorder.end().result(60)
    talk = read_talk(recorded.folder)
    assert talk.cut
    assert [row["text"] for row in talk.rows][:4] == [row["text"] for row in recorded.session.rows][:4]


@pytest.mark.parametrize("how", ["removed", "moved", "another", "a file of it"])
def test_a_folder_that_is_gone(made: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str):
    told: list[RecordingError] = []
    recorded = made(tmp_path / "p01", on_failure=told.append)
    recorded.talk()
    assert recorded.recorder.flush()
    monkeypatch.setattr(recording, "LOOK_S", 0.0)
    if how == "removed":
        shutil.rmtree(recorded.folder)
    elif how == "a file of it":
        (recorded.folder / "assistant.pcm").unlink()
    else:
        recorded.folder.rename(tmp_path / "elsewhere")
        if how == "another":
            shutil.copytree(tmp_path / "elsewhere", recorded.folder)
    recorded.user("More.")
    assert recorded.recorder.flush()
    assert [error.code for error in told] == ["recording_failed"]
    assert ("moved or deleted" in told[0].message) == (how in ("removed", "moved"))
    assert "Make room" not in told[0].next_step
    if how in ("moved", "another"):
        assert len(read_talk(tmp_path / "elsewhere").rows) == 4


@pytest.mark.skipif(sys.platform == "win32", reason="it has other modes")
def test_a_folder_that_becomes_read_only(made: Make, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(recording, "LOOK_S", 0.0)
    folder = Path(tempfile.mkdtemp())
    told: list[RecordingError] = []
    root = os.geteuid() == 0
    try:
        if root:  # modes are nothing to root: for a moment this is nobody
            os.chown(folder, 65534, 65534)
            os.setresuid(65534, 65534, 0)
        recorded = made(folder, on_failure=told.append)
        recorded.user("Hello.")
        assert recorded.recorder.flush()
        assert told == []
        folder.chmod(0o555)
        recorded.user("More.")
        assert recorded.recorder.flush()
        assert [error.code for error in told] == ["recording_failed"]
        assert "read-only" in told[0].message
        assert told[0].next_step.startswith("Let yourself write it, or give another folder; ")
        assert read_talk(folder).rows[0]["text"] == "Hello."
        with pytest.raises(RecordingError) as refused:
            Recorder(folder / "below")
        assert refused.value.code == "recording_failed"
        assert refused.value.message.startswith("Nothing can be recorded into ")
        assert refused.value.next_step == "Let yourself write it, or give another folder."
    finally:
        if root:
            os.setresuid(0, 0, 0)
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_a_disk_that_is_too_slow(made: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Memory does not grow with it."""
    told: list[RecordingError] = []
    recorded = made(tmp_path / "p01", on_failure=told.append)
    monkeypatch.setattr(recording, "BACKLOG", 100_000)
    goes_on = threading.Event()
    recorded.recorder._lane.put(lambda: goes_on.wait(30) and None)
    for number in range(20):
        recorded.sound("user", tone(RATE // 2), 500 * number)
    assert ["too slow" in error.message for error in told] == [True]
    assert recorded.recorder._lane.waiting < 30
    goes_on.set()
    assert recorded.recorder.flush()


def test_what_is_no_fault_of_the_disk_ends_it_too(made: Make, tmp_path: Path):
    told: list[RecordingError] = []
    recorded = made(tmp_path / "p01", on_failure=told.append)
    recorded.recorder.sound("memory", "user", 0, np.array(["no sound"], object), BEGAN)
    assert recorded.recorder.flush()
    assert [error.code for error in told] == ["recording_failed"]


# --- who writes where ---


def test_two_never_write_one_folder(made: Make, tmp_path: Path):
    recorded = made(tmp_path / "p01")
    with pytest.raises(StateError, match="another widget writes it") as taken:
        Recorder(tmp_path / "p01")
    assert taken.value.code == "folder_taken"
    recorded.end()
    with pytest.raises(StateError, match="another recording is in it"):
        Recorder(tmp_path / "p01")


@pytest.mark.parametrize("temporary", [False, True])
def test_what_could_not_begin_is_not_in_the_way_of_the_next_try(
    made: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, temporary: bool
):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(files, "write_manifest", full)
    with pytest.raises(RecordingError, match="No space left on device"):
        Recorder(None if temporary else tmp_path / "p01")
    monkeypatch.undo()
    assert [path.name for path in tmp_path.rglob("*")] == ([] if temporary else ["p01"])
    assert made(tmp_path / "p01").recorder.failed is None


def test_what_else_is_in_a_folder_is_left_alone(tmp_path: Path):
    (tmp_path / "thesis.tex").write_text("x")
    for path in (tmp_path, tmp_path / "thesis.tex"):
        with pytest.raises(StateError) as taken:
            Recorder(path)
        assert taken.value.code == "folder_taken"
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_form_that_there_is_not(tmp_path: Path):
    with pytest.raises(SettingError):
        Recorder(tmp_path / "p01", form="mp3")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_temporary_one_is_private_and_goes_with_its_widget(made: Make, tmp_path: Path):
    recorded = made(None)
    recorded.talk()
    assert recorded.recorder.flush()
    assert stat.S_IMODE(recorded.folder.stat().st_mode) == 0o700
    saved = read_talk(recorded.folder).save(tmp_path / "kept")
    recorded.recorder.close()
    assert not recorded.folder.exists()
    assert read_talk(saved).rows == recorded.session.rows
    recorded.recorder.close()


def test_one_that_is_not_temporary_ends_and_stays(made: Make, tmp_path: Path):
    recorded = made(tmp_path / "deep" / "p01")
    recorded.talk()
    recorded.recorder.close()
    recorded.recorder.close()
    talk = read_talk(recorded.folder)
    assert (talk.running, talk.cut, talk.samples) == (False, False, int(5.5 * RATE))
    recorded.recorder.end().result(1)
    thread = recorded.recorder._lane.thread
    assert thread is not None
    assert thread.name == RECORDER_THREAD
    thread.join(60)
    assert not thread.is_alive()


def test_forgotten_it_is_gone(made: Make, tmp_path: Path):
    recorded = made(tmp_path / "p01")
    recorded.talk()
    assert recorded.recorder.forget() == ()
    assert not recorded.folder.exists()
    recorded.talk()
    assert recorded.recorder.failed is None


# --- what is written ---


def test_what_sounds_in_a_pause_is_on_no_disk(made: Make, tmp_path: Path):
    recorded = made(tmp_path / "p01")
    recorded.user("Before.")
    recorded.recorder.pause()
    assert recorded.recorder.paused
    secret = np.full(RATE, 12_345, np.int16)
    recorded.user("Within.", secret)
    recorded.recorder.resume()
    recorded.user("Behind.")
    recorded.end()
    talk = read_talk(recorded.folder)
    samples = talk.audio()[0][:, 0]
    assert not samples[RATE : 2 * RATE].any()
    assert np.array_equal(samples[2 * RATE :], tone(RATE))
    kinds = [(piece.kind, piece.start) for piece in talk.pieces if piece.side == "user"]
    assert kinds == [("sound", 0), ("paused", RATE), ("sound", 2 * RATE)]
    assert [row["text"] for row in talk.rows] == ["Before.", "Within.", "Behind."]


def test_calls_lie_where_their_clocks_do(made: Make, tmp_path: Path):
    recorded = made(tmp_path / "p01")
    recorded.recorder.flush()
    assert json.loads((recorded.folder / "manifest.json").read_text())["calls"] == []
    recorded.recorder.sound("page", "user", 96_000, tone(RATE), BEGAN + 5, "page call")
    holes = [{"start": 48_000, "samples": 2400, "reason": "dropped"}]
    recorded.recorder.sound("other", "user", 24_000, tone(RATE), BEGAN + 8, "another", holes)
    recorded.end()
    talk = read_talk(recorded.folder)
    assert {call["call_id"]: call["offset_ms"] for call in talk.manifest["calls"]} == {
        "page call": 0.0,
        "another": 6000.0,
    }
    user = [(piece.kind, piece.start, piece.reason) for piece in talk.pieces if piece.side == "user"]
    assert user == [
        ("gap", 0, None),
        ("sound", 4 * RATE, None),
        ("gap", 5 * RATE, None),
        ("sound", 7 * RATE, None),
        ("gap", 8 * RATE, "dropped"),
    ]


def test_it_begins_with_the_first_call_however_long_its_widget_waits(tmp_path: Path):
    recorder = Recorder(tmp_path / "p01", clock=lambda: BEGAN)
    for at in (BEGAN + 3600, BEGAN + 3700):
        recorder.event(
            Line(at, "local", "voice_widget.call.connecting", None, '{"transport": "memory"}', None)
        )
    recorder.sound("page", "user", 0, tone(RATE), BEGAN + 3702, "c")
    recorder.close()
    talk = read_talk(tmp_path / "p01")
    assert talk.manifest["created_at"] == iso(BEGAN + 3600)
    assert [piece.start for piece in talk.pieces if piece.kind == "sound"] == [101 * RATE]


def test_holes_are_gaps_and_move_nothing(made: Make, tmp_path: Path):
    recorded = made(tmp_path / "p01")
    part = tone(1000)
    part[200:300] = 0
    holes = [
        {"start": 4900, "samples": 100, "reason": "dropped"},
        {"start": 5200, "samples": 100, "reason": "late"},
        {"start": 6000, "samples": 500, "reason": "paused"},
    ]
    recorded.recorder.sound("page", "user", 4000, tone(900), BEGAN + 1, "c")
    recorded.recorder.sound("page", "user", 5000, part, BEGAN + 2, "c", holes)
    recorded.end()
    talk = read_talk(recorded.folder)
    first, *pieces = [piece for piece in talk.pieces if piece.side == "user"]
    begins = first.samples
    assert begins == RATE - 900
    assert [(x.kind, x.start - begins, x.samples, x.reason) for x in pieces] == [
        ("sound", 0, 900, None),
        ("gap", 900, 100, "dropped"),
        ("sound", 1000, 200, None),
        ("gap", 1200, 100, "late"),
        ("sound", 1300, 700, None),
        ("paused", 2000, 500, "paused"),
    ]
    assert np.array_equal(talk.audio()[0][begins + 1000 : begins + 2000, 0], part)


def test_sound_that_may_lie_beside_its_place_says_so(made: Make, tmp_path: Path):
    recorded = made(tmp_path / "p01")
    for i, alignment in enumerate(("aligned", "unaligned", "unaligned", "aligned")):
        recorded.recorder.sound("page", "user", 900 * i, tone(900), BEGAN + 1, "c", alignment=alignment)
    recorded.end()
    talk = read_talk(recorded.folder)
    sound = [piece for piece in talk.pieces if piece.side == "user" and piece.kind == "sound"]
    assert [(piece.start - sound[0].start, piece.samples, piece.reason) for piece in sound] == [
        (0, 900, None),
        (900, 1800, "unaligned"),
        (2700, 900, None),
    ]
    assert "unaligned" in set(talk.recording_df["reason"].dropna())


def test_sound_whose_place_is_not_known_yet_is_kept_wherever_that_ends(made: Make, tmp_path: Path):
    """Killed, paused, left by its page, ended: what came is there; and at its place, if that was told."""
    recorded = made(tmp_path / "p01")
    said, more = tone(RATE), tone(RATE, 500)
    sound, folder = recorded.recorder.sound, recorded.folder

    def user() -> list[tuple[str, int, int, str | None]]:
        recorded.recorder.flush()
        pieces = [piece for piece in read_talk(folder).pieces if piece.side == "user"]
        return [(piece.kind, piece.start, piece.end, piece.reason) for piece in pieces]

    sound("page", "user", 0, said, BEGAN + 1, "c", alignment="pending")
    assert user() == [("sound", 0, RATE, "unaligned")]
    assert np.array_equal(read_talk(folder).audio()[0][:, 0], said)
    sound("page", "user", 0, said[600:], BEGAN + 1, "c")
    assert user() == [("sound", 0, RATE - 600, None)]
    assert np.array_equal(read_talk(folder).audio()[0][:, 0], said[600:])
    sound("page", "user", RATE, more, BEGAN + 2, "c", alignment="pending")
    recorded.recorder.pause()
    sound("page", "user", RATE - 600, more, BEGAN + 2, "c")
    recorded.recorder.resume()
    sound("page", "user", 2 * RATE, said, BEGAN + 3, "c", alignment="pending")
    sound("next page", "user", 0, said, BEGAN + 4, "c", alignment="pending")
    recorded.end()
    assert user() == [
        ("sound", 0, RATE - 600, None),
        ("paused", RATE - 600, RATE, None),
        ("sound", RATE, 4 * RATE, "unaligned"),
    ]
    samples = read_talk(folder).audio()[0][:, 0]
    assert not samples[RATE - 600 : RATE].any()
    assert np.array_equal(samples[RATE:], np.concatenate([more, said, said]))


def test_who_is_killed_where_what_is_pending_is_settled_has_lost_none_of_it(
    made: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    recorded = made(tmp_path / "p01")
    recorded.recorder.sound("page", "user", 0, tone(RATE), BEGAN + 1, "c")
    for second in range(1, 4):
        recorded.recorder.sound(
            "page", "user", second * RATE, tone(RATE), BEGAN + 1, "c", alignment="pending"
        )
    recorded.recorder.flush()
    whole, append = list[int](), files.append

    def watched(file: FileIO, data: bytes) -> None:
        append(file, data)
        sounds = [piece for piece in read_talk(recorded.folder).pieces if piece.kind == "sound"]
        whole.append(sum(piece.samples for piece in sounds))

    monkeypatch.setattr(files, "append", watched)
    recorded.recorder.pause()
    recorded.recorder.flush()
    assert whole
    assert set(whole) == {4 * RATE}


def test_what_was_asked_and_answered_is_a_fact(made: Make, tmp_path: Path):
    recorded = made(tmp_path / "p01")
    consent = {"text": "May we record?", "answer": "agreed", "at": iso(BEGAN)}
    recorded.recorder.consented(consent)
    recorded.recorder.microphone({"echoCancellation": True})
    recorded.end()
    manifest = read_talk(recorded.folder).manifest
    assert (manifest["consent"], manifest["microphone"]) == (consent, {"echoCancellation": True})


def test_pieces_that_come_late_fill_their_gaps(made: Make, tmp_path: Path):
    recorded = made(tmp_path / "p01")
    whole = tone(RATE)
    recorded.sound("user", whole[:2400], 0)
    recorded.sound("user", whole[7200:], 300)
    recorded.recorder.flush()
    before = read_talk(recorded.folder)
    assert [piece.kind for piece in before.pieces if piece.side == "user"] == ["sound", "gap", "sound"]
    recorded.sound("user", whole[:9600], 0)
    recorded.end()
    talk = read_talk(recorded.folder)
    assert np.array_equal(talk.audio()[0][:, 0], whole)
    assert [piece.kind for piece in talk.pieces if piece.side == "user"] == ["sound"]


def test_events_keep_half_surrogates_and_all_else(made: Make, tmp_path: Path):
    recorded = made(tmp_path / "p01")
    recorded("voice_widget.odd", text='half \ud83d, "event": {"x"} \\ud800 ☃', number=0.1 + 0.2, nothing=None)
    recorded.end()
    assert list(read_talk(recorded.folder).lines) == recorded.log.lines()
    assert len(lines(recorded.folder, "events.jsonl")) == len(recorded.log)


def test_a_line_that_somebody_else_has_written_is_read_too(made: Make, tmp_path: Path):
    recorded = made(tmp_path / "p01")
    recorded.talk()
    recorded.end()
    path = recorded.folder / "events.jsonl"
    there = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(dict(sorted(event.items()))) + "\n" for event in there))
    assert list(read_talk(recorded.folder).lines) == recorded.log.lines()
