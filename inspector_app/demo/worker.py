"""The sample worker: `python -m inspector_app.demo.worker --address HOST:PORT`.

Runs the sample agent and starts a new one every half minute, so that there is something to see.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import random
import signal
from collections import deque
from datetime import UTC, datetime

from pydantic_ai.durable_exec.temporal import PydanticAIPlugin
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError
from temporalio.worker import Worker

from inspector_app.demo.agent import (
    TASK_QUEUE,
    ResearchAgent,
    ResearchInput,
    ResearchResult,
)

log = logging.getLogger("inspector.demo")

EVERY = 30.0  # seconds between two new runs
AT_FIRST = 4
MOST_WAITING = 10
_RETRY = 2.0
_CUSTOMERS = ("acme", "globex", "initech", "umbrella", "hooli", "wayne")
_TOPICS = (
    "the market for home batteries",
    "heat pumps in old buildings",
    "open models in customer support",
    "the outage of a supplier",
    "rail freight across the Alps",
    "paper as packaging",
)


async def work(address: str, namespace: str) -> None:
    """Serve the task queue and keep runs coming until cancelled; waits for a server to appear."""
    while True:
        try:
            client = await Client.connect(
                address, namespace=namespace, plugins=[PydanticAIPlugin()]
            )
            async with Worker(client, task_queue=TASK_QUEUE, workflows=[ResearchAgent]):
                await _keep_starting(client)
        except (RPCError, RuntimeError) as error:
            log.warning("the server does not answer, trying again: %s", error)
            await asyncio.sleep(_RETRY)


async def _keep_starting(client: Client) -> None:
    seed = int(datetime.now(UTC).timestamp())
    chance = random.Random(seed)  # noqa: S311 - a sample, not a secret
    waiting: deque[WorkflowHandle[ResearchAgent, ResearchResult]] = deque()
    number = 0
    while True:
        customer, topic = chance.choice(_CUSTOMERS), chance.choice(_TOPICS)
        # The run's own history is the log: no copy of it on a terminal.
        with contextlib.suppress(RPCError):
            handle = await client.start_workflow(
                ResearchAgent.run,
                ResearchInput(topic=f"{topic}, for {customer}"),
                id=f"research-agent/{customer}-{seed % 100_000:x}{number:03x}",
                task_queue=TASK_QUEUE,
            )
            waiting.append(handle)
        number += 1
        # Some get their answer from here, so that there are finished runs; the rest wait for you.
        for handle in [each for each in list(waiting)[:-2] if chance.random() < 0.15]:  # noqa: PLR2004 - about one in seven
            waiting.remove(handle)
            await _approve(handle, approved=chance.random() < 0.8)  # noqa: PLR2004 - four in five
        while len(waiting) > MOST_WAITING:
            await _approve(waiting.popleft(), approved=True)
        await asyncio.sleep(EVERY if number >= AT_FIRST else 1.0)


async def _approve(
    handle: WorkflowHandle[ResearchAgent, ResearchResult], *, approved: bool
) -> None:
    # Whoever was faster, a person or a failure, has closed it already.
    with contextlib.suppress(RPCError):
        await handle.signal(ResearchAgent.approve, args=[approved, "by the demo's own reviewer"])


def main() -> None:
    """Run until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", required=True)
    parser.add_argument("--namespace", default="default")
    given = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)

    async def until_told() -> None:
        task = asyncio.create_task(work(given.address, given.namespace))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(until_told())


if __name__ == "__main__":
    main()
