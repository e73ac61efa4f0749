"""What a SAML provider's page has besides its settings: metadata read, and our keys changed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

import reflex as rx

from inspector_app.domain.errors import InspectorError, Invalid, ProofRequired
from inspector_app.domain.permissions import Permission
from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.domain.providers import no_such_provider
from inspector_app.domain.saml_trust import Certificate
from inspector_app.domain.signing_in import KeyStep
from inspector_app.services import registry
from inspector_app.ui.guard import requires
from inspector_app.ui.providers.state import PATIENCE, ProvidersState
from inspector_app.ui.session import Notice, milliseconds, now

_PART = 4 * len("AB:")
_DONE = {
    KeyStep.PREPARE: "Another pair is in our metadata, for the provider to read.",
    KeyStep.USE: "Requests are signed with the other pair from now on.",
    KeyStep.DROP: "The pair that was not in use is forgotten.",
}


@dataclass(frozen=True)
class CertificateRow:
    """A certificate as people compare it; `until` in epoch milliseconds.

    `parts` make the fingerprint when they are put together: a line may end after each.
    """

    parts: list[str]
    until: int
    over: bool
    in_use: bool = False


class SamlState(ProvidersState):
    """Nothing that metadata filled in is kept until the form is saved."""

    own: list[CertificateRow] = []
    """Our certificates with the provider that is shown."""
    key_steps: list[str] = []
    """What may be done with our keys, what usually comes next first."""
    turning: str = ""
    """Which step is asked about, or ""."""
    keys_error: str = ""
    keys_reason: str = ""
    """What is wrong with the reason."""
    keys_problem: Notice | None = None
    came: list[CertificateRow] = []
    """Of the metadata that filled the form."""
    came_to: int = -1
    """The form that was filled: another one knows nothing of it."""
    left_out: int = 0
    metadata_error: str = ""
    url_error: str = ""

    @rx.event
    @requires(Permission.PROVIDER_READ)
    async def load_saml(self) -> None:
        """Read our certificates with the provider that the address names."""
        self.turning, self.metadata_error, self.url_error = "", "", ""
        await self._read_keys()

    @rx.event
    @requires(Permission.PROVIDER_WRITE)
    async def fill_from_metadata(self, form: dict[str, str]) -> None:
        """Fill the form with what a provider publishes; what was typed elsewhere stays."""
        self.metadata_error, self.url_error, self.came, self.came_to = "", "", [], -1
        if self.kind != ProviderKind.SAML:
            return
        try:
            async with asyncio.timeout(PATIENCE):
                found = await registry.services().saml_setup.describe(
                    self._actor, metadata=form.get("metadata", ""), url=form.get("url", "")
                )
        except TimeoutError:
            self.url_error = f"It did not answer within {PATIENCE} seconds."
        except ProofRequired:
            self.must_prove = True
        except InspectorError as error:
            said = f"{error.detail} {error.hint}".strip()
            by_metadata = isinstance(error, Invalid) and error.field == "metadata"
            self.metadata_error, self.url_error = (said, "") if by_metadata else ("", said)
        else:
            self.values = self.values | dict(found.settings)
            self.wrong, self.problem = {}, None
            self.filled += 1
            self.came, self.left_out = self._rows(found.certificates), found.left_out
            self.came_to = self.form_key

    @rx.event
    @requires(Permission.PROVIDER_READ)
    async def ask_keys(self, step: str) -> None:
        """Open the question of a step."""
        self._clear()
        self.turning = step if step in self.key_steps else ""
        self.keys_reason, self.keys_problem = "", None
        self.must_prove, self.second_step = await self._proof()

    @rx.event
    @requires(Permission.PROVIDER_READ)
    async def shut_keys(self, is_open: bool) -> None:  # noqa: FBT001 - Radix's own callback
        """Close the question."""
        if not is_open:
            self.turning = ""

    @rx.event
    @requires(Permission.PROVIDER_WRITE)
    async def turn_keys(self, form: dict[str, str]) -> None:
        """Take the step that is asked about."""
        self.keys_reason, self.keys_problem = "", None
        row, step = self.opened, self.turning
        try:
            if row is None or step not in set(KeyStep):
                raise no_such_provider()
            turned = await registry.services().saml_setup.turn_keys(
                self._actor,
                row.slug,
                KeyStep(step),
                version=row.version,
                reason=form.get("reason", ""),
            )
        except Invalid as error:
            self.keys_reason = f"{error.detail} {error.hint}".strip()
        except InspectorError as error:
            self.must_prove = isinstance(error, ProofRequired)
            self.keys_problem = Notice("failed", error.title, error.detail, error.hint)
        else:
            self.turning = ""
            # The form stays as it is, with what is typed there.
            self.opened = replace(row, version=turned.version)
            await self._read_keys()
            self.notice = Notice("completed", _DONE[KeyStep(step)], "")

    async def _read_keys(self) -> None:
        self.own, self.key_steps, self.keys_error = [], [], ""
        if self.opened is None or self.kind != ProviderKind.SAML:
            return
        try:
            found = await registry.services().saml_setup.keys(self._actor, self.opened.slug)
        except InspectorError as error:
            self.keys_error = f"{error.detail} {error.hint}".strip()
        else:
            first, *others = self._rows(found.held)
            self.own = [replace(first, in_use=True), *others]
            self.key_steps = [each.value for each in found.steps]

    def _rows(self, found: Sequence[Certificate]) -> list[CertificateRow]:
        at = now()
        return [
            CertificateRow(
                _parts(each.fingerprint), milliseconds(each.until) or 0, each.until <= at
            )
            for each in found
        ]


def _parts(fingerprint: str) -> list[str]:
    return [fingerprint[at : at + _PART] for at in range(0, len(fingerprint), _PART)]
