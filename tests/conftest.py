"""Fixtures that every test may ask for."""

pytest_plugins = [
    "tests.fixtures.kinds",
    "tests.fixtures.shares",
    "tests.fixtures.database",
    "tests.fixtures.front",
    "tests.fixtures.postgres",
    "tests.fixtures.temporal",
    "tests.fixtures.redis",
    "tests.fixtures.slapd",
    "tests.fixtures.samba",
    "tests.fixtures.app",
    "tests.fixtures.commands",
    "tests.fixtures.browser",
    "tests.fixtures.openid",
    "tests.fixtures.backstage",
    "tests.fixtures.replay.sdks",
    "tests.fixtures.replay.walls",
]
