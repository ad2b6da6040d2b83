"""The check against `serve`, each in a process of its own: nothing deviates there."""

from __future__ import annotations

import json
import subprocess
import sys
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.caller import tone
from tests.serving import PARTS, ROOT, Serve, serving
from voice_widget.commands.check.options import TALKS, WAYS

TOKEN = "the-token-of-this-check-0123456789"
VARIABLE = "KEY_OF_THIS_CHECK"


@pytest.fixture(scope="module")
def server() -> Iterator[Serve]:
    yield from serving(*PARTS, environment={"VOICE_WIDGET_TOKEN": TOKEN})


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Something short that a detector of levels takes for speech."""
    path = tmp_path / "caller.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(24_000)
        file.writeframes(tone(400))
    return path


def start(server: Serve, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "voice_widget", "check", f"{server.url}/v1", "--api-key-env", VARIABLE]
    return subprocess.Popen(
        [*command, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={"PATH": "", VARIABLE: TOKEN},
    )


@pytest.mark.timeout(300)
def test_nothing_deviates_by_any_way(server: Serve, recording: Path) -> None:
    # Side by side: most of the time they speak and listen.
    running = [start(server, "--json", "--only", way, "--audio", str(recording)) for way in WAYS]
    for process in running:
        out, err = process.communicate(timeout=240)
        told: dict[str, Any] = json.loads(out)
        assert told["deviations"] == []
        assert [(talk["talk"], talk["outcome"]) for talk in told["tried"]] == [(talk, "ok") for talk in TALKS]
        assert (process.returncode, err) == (0, "")
        assert TOKEN not in out


def test_a_person_reads_what_was_tried_and_what_it_means(server: Serve, recording: Path) -> None:
    process = start(
        server, "--only", "websocket", "--only", "typed", "--only", "tool", "--audio", str(recording)
    )
    out, err = process.communicate(timeout=120)
    lines = out.splitlines()
    assert lines[0] == f"voice_widget checks the Realtime server {server.url[7:]}, model 'gpt-realtime-2.1'."
    assert lines[1] == "The caller's voice: the recording caller.wav."
    tried = [line.split() for line in lines if line.startswith("  websocket")]
    assert [(way, talk, outcome) for way, talk, _, _, outcome in tried] == [
        ("websocket", "typed", "ok"),
        ("websocket", "tool", "ok"),
    ]
    assert lines[-2:] == ["Nothing deviates.", "→ Clients of the protocol can talk to this server."]
    assert (process.returncode, err) == (0, "")


def test_a_wrong_key_is_said_once_with_the_next_step(server: Serve, recording: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "voice_widget", "check", f"{server.url}/v1", "--audio", str(recording)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=60,
        env={"PATH": "", "OPENAI_API_KEY": "a-wrong-key-0123456789"},
    )
    assert done.returncode == 2
    assert "not reached" in done.stdout
    assert done.stdout.endswith("No way led to a talk.\n→ Check the key and what it may do.\n")
    assert "a-wrong-key" not in done.stdout + done.stderr
