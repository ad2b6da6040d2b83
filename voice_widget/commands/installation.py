"""What is installed here, looked at piece by piece; each look gives what it found."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import platform
import socket
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import TimeoutError as Late
from importlib.util import find_spec
from pathlib import Path

from voice_widget.commands.hello import QUESTION, ask
from voice_widget.diagnosis.findings import Finding
from voice_widget.diagnosis.versions import (
    BESIDE,
    DISTRIBUTION,
    SHOWN,
    installed,
    misfits,
    older,
    requirements,
    version,
)
from voice_widget.errors import VoiceWidgetError
from voice_widget.services.local import Local
from voice_widget.threads.loop import submit

LEAST_PYTHON = "3.11"
PEERS_S = 10.0
START_S = 600.0
HOUSEHOLD = ("dev", "real")
"""Extras for who works on this package."""
BUNDLES = ("widget.js", "extras.js", "replay.js", "tab.js")

_STATIC = Path(__file__).parents[1] / "static"
_BROKEN = f"Run `pip install --force-reinstall --no-deps {DISTRIBUTION}`."
_BUSY = "Close what keeps this machine busy and try again."

Check = Callable[[], Finding]


def python() -> Finding:
    """Is Python new enough?"""
    found = platform.python_version()
    value = f"{found}, {sys.executable}"
    if older(found, LEAST_PYTHON):
        return Finding("python", value, "bad", f"Use Python {LEAST_PYTHON} or a later one.")
    return Finding("python", value, "good")


def packages() -> Finding:
    """Is all there that is always needed, and new enough?"""
    needed = [one for one in requirements() if not one.extra]
    names = dict.fromkeys((*SHOWN, *(one.name for one in needed)))
    versions = installed(names)
    listed = ", ".join(f"{name} {versions[name]}" for name in (DISTRIBUTION, *SHOWN) if versions[name])
    gone = [one for one in needed if versions[one.name] is None]
    old = misfits(versions, needed)
    if gone or old:
        why = [*(f"{one.name} is missing" for one in gone), *(f"{name} is too old" for name in old)]
        wanted = {**{one.name: one.least for one in gone}, **old}
        line = " ".join(f'"{name}>={least}"' if least else name for name, least in wanted.items())
        return Finding("packages", f"{', '.join(why)}; {listed}", "bad", f"Run `pip install {line}`.")
    if not needed:
        return Finding("packages", f"{DISTRIBUTION} itself is run from a folder; {listed}", "good")
    return Finding("packages", listed, "good")


def front_end() -> Finding:
    """Is there a front end in this environment, with what draws widgets in it?"""
    lab, notebook, kernel = version("jupyterlab"), version("notebook"), version("ipykernel")
    shown = ", ".join(
        f"{name} {found}" for name, found in (("JupyterLab", lab), ("Notebook", notebook)) if found
    )
    if kernel is None:
        step = 'Run `pip install "ipykernel>=7"`, or open the notebook with marimo.'
        return Finding("front end", f"{shown or 'none here'}; ipykernel is missing", "unknown", step)
    if not shown:
        step = "Run `pip install jupyterlab`, if it does not run in another environment."
        return Finding("front end", "none in this environment", "unknown", step)
    told = Path(sys.prefix) / "share" / "jupyter" / "labextensions" / "anywidget" / "package.json"
    drawn = json.loads(told.read_text(encoding="utf-8"))["version"] if told.is_file() else None
    if drawn is None:
        step = "Run `pip install --force-reinstall anywidget` where JupyterLab runs, and reload the page."
        return Finding("front end", f"{shown}; its part of anywidget is missing", "bad", step)
    if older(kernel, BESIDE):
        step = 'Run `pip install "ipykernel>=7"`: then pages are heard beside a running cell.'
        return Finding("front end", f"{shown}, anywidget {drawn}, ipykernel {kernel}", "good", step)
    return Finding("front end", f"{shown}, anywidget {drawn}", "good")


def bundle() -> Finding:
    """Is the page's side built, all of it?"""
    gone = [name for name in BUNDLES if not (_STATIC / name).is_file() or not (_STATIC / name).stat().st_size]
    if gone:
        return Finding("bundle", f"{', '.join(gone)} is missing", "bad", _BROKEN)
    size = sum((_STATIC / name).stat().st_size for name in BUNDLES)
    return Finding("bundle", f"{len(BUNDLES)} scripts, {size / 1000:.0f} kB", "good")


