"""Images of the user's, sent from Python: bytes, files, figures and pictures in memory."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voice_widget.errors import SettingError, shown, told
from voice_widget.talk.images import MOST_BYTES
from voice_widget.tools.figures import figure_of
from voice_widget.widget.arguments import text_of
from voice_widget.widget.traits import KernelTrait, KernelWidget
from voice_widget.widget.verbs import Verbs
from voice_widget.widget.waiting import Waiting

if TYPE_CHECKING:
    pass

_SIDE, _LEAST_SIDE = 1024, 64  # pixels of the longer side: services look at no more of them
_MODES = ("1", "L", "LA", "P", "RGB", "RGBA")  # that a PNG may have
_NEXT = "Give a path, bytes, a figure or a PIL image."


class Images(Verbs, KernelWidget):
    """What a widget shows to a service that sees."""

    image_bytes = KernelTrait[int](
        0,
        "How many bytes the images of a turn may have together; 0: the service sees none.",
        ask="Choose it with VoiceWidget(service=…).",
    )

    def send_image(self, *images: Any, text: str = "") -> Waiting[Any]:
        """Show something to the assistant, as one turn with what is typed of it.

        Args:
            *images: Of each the path, the bytes of a PNG, JPEG, GIF or WebP, a figure, or a PIL image, of
                which a copy is made small enough to be sent.
            text: What is asked about them.

        Raises:
            SettingError: One is no image, or they are too large.
            StateError: The service sees none.
        """
        # Without a service that sees the size does not matter: it is refused anyway.
        files = files_of(images, self.image_bytes or MOST_BYTES)
        future = self._wiring.talk.send_text(text_of(text) if text else "", files)
        return self._verb(future, "the images to be sent")


def files_of(images: Sequence[Any], most: int) -> list[bytes]:
    """The bytes of image files: as they are, of paths, or made of figures and of pictures in memory.

    Args:
        images: What was given.
        most: A picture in memory is scaled until all of them have no more bytes.

    Raises:
        SettingError: There is none (``no_image``), or one is none (``image_invalid``).
    """
    if not images:
        raise SettingError("There is no image to send.", code="no_image", next_step=_NEXT)
    return [_file_of(image, most // len(images)) for image in images]


def _file_of(image: Any, most: int) -> bytes:
    if isinstance(image, bytes | bytearray | memoryview):
        return bytes(image)
    try:
        if isinstance(image, str | Path):
            return Path(image).expanduser().read_bytes()
        if (figure := figure_of(image)) is not None:
            return _written(figure.savefig, format="png")
        if callable(getattr(image, "thumbnail", None)):
            return _scaled(image, most)
        made = image._repr_png_() if callable(getattr(image, "_repr_png_", None)) else None
    except Exception as error:  # it may be any object of the user's
        raise SettingError(
            told("The image cannot be read", error), code="image_invalid", next_step=_NEXT
        ) from error
    if isinstance(made, bytes):
        return made
    raise SettingError(f"{shown(image)} is no image.", code="image_invalid", next_step=_NEXT)


def _scaled(picture: Any, most: int) -> bytes:
    """A PIL image; it is a copy that is scaled."""
    side = _SIDE
    while True:
        copy = picture.copy()
        copy.thumbnail((side, side))
        made = _written((copy if copy.mode in _MODES else copy.convert("RGB")).save, format="PNG")
        if len(made) > most:
            made = _written(copy.convert("RGB").save, format="JPEG", quality=80)
        side = side * 3 // 4
        if len(made) <= most or side < _LEAST_SIDE:
            return made


def _written(write: Callable[..., Any], **how: Any) -> bytes:
    file = io.BytesIO()
    write(file, **how)
    return file.getvalue()
