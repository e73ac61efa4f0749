"""Tokens that programs act with, and the JWTs they are exchanged for."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Path, Query, Request
from pydantic import Field
from starlette.responses import Response

from inspector_app.api.actor import CurrentActor
from inspector_app.api.declared import needs
from inspector_app.api.errors import documented
from inspector_app.api.once import IdempotencyKey, once
from inspector_app.api.v1.models import Model, Time
from inspector_app.api.v1.workflows import PageSize, PageToken
from inspector_app.domain.errors import Invalid
from inspector_app.domain.permissions import Permission, Role
from inspector_app.domain.tokens import (
    JWT_LIFE,
    LONGEST_LIFE,
    LONGEST_NAME,
    USUAL_DAYS,
    Token,
    TokenKind,
    TokenOrder,
    parse_scopes,
    parse_token_id,
)
from inspector_app.services import registry

router = APIRouter(tags=["tokens"])

Kind = Literal["personal", "service"]
NoIdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        description="Refused: the answer holds a secret that is shown once and never kept, so "
        "it cannot be given again. Make another one and revoke the first.",
    ),
]


class TokenOut(Model):
    """A token without its secret. `person` is "" for a service token."""

    id: UUID
    kind: Kind
    name: str
    role: str
    scopes: list[str]
    person: str
    created_by: str
    created_at: Time
    expires_at: Time
    last_used_at: Time | None
    revoked_at: Time | None

    @classmethod
    def of(cls, token: Token) -> TokenOut:
        """From the domain's value."""
        return cls(
            id=token.id,
            kind=token.kind.value,
            name=token.name,
            role=token.role.value,
            scopes=sorted(token.scopes),
            person=token.created_by if token.person else "",
            created_by=token.created_by,
            created_at=token.created_at,
            expires_at=token.expires_at,
            last_used_at=token.last_used_at,
            revoked_at=token.revoked_at,
        )


class TokenMade(TokenOut):
    """A new token; `token` is its text, told this once."""

    token: str


class Tokens(Model):
    """A page of tokens, newest first; revoked ones are left out."""

    items: list[TokenOut]
    next_page_token: str | None


class NewToken(Model):
    """What is wanted: without `scopes` all that a token of that role may have."""

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    role: Literal["observer", "developer", "admin"]
    kind: Kind = "personal"
    expires_days: Annotated[int, Field(ge=1, le=LONGEST_LIFE.days)] = USUAL_DAYS
    scopes: Annotated[tuple[str, ...], Field(max_length=200)] | None = None

    def order(self) -> TokenOrder:
        """Parse it."""
        scopes = None if self.scopes is None else parse_scopes(self.scopes)
        return TokenOrder(self.name, Role(self.role), self.expires_days, scopes)


class Jwt(Model):
    """An access token (RFC 6749, section 5.1)."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a scheme
    expires_in: Annotated[int, Field(description="Seconds")]
    scope: str


class PublicKeys(Model):
    """JSON Web Keys (RFC 7517)."""

    keys: list[dict[str, str]]


@router.get("/api/v1/tokens", responses=documented(401, 403, 404, 422, 503))
@needs(Permission.SESSION_OWN)
async def tokens(
    actor: CurrentActor,
    whose: Annotated[
        Literal["mine", "tenant"],
        Query(description="tenant: every token of it; needs token:read."),
    ] = "mine",
    page_size: PageSize = 50,
    page_token: PageToken = None,
) -> Tokens:
    """List one's own tokens in the tenant, or as an admin all of them."""
    desk = registry.services().tokens
    read = desk.mine if whose == "mine" else desk.of_tenant
    before = None if page_token is None else parse_token_id(page_token)
    found, more = await read(actor, before=before, limit=page_size)
    return Tokens(
        items=[TokenOut.of(each) for each in found], next_page_token=str(more) if more else None
    )


@router.post("/api/v1/tokens", responses=documented(400, 401, 403, 409, 413, 422, 503))
@needs(Permission.TOKEN_OWN)
async def create(
    actor: CurrentActor, wanted: NewToken, idempotency_key: NoIdempotencyKey = ""
) -> TokenMade:
    """Make a token; a service token needs token:manage. Its text is told this once."""
    _refuse_key(idempotency_key)
    made, text = await registry.services().tokens.create(
        actor, TokenKind(wanted.kind), wanted.order()
    )
    return TokenMade(**TokenOut.of(made).model_dump(), token=text)


@router.post(
    "/api/v1/tokens/{token_id}/revoke",
    response_model=TokenOut,
    responses=documented(401, 403, 404, 409, 422, 503),
)
@needs(Permission.SESSION_OWN)
async def revoke(
    request: Request,
    actor: CurrentActor,
    token_id: Annotated[str, Path(max_length=64)],
    idempotency_key: IdempotencyKey = "",
) -> Response:
    """End one's own token, or as an admin any of the tenant; needs token:manage."""

    async def answer() -> TokenOut:
        ended = await registry.services().tokens.revoke(actor, parse_token_id(token_id))
        return TokenOut.of(ended)

    return await once(request, actor, idempotency_key, answer)


@router.post("/api/v1/auth/token", responses=documented(401, 403, 413, 422, 429, 503))
@needs(Permission.TOKEN_EXCHANGE)
async def exchange(actor: CurrentActor, idempotency_key: NoIdempotencyKey = "") -> Jwt:
    """Exchange the bearer token for a JWT (EdDSA, RFC 9068) that ends with it, or sooner."""
    _refuse_key(idempotency_key)
    text, claims = await registry.services().jwts.exchange(actor)
    return Jwt(
        access_token=text,
        expires_in=int(JWT_LIFE.total_seconds()),
        scope=" ".join(sorted(claims.scopes)),
    )


@router.get("/.well-known/jwks.json", responses=documented(503))
@needs(Permission.PUBLIC)
async def keys() -> PublicKeys:
    """List the public keys that JWTs are signed with: the current one and the one before."""
    return PublicKeys(keys=await registry.services().jwts.public_keys())


def _refuse_key(key: str) -> None:
    if key:
        raise Invalid(
            "A secret is told once and never kept: this request takes no Idempotency-Key.",
            field="Idempotency-Key",
            hint="Send it without one; if the answer got lost, revoke the token and make another.",
        )
