"""Offers before aiortc sees them, and its answers before the caller does."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from aiortc.sdp import SessionDescription

from voice_widget.engine.media.sdp import MOST_CANDIDATES, parse_offer, plausible
from voice_widget.errors import ProtocolError

OFFERS = Path(__file__).with_name("offers")
"""As Chromium and Firefox made them, with other addresses."""

DIGEST = "sha-256 " + ":".join(["AB"] * 32)
CARRIER = f"a=ice-ufrag:abcd\na=ice-pwd:{'p' * 22}\na=fingerprint:{DIGEST}\na=setup:actpass\n"
AUDIO = "m=audio 9 UDP/TLS/RTP/SAVPF 111 0\na=rtpmap:111 opus/48000/2\na=rtcp-mux\n" + CARRIER
PCMU = "m=audio 9 UDP/TLS/RTP/SAVPF 0\na=rtpmap:0 PCMU/8000\na=rtcp-mux\n" + CARRIER
VIDEO = "m=video 9 UDP/TLS/RTP/SAVPF 96 97\na=rtpmap:96 VP8/90000\na=rtcp-mux\n" + CARRIER
DATA = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\na=sctp-port:5000\n" + CARRIER


def offer(*sections: str, session: str = "") -> str:
    """An offer of these sections, named by their numbers and bundled, but those of port 0."""
    named = [text if "a=mid:" in text else f"{text}a=mid:{place}\n" for place, text in enumerate(sections)]
    mids = [
        re.findall("a=mid:(.*)", text)[0]
        for text in named
        if not re.match(r"m=\S+ 0 ", text) or "bundle-only" in text
    ]
    bundle = "" if "a=group" in session else f"a=group:BUNDLE {' '.join(mids)}\n"
    return f"v=0\no=- 1 1 IN IP4 0.0.0.0\ns=-\nt=0 0\n{bundle}{session}" + "".join(named)


def seen(text: str) -> list[str]:
    """What aiortc is to see of an offer: each section's name, kind and direction."""
    found = []
    for section in parse_offer(text).text.split("\r\nm=")[1:]:
        mid = re.findall(r"a=mid:(\S+)", section)[0]
        direction = re.findall(r"a=(sendrecv|sendonly|recvonly|inactive)\b", section)
        found.append(" ".join([mid, section.split()[0], *direction]))
    return found


def told(text: str) -> list[str]:
    """The answer to an offer: the bundles, and each section's name, kind, port and direction."""
    understood = parse_offer(text)
    answered = re.sub(
        r"a=(sendrecv|sendonly|recvonly|inactive)",
        lambda found: "a=" + {"sendonly": "recvonly", "recvonly": "sendonly"}.get(found[1], found[1]),
        understood.text,
    ).replace(" 9 ", " 50000 ")
    lines = understood.answer(answered).splitlines()
    found = [line.removeprefix("a=group:") for line in lines if line.startswith("a=group:")]
    for section in "\n".join(lines).split("\nm=")[1:]:
        kind, port = section.split()[:2]
        mid = re.findall(r"a=mid:(\S+)", section) or ["-"]
        direction = re.findall(r"a=(sendrecv|sendonly|recvonly|inactive)\b", section)
        found.append(" ".join([mid[0], kind, port, *direction]))
    return found


