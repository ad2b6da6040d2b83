"""What is wrong with the labels that lie beside a talk, by name. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from voice_widget.errors import RecordingError
from voice_widget.recording.folder import LABELS, SCHEME
from voice_widget.recording.labels import Label, Labels

_SAYS: Mapping[str, Mapping[str, str]] = {
    "outside": {
        "code": "labels_outside",
        "says": "lie outside of the talk",
        "step": "Take them back with unlabel, or give other times.",
    },
    "unknown_turn": {
        "code": "labels_outside",
        "says": "are of turns that the talk has not",
        "step": "Take them back with unlabel, or give other turns.",
    },
    "unknown_code": {
        "code": "labels_uncoded",
        "says": "have a code that the scheme has not",
        "step": "Set a scheme that has it, or give them another code with relabel.",
    },
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
    for problem, told in _SAYS.items():
        numbers = [label.number for label in laid if label.problem == problem]
        if numbers:
            listed = ", ".join(map(str, numbers[:10])) + (", …" if len(numbers) > 10 else "")
            yield RecordingError(
                f"{len(numbers)} labels {told['says']}: number {listed}. They stay, and count nowhere.",
                code=told["code"],
                next_step=told["step"],
            )


def _half(what: str) -> RecordingError:
    return RecordingError(
        f"The folder is half written: {what}; the other labels are used.",
        code="half_written",
        next_step="Look for another copy of it.",
    )
