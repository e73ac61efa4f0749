"""Keys in SAML: ours, made here, and the identity provider's, which come as certificates."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from inspector_app.adapters.identity.saml_documents import refuse
from inspector_app.domain.saml_trust import Certificate
from inspector_app.domain.signing_in import KeyStep, Step

_BITS = 3072
_WEAKEST = 2048
_LASTS = timedelta(days=3652)
_BACK = timedelta(days=1)
"""That a certificate holds from, before it is made: clocks differ."""
_LONGEST_NAME = 64
_BLOCK = re.compile(r"-----BEGIN ([A-Z ]+)-----.*?-----END \1-----", re.DOTALL)
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


@dataclass(frozen=True, slots=True)
class OwnKey:
    """A key pair of ours: `pem` is the private key's PEM, `certificate` its Base64."""

    private: rsa.RSAPrivateKey
    pem: str
    certificate: str


@dataclass(frozen=True, slots=True)
class TheirKey:
    """A key that the identity provider signs with; `certificate` is the whole PEM."""

    public: PublicKey
    certificate: str


def new_keys(entity_id: str, now: datetime) -> str:
    """Make an RSA key and a certificate that it signs itself, PEM, one behind the other."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, entity_id[:_LONGEST_NAME])])
    made = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACK)
        .not_valid_after(now + _LASTS)
        .sign(private, hashes.SHA256())
    )
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return (pem + made.public_bytes(Encoding.PEM)).decode()


def turned(keys: str, step: KeyStep, entity_id: str, now: datetime) -> str:
    """Take the next step of changing our keys; see ports.Saml.turned."""
    pairs = [f"{each.pem}\n{_as_pem(each.certificate)}\n" for each in own_keys(keys)]
    match step:
        case KeyStep.PREPARE:
            # Certificates count in seconds, and of two the newer one has to be seen.
            newest = own_certificates(keys)[0].since + _BACK + timedelta(seconds=1)
            pairs = [pairs[0], new_keys(entity_id, max(now, newest))]
        case KeyStep.USE:
            pairs.reverse()
        case KeyStep.DROP:
            pairs = pairs[:1]
        case _:
            assert_never(step)
    return "".join(pairs)


def own_keys(pem: str) -> list[OwnKey]:
    """Read our key pairs, the one in use first: each key before its certificate."""
    blocks = [(found[1], found[0]) for found in _BLOCK.finditer(pem)]
    keys: list[OwnKey] = []
    for (kind, key), (_, certificate) in zip(blocks[::2], blocks[1::2], strict=False):
        private = _private(key) if kind.endswith("PRIVATE KEY") else None
        if private is None or _certificate(certificate) is None:
            refuse("Our own keys cannot be read.", step=Step.KEYS)
        keys.append(OwnKey(private, key, _inside(certificate)))
    if not keys or len(blocks) % 2:
        refuse("There is no key of ours for this provider.", step=Step.KEYS)
    return keys


def own_certificates(pem: str) -> list[Certificate]:
    """Read the certificates of our key pairs, in their order."""
    return certificates("\n".join(_as_pem(each.certificate) for each in own_keys(pem)))


def certificates(pem: str) -> list[Certificate]:
    """Read certificates as people compare them; what is none is left out."""
    found = (_certificate(each[0]) for each in _BLOCK.finditer(pem))
    return [
        Certificate(
            each.fingerprint(hashes.SHA256()).hex(":").upper(),
            each.not_valid_before_utc,
            each.not_valid_after_utc,
        )
        for each in found
        if each is not None
    ]


def their_keys(pem: str) -> list[TheirKey]:
    """Read the identity provider's signing certificates.

    A certificate is only what carries the key here (SAML metadata interoperability, 2.5): who
    issued it and how long it lasts says nothing, being listed does.
    """
    keys: list[TheirKey] = []
    for found in _BLOCK.finditer(pem):
        certificate = _certificate(found[0])
        if certificate is None:
            refuse("A certificate of the identity provider cannot be read.", step=Step.KEYS)
        public = certificate.public_key()
        if not isinstance(public, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey)):
            refuse("A certificate holds a key that is neither RSA nor EC.", step=Step.KEYS)
        if isinstance(public, rsa.RSAPublicKey) and public.key_size < _WEAKEST:
            refuse(f"A certificate's RSA key has under {_WEAKEST} bits.", step=Step.KEYS)
        keys.append(TheirKey(public, found[0]))
    if not keys:
        refuse("No certificate of the identity provider is set.", step=Step.KEYS)
    return keys


def encryption_key(pem: str) -> rsa.RSAPublicKey:
    """Read the certificate that names are encrypted for."""
    found = _certificate(pem)
    public = found.public_key() if found is not None else None
    if not isinstance(public, rsa.RSAPublicKey) or public.key_size < _WEAKEST:
        refuse(
            f"The certificate to encrypt for holds no RSA key of {_WEAKEST} bits or more.",
            step=Step.KEYS,
        )
    return public


def as_pem(certificate: str) -> str | None:
    """PEM of a certificate as XML carries it, or None where it is none."""
    pem = _as_pem("".join(certificate.split()))
    return pem if _certificate(pem) is not None else None


def _as_pem(plain: str) -> str:
    lines = [plain[at : at + 64] for at in range(0, len(plain), 64)]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----"])


def _certificate(pem: str) -> x509.Certificate | None:
    try:
        found = x509.load_pem_x509_certificate(pem.encode())
        found.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
    return found


def _private(pem: str) -> rsa.RSAPrivateKey | None:
    try:
        # Checking that its numbers are prime takes 130 ms each time, and we made it ourselves.
        found = load_pem_private_key(
            pem.encode(), password=None, unsafe_skip_rsa_key_validation=True
        )
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return found if isinstance(found, rsa.RSAPrivateKey) else None


def _inside(pem: str) -> str:
    certificate = x509.load_pem_x509_certificate(pem.encode())
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
