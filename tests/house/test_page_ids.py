"""Reflex finds a form's fields by their ids, over the whole page: two alike lose what is typed."""

from __future__ import annotations

from collections import Counter

import pytest
import reflex as rx

from inspector_app.inspector_app import PAGES


def parts(component):
    """Everything on a page, in dialogs that are shut and in every branch, too."""
    yield component
    for child in component.children:
        yield from parts(child)


def said(value):
    """An id as it stands in the page, whether plain or a literal of Reflex's."""
    return None if value is None else str(value).strip('"')


def ids(page):
    return Counter(said(each.id) for each in parts(page) if getattr(each, "id", None) is not None)


@pytest.mark.parametrize(("route", "page"), [each[:2] for each in PAGES])
def test_no_two_things_on_a_page_have_one_id_and_every_label_names_a_field(route, page):
    whole = page()
    found = ids(whole)
    assert [name for name, times in found.items() if times > 1] == []
    labels = (each.html_for for each in parts(whole) if isinstance(each, rx.el.Label))
    named = {said(each) for each in labels if each is not None}
    assert named <= set(found), route
    buttons = (each.form for each in parts(whole) if isinstance(each, rx.el.Button))
    assert {said(each) for each in buttons if each is not None} <= set(found), route


def test_two_fields_with_one_id_are_found_however_deep_they_stand():
    twice = rx.fragment(
        rx.cond(rx.State.is_hydrated, rx.el.input(id="reason")),
        rx.el.form(rx.el.div(rx.el.textarea(id="reason"))),
    )
    assert ids(twice) == {"reason": 2}
