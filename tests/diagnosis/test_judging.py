from __future__ import annotations

from typing import Any

import pytest

from tests.diagnosis.made import CHROME, kernel, page, peer
from voice_widget.diagnosis.facts import Heard, Silent
from voice_widget.diagnosis.findings import Finding, way_out
from voice_widget.diagnosis.judging import ROWS, judged
from voice_widget.errors import ErrorInfo
from voice_widget.page.failures import page_error
from voice_widget.page.tunnels import user
from voice_widget.talk.falling_back import by_comm

FAILED: ErrorInfo = {
    "code": "ice_failed",
    "message": "The page and the service found no network path.",
    "next_step": "Press Call again.",
}


def told(what: str, facts: dict[str, Any] | None = None, **of_kernel: Any) -> Finding:
    """The row about something, where all is well but this."""
    rows = judged(Heard(page(**(facts or {})), comm_ms=20.0), kernel(**of_kernel))
    (row,) = (row for row in rows if row.what == what)
    return row


def test_where_all_is_well_nothing_stands_in_the_way() -> None:
    rows = judged(Heard(page(peer=peer()), comm_ms=20.0), kernel(connected=True))
    assert [row.what for row in rows] == list(ROWS)
    assert {row.verdict for row in rows} == {"good"}
    assert way_out(rows) == "Nothing stands in the way."


@pytest.mark.parametrize(
    "given",
    [
        (Silent(shown=False, asked=False), kernel()),
        (Silent(), kernel()),
        (Silent(), kernel(transport="memory")),
        (Heard(page(webrtc=False, candidates=[])), kernel(transport="comm", watched=False)),
    ],
)
def test_there_are_always_the_same_rows(given: Any) -> None:
    assert [row.what for row in judged(*given)] == list(ROWS)


def test_the_reason_of_a_failed_call_is_the_first_row() -> None:
    rows = judged(Heard(page()), kernel(error=FAILED))
    assert rows[0] == ("last error", FAILED["message"], "bad", FAILED["next_step"])
    assert way_out(rows) == "Press Call again."


# --- whether a page answers ---


@pytest.mark.parametrize(
    ("silent", "of_kernel", "verdict", "step"),
    [
        (Silent(shown=False, asked=False), {}, "unknown", "Show the widget in a notebook cell"),
        (Silent(asked=False), {"page_waits": "This kernel …"}, "unknown", "once more in another cell"),
        (Silent(), {"page_waits": "This kernel …"}, "unknown", "once more in another cell"),
        (Silent(asked=False), {}, "unknown", "in a cell of the notebook"),
        (Silent(), {}, "bad", "Reload the page"),
        (Silent(), {"transport": "memory"}, "good", ""),
    ],
)
def test_a_page_that_says_nothing(silent: Silent, of_kernel: Any, verdict: str, step: str) -> None:
    row = judged(silent, kernel(**of_kernel))[0]
    assert (row.what, row.verdict) == ("page", verdict)
    assert step in row.next_step


def test_what_a_page_said_a_while_ago_says_so() -> None:
    rows = judged(Heard(page(), age_s=42.4, comm_ms=None), kernel())
    assert rows[0].value == "it has answered, 42 s ago"


# --- what the page says of the microphone ---


def test_plain_http_names_the_line_for_this_very_page() -> None:
    facts = {
        "secure": False,
        "host": "10.0.0.7",
        "port": "8889",
        "microphone": "unknown",
        "microphones": None,
    }
    row = told("secure context", facts)
    assert row.verdict == "bad"
    assert row.next_step == (
        "On your own computer run `ssh -L 8889:localhost:8889 ada@10.0.0.7` and open http://localhost:8889."
    )
    rows = judged(Heard(page(**facts)), kernel())
    assert way_out(rows) == row.next_step
    assert {row.what for row in rows if row.verdict == "bad"} == {"secure context"}


