"""A token sealed to a page's key: opened here in the way a browser does it, step by step."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from voice_widget.errors import PageError
from voice_widget.page.sealing import seal

URL = "https://example.org/v1/realtime/calls"
TOKEN = "ek_only_for_you"


class PageKey:
    """What a page makes for each offer."""

    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())
        point = self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.public = base64.b64encode(point).decode()

    def open(self, message: dict[str, str], request_id: str) -> str:
        """Open a ``secret`` message. HKDF is written out, as RFC 5869 has it."""
        theirs = base64.b64decode(message["key"])
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        secret = self._private.exchange(ec.ECDH(), point)
        extracted = hmac.digest(bytes(32), secret, hashlib.sha256)
        info = b"voice_widget secret " + request_id.encode()
        key = hmac.digest(extracted, info + b"\x01", hashlib.sha256)
        nonce, sealed = (base64.b64decode(message[name]) for name in ("nonce", "sealed"))
        return AESGCM(key).decrypt(nonce, sealed, message["url"].encode()).decode()


def test_the_page_that_asked_reads_the_token() -> None:
    page = PageKey()
    message = seal(TOKEN, key=page.public, request_id="req_ä", url=URL)
    assert page.open(message, "req_ä") == TOKEN
    assert (len(base64.b64decode(message["key"])), len(base64.b64decode(message["nonce"]))) == (65, 12)
    assert TOKEN not in str(message)


def test_nobody_else_reads_it_and_nothing_of_it_can_be_exchanged() -> None:
    page = PageKey()
    message = seal(TOKEN, key=page.public, request_id="req_1", url=URL)
    with pytest.raises(InvalidTag):
        PageKey().open(message, "req_1")
    with pytest.raises(InvalidTag):
        page.open(message, "req_2")
    with pytest.raises(InvalidTag):
        page.open({**message, "url": "https://evil.example/"}, "req_1")


def test_no_two_are_the_same() -> None:
    page = PageKey()
    one, two = (seal(TOKEN, key=page.public, request_id="req_1", url=URL) for _ in range(2))
    assert all(one[name] != two[name] for name in ("key", "nonce", "sealed"))


@pytest.mark.parametrize(
    "key",
    [
        "",
        "no base64!",
        base64.b64encode(b"short").decode(),
        base64.b64encode(b"\x04" + bytes(64)).decode(),  # no point of the curve
        base64.b64encode(b"\x02" + bytes(64)).decode(),
        "ä" * 88,
    ],
    ids=["none", "text", "short", "off the curve", "compressed", "not ascii"],
)
def test_a_page_without_a_usable_key_is_told_what_to_do(key: str) -> None:
    with pytest.raises(PageError) as raised:
        seal(TOKEN, key=key, request_id="req_1", url=URL)
    assert raised.value.code == "cannot_unseal"
    assert "localhost" in raised.value.next_step
