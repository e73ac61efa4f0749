"""`inspector tenant|cluster|namespace …`: what the operator sets up."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from inspector_app.commands.house import opened, whoever_runs_this
from inspector_app.commands.terminal import NOT_SO, AsJson, answer
from inspector_app.domain.errors import Unreachable

tenants = typer.Typer(help="Organisations that share this installation.", no_args_is_help=True)
clusters = typer.Typer(help="Temporal servers.", no_args_is_help=True)
namespaces = typer.Typer(help="Which tenant owns which namespace.", no_args_is_help=True)


@tenants.command("create")
def create_tenant(
    slug: Annotated[str, typer.Argument(help="Stands in addresses: a-z, 0-9, hyphens.")],
    *,
    name: Annotated[str, typer.Option(help="As people read it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a tenant."""

    async def work() -> None:
        async with opened() as services:
            made = await services.tenancy.create_tenant(whoever_runs_this(), slug, name)
        answer(
            {"id": str(made.id), "slug": made.slug, "name": made.name},
            f"Tenant {made.slug} is there. Next: inspector cluster add, namespace grant.",
            as_json=as_json,
        )

    asyncio.run(work())


@tenants.command("list")
def list_tenants(*, as_json: AsJson = False) -> None:
    """List the tenants."""

    async def work() -> None:
        async with opened() as services:
            found = await services.tenancy.tenants(whoever_runs_this())
        items = [{"id": str(each.id), "slug": each.slug, "name": each.name} for each in found]
        words = "\n".join(f"{each.slug}\t{each.name}" for each in found)
        answer({"items": items}, words or "No tenant yet.", as_json=as_json)

    asyncio.run(work())


@clusters.command("add")
def add_cluster(
    name: str,
    *,
    address: Annotated[str, typer.Option(help="host:port of the frontend.")],
    as_json: AsJson = False,
) -> None:
    """Connect a Temporal server."""

    async def work() -> None:
        async with opened() as services:
            made = await services.tenancy.add_cluster(whoever_runs_this(), name, address)
        answer(
            {"id": str(made.id), "name": made.name, "address": made.address},
            f"Cluster {made.name} is known. Does it answer? inspector cluster test {made.name}",
            as_json=as_json,
        )

    asyncio.run(work())


@clusters.command("list")
def list_clusters(*, as_json: AsJson = False) -> None:
    """List the clusters."""

    async def work() -> None:
        async with opened() as services:
            found = await services.tenancy.clusters(whoever_runs_this())
        items = [
            {"id": str(each.id), "name": each.name, "address": each.address} for each in found
        ]
        words = "\n".join(f"{each.name}\t{each.address}" for each in found)
        answer({"items": items}, words or "No cluster yet.", as_json=as_json)

    asyncio.run(work())


@clusters.command("test")
def ask_cluster(name: str, *, as_json: AsJson = False) -> None:
    """Ask a cluster whether it answers; exit 1 when it does not."""

    async def work() -> Unreachable | None:
        async with opened() as services:
            try:
                found = await services.tenancy.test_cluster(whoever_runs_this(), name)
            except Unreachable as silent:
                content = {"name": name, "address": silent.address, "answers": False}
                answer({**content, "detail": silent.detail}, silent.detail, as_json=as_json)
                return silent
        answer(
            {"name": found.name, "address": found.address, "answers": True, "detail": ""},
            f"{found.name} at {found.address} answers.",
            as_json=as_json,
        )
        return None

    if asyncio.run(work()):
        raise typer.Exit(NOT_SO)


@namespaces.command("grant")
def grant_namespace(
    *,
    tenant: Annotated[str, typer.Option()],
    cluster: Annotated[str, typer.Option()],
    name: Annotated[str, typer.Option(help="The namespace's name on the server.")],
    slug: Annotated[str, typer.Option(help="How the tenant sees it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Give a namespace to exactly one tenant."""

    async def work() -> None:
        async with opened() as services:
            made = await services.tenancy.grant(
                whoever_runs_this(),
                tenant_slug=tenant,
                cluster=cluster,
                name=name,
                slug=slug or name,
            )
        answer(
            {"id": str(made.id), "tenant": tenant, "slug": made.slug, "name": made.name},
            f"{tenant} now sees {cluster}/{name} as {made.slug}.",
            as_json=as_json,
        )

    asyncio.run(work())


@namespaces.command("list")
def list_namespaces(*, as_json: AsJson = False) -> None:
    """List what is granted to whom."""

    async def work() -> None:
        async with opened() as services:
            found = await services.tenancy.granted(whoever_runs_this())
        items = [
            {
                "tenant": tenant.slug,
                "slug": each.slug,
                "cluster": each.cluster.name,
                "name": each.name,
            }
            for tenant, each in found
        ]
        words = "\n".join("\t".join(item.values()) for item in items)
        answer({"items": items}, words or "Nothing is granted yet.", as_json=as_json)

    asyncio.run(work())
