"""Write docs/measures/*.svg: what each measure measures, drawn on a short talk that is made for it.

The numbers in the pictures are what the functions of `voice_widget/analysis` give for these turns.

Usage: python scripts/make_measures_pictures.py [--check]
"""

from __future__ import annotations

import html
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from voice_widget.analysis.floor import INTERRUPTS_MS, barge_in_onset, response_gap, transfers
from voice_widget.analysis.silence import dead_air, tool_silence
from voice_widget.analysis.spans import Span, shared, union
from voice_widget.analysis.speaking import overlap_share, speech_rate, talk_share
from voice_widget.analysis.turns import Turn
from voice_widget.analysis.usage import used
from voice_widget.analysis.word_errors import word_error_rate
from voice_widget.realtime.state.records import Side
from voice_widget.realtime.wire import spoken_words
from voice_widget.tables.prices import cost_of

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "measures"
WIDTH, LEFT, RIGHT = 760, 84, 16
LANES: dict[Side, int] = {"user": 40, "assistant": 92}
COLORS: dict[Side, str] = {"user": "#1d6fb8", "assistant": "#b3541e"}
HEIGHT = 168
HALF = 18
MARK = "#b00020"
Said = tuple[Side, float, float, str]
Mark = tuple[float, float, str]


def picture(title: str, said: Sequence[Said], marks: Sequence[Mark], upto: float) -> str:
    """A timeline of both sides, with brackets under it.

    Args:
        title: What it shows, for who does not see it.
        said: The turns: side, from when until when in milliseconds, and the words.
        marks: Brackets: from when until when, and what stands under each.
        upto: Where the timeline ends.
    """

    def x(ms: float) -> float:
        return round(LEFT + ms / upto * (WIDTH - LEFT - RIGHT), 1)

    parts = []
    for side, y in LANES.items():
        parts.append(f'<text x="8" y="{y + 4}" fill="{COLORS[side]}">{side}</text>')
        parts.append(f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" stroke="#d0d0d0"/>')
    for side, start, end, words in said:
        y = LANES[side]
        parts.append(f'<path d="{_voice(x(start), x(end), y)}" stroke="{COLORS[side]}" stroke-width="1.6"/>')
        parts.append(f'<text x="{x(start)}" y="{y - HALF - 4}" fill="#333333">{html.escape(words)}</text>')
    for start, end, told in marks:
        one, other = x(start), x(end)
        middle = min(max((one + other) / 2, 150), WIDTH - 150)
        parts.append(f'<path d="M{one} 20V128M{other} 20V128" stroke="{MARK}" stroke-dasharray="3 3"/>')
        parts.append(f'<path d="M{one} 132H{other}" stroke="{MARK}" stroke-width="3"/>')
        place = f'x="{round(middle, 1)}" y="152" fill="{MARK}" text-anchor="middle"'
        parts.append(f"<text {place}>{html.escape(told)}</text>")
    return _drawing(title, parts)


def _drawing(title: str, parts: Sequence[str]) -> str:
    """What is drawn, with what it shows."""
    whole = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="sans-serif" font-size="13">',
        f"<title>{html.escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        *parts,
        "</svg>",
    ]
    return "\n".join(whole) + "\n"


def _voice(left: float, right: float, y: int) -> str:
    """Strokes that look like a voice."""
    strokes: list[str] = []
    at = left
    while at <= right:
        loud = HALF * (0.35 + 0.65 * abs(math.sin(at * 0.11) * math.sin(at * 0.37 + 1)))
        strokes.append(f"M{at:.1f} {y - loud:.1f}V{y + loud:.1f}")
        at += 3
    return "".join(strokes)


