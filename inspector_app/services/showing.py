"""What leaves: the domain's values as a role may see them, with texts cut to what is shown.

Everything read at Temporal or kept of it goes through here, after the door and before screens,
API, sockets and kept answers; adapters and caches hold it as it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeVar

import orjson

from inspector_app.domain.audit import Entry
from inspector_app.domain.histories import FAILURE_KEPT, Event, EventPage, EventRow, RawEvent
from inspector_app.domain.operations import Item, Operation
from inspector_app.domain.overview import Overview
from inspector_app.domain.veils import TOO_DEEP, TOO_LONG, Veil
from inspector_app.domain.workflows import (
    Handler,
    Handlers,
    PendingActivity,
    RawData,
    Run,
    RunData,
    RunPage,
    RunSummary,
)

R = TypeVar("R")
S = TypeVar("S")
CUT: Final = 64 * 1024
"""Characters of a payload's text that are shown."""
LINE: Final = 200
"""Characters of a failure's first line."""


async def aside(veil: Veil, show: Callable[[Veil, R], S], raw: R) -> S:
    """Show what may be long, in a thread where that takes its time: others go on meanwhile."""
    return show(veil, raw) if veil.is_open else await asyncio.to_thread(show, veil, raw)


def show_summary(veil: Veil, run: RunSummary) -> RunSummary:
    """Return a row of a listing."""
    if veil.is_open:
        return run
    problems = tuple(map(veil.text, run.problems))
    return replace(run, problems=problems, pause_reason=veil.text(run.pause_reason))


def show_page(veil: Veil, page: RunPage) -> RunPage:
    """Return a page of a listing."""
    return replace(page, runs=tuple(show_summary(veil, run) for run in page.runs))


def show_run(veil: Veil, run: Run) -> Run:
    """Return a description."""
    pause = run.pause and replace(run.pause, reason=veil.text(run.pause.reason))
    return replace(
        run,
        summary=show_summary(veil, run.summary),
        pause=pause,
        search_attributes=tuple(
            (veil.text(name), _member(veil, name, value)) for name, value in run.search_attributes
        ),
        memo=tuple((veil.text(name), _member(veil, name, value)) for name, value in run.memo),
        activities=tuple(_activity(veil, each) for each in run.activities),
    )


def show_data(veil: Veil, data: RawData) -> RunData:
    """Return what went into a run and came out."""
    given, given_cut = _payloads(veil, data.input)
    result, result_cut = _payloads(veil, data.result)
    return RunData(
        input=given,
        result=result,
        failure=veil.failure(data.failure),
        input_cut=given_cut,
        result_cut=result_cut,
        closing_event=data.closing_event,
    )


def show_row(veil: Veil, row: EventRow) -> EventRow:
    """Return an event in a line."""
    subject, note = row.subject, row.note
    if row.failure:
        unsure = len(row.failure) >= FAILURE_KEPT and not veil.is_open
        line = TOO_LONG if unsure else first_line(veil.failure(row.failure))
        subject, note = (each.replace(row.failure, line) for each in (subject, note))
    elif veil.is_open:
        return row
    return replace(row, subject=veil.text(subject), note=veil.text(note), failure="")


def show_events(veil: Veil, page: EventPage) -> EventPage:
    """Return rows of a history."""
    return replace(page, rows=tuple(show_row(veil, row) for row in page.rows))


def show_event(veil: Veil, event: RawEvent) -> Event:
    """Return one event in full."""
    json = written(veil.tree(event.tree))
    return Event(row=show_row(veil, event.row), json=json, links=event.links)


def show_handlers(veil: Veil, found: Handlers) -> Handlers:
    """Return what a workflow declares and says of itself."""
    if veil.is_open:
        return found

    def told(handlers: tuple[Handler, ...]) -> tuple[Handler, ...]:
        return tuple(replace(each, description=veil.text(each.description)) for each in handlers)

    return replace(
        found,
        signals=told(found.signals),
        queries=told(found.queries),
        updates=told(found.updates),
        current_details=veil.text(found.current_details),
        reason=veil.failure(found.reason),
    )


def show_operation(veil: Veil, operation: Operation) -> Operation:
    """Return an operation; what its signal carries never leaves."""
    if veil.is_open:
        return operation
    return replace(
        operation,
        deed=replace(operation.deed, reason=veil.text(operation.deed.reason)),
        query=veil.text(operation.query),
        note=veil.text(operation.note),
    )


def show_item(veil: Veil, item: Item) -> Item:
    """Return what became of one target."""
    return item if veil.is_open else replace(item, detail=veil.text(item.detail))


def show_entry(veil: Veil, entry: Entry) -> Entry:
    """Return an entry of the audit log."""
    if veil.is_open:
        return entry
    record = entry.record
    record = replace(record, reason=veil.text(record.reason), detail=veil.text(record.detail))
    return replace(entry, record=record)


def show_overview(veil: Veil, overview: Overview) -> Overview:
    """Return the runs that need somebody, with the numbers."""
    if veil.is_open:
        return overview
    return replace(
        overview,
        namespaces=tuple(
            replace(
                place,
                needy=tuple(
                    replace(needy, run=show_summary(veil, needy.run)) for needy in place.needy
                ),
            )
            for place in overview.namespaces
        ),
    )


def first_line(text: str) -> str:
    """Return the first line of a failure's text, at most LINE characters."""
    return text.strip().split("\n", 1)[0][:LINE]


def written(value: object) -> str:
    """Return indented JSON."""
    try:
        options = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
        return orjson.dumps(value, option=options).decode()
    except orjson.JSONEncodeError:  # its own limit of depth
        return f'"{TOO_DEEP}"'


def _member(veil: Veil, name: str, value: str) -> str:
    """Return a member of a memo or of search attributes: JSON, or a plain text."""
    if veil.is_open:
        return value
    try:
        found: object = orjson.loads(value)
    except orjson.JSONDecodeError:
        found = value
    shown = veil.member(name, found)
    if shown == found:
        return value
    return shown if isinstance(shown, str) else written(shown)


def _activity(veil: Veil, activity: PendingActivity) -> PendingActivity:
    return replace(activity, last_failure=first_line(veil.failure(activity.last_failure)))


def _payloads(veil: Veil, values: tuple[object, ...]) -> tuple[str, bool]:
    """Return payloads as text, one value bare or several as a list, and whether it was cut."""
    shown = [veil.value(each) for each in values]
    if not shown:
        return "", False
    text = written(shown[0] if len(shown) == 1 else shown)
    return text[:CUT], len(text) > CUT
