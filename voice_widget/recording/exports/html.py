"""A talk as one page: to read, and to hear, without kernel and network."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from hashlib import sha256
from html import escape

from voice_widget.realtime.state.records import SIDES
from voice_widget.recording.exports.laying import end_of, laid, line, pieces
from voice_widget.recording.exports.page import SCRIPT, STYLE
from voice_widget.recording.exports.times import clock
from voice_widget.recording.spoken import Utterance

_KINDS = {b"RIFF": "audio/wav", b"fLaC": "audio/flac", b"OggS": "audio/ogg"}
_LANE, _WIDTH = 28, 1000


def to_html(
    utterances: Sequence[Utterance],
    duration_ms: int,
    *,
    title: str,
    facts: Sequence[str] = (),
    audio: bytes | None = None,
) -> str:
    """One self-contained page with all that was said, and with the sound if it is given.

    It plays; the row that sounds is highlighted and scrolled to, and in it the word, where its time is known
    and not estimated. Click a row, or Enter on its time, to hear it; the arrows go from row to row. Its
    Content-Security-Policy forbids it to load anything, and to run or show anything but what it was made
    with.

    Args:
        utterances: What was said.
        duration_ms: How long the recording is.
        title: The page's title.
        facts: What stands under it: when it was, with what …
        audio: A WAV, FLAC, Opus or Ogg file; None: a page to read.
    """
    spoken = laid(utterances, duration_ms)
    total = max([1, duration_ms, *(end_of(one) for one in spoken)])
    rows = "\n".join(_row(one, audio is not None) for one in spoken)
    listed = (
        f'<ol role="list" aria-label="What was said">\n{rows}\n</ol>'
        if rows
        else '<p class="none">Nothing was said.</p>'
    )
    script = SCRIPT if audio is not None and rows else None
    told = f"\n<p>{escape(' · '.join(map(line, facts)))}</p>" if facts else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy(script, audio is not None)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(line(title))}</title>
<style>{STYLE}</style>
</head>
<body>
<main{' class="playable"' if script else ""}>
<header>
<h1 dir="auto">{escape(line(title))}</h1>{told}
</header>
{"" if audio is None else _player(spoken, total, audio, script is not None)}{listed}
</main>
{f"<script>{script}</script>" if script else ""}
</body>
</html>
"""


def _policy(script: str | None, sound: bool) -> str:
    allowed = [
        "default-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        f"style-src '{_hash(STYLE)}'",
    ]
    if script is not None:
        allowed.append(f"script-src '{_hash(script)}'")
    if sound:
        allowed.append("media-src data:")
    return "; ".join(allowed)


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _player(spoken: Sequence[Utterance], total: int, audio: bytes, follows: bool) -> str:
    kind = _KINDS.get(audio[:4], "audio/wav")
    source = f"data:{kind};base64,{b64encode(audio).decode()}"
    follow = '\n<label><input type="checkbox" checked>Follow</label>' if follows else ""
    return f"""<section class="player" aria-label="Sound">
<svg viewBox="0 0 {_WIDTH} {2 * _LANE}" preserveAspectRatio="none" aria-hidden="true" data-total="{total}">
{"".join(_bars(spoken, total))}<line y1="0" y2="{2 * _LANE}" x1="0" x2="0"/>
</svg>
<div class="controls">
<audio controls preload="auto" src="{source}"></audio>{follow}
<p role="status"></p>
</div>
</section>
"""


def _bars(spoken: Sequence[Utterance], total: int) -> Iterator[str]:
    """The two lanes: who spoke when."""
    for one in spoken:
        x, width = (_WIDTH * ms / total for ms in (one.start_ms, end_of(one) - one.start_ms))
        y = SIDES.index(one.role) * _LANE + 6
        size = f'width="{max(1, width):.2f}" height="{_LANE - 12}"'
        yield f'<rect class="{one.role}" x="{x:.2f}" y="{y}" {size}/>\n'


def _row(one: Utterance, sounds: bool) -> str:
    at = clock(one.start_ms)
    time = (
        f'<button type="button" aria-label="{at}, play from here">{at}</button>'
        if sounds
        else f"<time>{at}</time>"
    )
    speaker = one.role.capitalize() if one.speaker == one.role else one.speaker
    said = "".join(
        escape(text)
        if word is None
        else f'<span data-start="{word.start_ms}" data-end="{word.end_ms}">{escape(text)}</span>'
        for text, word in pieces(one)
    )
    tags = [name for name, on in (("interrupted", one.interrupted), ("no transcript", not one.text)) if on]
    tag = "".join(f' <span class="tag">{name}</span>' for name in tags)
    times = f'data-start="{one.start_ms}" data-end="{end_of(one)}"'
    return (
        f'<li class="row {one.role}" id="turn-{one.seq}" {times}>{time}'
        f'<span class="role"><bdi>{escape(speaker)}</bdi></span>'
        f'<p class="text" dir="auto">{said}{tag}</p></li>'
    )
