"""A talk as a page, in a browser without a network: it plays, follows the sound, and loads nothing."""

from __future__ import annotations

import base64
import io
import re
import threading
import wave
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.lab import wait_for
from tests.recording.exports.samples import STRANGE, TEXTS, said, word
from voice_widget.recording.exports.html import to_html
from voice_widget.recording.exports.laying import laid
from voice_widget.recording.exports.vtt import to_vtt

RATE = 48_000
SECONDS = 4
TALK = [
    said(1, "user", 100, 1200, "what is it", word("what", 100, 400), word("is", 400, 1200)),
    said(2, "assistant", 1400, 2800, "it is good", word("good", 1500, 2800), interrupted=True),
    said(3, "user", 2600, 3900, "stop"),
]
# Notes which row begins to sound, and where the sound is then.
NOTE = """
() => {
  window.noted = [];
  const audio = document.querySelector("audio");
  new MutationObserver((changes) => {
    for (const { target } of changes)
      if (target.hasAttribute("aria-current")) noted.push([target.id, audio.currentTime * 1000]);
  }).observe(document.querySelector("ol"), { attributeFilter: ["aria-current"], subtree: true });
}
"""
CONTRAST = """
([selector, behind]) => {
  const level = (at, name) => {
    const [r, g, b] = getComputedStyle(document.querySelector(at))[name].match(/[\\d.]+/g).map(Number);
    const linear = (c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  };
  const [low, high] = [level(selector, "color"), level(behind, "backgroundColor")].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}
"""


