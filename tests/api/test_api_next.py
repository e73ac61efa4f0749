"""Where one lands after signing in: on this very site, whatever `next` says."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest

from inspector_app.api.forms import safe_next
from tests.fixtures.database import ORIGIN

ELSEWHERE = [
    *(
        "//evil.example",
        "///evil.example",
        "////evil.example",
        "/\\evil.example",
        "\\\\evil.example",
    ),
    *("\\/evil.example", "/\\/evil.example", "//evil.example/..", "/.//evil.example"),
    *("/..//evil.example", "/%2e//evil.example", "/%2E%2E//evil.example", "/a/..//evil.example"),
    *(
        "/a//evil.example",
        "/t/../..//evil.example",
        "https://evil.example",
        "HTTPS://evil.example",
    ),
    *(
        "https:evil.example",
        "http:/evil.example",
        "https:///evil.example",
        "http:\\\\evil.example",
    ),
    *("javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "data:text/html,x"),
    *("vbscript:x", "/\t/evil.example", "\t//evil.example", " //evil.example", "\n//evil.example"),
    *("/\n/evil.example", "/\r/evil.example", "/\x00/evil.example", "/\x0b/evil.example"),
    *("\x00//evil.example", "\x1f//evil.example", "/\x7f/evil.example", "/x\r\nLocation: //evil"),
    *("@evil.example", "evil.example", "evil.example/", ".evil.example", "?//evil.example"),
    *("#//evil.example", "", " ", ".", "..", "../x", "./x", "ftp://evil.example", "//user@evil"),
    *("//evil.example:80", "//[::1]", "//0x7f000001", "//2130706433", "\u2028//evil.example"),
    *("\uff0f\uff0fevil.example", "\u2215\u2215evil.example", "\u3000//evil.example"),
    *("/" + "a" * 5000, "//%65vil.example", "/%5c/../\\evil.example"),
]
HERE = [
    "/t/demo/overview",
    "/t/demo/run?ns=default&workflow_id=a%2Fb%2F%2Fc",
    "/t/demo/run?workflow_id=https://a//b&x=/../",
    "/t/demo/account#tokens//x",
    "/",
    "/t/demo/",
    "/t/demo/run?workflow_id=\u00e9",
]


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_nobody_is_sent_elsewhere(wanted):
    assert safe_next(wanted) == ""


@pytest.mark.parametrize("wanted", HERE)
def test_a_place_on_this_site_is_gone_to(wanted):
    assert safe_next(wanted) == wanted
    assert urlsplit(urljoin(ORIGIN, wanted)).netloc == urlsplit(ORIGIN).netloc


@pytest.mark.parametrize("wanted", ["//evil.example", "/.//evil.example", "/x\r\nSet-Cookie: a=b"])
async def test_every_form_goes_on_to_this_site(front, wanted):
    visitor = front.visitor()
    answer = await visitor.signs_in("ana", next_page=wanted)
    assert answer.headers["location"] == "/t/demo/overview"
    assert "set-cookie: a=b" not in str(answer.headers).lower()
    failed = await visitor.signs_in("ana", "wrong", next_page=wanted, Accept="text/html")
    assert "evil" not in failed.text
