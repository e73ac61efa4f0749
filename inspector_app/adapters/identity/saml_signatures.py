"""Signatures on SAML messages: made, and believed only in the one shape that SAML uses.

xmlsec does whatever a signature asks for, XSLT included, before it finds that the signature is
nobody's: one POST of 3 kB can burn a core for minutes (python3-saml, issue 447). So a signature's
shape is checked first, and xmlsec is allowed the same few transforms.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from urllib.parse import urlencode

import xmlsec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from xmlsec import constants, template

from inspector_app.adapters.identity.saml_documents import (
    DS,
    XENC,
    Element,
    children,
    decoded,
    parameters,
    refuse,
    tag,
)
from inspector_app.adapters.identity.saml_keys import OwnKey, TheirKey

_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_ENVELOPED = f"{DS}enveloped-signature"
RSA_SHA256 = f"{_MORE}rsa-sha256"
_RSA: dict[str, hashes.HashAlgorithm] = {
    RSA_SHA256: hashes.SHA256(),
    f"{_MORE}rsa-sha384": hashes.SHA384(),
    f"{_MORE}rsa-sha512": hashes.SHA512(),
}
_EC: dict[str, hashes.HashAlgorithm] = {
    f"{_MORE}ecdsa-sha256": hashes.SHA256(),
    f"{_MORE}ecdsa-sha384": hashes.SHA384(),
    f"{_MORE}ecdsa-sha512": hashes.SHA512(),
}
_DIGESTS = {f"{XENC}sha256", f"{_MORE}sha384", f"{XENC}sha512"}
_MOST_PREFIXES = 20
_SHAPE = "The signature does not have the one shape that is accepted"
_HINT = "Enveloped, exclusive canonicalisation, RSA or ECDSA with SHA-256 or more."
_REFERENCED = (
    constants.TransformEnveloped,
    constants.TransformExclC14N,
    constants.TransformSha256,
    constants.TransformSha384,
    constants.TransformSha512,
)
_SIGNED = (
    constants.TransformExclC14N,
    constants.TransformRsaSha256,
    constants.TransformRsaSha384,
    constants.TransformRsaSha512,
    constants.TransformEcdsaSha256,
    constants.TransformEcdsaSha384,
    constants.TransformEcdsaSha512,
)


def check_enveloped(root: Element, keys: Sequence[TheirKey], *, what: str) -> None:
    """Verify that one of `keys` signed the whole of `root`, a document's root with an ID."""
    found = children(root, "ds:Signature")
    if len(found) != 1:
        refuse(f"{what} has {len(found)} signatures of its own; one is expected.")
    _check_shape(found[0], root.get("ID", ""))
    if not any(_fits(found[0], root, key) for key in keys):
        refuse(
            f"{what} is signed by none of the provider's keys, or was changed.",
            hint="Has the provider a new certificate?",
        )


def _check_shape(signature: Element, ident: str) -> None:
    """Accept one reference, to what the signature stands in, and nothing that computes."""
    parts = [each.tag for each in signature]
    names = [tag("ds:SignedInfo"), tag("ds:SignatureValue"), tag("ds:KeyInfo")]
    if parts not in (names, names[:2]):
        refuse(f"{_SHAPE}: it has other parts.", hint=_HINT)
    signed = signature[0]
    wanted = [tag(f"ds:{name}") for name in ("CanonicalizationMethod", "SignatureMethod")]
    if [each.tag for each in signed] != [*wanted, tag("ds:Reference")]:
        refuse(f"{_SHAPE}: it does not refer to one thing.", hint=_HINT)
    canonical, method, reference = signed
    if canonical.get("Algorithm") != _EXCLUSIVE or not _is_plain(canonical):
        refuse(f"{_SHAPE}: it is not canonicalised exclusively.", hint=_HINT)
    if method.get("Algorithm") not in _RSA | _EC or len(method):
        refuse(f"{_SHAPE}: {method.get('Algorithm', '')[:80]!r} is not accepted.", hint=_HINT)
    _check_reference(reference, ident)


