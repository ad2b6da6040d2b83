"""The events of one call by its sideband and, once that is dropped, relayed by its page in JupyterLab.

*Delay*: the server sends an event → an observer of the trait that it sets runs in the kernel; beside it what
the data channel alone takes to the page. *Burst*: 10,000 pieces of one answer, as fast as the way takes them,
from the first one sent to the last one in the kernel; ``lost``, ``duplicates`` and ``out_of_order`` are what
``w.events_df`` says of them. The words make messages to the page meanwhile, as in any talk.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.emitter import Tick
from benchmarks.lab import WATCH, begin, end, opened
from benchmarks.report import Beside, figure
from benchmarks.serving import TOKEN
from tests.e2e import speech
from tests.e2e.lab import Notebook

CALLS = 3
TICKS = 80
BURST = 10_000
END_S = 10.0
PATIENCE_S = 90.0
PIECE = "response.output_audio_transcript.delta"
SETUP = """
import time
from voice_widget import OpenAI, VoiceWidget
w = VoiceWidget(service=OpenAI(api_key="{token}", base_url="http://127.0.0.1:{port}/v1"))
ticks, ended = [], []
w.observe(lambda change: ticks.append((change.new, time.time())), "voice")
w.on("response_done", ended.append)

def pieces(kind):
    events = w.events_df
    events = events[(events.type == kind) & (events.direction == "received")]
    return list(events.event_id), [at.timestamp() for at in events["at"]]
"""
CHANNEL = """
() => {
  const { createDataChannel } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.createDataChannel = function (...given) {
    const channel = createDataChannel.apply(this, given);
    const came = (window.came = { ticks: [], pieces: 0, last: 0 });
    channel.addEventListener("message", ({ data }) => {
      const now = (performance.timeOrigin + performance.now()) / 1000;
      const tick = /"tick [^"]*"/.exec(data);
      if (tick) came.ticks.push([JSON.parse(tick[0]), now]);
      else if (data.includes("output_audio_transcript.delta")) {
        came.pieces += 1;
        came.last = now;
      }
    });
    return channel;
  };
}
"""
Arrivals = Sequence[tuple[str, float]]  # a tick's voice, and when it was there


@dataclass
class Way:
    """What was measured by one way, whose end at the server is ``to``."""

    to: str
    delays: list[float] = field(default_factory=list)
    channel_delays: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    channel_rates: list[float] = field(default_factory=list)
    count: dict[str, int] = field(default_factory=dict)


class Server:
    """The server of `benchmarks.emitter`."""

    def __init__(self, port: int, orders: int) -> None:
        self.port, self._orders = port, orders

    def order(self, what: str) -> Any:
        """Give an order; returns when it is done."""
        request = urllib.request.Request(f"http://127.0.0.1:{self._orders}/{what}", method="POST")
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.load(answer)


@contextmanager
def emitting() -> Iterator[Server]:
    """The server, with its stages warm."""
    command = [sys.executable, "-m", "benchmarks.emitter"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            process.stdin.write(f"{TOKEN}\n")
            process.stdin.flush()
            port, orders = process.stdout.readline().split()
            yield Server(int(port), int(orders))
        finally:
            process.stdin.close()
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()


def delays(arrivals: Arrivals, first: int) -> list[float]:
    """Milliseconds on the way of each tick from number ``first`` on, in the order in which they came."""
    ticks = [(Tick.read(voice), at) for voice, at in arrivals if voice.startswith("tick ")]
    return [(at - tick.sent_at) * 1000 for tick, at in ticks if tick.number >= first]


def tally(sent: Sequence[str], came: Sequence[str]) -> dict[str, int]:
    """What became of the events of a burst; ``came`` may hold others, too."""
    place = {event_id: n for n, event_id in enumerate(sent)}
    order = [place[event_id] for event_id in came if event_id in place]
    once = list(dict.fromkeys(order))
    return {
        "events": len(sent),
        "lost": len(sent) - len(once),
        "duplicates": len(order) - len(once),
        "out_of_order": sum(later < earlier for earlier, later in pairwise(once)),
    }


def measure(notebook: Notebook, server: Server, way: Way, first: int) -> None:
    """A burst and ticks, by the way that is open now."""
    ended = notebook.value("len(ended)")
    notebook.page.evaluate("() => { window.came.pieces = 0 }")
    sent = server.order(f"burst?count={BURST}&to={way.to}")
    notebook.wait_value(f"len(ended) > {ended}", seconds=PATIENCE_S)
    ids, times = notebook.value(f"pieces({PIECE!r})", timeout=PATIENCE_S)
    for name, number in tally(sent["ids"], ids).items():
        way.count[name] = way.count.get(name, 0) + number
    way.rates.append(BURST / (max(times) - sent["started_at"]))
    if notebook.page.evaluate("() => window.came.pieces"):
        last = notebook.page.evaluate("() => window.came.last")
        way.channel_rates.append(BURST / (last - sent["started_at"]))

    notebook.value("ticks.clear()")
    server.order(f"ticks?first={first}&count={TICKS}")
    final = f"tick {first + TICKS - 1} "
    notebook.wait_value(f"ticks and ticks[-1][0].startswith({final!r})")
    way.delays += delays(notebook.value("ticks"), first)
    way.channel_delays += delays(notebook.page.evaluate("() => window.came.ticks"), first)


def one_call(notebook: Notebook, server: Server, sideband: Way, relay: Way) -> None:
    """First by sideband, then relayed.

    Where the sideband broke off is known by the events that page and kernel have seen last: the ticks.
    """
    begin(notebook)
    measure(notebook, server, sideband, 0)
    assert server.order("drop") == {"dropped": 1}
    server.order("ticks?first=1000&count=1")  # by the page, once that has taken over
    notebook.wait_value("ticks[-1][0].startswith('tick 1000 ')")
    measure(notebook, server, relay, 2000)
    end(notebook)


def main() -> None:
    sideband, relay = Way("sideband"), Way("channel")
    with emitting() as server:
        cells = (SETUP.format(token=TOKEN, port=server.port), "w")
        with opened(cells, [speech.silence(30)]) as notebook:
            notebook.page.evaluate(WATCH)
            notebook.page.evaluate(CHANNEL)
            for _ in range(CALLS):
                one_call(notebook, server, sideband, relay)
    figure("event_delay_data_channel", relay.channel_delays, "ms")
    figure("event_delay_sideband", sideband.delays, "ms")
    floor = Beside("event_delay_sideband", float(np.median(sideband.delays)))
    figure("event_delay_relay", relay.delays, "ms", beside=floor, at_most=10)
    figure("events_per_second_data_channel", relay.channel_rates, "1/s")
    for name, way in {"sideband": sideband, "relay": relay}.items():
        whole = not way.count["lost"] and not way.count["duplicates"] and not way.count["out_of_order"]
        count: dict[str, Any] = {"aim": "all, once, in order", "met": whole, **way.count}
        figure(f"events_per_second_{name}", way.rates, "1/s", **count)


if __name__ == "__main__":
    main()
