"""How long a sign-in takes at each kind of provider: `python -m benchmarks.signing_in`.

Real providers, one browser-like client, one sign-in after the other, on an app of its own. Each
hop is timed as its caller sees it; what a page of the provider's asks of a person is not: their
session there goes on from the first sign-in. Milliseconds. There is no budget for these.
"""

from __future__ import annotations

import html
import re
import statistics
import tempfile
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from urllib.parse import urljoin, urlsplit

import httpx
from lxml import etree

from inspector_app import logs
from inspector_app.domain.group_roles import GroupMapping, GroupRule
from inspector_app.domain.permissions import Role
from inspector_app.domain.providers import ProviderOrder
from inspector_app.services.audit import operator
from tests.fixtures.app import App, served
from tests.fixtures.database import PASSWORD
from tests.fixtures.lying_saml import NAMES, pair
from tests.fixtures.openid import OpenIdProvider
from tests.fixtures.simplesaml import SimpleSaml, simple_saml
from tests.fixtures.slapd import SERVICE_PASSWORD, Slapd, served_slapd

TIMES = 50
_RULES = GroupMapping(
    (GroupRule("app-*", "demo", Role.DEVELOPER), GroupRule("staff", "demo", Role.OBSERVER))
)
_INPUT = re.compile(r"<input[^>]*>")
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
Hops = list[tuple[str, float]]


class Browser:
    """Follows redirects and forms as one does, and times each hop by where it goes."""

    def __init__(self, app: App) -> None:
        self.ours = urlsplit(app.url).netloc
        self.http = httpx.Client(timeout=30, headers={"Accept": "text/html"})

    def signs_in(self, start: str, filled: Mapping[str, str]) -> Hops:
        """Go from `start` until we let them in; `filled` is typed wherever it is asked for."""
        hops: Hops = []
        answer, url = self._asks(hops, "GET", start), start
        while "inspector_session=" not in " ".join(answer.headers.get_list("set-cookie")):
            if answer.is_redirect:
                url = urljoin(url, answer.headers["location"])
                answer = self._asks(hops, "GET", url)
            else:
                url, fields = _form(answer.text, url, filled)
                answer = self._asks(hops, "POST", url, fields)
        return hops

    def posts(self, url: str, fields: Mapping[str, str]) -> Hops:
        """Send one form of ours."""
        hops: Hops = []
        answer = self._asks(hops, "POST", url, fields)
        assert answer.status_code == 303, answer.text  # noqa: PLR2004 - on to the page
        return hops

    def forgets_us(self) -> None:
        """Drop our cookies alone."""
        for each in list(self.http.cookies.jar):
            if each.domain == "127.0.0.1":
                self.http.cookies.jar.clear(each.domain, each.path, each.name)

    def _asks(
        self, hops: Hops, method: str, url: str, fields: Mapping[str, str] | None = None
    ) -> httpx.Response:
        parts = urlsplit(url)
        there = parts.netloc != self.ours
        # A form comes from the site it is on, which sends no cookie of ours along by POST.
        origin = {} if there or method == "GET" else {"Sec-Fetch-Site": "cross-site"}
        if "/auth/ldap/" in url or "/auth/local/" in url:
            origin = {"Sec-Fetch-Site": "same-origin"}
        begun = perf_counter()
        answer = self.http.request(method, url, data=fields, headers=origin)
        name = "the provider's" if there else parts.path.rpartition("/")[2]
        hops.append((name, (perf_counter() - begun) * 1000))
        assert answer.status_code < 400, f"{url}: {answer.text[:500]}"  # noqa: PLR2004 - errors
        return answer


