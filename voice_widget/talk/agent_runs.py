"""An agent of the OpenAI Agents SDK in a talk: its session hears the call, and what it wants is done here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from voice_widget.agents.sdk.given import SdkAgent
from voice_widget.call.playback import silence
from voice_widget.call.ways import Direction
from voice_widget.errors import AgentError, VoiceWidgetError
from voice_widget.realtime.state.changes import ToolCallReady
from voice_widget.realtime.state.context import Recent
from voice_widget.realtime.state.tool_use import error_of
from voice_widget.realtime.wire.events import Event
from voice_widget.talk.agent_told import AgentTold, Journal
from voice_widget.threads.loop import loop, submit
from voice_widget.tools.approvals import Decision
from voice_widget.tools.function_tools import AgentsTool
from voice_widget.tools.outputs import Output
from voice_widget.tools.running import Ended, failure, given_up
from voice_widget.tools.tools import Tools, same_tool

if TYPE_CHECKING:
    from voice_widget.call.call import Call
    from voice_widget.talk.settings import TalkSettings

LATER_S = 1.0
"""So much longer than the SDK itself is a tool waited for that has a time limit."""

Decide = Callable[[AgentsTool], Awaitable[Decision]]


@dataclass(eq=False)
class _Run:
    """A function that the session runs, under an id that it has not had before."""

    ready: ToolCallReady
    call_id: str
    ended: asyncio.Future[Ended]
    decide: Decide | None = None
    start: Callable[[], None] | None = None
    begun: bool = False
    fault: Ended | None = None
    limit: asyncio.TimerHandle | None = None
    decision: Decision | None = None
    asked: list[AgentsTool] = field(default_factory=list)


class AgentRuns(AgentTold):
    """Runs the user's ``RealtimeAgent``; all of it on the loop thread.

    Args:
        given: The agent, and what it is run with.
        tools: The widget's tools, which are not the agent's.

    Raises:
        SettingError: One of them has the name of one of the agent's (``two_tools``).

    """

    def __init__(self, given: SdkAgent, tools: Tools) -> None:
        super().__init__()
        self._given, self._tools = given, tools
        tools.agents_own, tools.context = given.own_tools, given.context
        tools.check_not_brought(tools.names)
        self._settings: TalkSettings | None = None
        self._runs: dict[str, _Run] = {}
        self._called = Recent(4096)
        self._handoffs: frozenset[str] = frozenset()
        self._names: frozenset[str] = frozenset()
        self._to_silence: set[str] = set()  # responses, once they sound
        self._tasks: set[asyncio.Task[None]] = set()
        self._known: dict[str, AgentsTool] = {}

    def attend(self, journal: Journal, settings: TalkSettings) -> None:
        """This is the talk."""
        self._journal, self._settings = journal, settings

    @property
    def session(self) -> Any:
        """The SDK's live session; None without a call."""
        call = self._call
        live = self._running is not None and call is not None and not call.over
        return self._running.session if live and self._running is not None else None

    # --- what the talk tells ---

    async def begin(self) -> None:
        """Begin a session, before the call whose settings it makes.

        Raises:
            AgentError: It cannot begin.
        """
        if self._running is None:
            try:
                from voice_widget.agents.sdk.running import Running
            except ImportError as error:
                raise AgentError(
                    f"The Agents SDK that is installed cannot run here: {error}.",
                    code="agents_missing",
                    next_step='Install a newer one: pip install --upgrade "voice-widget[agents]"',
                ) from None
            self._running = Running(self._given, self, submit, _soon)
        await self._running.begin()

    async def connected(self, call: Call) -> None:
        """A call stands. Of one that was made elsewhere the agent takes instructions and tools over."""
        if call.path.shared and self._settings is not None:
            now = self._settings.of_next
            await self._bring({"instructions": now.instructions, "tools": now.tools})

    def hear(self, event: Event, direction: Direction) -> None:
        """Something has happened in the call."""
        if self._running is None:
            return
        self._silence_what_sounds()
        if direction not in ("received", "sent"):
            return
        self._running.hear(event, sent=direction == "sent")

    def stop(self, *, goes_on: bool) -> None:
        """The call is over; what the session runs goes on if another one follows."""
        self._to_silence.clear()
        if goes_on or self._running is None:
            return
        self._running.end()
        for task in list(self._tasks):
            task.cancel()
        self._end_all(lambda run: _ended("cancelled", f"{run.ready.name} was cancelled: the call has ended."))

    def close(self) -> None:
        """The talk is over for good."""
        self.stop(goes_on=False)
        if self._running is not None:
            self._running.close()

    # --- its tools, as the talk's driver of tools sees them ---

    def has(self, name: str) -> bool:
        """It has a tool or a handoff of that name at the moment."""
        return name in self._names

    def call(self, ready: ToolCallReady) -> None:
        """A response wants one called, or something that nobody has: the session says so."""
        # Another session of the service may count from 1 again; ours would pass over what it knows.
        new = self._called.add(ready.call_id)
        call_id = ready.call_id if new else f"{ready.call_id}_{ready.number}"
        run = self._runs[call_id] = _Run(ready, call_id, asyncio.get_running_loop().create_future())
        if self._running is not None and self._running.session is not None:
            self._running.call(call_id, ready.name, ready.arguments, ready.item_id)
        else:
            run.ended.set_result(failure("The agent's session has ended."))

    async def ran(self, ready: ToolCallReady, *, decided: Decide, started: Callable[[], None]) -> Ended:
        """Wait for what it gives.

        Args:
            ready: The call.
            decided: Asks somebody whether it may run.
            started: Told once it runs.
        """
        run = next(run for run in self._runs.values() if run.ready.number == ready.number)
        run.decide, run.start = decided, started
        if run.begun:
            started()
        for tool in run.asked:
            self._ask(run, tool)
        try:
            return await run.ended
        finally:
            self._runs.pop(run.call_id, None)
            if run.limit is not None:
                run.limit.cancel()

    # --- what the session wants ---

    async def configure(self, given: dict[str, Any], handoffs: frozenset[str]) -> None:
        """Bring the agent's settings into force; what the widget set stays.

        Raises:
            AgentError: Before a call, where two tools have the same name (``two_tools``). In a call the
                widget's is called, and that is told.
        """
        if self._settings is None:
            return
        before = self._tools.specs
        kept = [
            tool
            for tool in self._settings.of_next.tools or ()
            if not any(same_tool(tool, known) for known in before)
        ]
        brought = json.loads(json.dumps(given))  # schemas are the user's, and types describe themselves
        left_out = self._tools.of_agent(brought["tools"], [tool["name"] for tool in kept if "name" in tool])
        if left_out:
            self._clash(left_out[0])
        own = frozenset(spec["name"] for spec in brought["tools"]) - set(left_out)
        self._names, self._handoffs = own, handoffs & own
        await self._bring({**brought, "tools": [*kept, *self._tools.specs]})

    async def _bring(self, given: dict[str, Any]) -> None:
        assert self._settings is not None
        call = self._call
        if call is None or call.over or not call.connected.is_set():
            self._settings.keep(given)
            return
        try:
            await self._settings.change(call, given)
        except VoiceWidgetError as error:
            self._problem(error)

    async def send(self, *events: Event) -> None:
        """Send client events."""
        if (call := self._call) is not None:
            await call.send(*events)

    async def interrupt(self, response_id: str | None, *, playback_only: bool) -> None:
        """Stop the answer and its sound, or ``playback_only`` the sound; with an id that of this response.

        The sound of an answer may go on while others are made, and with it alone is done away. What has not
        begun to sound is silenced once it does.
        """
        journal, call = self._journal, self._call
        if journal is None or call is None or self._running is None:
            return
        sounding, latest = journal.session.sounding, self._running.hearing.latest
        if not playback_only and response_id in (None, latest):
            await call.interrupt()
        elif sounding == response_id or (sounding is None and response_id == latest):
            await silence(call)
        elif response_id is not None:
            self._to_silence.add(response_id)

    def gave(self, call_id: str, output: str) -> None:
        """A function has given something."""
        run = self._runs.get(call_id)
        if run is None or run.ended.done():
            return
        error = error_of(output)
        if run.decision is not None and not run.decision.approved:
            why = f": {run.decision.reason}" if run.decision.reason else ""
            told = Ended("rejected", Output(output), f"{run.ready.name} was not approved{why}.")
        else:
            told = Ended("completed" if error is None else "failed", Output(output), error)
        if run.fault is not None:
            told = replace(run.fault, output=told.output)
        run.ended.set_result(told)

    def raised(self, call_id: str, message: str, traceback: str) -> None:
        """A function has raised something; what the model is told of that comes next."""
        if (run := self._runs.get(call_id)) is not None:
            run.fault = failure(message, traceback)

    def approval(self, call_id: str, tool: Any) -> None:
        """A call has to be allowed."""
        run = self._runs.get(call_id)
        if run is None:
            return
        known = self._known.get(tool.name)
        if known is None or known.wrapped is not tool:
            known = self._known[tool.name] = AgentsTool(tool, of_agent=True)
            if (seconds := self._given.approval_timeout_s) != "auto":
                known.approval_timeout_s = seconds
        run.asked.append(known)
        if run.decide is not None:
            self._ask(run, known)

    def started(self, name: str, arguments: str, timeout_s: float | None) -> None:
        """A tool runs; the SDK does not say for which of two calls that are the same."""
        for run in self._runs.values():
            same = (run.ready.name, run.ready.arguments) == (name, arguments)
            if same and not run.begun and not run.ended.done():
                run.begun = True
                if timeout_s is not None:
                    # The SDK's word comes first, unless the tool blocks the session.
                    limit_s = timeout_s + LATER_S
                    later = asyncio.get_running_loop().call_later
                    run.limit = later(limit_s, self._give_up, run, limit_s)
                if run.start is not None:
                    run.start()
                return

    def handed_over(self, before: str, after: str) -> None:
        """Another agent goes on."""
        runs = (run for run in self._runs.values() if run.ready.name in self._handoffs and not run.begun)
        if (run := next(runs, None)) is not None:
            run.begun = True
        number = 0 if run is None else run.ready.number
        self._says("handoff", number=number, from_agent=before, to_agent=after)

    def failed(self, message: str, traceback: str) -> None:
        """The session has ended by what the user's code raised; another one begins."""
        self._end_all(lambda run: failure(message, traceback))
        super().failed(message, traceback)

    # --- small things ---

    def _give_up(self, run: _Run, limit_s: float) -> None:
        if not run.ended.done():
            run.ended.set_result(given_up(run.ready.name, limit_s))
            if self._running is not None:
                self._running.give_up(run.call_id)

    def _silence_what_sounds(self) -> None:
        call, journal = self._call, self._journal
        if journal is not None and call is not None and journal.session.sounding in self._to_silence:
            self._to_silence.discard(journal.session.sounding)
            self._spawn(silence(call), "silence")

    def _ask(self, run: _Run, tool: AgentsTool) -> None:
        self._spawn(self._decide(run, tool), f"approval {tool.name}")

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=f"voice_widget {name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _decide(self, run: _Run, tool: AgentsTool) -> None:
        assert run.decide is not None
        run.decision = decision = await run.decide(tool)
        if self._running is None:
            return
        if decision.approved:
            self._running.approve(run.call_id, always=decision.always)
        else:
            self._running.reject(run.call_id, decision.reason or None)

    def _end_all(self, end: Callable[[_Run], Ended]) -> None:
        for run in list(self._runs.values()):
            if not run.ended.done():
                run.ended.set_result(end(run))

    def _clash(self, name: str) -> None:
        clash = AgentError(
            f"Two tools have the name {name!r}, one of the agent's and one of the widget's, which is called.",
            code="two_tools",
            next_step="Rename one of them.",
        )
        if self._running is None or self._running.session is None:
            raise clash  # nothing is lost yet
        self._problem(clash)


def _soon(function: Callable[..., Any], *args: Any) -> None:
    loop().call_soon_threadsafe(function, *args)


def _ended(status: Any, message: str) -> Ended:
    return Ended(status, failure(message).output, message)
