"""A module's text: what is read of it, and lines of it replaced."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Final

from inspector_app.domain.errors import Invalid

Function = ast.FunctionDef | ast.AsyncFunctionDef
_STEP: Final = "    "


def parsed(text: str) -> ast.Module:
    """Parse a module; raises Invalid where it is no Python."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise Invalid(f"The code is no Python that can be read here: {error}.") from None


def alias_of(tree: ast.Module) -> str:
    """Return by what name the module knows temporalio.workflow; "" if by none."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "temporalio":
            for each in node.names:
                if each.name == "workflow":
                    return each.asname or each.name
        if isinstance(node, ast.Import):
            for each in node.names:
                if each.name == "temporalio.workflow":
                    return each.asname or each.name
    return ""


class Text:
    """A module's lines, of which some are to be replaced."""

    def __init__(self, text: str) -> None:
        self.lines = text.splitlines()
        self._edits: list[tuple[int, int, list[str]]] = []

    def of(self, statements: Sequence[ast.stmt]) -> list[str]:
        """Return neighbours' lines, comments too, without their common indentation."""
        if not statements:
            return []
        first, last = statements[0], statements[-1]
        margin = first.col_offset
        lines = self.lines[_begin(first) - 1 : last.end_lineno]
        whole = all(not line[:margin].strip() for line in lines)
        if whole and not any(map(_has_long_text, statements)):
            return [line[margin:] for line in lines]
        return [line for each in statements for line in ast.unparse(each).splitlines()]

    def replace(self, statements: Sequence[ast.stmt], blocks: Sequence[str]) -> None:
        """Put lines, without indentation, in statements' place."""
        first, last = statements[0], statements[-1]
        margin = " " * first.col_offset
        self._put(_begin(first), last.end_lineno or last.lineno, margin, blocks)

    def insert(self, at: ast.stmt, blocks: Sequence[str], *, after: bool) -> None:
        """Put lines before or behind a statement, as deep as it stands."""
        line = (at.end_lineno or at.lineno) + 1 if after else _begin(at)
        self._put(line, line - 1, " " * at.col_offset, blocks)

    def _put(self, first: int, last: int, margin: str, blocks: Sequence[str]) -> None:
        lines = [margin + line if line else "" for block in blocks for line in block.split("\n")]
        self._edits.append((first, last, lines))

    def written(self, alias: str) -> str:
        """Return the text with all edits; imports temporalio's workflow where nobody does."""
        lines = list(self.lines)
        if not alias:
            tree = ast.parse("\n".join(lines))
            future = [each for each in tree.body if isinstance(each, ast.ImportFrom)]
            line = next(
                (each.end_lineno or 0 for each in future if each.module == "__future__"), 0
            )
            self._edits.append((line + 1, line, ["from temporalio import workflow"]))
        for first, last, put in sorted(self._edits, key=lambda each: each[:2], reverse=True):
            lines[first - 1 : last] = put
        return "\n".join(lines) + "\n"


def _begin(statement: ast.stmt) -> int:
    """Return a statement's first line, its decorators among it."""
    decorated = isinstance(statement, Function | ast.ClassDef)
    above = statement.decorator_list if decorated else []
    return min([statement.lineno, *(each.lineno for each in above)])


def _has_long_text(statement: ast.stmt) -> bool:
    """Whether a text spans lines: indenting it would change it."""
    return any(
        isinstance(node, ast.Constant | ast.JoinedStr)
        and (node.end_lineno or node.lineno) > node.lineno
        for node in ast.walk(statement)
    )


def choice(alias: str, patch: str, then: Sequence[str], otherwise: Sequence[str] = ()) -> str:
    """Return an `if` between lines for runs that know the patch and lines for older ones."""
    name = f"{alias or 'workflow'}.patched({patch!r})".replace("'", '"')
    condition = f"if {name}:" if then else f"if not {name}:"
    lines = [condition, *(_STEP + each if each else "" for each in then or otherwise)]
    if then and otherwise:
        lines += ["else:", *(_STEP + each if each else "" for each in otherwise)]
    return "\n".join(lines)
