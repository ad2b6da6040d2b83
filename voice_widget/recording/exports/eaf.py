"""ELAN's annotation files, version 3.0."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from urllib.parse import quote
from xml.etree import ElementTree as xml

from voice_widget.recording.exports.label_tiers import LabelTier
from voice_widget.recording.exports.laying import apart, end_of, laid, tiers
from voice_widget.recording.spoken import Utterance

TYPE, LABEL_TYPE = "utterance", "label"
_SCHEMA = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
_MIME = {".wav": "audio/x-wav", ".flac": "audio/flac", ".opus": "audio/ogg", ".ogg": "audio/ogg"}


def to_eaf(
    utterances: Sequence[Utterance],
    duration_ms: int,
    *,
    media: str | None,
    at: str,
    labels: Iterable[LabelTier] = (),
) -> str:
    """One tier per speaker, all of one linguistic type, in milliseconds, beside a linked sound file.

    Annotations of one tier cannot overlap: where one side's utterances do, the earlier is clipped at the
    later's start.

    Args:
        utterances: What was said.
        duration_ms: How long the recording is.
        media: The sound file's path as seen from where the file is written, with ``/``: ``audio.wav``. ELAN
            plays WAV everywhere, and other kinds where the system does. None: there is none.
        at: When the file is made, in ISO 8601.
        labels: Further tiers, of another type.
    """
    root = xml.Element(
        "ANNOTATION_DOCUMENT",
        {
            "AUTHOR": "",
            "DATE": at,
            "FORMAT": "3.0",
            "VERSION": "3.0",
            "xmlns:xsi": _INSTANCE,
            "xsi:noNamespaceSchemaLocation": _SCHEMA,
        },
    )
    header = xml.SubElement(root, "HEADER", {"MEDIA_FILE": "", "TIME_UNITS": "milliseconds"})
    if media is not None:
        xml.SubElement(header, "MEDIA_DESCRIPTOR", _media(media))
    order = xml.SubElement(root, "TIME_ORDER")
    slots: list[int] = []
    speakers: dict[str, str] = {}
    for name, side, own in tiers(laid(utterances, duration_ms)):
        speakers.setdefault(side, name)
        spoken = apart((one.start_ms, end_of(one), one.text) for one in own)
        _tier(root, {"LINGUISTIC_TYPE_REF": TYPE, "PARTICIPANT": name, "TIER_ID": name}, spoken, slots)
    labelled = list(labels)
    for tier in labelled:
        whose = {"PARTICIPANT": speakers[tier.side]} if tier.side in speakers else {}
        about = {"ANNOTATOR": tier.coder, "LINGUISTIC_TYPE_REF": LABEL_TYPE, **whose, "TIER_ID": tier.name}
        _tier(root, about, tier.spans, slots)
    for number, value in sorted(enumerate(slots, start=1), key=lambda slot: slot[1]):
        xml.SubElement(order, "TIME_SLOT", {"TIME_SLOT_ID": f"ts{number}", "TIME_VALUE": str(value)})
    xml.SubElement(header, "PROPERTY", {"NAME": "lastUsedAnnotationId"}).text = str(len(slots) // 2)
    for kind in (TYPE, LABEL_TYPE) if labelled else (TYPE,):
        xml.SubElement(
            root,
            "LINGUISTIC_TYPE",
            {"GRAPHIC_REFERENCES": "false", "LINGUISTIC_TYPE_ID": kind, "TIME_ALIGNABLE": "true"},
        )
    xml.indent(root, "    ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(root, encoding="unicode") + "\n"


def _tier(
    root: xml.Element, about: dict[str, str], spans: Iterable[tuple[int, int, str]], slots: list[int]
) -> None:
    """A tier with its annotations, each with two time slots of its own."""
    tier = xml.SubElement(root, "TIER", about)
    for start, end, text in spans:
        slots += (start, end)
        annotation = xml.SubElement(
            xml.SubElement(tier, "ANNOTATION"),
            "ALIGNABLE_ANNOTATION",
            {
                "ANNOTATION_ID": f"a{len(slots) // 2}",
                "TIME_SLOT_REF1": f"ts{len(slots) - 1}",
                "TIME_SLOT_REF2": f"ts{len(slots)}",
            },
        )
        xml.SubElement(annotation, "ANNOTATION_VALUE").text = text


def _media(path: str) -> dict[str, str]:
    # The first is required, and looked at first; ELAN takes what is relative as seen from the file itself.
    link = quote(path if path.startswith((".", "/")) else f"./{path}")
    kind = _MIME.get(posixpath.splitext(path)[1].lower(), "audio/*")
    return {"MEDIA_URL": link, "MIME_TYPE": kind, "RELATIVE_MEDIA_URL": link}
