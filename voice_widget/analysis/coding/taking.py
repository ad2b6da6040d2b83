"""Takes labels from files of ELAN and Praat: whose they are, of which turn, and what is there already."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace as with_

from voice_widget.analysis.coding import elan, praat
from voice_widget.analysis.coding.coded import Coded, laid
from voice_widget.analysis.coding.labelling import coder_of, names_of, no_scheme, scheme_of
from voice_widget.analysis.coding.scheme import Scheme
from voice_widget.analysis.coding.tiers import Tier, decoded, unreadable
from voice_widget.errors import SettingError, VoiceWidgetError, nearest, shown
from voice_widget.realtime.state.records import SIDES, Side
from voice_widget.recording.exports.label_tiers import coder_and_side
from voice_widget.recording.exports.laying import laid as laid_utterances
from voice_widget.recording.exports.laying import tiers as spoken_tiers
from voice_widget.recording.folder import path_of
from voice_widget.recording.labels import Label, Labels, now

_NEAR_MS = 1  # files have whole milliseconds


def taken(
    talk: Coded,
    path: str | os.PathLike[str],
    coder: str | None,
    tiers: str | Iterable[str] | None,
    codes: Mapping[str, str | None] | None,
    *,
    extend: bool,
    replacing: bool,
) -> Callable[[Labels], Labels]:
    """What a file makes of the labels that are there: see `Codable.labels_from`."""
    if not isinstance(codes, Mapping | None):
        raise SettingError(
            f"`codes` says what annotations mean, and {shown(codes)} is no dict.",
            code="label_invalid",
            next_step='Write codes={"rep.": "repair"}.',
        )
    spoken = _spoken(talk)
    chosen = _chosen(_read(path), tiers, spoken)
    coder = None if coder is None else coder_of(coder)
    found = list(_labels(talk, chosen, coder, spoken, codes or {}))
    coders = {coder or _coder(tier) for tier in chosen} if replacing else set()

    def merged(labels: Labels) -> Labels:
        labels = _coded(labels, found, extend=extend)
        return _merged(talk, labels, found, coders)

    return merged


def _read(path: str | os.PathLike[str]) -> list[Tier]:
    file = path_of(path, "A file of labels", "talk.eaf")
    try:
        text = decoded(file.read_bytes())
    except OSError as error:
        raise unreadable(
            f"{file} cannot be read: {error.strerror or error}.", "Give an .eaf file or a TextGrid."
        ) from None
    try:
        if text.lstrip().startswith("<"):
            return elan.tiers_of(text)
        if "ooBinaryFile" in text[:20]:
            raise unreadable("It is a binary file.", "Save it in Praat as a text file.")
        return praat.tiers_of(text)
    except VoiceWidgetError as error:
        raise unreadable(f"{file} gives no labels. {error.message}", error.next_step) from None


def _spoken(talk: Coded) -> dict[str, Side]:
    """The names of the tiers of what was said, as our exports write them, and the side of each."""
    found: dict[str, Side] = {}
    for name, side, _ in spoken_tiers(laid_utterances(talk.utterances(), talk.duration_ms)):
        found |= dict.fromkeys((name, f"{name} words", f"{name} words (estimated)"), side)
    return found


def _chosen(
    found: Sequence[Tier], names: str | Iterable[str] | None, spoken: Mapping[str, Side]
) -> list[Tier]:
    if names is None:
        return [tier for tier in found if tier.name not in spoken]
    wanted = names_of(names)
    there = [tier.name for tier in found]
    for name in wanted:
        if name not in there:
            raise SettingError(
                f"The file has no tier {shown(name)}.",
                code="unknown_tier",
                next_step=nearest(name, there) or f"It has {', '.join(there) or 'none'}.",
            )
    return [tier for tier in found if tier.name in wanted]


def _labels(
    talk: Coded,
    tiers: Iterable[Tier],
    coder: str | None,
    spoken: Mapping[str, Side],
    codes: Mapping[str, str | None],
) -> Iterator[Label]:
    roles = {row["seq"]: row["role"] for row in talk.rows}
    turns = laid(talk, [Label(1, "", "", seq=seq) for seq in roles], None)
    for tier in tiers:
        ours = coder_and_side(tier.name)
        side = ours[1] if ours else _side(tier, spoken)
        for start, end, text in tier.spans:
            code = codes.get(text, text)
            if code is None:
                continue
            label = Label(0, code, coder or _coder(tier), now(), None, side, start, end)
            same = [turn for turn in turns if _same_time(turn, label) and side in (turn.side, None)]
            if len(same) == 1 and (side is not None or not ours):
                label = with_(label, seq=same[0].seq, side=None, start_ms=None, end_ms=None)
            yield label


def _coder(tier: Tier) -> str:
    ours = coder_and_side(tier.name)
    return coder_of(ours[0] if ours else tier.annotator or tier.name)


def _side(tier: Tier, spoken: Mapping[str, Side]) -> Side | None:
    """Whose sound a tier is of that somebody has added: it hangs on what a side said, or names it."""
    for name in (tier.parent, tier.participant):
        if name is not None and name in spoken:
            return spoken[name]
    return next((side for side in SIDES if side == tier.participant), None)


def _coded(labels: Labels, found: Sequence[Label], *, extend: bool) -> Labels:
    scheme = scheme_of(labels)
    unknown = Counter(label.code for label in found if scheme is None or label.code not in scheme)
    if not unknown:
        return labels
    if extend:
        wider = Scheme(*unknown) if scheme is None else scheme.extended(*unknown)
        return with_(labels, scheme=wider.as_json(), scheme_broken=False)
    if scheme is None:
        raise no_scheme()
    listed = ", ".join(f"{shown(code)} ({count})" for code, count in unknown.most_common(10))
    raise SettingError(
        f"The scheme has no code {listed}{', …' if len(unknown) > 10 else ''}. Nothing was taken.",
        code="unknown_code",
        next_step="Take them into it with extend=True, say what they mean with codes={…}, or choose tiers.",
    )


def _merged(talk: Coded, labels: Labels, found: Sequence[Label], coders: Collection[str]) -> Labels:
    there = laid(talk, labels.given, None)
    kept: set[int] = set()
    last = labels.last
    more: list[Label] = []
    for label, placed in zip(found, laid(talk, found, None), strict=True):
        alike = [old for old in there if old.number not in kept and _same(old, placed)]
        if alike:
            # In a file a label of a turn and one of a stretch as long look alike: the same form goes first.
            same = next((old for old in alike if old.seq == placed.seq), alike[0])
            kept.add(same.number)
            continue
        last += 1
        more.append(with_(label, number=last))
    stay = [
        label
        for label, placed in zip(labels.given, there, strict=True)
        # What is in no tier cannot have been taken out of one.
        if label.number in kept or label.coder not in coders or placed.start_ms is None or placed.start_ms < 0
    ]
    return with_(labels, given=(*stay, *more), last=last)


def _same(one: Label, other: Label) -> bool:
    alike = (one.code, one.coder, one.side) == (other.code, other.coder, other.side)
    return alike and (_same_time(one, other) or (one.seq is not None and one.seq == other.seq))


def _same_time(one: Label, other: Label) -> bool:
    if one.start_ms is None or one.end_ms is None or other.start_ms is None or other.end_ms is None:
        return False
    return abs(one.start_ms - other.start_ms) <= _NEAR_MS and abs(one.end_ms - other.end_ms) <= _NEAR_MS
