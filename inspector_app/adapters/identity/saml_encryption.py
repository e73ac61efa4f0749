"""XML Encryption 1.1: what comes is opened without following references; names are sealed."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Sequence
from typing import cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from lxml import etree

from inspector_app.adapters.identity.saml_documents import (
    DS,
    XENC,
    Element,
    add,
    child,
    parse,
    refuse,
    standalone,
    tag,
    text_of,
)
from inspector_app.adapters.identity.saml_keys import OwnKey
from inspector_app.domain.signing_in import SignInFault

_XENC11 = "http://www.w3.org/2009/xmlenc11#"
OAEP_SHA1 = f"{XENC}rsa-oaep-mgf1p"
_OAEP = f"{_XENC11}rsa-oaep"
AES_256_GCM = f"{_XENC11}aes256-gcm"
_GCM = {f"{_XENC11}aes{bits}-gcm": bits // 8 for bits in (128, 192, 256)}
_CBC = {f"{XENC}aes{bits}-cbc": bits // 8 for bits in (128, 192, 256)}
_DIGESTS: dict[str, hashes.HashAlgorithm] = {
    f"{DS}sha1": hashes.SHA1(),  # noqa: S303 - as OAEP's mask, where no collision helps anybody
    f"{XENC}sha256": hashes.SHA256(),
    f"{XENC}sha512": hashes.SHA512(),
}
_MASKS: dict[str, hashes.HashAlgorithm] = {
    f"{_XENC11}mgf1sha1": hashes.SHA1(),  # noqa: S303 - as above
    f"{_XENC11}mgf1sha256": hashes.SHA256(),
    f"{_XENC11}mgf1sha512": hashes.SHA512(),
}
_MOST_KEYS = 4
_BLOCK, _GCM_IV, _GCM_TAG = 16, 12, 16
_DECLARATION = re.compile(rb"^\s*<\?xml [^>]*\?>")


def opened(encrypted: Element, keys: Sequence[OwnKey], *, what: str) -> Element:
    """Decrypt an `EncryptedAssertion` or `EncryptedID`, `what` in words: a document of its own.

    Whatever fails after the key was opened reads the same, so that nobody learns of the plain
    text by asking again and again (Jager and Somorovsky, 2011).
    """
    held = child(encrypted, "xenc:EncryptedData")
    if held is None:
        refuse(f"There is no EncryptedData in the encrypted {what}.")
    method = _method(held)
    size = _GCM.get(method) or _CBC.get(method)
    if size is None:
        refuse(
            f"The {what} is encrypted with {method[:80]!r}, which is not accepted.",
            hint="AES-GCM or AES-CBC, with 128 bits or more.",
        )
    cipher_text = _cipher_text(held)
    sealed = [each for each in encrypted.iter(tag("xenc:EncryptedKey")) if each is not held]
    if not 0 < len(sealed) <= _MOST_KEYS:
        refuse(f"The encrypted {what} has {len(sealed)} keys; 1 to {_MOST_KEYS} are expected.")
    asked = [(_cipher_text(each), _unpadding(each)) for each in sealed]
    opening = (_unwrapped(own, *each) for each in asked for own in keys)
    session = next((each for each in opening if each is not None and len(each) == size), None)
    found = _read(session, method, cipher_text, encrypted)
    if found is None:
        refuse(
            f"The {what} is not encrypted for any of our keys, or was changed.",
            hint="Does the identity provider have our newest metadata?",
        )
    return found


def sealed(plain: Element, key: RSAPublicKey) -> Element:
    """Encrypt an element, by AES-256-GCM under a key of its own: an `EncryptedData`.

    The key's padding is OAEP with SHA-1: every implementation has it, and as OAEP's hash it helps
    nobody to a collision.
    """
    session, iv = AESGCM.generate_key(256), secrets.token_bytes(_GCM_IV)
    made = etree.Element(tag("xenc:EncryptedData"), nsmap={"xenc": XENC, "ds": DS})
    made.set("Type", f"{XENC}Element")
    add(made, "xenc:EncryptionMethod").set("Algorithm", AES_256_GCM)
    held = add(add(made, "ds:KeyInfo"), "xenc:EncryptedKey")
    method = add(held, "xenc:EncryptionMethod")
    method.set("Algorithm", OAEP_SHA1)
    add(method, "ds:DigestMethod").set("Algorithm", f"{DS}sha1")
    sha1 = _DIGESTS[f"{DS}sha1"]
    oaep = padding.OAEP(mgf=padding.MGF1(sha1), algorithm=sha1, label=None)
    _add_cipher_text(held, key.encrypt(session, oaep))
    _add_cipher_text(made, iv + AESGCM(session).encrypt(iv, etree.tostring(plain), None))
    return made


def _add_cipher_text(parent: Element, text: bytes) -> None:
    value = base64.b64encode(text).decode()
    add(add(parent, "xenc:CipherData"), "xenc:CipherValue", value)


def _read(
    session: bytes | None, method: str, cipher_text: bytes, encrypted: Element
) -> Element | None:
    try:
        if session is None:
            return None
        plain = _by_gcm(session, cipher_text) if method in _GCM else _by_cbc(session, cipher_text)
        return _in_place(plain, encrypted)
    except (InvalidTag, ValueError, SignInFault):
        return None


def _in_place(plain: bytes, encrypted: Element) -> Element:
    """Parse it as standing where it stood: it may use the prefixes declared around it."""
    around = etree.Element("around", nsmap=cast("dict[str, str]", encrypted.nsmap))
    around.text = "@"
    before, _, after = etree.tostring(around).rpartition(b"@")
    held = parse(before + _DECLARATION.sub(b"", plain) + after, what="The decrypted assertion")
    if len(held) != 1:
        raise ValueError
    return standalone(held[0])


def _method(element: Element) -> str:
    found = child(element, "xenc:EncryptionMethod")
    return found.get("Algorithm", "") if found is not None else ""


def _unpadding(sealed: Element) -> padding.OAEP:
    """OAEP only: PKCS#1 v1.5 tells who asks often enough what is inside."""
    method = _method(sealed)
    if method not in {OAEP_SHA1, _OAEP}:
        refuse(
            f"Its key is encrypted with {method[:80]!r}, which is not accepted.",
            hint="RSA-OAEP is.",
        )
    described = child(sealed, "xenc:EncryptionMethod")
    assert described is not None
    if child(described, "xenc:OAEPparams") is not None:
        refuse("Its key has OAEP parameters, which are not accepted.")
    digest = child(described, "ds:DigestMethod")
    mask = described.find(f"{{{_XENC11}}}MGF")
    hashed = _DIGESTS.get(digest.get("Algorithm", "") if digest is not None else f"{DS}sha1")
    masked = _MASKS.get(mask.get("Algorithm", "") if mask is not None else f"{_XENC11}mgf1sha1")
    if hashed is None or masked is None:
        refuse("Its key is encrypted with a hash that is not accepted.")
    return padding.OAEP(mgf=padding.MGF1(masked), algorithm=hashed, label=None)


