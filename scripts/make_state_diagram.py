"""Write docs/states.md from the transition tables, so that the diagrams cannot lie.

Usage: python scripts/make_state_diagram.py [--check]
"""

from __future__ import annotations

import sys
from pathlib import Path

from voice_widget.realtime.state.table import (
    ACTIVITY,
    CONNECTION,
    CONNECTION_STATE,
    PLAYOUT,
    USER,
    WORK,
    Table,
)
from voice_widget.talk.retrying import RETRYING, WAITS_S

TARGET = Path(__file__).resolve().parents[1] / "docs" / "states.md"

INTRODUCTION = """\
# States

Made by `scripts/make_state_diagram.py` from `voice_widget/realtime/state/table.py` and
`voice_widget/talk/retrying.py`: change the tables, not this.

A trigger that a state does not list leaves it as it is.
"""

SECTIONS: tuple[tuple[str, str, Table], ...] = (
    (
        "Connection",
        "`connected` needs two facts, in either order: the session is acknowledged, the media path stands.",
        CONNECTION,
    ),
    (
        "Another try",
        "Which ends of a call are followed by another try. `unreachable`: the service could not be reached,\n"
        "for a reason that may pass; `lost`: any other end that is no refusal. An end that a state does not\n"
        f"list is the last one, and so is the one after {len(WAITS_S)} tries, before which "
        f"{', '.join(f'{wait:g}' for wait in WAITS_S)} s are waited.",
        RETRYING,
    ),
    ("User", "Whether the user is heard to speak: the trait `user_speaking`.", USER),
    ("Playout", "Whether an answer sounds: the trait `assistant_speaking`.", PLAYOUT),
    ("Work", "Whether an answer is due, being made, or waits for tools.", WORK),
)


def everywhere(table: Table) -> dict[str, str]:
    """The triggers that lead from most states to the same one: a sentence says them better than arrows."""
    ends: dict[str, list[str]] = {}
    for row in table.values():
        for trigger, after in row.items():
            ends.setdefault(trigger, []).append(after)
    return {trigger: after[0] for trigger, after in ends.items() if len(after) > 5 and len(set(after)) == 1}


def sentences(table: Table) -> str:
    """What `diagram` leaves out."""
    lines = []
    for trigger, after in everywhere(table).items():
        without = [f"*{state}*" for state, row in table.items() if trigger not in row]
        but = f" but {', '.join(without)}" if without else ""
        lines.append(f"- `{trigger}` leads from every state{but} to *{after}*.")
    return "\n".join(lines) + "\n" if lines else ""


def diagram(table: Table) -> str:
    """A table as a mermaid state diagram; triggers with the same ends share an arrow."""
    common = everywhere(table)
    names = {state: f"s{number}" for number, state in enumerate(table)}
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f'    state "{state}" as {name}' for state, name in names.items()]
    lines.append(f"    [*] --> {names[next(iter(table))]}")
    for state, row in table.items():
        arrows: dict[str, list[str]] = {}
        for trigger, after in row.items():
            if trigger not in common:
                arrows.setdefault(after, []).append(trigger)
        lines += [f"    {names[state]} --> {names[after]} : {' / '.join(by)}" for after, by in arrows.items()]
    return "\n".join([*lines, "```"])


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION]
    for title, text, table in SECTIONS:
        parts.append(f"## {title}\n\n{text}\n\n{diagram(table)}\n")
        if said := sentences(table):
            parts.append(said)
        if table is CONNECTION:
            rows = "\n".join(f"| {state} | `{shown}` |" for state, shown in CONNECTION_STATE.items())
            parts.append(f"| state | `connection_state` |\n|---|---|\n{rows}\n")
    rows = "\n".join(
        f"| {user} | {playout} | {work} | `{word}` |" for (user, playout, work), word in ACTIVITY.items()
    )
    parts.append(
        "## Activity\n\n"
        "User, playout and work run side by side; the trait `activity` is one word for all three.\n\n"
        f"| user | playout | work | `activity` |\n|---|---|---|---|\n{rows}\n"
    )
    return "\n".join(parts)


def main() -> int:
    """Write the page, or with --check say whether it is fresh."""
    if "--check" in sys.argv[1:]:
        return 0 if TARGET.exists() and TARGET.read_text(encoding="utf-8") == page() else 1
    TARGET.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