def extras() -> list[Finding]:
    """Which extras are there? None has to be."""
    found: dict[str, list[str]] = {}
    for name, _, extra in requirements():
        if extra and extra not in HOUSEHOLD:
            found.setdefault(extra, []).append(name)
    rows = []
    for extra, names in found.items():
        gone = [name for name in names if version(name) is None]
        value = "there" if not gone else f"not installed ({', '.join(gone)})"
        step = f'If you want it, run `pip install "{DISTRIBUTION}[{extra}]"`.' if gone else ""
        rows.append(Finding(f"extra {extra}", value, "good", step))
    return rows


def loopback() -> Finding:
    """Do ports of this machine reach each other, as kernel and engine have to?"""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            address = server.getsockname()
            with socket.create_connection(address, timeout=2), contextlib.closing(server.accept()[0]):
                pass
        with _datagrams() as one, _datagrams() as other:
            one.sendto(b"?", other.getsockname())
            other.recv(1)
    except OSError as error:
        step = "Let programs of this machine use 127.0.0.1: look at its firewall, or the container's network."
        return Finding("loopback", f"no connection on 127.0.0.1: {error}", "bad", step)
    return Finding("loopback", "TCP and UDP", "good")


@contextlib.contextmanager
def _datagrams() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.settimeout(2)
        made.bind(("127.0.0.1", 0))
        yield made


def webrtc() -> Finding:
    """Do two peers of this machine find each other?"""
    if find_spec("aiortc") is None:
        return Finding("webrtc", "aiortc is missing", "bad", "Run `pip install aiortc`.")
    started = time.monotonic()
    try:
        submit(_two_peers()).result(PEERS_S + 5)
    except (Late, TimeoutError):
        step = 'Use `VoiceWidget(transport="comm")`, or let programs of this machine use UDP.'
        return Finding("webrtc", f"two peers did not connect within {PEERS_S:.0f} s", "bad", step)
    except Exception as error:  # whatever a broken installation raises
        step = "Run `pip install --force-reinstall aiortc av`."
        return Finding("webrtc", f"aiortc does not work: {type(error).__name__}: {error}"[:300], "bad", step)
    return Finding("webrtc", f"two peers connected in {time.monotonic() - started:.1f} s", "good")


async def _two_peers() -> None:
    from aiortc import RTCConfiguration, RTCPeerConnection

    # Without servers: by default a public one is asked, for which this machine may have no way out.
    one, other = (RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in range(2))
    try:
        async with asyncio.timeout(PEERS_S):
            opened = asyncio.Event()
            channel = one.createDataChannel("doctor")
            channel.on("open", opened.set)
            await one.setLocalDescription(await one.createOffer())
            await other.setRemoteDescription(one.localDescription)
            await other.setLocalDescription(await other.createAnswer())
            await one.setRemoteDescription(other.localDescription)
            await opened.wait()
    finally:
        await asyncio.gather(one.close(), other.close())


def engine(service: Local) -> Finding:
    """Does the engine start, and with which parts?"""
    try:
        submit(service.start()).result(START_S)
    except VoiceWidgetError as error:
        return Finding("engine", error.message, "bad", error.next_step)
    except (Late, TimeoutError):
        return Finding("engine", "it did not start", "bad", _BUSY)
    parts = ", ".join(f"{stage} {name}" for stage, name in service.parts.items())
    notice = service.notice
    if notice is None:
        return Finding("engine", parts, "good")
    if notice["code"] == "missing_parts":
        value = f"{notice['message']} It has {parts or 'no part'}."
        if {"stt", "tts"}.isdisjoint(service.parts):  # nobody wanted it: they talk to a service elsewhere
            step = f"{notice['next_step']} A service elsewhere, as OpenAI, needs none of them."
            return Finding("engine", value, "unknown", step)
        return Finding("engine", value, "bad", notice["next_step"])
    return Finding("engine", parts, "good", f"{notice['message']} {notice['next_step']}")


def spoken(service: Local, question: str = QUESTION) -> Finding:
    """Does it understand a spoken question, and answer it aloud?"""
    started, told = time.monotonic(), list[str]()
    try:
        ask(question, service, io.StringIO(), told.append, lambda: "")
    except VoiceWidgetError as error:
        return Finding("spoken turn", error.message, "bad", error.next_step or _BUSY)
    except (Late, TimeoutError):
        return Finding("spoken turn", "nothing was heard", "bad", _BUSY)
    answer = next((line.partition("the answer:")[2].strip() for line in told if "the answer:" in line), "")
    return Finding("spoken turn", f"answered in {time.monotonic() - started:.1f} s: {answer}", "good")
