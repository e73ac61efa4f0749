"""Pages ask services by names that no checker reads: Reflex's own types hide them from it."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

from inspector_app.services import registry

PACKAGE = Path(registry.__file__).parents[1]


def kinds():
    """The class of each service, by the name it is asked by."""
    tree = ast.parse(Path(registry.__file__).read_text())
    modules = {
        name.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for name in node.names
    }
    (services,) = (
        each for each in tree.body if isinstance(each, ast.ClassDef) and each.name == "Services"
    )
    named = {
        each.target.id: each.annotation.id
        for each in services.body
        if isinstance(each, ast.AnnAssign) and isinstance(each.annotation, ast.Name)
    }
    return {name: getattr(import_module(modules[kind]), kind) for name, kind in named.items()}


def asked(path):
    """What a file asks of services: `services().people.add`, or of a local of that name."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Attribute(attr=what, value=ast.Attribute(attr=service, value=of)):
                called = of.func if isinstance(of, ast.Call) else of
                name = getattr(called, "attr", getattr(called, "id", ""))
                if name == "services":
                    yield service, what, node.lineno


@pytest.mark.parametrize("layer", ["ui", "api"])
def test_every_service_that_a_page_or_route_asks_has_what_is_asked(layer):
    known, seen = kinds(), 0
    for path in sorted((PACKAGE / layer).rglob("*.py")):
        for service, what, line in asked(path):
            where = f"{path.relative_to(PACKAGE)}:{line}: {service}.{what}"
            assert service in known, where
            kind = known[service]
            there = hasattr(kind, what) or what in getattr(kind, "__annotations__", {})
            assert there, where
            seen += 1
    assert seen > 40
