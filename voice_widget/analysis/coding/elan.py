"""Reads ELAN's annotation files (.eaf) from their text. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as xml

from voice_widget.analysis.coding.tiers import Tier, span, unreadable

_DOCTYPE = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
Times = Mapping[str, float]


def tiers_of(text: str) -> list[Tier]:
    """The tiers of an ELAN file; what has no text is left out.

    Of an annotation that refers to another one the times are that one's; several that divide one share it.
    Where no time was given, as within a subdivision, those of its neighbours say it, in equal parts.

    Raises:
        SettingError: It is none, or cannot be read (``labels_unreadable``).
    """
    if _DOCTYPE.search(text):  # entities grow without end; ELAN writes none
        raise unreadable("It has a DOCTYPE, and no file of ELAN has one.")
    try:
        root = xml.fromstring(text)
    except (xml.ParseError, RecursionError, ValueError) as error:
        raise unreadable(f"It is no whole XML file: {error}.") from None
    if root.tag != "ANNOTATION_DOCUMENT":
        raise unreadable(f"It is no file of ELAN: it begins with {root.tag}.", "Give an .eaf file.")
    _checked(root)
    slots = {
        slot.get("TIME_SLOT_ID", ""): float(slot.get("TIME_VALUE", ""))
        for slot in root.iterfind("TIME_ORDER/TIME_SLOT")
        if (slot.get("TIME_VALUE") or "").isdecimal()
    }
    tiers = root.findall("TIER")
    known = dict(pair for tier in tiers for pair in _aligned(tier, slots))
    _referring(tiers, known)
    return [
        Tier(
            tier.get("TIER_ID", ""),
            [
                span(*known[name], value)
                for annotation in tier.iterfind("ANNOTATION/*")
                if (name := annotation.get("ANNOTATION_ID", "")) in known
                and (value := annotation.findtext("ANNOTATION_VALUE") or "").strip()
            ],
            tier.get("ANNOTATOR") or None,
            tier.get("PARTICIPANT") or None,
            tier.get("PARENT_REF"),
        )
        for tier in tiers
    ]


def _checked(root: xml.Element) -> None:
    header = root.find("HEADER")
    unit = "milliseconds" if header is None else header.get("TIME_UNITS", "milliseconds")
    if unit != "milliseconds":
        raise unreadable(f"Its times are {unit}, not milliseconds.", "Save it with a newer version of ELAN.")
    media = root.find("HEADER/MEDIA_DESCRIPTOR")
    if media is not None and (media.get("TIME_ORIGIN") or "0") != "0":
        raise unreadable(
            f"Its sound does not begin at zero, but at {media.get('TIME_ORIGIN')} ms.",
            "Take that offset back in ELAN (Media Synchronization Mode).",
        )


def _aligned(tier: xml.Element, slots: Times) -> list[tuple[str, tuple[float, float]]]:
    """The annotations of a tier that have time slots, with their times."""
    found = tier.findall("ANNOTATION/ALIGNABLE_ANNOTATION")
    ends = {each.get("TIME_SLOT_REF1", ""): each.get("TIME_SLOT_REF2", "") for each in found}
    times = dict(slots)
    for first in ends:
        if first not in slots:
            continue
        chain = [first]
        while chain[-1] not in times or len(chain) == 1:
            following = ends.get(chain[-1])
            if following is None or following in chain:
                break
            chain.append(following)
        _share(chain, times)
    return [
        (each.get("ANNOTATION_ID", ""), (times[first], times[last]))
        for each in found
        if (first := each.get("TIME_SLOT_REF1", "")) in times
        and (last := each.get("TIME_SLOT_REF2", "")) in times
    ]


def _share(chain: Sequence[str], times: dict[str, float]) -> None:
    """Between two times that are known those that are not lie in equal parts."""
    if chain[-1] not in times:
        return
    start, end, parts = times[chain[0]], times[chain[-1]], len(chain) - 1
    for part, name in enumerate(chain[1:-1], start=1):
        times[name] = start + (end - start) * part / parts


def _referring(tiers: Sequence[xml.Element], known: dict[str, tuple[float, float]]) -> None:
    """Adds the times of annotations that refer to others, which may refer to others again."""
    left: dict[tuple[int, str], list[xml.Element]] = {}
    for number, tier in enumerate(tiers):
        for each in tier.iterfind("ANNOTATION/REF_ANNOTATION"):
            left.setdefault((number, each.get("ANNOTATION_REF", "")), []).append(each)
    while ready := [group for group in left if group[1] in known]:
        for group in ready:
            start, end = known[group[1]]
            parts = _ordered(left.pop(group))
            width = (end - start) / len(parts)
            for place, name in enumerate(parts):
                known[name] = (start + place * width, start + (place + 1) * width)


def _ordered(parts: Sequence[xml.Element]) -> list[str]:
    """Those that divide one annotation, in order: each but the first names the one before it."""
    names = [each.get("ANNOTATION_ID", "") for each in parts]
    after = {each.get("PREVIOUS_ANNOTATION"): each.get("ANNOTATION_ID", "") for each in parts}
    found: list[str] = []
    name = after.get(None)
    while name is not None and name not in found:
        found.append(name)
        name = after.get(name)
    return found if len(found) == len(names) else names
