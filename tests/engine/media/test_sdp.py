"""Offers before aiortc sees them."""

import pytest

from voice_widget.engine.media.sdp import clean_offer
from voice_widget.errors import ProtocolError

OFFER = """v=0
o=- 1 1 IN IP4 0.0.0.0
s=-
t=0 0
m=audio 9 UDP/TLS/RTP/SAVPF 111
a=rtpmap:111 opus/48000/2
a=candidate:1 1 udp 2113937151 0aa5c1a8-79ba-4f5a-9dd4-1d23b6d1f001.local 51000 typ host
a=candidate:2 1 udp 2113937151 192.0.2.1 51000 typ host
a=candidate:3 1 tcp 1518280447 2001:db8::1 9 typ host tcptype active
a=end-of-candidates
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
"""


def test_names_of_the_browser_and_the_end_of_candidates_are_dropped_and_nothing_else():
    before = OFFER.splitlines()
    after = clean_offer(OFFER).split("\r\n")
    assert [line for line in before if line not in after] == [before[6], before[9]]
    assert after[-1] == ""


def test_line_ends_of_any_kind_become_the_right_ones():
    assert clean_offer(OFFER.replace("\n", "\r\n")) == clean_offer(OFFER) == clean_offer("\n" + OFFER)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "v=0"),
        ("hello", "v=0"),
        ('{"sdp": "v=0"}', "v=0"),
        ("v=0\r\nnonsense\r\nm=audio 9 UDP 111\r\n", "form"),
        ("v=0\r\ns=-\r\n", "audio"),
        (OFFER.replace("m=audio", "m=video"), "audio"),
        (OFFER.replace("opus", "PCMU"), "Opus"),
    ],
)
def test_what_is_no_offer_is_refused_with_the_reason(text, why):
    with pytest.raises(ProtocolError, match=why) as caught:
        clean_offer(text)
    assert caught.value.code == "invalid_offer"
    assert caught.value.next_step
