"""Ways through the code: what `docs/walks.md` says of them, what runs, and a service to walk to."""

from __future__ import annotations

import ast
import asyncio
import dis
import json
import re
import sys
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

from aiohttp import WSMsgType, web

from voice_widget.threads import loop as loops
from voice_widget.threads.loop import LOOP_THREAD
from voice_widget.threads.publisher import THREAD as PUBLISHER_THREAD
from voice_widget.threads.work import WORK_THREAD

SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "walks.md"
_PLACE = re.compile(r"\*(?P<place>\w+)\*(?P<meanwhile>, meanwhile)?(?: ← `(?P<comes>[\w.]+)`.*)?")
# How the threads begin that the page calls so; a page's messages come here by a thread of the test's own.
THREADS = {
    "Main": "MainThread",
    "Shell": "subshell",
    "Loop": LOOP_THREAD,
    "Work": WORK_THREAD,
    "Publisher": PUBLISHER_THREAD,
}
_STEP = re.compile(r"(?P<number>\d+)\. `(?P<file>[\w/.]+)` · `(?P<function>[\w.#]+)`")


class Step(NamedTuple):
    """A function in its file."""

    file: str
    function: str

    def __str__(self) -> str:
        return f"`{self.file}` · `{self.function}`"


class Ran(NamedTuple):
    """One call of a function, and the name of the thread."""

    step: Step
    thread: str


class Placed(NamedTuple):
    """A step as a walk has it.

    Attributes:
        step: The function.
        place: Where it runs, as the page calls it: a thread's name begins as `THREADS` says.
        follows: What runs before it; None: it is the first.
    """

    step: Step
    place: str
    follows: Step | None


@dataclass
class Stretch:
    """Steps that follow from one another, without anything that has to come from elsewhere.

    Attributes:
        comes: The message or event with which it begins; empty: what the user does.
        by_page: It runs in the browser.
        steps: Its functions, in order.
    """

    comes: str
    by_page: bool
    steps: list[Placed] = field(default_factory=list)

    def add(self, step: Step, place: str, *, meanwhile: bool) -> None:
        """One more step. What runs meanwhile follows the last one in the same place."""
        before = [placed.step for placed in self.steps if place == placed.place or not meanwhile]
        self.steps.append(Placed(step, place, before[-1] if before else None))


def walks(text: str) -> dict[str, list[Stretch]]:
    """What a page says, by its headings. A line in a list that says nothing of a step is an error."""
    found: dict[str, list[Stretch]] = {}
    place, meanwhile, count = "", False, 0
    for line in text.splitlines():
        if line.startswith("## "):
            found[line[3:]] = stretches = []
            count = 0
        elif (begun := _PLACE.match(line)) and found:
            place, meanwhile = begun["place"], bool(begun["meanwhile"])
            by_page = place == "Page"
            assert by_page or place in THREADS, f"this line names no thread: {line}"
            # Else it goes on, in another thread or after what ran meanwhile.
            if begun["comes"] or not any(stretch.by_page is by_page for stretch in stretches):
                stretches.append(Stretch(begun["comes"] or "", by_page))
            now = next(stretch for stretch in reversed(stretches) if stretch.by_page is by_page)
        elif re.match(r"\d", line):
            named = _STEP.match(line)
            assert named, f"this line names no file and function: {line}"
            count += 1
            assert int(named["number"]) == count, f"this line has a wrong number: {line}"
            assert named["file"].startswith("js/") is now.by_page, f"this line stands under *{place}*: {line}"
            now.add(Step(named["file"], named["function"]), place, meanwhile=meanwhile)
            meanwhile = False
    return found


def defined(step: Step, root: Path = ROOT) -> bool:
    """Does this file of Python have this function, by its qualified name?"""
    path = root / step.file
    return path.is_file() and step.function in _functions(ast.parse(path.read_text()), "")


def _functions(tree: ast.AST, within: str) -> set[str]:
    found: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            found |= _functions(node, f"{within}{node.name}.")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(within + node.name)
        else:
            found |= _functions(node, within)
    return found


