"""Code under a patch: what has changed since, so that runs from before keep their old path.

Works on source text alone, and runs nothing: the old code and the new one are laid over each
other statement by statement, and where they part `workflow.patched` chooses between them.
"""

from __future__ import annotations

import ast
from difflib import unified_diff

from inspector_app.domain.errors import Invalid
from inspector_app.domain.patching.merging import Merge
from inspector_app.domain.patching.texts import Function, Text, alias_of, choice, parsed


def laid_over(old: str, new: str, patch: str, *, workflow: str, before: str = "") -> str:
    """Return the new module's text with its workflow's changes under a patch.

    Args:
        old: The module's text as it was when the runs began.
        new: Its text today.
        patch: The patch's id.
        workflow: The class's name, dotted if it is nested.
        before: Its name in the old text, if that was another.

    Raises:
        Invalid: One of them is no Python, or has no such class.
    """
    return Merge(old, new, patch).run(before or workflow, workflow)


def guarded(new: str, line: int, patch: str) -> str:
    """Return a module's text with the statement at a line under a patch: one that is new.

    Raises:
        Invalid: There is no statement of a function at that line.
    """
    tree = parsed(new)
    found = None
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or 0):
            inner = isinstance(node, Function | ast.ClassDef)
            if not inner and (found is None or node.lineno >= found.lineno):
                found = node
    if found is None:
        raise Invalid(f"There is no statement at line {line}.")
    text = Text(new)
    text.replace([found], [choice(alias_of(tree), patch, text.of([found])) or ""])
    return text.written(alias_of(tree))


def difference(before: str, after: str, file: str) -> str:
    """Return what was changed, as `patch -p1` takes it."""
    lines = unified_diff(
        before.splitlines(keepends=True),
        after.splitlines(keepends=True),
        f"a/{file}",
        f"b/{file}",
    )
    return "".join(lines)
