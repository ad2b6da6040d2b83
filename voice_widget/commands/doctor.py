"""``python -m voice_widget doctor``: is all well with what is installed here? No notebook is needed.

It looks at Python and the packages, at the page's scripts, at the way by which peers find each other, and
lets the engine hear and answer a spoken question. What fails is told with the next step; then the exit code
is 1.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import TextIO

from voice_widget.commands import installation
from voice_widget.diagnosis.findings import Finding, way_out
from voice_widget.diagnosis.printing import lines
from voice_widget.services.local import Local
from voice_widget.threads.loop import submit

END_S = 20.0
_WIDTH = len("extra moonshine-voice")
_WELL = "All is well."


def doctor(*, as_json: bool = False, service: Local | None = None, out: TextIO | None = None) -> int:
    """Look at everything, and print what was found. Gives the exit code.

    Args:
        as_json: Print one JSON object at the end, and nothing before.
        service: The engine to look at; it stays open. None: one of its own, which is ended.
        out: Where it is printed.
    """
    out = out or sys.stdout
    rows = []
    for row in looked_at(service):
        rows.append(row)
        if not as_json:
            print("\n".join(lines(row, _WIDTH)), file=out, flush=True)
    well = all(row.verdict != "bad" for row in rows)
    if as_json:
        told = {"ok": well, "checks": [row._asdict() for row in rows], "way_out": _way_out(rows)}
        print(json.dumps(told, indent=2, ensure_ascii=False), file=out, flush=True)
    else:
        print(f"\n{_way_out(rows)}", file=out, flush=True)
    return 0 if well else 1


def looked_at(service: Local | None = None) -> Iterator[Finding]:
    """One thing after the other, the quick ones first."""
    for check in (
        installation.python,
        installation.packages,
        installation.front_end,
        installation.bundle,
    ):
        yield check()
    yield from installation.extras()
    for check in (installation.loopback, installation.webrtc):
        yield check()
    own = service or Local()
    try:
        engine = installation.engine(own)
        yield engine
        if engine.verdict == "good":
            yield installation.spoken(own)
        else:
            yield Finding("spoken turn", "not tried: first the engine has to work", "unknown")
    finally:
        if service is None:
            submit(own.close()).result(END_S)


def _way_out(rows: list[Finding]) -> str:
    return _WELL if all(row.verdict == "good" for row in rows) else way_out(rows)