@pytest.mark.parametrize(
    ("facts", "verdict", "value", "step"),
    [
        ({}, "good", "granted", ""),
        ({"microphone": "prompt"}, "unknown", "the browser will ask", "choose Allow"),
        ({"microphone": "unknown"}, "unknown", "does not say", "choose Allow"),
        ({"microphone": "denied"}, "bad", "told not to give", "Allow it by the icon beside"),
        ({"local_network": "denied"}, "good", "granted", ""),
        (
            {"local_network": "denied", "host": "hub.example"},
            "bad",
            "local network",
            "Allow the local network",
        ),
        ({"local_network": "denied", "host": "hub.example", "peer": peer()}, "good", "granted", ""),
        ({"blocked": True, "microphone": "denied"}, "bad", "does not let it", "tab of its own"),
        (
            {"blocked": True, "protocol": "vscode-webview:"},
            "bad",
            "it is VS Code",
            "Press Own tab",
        ),
        ({"secure": False, "microphone": "unknown"}, "unknown", "cannot ask", ""),
    ],
)
def test_the_permission(facts: dict[str, Any], verdict: str, value: str, step: str) -> None:
    row = told("permission", facts)
    assert row.verdict == verdict
    assert value in row.value
    assert step in row.next_step


@pytest.mark.parametrize(
    ("facts", "row"),
    [
        ({}, ("devices", "2 microphones, 1 loudspeaker", "good", "")),
        (
            {"microphones": 0},
            (
                "devices",
                "0 microphones, 1 loudspeaker",
                "bad",
                "Plug one in and press Call, or type to the assistant.",
            ),
        ),
        ({"microphones": None}, ("devices", "the browser lists none", "unknown", "")),
    ],
)
def test_the_devices(facts: dict[str, Any], row: Any) -> None:
    assert told("devices", facts) == row


# --- the way of the sound ---

UDP = [{"kind": "host", "protocol": "udp"}, {"kind": "srflx", "protocol": "udp"}]
TCP = [{"kind": "host", "protocol": "tcp"}]
NOBODY = "no server of `ice_servers` has answered"
RELAY = [{"kind": "relay", "protocol": "udp"}]


@pytest.mark.parametrize(
    ("facts", "of_kernel", "verdict", "value", "step"),
    [
        ({"candidates": UDP}, {}, "good", "host/udp, srflx/udp", ""),
        ({"candidates": []}, {}, "bad", "gives no address away", 'transport="comm"'),
        ({"candidates": []}, {"transport": "comm"}, "good", "gives no address away", ""),
        ({"candidates": [], "gathered": False}, {}, "unknown", "none yet", "once more"),
        ({"candidates": TCP}, {}, "bad", "UDP is blocked", 'transport="comm"'),
        ({"candidates": RELAY}, {}, "good", "only by a relay", "direct UDP"),
        (
            {"wanted": "relay", "trouble": "701 turn:t.org:3478 timed out"},
            {},
            "bad",
            "host/udp, host/tcp: turn:t.org:3478 was not reached",
            "whether this network lets their ports through",
        ),
        (
            {"wanted": "relay", "trouble": "401 turn:t.org Unauthorized"},
            {},
            "bad",
            "turn:t.org answered 401 Unauthorized",
            "Check its username and credential",
        ),
        (
            {"wanted": "srflx", "gathered": False},
            {},
            "bad",
            NOBODY,
            "ports",
        ),
        ({"wanted": "relay"}, {}, "bad", NOBODY, "ports"),
        (
            {"wanted": "relay", "candidates": UDP},
            {},
            "bad",
            NOBODY,
            "ports",
        ),
        ({"wanted": "srflx"}, {}, "good", "host/udp, host/tcp", ""),
        (
            {"wanted": "relay", "trouble": "701 stun:s.org timed out", "candidates": [*UDP, *RELAY]},
            {},
            "good",
            "host/udp, srflx/udp, relay/udp",
            "",
        ),
        ({"candidates": [*UDP, *RELAY]}, {}, "good", "relay/udp", ""),
        ({"candidates": [], "webrtc": False}, {}, "bad", "does not offer WebRTC", "current browser"),
    ],
)
def test_the_candidates(facts: Any, of_kernel: Any, verdict: str, value: str, step: str) -> None:
    row = told("candidates", facts, **of_kernel)
    assert row.verdict == verdict
    assert value in row.value
    assert step in row.next_step