class TestWhatIsUsed:
    def test_of_several_sections_the_ones_that_work_are(self):
        dead = "m=audio 0 UDP/TLS/RTP/SAVPF 0\na=inactive\n"
        assert seen(offer(dead, AUDIO, DATA)) == ["1 audio sendrecv", "2 application"]
        assert seen(offer(dead.replace("audio", "video"), AUDIO)) == ["1 audio sendrecv"]
        assert seen(offer(PCMU, AUDIO, DATA)) == ["1 audio sendrecv", "2 application"]
        assert seen(offer(VIDEO, AUDIO, DATA, DATA)) == ["1 audio sendrecv", "2 application"]
        assert seen(offer(AUDIO, AUDIO)) == ["0 audio sendrecv"]

    def test_where_the_caller_hears_comes_first_and_where_it_speaks_second(self):
        speaks, hears = AUDIO + "a=sendonly\n", AUDIO + "a=recvonly\n"
        assert seen(offer(speaks, hears, DATA)) == ["1 audio recvonly", "0 audio sendonly", "2 application"]
        assert seen(offer(hears, speaks)) == ["0 audio recvonly", "1 audio sendonly"]
        assert seen(offer(speaks, AUDIO, hears)) == ["1 audio sendrecv"]
        assert seen(offer(speaks, DATA)) == ["0 audio sendonly", "1 application"]
        assert seen(offer(AUDIO + "a=inactive\n", hears)) == ["1 audio recvonly"]
        assert seen(offer(AUDIO + "a=inactive\n")) == ["0 audio inactive"]

    def test_a_direction_that_a_section_does_not_say_is_the_session_s(self):
        assert seen(offer(AUDIO, session="a=recvonly\n")) == ["0 audio recvonly"]
        assert seen(offer(AUDIO + "a=sendonly\n", session="a=recvonly\n")) == ["0 audio sendonly"]

    @pytest.mark.parametrize(
        "data",
        [
            DATA,
            DATA.replace("m=application 9", "m=application 0") + "a=bundle-only\n",
            DATA.replace("a=sctp-port:5000\n", ""),
            DATA.replace("UDP/DTLS/SCTP webrtc-datachannel", "DTLS/SCTP 5000")
            + "a=sctpmap:5000 webrtc-datachannel 1024\n",
        ],
        ids=["today's", "bundle-only", "no port", "older"],
    )
    def test_a_data_channel_in_any_form_is(self, data):
        assert seen(offer(AUDIO, data)) == ["0 audio sendrecv", "1 application"]

    @pytest.mark.parametrize(
        "other",
        [
            DATA.replace("m=application 9", "m=application 0"),
            DATA.replace("UDP/DTLS/SCTP webrtc-datachannel", "UDP/TLS/BFCP *"),
            DATA.replace("UDP/DTLS/SCTP webrtc-datachannel", "DTLS/SCTP 5000"),
            "m=text 9 RTP/AVP 98\na=rtpmap:98 t140/1000\n",
            "m=message 2855/2 TCP/MSRP *\n",
        ],
        ids=["rejected", "BFCP", "older without a channel", "text", "MSRP"],
    )
    def test_what_carries_no_events_is_not(self, other):
        assert seen(offer(AUDIO, other)) == ["0 audio sendrecv"]
        assert told(offer(AUDIO, other))[2].split()[2] == "0"

    def test_lines_that_aiortc_cannot_read_are_not(self):
        strange = (
            "c=IN IP4 home.example\na=rtcp:9 IN IP4 home.example\na=extmap:1/sendonly "
            "urn:ietf:params:rtp-hdrext:ssrc-audio-level vad=on\na=extmap:2 urn:other a b c\na=ssrc:1 cname\n"
            "a=ssrc-group:FID x\na=fmtp:111 stereo=x\na=fmtp:99 a=b\na=rtcp-fb:* x\n"
            "a=ptime:20\nb=AS:30\ni=hello\n"
        )
        lines = parse_offer(offer(AUDIO + strange)).text.splitlines()
        assert [line for line in lines if line.startswith("a=extmap")] == [
            "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level"
        ]
        assert len(lines) == len(parse_offer(offer(AUDIO)).text.splitlines()) + 1

    def test_the_first_of_a_bundle_carries_it(self):
        other = VIDEO.replace("abcd", "efgh") + "a=candidate:1 1 udp 7 192.0.2.1 50001 typ host\n"
        audio = AUDIO + "a=candidate:1 1 udp 7 192.0.2.1 50002 typ host\n"
        text = parse_offer(offer(other, audio, DATA)).text
        assert text.count("a=ice-ufrag:efgh") == text.count(" 50001 ") == 2
        assert "abcd" not in text
        assert " 50002 " not in text
        assert "a=group:BUNDLE 1 2\r\n" in text
        apart = parse_offer(offer(other, audio, DATA, session="a=group:LS 0 1\n")).text
        assert "efgh" not in apart
        assert "group" not in apart

    def test_what_is_bundled_in_two_ways_stays_so(self):
        groups = "a=group:BUNDLE 0 1\na=group:BUNDLE 2 3\n"
        speaks, hears = AUDIO + "a=sendonly\n", AUDIO.replace("abcd", "efgh") + "a=recvonly\n"
        text = parse_offer(offer(VIDEO, speaks, hears, DATA.replace("abcd", "wxyz"), session=groups)).text
        assert re.findall("a=group.*", text.replace("\r", "")) == ["a=group:BUNDLE 2 3"]
        assert re.findall("ufrag:(.*)", text.replace("\r", "")) == ["efgh", "abcd", "efgh"]
        assert told(offer(VIDEO, speaks, hears, DATA, session=groups))[:2] == ["BUNDLE 0 1", "BUNDLE 2 3"]

    def test_what_only_the_session_says_counts_for_all(self):
        session = CARRIER.replace("a=ice-options:trickle\n", "")
        bare = [text.replace(CARRIER, "") for text in (AUDIO, DATA)]
        assert parse_offer(offer(*bare, session=session)).text == parse_offer(offer(AUDIO, DATA)).text

    def test_a_section_without_a_name_gets_one_that_the_answer_does_not_tell(self):
        text = offer(AUDIO + "a=mid:\n", DATA + "a=mid:0\n", session="a=group:LS\n").replace("a=mid:\n", "")
        assert seen(text) == ["1 audio sendrecv", "0 application"]
        assert told(text) == ["- audio 50000 sendrecv", "0 application 50000"]


