"""An offer as aiortc can take it, and aiortc's answer as the caller expects it.

aiortc takes every line of an offer at its word and stumbles over what it does not know. So it sees only the
sections that a call uses, each written anew with the lines that it understands; its answer is then told for
all sections that were offered, in their order.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from voice_widget.errors import ProtocolError

MOST_CANDIDATES = 20
"""So many of the caller's addresses are tried, one every 20 ms."""

LOWEST_PORT = 1024
"""Nobody calls from a port below it; what listens there is no caller."""

DEFAULT_MESSAGE_BYTES = 65_536
LEAST_MESSAGE_BYTES = 1024
"""Who says to take less cannot mean it: no event would fit."""
"""What a data channel takes whose offer does not say it (RFC 8841)."""

_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
_DIGESTS = ("sha-256", "sha-384", "sha-512")
_EXTENSIONS = ("urn:ietf:params:rtp-hdrext:sdes:mid", "urn:ietf:params:rtp-hdrext:ssrc-audio-level")
_TRANSPORT = ("candidate", "end-of-candidates", "ice-ufrag", "ice-pwd", "fingerprint", "setup")
_NEXT_STEP = "Send the `sdp` of an offer that an RTCPeerConnection made."


@dataclass(frozen=True, eq=False)
class _Section:
    """A media section. ``attributes`` are its own, ``session`` those of the whole description."""

    kind: str
    port: int
    profile: str
    formats: tuple[str, ...]
    attributes: Mapping[str, list[str]]
    session: Mapping[str, list[str]]

    def all(self, name: str) -> list[str]:
        """What it says under this name; what it does not say, the session says for it."""
        return self.attributes.get(name) or self.session.get(name, [])

    def first(self, name: str) -> str:
        return next(iter(self.all(name)), "")

    @property
    def mid(self) -> str:
        return next(iter(self.attributes.get("mid", [])), "")

    @property
    def direction(self) -> str:
        said = [name for level in (self.attributes, self.session) for name in _DIRECTIONS if name in level]
        return said[0] if said else "sendrecv"

    @property
    def is_rtp(self) -> bool:
        return self.kind in ("audio", "video") and "RTP/" in self.profile

    @property
    def is_data(self) -> bool:
        if self.kind != "application" or not self.profile.endswith("DTLS/SCTP"):
            return False
        if self.profile == "DTLS/SCTP":  # the older form, with a port in the format's place
            return self.formats[0].isdecimal() and "webrtc-datachannel" in self.first("sctpmap")
        return "webrtc-datachannel" in self.formats

    @property
    def opus(self) -> str | None:
        """The payload type of Opus."""
        for value in self.all("rtpmap"):
            # Below 96 aiortc would answer with a number of its own.
            found = re.fullmatch(r"(9[6-9]|1[01]\d|12[0-7]) +opus/48000(/2)?", value, re.IGNORECASE)
            if found and found[1] in self.formats:
                return found[1]
        return None


@dataclass(frozen=True)
class Offer:
    """An offer that can be answered.

    Attributes:
        text: What aiortc is to see of it; the audio section on which the caller hears comes first.
        hears: Whether the caller hears anything.
        most_message_bytes: The largest message that the caller's data channel takes; 0: of any size.
    """

    text: str
    hears: bool
    most_message_bytes: int
    _sections: Sequence[_Section]
    _bundles: Sequence[Sequence[_Section]]
    _used: Mapping[str, _Section]

    def answer(self, text: str) -> str:
        """The answer for every section, from aiortc's answer for those that it saw."""
        session, answered = _read(text)
        taken = {self._used[each.mid]: each for each in answered}
        lines = [line for line in session if not line.startswith("a=group:")]
        carried: dict[_Section, _Section] = {}
        for bundle in self._bundles:
            lines.append(" ".join(["a=group:BUNDLE", *(each.mid for each in bundle)]))
            carrier = next(taken[each] for each in bundle if each in taken)
            carried.update(dict.fromkeys(bundle, carrier))
        for section in self._sections:
            if section in taken:
                lines += _accepted(section, taken[section])
            elif section in carried:
                lines += _idle(section, carried[section])
            else:
                lines += _rejected(section)
        return "\r\n".join(lines) + "\r\n"


