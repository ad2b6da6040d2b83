"""The talks one after another, by each way: each on a line of its own, so that none spoils the next."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from voice_widget.commands.check.lines import Ended, Line, NoWay, SocketLine
from voice_widget.commands.check.probes import PROBES
from voice_widget.commands.check.record import Deviation, Way
from voice_widget.commands.check.report import Tried
from voice_widget.commands.check.sideband import SidebandLine
from voice_widget.commands.check.steps import Plan
from voice_widget.commands.check.verdict import deviations
from voice_widget.errors import ServiceError
from voice_widget.services.openai import OpenAI

_MUTE_TALKS = 2
_NOT_THERE = (405, 501)
_REQUESTS = {
    "websocket": "GET /v1/realtime",
    "webrtc": "POST /v1/realtime/calls",
    "sideband": "POST /v1/realtime/calls",
}
_ABSENT = {"websocket": "no_websocket", "webrtc": "no_webrtc", "sideband": "no_webrtc"}
_REFUSED = {"websocket": "session_refused", "webrtc": "offer_refused", "sideband": "offer_refused"}


async def run(
    service: OpenAI,
    plan: Plan,
    ways: Sequence[Way],
    talks: Sequence[str],
    told: Callable[[Tried], None],
) -> list[Tried]:
    """Try everything; of a way that is not there, or on which nothing is ever said, the first talk only.

    A server that greets and answers nothing may still answer in the second talk.
    """
    tried: list[Tried] = []
    gone: set[Way] = set()
    for way in ways:
        if way == "sideband" and "webrtc" in gone:
            continue  # it would be beside a call that cannot be
        mute = 0
        for number, talk in enumerate(talks):
            made, silent, unanswered = await _talk(service, plan, way, talk, again=number > 0)
            mute = mute + 1 if unanswered else 0
            tried.append(made)
            told(made)
            if made.refused or silent or mute == _MUTE_TALKS:
                gone.add(way)
                break
    return tried


async def _talk(service: OpenAI, plan: Plan, way: Way, talk: str, *, again: bool) -> tuple[Tried, bool, bool]:
    line = _line(service, plan, way)
    began = time.monotonic()
    refused, step = "", ""
    missing: list[Deviation] = []
    try:
        await line.start()
        await PROBES[talk](line, plan)
        await line.quiet(plan.settle)
    except Ended as ended:
        if not any(lack.finding == "flood" for lack in line.lacks):
            line.lack("closed_early", "(close)", str(ended))
    except NoWay as none:
        missing.append(Deviation(none.finding, none.event, "", str(none)))
        refused = str(none)
    except ServiceError as error:
        finding = (
            "not_reached_again" if again or any(not e.sent for e in line.entries) else _unreached(way, error)
        )
        missing.append(Deviation(finding, _REQUESTS[way], "", error.message))
        refused, step = error.message, error.next_step
    finally:
        await line.close()
    found = (*deviations(line.record(talk)), *missing)
    silent = all(entry.sent for entry in line.entries)
    return Tried(way, talk, time.monotonic() - began, found, refused, step), silent, line.unanswered()


def _line(service: OpenAI, plan: Plan, way: Way) -> Line:
    if way == "websocket":
        return SocketLine(service, plan.settings)
    from voice_widget.commands.check.peer import PeerLine  # here: aiortc takes its time

    peer = PeerLine(service, plan.settings, plan.brief * 2)
    return peer if way == "webrtc" else SidebandLine(peer)


def _unreached(way: Way, error: ServiceError) -> str:
    """A way that is not there is another thing than one that is shut."""
    absent = error.status in _NOT_THERE or error.code == "not_found"
    return (_ABSENT if absent else _REFUSED)[way]