class TestTheAnswer:
    def test_tells_of_every_section_in_its_place(self):
        dead = "m=audio 0 UDP/TLS/RTP/SAVPF 0\na=inactive\n"
        assert told(offer(dead, AUDIO, DATA)) == [
            "BUNDLE 1 2",
            "0 audio 0 inactive",
            "1 audio 50000 sendrecv",
            "2 application 50000",
        ]
        assert told(offer(VIDEO, PCMU, AUDIO + "a=sendonly\n", DATA, AUDIO + "a=recvonly\n")) == [
            "BUNDLE 0 1 2 3 4",
            "0 video 50000 inactive",
            "1 audio 50000 inactive",
            "2 audio 50000 recvonly",
            "3 application 50000",
            "4 audio 50000 sendonly",
        ]
        apart = "a=group:BUNDLE 1 2\n"
        assert told(offer(VIDEO, AUDIO, DATA, session=apart))[:2] == ["BUNDLE 1 2", "0 video 0 inactive"]

    def test_keeps_the_words_of_the_offer(self):
        audio = AUDIO.replace("UDP/TLS/RTP/SAVPF", "RTP/SAVPF")
        dead = "m=video 0 RTP/AVP 31 34\n"
        text = offer(audio, dead, VIDEO)
        lines = parse_offer(text).answer(parse_offer(text).text).splitlines()
        assert [line for line in lines if line.startswith("m=")] == [
            "m=audio 9 RTP/SAVPF 111",
            "m=video 0 RTP/AVP 31 34",
            "m=video 9 UDP/TLS/RTP/SAVPF 96",
        ]
        idle = lines[lines.index("m=video 9 UDP/TLS/RTP/SAVPF 96") :]
        assert {"a=inactive", "a=mid:2", "a=rtcp-mux", "a=rtpmap:96 VP8/90000"} <= set(idle)
        assert set(CARRIER.splitlines()) <= set(idle)


@pytest.mark.parametrize("browser", ["chromium", "firefox"])
class TestBrowsers:
    @pytest.mark.parametrize(
        ("name", "used", "answered"),
        [
            (
                "plain",
                ["0 audio sendrecv", "1 application"],
                ["BUNDLE 0 1", "0 audio 50000 sendrecv", "1 application 50000"],
            ),
            (
                "two_audios",
                ["1 audio recvonly", "0 audio sendonly", "2 application"],
                ["BUNDLE 0 1 2", "0 audio 50000 recvonly", "1 audio 50000 sendonly", "2 application 50000"],
            ),
            (
                "rejected_video",
                ["0 audio sendrecv", "2 application"],
                ["BUNDLE 0 2", "0 audio 50000 sendrecv", "1 video 0 inactive", "2 application 50000"],
            ),
            (
                "video_first_max_bundle",
                ["1 audio sendrecv", "2 application"],
                [
                    "BUNDLE 0 1 2",
                    "0 video 50000 inactive",
                    "1 audio 50000 sendrecv",
                    "2 application 50000",
                ],
            ),
        ],
    )
    def test_real_offers(self, browser, name, used, answered):
        text = (OFFERS / f"{browser}_{name}.sdp").read_text()
        assert seen(text) == used
        assert told(text) == answered
        # All of it is carried by the first section, whose addresses are tried; TCP is not spoken here.
        understood = parse_offer(text).text
        assert understood.count("a=candidate:") == 2 * len(used)
        port = re.findall(r"m=\S+ (\d+)", text)[0]
        assert set(re.findall(r"192\.0\.2\.10 (\d+)", understood)) == {port}
        assert len(set(re.findall(r"a=fingerprint:.*", understood))) == 1

    def test_the_largest_message_of_each(self, browser):
        text = (OFFERS / f"{browser}_plain.sdp").read_text()
        most = {"chromium": 262_144, "firefox": 1_073_741_823}
        assert parse_offer(text).most_message_bytes == most[browser]
        without = re.sub("a=max-message-size:.*\n", "", text)
        assert parse_offer(without).most_message_bytes == 65_536
        assert parse_offer(without + "a=max-message-size:0\n").most_message_bytes == 0

    @pytest.mark.parametrize(
        ("said", "meant"), [("1", 65_536), ("100", 65_536), ("1023", 65_536), ("1024", 1024), ("-1", 65_536)]
    )
    def test_a_message_size_that_holds_no_event_counts_as_not_said(self, browser, said, meant):
        text = (OFFERS / f"{browser}_plain.sdp").read_text()
        offer = parse_offer(re.sub("a=max-message-size:.*", f"a=max-message-size:{said}", text))
        assert offer.most_message_bytes == meant
        assert f"a=max-message-size:{meant}\r\n" in offer.text


