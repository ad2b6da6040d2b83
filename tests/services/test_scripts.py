from __future__ import annotations

from pathlib import Path

import pytest

from voice_widget.errors import SettingError
from voice_widget.realtime.script import Exchange, Script
from voice_widget.services.local import Local
from voice_widget.services.scripted import ScriptedService
from voice_widget.services.scripts import script_of

TEXT = '[{"hear": "how many", "say": "Two."}]'
WANTED = Script((Exchange("how many", "Two."),))


def test_a_script_a_list_a_text_and_a_file_give_the_same(tmp_path: Path) -> None:
    file = tmp_path / "script.json"
    file.write_text(TEXT, encoding="utf-8")
    assert script_of(WANTED) is WANTED
    for source in (TEXT, file, str(file), WANTED.exchanges, [{"hear": "how many", "say": "Two."}]):
        assert script_of(source) == WANTED
    assert ScriptedService(file).script == WANTED
    assert Local(script=str(file))._spec == Local(script=WANTED)._spec


@pytest.mark.parametrize("source", ["no/such/file", Path("no/such/file"), "\0"])
def test_a_file_that_is_not_there(source: str | Path) -> None:
    with pytest.raises(SettingError) as caught:
        script_of(source)
    assert caught.value.message.startswith(f"The script {str(source)!r} cannot be read: ")


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "script.json"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingError, match="cannot be read"):
        script_of(file)
