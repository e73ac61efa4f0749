"""Every route, asked with tokens that may not."""

from __future__ import annotations

import re
from uuid import UUID

from inspector_app.api.app import build_api
from inspector_app.domain.permissions import Permission, Role
from tests.fixtures.tokens import bearing, personal, service

BY_SESSION_ONLY = {
    "session:own",
    "token:own",
    "people:write",
    "redaction:write",
    "provider:write",
}
PLACE = {"ns": "main", "workflow_id": "w", "run_id": "r"}
TEXTS = {"date-time": "2026-11-23T12:00:00Z", "uuid": str(UUID(int=0))}
COUNT = {"action": "cancel", "from_event": 1, "event_id": 1}


def smallest(schema, schemas):
    """The least content that fits a schema: what stands behind a route refuses, not its form."""
    schema = schema.get("anyOf", [schema])[0]
    if "$ref" in schema:
        return smallest(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if schema.get("type") == "object":
        wanted = schema.get("required", ())
        return {name: smallest(schema["properties"][name], schemas) for name in wanted}
    plain = {
        "string": TEXTS.get(schema.get("format"), "x" * schema.get("minLength", 1)),
        "integer": schema.get("minimum", 0),
        "array": [],
    }
    return schema.get("enum", [plain.get(schema.get("type"))])[0]


def every_route():
    """Each route that needs more than nothing: method, path, permission, what it takes."""
    document = build_api().openapi()
    schemas = document["components"]["schemas"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            permission = Permission(operation["x-permission"])
            if path.startswith("/api/") and permission is not Permission.PUBLIC:
                place = re.sub(r"\{\w+\}", str(UUID(int=0)), path)
                query = {
                    each["name"]: smallest(each["schema"], schemas)
                    for each in operation.get("parameters", ())
                    if each["in"] == "query" and each.get("required")
                }
                content = operation.get("requestBody", {}).get("content", {})
                body = content.get("application/json", {}).get("schema")
                yield (
                    method.upper(),
                    place,
                    permission,
                    query | PLACE | COUNT,
                    body and smallest(body, schemas),
                )


async def knocks(front, text):
    """Ask at every route; returns the status of each."""
    found = {}
    for number, (method, path, permission, query, body) in enumerate(every_route()):
        answer = await front.visitor(address=f"10.1.{number}.1").http.request(
            method, path, params=query, json=body, headers=bearing(text)
        )
        found[method, path] = (permission, answer.status_code, answer.text)
    return found


async def test_no_route_lets_a_token_in_that_is_expired_or_revoked(front):
    _, expired = await personal(front.house, days=1)
    front.house.time.pass_by(days=1)
    token, revoked = await service(front.house, Role.ADMIN)
    _, noor = await front.house.signs_in("noor")
    await front.house.tokens.revoke(noor, token.id)
    assert len(list(every_route())) > 20
    for text in (expired, revoked):
        assert {status for _, status, _ in (await knocks(front, text)).values()} == {401}


async def test_every_route_refuses_a_token_without_the_scope_or_role(front):
    _, narrow = await personal(front.house, scopes={Permission.NAMESPACE_READ})
    _, low = await service(front.house, Role.OBSERVER)
    _, robot = await service(front.house, Role.ADMIN)
    observers = {"namespace:read", "run:read", "operation:read", "alert:read"}
    for text, may in (
        (narrow, {"namespace:read"}),
        (low, observers),
        (robot, set(Permission) - BY_SESSION_ONLY),
    ):
        for route, (permission, status, said) in (await knocks(front, text)).items():
            may_pass = permission in may or permission in {"self", "token:exchange"}
            # Who may reads what is not there, or hears of the server that is away.
            assert (status == 403) == (not may_pass), (route, said)


async def test_another_tenants_token_finds_what_is_not_there(front):
    _, eve = await service(front.house, Role.ADMIN, tenant="other")
    for route, (permission, status, said) in (await knocks(front, eve)).items():
        assert "demo" not in said, route
        if "ns" in said and permission not in {"self", "token:exchange", "session:own"}:
            assert status in {403, 404, 422, 200}, route
    _, mine = await service(front.house, Role.ADMIN)
    demo = await front.visitor().gets(
        "/api/v1/workflows", headers=bearing(eve, **{"X-Inspector-Tenant": "demo"}), ns="main"
    )
    nowhere = await front.visitor().gets(
        "/api/v1/workflows", headers=bearing(mine, **{"X-Inspector-Tenant": "no"}), ns="main"
    )
    assert (demo.status_code, demo.json()["detail"]) == (403, nowhere.json()["detail"])
