"""Seal a token as the kernel does, with fixed keys, by Python's ``cryptography``: prints ``seal.json``."""

import base64
import json

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def raw(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public point, uncompressed."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def base64_of(data: bytes) -> str:
    """As messages have it."""
    return base64.b64encode(data).decode()


def base64url(number: bytes) -> str:
    """As a JSON web key has it."""
    return base64.urlsafe_b64encode(number).decode().rstrip("=")


page = ec.derive_private_key(0x1D7A_0B55_C0FF_EE00_1234_5678_9ABC_DEF0 << 96, ec.SECP256R1())
kernel = ec.derive_private_key(0x2F00_D15E_A5E5_0000_0FED_CBA9_8765_4321 << 96, ec.SECP256R1())
token, url, request_id = "ek_ü_0123456789", "https://service.example/v1/realtime/calls?a=ü", "req_1"
nonce = bytes(range(12))
shared = kernel.exchange(ec.ECDH(), page.public_key())
key = HKDF(SHA256(), 32, salt=None, info=b"voice_widget secret " + request_id.encode()).derive(shared)
public = raw(page)
vector = {
    "page": {
        "kty": "EC",
        "crv": "P-256",
        "x": base64url(public[1:33]),
        "y": base64url(public[33:]),
        "d": base64url(page.private_numbers().private_value.to_bytes(32, "big")),
    },
    "public": base64_of(public),
    "token": token,
    "secret": {
        "type": "secret",
        "seq": 1,
        "request_id": request_id,
        "call": 1,
        "url": url,
        "key": base64_of(raw(kernel)),
        "nonce": base64_of(nonce),
        "sealed": base64_of(AESGCM(key).encrypt(nonce, token.encode(), url.encode())),
    },
}
print(json.dumps(vector, indent=2, ensure_ascii=False))
