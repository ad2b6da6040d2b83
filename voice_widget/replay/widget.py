"""The widget of `Talk.replay`: what it holds, what its page asks for, and what comes back from there."""

from __future__ import annotations

import copy
import html
import logging
import threading
from collections.abc import Collection, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from voice_widget.analysis.coding.listeners import listen
from voice_widget.analysis.coding.scheme import Scheme
from voice_widget.analysis.numeric import milliseconds, number
from voice_widget.errors import (
    EngineError,
    RecordingError,
    SettingError,
    StateError,
    VoiceWidgetError,
    shown,
)
from voice_widget.page.nulls import from_page, to_page
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.state.records import Row
from voice_widget.recording.sound import Sound, Stereo
from voice_widget.replay.coding import MIME, Coded, Form, form_here
from voice_widget.replay.envelope import step_ms
from voice_widget.replay.growing import Growing, follow
from voice_widget.replay.labelling import Labelled, Labelling
from voice_widget.replay.seen import Seen, why
from voice_widget.replay.streaming import MIME as STREAM
from voice_widget.replay.streaming import Piece, Streamed
from voice_widget.threads.repeating import Repeating

BUNDLE = Path(__file__).parents[1] / "static" / "replay.js"
LONGEST_WAV_S = 1200
MIMES: dict[str, str] = {"opus": MIME["opus"], "wav": MIME["wav"], "webm": STREAM}
log = logging.getLogger(__name__)


