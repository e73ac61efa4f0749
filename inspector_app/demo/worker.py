"""The sample worker: `python -m inspector_app.demo.worker --address HOST:PORT --counter FILE`.

One process serves every namespace of the demo and keeps runs coming, so that there is something
to see.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
from pathlib import Path
from typing import Final

from pydantic_ai.durable_exec.temporal import PydanticAIPlugin
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import Worker

from inspector_app.demo.places import MAIN, PLACES, Place
from inspector_app.demo.samples import approval, long_run, pipeline, research, support
from inspector_app.demo.standing import LONG_RUN, ensure_schedule, serve_stuck_run
from inspector_app.demo.starts import TASK_QUEUE, begin
from inspector_app.demo.traffic import CYCLE, answer_oldest, plan

log = logging.getLogger("inspector.demo")

EVERY: Final = 30.0  # seconds between two new runs
_AT_FIRST: Final = 2.0  # until each kind is there once
_RETRY: Final = 2.0
_NICE: Final = 10  # the app goes first: people wait for it


async def work(address: str, counter: Path) -> None:
    """Serve and start runs until cancelled; waits for a server to appear.

    Args:
        address: `host:port` of the server.
        counter: Keeps the number of the next run, so that a restart goes on from there.
    """
    while True:
        try:
            async with contextlib.AsyncExitStack() as serving:
                clients: dict[Place, Client] = {}
                for place in PLACES:
                    clients[place] = await connected(address, place.name)
                    await serving.enter_async_context(worker(clients[place]))
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(_stand(clients[MAIN]))
                    tasks.create_task(_keep_starting(clients, counter))
        except* (RPCError, RuntimeError) as errors:
            log.warning("the server does not answer, trying again: %s", errors.exceptions[0])
        await asyncio.sleep(_RETRY)


async def connected(address: str, namespace: str) -> Client:
    """Connect to a namespace, which then knows the samples' search attribute."""
    client = await Client.connect(address, namespace=namespace, plugins=[PydanticAIPlugin()])
    name, kind = approval.WAITS_FOR.name, IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
    request = AddSearchAttributesRequest(namespace=namespace, search_attributes={name: kind})
    await client.operator_service.add_search_attributes(request)
    return client


def worker(client: Client) -> Worker:
    """Make a worker that knows every sample but the stuck one, and stays small."""
    return Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=[
            research.ResearchAgent,
            research.SourceReader,
            support.SupportAgent,
            pipeline.Pipeline,
            approval.PurchaseApproval,
            long_run.ArchiveIndexer,
        ],
        activities=[
            pipeline.extract,
            pipeline.transform,
            pipeline.load,
            approval.remind,
            long_run.index_page,
            long_run.split_chunk,
        ],
        max_cached_workflows=30,
        max_concurrent_activities=20,
        max_concurrent_workflow_task_polls=2,
        max_concurrent_activity_task_polls=2,
    )


async def _stand(client: Client) -> None:
    await begin(client, LONG_RUN)
    await ensure_schedule(client)
    await serve_stuck_run(client)


async def _keep_starting(clients: dict[Place, Client], counter: Path) -> None:
    number = _kept(counter)
    while True:
        place, start = plan(number)
        await begin(clients[place], start)
        number += 1
        _keep(counter, number)
        await asyncio.sleep(EVERY if number > len(CYCLE) else _AT_FIRST)
        for client in clients.values():
            await answer_oldest(client)


def _kept(counter: Path) -> int:
    with contextlib.suppress(OSError, ValueError):
        return max(0, int(counter.read_text(encoding="ascii")))
    return 0


def _keep(counter: Path, number: int) -> None:
    # In one step: a counter cut off by a kill would begin with ids that are all used.
    new = counter.with_suffix(".new")
    new.write_text(str(number), encoding="ascii")
    new.replace(counter)


def main() -> None:
    """Run until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", required=True)
    parser.add_argument("--counter", required=True, type=Path)
    given = parser.parse_args()
    os.nice(_NICE)
    logging.basicConfig(level=logging.WARNING)
    # What fails in a run stands in its history; here it would only fill the disk.
    logging.getLogger("temporalio").setLevel(logging.ERROR)

    async def until_told() -> None:
        task = asyncio.create_task(work(given.address, given.counter))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(until_told())


if __name__ == "__main__":
    main()