def parse_offer(text: str) -> Offer:
    r"""Read an offer, and choose the sections of it that the call uses.

    Raises:
        ProtocolError: It is no offer, or none that can be answered (``invalid_offer``).

    Example:
        >>> parse_offer("hello")
        Traceback (most recent call last):
        voice_widget.errors.ProtocolError: This is no SDP offer: it does not begin with `v=0`. Send ...
    """
    session, sections = _read(text)
    groups = _groups(session, sections)
    bundled = {each for group in groups for each in group}
    offered = [s for s in sections if s.port or ("bundle-only" in s.attributes and s in bundled)]
    speaking, hearing = _choose_audio(sections, offered)
    data = next((each for each in offered if each.is_data), None)
    used = list(dict.fromkeys(each for each in (speaking, hearing, data) if each))
    # What is carried with them is answered as idle, not rejected: the first of a bundle carries all of it.
    live = set(offered)
    bundles = [
        [each for each in group if each in live and (each in used or each.is_rtp)]
        for group in groups
        if not set(used).isdisjoint(group)
    ]
    names = dict(zip(_names(used, sections), used, strict=True))
    lines = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0"]
    if "ice-lite" in speaking.session:
        lines.append("a=ice-lite")
    for bundle in bundles:
        # There are three at most, so that only one bundle has more than one: aiortc reads no second.
        together = [name for name, each in names.items() if each in bundle]
        if len(together) > 1:
            lines.append(" ".join(["a=group:BUNDLE", *together]))
    for name, section in names.items():
        bundle = next((each for each in bundles if section in each), [section])
        carrier = next((each for each in bundle if each.first("ice-ufrag")), section)
        lines += _rewritten(section, name, carrier)
    return Offer(
        "\r\n".join(lines) + "\r\n",
        speaking.direction in ("sendrecv", "recvonly"),
        _most_message_bytes(data),
        sections,
        bundles,
        names,
    )


def _read(text: str) -> tuple[list[str], list[_Section]]:
    """The lines of the session, and the sections."""
    lines = [line for line in re.split(r"\r\n|\n|\r", text.strip("\ufeff \t\r\n")) if line]
    if not lines or lines[0].strip() != "v=0":
        raise _refused("This is no SDP offer: it does not begin with `v=0`.")
    if any(not re.match(r"[a-z]=", line) for line in lines):
        raise _refused("This is no SDP offer: a line in it is not of the form `x=…`.")
    parts: list[list[str]] = [[]]
    for line in lines:
        if line.startswith("m="):
            parts.append([])
        parts[-1].append(line.rstrip())
    session = _attributes(parts[0])
    sections: list[_Section] = []
    for head, *rest in parts[1:]:
        found = re.fullmatch(r"m=(\S+) +(\d{1,5})(?:/\d+)? +(\S+) +(\S.*)", head)
        if not found:
            raise _refused(f"A section of the offer does not begin as one: {head[:80]!r}.")
        kind, port, profile, formats = found.groups()
        sections.append(
            _Section(kind, int(port), profile, tuple(formats.split()), _attributes(rest), session)
        )
    mids = [mid for each in sections for mid in each.attributes.get("mid", [])]
    named = sum("mid" in each.attributes for each in sections)
    if len(set(mids)) < len(mids) or len(mids) > named or any(not re.fullmatch(r"\S+", mid) for mid in mids):
        raise _refused("The sections of the offer have no names of their own (see its `a=mid` lines).")
    return parts[0], sections


