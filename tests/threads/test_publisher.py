from __future__ import annotations

import gc
import logging
import threading
from typing import Any

import pytest

from voice_widget.threads import publisher as publisher_module
from voice_widget.threads.publisher import THREAD, Publisher


class Desk:
    """A publisher that writes down what it sends and sets."""

    def __init__(self, **options: Any) -> None:
        self.sent: list[dict[str, Any]] = []
        self.buffers: list[Any] = []
        self.traits: list[tuple[str, Any, str]] = []
        self.publisher = Publisher(self.transmit, **options)

    def transmit(self, message: Any, buffers: Any) -> None:
        self.sent.append(dict(message))
        self.buffers.append(buffers)

    def write(self, name: str, value: Any) -> None:
        self.traits.append((name, value, threading.current_thread().name))


@pytest.fixture
def desk():
    made = Desk()
    yield made
    made.publisher.close()


def test_traits_and_messages_leave_in_order_from_one_named_thread(desk: Desk):
    order: list[str] = []
    for n in range(50):
        desk.publisher.send({"type": "beat", "n": n})
        desk.publisher.submit(lambda: order.append(threading.current_thread().name))
        desk.publisher.submit(lambda n=n: desk.write("turns", n))  # type: ignore[misc]
    assert desk.publisher.flush()

    assert [(m["n"], m["seq"]) for m in desk.sent] == [(n, n + 1) for n in range(50)]
    assert desk.traits == [("turns", n, THREAD) for n in range(50)]
    assert set(order) == {THREAD} == {"voice_widget publisher"}


def test_a_jobs_messages_go_out_with_the_job(desk: Desk):
    gate = threading.Event()
    desk.publisher.submit(lambda: (gate.wait(20), desk.publisher.send({"type": "first"})))  # type: ignore[arg-type]
    desk.publisher.send({"type": "second"})
    gate.set()
    assert desk.publisher.flush()
    assert [message["type"] for message in desk.sent] == ["first", "second"]


def test_a_callback_that_blocks_delays_later_callbacks_and_nothing_else(desk: Desk):
    release, called = threading.Event(), []
    desk.publisher.call(release.wait)
    desk.publisher.call(called.append, "later")
    desk.publisher.send({"type": "beat"})
    desk.publisher.submit(lambda: desk.write("muted", True))

    assert desk.publisher.flush()
    assert desk.sent == [{"type": "beat", "seq": 1}]
    assert desk.traits
    assert called == []

    release.set()
    assert desk.publisher.flush(calls=True)
    assert called == ["later"]


def test_callbacks_run_in_order_on_a_thread_of_the_publisher(desk: Desk):
    called: list[tuple[int, str]] = []
    for n in range(20):
        desk.publisher.call(lambda n=n: called.append((n, threading.current_thread().name)))
    assert desk.publisher.flush(calls=True)
    assert [n for n, _ in called] == list(range(20))
    assert all(name.startswith(THREAD) for _, name in called)


def test_a_callback_that_raises_is_logged_once_by_name_and_costs_nothing(
    desk: Desk, caplog: pytest.LogCaptureFixture
):
    def clumsy() -> None:
        raise ValueError("oops")

    called = []
    with caplog.at_level(logging.ERROR, "voice_widget"):
        for _ in range(3):
            desk.publisher.call(clumsy)
        desk.publisher.call(called.append, "after")
        assert desk.publisher.flush(calls=True)

    assert called == ["after"]
    assert [record.getMessage().count("clumsy") for record in caplog.records] == [1]


def test_a_second_and_different_fault_of_the_same_name_is_logged_too(
    desk: Desk, caplog: pytest.LogCaptureFixture
):
    one, other = (lambda: {}["missing"]), (lambda: 1 / 0)
    again = lambda: {}["absent"]  # noqa: E731 - of the same name and class, on another line
    for _ in range(3):
        for function in (one, other, again):
            desk.publisher.call(function)
        desk.publisher.submit(lambda: {}["in a job"])
        desk.publisher.submit(lambda: [].pop())
    assert desk.publisher.flush(calls=True)
    errors = [
        record.exc_info[0].__name__ for record in caplog.records if record.exc_info and record.exc_info[0]
    ]
    assert sorted(errors) == ["IndexError", "KeyError", "KeyError", "KeyError", "ZeroDivisionError"]


def test_faults_of_different_functions_in_one_line_are_logged_each(
    desk: Desk, caplog: pytest.LogCaptureFixture
):
    for name in ("one", "other", "one"):  # as in a terminal, where all that is typed is line 1
        typed = eval(compile(f"lambda: {{}}[{name!r}]", "<stdin>", "eval"))
        desk.publisher.call(typed)
    assert desk.publisher.flush(calls=True)
    assert len(caplog.records) == 2


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
def test_an_exit_in_a_callback_ends_neither_lane(desk: Desk, error: BaseException):
    def leaves() -> None:
        raise error

    called: list[str] = []
    desk.publisher.call(leaves)
    desk.publisher.submit(leaves)
    desk.publisher.call(called.append, "still here")
    desk.publisher.send({"type": "beat"})
    assert desk.publisher.flush(calls=True)
    assert called == ["still here"]
    assert [message["type"] for message in desk.sent] == ["beat"]


