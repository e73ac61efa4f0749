"""Several processes behind one address: pages kept in Redis outlive the process that served them.

This and `inspector_app.py` are where Reflex's own insides are touched for that (0.10.1, pinned).
"""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

import reflex as rx
import structlog
from redis.exceptions import RedisError
from reflex.app import EventNamespace
from reflex.istate.manager.redis import StateManagerRedis
from reflex.istate.manager.token import StateToken
from reflex.state import StateUpdate
from reflex.utils.token_manager import LostAndFoundRecord, RedisTokenManager
from reflex_base.event import Event

from inspector_app.services import registry
from inspector_app.ui.session import Notice, SessionState

log = structlog.get_logger(__name__)

LOOK_EVERY = 2.0
"""Seconds between two looks at Redis."""
_HYDRATE = f"{rx.State.get_full_name()}.hydrate_and_load"
_NOTICE = SessionState.notice._js_expr.rpartition(".")[2]
_AWAY = Notice(
    "failed",
    "Redis does not answer",
    "Inspector keeps open pages in it, so nothing moves here until it is back. "
    "Then this page goes on by itself.",
    "On the server: inspector doctor",
)


_T = TypeVar("_T")


class Releasing(StateManagerRedis):
    """Leaves no page locked when whoever held it is cancelled.

    Reflex cancels what a page asked for when its browser goes on to the next page. Where that
    meets the lock being taken or given back, the lock stays in Redis until it expires, and the
    next page, which has the same token, waits that long. Here both are carried to their end.
    """

    async def _wait_lock(self, lock_key: bytes, lock_id: bytes) -> None:
        waiting = _started(super()._wait_lock(lock_key, lock_id))
        try:
            await asyncio.shield(waiting)
        except asyncio.CancelledError:
            waiting.cancel()
            _started(self._give_back(waiting, lock_key, lock_id))
            raise

    async def _try_get_lock(self, lock_key: bytes, lock_id: bytes) -> bool | None:
        return await _whole(super()._try_get_lock(lock_key, lock_id))

    async def _give_back(
        self, waiting: asyncio.Task[None], lock_key: bytes, lock_id: bytes
    ) -> None:
        await asyncio.wait([waiting])
        with suppress(RedisError):
            if await self.redis.get(lock_key) == lock_id:
                await self.redis.delete(lock_key)
                self._notify_next_waiter(lock_key)

    @asynccontextmanager
    async def _lock(
        self, token: StateToken[object], event_name: str | None = None
    ) -> AsyncIterator[bytes]:
        held = super()._lock(token, event_name)
        lock_id = await held.__aenter__()
        try:
            yield lock_id
        except BaseException as error:
            await _whole(held.__aexit__(type(error), error, error.__traceback__))
            raise
        await _whole(held.__aexit__(None, None, None))


_UNDER_WAY: set[asyncio.Task[object]] = set()


def _started(work: Coroutine[object, object, _T]) -> asyncio.Task[_T]:
    task = asyncio.create_task(work)
    _UNDER_WAY.add(task)
    task.add_done_callback(_ended)
    return task


def _ended(task: asyncio.Task[object]) -> None:
    _UNDER_WAY.discard(task)
    if not task.cancelled():
        task.exception()  # who awaited it may be gone


async def _whole(work: Coroutine[object, object, _T]) -> _T:
    """Await `work`, which goes on to its end where its awaiter is cancelled."""
    task = _started(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


class TakingOver(RedisTokenManager):
    """Lets a browser keep its page when the process that it was connected to has died.

    Reflex leaves the record of that connection in Redis for an hour and takes whoever comes with
    the same token for a second tab, which gets a new token, and with it an empty state.
    """

    async def link_token_to_sid(self, token: str, sid: str) -> str | None:
        """Link as Reflex does, after a look whether the process on record still lives."""
        with suppress(RedisError):
            record = await self._fetch_socket_record(token)
            if record and record.instance_id != self.instance_id:
                if not await self._lives(record.instance_id, token):
                    await self.redis.delete(self._get_redis_key(token))
                self.token_to_socket.pop(token, None)
                self.sid_to_token.pop(record.sid, None)
        return await super().link_token_to_sid(token, sid)

    async def _lives(self, instance: str, token: str) -> bool:
        # Every process listens on a channel of its own, and Redis says how many it has reached:
        # of a process that was killed, the connection is closed. What is sent says nothing.
        nothing = LostAndFoundRecord(token=token, update=StateUpdate())
        channel = f"channel:{self._get_lost_and_found_key(instance)}"
        return bool(await self.redis.publish(channel, pickle.dumps(nothing)))


def install(app: rx.App) -> None:
    """Make `app` fit to be one of several, if it has a Redis to share."""
    sockets = app.event_namespace
    if sockets is None or not isinstance(sockets._token_manager, RedisTokenManager):
        return
    sockets._token_manager = TakingOver(sockets._token_manager.redis)
    assert isinstance(app.state_manager, StateManagerRedis)  # both go by the same setting
    app._state_manager = Releasing(redis=app.state_manager.redis)
    app.register_lifespan_task(_watch)


async def _watch(app: rx.App) -> None:
    """Say on every page that Redis is away; when it is back, let the pages load anew.

    No event comes through meanwhile, and what followed a run in the background has ended.
    """
    tries, was_away = registry.services().tries, False
    while True:
        await asyncio.sleep(LOOK_EVERY)
        away = not await tries.shared()
        if away != was_away:
            log.warning("redis_away" if away else "redis_back")
        if away:
            await _let_go(app)
            await _tell(app)
        elif was_away:
            await _let_go(app)
            await _resume(app)
        was_away = away


async def _let_go(app: rx.App) -> None:
    """Close what Reflex has open to Redis.

    It waits for an answer without end: where a Redis hangs, or its machine is gone without a
    word, so would every page. What waits fails at once, and what comes next connects anew.
    """
    clients = [_sockets_of(app)._token_manager.redis, app.state_manager.redis]
    await asyncio.gather(*(client.connection_pool.disconnect() for client in clients))


async def _tell(app: rx.App) -> None:
    """Show it on every page that is connected here: no state is needed for that."""
    said = StateUpdate(delta={SessionState.get_full_name(): {_NOTICE: _AWAY}})
    await _emit(_sockets_of(app), said)


async def _resume(app: rx.App) -> None:
    """Be on record again, and have every page ask for its state and load anew."""
    sockets = _sockets_of(app)
    records = sockets._token_manager
    assert isinstance(records, RedisTokenManager)
    records.ensure_lost_and_found_task(sockets.emit_update)
    records._ensure_socket_record_task()
    for token, record in list(records.token_to_socket.items()):
        if record.instance_id == records.instance_id:
            await records._store_socket_record(token, record)
    # As when it connects: the page answers with this very event and its address.
    await _emit(sockets, StateUpdate(events=[Event(name=_HYDRATE, payload={})]))


def _sockets_of(app: rx.App) -> EventNamespace:
    assert app.event_namespace is not None
    return app.event_namespace


async def _emit(sockets: EventNamespace, update: StateUpdate) -> None:
    for sid in list(sockets._static_router_data):  # the connections of this process
        await sockets.emit("event", update, to=sid)