def test_the_pair_of_a_call() -> None:
    row = told("selected pair", {"peer": peer()}, connected=True)
    assert row == ("selected pair", "host to host by udp (host: a machine's own)", "good", "")


@pytest.mark.parametrize(
    ("facts", "of_kernel", "verdict", "value"),
    [
        ({"peer": None}, {}, "unknown", "no call"),
        ({"peer": peer(pair=None, state="failed")}, {"connected": True}, "bad", "the peer is failed"),
        ({"peer": peer(pair=None, state="connecting")}, {"connected": True}, "unknown", "connecting"),
        ({"peer": None}, {"connected": True, "transport": "comm"}, "good", "the sound goes by comm"),
        (
            {"peer": None},
            {"connected": True, "transport": "comm", "fell_back": by_comm("ice_failed")},
            "bad",
            "WebRTC found no path: the sound of this call goes through the kernel",
        ),
        (
            {"peer": None},
            {"fell_back": by_comm("ice_failed")},
            "bad",
            "no call now; of the last one: WebRTC found no path",
        ),
        ({"peer": peer()}, {"connected": True, "fell_back": by_comm("ice_failed")}, "good", "host to host"),
    ],
)
def test_a_call_without_a_pair(facts: Any, of_kernel: Any, verdict: str, value: str) -> None:
    row = told("selected pair", facts, **of_kernel)
    assert row.verdict == verdict
    assert value in row.value


PAIR = {"local": "host", "remote": "host", "protocol": "udp"}


@pytest.mark.parametrize(
    ("what", "counts", "verdict", "value"),
    [
        ("round trip", {}, "good", "1 ms"),
        ("round trip", {"pair": {**PAIR, "round_trip_ms": 301.0}}, "bad", "301 ms"),
        ("round trip", {"pair": {**PAIR, "round_trip_ms": None}}, "unknown", "not measured yet"),
        ("loss", {}, "good", "0.0 % of the assistant's, 0.0 % of yours, 1.0 % made up"),
        ("loss", {"lost": 0.051}, "bad", "5.1 % of the assistant's"),
        ("loss", {"sent_lost": 0.2}, "bad", "20.0 % of yours"),
        ("loss", {"lost": None, "sent_lost": None}, "unknown", "not measured yet"),
        ("jitter", {}, "good", "2 ms"),
        ("jitter", {"jitter_ms": 51.0}, "bad", "51 ms"),
        ("jitter", {"jitter_ms": None}, "unknown", "not measured yet"),
        ("channel", {}, "good", "open, 1 ms there and back, 0 bytes wait"),
        ("channel", {"channel": "closed"}, "bad", "closed"),
        ("channel", {"waiting": 100_000}, "bad", "100,000 bytes wait"),
    ],
)
def test_what_a_call_counts(what: str, counts: Any, verdict: str, value: str) -> None:
    row = told(what, {"peer": peer(**counts)}, connected=True)
    assert row.verdict == verdict
    assert value in row.value
    assert bool(row.next_step) == (verdict == "bad")


def test_where_udp_is_blocked_the_way_out_says_so_during_a_call_and_after_it() -> None:
    fell_back = by_comm("ice_failed")
    for of_kernel in ({"connected": True, "transport": "comm"}, {}):
        rows = judged(Heard(page()), kernel(fell_back=fell_back, **of_kernel))
        assert "it needs UDP between page and service, which firewalls often block." in way_out(rows)
        assert 'VoiceWidget(transport="comm")' in way_out(rows)