class Replay(anywidget.AnyWidget):
    """A recorded talk to look at and listen to. `Talk.replay` makes it.

    Attributes:
        selection: From which millisecond to before which somebody has selected, here or on the page; None:
            nothing. It may be assigned: two numbers, which are rounded.

    Args:
        talk: The recorded talk.
        coder: Who labels in it; None: labels are only shown.
        scheme: By which codes; None: the talk's.
        embed: Put the sound into the widget's state, which notebooks save.
        limit_mb: So large it may be there, in millions of bytes.
    """

    selection = traitlets.Any(None, allow_none=True).tag(sync=True)
    _shown = traitlets.Dict().tag(sync=True)
    _envelope = traitlets.Bytes(b"").tag(sync=True)
    _recent = traitlets.Bytes(b"").tag(sync=True)
    _sound = traitlets.Bytes(b"").tag(sync=True)
    _coding = traitlets.Dict().tag(sync=True)
    _labels: traitlets.List[Any] = traitlets.List().tag(sync=True)

    def __init__(
        self,
        talk: Labelled,
        *,
        coder: str | None,
        scheme: Scheme | None,
        embed: bool,
        limit_mb: float,
        growing: Growing | None = None,
    ) -> None:
        self._esm = _bundle()
        self._talk, self._growing = talk, growing
        self._lock, self._labels_lock = threading.Lock(), threading.RLock()
        self._embed, self._limit_mb = embed, limit_mb
        self._coded: dict[str, Coded | Streamed] = {}
        _checked(embed, limit_mb)
        if embed and growing is not None and growing.goes_on():
            raise StateError(
                "The talk goes on: its sound cannot be embedded yet.",
                code="call_running",
                next_step="Hang up first, or leave `embed` out.",
            )
        edition = None if growing is None else growing.edition()
        self._labelling = Labelling(talk, coder, scheme)
        coding, labels = self._coded_by_hand()
        self._seen = Seen()
        seen = self._seen.look(talk, goes_on=growing is not None and growing.goes_on(), embed=embed)
        if embed and self._seen.error is not None:
            raise self._seen.error
        embedded = _embedded(talk.sound, limit_mb) if embed else b""
        super().__init__(**seen, _sound=embedded, _coding=coding, _labels=labels)
        self.on_msg(self._told)
        listen(talk, self)
        self._follower: Repeating[Any] | None = None if growing is None else follow(self, growing, edition)

    def get_state(self, *args: Any, **named: Any) -> dict[str, Any]:
        """What a page is told of the state."""
        state: dict[str, Any] = to_page(super().get_state(*args, **named))
        return state

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what a page has set."""
        super().set_state(from_page(sync_data))

    # --- a talk that goes on ---

    def grow(self) -> None:
        """Show the talk as it is now. While one goes on this is done by itself."""
        if self._growing is None:
            return
        talk = self._growing.now()
        goes_on = self._growing.goes_on()  # of what was just read
        self._show(talk, goes_on=goes_on)
        listen(talk, self)

    def talk_changed(self) -> None:
        """The talk tells that it is another: a turn was redacted, or all of it is forgotten."""
        self._show(self._talk)

    def _show(self, talk: Labelled, *, goes_on: bool = False) -> None:
        seen = copy.copy(self._seen)  # to read an hour takes seconds, in which pages are answered
        told = seen.look(talk, goes_on=goes_on, embed=self._embed)
        if self._embed:
            told["_sound"] = b"" if seen.error else _embedded(talk.sound, self._limit_mb)
        with self._lock:
            self._labelling.follow(talk)
            self._talk, self._seen = talk, seen
            self._coded.clear()
            with self.hold_sync():
                for name, value in told.items():
                    setattr(self, name, value)
        self.labels_changed()

    def close(self) -> None:
        """Remove it from all pages."""
        follower: Repeating[Any] | None = getattr(self, "_follower", None)  # one that was refused has none
        if follower is not None:
            follower.close()
        super().close()

    # --- what is selected ---

    @property
    def rows(self) -> list[Row]:
        """The turns that sound in the selection, as copies; without one all of the talk's."""
        rows = self._talk.rows
        if self.selection is None:
            return rows
        there, selected = self._talk.stretches(), _samples(self.selection)
        return [row for row in rows if row["seq"] in there and _meet(there[row["seq"]], selected)]

    @property
    def samples(self) -> tuple[Stereo, int]:
        """The selection's sound in two columns, the user and the assistant, and its rate in samples a second.

        Without a selection all of the talk's.

        Raises:
            RecordingError: There is no sound, or it cannot be read any more.
        """
        try:
            sound = self._talk.sound
            start, end = (0, sound.samples) if self.selection is None else _samples(self.selection)
            return sound.read(start, min(end, sound.samples)), RATE
        except RecordingError as error:
            raise why(self._talk, error) from None

    @traitlets.validate("selection")
    def _selected(self, proposal: Any) -> list[int] | None:
        value = proposal["value"]
        if value is None:
            return None
        most = self._shown["duration_ms"]
        start, end = _times(value)
        if start is None or end is None or not 0 <= start < end <= most:
            raise SettingError(
                f"`selection` is a start and an end in milliseconds, from 0 to {most}, not {shown(value)}.",
                next_step="Write `replay.selection = (0, 1000)`, or None.",
            )
        return [start, end]

    # --- what the page does ---

    def seek(self, ms: float) -> None:
        """Go to a moment of the talk, to the millisecond, on every page that shows it.

        Raises:
            SettingError: The talk has no such moment.
        """
        most = self._shown["duration_ms"]
        moment = milliseconds(ms)
        if moment is None:
            raise SettingError(
                f"A moment is a number of milliseconds, from 0 to {most} ms, not {shown(ms)}.",
                next_step="Write `replay.seek(1000)`.",
            )
        if not 0 <= moment <= most:
            raise SettingError(f"The talk goes from 0 to {most} ms; {shown(ms)} is not in it.")
        self.send({"type": "seek", "ms": moment})

    def play(self) -> None:
        """Play on, on every page that shows it; a browser may want a click there first."""
        self.send({"type": "play"})

    def pause(self) -> None:
        """Stop playing."""
        self.send({"type": "pause"})

    # --- labels ---

    def refresh(self) -> None:
        """Show the labels and the scheme as they are now.

        What is done with this talk shows at once. This is for what others have written into its folder,
        and for other talks that were read from there.

        Raises:
            SettingError: The scheme has a key by now that means something else here (``scheme_invalid``).
        """
        with self._labels_lock:  # what was read later is shown later
            coding, labels = self._coded_by_hand()
            with self.hold_sync():
                self._coding, self._labels = coding, labels

    def labels_changed(self) -> None:
        """The talk tells that they are others."""
        try:
            self.refresh()
        except SettingError as error:
            self.send({"type": "label.failed", "error": error.info()})

    def _coded_by_hand(self) -> tuple[dict[str, Any], list[Any]]:
        try:
            coding, labels = self._labelling.shown()
        except RecordingError as error:
            coding, labels = self._labelling.nothing(error), []
        return {**coding}, [*labels]

    def _labelled(self, message: Mapping[str, Any]) -> None:
        deeds = {
            "label": self._labelling.press,
            "relabel": self._labelling.change,
            "unlabel": self._labelling.remove,
            "undo": self._labelling.undo,
        }
        try:
            deeds[message["type"]](message)
        except VoiceWidgetError as error:
            self.send({"type": "label.failed", "error": error.info()})

    # --- what the page asks for ---

    def _told(self, _: Any, message: Any, __: Any) -> None:
        message = from_page(message)
        kind = message.get("type") if isinstance(message, Mapping) else None
        answer = {
            "hello": self._hello,
            "sound": self._piece,
            "envelope": self._level,
            "draw": self._draw,
            "select": self._select,
        }
        answer |= dict.fromkeys(("label", "relabel", "unlabel", "undo"), self._labelled)
        if isinstance(kind, str) and kind in answer:
            with self._lock:
                answer[kind](message)
        else:
            log.debug("A page said what nobody understands: %s", shown(message))

    def _hello(self, message: Mapping[str, Any]) -> None:
        self.send({"type": "alive"})

    def _piece(self, message: Mapping[str, Any]) -> None:
        number, form = message.get("piece"), message.get("form")
        if not isinstance(form, str) or form not in MIMES or type(number) is not int:
            return
        try:
            coded = self._coded.get(form) or self._opened(form)
            self._coded[form] = coded
            if not 0 <= number < coded.pieces:
                return
            piece = coded.piece(number)
            data, head = piece if isinstance(piece, Piece) else (piece, 0)
        except RecordingError as error:
            self._coded.pop(form, None)
            self.send({"type": "sound.failed", "error": why(self._talk, error).info()})
            return
        mime = MIME[coded.form] if isinstance(coded, Coded) else STREAM
        told = {"type": "sound", "piece": number, "of": coded.pieces, "mime": mime, "head": head}
        self.send(told, [data])

    def _opened(self, form: str) -> Coded | Streamed:
        sound = self._talk.sound
        if form == "webm":
            return Streamed(sound)
        made: Form = "wav" if form == "wav" else form_here()
        if made == "wav" and sound.samples > LONGEST_WAV_S * RATE:
            raise RecordingError(
                f"As WAV this sound takes {sound.samples * 4 / 1e6:.0f} MB, too much for a page.",
                code="too_large",
                next_step="Install PyAV, and use a browser that plays Opus in Ogg.",
            )
        return Coded(sound, made)

    def _level(self, message: Mapping[str, Any]) -> None:
        number = message.get("level")
        if type(number) is int and 0 <= number < len(self._seen.levels):
            told = {"type": "envelope", "step_ms": step_ms(number)}
            self.send(told, [self._seen.levels[number].tobytes()])

    def _draw(self, _: Mapping[str, Any]) -> None:
        try:
            self._envelope, share = self._seen.draw(self._talk)
        except RecordingError as error:
            self.send({"type": "sound.failed", "error": error.info()})
        else:
            self.send({"type": "drawn", "share": share})

    def _select(self, message: Mapping[str, Any]) -> None:
        start, end = message.get("start_ms"), message.get("end_ms")
        try:
            self.selection = None if start is None else [start, end]
        except SettingError as error:
            log.debug("A page selected what is not there: %s", error)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        turns = self._shown["turns"]
        text = f"A recorded talk of {len(turns)} turns."
        return {**data, "text/plain": text, "text/html": f"<p>{html.escape(text)}</p>"}, metadata


