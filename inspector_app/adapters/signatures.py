"""Ed25519 (RFC 8032) for what is to be believed outside of Inspector, too."""

from __future__ import annotations

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from inspector_app.domain.errors import Invalid
from inspector_app.domain.seals import PublicKey

_END = "-----END PUBLIC KEY-----"


class Ed25519Signatures:
    """See ports.Signatures."""

    def new_key(self) -> str:
        made = Ed25519PrivateKey.generate()
        return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    def public_of(self, private: str) -> PublicKey:
        return _described(_private(private).public_key())

    def sign(self, private: str, text: str) -> str:
        return _private(private).sign(text.encode()).hex()

    def fits(self, key: PublicKey, text: str, signature: str) -> bool:
        try:
            _public(key.pem).verify(bytes.fromhex(signature), text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True

    def read(self, pem: str) -> list[PublicKey]:
        found = [_described(_public(each + _END)) for each in pem.split(_END)[:-1]]
        if not found:
            raise Invalid("This holds no public key in PEM.", hint="inspector audit key")
        return found


def _private(pem: str) -> Ed25519PrivateKey:
    try:
        found = load_pem_private_key(pem.encode(), password=None)
    except ValueError as error:
        raise Invalid("This is no private key in PEM.") from error
    if not isinstance(found, Ed25519PrivateKey):
        raise Invalid("This is no Ed25519 key.")
    return found


def _public(pem: str) -> Ed25519PublicKey:
    try:
        found = load_pem_public_key(pem.strip().encode())
    except ValueError as error:
        raise Invalid("This is no public key in PEM.", hint="inspector audit key") from error
    if not isinstance(found, Ed25519PublicKey):
        raise Invalid("This is no Ed25519 key.", hint="inspector audit key")
    return found


def _described(key: Ed25519PublicKey) -> PublicKey:
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return PublicKey(hashlib.sha256(der).hexdigest(), pem.decode())
