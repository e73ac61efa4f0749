"""What is started when: modest, steady, and the same again for everybody who starts the demo."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Final

from temporalio.client import Client, WorkflowHandle
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.service import RPCError

from inspector_app.demo.places import ACME, MAIN, STAGING, Place
from inspector_app.demo.samples.approval import WAITS_FOR, PurchaseInput
from inspector_app.demo.samples.pipeline import PipelineInput, Trouble
from inspector_app.demo.samples.research import ResearchInput
from inspector_app.demo.samples.support import SupportInput
from inspector_app.demo.starts import Start

_SEED: Final = 20261124
_CUSTOMERS: Final = ("acme", "globex", "initech", "umbrella", "hooli", "wayne")
_TOPICS: Final = (
    "the market for home batteries",
    "heat pumps in old buildings",
    "open models in customer support",
    "rail freight across the Alps",
    "paper as packaging",
)
_COMPLAINTS: Final = (
    "My parcel has not come yet.",
    "I was charged twice.",
    "How do I send this back?",
    "The lamp flickers.",
)
_PURCHASES: Final = (
    ("two GPU servers", "18,400.00 EUR"),
    ("a year of the embeddings API", "6,200.00 EUR"),
    ("licences for the design team", "2,150.00 EUR"),
)
_SOURCES: Final = ("orders", "invoices", "tickets", "ledger", "stock")

CYCLE: Final[tuple[tuple[Place, str], ...]] = (
    *((MAIN, "research"), (MAIN, Trouble.RATE_LIMIT), (MAIN, "support"), (MAIN, "approval")),
    *((MAIN, "brief"), (MAIN, Trouble.OUTAGE), (STAGING, "research"), (ACME, "support")),
    *((MAIN, Trouble.SLOW), (MAIN, "no source"), (STAGING, Trouble.NONE), (ACME, "approval")),
    *((MAIN, Trouble.NONE), (MAIN, Trouble.BAD_RECORD)),
)
"""What the runs are, one after the other, and then again."""

MOST_WAITING: Final = {"ResearchAgent": 6, "SupportAgent": 5, "PurchaseApproval": 4}
"""As many runs of a type wait for a person in a namespace; those beyond get an answer."""


def plan(number: int) -> tuple[Place, Start]:
    """Say what the run with this number, from 0, is, and where."""
    chance = random.Random(f"{_SEED}/{number}")  # noqa: S311 - a sample, not a secret
    place, kind = CYCLE[number % len(CYCLE)]
    match kind:
        case "support":
            start = _support(chance)
        case "approval":
            start = _approval(chance)
        case Trouble():
            start = _pipeline(chance, kind)
        case _:
            start = _research(chance, kind)
    return place, replace(start, id=f"{start.id}-{number:04d}")


def _research(chance: random.Random, kind: str) -> Start:
    customer, topic = chance.choice(_CUSTOMERS), chance.choice(_TOPICS)
    if kind == "no source":
        topic = "the outage of a supplier"
    return Start(
        workflow="ResearchAgent",
        id=f"research-agent/{customer}",
        argument=ResearchInput(f"{topic}, for {customer}", needs_approval=kind != "brief"),
        summary=f"Research for {customer}: {topic}",
    )


def _support(chance: random.Random) -> Start:
    customer, message = chance.choice(_CUSTOMERS), chance.choice(_COMPLAINTS)
    return Start(
        workflow="SupportAgent",
        id=f"support/{customer}",
        argument=SupportInput(customer, message),
        summary=f"{customer}: {message}",
    )


def _pipeline(chance: random.Random, trouble: Trouble) -> Start:
    source = chance.choice(_SOURCES)
    return Start(
        workflow="Pipeline",
        id=f"pipeline/{source}",
        argument=PipelineInput(source, trouble=trouble),
        summary=f"Copy {source} into the warehouse",
        within=timedelta(seconds=60) if trouble is Trouble.SLOW else timedelta(minutes=30),
    )


def _approval(chance: random.Random) -> Start:
    what, price = chance.choice(_PURCHASES)
    decides = chance.choice(("lena", "milan"))
    return Start(
        workflow="PurchaseApproval",
        id="approval/purchase",
        argument=PurchaseInput(what, price, decides=decides, then="sofia"),
        summary=f"Buy {what} for {price}",
        memo={"what": what, "price": price, "waits for": decides},
        attributes=TypedSearchAttributes([SearchAttributePair(WAITS_FOR, decides)]),
    )


async def answer_oldest(client: Client) -> int:
    """Answer the runs that have waited longest, where too many wait; returns how many."""
    types = ", ".join(f"'{each}'" for each in MOST_WAITING)
    query = f"ExecutionStatus = 'Running' AND WorkflowType IN ({types})"
    waiting = dict.fromkeys(MOST_WAITING, 0)
    answered = 0
    async for run in client.list_workflows(query):  # newest first
        waiting[run.workflow_type] += 1
        if waiting[run.workflow_type] > MOST_WAITING[run.workflow_type]:
            await _answer(client.get_workflow_handle(run.id), run.workflow_type)
            answered += 1
    return answered


async def _answer(handle: WorkflowHandle[object, object], workflow: str) -> None:
    name, arguments = {
        "ResearchAgent": ("approve", [True, "by the demo's own reviewer"]),
        "SupportAgent": ("close", ["the demo's own colleague"]),
        "PurchaseApproval": ("decide", [True, "by the demo's own manager"]),
    }[workflow]
    try:
        await handle.signal(name, args=arguments)
    except RPCError:
        return  # a person was faster
