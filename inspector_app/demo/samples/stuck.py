"""A run stuck in non-determinism: started on version 1 of its code, served by version 2.

Both versions stand here under one workflow name, so that the change between them can be read.
Version 2 asks for disputes before it looks the invoice up; a run that has begun without that
step cannot go on. It can be reset to its beginning.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from temporalio import activity, workflow

TASK_QUEUE: Final = "invoices-demo"
_NAME: Final = "InvoiceReminder"
_STEP: Final = timedelta(seconds=10)
_FIRST_WAIT: Final = timedelta(seconds=4)
_LONGEST_WAIT: Final = timedelta(days=1)


@activity.defn
async def look_up_invoice(invoice: str) -> str:
    """Look an invoice up; returns who owes it."""
    return f"the debtor of {invoice}"


@activity.defn
async def check_disputes(invoice: str) -> bool:
    """Say whether somebody disputes the invoice."""
    return invoice.endswith("13")


@activity.defn
async def send_reminder(debtor: str) -> str:
    """Remind; returns what was sent."""
    return f"A reminder went to {debtor}."


class _Reminding:
    """What both versions share: remind ever more seldom until the money is there."""

    def __init__(self) -> None:
        self._paid = False

    async def _until_paid(self, debtor: str) -> str:
        wait = _FIRST_WAIT
        while not self._paid:
            try:
                await workflow.wait_condition(lambda: self._paid, timeout=wait)
            except TimeoutError:
                await workflow.execute_activity(
                    send_reminder, debtor, start_to_close_timeout=_STEP
                )
                wait = min(wait * 4, _LONGEST_WAIT)
        return "paid"

    @workflow.signal(description="The money has arrived.")
    def paid(self) -> None:
        """End the reminding."""
        self._paid = True


@workflow.defn(name=_NAME)
class InvoiceReminderV1(_Reminding):
    """The first version."""

    @workflow.run
    async def run(self, invoice: str) -> str:
        """Remind until the invoice is paid."""
        debtor = await workflow.execute_activity(
            look_up_invoice, invoice, start_to_close_timeout=_STEP
        )
        return await self._until_paid(debtor)


@workflow.defn(name=_NAME)
class InvoiceReminderV2(_Reminding):
    """The second version: a step more, without `workflow.patched`."""

    @workflow.run
    async def run(self, invoice: str) -> str:
        """Remind until the invoice is paid, unless it is disputed."""
        if await workflow.execute_activity(check_disputes, invoice, start_to_close_timeout=_STEP):
            return "disputed"
        debtor = await workflow.execute_activity(
            look_up_invoice, invoice, start_to_close_timeout=_STEP
        )
        return await self._until_paid(debtor)


ACTIVITIES = [look_up_invoice, check_disputes, send_reminder]
