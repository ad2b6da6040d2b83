"""The microphones and loudspeakers of the pages: what is there, what is chosen, and what a cell asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from voice_widget.call.ways import Page
from voice_widget.errors import ErrorInfo, SettingError, nearest, shown
from voice_widget.page.parts import Device
from voice_widget.talk.dialler import Dialler
from voice_widget.talk.journal import Journal
from voice_widget.talk.run import closed

Kind = Literal["microphone", "speaker"]
MOST_PAGES = 16
MOST_DEVICES = 64
MOST_NAME = 200


class Browser(NamedTuple):
    """What a page has told of its browser. The browser remembers what is chosen; a kernel keeps nothing.

    Attributes:
        devices: The devices, by the names that it tells.
        named: It tells them: before the microphone was allowed it does not.
        chosen: ``microphone``, ``speaker`` (None: what the browser takes) and ``volume``.
        instead: What is used in the place of a ``microphone`` or ``speaker`` that was chosen and cannot be.
    """

    devices: tuple[Device, ...]
    named: bool
    chosen: Mapping[str, Any]
    instead: Mapping[str, str | None]

    def has(self, kind: str, label: str) -> bool:
        """Is there such a device?"""
        return {"kind": kind, "label": label} in self.devices


UNKNOWN = Browser((), False, {"microphone": None, "speaker": None, "volume": 1.0}, {})


class Devices:
    """What pages have told of their devices, and what is asked of them. On the loop thread.

    Each page has devices of its own: what is said here is of the page that holds the call, or else of the one
    that was heard last. A wish is kept until a page has fulfilled it, or cannot. A page may have gone, and
    none says that it goes: so the next one that tells or takes the call is asked as well, each of them once.

    Args:
        journal: Is told what cannot be.
        dialler: Knows which page holds the call.
        page: Sends a message to the pages.
    """

    def __init__(self, journal: Journal, dialler: Dialler, page: Page) -> None:
        self._journal, self._dialler, self._page = journal, dialler, page
        self._browsers: dict[str, Browser] = {}
        self._wishes: dict[str, Any] = {}
        self._asked: set[str] = set()  # the pages that know of the wishes

    @property
    def browser(self) -> Browser:
        """What is there, and what is used or wished for."""
        _, browser = self._last()
        return browser._replace(chosen={**browser.chosen, **browser.instead, **self._wishes})

    def choose(self, name: str, value: Any) -> None:
        """Use another device, or another volume.

        Raises:
            SettingError: That cannot be.
            StateError: The widget is closed.
        """
        if self._dialler.closed:
            raise closed()
        page, browser = self._last()
        self._wishes[name] = _volume(value) if name == "volume" else _device(name, value, browser)
        self._asked.clear()
        if page:
            self._ask(page)

    def taken(self, page: str) -> None:
        """A page has the call: what was wished for is wished for there."""
        if page in self._browsers:
            self._ask(page)

    def told(self, page: str, message: Mapping[str, Any]) -> None:
        """A page tells of its browser."""
        devices = [
            Device(kind=device["kind"], label=device["label"][:MOST_NAME])
            for device in message["devices"][:MOST_DEVICES]
        ]
        chosen = {name: message[name] for name in UNKNOWN.chosen}
        browser = Browser(tuple(devices), message["named"], chosen, message["instead"])
        self._browsers.pop(page, None)
        self._browsers[page] = browser  # the last one is the one heard last
        while len(self._browsers) > MOST_PAGES:
            oldest = next(iter(self._browsers))
            del self._browsers[oldest]
            self._asked.discard(oldest)
        for name, wish in tuple(self._wishes.items()):
            self._settle(browser, name, wish)
        spoken_of, heard = self._last()
        self._journal.notices.put("devices", _unused(heard.instead))
        if page == spoken_of:
            self._ask(page)

    def _settle(self, browser: Browser, name: str, wish: Any) -> None:
        if browser.chosen[name] != wish:
            return
        if name == "volume" or wish is None or browser.has(name, wish):
            del self._wishes[name]
        elif browser.named:  # only now it is known that there is none
            del self._wishes[name]
            self._journal.problem(_gone(name))

    def _ask(self, page: str) -> None:
        if not self._wishes or page in self._asked:
            return  # what it cannot do it would be asked for ever
        self._asked.add(page)
        self._page({"type": "devices.choose", "page": page, **self._wishes}, None)

    def _last(self) -> tuple[str, Browser]:
        run = self._dialler.run
        holder = run.holder if run is not None else ""
        if holder in self._browsers:
            return holder, self._browsers[holder]
        return next(reversed(self._browsers.items()), ("", UNKNOWN))


def _volume(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise SettingError(
            f"The volume is {shown(value)}, not a number from 0 to 1.", next_step="Write w.volume = 0.5."
        )
    return float(value)


def _device(kind: str, value: Any, browser: Browser) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value or len(value) > MOST_NAME:
        raise SettingError(f"{shown(value)} is no name of a {kind}.", next_step=_take(kind))
    name = str.__str__(value)
    if browser.named and not browser.has(kind, name):
        raise _absent(kind, name, browser)
    return name


def _take(kind: str) -> str:
    return f"Take one from w.devices_df, or None for the browser's own {kind}."


def _unused(instead: Mapping[str, str | None]) -> ErrorInfo | None:
    # A trait, too: without any name.
    if not instead:
        return None
    kind = "speaker" if "speaker" in instead else "microphone"
    return {
        "code": "sound_device_unused",
        "message": f"The {kind} that was chosen has gone or cannot be opened: another one is used.",
        "next_step": f"Plug it in again. Or: {_take(kind)}",
    }


def _gone(kind: str) -> SettingError:
    # It becomes a trait, and with that a part of what a notebook saves: without any name.
    return SettingError(
        f"The page's browser has no {kind} of the name that was chosen.",
        code="no_such_device",
        next_step=_take(kind),
    )


def _absent(kind: str, name: str, browser: Browser) -> SettingError:
    there = [device["label"] for device in browser.devices if device["kind"] == kind]
    listed = f"There is {', '.join(map(repr, there[:8]))}." if there else f"Plug a {kind} in, or choose None."
    return SettingError(
        f"The page's browser has no {kind} {shown(name)}.",
        code="no_such_device",
        next_step=nearest(name, there) or listed,
    )
