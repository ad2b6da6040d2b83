"""What the messages of pages are made of: facts as numbers and codes, for which Python has the words."""

from __future__ import annotations

from typing import Literal, TypedDict

from voice_widget.realtime.state.records import Alignment, FrontEnd, Hole, Side


class RecordedPart(TypedDict):
    """One side of a piece: so many samples at 24 kHz from ``start`` on, counted from the clock's zero.

    ``holes`` are those since this side's last part, and those within this one, where silence stands for them.
    What is ``pending`` comes again, without a hole before it, at its place or as ``unaligned``.
    """

    side: Side
    start: int
    samples: int
    holes: list[Hole]
    alignment: Alignment


class Device(TypedDict):
    """A microphone or loudspeaker, by the name that the browser tells."""

    kind: Literal["microphone", "speaker"]
    label: str


CandidateKind = Literal["host", "srflx", "prflx", "relay"]
"""Whose address it is: the browser's machine's, as a router shows it, or of a relay (TURN)."""

Permission = Literal["granted", "denied", "prompt", "unknown"]
"""What the browser says of a permission; some do not say."""


class CandidateFacts(TypedDict):
    """An address by which a peer could be reached, by its kind alone."""

    kind: CandidateKind
    protocol: str


class PairFacts(TypedDict):
    """The kinds of the two addresses between which a call goes; ``round_trip_ms``: there and back."""

    local: CandidateKind
    remote: CandidateKind
    protocol: str
    round_trip_ms: float | None


class PeerFacts(TypedDict):
    """What the peer of the call counts.

    ``lost`` is the share of the service's packets that did not come, ``sent_lost`` that of ours,
    ``concealed`` that of the sound which the browser has made up; None: not known yet. ``waiting`` bytes
    wait in the channel.
    """

    state: str
    channel: str
    waiting: int
    pair: PairFacts | None
    lost: float | None
    sent_lost: float | None
    jitter_ms: float | None
    concealed: float | None


class PageFacts(TypedDict):
    """What a page finds out about the way from it to a service, as numbers and codes.

    ``protocol``, ``host`` and ``port`` are of its address, of which nothing else is told. ``microphones`` and
    ``speakers`` count the devices; None: the browser lists none. ``blocked``: what shows the page keeps the
    microphone from it. ``candidates`` are those of a peer made for this, each kind once, and ``gathered``
    that there are no more; ``wanted`` is the kind that its ICE servers are asked for, None without any, and
    ``trouble`` what one of these has answered, or that it was not reached. ``took_ms`` is how long all of it
    took, ``comm_ms`` how long a message takes to the kernel and back.
    """

    secure: bool
    protocol: str
    host: str
    port: str
    framed: bool
    blocked: bool
    microphone: Permission
    local_network: Permission
    microphones: int | None
    speakers: int | None
    webrtc: bool
    candidates: list[CandidateFacts]
    gathered: bool
    wanted: CandidateKind | None
    trouble: str
    peer: PeerFacts | None
    front_end: FrontEnd
    took_ms: float
    comm_ms: float | None
