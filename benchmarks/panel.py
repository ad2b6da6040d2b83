"""What the panel costs its page: a picture of the lanes, a row more at 2,000, and what runs unseen.

Costs are processor time of the page's own thread, and what they are held against takes turns with them:

- a bare canvas of the lanes' size that draws the bars of one of their pictures as often, in the same page;
- a bare list of 2,000 elements found by their keys, scrolled to its end each time, in the same page;
- a page without a panel, and one with nothing but a peer, a microphone and an element that plays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from benchmarks.panel_page import Measured, Ran, opened, row
from benchmarks.report import Beside, figure

ROWS = 2000
FRAME_MS = 24  # the least time between two pictures of the lanes

LANES_ROUNDS, LANES_MS, SETTLE_MS = 14, 1000, 250
SEEN, SCROLLED = "bench.show('#panel', true);", "bench.show('#panel', false);"
LANES = {
    "unseen": f"{SCROLLED} bench.draw(false);",
    "panel": f"{SEEN} bench.draw(false);",
    "bare": f"{SCROLLED} bench.draw(true);",
}

ROW_ROUNDS, TAKES = 6, 20
CHANGES = {
    "nothing": "",
    "new_row": "bench.kernel.say({ type: 'row', row: more() });",
    "new_row_bare": "bench.list.put(more());",
    "delta": "bench.kernel.say({ type: 'text', item_id: last, delta: ' word' });",
    "delta_bare": "bench.list.add(last, ' word');",
}
TAKE = """
([code, row, last, takes]) => {
  bench.count ??= row.seq;
  const more = () => ({ ...row, seq: bench.count++, item_id: `item_${bench.count}` });
  return bench.inFrames(takes, new Function("more", "last", code).bind(null, more, last));
}
"""

LOOKS, LOOK_MS, REST_MS = 3, 2000, 2500  # what was put off when it went out of sight is done by then
PLACES = {
    "seen": f"bench.hide(false); {SEEN}",
    "scrolled": f"bench.hide(false); {SCROLLED}",
    "hidden": f"bench.hide(true); {SEEN}",
}
METERS = 10  # readings a second: what is voiced and when, and whether the kernel lives
COUNTED = ("frames", "timers", "pictures", "layouts")


def per_picture(ran: Sequence[Ran], idle: Sequence[Ran]) -> list[float]:
    """Milliseconds of a picture in each round, beyond what the page does without."""
    return [(a["task_ms"] - b["task_ms"]) / a["pictures"] for a, b in zip(ran, idle, strict=True)]


def lanes(measured: Measured) -> None:
    """A picture of the lanes in a call, and one of a bare canvas."""
    bars = measured.page.evaluate("(every_ms) => bench.bare(every_ms)", FRAME_MS)
    ran: dict[str, list[Ran]] = {name: [] for name in LANES}
    for _ in range(LANES_ROUNDS):
        for name, begin in LANES.items():
            measured.begin(begin, SETTLE_MS)
            ran[name].append(measured.during("(ms) => bench.wait(ms)", LANES_MS))
    measured.begin(PLACES["seen"] + LANES["panel"], 0)
    per_second = {name: round(median(one["pictures"] for one in found)) for name, found in ran.items()}
    bare = per_picture(ran["bare"], ran["unseen"])
    floor = Beside("picture_bare", median(bare))
    figure("picture_bare", bare, "ms", bars=bars, per_second=per_second["bare"])
    figure(
        "picture_of_lanes", per_picture(ran["panel"], ran["unseen"]), "ms", beside=floor, at_most=1.5,
        rows=ROWS, per_second=per_second["panel"],
    )  # fmt: skip


def rows(measured: Measured) -> None:
    """A new row, and a word more in the last one, in the panel and in a bare list."""
    height = measured.page.evaluate("() => bench.root.querySelector('.scroll').clientHeight")
    measured.page.evaluate(
        "([rows, height]) => bench.list(rows, height)", [[row(n) for n in range(ROWS)], height]
    )
    costs: dict[str, list[float]] = {name: [] for name in CHANGES}
    long: dict[str, list[float]] = {name: [] for name in CHANGES}
    for _ in range(ROW_ROUNDS):
        for name, code in CHANGES.items():
            bare = str(name.endswith("_bare")).lower()
            measured.begin(f"bench.show('#panel', !{bare}); bench.show('#bare', {bare});", SETTLE_MS)
            ran = measured.during(TAKE, [code, row(ROWS), f"item_{ROWS - 1}", TAKES])
            costs[name].append(ran["task_ms"] / TAKES)
            long[name].append(ran["long"])
    measured.begin(f"{SEEN} bench.show('#bare', true);", SETTLE_MS)
    tell_rows(costs)
    tell_long(long)


def tell_long(long: Mapping[str, Sequence[float]]) -> None:
    """Print how many tasks of more than 50 ms there were in so many takes, beside a bare list's."""
    for name in ("new_row", "delta"):
        bare = sum(long[f"{name}_bare"])
        figure(
            f"{name}_long_tasks", long[name], "tasks", rows=ROWS, takes=TAKES, bare=bare,
            aim="no more than of the bare list", met=sum(long[name]) <= bare,
        )  # fmt: skip


