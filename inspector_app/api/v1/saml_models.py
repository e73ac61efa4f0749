"""The shapes of what SAML has besides settings: a provider's metadata, and our keys with it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from inspector_app.api.v1.models import Model, Time
from inspector_app.api.v1.provider_models import ProviderAct
from inspector_app.domain.saml_trust import Certificate, Described, OurKeys

StepName = Literal["prepare", "use", "drop"]
_LONGEST, _LONGEST_ADDRESS = 2**20, 2000


class CertificateOut(Model):
    """A certificate; `sha256` is the fingerprint of its DER, `AB:CD:…`, to be compared."""

    sha256: str
    valid_from: Time
    valid_until: Time

    @classmethod
    def of(cls, found: Certificate) -> CertificateOut:
        """From the domain's value."""
        return cls(sha256=found.fingerprint, valid_from=found.since, valid_until=found.until)


class DescribeAsked(Model):
    """A provider's metadata; or, at `url`, where it is."""

    metadata: Annotated[str, Field(max_length=_LONGEST)] = ""
    url: Annotated[str, Field(max_length=_LONGEST_ADDRESS)] = ""


class DescribedOut(Model):
    """What metadata says, as `settings` of a SAML provider; its signature was not looked at.

    Attributes:
        certificates: Those in the settings: compare them with what the provider's own page says.
        left_out: How many more there are, which are not taken.
    """

    settings: dict[str, str]
    certificates: list[CertificateOut]
    left_out: int

    @classmethod
    def of(cls, found: Described) -> DescribedOut:
        """From the domain's value."""
        return cls(
            settings=dict(found.settings),
            certificates=[CertificateOut.of(each) for each in found.certificates],
            left_out=found.left_out,
        )


class KeysAct(ProviderAct):
    """A step of changing our keys.

    Attributes:
        step: `prepare` makes another pair and publishes it in our metadata, `use` signs with the
            other one, `drop` forgets the one that is not in use.
    """

    step: StepName


class OwnCertificateOut(CertificateOut):
    """A certificate of ours in our metadata; we sign with the key of the one `in_use`."""

    in_use: bool


class KeysOut(Model):
    """Our keys with a provider, and the steps that are possible, the usual one first."""

    version: int
    items: list[OwnCertificateOut]
    next_steps: list[StepName]

    @classmethod
    def of(cls, found: OurKeys, version: int) -> KeysOut:
        """From the domain's value."""
        return cls(
            version=version,
            items=[
                OwnCertificateOut(**CertificateOut.of(each).model_dump(), in_use=not place)
                for place, each in enumerate(found.held)
            ],
            next_steps=[each.value for each in found.steps],
        )
