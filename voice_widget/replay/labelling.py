"""Labels in a replay: what is shown of them, and what a coder does to them there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypedDict

from voice_widget.analysis.coding.coded import Coded
from voice_widget.analysis.coding.labelling import coder_of, no_scheme, with_scheme
from voice_widget.analysis.coding.scheme import VIEWS_OWN, Scheme
from voice_widget.errors import ErrorInfo, RecordingError, SettingError, shown
from voice_widget.realtime.state.records import Side
from voice_widget.recording.labels import Label, Labels
from voice_widget.replay.contents import Timed

_SHOWN = (None, "unknown_code")


class ShownLabel(TypedDict):
    """A label. One of a turn without times has none."""

    number: int
    seq: int | None
    side: str | None
    code: str
    start_ms: int | None
    end_ms: int | None
    coder: str
    note: str


class ShownCode(TypedDict):
    """A code of the scheme."""

    name: str
    colour: str | None
    key: str | None
    meaning: str


class Coding(TypedDict):
    """By what is labelled. Without a ``coder`` labels are only shown; ``problem`` says why there are none."""

    coder: str | None
    codes: list[ShownCode]
    saved: bool
    problem: ErrorInfo | None


class Labelled(Timed, Coded, Protocol):
    """A recorded talk whose labels are shown, and given."""

    @property
    def scheme(self) -> Scheme | None: ...  # noqa: D102 - as `Talk` has them

    @scheme.setter
    def scheme(self, scheme: Scheme) -> None: ...

    def label(  # noqa: D102
        self,
        code: str,
        *,
        seq: int | None = None,
        start_ms: float | None = None,
        end_ms: float | None = None,
        side: Side | None = None,
        coder: str = "coder",
        note: str = "",
    ) -> int: ...

    def unlabel(self, number: int) -> None: ...  # noqa: D102

    def relabel(  # noqa: D102
        self,
        number: int,
        *,
        start_ms: float | None = None,
        end_ms: float | None = None,
        note: str | None = None,
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class _Done:
    """A change of a label that was made here. ``before`` is how it was; None: it was not there.

    ``redacted`` are the turns that were redacted by then.
    """

    number: int
    before: Label | None
    redacted: tuple[int, ...]


class Labelling:
    """What one coder does to a talk's labels. The talk alone knows which there are.

    Args:
        talk: The talk.
        coder: Who labels; None: nobody does.
        scheme: By what. With a coder it becomes the talk's; None: it is the talk's.

    Raises:
        SettingError: That is no coder (``label_invalid``), there is no scheme (``no_scheme``), it is none,
            lacks codes that were given, or has a key that means something else here (``scheme_invalid``).
        RecordingError: The scheme cannot be written (``recording_failed``).
    """

    def __init__(self, talk: Labelled, coder: str | None, scheme: Scheme | None) -> None:
        if scheme is not None:
            with_scheme(Labels(), scheme)  # it refuses what is none
        self._talk, self._coder = talk, None if coder is None else coder_of(coder)
        self._only_shown = scheme if coder is None else None
        self._done: list[_Done] = []
        if coder is None:
            return
        codes = talk.scheme if scheme is None else scheme
        if codes is None:
            raise no_scheme()
        _check_keys(codes)
        if scheme is not None and talk.scheme != scheme:
            talk.scheme = scheme

    def follow(self, talk: Labelled) -> None:
        """The talk as it has become. One that lies nowhere takes the labels that were given over."""
        if talk.folder is None:
            talk._unsaved = self._talk._unsaved
        self._talk = talk

    def shown(self) -> tuple[Coding, list[ShownLabel]]:
        """By what is labelled, and the labels as they are now, but for those that have no place in the talk.

        Raises:
            SettingError: The talk has another scheme by now, with a key that means something else here.
            RecordingError: They cannot be read.
        """
        scheme = self._only_shown or self._talk.scheme
        if self._coder is not None and scheme is not None:
            _check_keys(scheme)
        codes: list[ShownCode] = [
            {"name": name, "colour": code.colour, "key": code.key, "meaning": code.meaning}
            for name, code in (scheme or {}).items()
        ]
        labels = [_shown(label) for label in self._talk.labels() if label.problem in _SHOWN]
        return {**self.nothing(None), "codes": codes}, labels

    def nothing(self, error: RecordingError | None) -> Coding:
        """What there is if they cannot be read."""
        problem = None if error is None else error.info()
        return {
            "coder": self._coder,
            "codes": [],
            "saved": self._talk.folder is not None,
            "problem": problem,
        }

    # --- what is done on a page, each of it as far as the talk allows it ---

    def press(self, message: Mapping[str, Any]) -> None:
        """Give a code to a turn or a stretch; if this coder has given it there, take it back.

        Raises:
            SettingError: Nobody labels here, or the talk refuses it.
            RecordingError: It cannot be written.
        """
        coder = self._who()
        code, seq = message.get("code"), message.get("seq")
        start_ms, end_ms = message.get("start_ms"), message.get("end_ms")
        given = self._given(coder, code, seq, (start_ms, end_ms))
        if given is not None:
            self._take_back(given)
            return
        number = self._talk.label(code, seq=seq, start_ms=start_ms, end_ms=end_ms, coder=coder)  # type: ignore[arg-type]
        self._did(number, None)

    def change(self, message: Mapping[str, Any]) -> None:
        """Give a label another note, or another place to one of a stretch; what is left out stays.

        Raises:
            SettingError: There is none of that number, it is somebody else's, or the talk refuses it.
            RecordingError: It cannot be written.
        """
        before = self._own(message.get("number"))
        times = {name: message[name] for name in ("start_ms", "end_ms") if message.get(name) is not None}
        note = message.get("note")
        if all(value in (None, getattr(before, name)) for name, value in {**times, "note": note}.items()):
            return
        if times and before.seq is not None:
            raise SettingError(
                "A label of a turn is as long as the turn.",
                code="label_invalid",
                next_step="Label a stretch for times of its own.",
            )
        self._talk.relabel(before.number, **times, note=note)
        self._did(before.number, before)

    def remove(self, message: Mapping[str, Any]) -> None:
        """Take a label back, by its number.

        Raises:
            SettingError: There is none of that number, or it is somebody else's.
            RecordingError: It cannot be written.
        """
        self._take_back(self._own(message.get("number")))

    def undo(self, _: Mapping[str, Any]) -> None:
        """Undo the last change that was made here and is not undone.

        Raises:
            SettingError: There is none, or the label has gone elsewhere.
            RecordingError: It cannot be written.
        """
        self._who()
        if not self._done:
            raise SettingError("Nothing is left to undo.", code="label_invalid")
        last = self._done[-1]
        try:
            self._back(last)
        except SettingError:
            self._done.pop()  # it stands in the way of those before it
            raise
        self._done.pop()

    def _did(self, number: int, before: Label | None) -> None:
        self._done.append(_Done(number, before, tuple(self._talk.manifest["redacted"])))

    def _back(self, done: _Done) -> None:
        before = done.before
        if before is not None and done.redacted != tuple(self._talk.manifest["redacted"]):
            before = replace(before, note="")  # it may hold words of the turn that is redacted by now
        if before is None:
            self._talk.unlabel(done.number)
        elif all(label.number != done.number for label in self._talk.labels()):
            number = self._give_again(before)
            # Its earlier changes are those of the new one.
            self._done = [replace(x, number=number) if x.number == done.number else x for x in self._done]
        elif before.seq is not None:
            self._talk.relabel(done.number, note=before.note)
        else:
            self._talk.relabel(done.number, start_ms=before.start_ms, end_ms=before.end_ms, note=before.note)

    def _own(self, number: object) -> Label:
        coder = self._who()
        found = next((label for label in self._talk.labels() if label.number == number), None)
        if found is None or type(number) is not int:
            raise SettingError(f"There is no label {shown(number)} any more.", code="unknown_label")
        if found.coder != coder:
            raise SettingError(
                f"This label is of {found.coder}, and {coder} labels here.",
                code="label_invalid",
                next_step="Let each coder change their own.",
            )
        return found

    def _who(self) -> str:
        if self._coder is None:
            raise SettingError(
                "Labels are only shown here.",
                code="label_invalid",
                next_step='Write talk.replay(coder="AB").',
            )
        return self._coder

    def _given(self, coder: str, code: object, seq: object, stretch: tuple[object, object]) -> Label | None:
        for label in self._talk.labels():
            if (label.coder, label.code, label.seq) != (coder, code, seq):
                continue
            if seq is not None or (label.start_ms, label.end_ms) == stretch:
                return label
        return None

    def _take_back(self, label: Label) -> None:
        self._talk.unlabel(label.number)
        self._did(label.number, label)

    def _give_again(self, label: Label) -> int:
        of_turn = label.seq is not None
        return self._talk.label(
            label.code,
            seq=label.seq,
            start_ms=None if of_turn else label.start_ms,
            end_ms=None if of_turn else label.end_ms,
            side=None if of_turn else label.side,
            coder=label.coder,
            note=label.note,
        )


def _check_keys(scheme: Scheme) -> None:
    for name, code in scheme.items():
        if code.key is not None and code.key.lower() in VIEWS_OWN:
            raise SettingError(
                f"The code {shown(name)} has the key {shown(code.key)}, which a replay has for itself.",
                code="scheme_invalid",
                next_step='Give it another one, as Code(key="1").',
            )


def _shown(label: Label) -> ShownLabel:
    return {
        "number": label.number,
        "seq": label.seq,
        "side": label.side,
        "code": label.code,
        "start_ms": label.start_ms,
        "end_ms": label.end_ms,
        "coder": label.coder,
        "note": label.note,
    }
