"""ELAN's annotation files, version 3.0."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from urllib.parse import quote
from xml.etree import ElementTree as xml

from voice_widget.recording.exports.laying import apart, end_of, laid, tiers
from voice_widget.recording.spoken import Utterance

TYPE = "utterance"
_SCHEMA = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
_MIME = {".wav": "audio/x-wav", ".flac": "audio/flac", ".opus": "audio/ogg", ".ogg": "audio/ogg"}


def to_eaf(utterances: Sequence[Utterance], duration_ms: int, *, media: str | None, at: str) -> str:
    """One tier per speaker, all of one linguistic type, in milliseconds, beside a linked sound file.

    Annotations of one tier cannot overlap: where one side's utterances do, the earlier is clipped at the
    later's start.

    Args:
        utterances: What was said.
        duration_ms: How long the recording is.
        media: The sound file's path as seen from where the file is written, with ``/``: ``audio.wav``. ELAN
            plays WAV everywhere, and other kinds where the system does. None: there is none.
        at: When the file is made, in ISO 8601.
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
    annotations = 0
    for name, _, own in tiers(laid(utterances, duration_ms)):
        tier = xml.SubElement(
            root, "TIER", {"LINGUISTIC_TYPE_REF": TYPE, "PARTICIPANT": name, "TIER_ID": name}
        )
        for start, end, one in apart((one.start_ms, end_of(one), one) for one in own):
            slots += (start, end)
            annotations += 1
            annotation = xml.SubElement(
                xml.SubElement(tier, "ANNOTATION"),
                "ALIGNABLE_ANNOTATION",
                {
                    "ANNOTATION_ID": f"a{annotations}",
                    "TIME_SLOT_REF1": f"ts{len(slots) - 1}",
                    "TIME_SLOT_REF2": f"ts{len(slots)}",
                },
            )
            xml.SubElement(annotation, "ANNOTATION_VALUE").text = one.text
    for number, value in sorted(enumerate(slots, start=1), key=lambda slot: slot[1]):
        xml.SubElement(order, "TIME_SLOT", {"TIME_SLOT_ID": f"ts{number}", "TIME_VALUE": str(value)})
    xml.SubElement(header, "PROPERTY", {"NAME": "lastUsedAnnotationId"}).text = str(annotations)
    xml.SubElement(
        root,
        "LINGUISTIC_TYPE",
        {"GRAPHIC_REFERENCES": "false", "LINGUISTIC_TYPE_ID": TYPE, "TIME_ALIGNABLE": "true"},
    )
    xml.indent(root, "    ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(root, encoding="unicode") + "\n"


def _media(path: str) -> dict[str, str]:
    # The first is required, and looked at first; ELAN takes what is relative as seen from the file itself.
    link = quote(path if path.startswith((".", "/")) else f"./{path}")
    kind = _MIME.get(posixpath.splitext(path)[1].lower(), "audio/*")
    return {"MEDIA_URL": link, "MIME_TYPE": kind, "RELATIVE_MEDIA_URL": link}