def pictures() -> dict[str, str]:
    """All of them, by the name of the file."""
    asked: Said = ("user", 200, 1400, "How many are there?")
    found = {
        "response-gap": _passing("response gap", [asked, ("assistant", 2100, 3600, "There are three.")]),
        "floor-transfer-offset": _passing(
            "floor-transfer offset", [asked, ("assistant", 1150, 2900, "There are three.")]
        ),
    }
    filler: Said = ("assistant", 1900, 2600, "One moment.")
    answer: Said = ("assistant", 3900, 4900, "Three.")
    gap = answer[1] - asked[2]
    found["answer-gap"] = picture(
        "The answer gap goes on behind a filler",
        [asked, filler, answer],
        [(asked[2], answer[1], f"answer gap {gap:.0f} ms (response gap {filler[1] - asked[2]:.0f} ms)")],
        5000,
    )
    long: Said = ("assistant", 300, 2500, "The average body mass by species …")
    cut: Said = ("user", 2180, 3700, "Which island has the most?")
    onset = barge_in_onset(long[1], long[2], [cut[1:3]])
    assert onset is not None
    found["barge-in-stop"] = picture(
        "The barge-in stop time: from the user's onset to the answer's last sample",
        [long, cut],
        [(onset, long[2], f"barge-in stop {long[2] - onset:.0f} ms")],
        4000,
    )
    hm: Said = ("user", 2200, 2450, "Mm-hm.")
    found["false-yield"] = picture(
        "A false yield: the answer stopped, and nothing was asked",
        [long, hm],
        [(hm[1], hm[2], "false yield: stopped for “Mm-hm.”")],
        4000,
    )
    whole: Said = ("assistant", 300, 3600, "The average body mass by species is 5076 grams …")
    found["backchannel"] = picture(
        "A backchannel lies within the other side's turn, which goes on",
        [whole, hm],
        [(hm[1], hm[2], "backchannel: takes no floor")],
        4000,
    )
    [both] = shared([cut[1:3]], [long[1:3]])
    share = overlap_share([cut[1:3]], [long[1:3]])
    found["overlap"] = picture(
        "Overlap: both channels are voiced",
        [long, cut],
        [(*both, f"overlap {both[1] - both[0]:.0f} ms: {share:.0%} of all speech")],
        4000,
    )
    late: Said = ("user", 4600, 5600, "Are you there?")
    silence = dead_air([long[1:3], late[1:3]], []).known[0]
    found["dead-air"] = picture(
        "Dead air: neither side sounds for longer than two seconds",
        [long, late],
        [(*silence, f"dead air {silence[1] - silence[0]:.0f} ms")],
        6000,
    )
    told: Said = ("assistant", 4400, 5600, "There are three.")
    tool: Span = (2000, 4000)
    quiet = tool_silence(tool[0], told[1], [asked[1:3], told[1:3]])
    found["tool-silence"] = picture(
        "The silence before a tool's answer",
        [asked, told],
        [
            (
                asked[2],
                told[1],
                f"tool silence {quiet:.0f} ms; the tool ran for {tool[1] - tool[0]:.0f} ms of it",
            )
        ],
        6000,
    )
    user, assistant = [asked[1:3]], union([(2100, 3600)])
    of = talk_share(user, assistant)
    found["talk-share"] = picture(
        "The talk share: a side's voiced time by that of both",
        [asked, ("assistant", 2100, 3600, "There are three.")],
        [(asked[1], asked[2], f"the user's share: 1200 of 2700 ms, {of:.0%}")],
        4000,
    )
    script = "Which island has the most penguins?"
    read: Said = ("user", 300, 2300, "Which islands has most penguins?")
    errors = word_error_rate([script], [read[3]])
    found["word-error-rate"] = picture(
        f"The word error rate: what was understood against the script, {script}",
        [read],
        [(read[1], read[2], f"{errors.errors} errors in {errors.words} words: {errors.rate:.0%}")],
        4000,
    )
    found |= {"interruptions": _interruptions(), "speech-rate": _speech_rate(), "tokens": _tokens()}
    return {f"{name}.svg": text for name, text in found.items()}


def _interruptions() -> str:
    """Both sides' in one picture."""
    said: list[Said] = [
        ("assistant", 300, 2300, "The average body mass …"),
        ("user", 1900, 5300, "No, I mean the island with the most penguins."),
        ("assistant", 4600, 6200, "Biscoe."),
    ]
    [cut, early] = transfers(_placed(said))
    assert early.offset_ms <= -INTERRUPTS_MS
    return picture(
        "Interruptions: of the user, an answer stops; of the assistant, it begins while the user goes on",
        said,
        [
            (said[1][1], said[1][1] - cut.offset_ms, "by the user: the answer stops"),
            (said[2][1], said[1][2], f"by the assistant: {-early.offset_ms:.0f} ms yet to say"),
        ],
        6500,
    )


