"""Histories whose payloads only the users' own converter can read."""

from __future__ import annotations

import pytest

from inspector_app.replay.histories import decode, read
from tests.fixtures.replay.walls import CHAIN, CHAIN_CODE

ENCODED = """
import base64, dataclasses
from temporalio.api.common.v1 import Payload
from temporalio.converter import DataConverter, PayloadCodec


class Secret(PayloadCodec):
    async def encode(self, payloads):
        how = {"encoding": b"binary/encrypted"}
        return [Payload(metadata=how, data=each.SerializeToString()[::-1]) for each in payloads]

    async def decode(self, payloads):
        return [
            Payload.FromString(each.data[::-1])
            if each.metadata["encoding"] == b"binary/encrypted" else each
            for each in payloads
        ]


secret = dataclasses.replace(DataConverter.default, payload_codec=Secret())
"""


@pytest.fixture
def encoded():
    """The chain's history, encrypted as `ENCODED` does it."""
    from temporalio.api.history.v1 import History

    namespace = {}
    exec(ENCODED, namespace)
    events = read(CHAIN).events
    walk = decode(events, namespace["Secret"]().encode)
    with pytest.raises(StopIteration):
        walk.send(None)
    return History(events=events).SerializeToString()


def test_encoded_payloads_without_a_codec_are_not_called_non_determinism(replayed, encoded):
    found = replayed(CHAIN_CODE, history=encoded)
    assert found["verdict"] == "error"
    assert "binary/encrypted" in found["explanation"]
    assert "--converter" in found["explanation"]


def test_encoded_payloads_are_read_through_the_users_converter(replayed, encoded):
    code = ENCODED + CHAIN_CODE
    assert replayed(code, history=encoded, converter="orders:secret")["verdict"] == "identical"
    changed = replayed(
        code.replace('"charge", order', '"charge", order * 2'),
        history=encoded,
        converter="orders:secret",
    )
    assert changed["verdict"] == "drift"
    assert changed["first_divergence"]["original"]["attributes"]["arguments"] == ["x"]
