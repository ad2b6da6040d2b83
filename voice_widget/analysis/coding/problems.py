"""What is wrong with the labels that lie beside a talk, by name. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from voice_widget.errors import RecordingError
from voice_widget.recording.folder import LABELS, SCHEME
from voice_widget.recording.labels import Label, Labels

_SAYS = {
    "outside": (
        "labels_outside",
        "lie outside of the talk",
        "Take them back with unlabel, or give other times.",
    ),
    "unknown_turn": ("labels_outside", "are of turns that the talk has not", "Take them back with unlabel."),
    "unknown_code": ("labels_uncoded", "have a code that the scheme has not", "Add the code to the scheme."),
}


def problems(kept: Labels, laid: Sequence[Label], *, readable: bool) -> tuple[RecordingError, ...]:
    """What costs some of the labels and not the others.

    Args:
        kept: What lies there.
        laid: The labels, with what is wrong with each.
        readable: The scheme can be read.
    """
    return tuple(_problems(kept, laid, readable=readable))


def _problems(kept: Labels, laid: Sequence[Label], *, readable: bool) -> Iterator[RecordingError]:
    if kept.broken:
        yield _half(f"{len(kept.broken)} lines of {LABELS} cannot be read")
    if kept.scheme_broken or (kept.scheme is not None and not readable):
        yield _half(f"{SCHEME} cannot be read")
    for problem, (code, says, step) in _SAYS.items():
        numbers = [label.number for label in laid if label.problem == problem]
        if numbers:
            listed = ", ".join(map(str, numbers[:10])) + (", …" if len(numbers) > 10 else "")
            yield RecordingError(
                f"{len(numbers)} labels {says}: number {listed}. They stay, and count nowhere.",
                code=code,
                next_step=step,
            )


def _half(what: str) -> RecordingError:
    return RecordingError(
        f"The folder is half written: {what}; the other labels are used.",
        code="half_written",
        next_step="Look for another copy of it.",
    )
