"""What would make a message of a stranger dear to read is refused, whoever signed it."""

from __future__ import annotations

import pytest
from lxml import etree
from xmlsec import constants

from inspector_app.domain.signing_in import SignInFault
from tests.fixtures import lying_saml
from tests.fixtures.lying_saml import LyingSaml, Node

_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"


def with_attributes(count: int):
    """Put an element with that many into what the response's signature is of."""

    def change(root: Node) -> None:
        extensions = etree.Element(lying_saml.saml_documents.tag("samlp:Extensions"))
        wide = etree.SubElement(extensions, "{urn:x}x")
        for number in range(count):
            wide.set(f"a{number}", "")
        root.insert(1, extensions)

    return change


@pytest.mark.parametrize(("count", "gets_in"), [(100, True), (101, False)])
async def test_an_element_of_attributes_without_end_is_refused(count, gets_in) -> None:
    """46,000 of them, 460 kB, took a core 5 seconds before anybody looked whose they were."""
    idp = LyingSaml(enveloped=with_attributes(count))
    if gets_in:
        assert (await idp.comes_back()).claimed.subject == "alice"
    else:
        with pytest.raises(SignInFault, match="over 100 attributes"):
            await idp.comes_back()


@pytest.mark.parametrize(
    ("lists", "gets_in"),
    [
        ([], True),
        (["xs xsi"], True),
        ([" ".join(["xs"] * 20)], True),
        ([" ".join(["xs"] * 21)], False),
    ],
)
async def test_prefixes_without_end_are_not_looked_for(lists, gets_in, monkeypatch) -> None:
    """One named 50,000 times, and 10,000 elements, 340 kB, took a core 10 seconds."""
    add = lying_saml.template.add_transform

    def adds(reference: Node, kind: object) -> Node:
        made = add(reference, kind)
        if kind is constants.TransformExclC14N:
            for each in lists:
                etree.SubElement(made, f"{{{_EXCLUSIVE}}}InclusiveNamespaces", PrefixList=each)
        return made

    monkeypatch.setattr(lying_saml.template, "add_transform", adds)
    idp = LyingSaml()
    if gets_in:
        assert (await idp.comes_back()).claimed.subject == "alice"
    else:
        with pytest.raises(SignInFault, match="a transform has other parts"):
            await idp.comes_back()