def candidate(
    address: str = "192.0.2.1", port: int = 50_000, priority: int = 7, rest: str = "typ host"
) -> str:
    return f"1 1 udp {priority} {address} {port} {rest}"


@pytest.mark.parametrize(
    "text",
    [
        candidate("0aa5c1a8-79ba-4f5a-9dd4-1d23b6d1f001.local"),
        candidate("caller.example"),
        candidate("127.0.0.1"),
        candidate("127.8.8.8"),
        candidate("::1"),
        candidate("::ffff:127.0.0.1"),
        candidate("169.254.169.254"),
        candidate("fe80::1"),
        candidate("224.0.0.1"),
        candidate("ff02::1"),
        candidate("255.255.255.255"),
        candidate("0.0.0.0"),
        candidate("::"),
        candidate(port=53),
        candidate(port=0),
        candidate(port=65_536),
        candidate(rest="typ prflx"),
        candidate(rest="host typ"),
        candidate().replace("udp", "tcp"),
        candidate().replace("1 1 udp", "1 2 udp"),
        "1 1 udp 7 192.0.2.1",
        "",
    ],
)
def test_an_address_that_no_caller_has_is_not_tried(text):
    assert plausible([text, candidate("192.0.2.9")]) == [candidate("192.0.2.9")]


def test_an_address_is_tried_whatever_stands_behind_it():
    long = "1 1 UDP 2122194687 192.0.2.1 52284 typ srflx raddr 10.0.0.1 rport 9 generation 0 network-id 1"
    assert plausible([long]) == ["1 1 udp 2122194687 192.0.2.1 52284 typ srflx"]
    for address in ("10.0.0.1", "192.168.1.1", "100.64.0.1", "2001:db8::1", "fd00::1", "198.51.100.7"):
        assert plausible([candidate(address)]) == [candidate(address)]


def test_so_many_addresses_are_tried_and_those_are_the_best():
    many = [candidate(f"192.0.2.{n % 250 + 1}", 1024 + n, priority=n % 1000) for n in range(1700)]
    kept = plausible(many)
    assert len(kept) == MOST_CANDIDATES
    assert {int(text.split()[3]) for text in kept} <= set(range(980, 1000))
    assert plausible([candidate()] * 1700) == [candidate()]
    text = offer(AUDIO + "".join(f"a=candidate:{each}\n" for each in many))
    assert parse_offer(text).text.count("a=candidate:") == MOST_CANDIDATES


def test_line_ends_of_any_kind_are():
    text = (OFFERS / "firefox_plain.sdp").read_text()
    for other in (text.replace("\n", "\r\n"), text.replace("\n", "\r"), f"\ufeff\n{text}\n\n"):
        assert parse_offer(other).text == parse_offer(text).text
    assert parse_offer(text).text.count("\r\n") == parse_offer(text).text.count("\n")


