"""The page by its values; that it plays is tested in a browser, by ``tests/e2e/test_saved_page.py``."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from html.parser import HTMLParser

import pytest

from tests.recording.exports.samples import ON_ONE_LINE, STRANGE, TEXTS, Talk, said, talk
from voice_widget.recording.exports.html import to_html
from voice_widget.recording.exports.laying import laid

WAV = b"RIFF....WAVE"


class Page(HTMLParser):
    """What a page holds: its elements, and the text of each row."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._inside: list[str] = []
        self.feed(content)
        self.close()
        assert self._inside == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "line", "rect", "input"):
            self._inside.append(tag)
        if tag == "p" and dict(attrs).get("class") == "text":
            self.texts.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._inside.pop() == tag

    def handle_data(self, data: str) -> None:
        if "li" in self._inside and "p" in self._inside and self.elements[-1][1].get("class") != "tag":
            self.texts[-1] += data

    def rows(self) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.elements if tag == "li"]


def policy(content: str) -> dict[str, str]:
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', content)
    assert found is not None
    return dict(part.split(" ", 1) for part in html.unescape(found[1]).split("; "))


def hashed(content: str, tag: str) -> str:
    text = content.split(f"<{tag}>")[1].split(f"</{tag}>")[0]
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_a_page_with_sound_may_play_it_and_nothing_else():
    content = to_html(*talk(), title="A talk", audio=WAV)
    assert policy(content) == {
        "default-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "style-src": hashed(content, "style"),
        "script-src": hashed(content, "script"),
        "media-src": "data:",
    }
    assert content.count("<style>") == content.count("<script>") == 1
    assert content.index("Content-Security-Policy") < content.index("<style>")


def test_a_page_without_sound_runs_nothing():
    content = to_html(*talk(), title="A talk")
    assert policy(content).keys() == {"default-src", "base-uri", "form-action", "style-src"}
    page = Page(content)
    assert {tag for tag, _ in page.elements} & {"script", "audio", "button", "svg", "input"} == set()
    assert [tag for tag, _ in page.elements].count("time") == 3


def test_a_sound_without_words_can_be_played_without_a_script():
    page = Page(to_html([], 5000, title="A talk", audio=WAV))
    tags = [tag for tag, _ in page.elements]
    assert "audio" in tags
    assert "script" not in tags


@pytest.mark.parametrize(
    ("audio", "kind"),
    [(WAV, "wav"), (b"fLaC\x00\x00", "flac"), (b"OggS\x00\x02", "ogg")],
)
def test_the_sound_is_in_the_page_as_what_it_is(audio: bytes, kind: str):
    page = Page(to_html(*talk(), title="A talk", audio=audio))
    source = next(attrs["src"] for tag, attrs in page.elements if tag == "audio") or ""
    assert source == f"data:audio/{kind};base64,{base64.b64encode(audio).decode()}"


def test_nothing_in_it_points_outside():
    page = Page(to_html(*talk(), title="A talk", facts=["today"], audio=WAV))
    for tag, attrs in page.elements:
        assert tag not in ("link", "img", "iframe", "object", "a", "form", "base")
        assert {"style", "href"} & attrs.keys() == set()
        assert not [name for name in attrs if name.startswith("on")]
        assert attrs.get("src", "data:").startswith("data:")


def test_a_row_tells_who_when_and_what_with_its_known_words():
    content = to_html(*talk(), title="A talk", audio=WAV)
    page = Page(content)
    assert [(row["id"], row["class"], row["data-start"], row["data-end"]) for row in page.rows()] == [
        ("turn-1", "row user", "250", "1750"),
        ("turn-2", "row assistant", "2400", "4100"),
        ("turn-3", "row user", "3900", "4800"),
    ]
    assert page.texts[0] == "what is the average"
    assert re.findall(r'<span data-start="(\d+)" data-end="(\d+)">(\w+)</span>', content)[4:] == [
        ("2400", "2600", "The"),
        ("2600", "3200", "average"),
        ("3500", "4100", "twenty"),
    ]
    assert content.count('<span class="tag">interrupted</span>') == 1
    assert "<bdi>Assistant</bdi>" in content
    assert "<bdi>P1</bdi>" in to_html([said(1, "user", 0, 1, speaker="P1")], 1, title="A talk")


@pytest.mark.parametrize("talk", STRANGE.values(), ids=STRANGE)
def test_whatever_was_said_stands_in_it_as_text(talk: Talk):
    content = to_html(*talk, title="A talk", audio=WAV)
    content.encode()
    page = Page(content)
    assert page.texts == [one.text or " " for one in laid(*talk)]
    assert content.count(">no transcript<") == sum(not one.text for one in laid(*talk))
    assert {tag for tag, _ in page.elements} <= {
        *("html", "head", "meta", "title", "style", "body", "main", "header", "h1", "section", "svg", "rect"),
        *("line", "div", "audio", "label", "input", "p", "ol", "li", "button", "span", "bdi", "script"),
    }


@pytest.mark.parametrize("name", TEXTS)
def test_title_and_facts_are_escaped(name: str):
    content = to_html([], 0, title=TEXTS[name], facts=[TEXTS[name], "two"])
    assert f"<title>{html.escape(ON_ONE_LINE[name])}</title>" in content
    assert f"{html.escape(ON_ONE_LINE[name])} · two</p>" in content
    Page(content)