def _check_reference(reference: Element, ident: str) -> None:
    if not ident or reference.get("URI") != f"#{ident}":
        refuse(f"{_SHAPE}: it is of something else than what it stands in.", hint=_HINT)
    wanted = [tag(f"ds:{name}") for name in ("Transforms", "DigestMethod", "DigestValue")]
    if [each.tag for each in reference] != wanted:
        refuse(f"{_SHAPE}: its reference has other parts.", hint=_HINT)
    transforms, digest, _ = reference
    asked = [(each.tag, each.get("Algorithm")) for each in transforms]
    transform = tag("ds:Transform")
    if asked != [(transform, _ENVELOPED), (transform, _EXCLUSIVE)] or len(transforms[0]):
        refuse(f"{_SHAPE}: it asks for other transforms.", hint=_HINT)
    if not _is_plain(transforms[1]):
        refuse(f"{_SHAPE}: a transform has other parts.", hint=_HINT)
    if digest.get("Algorithm") not in _DIGESTS or len(digest):
        refuse(f"{_SHAPE}: {digest.get('Algorithm', '')[:80]!r} is not accepted.", hint=_HINT)


def _is_plain(transform: Element) -> bool:
    """Whether it says nothing, or only which prefixes to keep: few, looked for at each element."""
    return len(transform) <= 1 and all(
        each.tag == f"{{{_EXCLUSIVE}}}InclusiveNamespaces"
        and not len(each)
        and len(each.get("PrefixList", "").split()) <= _MOST_PREFIXES
        for each in transform
    )


def _fits(signature: Element, root: Element, key: TheirKey) -> bool:
    context = xmlsec.SignatureContext()
    try:
        context.key = xmlsec.Key.from_memory(key.certificate, constants.KeyDataFormatCertPem)
        for transform in _REFERENCED:
            context.enable_reference_transform(transform)
        for transform in _SIGNED:
            context.enable_signature_transform(transform)
        context.register_id(root, "ID")
        context.verify(signature)
    except xmlsec.Error:
        return False
    return True


def sign_enveloped(root: Element, key: OwnKey, *, before: int = 0) -> None:
    """Sign a document's root, which has an ID; the signature becomes its child at `before`."""
    made = template.create(
        root, constants.TransformExclC14N, constants.TransformRsaSha256, ns="ds"
    )
    reference = template.add_reference(made, constants.TransformSha256, uri=f"#{root.get('ID')}")
    template.add_transform(reference, constants.TransformEnveloped)
    template.add_transform(reference, constants.TransformExclC14N)
    root.insert(before, made)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(key.pem, constants.KeyDataFormatPem)
    context.register_id(root, "ID")
    context.sign(made)


def signed_query(message: Sequence[tuple[str, str]], key: OwnKey) -> str:
    """Make a query of a message and its RelayState, signed as the Redirect binding has it."""
    query = urlencode([*message, ("SigAlg", RSA_SHA256)])
    made = key.private.sign(query.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{query}&{urlencode({'Signature': base64.b64encode(made).decode()})}"


def check_query(query: str, name: str, keys: Sequence[TheirKey]) -> None:
    """Verify the signature of a message `name` in a query, over its parts as they were sent."""
    sent = parameters(query)
    if "Signature" not in sent or "SigAlg" not in sent:
        refuse(f"The {name} is not signed.")
    algorithm = decoded(sent["SigAlg"])
    if algorithm not in _RSA | _EC:
        refuse(f"The {name} is signed with {algorithm[:80]!r}, which is not accepted.", hint=_HINT)
    parts = [each for each in (name, "RelayState", "SigAlg") if each in sent]
    text = "&".join(f"{each}={sent[each]}" for each in parts).encode()
    try:
        signature = base64.b64decode("".join(decoded(sent["Signature"]).split()), validate=True)
    except (binascii.Error, ValueError):
        refuse("The signature is not Base64.")
    if not any(_fits_text(key, algorithm, signature, text) for key in keys):
        refuse(f"The {name} is signed by none of the provider's keys, or was changed.")


def _fits_text(key: TheirKey, algorithm: str, signature: bytes, text: bytes) -> bool:
    try:
        if isinstance(key.public, rsa.RSAPublicKey) and algorithm in _RSA:
            key.public.verify(signature, text, padding.PKCS1v15(), _RSA[algorithm])
        elif isinstance(key.public, ec.EllipticCurvePublicKey) and algorithm in _EC:
            key.public.verify(signature, text, ec.ECDSA(_EC[algorithm]))
        else:
            return False
    except InvalidSignature:
        return False
    return True
