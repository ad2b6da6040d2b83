"""What coders do with a talk, as its verbs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Literal

from voice_widget.analysis.coding.coded import Coded
from voice_widget.errors import RecordingError, refusing
from voice_widget.realtime.state.records import Side
from voice_widget.recording.labels import Label, Labels

if TYPE_CHECKING:
    import pandas as pd

    from voice_widget.analysis.coding.agreement import Agreement
    from voice_widget.analysis.coding.scheme import Scheme

_STEP = 'Write talk.label("repair", seq=2), or talk.label("repair", start_ms=1500, end_ms=2100).'
By = Literal["turn", "stretch"]


class Codable:
    """Labels of turns and stretches, given by hand. They lie beside the talk, and change none of its tables.

    Of a talk that lies in a folder they are written there at once, also while it is still recorded; another
    one's are kept until it is saved. What does the work is imported where it is asked for.
    """

    _unsaved: Labels = Labels()

    @property
    def scheme(self: Coded) -> Scheme | None:
        """The codes that may be given; None: there is no scheme yet, or it cannot be read.

        Raises:
            SettingError: What it is set to is no scheme, or lacks codes that were given (``scheme_invalid``).
            RecordingError: It cannot be written (``recording_failed``).
        """
        from voice_widget.analysis.coding.labelling import scheme_of

        return scheme_of(kept(self))

    @scheme.setter
    def scheme(self: Coded, scheme: Scheme) -> None:
        from voice_widget.analysis.coding.labelling import with_scheme

        _change(self, lambda labels: with_scheme(labels, scheme))

    @refusing(_STEP)
    def label(
        self: Coded,
        code: str,
        *,
        seq: int | None = None,
        start_ms: float | None = None,
        end_ms: float | None = None,
        side: Side | None = None,
        coder: str = "coder",
        note: str = "",
        scheme: Scheme | None = None,
    ) -> int:
        """Label a turn, or a stretch of the recording. Gives the label's number.

        Args:
            code: One of the scheme's.
            seq: The turn.
            start_ms: Or where a stretch begins on the recording's timeline.
            end_ms: Where it ends.
            side: Whose sound a stretch is of; None: both.
            coder: Who says so. Agreement is between coders: let each have a name.
            note: What else there is to say. It goes when the turn is redacted.
            scheme: A scheme for the talk, as `scheme` is set.

        Raises:
            SettingError: There is no such turn (``unknown_turn``) or code (``unknown_code``), no scheme
                (``no_scheme``), the stretch lies outside of the talk (``label_outside``), or something else
                is wrong with it (``label_invalid``).
            RecordingError: It cannot be written (``recording_failed``).

        Example:
            >>> from voice_widget import Scheme, Talk
            >>> talk = Talk.example()
            >>> talk.label("request", seq=1, coder="AB", scheme=Scheme("request", "overlap"))
            1
            >>> talk.label("overlap", start_ms=4645, end_ms=4713, coder="AB")
            2
        """
        from voice_widget.analysis.coding.labelling import added, with_scheme

        fields = {"code": code, "seq": seq, "start_ms": start_ms, "end_ms": end_ms, "side": side}
        fields |= {"coder": coder, "note": note}

        def more(labels: Labels) -> Labels:
            labels = labels if scheme is None else with_scheme(labels, scheme)
            return added(labels, self, fields)

        return _change(self, more).last

    def unlabel(self: Coded, number: int) -> None:
        """Take a label back.

        Raises:
            SettingError: There is none of that number (``unknown_label``).
            RecordingError: It cannot be written (``recording_failed``).
        """
        from voice_widget.analysis.coding.labelling import removed

        _change(self, lambda labels: removed(labels, number))

    @refusing('Write talk.relabel(1, code="repair").')
    def relabel(
        self: Coded,
        number: int,
        *,
        code: str | None = None,
        seq: int | None = None,
        start_ms: float | None = None,
        end_ms: float | None = None,
        side: Side | None = None,
        coder: str | None = None,
        note: str | None = None,
    ) -> None:
        """Change a label: what is left out stays. With ``seq`` it becomes one of that turn.

        Raises:
            SettingError: There is none of that number (``unknown_label``), or as `label`.
            RecordingError: It cannot be written (``recording_failed``).
        """
        from voice_widget.analysis.coding.labelling import changed

        fields = {"code": code, "seq": seq, "start_ms": start_ms, "end_ms": end_ms, "side": side}
        fields |= {"coder": coder, "note": note}
        _change(self, lambda labels: changed(labels, self, number, fields))

    def labels(self: Coded) -> list[Label]:
        """The labels as they are now, in the order of their numbers, with times, samples and sides.

        Also those of others who label the same folder.

        Raises:
            RecordingError: They cannot be read (``not_a_recording``).
        """
        from voice_widget.analysis.coding.coded import laid
        from voice_widget.analysis.coding.labelling import scheme_of

        there = kept(self)
        return laid(self, there.given, scheme_of(there))

    @property
    def labels_df(self: Coded) -> pd.DataFrame:
        """One row per label, in the order of their numbers."""
        from voice_widget.tables.columns import frame
        from voice_widget.tables.schema import LABELS

        return frame([asdict(label) for label in self.labels()], {each.name: each.dtype for each in LABELS})

    @refusing('Write talk.labels_from("talk.eaf").')
    def labels_from(
        self: Coded,
        path: str | os.PathLike[str],
        *,
        coder: str | None = None,
        tiers: str | Iterable[str] | None = None,
        codes: Mapping[str, str | None] | None = None,
        extend: bool = False,
        replace: bool = False,
    ) -> tuple[int, ...]:
        """Take labels from tiers of ELAN (.eaf) or Praat (TextGrid). Gives the new ones' numbers.

        Tiers that `to_eaf` and `to_textgrid` have written say whose labels they hold. Of another tier the
        coder is its annotator, or else has its name. Where a label has the times of a turn it is that turn's,
        else that of a stretch. A label that the talk has already is not taken again. What lies outside of the
        talk is taken, counts nowhere, and stands in `problems`.

        Args:
            path: The file.
            coder: Whose labels they are, whatever the tiers say.
            tiers: Only these, by their names; if nothing is said, all but those of what was said.
            codes: What annotations mean that are not called as the code: ``{"rep.": "repair"}``; those that
                mean None are left out.
            extend: Whether what the scheme has not becomes a code of it.
            replace: Whether labels of these coders that the file does not have are taken back.

        Raises:
            SettingError: It is no such file, or cannot be read (``labels_unreadable``), there is no such tier
                (``unknown_tier``), or an annotation is no code (``unknown_code``).
            RecordingError: They cannot be written (``recording_failed``).
        """
        from voice_widget.analysis.coding.taking import taken

        before = kept(self).last
        after = _change(self, taken(self, path, coder, tiers, codes, extend=extend, replacing=replace))
        return tuple(label.number for label in after.given if label.number > before)

    @refusing('Write talk.agreement(by="turn").')
    def agreement(
        self: Coded,
        *,
        by: By = "turn",
        coders: Iterable[str] | None = None,
        code: str | None = None,
        side: Side | None = None,
        step_ms: int = 100,
        unlabelled: Literal["none", "missing"] = "none",
    ) -> Agreement:
        """How far the coders of this talk agree: see `voice_widget.agreement`."""
        from voice_widget.analysis.coding.agreement import agreement

        return agreement(
            self, by=by, coders=coders, code=code, side=side, step_ms=step_ms, unlabelled=unlabelled
        )

    def _label_files(self: Coded) -> dict[str, str]:
        """What is to lie in a folder into which the talk is saved, by name."""
        from voice_widget.recording.labels import texts

        return texts(kept(self))

    def _label_problems(self: Coded) -> tuple[RecordingError, ...]:
        """What is wrong with labels; it costs no others."""
        from voice_widget.analysis.coding.coded import laid
        from voice_widget.analysis.coding.labelling import scheme_of
        from voice_widget.analysis.coding.problems import problems

        try:
            labels = kept(self)
        except RecordingError as error:
            return (error,)
        scheme = scheme_of(labels)
        return problems(labels, laid(self, labels.given, scheme), readable=scheme is not None)


def kept(talk: Coded) -> Labels:
    """As they are now: what others write into a folder counts, too."""
    from voice_widget.recording import labels
    from voice_widget.recording.folder import unread

    if talk.folder is None:
        return talk._unsaved
    try:
        return labels.read(talk.folder)
    except OSError as error:
        raise unread(talk.folder, error) from None


def _change(talk: Coded, changed: Callable[[Labels], Labels]) -> Labels:
    from voice_widget.analysis.coding.listeners import tell
    from voice_widget.recording import labels

    if talk.folder is None:
        after = talk._unsaved = changed(talk._unsaved)
    else:
        after = labels.change(talk.folder, changed)
    tell(talk)
    return after