def _speech_rate() -> str:
    """A turn with a pause in it."""
    said: list[Said] = [
        ("user", 300, 1200, "Which island has"),
        ("user", 1650, 2700, "the most penguins?"),
    ]
    start, end, text = said[0][1], said[1][2], " ".join(each[3] for each in said)
    rate, count = speech_rate(text, end - start), len(spoken_words.words(text))
    told = f"{count} words in {(end - start) / 1000:g} s, the pause with them: {rate:.0f} words/min"
    title = "The speech rate: words by the time from the first sample of a turn to its last"
    return picture(title, said, [(start, end, told)], 4000)


_USED = {
    "input_text_tokens": 90,
    "input_audio_tokens": 160,
    "cached_tokens": 100,
    "cached_text_tokens": 60,
    "cached_audio_tokens": 40,
    "uncached_text_tokens": 30,
    "uncached_audio_tokens": 120,
    "output_text_tokens": 30,
    "output_audio_tokens": 70,
    "reasoning_tokens": 0,
}
_PRICE = {
    "input_text": 4.0,
    "input_audio": 32.0,
    "cached_text": 0.4,
    "cached_audio": 0.4,
    "output_text": 16.0,
    "output_audio": 64.0,
}


def _tokens() -> str:
    """Bars in place of a timeline: what is part of what."""
    sums = {each.measure: each.value or 0 for each in used([{"kind": "response", **_USED}])}
    ways = ("input_tokens", "output_tokens")
    cost = cost_of({**_USED, **{name: sums[name] for name in ways}}, _PRICE)
    assert cost is not None
    wide = (WIDTH - LEFT - RIGHT) / sums["total_tokens"]
    bars = [
        ([*ways], 22, "#57606a"),
        (
            ["input_text_tokens", "input_audio_tokens", "output_text_tokens", "output_audio_tokens"],
            58,
            "#1d6fb8",
        ),
    ]
    parts = []
    for names, y, colour in bars:
        at = float(LEFT)
        for name in names:
            parts.append(_bar(at, y, sums[name] * wide, colour, f"{name.split('_')[-2]} {sums[name]:.0f}"))
            at += sums[name] * wide
    at = float(LEFT)
    for kind in ("text", "audio"):  # what was cached is the end of each kind of the input
        own, cached = (sums[f"input_{kind}_tokens"] * wide, _USED[f"cached_{kind}_tokens"] * wide)
        parts.append(_bar(at + own - cached, 94, cached, "#8250df", f"cached {cached / wide:.0f}"))
        at += own
    whole = f"total_tokens {sums['total_tokens']:.0f}"
    told = f"{whole}; cost {cost:.5f}: each kind by its price, what was cached by its own"
    parts.append(f'<path d="M{LEFT} 132H{WIDTH - RIGHT}" stroke="{MARK}" stroke-width="3"/>')
    place = f'x="{(LEFT + WIDTH - RIGHT) / 2:g}" y="152" fill="{MARK}" text-anchor="middle"'
    parts.append(f"<text {place}>{html.escape(told)}</text>")
    title = "Tokens: kinds are parts of input and output, and what was cached is part of the input"
    return _drawing(title, parts)


def _bar(x: float, y: float, width: float, colour: str, told: str) -> str:
    middle = round(x + width / 2, 1)
    return (
        f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="26" fill="{colour}22" stroke="{colour}"/>'
        f'<text x="{middle}" y="{y + 17}" fill="#333333" font-size="11" text-anchor="middle">'
        f"{html.escape(told)}</text>"
    )


def _passing(name: str, said: Sequence[Said]) -> str:
    """Where the floor passes from the first turn to the second."""
    [passed] = transfers(_placed(said))
    end, start = said[0][2], said[1][1]
    value = response_gap(end, start) if name == "response gap" else passed.offset_ms
    return picture(f"The {name}", said, [(min(end, start), max(end, start), f"{name} {value:.0f} ms")], 4000)


def _placed(said: Sequence[Said]) -> list[Turn]:
    return [Turn(number, side, start, end, "sound") for number, (side, start, end, _) in enumerate(said)]


def main() -> int:
    """Write them, or with ``--check`` say whether they are as they would be written."""
    made = pictures()
    if "--check" in sys.argv:
        there = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.svg")}
        return int(there != made)
    FOLDER.mkdir(exist_ok=True)
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