def test_a_send_that_fails_costs_only_that_message(desk: Desk, caplog: pytest.LogCaptureFixture):
    def fail(message: Any, buffers: Any) -> None:
        if message["type"] == "bad":
            raise RuntimeError("no comm")
        desk.transmit(message, buffers)

    desk.publisher._transmit = fail
    desk.publisher.send({"type": "bad"})
    desk.publisher.send({"type": "good"})
    assert desk.publisher.flush()
    assert [message["type"] for message in desk.sent] == ["good"]


def resent(desk: Desk, first: int, last: int) -> tuple[bool, list[int]]:
    assert desk.publisher.flush()
    before, answer = len(desk.sent), []
    desk.publisher.submit(lambda: answer.append(desk.publisher.resend(first, last)))
    assert desk.publisher.flush()
    return answer[0], [message["seq"] for message in desk.sent[before:]]


def test_missed_messages_are_sent_again_with_their_numbers(desk: Desk):
    for _ in range(10):
        desk.publisher.send({"type": "beat"})
    assert resent(desk, 3, 5) == (True, [3, 4, 5])
    # A page may ask for more than there was.
    assert resent(desk, 9, 99) == (True, [9, 10])


def test_messages_too_old_are_not_sent_in_part():
    desk = Desk(keep=5)
    for _ in range(10):
        desk.publisher.send({"type": "beat"})
    assert resent(desk, 4, 7) == (False, [])
    assert resent(desk, 6, 7) == (True, [6, 7])
    desk.publisher.close()


def test_audio_is_not_kept_for_sending_again(desk: Desk):
    desk.publisher.send({"type": "play"}, [b"x" * 10])
    assert desk.publisher.flush()
    assert desk.buffers == [[b"x" * 10]]
    assert resent(desk, 1, 1) == (False, [])


def test_what_a_page_asks_for_again_by_itself_is_not_kept(desk: Desk):
    desk.publisher.send({"type": "row"})
    desk.publisher.send({"type": "events"}, keep=False)
    assert desk.publisher.flush()
    assert (resent(desk, 1, 1), resent(desk, 2, 2)) == ((True, [1]), (False, []))


def test_only_its_own_thread_may_write(desk: Desk):
    seen: list[bool] = []
    desk.publisher.submit(lambda: seen.append(desk.publisher.writing()))
    desk.publisher.call(lambda: seen.append(desk.publisher.writing()))
    assert desk.publisher.flush(calls=True)
    assert seen == [True, False]
    assert not desk.publisher.writing()


def test_closing_finishes_what_is_queued_and_ends_the_threads(desk: Desk):
    desk.publisher.send({"type": "last"})
    threads = [desk.publisher._writes.thread]
    desk.publisher.close()
    desk.publisher.send({"type": "dropped"})
    for thread in threads:
        assert thread is not None
        thread.join(20)
        assert not thread.is_alive()
    assert [message["type"] for message in desk.sent] == ["last"]
    assert desk.publisher.flush()


def test_callbacks_that_wait_for_one_that_blocks_do_not_pile_up_for_ever(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(publisher_module, "MOST_CALLS", 10)
    blocked, release, called = threading.Event(), threading.Event(), []

    def block() -> None:
        blocked.set()
        release.wait(10)

    desk.publisher.call(block)
    assert blocked.wait(20)
    for number in range(50):
        desk.publisher.call(called.append, number)
    assert desk.publisher.call(called.append, "what went wrong", always=True)
    assert caplog.text.count("callback blocks") == 1
    release.set()
    assert desk.publisher.flush(calls=True)
    assert called == [*range(10), "what went wrong"]


def test_it_says_how_much_waits(desk: Desk):
    begun, release = threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        release.wait(10)

    desk.publisher.submit(hold)
    assert begun.wait(20)
    for _ in range(3):
        desk.publisher.send({"type": "beat"})
    assert desk.publisher.behind == 3
    release.set()
    assert desk.publisher.flush()
    assert desk.publisher.behind == 0


def test_its_threads_end_when_nobody_holds_it():
    publisher = Publisher(lambda message, buffers: None)
    publisher.send({"type": "beat"})
    publisher.call(lambda: None)
    assert publisher.flush(calls=True)
    threads = [lane.thread for lane in (publisher._writes, publisher._calls)]
    del publisher
    gc.collect()
    for thread in threads:
        assert thread is not None
        thread.join(20)
        assert not thread.is_alive()
