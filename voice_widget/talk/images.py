"""Which images a service can be sent: those of a format that is known, and not too large."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from voice_widget.errors import SettingError, StateError
from voice_widget.realtime.wire.images import format_of, image_part
from voice_widget.services import Service

MOST_BYTES = 180_000
"""All images of a turn together. As base64 their item, which some services echo to the page, still fits into
the 262,144 bytes that a browser's data channel takes."""
MOST_BYTES_BY_PAGE = 45_000
"""Where the page's data channel is the only way: what goes out by it has to stay below 64 KiB."""


def most_bytes(service: Service, *, by_webrtc: bool) -> int:
    """How many bytes the images of a turn may have; 0: the service sees none."""
    can = service.capabilities
    if not can.images:
        return 0
    return MOST_BYTES_BY_PAGE if by_webrtc and not can.sideband else MOST_BYTES


def parts_of(images: Iterable[Any], service: Service, *, by_webrtc: bool) -> list[dict[str, Any]]:
    """Images, as bytes, as the parts of an item.

    Raises:
        StateError: The service sees none (``no_images``).
        SettingError: One is none (``image_invalid``), or they are too large (``images_too_large``).
    """
    found = [bytes(image) for image in images]
    most = most_bytes(service, by_webrtc=by_webrtc)
    if found and not most:
        raise StateError(
            f"The {service.name} sees no images.",
            code="no_images",
            next_step="Describe it in words, or use a service that sees: OpenAI(), or a compatible one with "
            "OpenAI(images=True).",
        )
    for data in found:
        if format_of(data) is None:
            raise SettingError(
                f"These {len(data):,} bytes are no image that services know.",
                code="image_invalid",
                next_step="Give a PNG, JPEG, GIF or WebP.",
            )
    if (size := sum(map(len, found))) > most:
        raise SettingError(
            f"The images have {size:,} bytes; with one turn {most:,} can be sent.",
            code="images_too_large",
            next_step="Send fewer, or smaller ones; an image of PIL is made small enough.",
        )
    return [image_part(data) for data in found]
