"""``@openai/agents-realtime`` in Chromium: WebRTC, a microphone that plays a file, tools in the page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserType, Page

from tests.e2e import speech
from tests.e2e.lab import launch, wait_for
from tests.stock.pages import bundle, bundle_of_the_docs, site
from tests.stock.said import COUNT, HINTS, QUESTION, STOP, STOPPED, WEATHER
from tests.stock.serving import Served

VOICE = "flite:slt"
LOUD = 0.01


class Stock:
    """The page's client, seen from here."""

    def __init__(self, page: Page, served: Served, address: str) -> None:
        self.page = page
        self.served = served
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda said: self.problems.append(said.text) if said.type == "error" else None)
        page.goto(address)

    def call(self) -> None:
        """Press the button and wait until the client says that it is connected."""
        settings = {
            "url": self.served.url, "secret": self.served.secret(), "hints": HINTS, "weather": WEATHER
        }  # fmt: skip
        self.page.evaluate("settings => { stock.settings = settings }", settings)
        self.page.get_by_role("button").click()
        self.until("stock.seen.connectedMs > 0", seconds=20)

    def value(self, expression: str) -> Any:
        return self.page.evaluate(f"async () => ({expression})")

    def until(self, expression: str, *, seconds: float = 15) -> Any:
        try:
            return wait_for(lambda: self.value(expression), seconds=seconds, what=expression)
        except AssertionError as error:
            kinds = self.value("stock.seen.events.map(event => event.type)")
            said, errors = self.value("stock.history()"), self.value("stock.seen.errors")
            raise AssertionError(f"{error}\n{kinds}\n{said}\n{errors}\n{self.problems}") from None

    def comes(self, kind: str, where: str = "true", *, seconds: float = 15) -> dict[str, Any]:
        """The first event of this kind for which the expression over ``event`` holds."""
        found = f"stock.seen.events.find(event => event.type === {kind!r} && ({where}))"
        return dict(self.until(found, seconds=seconds))

    def answered(self, with_text: str) -> None:
        self.comes("response.output_audio_transcript.done", f"event.transcript.includes({with_text!r})")

    def heard(self, text: str) -> None:
        """Until the client's own history says that the user said this."""
        said = f"role === 'user' && text?.toLowerCase() === {text.lower()!r}"
        self.until(f"stock.history().some(([role, text]) => {said})")

    def loud(self) -> None:
        """Until the remote track can be heard."""
        self.until(f"(await stock.heard()).level > {LOUD}")

    def silent(self) -> None:
        """The remote track cannot be heard any more, soon."""
        self.until(f"(await stock.heard()).level < {LOUD / 10}", seconds=4)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = bundle(tmp_path_factory.mktemp("page"))
    bundle_of_the_docs(folder)
    with site(folder) as url:
        yield url


@pytest.fixture(scope="module")
def browser(chrome: BrowserType, microphone: Path) -> Iterator[Browser]:
    """With Chromium's usual rule of sound: their client plays it some time after the click, not in it."""
    instance = launch(chrome, microphone, "--autoplay-policy=document-user-activation-required")
    yield instance
    instance.close()


@pytest.fixture
def stock(browser: Browser, served: Served, address: str) -> Iterator[Stock]:
    """A page with the client. It must end with every event understood and nothing refused."""
    context = browser.new_context(permissions=["microphone"])
    try:
        client = Stock(context.new_page(), served, address)
        yield client
        assert client.value("stock.refused()") == []
        # What it cancels may be over by then: its answer and the cancel cross.
        crossed = "response_cancel_not_active"
        assert [each for each in client.value("stock.seen.errors") if crossed not in each] == []
        assert client.problems == []
    finally:
        context.close()


@pytest.mark.real
def test_a_typed_question_runs_the_tool_in_the_page_and_is_answered_aloud(
    stock: Stock, microphone: Path
) -> None:
    speech.write(microphone, [speech.silence(30)])
    stock.call()
    assert stock.value("stock.state()")["status"] == "connected"
    assert stock.value("stock.state()")["callId"].startswith("rtc_")
    stock.value(f"stock.send('{QUESTION}?')")
    stock.answered(WEATHER)
    stock.loud()
    assert stock.value("stock.seen.cities") == ["London"]
    assert stock.value("stock.seen.results") == [WEATHER]
    stock.comes("output_audio_buffer.stopped")
    said = stock.value("stock.history()")
    assert said[0] == ["user", f"{QUESTION}?"]
    assert said[-1][0] == "assistant"
    assert WEATHER in said[-1][1]
    assert stock.value("(await stock.heard()).energy") > 0.01


@pytest.mark.real
def test_the_page_interrupts_an_answer_and_silence_follows(stock: Stock, microphone: Path) -> None:
    speech.write(microphone, [speech.silence(30)])
    stock.call()
    stock.value(f"stock.send('{COUNT}')")
    stock.loud()
    stock.value("stock.interrupt()")
    stock.comes("output_audio_buffer.cleared")
    stock.silent()
    cut = stock.comes("conversation.item.truncated")
    assert cut["audio_end_ms"] < 5_000
    # The client asks for the item anew; it takes its history from that.
    stock.comes("conversation.item.retrieved", f"event.item.id === {cut['item_id']!r}")


def test_a_spoken_question_runs_the_tool_and_speech_interrupts_an_answer(
    stock: Stock, microphone: Path, tmp_path: Path
) -> None:
    # What is said over an answer suffers from the page's echo cancellation: only the rest must be understood.
    spoken = [(2.5, QUESTION), (5, COUNT), (3.5, "stop stop please stop now"), (4, STOP)]
    sounds = [
        sound for wait, text in spoken for sound in (speech.silence(wait), speech.say(text, VOICE, tmp_path))
    ]
    speech.write(microphone, [*sounds, speech.silence(10)])
    stock.call()
    stock.heard(QUESTION)
    stock.answered(WEATHER)
    stock.loud()
    assert stock.value("stock.seen.cities") == ["london"]
    cut = stock.comes("conversation.item.truncated")
    assert 0 < cut["audio_end_ms"] < 5_000
    stock.heard(COUNT)
    stock.heard(STOP)
    stock.answered(STOPPED)


def test_the_script_of_the_docs_calls_and_is_answered(
    browser: Browser, served: Served, address: str, microphone: Path
) -> None:
    speech.write(microphone, [speech.silence(30)])
    with browser.new_context(permissions=["microphone"]) as context:
        page = context.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(address)
        given = {"url": served.url, "secret": served.secret()}
        page.evaluate("given => Object.assign(window, { given })", given)
        page.add_script_tag(url=f"{address}docs.js", type="module")
        connected = "window.session?.transport.status === 'connected'"
        wait_for(lambda: problems or page.evaluate(connected), seconds=20, what="a call")
        assert problems == []
        page.evaluate("session.sendMessage('what is 12 times 7')")
        said = "JSON.stringify(session.history)"
        wait_for(lambda: "84" in page.evaluate(said), seconds=15, what="an answer")
        page.evaluate("session.close()")
        assert problems == []