def _form(page: str, url: str, filled: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Read the form of a page, and fill it in."""
    action = re.search(r'<form[^>]*action="([^"]*)"', page)
    target = urljoin(url, html.unescape(action.group(1)) if action else "")
    found = (dict(_ATTRIBUTE.findall(each)) for each in _INPUT.findall(page))
    fields = {
        each["name"]: html.unescape(each.get("value", "")) for each in found if "name" in each
    }
    return target, fields | {name: word for name, word in filled.items() if name in fields}


def _put(app: App, slug: str, settings: object, **secrets: str) -> None:
    order = ProviderOrder(slug, slug.title(), settings, _RULES, secrets=secrets)  # pyright: ignore[reportArgumentType] - one of the four kinds
    who = operator("benchmark")
    app.does(lambda services: services.providers.put(who, order, version=None, reason="measured"))


def _told(app: App, idp: SimpleSaml) -> None:
    """Make the app known to the identity provider."""
    base = f"{app.url}/auth/saml/saml"
    described = etree.fromstring(httpx.get(f"{base}/metadata").content)
    certificate = described.findtext(".//ds:X509Certificate", namespaces=NAMES)
    idp.knows(f"{base}/metadata", f"{base}/acs", f"{base}/sls", certificate)


def _ways(
    app: App, openid: OpenIdProvider, plain: OpenIdProvider, idp: SimpleSaml, slapd: Slapd
) -> Mapping[str, tuple[str, Mapping[str, str], bool]]:
    """Set each kind up: where it begins, what is typed, and whether that is a form of ours."""
    openid.is_set_up()
    plain.is_set_up_without_openid()
    _put(app, "saml", idp.settings)
    _told(app, idp)
    _put(app, "ldap", slapd.settings(), bind_password=SERVICE_PASSWORD)
    there, theirs = {"login": "alice", "password": "any"}, "alicepw"
    return {
        "OpenID Connect": (f"{app.url}/auth/oidc/oidc/login", there, False),
        "OAuth 2": (f"{app.url}/auth/oauth2/oauth2/login", there, False),
        "SAML": (
            f"{app.url}/auth/saml/saml/login",
            {"username": "alice", "password": theirs},
            False,
        ),
        "LDAP": (
            f"{app.url}/auth/ldap/ldap/login",
            {"username": "alice", "password": theirs},
            True,
        ),
        "local": (
            f"{app.url}/auth/local/login",
            {"username": "ivo", "password": PASSWORD},
            True,
        ),
    }


def main() -> None:
    """Measure and print each hop: p50 and p95."""
    logs.to_stderr(everything=False)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "app").mkdir()
        (path / "slapd").mkdir()
        rates = {"INSPECTOR_RATES": "sign-in=off"}
        with (
            served(path / "app", "127.0.0.1:1", **rates) as app,
            served_slapd(path / "slapd") as slapd,
            simple_saml(pair(), f"127.0.0.1:{app.port}") as idp,
        ):
            openid, plain = (OpenIdProvider(app, key).start() for key in ("oidc", "oauth2"))
            try:
                ways = _ways(app, openid, plain, idp, slapd)
                for kind, (start, filled, is_ours) in ways.items():
                    _print(kind, _walked(app, start, filled, is_ours=is_ours))
            finally:
                openid.stop()
                plain.stop()


def _walked(app: App, start: str, filled: Mapping[str, str], *, is_ours: bool) -> list[Hops]:
    browser, found = Browser(app), list[Hops]()
    for _ in range(TIMES + 1):
        browser.forgets_us()
        found.append(browser.posts(start, filled) if is_ours else browser.signs_in(start, filled))
    browser.http.close()
    return found[1:]  # the first asks who it is there


def _print(kind: str, walks: list[Hops]) -> None:
    for name in dict.fromkeys(name for walk in walks for name, _ in walk):
        taken = [sum(each for hop, each in walk if hop == name) for walk in walks]
        _line(kind, name, taken)
    _line(kind, "all of it", [sum(each for _, each in walk) for walk in walks])


def _line(kind: str, name: str, taken: list[float]) -> None:
    p95 = statistics.quantiles(taken, n=20)[-1]
    print(f"{kind:16}{name:16}{statistics.median(taken):8.1f}{p95:8.1f} ms")


if __name__ == "__main__":
    main()
