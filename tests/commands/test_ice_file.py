"""ICE servers in a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from voice_widget.commands.ice_file import IceFile
from voice_widget.errors import SettingError

TURN = {"urls": "turn:t.org", "username": "me", "credential": "pa55word"}


def written(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def test_they_are_read_anew_each_time(tmp_path: Path) -> None:
    path = tmp_path / "ice.json"
    servers = IceFile(written(path, json.dumps(TURN)))
    written(path, json.dumps([{**TURN, "credential": "another"}]))
    assert [server.credential for server in servers()] == ["another"]


def test_while_the_file_is_broken_those_from_before_are_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "ice.json"
    servers = IceFile(written(path, json.dumps(TURN)))
    written(path, '{"credential": "pa55word"')
    assert [server.credential for server in servers()] == ["pa55word"]
    assert "cannot be read: it is no JSON" in caplog.text
    assert "pa55word" not in caplog.text
    path.unlink()
    assert servers()
    assert "No such file" in caplog.text


@pytest.mark.parametrize("text", ["pa55word", '"http://pa55word@t.org"', '{"urls": "turn:t.org"}'])
def test_what_is_none_is_refused_at_the_start(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingError) as caught:
        IceFile(written(tmp_path / "ice.json", text))
    assert caught.value.code == "ice_servers_invalid"
    assert "pa55word" not in str(caught.value)
