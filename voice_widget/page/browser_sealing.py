"""A token for one page only, sealed by the browser in which Python runs: the same as `sealing.seal` makes."""

from __future__ import annotations

import base64
import importlib
from typing import Any

from voice_widget.page.failures import page_error


async def seal(token: str, *, key: bytes, info: bytes, url: str) -> dict[str, str]:
    """Seal a token to a page's key.

    Args:
        token: What only that page may read.
        key: The page's public key: an uncompressed point of P-256.
        info: What else the shared key is derived from.
        url: Where the page uses the token.

    Returns:
        The same fields as `sealing.seal`.

    Raises:
        PageError: The key is no point of the curve.
    """
    from pyodide.ffi import JsException

    crypto, byte_array = _browser().crypto, _browser().Uint8Array
    subtle = crypto.subtle
    curve = _object(name="ECDH", namedCurve="P-256")
    try:
        public = await subtle.importKey("raw", _bytes(key), curve, False, _list())
    except JsException:
        raise page_error("cannot_unseal") from None
    own = await subtle.generateKey(curve, True, _list("deriveBits"))
    shared = await subtle.deriveBits(_object(name="ECDH", public=public), own.privateKey, 256)
    secret = await subtle.importKey("raw", shared, "HKDF", False, _list("deriveKey"))
    derived = await subtle.deriveKey(
        _object(name="HKDF", hash="SHA-256", salt=_bytes(b""), info=_bytes(info)),
        secret,
        _object(name="AES-GCM", length=256),
        False,
        _list("encrypt"),
    )
    nonce = crypto.getRandomValues(byte_array.new(12))
    how = _object(name="AES-GCM", iv=nonce, additionalData=_bytes(url.encode()))
    sealed = await subtle.encrypt(how, derived, _bytes(token.encode()))
    point = await subtle.exportKey("raw", own.publicKey)
    return {
        "url": url,
        "key": _text(point.to_bytes()),
        "nonce": _text(nonce.to_bytes()),
        "sealed": _text(sealed.to_bytes()),
    }


def _browser() -> Any:
    return importlib.import_module("js")  # Pyodide's; the project has a folder of that name


def _bytes(data: bytes) -> Any:
    from pyodide.ffi import to_js

    return to_js(data)


def _list(*names: str) -> Any:
    from pyodide.ffi import to_js

    return to_js(names)


def _object(**fields: Any) -> Any:
    from pyodide.ffi import to_js

    return to_js(fields, dict_converter=_browser().Object.fromEntries)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