def tell_rows(costs: Mapping[str, Sequence[float]]) -> None:
    """Print the figures of what was done so often: each less the frames in which nothing was."""
    own = {name: [each - median(costs["nothing"]) for each in found] for name, found in costs.items()}
    for name in ("new_row", "delta"):
        bare = own[f"{name}_bare"]
        figure(f"{name}_bare", bare, "ms", rows=ROWS)
        figure(name, own[name], "ms", beside=Beside(f"{name}_bare", median(bare)), at_most=2, rows=ROWS)


def looks(panel: Measured, other: Measured) -> tuple[dict[str, list[Ran]], list[Ran]]:
    """What runs in a second in each place, and what runs in the other page."""
    ran: dict[str, list[Ran]] = {place: [] for place in PLACES}
    without = []
    for _ in range(LOOKS):
        for place, begin in PLACES.items():
            panel.begin(begin, REST_MS)
            ran[place].append(panel.during("(ms) => bench.wait(ms)", LOOK_MS))
        without.append(other.during("(ms) => bench.wait(ms)", LOOK_MS))
    panel.begin(PLACES["seen"], REST_MS)
    return ran, without


def tell_looks(when: str, ran: Mapping[str, Sequence[Ran]], beside: str, other: Sequence[Ran]) -> None:
    """Print the figures: ``when`` is ``idle``, ``open`` (settings and events are) or ``call``.

    Of a call that nobody sees the meters remain, of what is open nothing.
    """
    per_s = 1000 / LOOK_MS
    figure(beside, [one["task_ms"] * per_s for one in other], "ms/s")
    floor = Beside(beside, median(one["task_ms"] for one in other) * per_s)
    only = METERS if when == "call" else 0
    for place, found in ran.items():
        task = [one["task_ms"] * per_s for one in found]
        rests = when == "idle" or (when == "open" and place != "seen")
        figure(f"{when}_{place}", task, "ms/s", beside=floor, at_most=2 if rests else None)
        most: dict[str, Any] = {name: max(one[name] for one in found) * per_s for name in COUNTED}
        runs = [sum(one[name] for name in COUNTED) * per_s for one in found]
        if when != "idle" and place == "seen":
            figure(f"{when}_{place}_runs", runs, "1/s", **most)
            continue
        # An event of the service that is handed on may have a timer of its own.
        met = most["timers"] <= 1.2 * only and most["timers"] == sum(most.values())
        figure(f"{when}_{place}_runs", runs, "1/s", **most, aim=f"only {only} timers/s", met=met)


def main() -> None:
    with opened() as (panel, other):
        panel.mount(ROWS)
        ran, without = looks(panel, other)
        tell_looks("idle", ran, "page_without_panel", without)
        panel.begin("bench.toggle();", 0)
        ran, without = looks(panel, other)
        panel.begin("bench.toggle();", SETTLE_MS)
        tell_looks("open", ran, "page_beside_open", without)
        rows(panel)
        panel.call()
        other.bare_call()
        ran, without = looks(panel, other)
        tell_looks("call", ran, "bare_call", without)
        lanes(panel)


if __name__ == "__main__":
    main()