def _cipher_text(element: Element) -> bytes:
    held = child(element, "xenc:CipherData")
    value = child(held, "xenc:CipherValue") if held is not None else None
    if value is None:
        refuse("What is encrypted refers to its text instead of holding it.")
    try:
        plain = "".join(text_of(value, what="A CipherValue").split())
        return base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError):
        refuse("A CipherValue is not Base64.")


def _unwrapped(own: OwnKey, cipher_text: bytes, unpadding: padding.OAEP) -> bytes | None:
    try:
        return own.private.decrypt(cipher_text, unpadding)
    except ValueError:
        return None


def _by_gcm(session: bytes, cipher_text: bytes) -> bytes:
    if len(cipher_text) < _GCM_IV + _GCM_TAG:
        raise ValueError
    return AESGCM(session).decrypt(cipher_text[:_GCM_IV], cipher_text[_GCM_IV:], None)


def _by_cbc(session: bytes, cipher_text: bytes) -> bytes:
    if len(cipher_text) < 2 * _BLOCK or len(cipher_text) % _BLOCK:
        raise ValueError
    opening = Cipher(AES(session), CBC(cipher_text[:_BLOCK])).decryptor()
    padded = opening.update(cipher_text[_BLOCK:]) + opening.finalize()
    if not 0 < padded[-1] <= _BLOCK:
        raise ValueError
    return padded[: -padded[-1]]