def astray(steps: Sequence[Placed], calls: Sequence[Ran]) -> str | None:
    """The first step that does not run when or where the page says so, in words; None: all do.

    What counts is when each runs first: most run again, for what follows.

    Example:
        >>> a, b = Step("a.py", "first"), Step("b.py", "second")
        >>> calls = [Ran(a, "MainThread"), Ran(b, "MainThread"), Ran(a, "MainThread")]
        >>> astray([Placed(b, "Main", None), Placed(a, "Main", b)], calls)
        '`a.py` · `first` does not run after `b.py` · `second` but before it'
    """
    firsts: dict[Step, tuple[int, str]] = {}
    for number, ran in enumerate(calls):
        firsts.setdefault(ran.step, (number, ran.thread))
    for step, place, follows in steps:
        if step not in firsts:
            return f"{step} does not run"
        number, thread = firsts[step]
        if not thread.startswith(THREADS[place]):
            return f"{step} does not run on *{place}* but on the thread {thread!r}"
        if follows is not None and number < firsts[follows][0]:
            return f"{step} does not run after {follows} but before it"
    return None


class Trace:
    """What ran of the package between two moments, over all threads.

    Args:
        arrives: The function elsewhere that what begins the stretch is waited for in; empty: what begins it
            is a call.
        leaves: The function elsewhere that it ends in.
    """

    def __init__(self, arrives: str = "", leaves: str = "") -> None:
        self._arrives, self._leaves = arrives, leaves
        self._calls: list[tuple[Ran, bool]] = []
        self._entered: set[Step] = set()
        self._left: set[Step] = set()
        self._known: dict[CodeType, tuple[Step, int] | None] = {}

    def profile(self, frame: FrameType, event: str, _: Any) -> None:
        """Take note of one call; on the thread in which it is."""
        if event != "call":
            return
        known = self._ours(frame.f_code)
        if known is not None:
            step, start = known
            ran = Ran(step, threading.current_thread().name)
            self._calls.append((ran, frame.f_lasti <= start))
            if not self._arrives and self._caller(frame) is None:
                self._entered.add(step)
        elif frame.f_code.co_name in (self._arrives, self._leaves) and (caller := self._caller(frame)):
            (self._entered if frame.f_code.co_name == self._arrives else self._left).add(caller)

    def _ours(self, code: CodeType) -> tuple[Step, int] | None:
        """The function and where its body begins, if it is one of the package."""
        if code not in self._known:
            path = Path(code.co_filename)
            self._known[code] = None
            if path.is_relative_to(ROOT / "voice_widget"):
                begins = (place.offset for place in dis.get_instructions(code) if place.opname == "RESUME")
                step = Step(path.relative_to(ROOT).as_posix(), code.co_qualname)
                self._known[code] = step, next(begins, 0)
        return self._known[code]

    def _caller(self, frame: FrameType) -> Step | None:
        back = frame.f_back
        while back is not None:
            if known := self._ours(back.f_code):
                return known[0]
            back = back.f_back
        return None

    @property
    def calls(self) -> list[Ran]:
        """The functions in the order in which they began. One that only went on counts as it did."""
        begun = {ran.step for ran, begins in self._calls if begins}
        return [ran for ran, begins in self._calls if begins or ran.step not in begun]

    def astray(self, steps: Sequence[Placed], *, enters: bool) -> str | None:
        """What is wrong with a stretch, in words; None: nothing. ``enters``: it comes from outside."""
        if (wrong := astray(steps, self.calls)) is not None:
            return wrong
        if enters and steps[0].step not in self._entered:
            return f"{steps[0].step} is not where it comes in; it is one of {_names(self._entered)}"
        if self._leaves and self._left.isdisjoint(placed.step for placed in steps):
            return f"none of it is where it goes out; that is one of {_names(self._left)}"
        return None


def _names(steps: Iterable[Step]) -> str:
    return ", ".join(sorted(map(str, steps))) or "none"


