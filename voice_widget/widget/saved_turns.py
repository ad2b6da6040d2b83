"""The turns as a saved page has them: seen only where the panel is not."""

from __future__ import annotations

from collections.abc import Sequence

from voice_widget.realtime.state.records import Row
from voice_widget.tables.transcript import html_summary, plain_summary

MOST = 50
"""They are written at each turn, and a long talk must not make each dearer than the last."""

# Beside a panel in the same cell they would stand twice; where cells have no such areas, beside any panel.
_STYLE = (
    ".jp-OutputArea:has([data-voice-widget]) .voice-widget-turns,"
    "body:not(:has(.jp-OutputArea)):has([data-voice-widget]) .voice-widget-turns{display:none}"
)


def saved_turns(rows: Sequence[Row]) -> dict[str, str]:
    """The mime bundle of the last turns; without any, nothing.

    A page that ``nbconvert`` has made cannot load widgets without a network, and shows nothing in the place
    of one. Nor does a notebook whose kernel is gone and whose widgets were not saved.

    Args:
        rows: The finished turns.
    """
    if not rows:
        return {}
    first = f"<p>The last {MOST} of {len(rows)} turns.</p>" if len(rows) > MOST else ""
    table = html_summary(rows, most=MOST)
    return {
        "text/html": f'<div class="voice-widget-turns"><style>{_STYLE}</style>{table}{first}</div>',
        "text/plain": plain_summary(rows, most=MOST),
    }
