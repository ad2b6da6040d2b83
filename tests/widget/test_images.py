"""Images from Python, and what pages, tables and recordings have of them."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.widget_page import Page, pages  # noqa: F401 - a fixture
from voice_widget import ScriptedService, VoiceWidget
from voice_widget.errors import SettingError, StateError
from voice_widget.realtime.wire.images import described, format_of, image_part
from voice_widget.widget.images import files_of

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(20))
CODE = base64.b64encode(PNG).decode()


@contextmanager
def seeing(**options: Any) -> Iterator[VoiceWidget]:
    service: Any = ScriptedService([])
    service.capabilities = replace(service.capabilities, images=True)
    with closing(VoiceWidget(service=service, transport="memory", **options)) as widget:
        yield widget


def noise(width: int, height: int, mode: str = "RGB") -> Any:
    pil, numpy = pytest.importorskip("PIL.Image"), pytest.importorskip("numpy")
    values = numpy.random.default_rng(1).integers(0, 255, (height, width, 3), dtype="uint8")
    return pil.fromarray(values).convert(mode)


def figure() -> Any:
    made = pytest.importorskip("matplotlib.figure").Figure()
    made.subplots().plot([1, 2])
    return made


class Shown:
    def _repr_png_(self) -> bytes:
        return PNG


GIVEN: dict[str, Callable[[Path], Any]] = {
    "bytes": lambda folder: bytearray(PNG),
    "a path": lambda folder: folder / "chart.jpg",  # what it is says its beginning, not its name
    "a path as text": lambda folder: str(folder / "chart.jpg"),
    "a figure": lambda folder: figure(),
    "its axes": lambda folder: figure().axes[0],
    "a picture": lambda folder: noise(40, 30),
    "what a notebook shows": lambda folder: Shown(),
}


@pytest.mark.parametrize("given", GIVEN)
def test_what_may_be_given(tmp_path: Path, given: str) -> None:
    (tmp_path / "chart.jpg").write_bytes(PNG)
    (made,) = files_of([GIVEN[given](tmp_path)], 180_000)
    assert format_of(made) == "png"


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "CMYK"])
@pytest.mark.parametrize("most", [180_000, 20_000])
def test_a_large_picture_is_made_small_enough_and_stays_as_it_is(mode: str, most: int) -> None:
    picture = noise(1500, 900, mode)
    (made,) = files_of([picture], most)
    assert len(made) <= most
    assert format_of(made) == "jpeg"
    assert picture.size == (1500, 900)
    small = pytest.importorskip("PIL.Image").open(io.BytesIO(made))
    assert small.size[0] / small.size[1] == pytest.approx(1500 / 900, rel=0.05)


@pytest.mark.parametrize("given", [5, None, object(), "missing.png", Shown])
def test_what_is_no_image_is_refused(given: Any) -> None:
    with pytest.raises(SettingError) as refused:
        files_of([given], 180_000)
    assert refused.value.code == "image_invalid"


def test_there_has_to_be_one() -> None:
    with pytest.raises(SettingError) as refused:
        files_of([], 180_000)
    assert refused.value.code == "no_image"


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (PNG, "png"),
        (b"\xff\xd8\xff\xe0", "jpeg"),
        (b"GIF87a", "gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", None),
        (b"<svg/>", None),
        (b"", None),
    ],
)
def test_formats_are_told_by_their_beginning(data: bytes, found: str | None) -> None:
    assert format_of(data) == found


@pytest.mark.parametrize(
    ("part", "told"),
    [
        (image_part(PNG), "PNG image, 28 bytes"),
        ({"image_url": "data:image/png;base64,AAAA"}, "UNKNOWN image, 3 bytes"),
        ({"image_url": "data:image/png;base64,A"}, "image"),
        ({"image_url": "https://example.org/cat.png"}, "image"),
        ({"image_url": None}, "image"),
    ],
)
def test_what_is_told_of_an_image(part: dict[str, Any], told: str) -> None:
    assert described(part) == told


def test_only_the_event_holds_it_and_a_page_that_shows_it_asks(pages: list[Page]) -> None:  # noqa: F811
    with seeing() as widget:
        page = next(page for page in pages if page.comm_id == widget.model_id)
        assert widget.image_bytes > 0
        widget.send_image(PNG, text="What is this?").result(10)
        widget.disconnect().result(10)
        row = widget.transcript_df.iloc[0]
        assert (row.text, row.source, row.images) == ("What is this?", "typed", 1)
        assert widget.transcript[0]["images"] == 1
        (event,) = widget.events_df.query("type == 'conversation.item.create'").event
        assert CODE in event
        assert CODE not in json.dumps([page.state, page.messages, widget.get_state()], default=str)
        wanted = {"type": "images.wanted", "page": "p", "request_id": "r", "item_id": row.item_id}
        page.says({**wanted, "seq": 1})
        told = page.waits_for(lambda message: message["type"] == "images")
        assert told["images"] == [f"data:image/png;base64,{CODE}"]
        # Sent again it could be after it was redacted.
        page.says({"type": "missing", "page": "p", "seq": 2, "first": told["seq"], "last": told["seq"]})
        page.waits_for(lambda message: message["type"] == "snapshot")
        page.says({**wanted, "seq": 3, "request_id": "r2", "item_id": "nobody"})
        assert page.waits_for(lambda message: message.get("request_id") == "r2")["images"] == []


def test_what_is_redacted_is_nowhere_any_more(tmp_path: Path, pages: list[Page]) -> None:  # noqa: F811
    with seeing(record=tmp_path / "talk") as widget:
        page = next(page for page in pages if page.comm_id == widget.model_id)
        widget.send_image(PNG).result(10)
        assert CODE in widget.events_df.event.str.cat()
        widget.redact(1).result(10)
        assert CODE not in widget.events_df.event.str.cat()
        assert widget.transcript_df.images[0] == 0
        wanted = {"type": "images.wanted", "page": "p", "request_id": "r", "seq": 1}
        page.says({**wanted, "item_id": widget.transcript_df.item_id[0]})
        assert page.waits_for(lambda message: message["type"] == "images")["images"] == []
    texts = [path.read_text() for path in (tmp_path / "talk").glob("*.json*")]
    assert not any(CODE in text for text in texts)


def test_a_recording_has_it_and_its_row(tmp_path: Path, pages: list[Page]) -> None:  # noqa: F811
    from voice_widget import read_talk

    with seeing(record=tmp_path / "talk") as widget:
        widget.send_image(PNG, text="Look.").result(10)
    read = read_talk(tmp_path / "talk")
    assert list(read.transcript_df.query("role == 'user'").images) == [1]
    assert CODE in read.events_df.event.str.cat()


def test_a_service_that_sees_none_says_so_at_once(pages: list[Page]) -> None:  # noqa: F811
    with closing(VoiceWidget(service=ScriptedService([]), transport="memory")) as widget:
        assert widget.image_bytes == 0
        with pytest.raises(StateError) as refused:
            widget.send_image(PNG)
        assert refused.value.code == "no_images"
        assert widget.connection_state == "disconnected"