def test_thousands_of_sections_are_answered_each():
    text = offer(*["m=video 9 RTP/AVP 31\n"] * 2000, AUDIO)
    assert len(told(text)) == 2002
    assert seen(text) == ["2000 audio sendrecv"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "v=0"),
        ("hello", "v=0"),
        ('{"sdp": "v=0"}', "v=0"),
        ("v=0\r\nnonsense\r\nm=audio 9 UDP 111\r\n", "form"),
        ("v=0\r\ns=-\r\n", "no audio section"),
        ("v=0\r\nm=audio\r\n", "'m=audio'"),
        (offer(DATA), "no audio section"),
        (offer("m=audio 0 UDP/TLS/RTP/SAVPF 111\na=rtpmap:111 opus/48000/2\n", DATA), "rejected"),
        (offer(PCMU), "Opus"),
        (offer(AUDIO.replace("SAVPF 111", "SAVPF 0")), "Opus"),
        (offer(AUDIO.replace("111", "35")), "Opus"),
        (offer(AUDIO.replace("UDP/TLS/RTP/SAVPF", "TCP/MSRP")), "Opus"),
        (offer(AUDIO.replace("a=rtcp-mux\n", "")), "rtcp-mux"),
        (offer(AUDIO.replace("a=ice-ufrag:abcd\n", "")), "ice-ufrag"),
        (offer(AUDIO.replace(f"a=ice-pwd:{'p' * 22}\n", "")), "ice-pwd"),
        (offer(AUDIO.replace("actpass", "holdconn")), "setup"),
        (offer(AUDIO.replace("a=setup:actpass\n", "")), "setup"),
        (offer(AUDIO.replace("sha-256", "sha-1")), "fingerprint"),
        (offer(AUDIO.replace(f"a=fingerprint:{DIGEST}\n", "")), "fingerprint"),
        (offer(AUDIO + "a=mid:0\n", DATA + "a=mid:0\n"), "a=mid"),
        (offer(AUDIO + "a=mid:0\na=mid:1\n"), "a=mid"),
        (offer(AUDIO + "a=mid:a b\n"), "a=mid"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_the_reason(text, why):
    with pytest.raises(ProtocolError, match=why) as caught:
        parse_offer(text)
    assert caught.value.code == "invalid_offer"
    assert caught.value.next_step


def mangled(text: str, chance: random.Random) -> str:
    """An offer in which lines are lost, doubled, moved, cut, mixed or say something else."""
    lines = text.splitlines()
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(1, len(lines))
        line = lines[at]
        match chance.randrange(7):
            case 0:
                del lines[at]
            case 1:
                lines.insert(chance.randrange(1, len(lines)), line)
            case 2:
                lines.insert(chance.randrange(1, len(lines)), lines.pop(at))
            case 3:
                lines[at] = line[: chance.randrange(2, len(line) + 1)]
            case 4:
                other = lines[chance.randrange(1, len(lines))]
                lines[at] = f"{line.partition(':')[0]}:{other.partition(':')[2]}"
            case 5:
                number = chance.choice(["0", "-1", "x", "99999999999", ""])
                lines[at] = re.sub(r"\d+", number, line, count=chance.randint(0, 2))
            case 6:
                lines[at] = line.replace(" ", chance.choice(["", "  ", "\t"]), 1)
    return "\n".join(lines)


@pytest.mark.parametrize("name", sorted(path.stem for path in OFFERS.iterdir()))
def test_a_mangled_offer_is_refused_or_becomes_one_that_aiortc_reads(name):
    chance = random.Random(name)
    whole = (OFFERS / f"{name}.sdp").read_text()
    taken, refused = 0, set()
    for _ in range(400):
        text = mangled(whole, chance)
        try:
            understood = parse_offer(text)
        except ProtocolError as error:
            refused.add(error.code)
            continue
        taken += 1
        read = SessionDescription.parse(understood.text)
        assert 1 <= len(read.media) <= 3
        for media in read.media:
            assert media.ice.usernameFragment
            assert media.ice.password
            assert media.dtls is not None
            assert media.dtls.fingerprints
            assert len(media.ice_candidates) <= MOST_CANDIDATES
            assert media.kind == "application" or (media.direction and media.rtcp_mux and len(media.fmt) == 1)
        offered = [line.split()[0] for line in text.splitlines() if line.startswith("m=")]
        answer = understood.answer(understood.text)
        assert [line.split()[0] for line in answer.splitlines() if line.startswith("m=")] == offered
    assert taken > 100
    assert refused == {"invalid_offer"}
