"""Answers that no history holds: of the type that the code declares, in two ways."""

from __future__ import annotations

import dataclasses
import enum
from typing import Any, Literal, Optional, TypedDict

import pytest
from pydantic import BaseModel
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter

from inspector_app.replay.made_up import payload_for
from inspector_app.replay.recorder import Target, record
from tests.fixtures.replay.corpus import history_of
from tests.replay.test_corpus import replayed


class Size(enum.StrEnum):
    SMALL = "s"
    LARGE = "l"


@dataclasses.dataclass
class Line:
    item: str
    pieces: int
    size: Size


@dataclasses.dataclass
class Order:
    lines: list[Line]
    paid: bool
    note: str | None
    parent: Optional[Order] = None  # noqa: UP045 - as much code has it


class Address(TypedDict):
    street: str
    number: int


class Invoice(BaseModel):
    total: float
    lines: list[str]


PLAIN = DataConverter.default.payload_converter
TYPES = [
    *(str, int, float, bool, Size, Line, Order, Address, list[int], dict[str, int]),
    *(tuple[str, int], str | None, list[Line], Literal["a", "b"]),
]


@pytest.mark.parametrize("hint", TYPES)
def test_what_is_made_up_is_read_as_the_type_that_is_declared(hint):
    one, other = (
        PLAIN.from_payload(payload_for(hint, None, other=other), hint) for other in (False, True)
    )
    assert hint == dict[str, int] or one != other


def test_a_pydantic_model_is_made_up_too():
    converter = pydantic_data_converter.payload_converter
    one, other = (
        converter.from_payload(payload_for(Invoice, None, other=other), Invoice)
        for other in (False, True)
    )
    assert (one.total, one.lines) == (0.0, [])
    assert other != one


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (str, "shipped"),
        (int, 3),
        (bool, True),
        (Line, Line("pear", 3, Size.SMALL)),
        (Order, Order([Line("pear", 3, Size.LARGE)], paid=True, note=None)),
        (Any, {"total": 3.5, "items": ["a"]}),
        (None, None),
        (Size, Size.LARGE),
    ],
)
def test_what_history_answers_to_the_like_is_the_first_way_and_all_else_the_second(hint, value):
    sample = PLAIN.to_payload(value)
    assert payload_for(hint, sample, other=False) == sample
    other = payload_for(hint, sample, other=True)
    assert PLAIN.from_payload(other, hint) != value


def test_a_type_that_nothing_is_known_of_is_answered_all_the_same():
    class Odd:
        __hash__ = None

    assert payload_for(Odd(), None, other=True) is not None


def test_it_is_said_where_knowledge_ends():
    said = replayed("chain", "LoopsForEver", "Chain")["explanation"]
    assert "that was not compared" in said
    assert "that was not compared" not in replayed("chain", "Renamed", "Chain")["explanation"]


def test_what_hangs_on_a_made_up_answer_is_marked_and_no_difference_of_its_own():
    target = Target("tests.fixtures.replay.outside:PayerOtherOperation")
    end = record(history_of("Payer"), target)["replayed"][-1]
    assert (end["kind"], end["uncertain"]) == ("complete", ("result",))
