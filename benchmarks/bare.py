"""The namespaces route with nothing around it: no session, no door, no guard, no Reflex."""

from __future__ import annotations

import os

from fastapi import FastAPI

from inspector_app.adapters.db.unit_of_work import SqlDatabase
from inspector_app.api.v1.me_models import NamespaceOut, Namespaces

app = FastAPI()
database = SqlDatabase(os.environ["BARE_DATABASE_URL"])


@app.get("/namespaces")
async def namespaces() -> Namespaces:
    """List the first tenant's namespaces."""
    async with database.begin(write=False) as work:
        tenant = (await work.tenants.all())[0]
        found = await work.tenants.namespaces(tenant.id)
    return Namespaces(
        items=[
            NamespaceOut(slug=each.slug, name=each.name, cluster=each.cluster.name)
            for each in found
        ]
    )
