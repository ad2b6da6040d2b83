"""Each look at the installation names what is broken, and what to do; doubles break what it looks at."""

from __future__ import annotations

import errno
import platform
import socket
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import aiortc
import pytest

from voice_widget.commands import installation
from voice_widget.errors import EngineError, ErrorInfo, ServiceUnavailable
from voice_widget.services.local import Local

NEEDS = [
    "aiortc>=1.14; sys_platform != 'emscripten'",
    "anywidget>=0.11",
    "pandas>=2.2",
    'espeakng-loader>=0.2.4; extra == "local"',
    'pocketsphinx>=5.0.4; extra == "local"',
    'pytest>=8; extra == "dev"',
]
THERE = {
    "aiortc": "1.14.0",
    "anywidget": "0.11.2",
    "pandas": "2.3.0",
    "ipykernel": "7.1.0",
    "jupyterlab": "4.4.1",
}


class Installed:
    """Stands for what is installed: by name the versions."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.versions = dict(THERE)
        self.needs = list(NEEDS)
        monkeypatch.setattr(metadata, "version", self._version)
        monkeypatch.setattr(metadata, "requires", lambda name: self.needs)

    def _version(self, name: str) -> str:
        if name not in self.versions:
            raise metadata.PackageNotFoundError(name)
        return self.versions[name]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Installed:
    """An installation in which all is well."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    told = tmp_path / "share" / "jupyter" / "labextensions" / "anywidget" / "package.json"
    told.parent.mkdir(parents=True)
    told.write_text('{"version": "0.11.2"}', encoding="utf-8")
    return Installed(monkeypatch)


def test_where_all_is_well_all_is_good(here: Installed) -> None:
    looks = (installation.python, installation.packages, installation.front_end, installation.loopback)
    assert [look().verdict for look in looks] == ["good"] * 4


def test_a_python_that_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "python_version", lambda: "3.10.9")
    row = installation.python()
    assert (row.verdict, row.next_step) == ("bad", "Use Python 3.11 or a later one.")


def test_a_package_that_is_missing_and_one_that_is_too_old(here: Installed) -> None:
    del here.versions["aiortc"]
    here.versions["anywidget"] = "0.9.13"
    row = installation.packages()
    assert row.verdict == "bad"
    assert row.value.startswith("aiortc is missing, anywidget is too old; ")
    assert row.next_step == 'Run `pip install "aiortc>=1.14" "anywidget>=0.11"`.'


def test_a_package_that_is_run_from_its_folder(here: Installed) -> None:
    here.needs = []
    row = installation.packages()
    assert row.verdict == "good"
    assert "run from a folder" in row.value


def test_extras_are_there_or_told_with_their_line(here: Installed) -> None:
    here.versions["pocketsphinx"] = "5.0.4"
    (row,) = installation.extras()
    assert row == (
        "extra local",
        "not installed (espeakng-loader)",
        "good",
        'If you want it, run `pip install "voice-widget[local]"`.',
    )
    here.versions["espeakng-loader"] = "0.2.4"
    assert installation.extras() == [("extra local", "there", "good", "")]


@pytest.mark.parametrize(
    ("changed", "verdict", "step"),
    [
        ({"ipykernel": None}, "unknown", "ipykernel>=7"),
        ({"ipykernel": "6.29.5"}, "good", "ipykernel>=7"),
        ({"jupyterlab": None}, "unknown", "pip install jupyterlab"),
        ({"jupyterlab": None, "notebook": "7.4.1"}, "good", ""),
    ],
)
def test_front_ends(here: Installed, changed: dict[str, Any], verdict: str, step: str) -> None:
    here.versions = {name: v for name, v in {**here.versions, **changed}.items() if v}
    row = installation.front_end()
    assert row.verdict == verdict
    assert step in row.next_step


def test_a_front_end_without_what_draws_widgets(here: Installed) -> None:
    (Path(sys.prefix) / "share/jupyter/labextensions/anywidget/package.json").unlink()
    row = installation.front_end()
    assert (row.verdict, "anywidget is missing" in row.value) == ("bad", True)
    assert "pip install --force-reinstall anywidget" in row.next_step


