"""``python -m voice_widget serve`` beside the notebook: for the widget it is what OpenAI would be."""

from __future__ import annotations

import json
import secrets
import signal
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

from playwright.sync_api import Page, Request, WebSocket

from tests.e2e.lab import Notebook, wait_for
from tests.serving import Serve

WARM_S = 60.0


class Served:
    """A server on the same port and with the same key however often it is started again.

    Args:
        folder: Where its script and its key are kept, for the server and for the notebook.
        script: What is heard and said, in each session from the beginning; None: its parts hear.
        options: More of the command's.
    """

    def __init__(self, folder: Path, script: Sequence[Mapping[str, Any]] | None, *options: str) -> None:
        self.key = f"sk-{secrets.token_hex(16)}"
        self.log = ""
        """What the servers that have ended wrote."""
        self._key_file = folder / "key"
        self._key_file.write_text(self.key)
        self._options = ["--tts", "espeak", *options]
        if script is not None:
            path = folder / "script.json"
            path.write_text(json.dumps(script))
            self._options += ["--script", str(path)]
        self._serve: Serve | None = None
        self.port = 0
        self.start()

    def start(self) -> None:
        """Start it, if it does not run, and wait until it is warm."""
        if self._serve is not None:
            return
        serve = self._serve = Serve(
            "--port",
            str(self.port),
            *self._options,
            environment={"VOICE_WIDGET_TOKEN": self.key},
        )
        serve.until("^curl")
        self.port = int(serve.url.rpartition(":")[2])
        wait_for(lambda: self.ask("/healthz")["warm"], seconds=WARM_S, what="the server is warm")

    def end(self, how: int = signal.SIGTERM) -> None:
        """End it, as by ``SIGKILL``; its stages end with it."""
        if self._serve is not None:
            serve, self._serve = self._serve, None
            _, errors = serve.end(how)
            self.log += "\n".join(serve.lines) + errors

    @property
    def url(self) -> str:
        """What clients are given as base URL."""
        return f"http://127.0.0.1:{self.port}/v1"

    def service(self, *, key: str | None = None, more: str = "") -> str:
        """The expression that makes the service in the notebook; the key itself does not stand in it."""
        key = f"open({str(self._key_file)!r}).read()" if key is None else repr(key)
        return f"OpenAI(base_url={self.url!r}, api_key={key}{more})"

    def ask(self, path: str, body: object = None, *, method: str | None = None) -> Any:
        """A request with the key; what is answered in JSON, if anything."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")


class Traffic:
    """What a page sends to a server itself, and what goes between it and the kernel."""

    def __init__(self, page: Page, served: Served) -> None:
        self.posts: list[Request] = []
        """The page's own requests to the server; its WebSockets are not among them."""
        self.sockets: list[str] = []
        self.frames: list[bytes] = []
        """Both ways, as they are on the wire."""
        self._served = served
        page.on("request", self._requested)
        page.on("websocket", self._opened)

    def _requested(self, request: Request) -> None:
        if f":{self._served.port}/" in request.url and request.method == "POST":
            self.posts.append(request)

    def _opened(self, socket: WebSocket) -> None:
        self.sockets.append(socket.url)
        for way in ("framesent", "framereceived"):
            socket.on(way, self._passed)

    def _passed(self, frame: bytes | str) -> None:
        self.frames.append(frame.encode() if isinstance(frame, str) else frame)

    def holds(self, text: str) -> bool:
        """It went between page and kernel."""
        return any(text.encode() in frame for frame in self.frames)

    def told(self, kind: str) -> bool:
        """The page sent a message of this type. Its own script came too, and writes it otherwise."""
        return self.holds(f'"type":"{kind}"')


T = TypeVar("T")


class EachWay(ABC, Generic[T]):
    """What is held by each way in one page, and looked at by several tests.

    Args:
        notebook: Where.
        served: The server of all ways.
        traffic: What goes through the page.
    """

    def __init__(self, notebook: Notebook, served: Served, traffic: Traffic) -> None:
        self.notebook, self.served, self.traffic = notebook, served, traffic
        self._held: dict[str, T] = {}

    @abstractmethod
    def hold(self, way: str) -> T:
        """Another one by that way."""

    def by(self, way: str, *, again: bool = False) -> T:
        """The one by that way, held when it is wanted first; ``again``: for a test that is tried again."""
        if again or way not in self._held:
            self._held[way] = self.hold(way)
        return self._held[way]