def _attributes(lines: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in lines:
        if line.startswith("a="):
            name, _, value = line[2:].partition(":")
            found.setdefault(name.strip(), []).append(value.strip())
        elif line.startswith("c="):
            found.setdefault("c=", []).append(line[2:])
    return found


def _groups(session: Sequence[str], sections: Sequence[_Section]) -> list[list[_Section]]:
    """The bundles; a section is in the first one that names it."""
    left = {each.mid: each for each in sections if each.mid}
    groups = []
    for line in session:
        if line.startswith("a=group:BUNDLE"):
            group = [left.pop(mid) for mid in dict.fromkeys(line.split()[1:]) if mid in left]
            groups.append(group)
    return groups


def _choose_audio(sections: Sequence[_Section], offered: Sequence[_Section]) -> tuple[_Section, _Section]:
    """Where we speak and where we listen: one section for both, or one each."""
    audio = [each for each in offered if each.kind == "audio"]
    usable = [each for each in audio if each.is_rtp and each.opus]
    if not usable:
        if audio:
            raise _refused("The offer does not list Opus (from 96 on), the one codec spoken here.")
        if any(each.kind == "audio" for each in sections):
            raise _refused("Every audio section of the offer is rejected (its port is 0).")
        raise _refused("The offer has no audio section (add a track or a `recvonly` transceiver).")
    by_direction = {name: [e for e in usable if e.direction == name] for name in _DIRECTIONS}
    speaking = by_direction["sendrecv"] + by_direction["recvonly"]
    hearing = by_direction["sendrecv"] + by_direction["sendonly"]
    # One that is not to be had is the other one's section, and silent.
    return (speaking or hearing or usable)[0], (hearing or speaking or usable)[0]


def _names(used: Sequence[_Section], sections: Sequence[_Section]) -> Iterator[str]:
    """The names of these sections; aiortc needs one where the offer has none."""
    taken = {each.mid for each in sections}
    free = (name for name in map(str, range(len(sections) * 2)) if name not in taken)
    for section in used:
        yield section.mid or next(free)


def _rewritten(section: _Section, name: str, carrier: _Section) -> list[str]:
    """A section as aiortc sees it, with the transport of the one that carries it."""
    if section.is_data:
        if section.profile == "DTLS/SCTP":
            lines = [f"m=application 9 DTLS/SCTP {section.formats[0]}"]
        else:
            lines = ["m=application 9 UDP/DTLS/SCTP webrtc-datachannel"]
            lines.append(f"a=sctp-port:{_number(section.first('sctp-port'), 5000)}")
        lines.append(f"a=max-message-size:{_most_message_bytes(section)}")
    else:
        if "rtcp-mux" not in section.attributes and "rtcp-mux" not in carrier.attributes:
            raise _refused("The audio of the offer does not share its port with RTCP (`a=rtcp-mux`).")
        lines = [f"m=audio 9 UDP/TLS/RTP/SAVPF {section.opus}"]
        lines += [f"a={section.direction}", "a=rtcp-mux", f"a=rtpmap:{section.opus} opus/48000/2"]
        for value in section.all("extmap"):
            number, _, uri = value.partition(" ")
            uri = uri.strip().partition(" ")[0]
            if uri in _EXTENSIONS and (number := number.partition("/")[0]).isdecimal():
                lines.append(f"a=extmap:{number} {uri}")
    lines.insert(1, f"a=mid:{name}")
    return lines + _transport(carrier)


def _most_message_bytes(data: _Section | None) -> int:
    """0: of any size."""
    most = _number(data.first("max-message-size") if data else "", DEFAULT_MESSAGE_BYTES)
    return most if most == 0 or most >= LEAST_MESSAGE_BYTES else DEFAULT_MESSAGE_BYTES


def _transport(carrier: _Section) -> list[str]:
    ufrag, password, setup = (carrier.first(name) for name in ("ice-ufrag", "ice-pwd", "setup"))
    if not ufrag or not password:
        raise _refused("The offer says nowhere who calls (`a=ice-ufrag` and `a=ice-pwd`).")
    if setup not in ("actpass", "active", "passive"):
        raise _refused("The offer does not say which side begins the handshake (`a=setup:actpass`).")
    digests = [value.split() for value in carrier.all("fingerprint")]
    known = [each for each in digests if len(each) == 2 and each[0].lower() in _DIGESTS]
    if not known:
        raise _refused(f"The offer has no fingerprint in {', '.join(_DIGESTS)} (`a=fingerprint`).")
    return [
        f"a=ice-ufrag:{ufrag}",
        f"a=ice-pwd:{password}",
        *(f"a=fingerprint:{algorithm} {value}" for algorithm, value in known),
        f"a=setup:{setup}",
        *(f"a=candidate:{each}" for each in plausible(carrier.attributes.get("candidate", []))),
    ]


def plausible(candidates: Sequence[str]) -> list[str]:
    """Those of a caller's addresses that are worth a check, the best ones first.

    A check goes to an address that the caller chose. So none goes to the loopback, to a link without
    routers, to a group or to a port that no caller has; names of a browser (``….local``) mean nothing here.
    Whoever calls from such an address is found all the same: by the checks that come from there.
    """
    found: dict[tuple[str, int], tuple[int, str]] = {}
    for value in candidates:
        fields = value.split()
        if len(fields) < 8 or fields[1] != "1" or fields[2].lower() != "udp" or fields[6] != "typ":
            continue
        foundation, _, _, priority, host, port, _, kind = fields[:8]
        if kind not in ("host", "srflx", "relay") or not LOWEST_PORT <= _number(port, 0) < 65_536:
            continue
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            continue
        odd = address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified
        mapped = isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped
        if odd or mapped or address.is_reserved:
            continue
        rank = min(_number(priority, 0), 0x7FFFFFFF)
        text = f"{foundation[:32]} 1 udp {rank} {address} {int(port)} typ {kind}"
        found.setdefault((str(address), int(port)), (rank, text))
    best = sorted(found.values(), key=lambda each: -each[0])
    return [text for _, text in best[:MOST_CANDIDATES]]


def _accepted(section: _Section, answered: _Section) -> list[str]:
    """The answer of aiortc, in the words of the offer: its profile, and no name where it has none."""
    lines = [_head(section, answered.port, answered.formats), *_connection(answered)]
    for name, values in answered.attributes.items():
        if name != "c=" and (name != "mid" or section.mid):
            lines += [f"a={name}:{value}" if value else f"a={name}" for value in values]
    return lines


def _idle(section: _Section, carrier: _Section) -> list[str]:
    """The answer to a section that is carried with the others and not used."""
    first = section.formats[0]
    maps = [value for value in section.attributes.get("rtpmap", []) if value.partition(" ")[0] == first]
    lines = [_head(section, carrier.port, (first,)), *_connection(carrier)]
    lines += ["a=inactive", f"a=mid:{section.mid}", "a=rtcp-mux", *(f"a=rtpmap:{value}" for value in maps)]
    for name in _TRANSPORT:
        lines += [f"a={name}:{value}" if value else f"a={name}" for value in carrier.all(name)]
    return lines


def _rejected(section: _Section) -> list[str]:
    lines = [_head(section, 0, section.formats), "c=IN IP4 0.0.0.0"]
    if section.is_rtp:
        lines.append("a=inactive")
    return [*lines, f"a=mid:{section.mid}"] if section.mid else lines


def _head(section: _Section, port: int, formats: Sequence[str]) -> str:
    return f"m={section.kind} {port} {section.profile} {' '.join(formats)}"


def _connection(answered: _Section) -> list[str]:
    return [f"c={value}" for value in answered.attributes.get("c=", [])]


def _number(text: str, default: int) -> int:
    return int(text) if re.fullmatch(r"\d{1,10}", text) else default


def _refused(message: str) -> ProtocolError:
    return ProtocolError(message, code="invalid_offer", next_step=_NEXT_STEP)