def _checked(embed: object, limit_mb: object) -> None:
    if not isinstance(embed, bool):
        raise SettingError(f"`embed` is True or False, not {shown(embed)}.")
    if not number(limit_mb) > 0:
        raise SettingError(f"`limit_mb` is a number of millions of bytes, not {shown(limit_mb)}.")


def _times(value: object) -> tuple[int | None, int | None]:
    """Two times, of a list, a tuple, an array or a row of a table; None: that is none."""
    if isinstance(value, str | bytes | Mapping | Set) or not isinstance(value, Collection):
        return None, None
    try:
        one, other = value
    except (TypeError, ValueError):  # an array of no dimension has a length to the eye alone
        return None, None
    return milliseconds(one), milliseconds(other)


def _samples(selection: Sequence[int]) -> tuple[int, int]:
    return selection[0] * RATE // 1000, selection[1] * RATE // 1000


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _embedded(sound: Sound, limit_mb: float) -> bytes:
    coded = Coded(sound, form_here())
    made = b""
    for place in range(coded.pieces):
        made += coded.piece(place)
        if len(made) > limit_mb * 1e6:
            size = len(made) / (place + 1) * coded.pieces / 1e6
            raise SettingError(
                f"The sound of this talk takes about {size:.1f} MB, and the limit is {float(limit_mb):g} MB.",
                code="too_large",
                next_step="Raise `limit_mb`, or leave `embed` out.",
            )
    return made


def _bundle() -> str:
    try:
        return BUNDLE.read_text(encoding="utf-8")
    except OSError:
        raise EngineError(
            f"The page's script {BUNDLE.name} was not built.",
            code="bundle_missing",
            next_step="Run `npm ci && npm run build` in the project's folder, or install the wheel.",
        ) from None
