"""XML of strangers, read so that nothing in it can surprise: no DTD, entity, comment or bomb."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from datetime import UTC, datetime
from typing import NoReturn, cast
from urllib.parse import unquote_plus

from lxml import etree
from onelogin.saml2.xml_utils import (  # pyright: ignore[reportMissingTypeStubs] - has none
    OneLogin_Saml2_XML,
)

from inspector_app.domain.signing_in import SignInFault, Step

Element = etree._Element  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - lxml's only name for it
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
MD = "urn:oasis:names:tc:SAML:2.0:metadata"
DS = "http://www.w3.org/2000/09/xmldsig#"
XENC = "http://www.w3.org/2001/04/xmlenc#"
NAMES = {"saml": SAML, "samlp": SAMLP, "md": MD, "ds": DS, "xenc": XENC}
MOST_BYTES = 512 * 1024
"""Of one message; 5,000 groups fit in well."""
_SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
_PROTOCOL = "saml-schema-protocol-2.0.xsd"
_MOST_ELEMENTS = 20_000
_MOST_ATTRIBUTES = 100
_XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")


def refuse(detail: str, *, step: Step = Step.ANSWER, hint: str = "") -> NoReturn:
    """End the sign-in, and say what did not hold."""
    raise SignInFault(step, detail, hint=hint)


def from_base64(text: str, *, what: str) -> bytes:
    """Decode what came in a form or query, line breaks allowed; refuses what is too big first."""
    plain = "".join(text.split()) if len(text) <= 2 * MOST_BYTES else refuse(_too_big(what))
    try:
        raw = base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError):
        refuse(f"{what} is not Base64.")
    return raw if len(raw) <= MOST_BYTES else refuse(_too_big(what))


def inflated(raw: bytes, *, what: str) -> bytes:
    """Undo DEFLATE as the Redirect binding has it; stops where it grows too big."""
    unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        found = unpacking.decompress(raw, MOST_BYTES + 1)
    except zlib.error:
        refuse(f"{what} is not compressed as the Redirect binding asks.")
    return found if len(found) <= MOST_BYTES else refuse(_too_big(what))


def deflated(xml: bytes) -> str:
    """Compress a message for a query: DEFLATE, then Base64."""
    packing = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return base64.b64encode(packing.compress(xml) + packing.flush()).decode()


def add(parent: Element, name: str, text: str = "") -> Element:
    """Append an element to what we say."""
    made = etree.SubElement(parent, tag(name))
    made.text = text or None
    return made


def parse(
    raw: bytes, *, what: str, step: Step = Step.ANSWER, drop_comments: bool = False
) -> Element:
    """Parse XML that is elements, attributes and text, and nothing else; ids are unique in it.

    With `drop_comments` there may be comments and instructions, and they are gone: in what no
    signature has to hold for.
    """
    if len(raw) > MOST_BYTES:
        refuse(_too_big(what), step=step)
    if b"<!DOCTYPE" in raw:
        refuse(f"{what} has a DTD, which SAML forbids.", step=step)
    # UTF-8 whatever it declares: in another encoding the line above would read something else.
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=drop_comments,
        remove_pis=drop_comments,
    )
    try:
        root = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError):
        refuse(f"{what} is no well-formed XML.", step=step)
    _check_nodes(root, what, step)
    return root


def _check_nodes(root: Element, what: str, step: Step) -> None:
    if root.getprevious() is not None or root.getnext() is not None:
        refuse(f"{what} has a comment or instruction beside its root.", step=step)
    ids: set[str] = set()
    for number, node in enumerate(root.iter()):
        if number > _MOST_ELEMENTS:
            refuse(f"{what} has more than {_MOST_ELEMENTS} elements.", step=step)
        if not isinstance(cast("object", node.tag), str):
            # A comment in a name splits its text for whoever reads up to it only.
            refuse(f"{what} holds a comment, an instruction or an entity.", step=step)
        if len(node.attrib) > _MOST_ATTRIBUTES:
            # Canonicalisation puts them in order one by one: 46,000 took a core five seconds.
            refuse(f"{what} has an element of over {_MOST_ATTRIBUTES} attributes.", step=step)
        if _XML_ID in node.attrib:
            refuse(f"{what} has an xml:id.", step=step)
        for name in ("ID", "Id", "id"):
            given = node.get(name)
            if given is not None and given in ids:
                refuse(f"{what} uses an id twice.", step=step)
            ids.update(() if given is None else (given,))


def check_schema(root: Element, *, what: str) -> None:
    """Hold a message against SAML's own schema."""
    judged = cast("object", OneLogin_Saml2_XML.validate_xml(root, _PROTOCOL))  # pyright: ignore[reportUnknownMemberType] - has none
    if isinstance(judged, str):
        refuse(f"{what} does not fit SAML's schema.")