def test_on_plain_http_the_one_line_is_of_this_page_also_after_a_call_that_failed() -> None:
    facts = page(secure=False, host="10.0.0.7", port="9000", microphone="denied")
    error = page_error("page_not_secure", "http://10.0.0.7:9000").info()
    whose = user()
    said = way_out(judged(Heard(facts), kernel(error=error, user=whose)))
    assert said.startswith(
        f"On your own computer run `ssh -L 9000:localhost:9000 {whose or 'user'}@10.0.0.7`"
    )
    assert said.count("ssh -L") == 1
    assert "icon beside the address" not in said


def test_in_vs_code_the_way_out_is_one_sentence() -> None:
    facts = page(blocked=True, protocol="vscode-webview:", front_end={"app": "", "browser": CHROME})
    error = page_error("microphone_blocked_by_policy").info()
    for of_kernel in ({}, {"error": error}):
        assert way_out(judged(Heard(facts), kernel(**of_kernel))) == error["next_step"]


# --- the kernel ---


@pytest.mark.parametrize(
    ("ms", "transport", "verdict", "step"),
    [
        (20.0, "webrtc", "good", ""),
        (501.0, "webrtc", "bad", "Use a faster way to the kernel"),
        (501.0, "comm", "bad", "The sound goes this way, too"),
    ],
)
def test_a_slow_comm(ms: float, transport: str, verdict: str, step: str) -> None:
    rows = judged(Heard(page(), comm_ms=ms), kernel(transport=transport))
    (row,) = (row for row in rows if row.what == "comm")
    assert (row.value, row.verdict) == (f"{ms:.0f} ms there and back", verdict)
    assert step in row.next_step


@pytest.mark.parametrize(
    ("stalls", "verdict", "value"),
    [
        ((), "good", "never late"),
        ((120.0,), "good", "once late in the last minute, at most by 120 ms"),
        ((60.0, 900.0), "bad", "2 times late in the last minute, at most by 900 ms"),
    ],
)
def test_stalls_of_the_loop(stalls: tuple[float, ...], verdict: str, value: str) -> None:
    row = told("loop", stalls_ms=stalls)
    assert row.verdict == verdict
    assert value in row.value
    assert ("another process" in row.next_step) == (verdict == "bad")


def test_a_loop_that_nobody_has_watched_is_unknown() -> None:
    assert told("loop", watched=False).verdict == "unknown"


def test_a_service_that_lacks_something_says_so() -> None:
    notice: ErrorInfo = {"code": "missing_parts", "message": "It lacks tts.", "next_step": "Install it."}
    assert told("service", service_notice=notice) == (
        "service",
        "embedded engine: It lacks tts.",
        "bad",
        "Install it.",
    )
    loading: ErrorInfo = {"code": "parts_loading", "message": "It loads.", "next_step": "Wait."}
    assert told("service", service_notice=loading) == ("service", "embedded engine", "good", "Wait.")


def test_versions_that_do_not_fit() -> None:
    row = told("versions", versions={"anywidget": "0.9.1"}, misfits={"anywidget": "0.11"})
    assert row == (
        "versions",
        "anywidget 0.9.1",
        "bad",
        'Run `pip install "anywidget>=0.11"` and restart the kernel.',
    )


def test_an_old_kernel_works_and_is_told_of_a_better_one() -> None:
    row = told("versions", versions={"ipykernel": "6.29.5"})
    assert row.verdict == "good"
    assert 'pip install "ipykernel>=7"' in row.next_step


def test_no_label_and_no_address_but_the_hosts_is_in_the_table() -> None:
    text = str(judged(Heard(page(secure=False, host="$(rm -rf ~)", port="; ls")), kernel(user="ada;ls")))
    assert "ssh -L 8888:localhost:80 user@this-server" in text
    assert "rm -rf" not in text
    assert "; ls" not in text
