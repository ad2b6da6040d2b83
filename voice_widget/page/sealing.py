"""A token for one page only: sealed to the key that the page made, since comm messages reach every page."""

from __future__ import annotations

import base64
import binascii
import os

from voice_widget.page.failures import page_error
from voice_widget.threads.one_thread import IN_BROWSER

KEY_BYTES = 65
"""An uncompressed point of P-256: 4, x, y."""
INFO = b"voice_widget secret "


def seal(token: str, *, key: str, request_id: str, url: str) -> dict[str, str]:
    """Seal a token to a page's key.

    ECDH on P-256 with a pair of our own that is used once, HKDF-SHA256 (no salt; the request in ``info``),
    AES-256-GCM with the address as associated data: the page notices if anything of it was exchanged.

    Args:
        token: What only that page may read.
        key: The page's public key: raw, base64.
        request_id: The request that this answers.
        url: Where the page uses the token.

    Returns:
        The fields ``url``, ``key`` (our public key), ``nonce`` and ``sealed`` of a ``secret`` message.

    Raises:
        PageError: The page has sent no key, or none that is a point of the curve.
    """
    # Here: only a talk with flow="ephemeral" needs them.
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _point(key))
    except ValueError:
        raise page_error("cannot_unseal") from None
    own = ec.generate_private_key(ec.SECP256R1())
    secret = own.exchange(ec.ECDH(), public)
    derived = HKDF(SHA256(), 32, salt=None, info=INFO + request_id.encode()).derive(secret)
    nonce = os.urandom(12)
    sealed = AESGCM(derived).encrypt(nonce, token.encode(), url.encode())
    point = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return {"url": url, "key": _text(point), "nonce": _text(nonce), "sealed": _text(sealed)}


async def sealed(token: str, *, key: str, request_id: str, url: str) -> dict[str, str]:
    """The same as `seal`, by the browser where Python runs in one, which has no package for it."""
    if not IN_BROWSER:
        return seal(token, key=key, request_id=request_id, url=url)
    from voice_widget.page.browser_sealing import seal as seal_by_browser

    return await seal_by_browser(token, key=_point(key), info=INFO + request_id.encode(), url=url)


async def sealed_if_it_can(text: str, *, key: str, request_id: str) -> dict[str, str]:
    """The same fields for a page that may have sent no key, as where it is not secure: then it is not sealed.

    Args:
        text: What is meant for that page.
        key: As in `seal`; empty: none.
        request_id: The request that this answers.

    Example:
        >>> import asyncio
        >>> asyncio.run(sealed_if_it_can("a text", key="", request_id="req_1"))
        {'url': '', 'key': '', 'nonce': '', 'sealed': 'a text'}
    """
    if key:
        return await sealed(text, key=key, request_id=request_id, url="")
    return {"url": "", "key": "", "nonce": "", "sealed": text}


def _point(key: str) -> bytes:
    try:
        point = base64.b64decode(key, validate=True)
    except (ValueError, binascii.Error):
        point = b""
    if len(point) != KEY_BYTES:
        raise page_error("cannot_unseal")
    return point


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