@contextmanager
def traced(trace: Trace, *elsewhere: Callable[[Callable[[], None]], Any]) -> Iterator[Trace]:
    """Trace this thread, the loop's, and those that start meanwhile.

    Args:
        trace: Takes note.
        *elsewhere: Each runs a function on one more thread, and returns when it has.
    """
    threads = (lambda job: job(), loops.call, *elsewhere)
    threading.setprofile(trace.profile)
    for run in threads:
        run(lambda: sys.setprofile(trace.profile))
    try:
        yield trace
    finally:
        threading.setprofile(None)
        for run in threads:
            run(lambda: sys.setprofile(None))


class Realtime:
    """A service that speaks the protocol, on a thread and a port of its own: it does what the test says.

    Documents and captures: a session's own socket is greeted with ``session.created``; a sideband is not;
    ``session.update`` is answered by the session that is in force.

    Attributes:
        url: Where it is.
        answers: It answers ``session.update`` at once; else `answer` does.
    """

    def __init__(self) -> None:
        self.url = ""
        self.answers = True
        self._heard: list[dict[str, Any]] = []
        self._session: dict[str, Any] = {"type": "realtime", "id": "sess_1"}
        self._socket: web.WebSocketResponse | None = None
        self._loop = asyncio.new_event_loop()
        self._news = threading.Condition()

    def __enter__(self) -> Realtime:
        self._thread = threading.Thread(target=self._loop.run_forever, name="service")
        self._thread.start()
        self._do(self._open())
        return self

    def __exit__(self, *error: object) -> None:
        self._do(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def say(self, *events: dict[str, Any]) -> None:
        """Send server events by the newest socket."""

        async def send() -> None:
            assert self._socket is not None
            for event in events:
                await self._socket.send_json(event)

        self._do(send())

    def answer(self) -> None:
        """Show the session that is in force."""
        event_id = f"shown_{len(self._heard)}"
        self.say({"type": "session.updated", "event_id": event_id, "session": self._session})

    def count(self, kind: str) -> int:
        """How many client events of a type came."""
        return sum(event["type"] == kind for event in self._heard)

    def hears(self, kind: str, number: int = 1, seconds: float = 20) -> dict[str, Any]:
        """Wait for the so-manieth client event of a type."""

        def found() -> list[dict[str, Any]]:
            return [event for event in self._heard if event["type"] == kind]

        with self._news:
            assert self._news.wait_for(lambda: len(found()) >= number, seconds), self._heard
        return found()[number - 1]

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _open(self) -> None:
        app = web.Application()
        app.router.add_get("/v1/realtime", self._serve)
        app.router.add_post("/v1/realtime/calls", self._answer)
        app.router.add_post("/v1/realtime/calls/{call_id}/hangup", self._hang_up)
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"

    async def _answer(self, request: web.Request) -> web.Response:
        return web.Response(status=201, text=SDP, headers={"Location": "/v1/realtime/calls/rtc_1"})

    async def _hang_up(self, request: web.Request) -> web.Response:
        return web.Response()

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = self._socket = web.WebSocketResponse()
        await socket.prepare(request)
        if "call_id" not in request.query:
            await socket.send_json({"type": "session.created", "event_id": "s1", "session": self._session})
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            event = json.loads(message.data)
            if event["type"] == "session.update":
                self._session = merged(self._session, event["session"])
            if event["type"] == "session.update" and self.answers:
                event_id = f"shown_{len(self._heard)}"
                await socket.send_json(
                    {"type": "session.updated", "event_id": event_id, "session": self._session}
                )
            with self._news:
                self._heard.append(event)
                self._news.notify_all()
        return socket


def merged(first: dict[str, Any], then: dict[str, Any]) -> dict[str, Any]:
    """One object over another, at all depths."""
    both = {**first, **then}
    for name in first.keys() & then.keys():
        if isinstance(first[name], dict) and isinstance(then[name], dict):
            both[name] = merged(first[name], then[name])
    return both
