"""What a page says of the way of the sound: the addresses that it has, and how a call's own goes."""

from __future__ import annotations

from voice_widget.diagnosis.facts import KernelFacts
from voice_widget.diagnosis.findings import Finding, Verdict
from voice_widget.page.failures import PAGE_ERRORS, server_said
from voice_widget.page.parts import PageFacts, PeerFacts

ROUND_TRIP_MS = 300.0
LOSS = 0.05
JITTER_MS = 50.0
_WAITING = 65_536

KINDS = {
    "host": "a machine's own",
    "srflx": "as a router shows it",
    "prflx": "as the other side sees it",
    "relay": "of a relay",
}
BY_COMM = 'Use `VoiceWidget(transport="comm")`: then the sound goes through the kernel.'
_REACH = "Check the addresses in `ice_servers`, and whether this network lets their ports through."
_AT_ONCE = '`VoiceWidget(transport="comm")` saves the wait for a path.'
_NEARER = "Use a cable or a nearer access point, or a network with less to do."


def candidates(page: PageFacts, transport: str) -> Finding:
    """By which addresses a peer of this page could be reached."""
    if not page["webrtc"]:
        said, step = PAGE_ERRORS["no_webrtc"]
        return Finding("candidates", said, "bad" if transport == "webrtc" else "good", step)
    found = page["candidates"]
    kinds = list(dict.fromkeys(f"{one['kind']}/{one['protocol']}" for one in found))
    value = ", ".join(kinds) or "none"
    hard: Verdict = "bad" if transport == "webrtc" else "good"
    server, wanted = server_said(page["trouble"]), page["wanted"]
    # What a STUN server shows may be the machine's own, and is not told twice.
    missing = wanted == "relay" or (wanted is not None and (server is not None or not page["gathered"]))
    if missing and all(one["kind"] not in ("relay", wanted) for one in found):
        words = "no server of `ice_servers` has answered" if server is None else server.words
        step = PAGE_ERRORS["relay_refused"][1] if server is not None and server.refused else _REACH
        return Finding("candidates", f"{value}: {words}", hard, step)
    if not page["gathered"] and not found:
        return Finding("candidates", "none yet", "unknown", "Ask once more: the browser was still looking.")
    if not found:
        why = "the browser gives no address away, by a setting, a policy or an extension"
        return Finding("candidates", f"none: {why}", hard, BY_COMM)
    if all(one["protocol"] != "udp" for one in found):
        return Finding("candidates", f"{value}: UDP is blocked", hard, BY_COMM)
    if all(one["kind"] == "relay" for one in found):
        return Finding(
            "candidates",
            f"{value}: only by a relay",
            "good",
            "A relay makes the way longer: a network or browser that allows direct UDP is quicker.",
        )
    return Finding("candidates", value, "good")


def pair(peer: PeerFacts | None, kernel: KernelFacts) -> Finding:
    """Which two addresses the call's sound goes between."""
    if kernel.fell_back is not None and peer is None:
        which = "" if kernel.transport == "comm" else "no call now; of the last one: "
        step = " ".join((kernel.fell_back["next_step"], _AT_ONCE))
        return Finding("selected pair", f"{which}{kernel.fell_back['message']}", "bad", step)
    if kernel.transport != "webrtc":
        return Finding("selected pair", f"none: the sound goes by {kernel.transport}", "good")
    if peer is None:
        return Finding("selected pair", "no call", "unknown" if not kernel.connected else "good")
    used = peer["pair"]
    if used is None:
        bad = peer["state"] in ("failed", "disconnected")
        return Finding(
            "selected pair",
            f"none: the peer is {peer['state'][:20]}",
            "bad" if bad else "unknown",
            BY_COMM if bad else "",
        )
    value = f"{used['local']} to {used['remote']} by {used['protocol'][:8]}"
    told = dict.fromkeys((used["local"], used["remote"]))
    return Finding(
        "selected pair", f"{value} ({', '.join(f'{kind}: {KINDS[kind]}' for kind in told)})", "good"
    )


def round_trip(peer: PeerFacts | None) -> Finding:
    """How long it takes to the service and back."""
    ms = None if peer is None or peer["pair"] is None else peer["pair"]["round_trip_ms"]
    if ms is None:
        return _unmeasured("round trip", peer)
    return _limited("round trip", f"{ms:.0f} ms", ms > ROUND_TRIP_MS, _NEARER)


def loss(peer: PeerFacts | None) -> Finding:
    """How much of the sound does not arrive."""
    if peer is None or (peer["lost"] is None and peer["sent_lost"] is None):
        return _unmeasured("loss", peer)
    shares = {"of the assistant's": peer["lost"], "of yours": peer["sent_lost"], "made up": peer["concealed"]}
    value = ", ".join(f"{100 * share:.1f} % {whose}" for whose, share in shares.items() if share is not None)
    return _limited("loss", value, max(peer["lost"] or 0, peer["sent_lost"] or 0) > LOSS, _NEARER)


def jitter(peer: PeerFacts | None) -> Finding:
    """How unevenly it arrives."""
    if peer is None or peer["jitter_ms"] is None:
        return _unmeasured("jitter", peer)
    return _limited("jitter", f"{peer['jitter_ms']:.0f} ms", peer["jitter_ms"] > JITTER_MS, _NEARER)


def channel(peer: PeerFacts | None, kernel: KernelFacts) -> Finding:
    """The call's own way for events; it goes between the same two addresses."""
    if kernel.transport != "webrtc":
        return Finding("channel", "none: the kernel has the events", "good")
    if peer is None:
        return _unmeasured("channel", peer)
    ms = None if peer["pair"] is None else peer["pair"]["round_trip_ms"]
    delay = "" if ms is None else f", {ms:.0f} ms there and back"
    value = f"{peer['channel'][:20]}{delay}, {peer['waiting']:,} bytes wait"
    if peer["channel"] != "open":
        return Finding("channel", value, "bad", "Hang up and call again.")
    return _limited("channel", value, peer["waiting"] > _WAITING, _NEARER)


def _unmeasured(what: str, peer: PeerFacts | None) -> Finding:
    return Finding(what, "no peer" if peer is None else "not measured yet", "unknown")


def _limited(what: str, value: str, over: bool, step: str) -> Finding:
    return Finding(what, value, "bad" if over else "good", step if over else "")
