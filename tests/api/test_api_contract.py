"""What programs rely on: the document, its permissions, and the shape of every error."""

from __future__ import annotations

from pathlib import Path

import yaml

from inspector_app.api.app import build_api
from inspector_app.domain.permissions import Permission

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/inspector/openapi.yaml"


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_the_document_is_what_the_app_serves():
    kept = yaml.safe_load(DOCUMENT.read_text())
    assert kept == build_api().openapi(), "run: make openapi"


def test_every_operation_names_its_permission_and_what_needs_no_session():
    for name, operation in operations(build_api().openapi()):
        assert Permission(operation["x-permission"]), name
        public = operation["x-permission"] == Permission.PUBLIC
        assert ("security" in operation) is not public, name


def test_every_operation_that_needs_a_session_says_how_it_refuses():
    for name, operation in operations(build_api().openapi()):
        if "security" in operation:
            assert {"401", "403"} <= set(operation["responses"]), name


def test_every_action_takes_an_idempotency_key():
    acting = [
        (name, operation)
        for name, operation in operations(build_api().openapi())
        if name.startswith("POST /api/")
    ]
    assert len(acting) > 6  # or this looks at nothing
    for name, operation in acting:
        assert "Idempotency-Key" in {each["name"] for each in operation["parameters"]}, name


PROBLEM = {"type", "title", "status", "detail", "hint", "request_id"}


WRONG = [
    ("GET", "/api/v1/me", 401),
    ("GET", "/api/v1/nothing", 404),
    ("GET", "/api/v1/workflows/pause", 405),
    ("PUT", "/api/v1/me", 405),
    ("DELETE", "/auth/logout", 405),
    ("GET", "/api/v1/workflows?ns=main&page_size=1001", 422),
    ("GET", "/readyz", 503),
    ("GET", "/ping", 404),
]


async def test_every_error_is_a_problem_with_the_id_of_its_request(front):
    visitor = front.visitor()
    for method, path, status in WRONG:
        answer = await visitor.http.request(method, path, headers={"Origin": visitor.origin})
        assert answer.status_code == status, path
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert set(problem) >= PROBLEM
        assert problem["status"] == status
        assert problem["request_id"] == answer.headers["x-request-id"], path


async def test_a_wrong_method_names_the_right_ones(front):
    visitor = front.visitor()
    assert (await visitor.gets("/api/v1/workflows/pause")).headers["allow"] == "POST"
    assert (await visitor.gets("/api/v1/temporal/signal/a/b")).headers["allow"] == "POST"


async def test_what_goes_wrong_inside_is_told_to_nobody_outside(furnished, capsys):
    def with_fault(api):
        @api.get("/fault")
        async def fault(given: str):
            return int(given)

        api.router.routes.insert(0, api.router.routes.pop())

    async with furnished(extend=with_fault) as front:
        answer = await front.visitor().gets("/fault", given="a secret")
        assert answer.status_code == 500
        assert "secret" not in answer.text
        assert "Traceback" not in answer.text
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
    logged = "".join(capsys.readouterr())  # wherever the log goes in this process
    assert answer.json()["request_id"] in logged
    assert "ValueError" in logged
    assert "a secret" not in logged
