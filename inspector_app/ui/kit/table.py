"""Tables: the head, written once, and the mark by which keys find the rows they walk."""

from __future__ import annotations

from collections.abc import Iterable

import reflex as rx

Column = tuple[str, str, str]
"""Its word, classes and width."""


def table(
    head: Iterable[Column],
    *rows: rx.Component,
    css: str,
    before: rx.Component | None = None,
    walked: bool = True,
) -> rx.Component:
    """Show `rows` under `head`; `before` heads a column that stands first.

    `walked` are rows that j and k go along.
    """
    words = (rx.el.th(word, class_name=names, width=width) for word, names, width in head)
    return rx.el.table(
        rx.el.thead(rx.el.tr(*([before] if before else []), *words)),
        rx.el.tbody(*rows, custom_attrs={"data-rows": ""} if walked else {}),
        class_name=f"tbl {css}",
    )