def check_issuer(root: Element, entity_id: str, *, needed: bool) -> None:
    """Accept what the identity provider itself says; `needed` where a signature must cover it."""
    found = child(root, "saml:Issuer")
    said = text_of(found, what="The issuer")
    if (found is not None or needed) and said != entity_id:
        refuse(f"It comes from {said[:200]!r}, not from {entity_id!r}.")


def check_status(root: Element) -> None:
    """Accept an answer of success; what else it says is for admins."""
    status = child(root, "samlp:Status")
    code = child(status, "samlp:StatusCode") if status is not None else None
    if code is None or code.get("Value") != _SUCCESS:
        codes = [] if status is None else list(status.iter(tag("samlp:StatusCode")))
        said = ", ".join(each.get("Value", "").rpartition(":")[2][:80] for each in codes)
        refuse(f"The provider refuses: {said[:200] or 'it does not say why'}.")


def standalone(element: Element) -> Element:
    """Make an element a document of its own, so that there is nothing else to mistake for it."""
    return parse(etree.tostring(element, with_tail=False), what="The assertion")


def child(parent: Element, name: str) -> Element | None:
    """The one child of that name, such as `saml:Subject`; refuses two."""
    found = children(parent, name)
    if len(found) > 1:
        refuse(f"There is more than one {name}.")
    return found[0] if found else None


def children(parent: Element, name: str) -> list[Element]:
    """The children of that name, such as `saml:Audience`."""
    return parent.findall(name, NAMES)


def text_of(element: Element | None, *, what: str, step: Step = Step.ANSWER) -> str:
    """The text of an element that has nothing but text; "" where there is none."""
    if element is None:
        return ""
    if len(element):
        refuse(f"{what} holds elements where text belongs.", step=step)
    return (element.text or "").strip()


def moment(given: str | None, *, what: str, step: Step = Step.ANSWER) -> datetime | None:
    """A time of day with its zone; None where there is none."""
    if given is None:
        return None
    if not _MOMENT.fullmatch(given):
        refuse(f"{what} is no time in UTC.", step=step)
    try:
        return datetime.fromisoformat(given).astimezone(UTC)
    except (ValueError, OverflowError):
        refuse(f"{what} is no time in UTC.", step=step)


def written(at: datetime) -> str:
    """A moment as SAML writes it, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def tag(name: str) -> str:
    """`samlp:Response` as lxml names it."""
    prefix, _, local = name.partition(":")
    return f"{{{NAMES[prefix]}}}{local}"


def parameters(query: str) -> dict[str, str]:
    """The parts of a query or form as they were sent, still encoded; refuses one given twice."""
    found: dict[str, str] = {}
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if name in found:
            refuse(f"{name[:40]!r} is given twice.")
        found[name] = value
    return found


def decoded(given: str) -> str:
    """A parameter's value; refuses bytes that are no text."""
    try:
        return unquote_plus(given, errors="strict")
    except UnicodeDecodeError:
        refuse("A parameter is not UTF-8.")


def _too_big(what: str) -> str:
    return f"{what} is bigger than {MOST_BYTES // 1024} KiB."
