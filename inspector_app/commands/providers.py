"""`inspector provider …`: how people sign in who do so elsewhere, and whether that works."""

from __future__ import annotations

import asyncio
import getpass
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Final

import typer

from inspector_app.commands.house import opened, whoever_runs_this
from inspector_app.commands.terminal import NOT_SO, AsJson, answer, tell
from inspector_app.domain.errors import Invalid
from inspector_app.domain.identity import Actor
from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.domain.provider_walks import Passed, Walked
from inspector_app.domain.providers import Provider
from inspector_app.domain.signing_in import UNDER_WAY
from inspector_app.domain.trial_sign_ins import Tested, Would
from inspector_app.services.operator_trials import OperatorTrials
from inspector_app.services.registry import Services

commands = typer.Typer(help="Where people sign in, if not here.", no_args_is_help=True)

_LOOKS_AGAIN: Final = 1.0
"""Seconds between looks whether the browser is back."""
_PASSED = {
    Passed.DONE: "works",
    Passed.FAILED: "FAILED",
    Passed.NOT_COME_TO: "not come to",
    Passed.BY_SIGN_IN: "at a sign-in",
}


@commands.command("list")
def list_providers(*, as_json: AsJson = False) -> None:
    """List every provider: everybody's, and each tenant's own."""

    async def work() -> None:
        async with opened() as services:
            found = await services.providers.all(whoever_runs_this())
        items = [
            {
                "key": each.key,
                "kind": each.kind.value,
                "name": each.name,
                "tenant": each.tenant_slug,
                "enabled": each.enabled,
                "in_file": each.managed,
            }
            for each in found
        ]
        words = "\n".join(
            "\t".join((each.key, each.kind, "on" if each.enabled else "off", each.name))
            for each in found
        )
        answer({"items": items}, words or "Everybody signs in here.", as_json=as_json)

    asyncio.run(work())


@commands.command("test")
def walk_provider(
    key: Annotated[str, typer.Argument(help="As `list` names it: corp, or a tenant's acme.corp.")],
    *,
    sign_in: Annotated[
        bool, typer.Option("--sign-in", help="Walk the whole way, by a browser of yours.")
    ] = False,
    username: Annotated[
        str, typer.Option(help="Of a directory: walk the whole way, with their password.")
    ] = "",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read that password instead of asking.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Walk a sign-in step by step, and let nobody in; exit 1 when a step fails.

    Alone it walks what needs no person; the server need not run for that.
    """
    password = ""
    if username:
        said = sys.stdin.readline() if password_stdin else getpass.getpass(f"{username}'s: ")
        password = said.rstrip("\r\n")

    async def work() -> bool:
        async with opened() as services:
            actor = whoever_runs_this()
            tenant, _, slug = key.rpartition(".")
            provider = await services.providers.one(actor, slug, tenant=tenant)
            _check_use(provider, sign_in=sign_in, username=username)
            tested = Tested(await services.provider_trials.walk(actor, slug, tenant=tenant))
            if not tested.failed and username:
                trials = services.operator_trials
                tested = await trials.with_password(actor, key, username, password)
            elif not tested.failed and sign_in:
                tested = await _by_browser(services, actor, key)
        answer(_content(provider, tested), _words(provider, tested), as_json=as_json)
        return tested.failed is None

    if not asyncio.run(work()):
        raise typer.Exit(NOT_SO)


def _check_use(provider: Provider, *, sign_in: bool, username: str) -> None:
    is_directory = provider.kind is ProviderKind.LDAP
    if sign_in and is_directory:
        raise Invalid("A directory has no page to sign in on.", hint="Give --username instead.")
    if username and not is_directory:
        raise Invalid("A password is typed at the provider.", hint="Give --sign-in instead.")


async def _by_browser(services: Services, actor: Actor, key: str) -> Tested:
    begun = await services.operator_trials.begin(actor, key)
    if isinstance(begun, Tested):
        return begun
    minutes = int(UNDER_WAY.total_seconds() // 60)
    tell(f"Open this address in a browser within {minutes} minutes, and sign in:\n{begun.url}")
    tell("The server has to run. Waiting for the browser to come back; Ctrl-C ends it.")
    trials: OperatorTrials = services.operator_trials
    try:
        async with asyncio.timeout(UNDER_WAY.total_seconds()):
            while True:
                if (found := await trials.outcome(actor, begun)) is not None:
                    return found
                await asyncio.sleep(_LOOKS_AGAIN)
    except TimeoutError:
        raise Invalid(
            f"No browser came back within {minutes} minutes.",
            hint="Does the server run, at the address that INSPECTOR_PUBLIC_URL names? Its page "
            "or the provider's may say what went wrong. Begin again.",
        ) from None


def _content(provider: Provider, tested: Tested) -> dict[str, object]:
    would = tested.would
    return {
        "key": provider.key,
        "kind": provider.kind.value,
        "name": provider.name,
        "works": tested.failed is None,
        "steps": [
            {
                "step": each.step.value,
                "words": each.step.words,
                "passed": each.passed.value,
                "detail": each.detail,
                "hint": each.hint,
            }
            for each in tested.steps
        ],
        "said": asdict(tested.said) if tested.said else None,
        "would_be": asdict(would) if would else None,
    }


def _words(provider: Provider, tested: Tested) -> str:
    lines = [f"{provider.name} ({provider.key}, {provider.kind})"]
    lines += [line for each in tested.steps for line in _step(each)]
    if said := tested.said:
        email = f"{said.email} ({'' if said.email_verified else 'not '}verified)"
        lines.append(f"It says: {said.username}, subject {said.subject}")
        lines.append(f"  e-mail {email if said.email else 'none'}")
        lines.append(f"  groups {', '.join(said.groups) or 'none'}")
    if tested.would:
        lines += _person(tested.would)
    if any(each.passed is Passed.BY_SIGN_IN for each in tested.steps):
        option = "--username" if provider.kind is ProviderKind.LDAP else "--sign-in"
        lines.append(f"The rest is walked by somebody who signs in: give {option}.")
    return "\n".join(_plain(each) for each in lines)


def _plain(text: str) -> str:
    """Show to a terminal what it would obey: some of it is the provider's."""
    return "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in text)


def _step(each: Walked) -> Sequence[str]:
    why = [f"{'':15}{text}" for text in (each.detail, each.hint) if text]
    return [f"  {_PASSED[each.passed]:13}{each.step.words}", *why]


def _person(would: Would) -> Sequence[str]:
    disabled = " The account is disabled." if would.disabled else ""
    if not would.gets:
        return [f"They would not get in. {would.known_as}{disabled}"]
    given = [
        f"  {each.role} of {each.tenant}, "
        + (
            f"for the group {each.group} by the rule {each.rule}"
            if each.group
            else "by hand or by another"
        )
        for each in would.gets
    ]
    return [f"They would get in. {would.known_as}", *given]