def test_the_bundle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert installation.bundle().verdict == "good"
    for name in installation.BUNDLES:
        (tmp_path / name).write_text("export default 1")
    (tmp_path / "extras.js").write_text("")
    (tmp_path / "replay.js").unlink()
    monkeypatch.setattr(installation, "_STATIC", tmp_path)
    row = installation.bundle()
    assert (row.value, row.verdict) == ("extras.js, replay.js is missing", "bad")
    assert "pip install --force-reinstall --no-deps voice-widget" in row.next_step


def test_ports_that_do_not_reach_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*args: Any, **named: Any) -> Any:
        raise OSError(errno.EACCES, "not permitted")

    monkeypatch.setattr(socket, "create_connection", refused)
    row = installation.loopback()
    assert row.verdict == "bad"
    assert "not permitted" in row.value
    assert "firewall" in row.next_step


def test_two_peers_find_each_other_and_ask_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    look_up = socket.getaddrinfo

    def looked_up(host: Any, *more: Any, **options: Any) -> Any:
        asked.append(host)
        return look_up(host, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    assert installation.webrtc().verdict == "good"
    assert [host for host in asked if "stun" in str(host)] == []


def test_peers_that_do_not_find_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    async def in_vain() -> None:
        raise TimeoutError

    monkeypatch.setattr(installation, "_two_peers", in_vain)
    row = installation.webrtc()
    assert (row.value, row.verdict) == ("two peers did not connect within 10 s", "bad")
    assert 'transport="comm"' in row.next_step


def test_an_aiortc_that_does_not_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any) -> Any:
        raise OSError("libopus.so.0: cannot open shared object file")

    monkeypatch.setattr(aiortc, "RTCPeerConnection", broken)
    row = installation.webrtc()
    assert row.verdict == "bad"
    assert "libopus" in row.value
    assert "pip install --force-reinstall aiortc av" in row.next_step


class Engine(Local):
    """An engine that starts, or does not."""

    told: ErrorInfo | None = None
    fails: Exception | None = None
    has: tuple[tuple[str, str], ...] = (("vad", "level"),)

    async def start(self) -> None:
        if self.fails is not None:
            raise self.fails

    @property
    def parts(self) -> dict[str, str]:
        return dict(self.has)

    @property
    def notice(self) -> ErrorInfo | None:
        return self.told


def test_an_engine_that_does_not_start() -> None:
    engine = Engine()
    engine.fails = EngineError("The embedded engine ended with code 1.", next_step="Try it.")
    assert installation.engine(engine) == (
        "engine",
        "The embedded engine ended with code 1.",
        "bad",
        "Try it.",
    )


@pytest.mark.parametrize(
    ("parts", "verdict", "more"),
    [
        ({"vad": "level"}, "unknown", "A service elsewhere, as OpenAI, needs none of them."),
        ({"vad": "level", "tts": "espeak"}, "bad", ""),
    ],
)
def test_an_engine_without_speech_parts(parts: dict[str, str], verdict: str, more: str) -> None:
    engine = Engine()
    engine.has = tuple(parts.items())
    engine.told = {
        "code": "missing_parts",
        "message": "The embedded engine lacks stt, tts.",
        "next_step": 'Run pip install "voice-widget[local]" and restart the kernel.',
    }
    row = installation.engine(engine)
    listed = ", ".join(f"{stage} {name}" for stage, name in parts.items())
    assert (row.value, row.verdict) == (f"The embedded engine lacks stt, tts. It has {listed}.", verdict)
    assert 'pip install "voice-widget[local]"' in row.next_step
    assert row.next_step.endswith(more)


def test_an_engine_with_smaller_parts_works_and_says_why() -> None:
    engine = Engine()
    engine.told = {"code": "smaller_parts", "message": "kokoro is too slow.", "next_step": "Nothing."}
    assert installation.engine(engine) == ("engine", "vad level", "good", "kokoro is too slow. Nothing.")


@pytest.mark.parametrize(
    ("fails", "value", "step"),
    [
        (ServiceUnavailable("The engine ended.", next_step="Again."), "The engine ended.", "Again."),
        (TimeoutError(), "nothing was heard", "Close what keeps this machine busy and try again."),
    ],
)
def test_a_turn_that_fails(monkeypatch: pytest.MonkeyPatch, fails: Exception, value: str, step: str) -> None:
    def ask(*args: Any) -> None:
        raise fails

    monkeypatch.setattr(installation, "ask", ask)
    assert installation.spoken(Engine()) == ("spoken turn", value, "bad", step)