def sound(kind: str) -> bytes:
    """Four seconds in two channels: a tone each."""
    at = np.arange(SECONDS * RATE) / RATE
    stereo = np.stack([np.sin(2 * np.pi * hertz * at) * 6000 for hertz in (330, 440)], axis=1).astype("<i2")
    file = io.BytesIO()
    if kind == "wav":
        with wave.open(file, "wb") as out:
            out.setnchannels(2)
            out.setsampwidth(2)
            out.setframerate(RATE)
            out.writeframes(stereo.tobytes())
        return file.getvalue()
    with av.open(file, "w", format="ogg" if kind == "opus" else kind) as out:
        stream = out.add_stream("libopus" if kind == "opus" else kind, rate=RATE, layout="stereo")
        frame = av.AudioFrame.from_ndarray(stereo.reshape(1, -1), format="s16", layout="stereo")
        frame.sample_rate = RATE
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            out.mux(packet)
    return file.getvalue()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a browser that is offline; what it asks for is kept."""
    context = browser.new_context(offline=True, viewport={"width": 800, "height": 600})
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()
    assert problems == []


def show(page: Page, tmp_path: Path, content: str) -> list[str]:
    """Open it as a file; the addresses that it asks for from then on."""
    path = tmp_path / "talk.html"
    path.write_text(content, encoding="utf-8")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    return asked


def outside(asked: list[str]) -> list[str]:
    return [address for address in asked[1:] if not address.startswith("data:")]


def place(page: Page) -> float:
    return float(page.evaluate("document.querySelector('audio').currentTime * 1000"))


@pytest.mark.parametrize(("kind", "first"), [("wav", 1), ("flac", 3), ("opus", 3)])
def test_it_plays_and_the_row_that_sounds_is_marked(
    kind: str, first: int, page: Page, tmp_path: Path
) -> None:
    asked = show(page, tmp_path, to_html(TALK, SECONDS * 1000, title="A talk", audio=sound(kind)))
    page.evaluate(NOTE)
    page.locator(f"#turn-{first}").click()
    wait_for(
        lambda: page.evaluate("document.querySelector('audio').ended"), seconds=10, what="the sound has ended"
    )
    noted = page.evaluate("noted")
    # The second still sounds where the third begins.
    assert [row for row, _ in noted] == (
        ["turn-1", "turn-2", "turn-3"] if first == 1 else ["turn-2", "turn-3"]
    )
    for one, (_, ms) in zip(TALK[-len(noted) :], noted, strict=True):
        assert one.start_ms <= ms < (one.end_ms or 0)
    expect(page.locator("[aria-current]")).to_have_count(0)
    assert outside(asked) == []


def test_where_the_sound_stands_rows_and_word_are_marked(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, to_html(TALK, SECONDS * 1000, title="A talk", audio=sound("wav")))
    for ms, rows, words in ((500, [1], ["is"]), (1300, [], []), (2700, [2, 3], ["good"]), (3950, [], [])):
        page.evaluate("(ms) => { document.querySelector('audio').currentTime = ms / 1000 }", ms)
        expect(page.locator("[aria-current=true]")).to_have_count(len(rows))
        marked = page.locator("[aria-current=true]").evaluate_all("(all) => all.map((one) => one.id)")
        assert marked == [f"turn-{number}" for number in rows]
        expect(page.locator(".now")).to_have_text(words)
    assert float(page.locator("line").get_attribute("x1") or 0) == pytest.approx(1000 * 3950 / 4000, abs=1)


def test_rows_are_reached_and_heard_by_keyboard(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, to_html(TALK, SECONDS * 1000, title="A talk", audio=sound("wav")))
    buttons = page.get_by_role("list", name="What was said").get_by_role("button")
    expect(buttons).to_have_count(3)
    page.get_by_role("checkbox", name="Follow").focus()
    page.keyboard.press("Tab")
    expect(buttons.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(buttons.nth(2)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("button", name="0:01, play from here")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#turn-2")).to_have_attribute("aria-current", "true")
    assert place(page) >= 1400
    page.keyboard.press("Home")
    expect(buttons.nth(0)).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(buttons.nth(0)).to_be_focused()


def test_it_scrolls_with_the_sound_until_one_scrolls_oneself(page: Page, tmp_path: Path) -> None:
    many = [said(n, "user", n * 100, n * 100 + 99, "so it is") for n in range(40)]
    show(page, tmp_path, to_html(many, SECONDS * 1000, title="A talk", audio=sound("wav")))
    last = page.locator("#turn-39")
    expect(last).not_to_be_in_viewport()
    page.evaluate("document.querySelector('audio').currentTime = 3.95")
    expect(last).to_be_in_viewport(ratio=1)
    page.evaluate("document.querySelector('audio').currentTime = 0.05")
    first = page.locator("#turn-0")
    expect(first).to_be_in_viewport(ratio=1)
    # Below what stays above: the lanes and the player.
    box, player = first.bounding_box(), page.locator(".player").bounding_box()
    assert box is not None
    assert player is not None
    assert box["y"] >= player["y"] + player["height"]
    first.click()
    page.mouse.wheel(0, 100)
    expect(page.get_by_role("checkbox", name="Follow")).not_to_be_checked()
    page.evaluate("document.querySelector('audio').currentTime = 3.95")
    expect(last).to_have_attribute("aria-current", "true")
    expect(last).not_to_be_in_viewport()


def test_a_click_into_the_lanes_goes_there(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, to_html(TALK, SECONDS * 1000, title="A talk", audio=sound("wav")))
    box = page.locator("svg").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 5)
    expect(page.locator("#turn-2")).to_have_attribute("aria-current", "true")
    assert place(page) >= 1950


def test_text_can_be_selected_without_playing(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, to_html(TALK, SECONDS * 1000, title="A talk", audio=sound("wav")))
    box = page.locator("#turn-2 .text").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 2, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 8, steps=5)
    page.mouse.up()
    assert page.evaluate("getSelection().toString().length") > 2
    assert page.evaluate("document.querySelector('audio').paused") is True


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_in_light_and_dark(scheme: Any, page: Page, tmp_path: Path) -> None:
    page.emulate_media(color_scheme=scheme)
    show(page, tmp_path, to_html(TALK, 4000, title="A talk", facts=["today"], audio=sound("wav")))
    light = page.evaluate("getComputedStyle(document.querySelector('main')).backgroundColor")
    assert (light == "rgb(255, 255, 255)") == (scheme == "light")
    page.evaluate("document.querySelector('audio').currentTime = 0.5")
    expect(page.locator(".now")).to_have_count(1)
    for text in ("h1", "header p", ".user .role", ".assistant .role", ".text", ".row button", ".tag"):
        assert page.evaluate(CONTRAST, [text, "main"]) >= 4.5, text
    assert page.evaluate(CONTRAST, [".now", ".now"]) >= 4.5


def test_without_sound_it_is_a_page_to_read(page: Page, tmp_path: Path) -> None:
    hostile = [said(n, "user", n, n + 1, text) for n, text in enumerate(TEXTS.values()) if len(text) < 1000]
    content = to_html([*hostile, *TALK], 4000, title="<script>alert(1)</script>")
    asked = show(page, tmp_path, content)
    expect(page.locator(".row")).to_have_count(len(hostile) + 3)
    expect(page.get_by_role("button")).to_have_count(0)
    expect(page.locator("h1")).to_have_text("<script>alert(1)</script>")
    assert page.locator(".text b, .text v").count() == 0
    hebrew = page.locator(".text", has_text=re.compile("^שלום"))
    assert hebrew.evaluate("(at) => getComputedStyle(at).direction") == "rtl"
    assert outside(asked) == []


def test_a_sound_that_cannot_be_played_is_told(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, to_html(TALK, 4000, title="A talk", audio=b"RIFF and no sound"))
    expect(page.get_by_role("status")).to_have_text("This browser cannot play the sound in this page.")
    expect(page.locator(".row")).to_have_count(3)


def test_a_browser_reads_the_subtitles(page: Page) -> None:
    """The exports' other foreign reader: browsers have a parser of WebVTT of their own."""
    page.goto("about:blank")
    for name, (utterances, duration) in {**STRANGE, "ordinary": (TALK, 4000)}.items():
        content = base64.b64encode(to_vtt(utterances, duration).encode()).decode()
        cues = page.evaluate(
            """(content) => new Promise((done, failed) => {
              const track = document.createElement("track");
              track.onload = () => done([...track.track.cues].map((cue) => {
                const said = cue.getCueAsHTML();
                const voice = said.querySelector("[title]");
                const stamps = [...voice.childNodes].filter((node) => node.nodeType === 7);
                return [cue.id, cue.startTime, cue.endTime, voice.title, said.textContent, stamps.length];
              }));
              track.onerror = failed;
              track.src = `data:text/vtt;base64,${content}`;
              track.track.mode = "hidden";
              document.createElement("video").append(track);
            })""",
            content,
        )
        expected = laid(utterances, duration)
        # What begins in the same moment they put in an order of their own.
        assert sorted((number, voice, text) for number, _, _, voice, text, _ in cues) == sorted(
            (str(one.seq), one.speaker, one.text) for one in expected
        ), name
        assert [round(start * 1000) for _, start, *_ in cues] == [one.start_ms for one in expected], name
        assert all(start < end for _, start, end, *_ in cues), name
        if name == "ordinary":
            assert [stamps for *_, stamps in cues] == [1, 1, 0]


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[str]]]:
    """A server that would give anything to anybody, and what it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def test_its_policy_lets_it_load_nothing(
    browser: Browser, elsewhere: tuple[str, list[str]], tmp_path: Path
) -> None:
    address, asked = elsewhere
    context = browser.new_context()
    page = context.new_page()
    show(page, tmp_path, to_html(TALK, 4000, title="A talk", audio=sound("wav")))
    refused = page.evaluate(
        """async (address) => {
          const refused = [];
          const all = new Promise((done) => {
            document.addEventListener("securitypolicyviolation", (event) => {
              if (refused.push(event.effectiveDirective) === 6) done(refused.sort());
            });
          });
          fetch(`${address}/fetched`).catch(() => {});
          new Image().src = `${address}/picture`;
          for (const [tag, name] of [["script", "src"], ["iframe", "src"], ["audio", "src"]]) {
            const made = document.createElement(tag);
            made[name] = `${address}/${tag}`;
            document.body.append(made);
          }
          const inline = document.createElement("script");
          inline.textContent = "window.ran = true";
          document.body.append(inline);
          return all;
        }""",
        address,
    )
    assert refused == [
        "connect-src",
        "frame-src",
        "img-src",
        "media-src",
        "script-src-elem",
        "script-src-elem",
    ]
    assert page.evaluate("window.ran") is None
    assert asked == []
    context.close()
