"""The old code laid over the new one: what parts stands under a patch."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from difflib import SequenceMatcher

from inspector_app.domain.errors import Invalid
from inspector_app.domain.patching.texts import Function, Text, alias_of, choice, parsed


@dataclass
class _Named:
    """What a body defines by name."""

    functions: dict[str, Function]
    others: dict[str, ast.stmt]


def _named(body: Sequence[ast.stmt]) -> _Named:
    functions: dict[str, Function] = {}
    others: dict[str, ast.stmt] = {}
    for each in body:
        if isinstance(each, Function):
            functions[each.name] = each
        for name in _defined(each):
            others[name] = each
    return _Named(functions, others)


def _defined(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, Function | ast.ClassDef):
        yield statement.name
    elif isinstance(statement, ast.Import | ast.ImportFrom):
        for each in statement.names:
            yield (each.asname or each.name).split(".")[0]
    elif isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            yield from (each.id for each in ast.walk(target) if isinstance(each, ast.Name))
    elif isinstance(statement, ast.With | ast.If | ast.Try):
        for each in statement.body:
            yield from _defined(each)


class Merge:
    """The old code laid over the new one."""

    def __init__(self, old: str, new: str, patch: str) -> None:
        self._old, self._new = parsed(old), parsed(new)
        self._was, self._text = Text(old), Text(new)
        self._patch, self._alias = patch, alias_of(self._new)

    def run(self, before: str, workflow: str) -> str:
        """Return the new text; the class went by the name `before` in the old one."""
        old, new = _class(self._old, before), _class(self._new, workflow)
        self._classes(old, new)
        if before == workflow:
            self._helpers()
        self._missing(old)
        return self._text.written(self._alias)

    def _helpers(self) -> None:
        """Lay functions of the module over each other, too."""
        was, now = _named(self._old.body).functions, _named(self._new.body).functions
        for name in was.keys() & now.keys():
            self._function(was[name], now[name])

    def _missing(self, old: ast.ClassDef) -> None:
        """Bring back what the old path needs of its module and the new one has not."""
        was, now = _named(self._old.body).others, _named(self._new.body).others
        used = {each.id for each in ast.walk(old) if isinstance(each, ast.Name)}
        needed = {name: each for name, each in was.items() if name in used and name not in now}
        statements = list(dict.fromkeys(needed.values()))
        anchor = next((each for each in self._new.body if isinstance(each, ast.ClassDef)), None)
        if statements and anchor is not None:
            lines = [line for each in statements for line in [*self._was.of([each]), ""]]
            self._text.insert(anchor, [*lines, ""], after=False)

    def _classes(self, was: ast.ClassDef, now: ast.ClassDef) -> None:
        """Lay a class over another, and bases by one name, too; a method that is gone comes back.

        What is new to a class may have been its base's before.
        """
        old, new = _methods(self._old, was), _named(now.body).functions
        for name, method in old.items():
            if name in new:
                self._function(method, new[name])
            elif name in _named(was.body).functions and name not in _methods(self._new, now):
                self._text.insert(now.body[-1], ["", *self._was.of([method])], after=True)
        theirs = {each.name: each for each in _bases(self._new, now)}
        for base in _bases(self._old, was):
            if base.name in theirs:
                self._classes(base, theirs[base.name])

    def _function(self, was: Function, now: Function) -> None:
        if was.name == "__init__":
            self._constructor(was, now)
        elif ast.dump(ast.Module(was.body, [])) != ast.dump(ast.Module(now.body, [])):
            self._block(was.body, now.body)

    def _constructor(self, was: Function, now: Function) -> None:
        """Bring back what only the old code keeps: it harms nobody, and needs no patch."""
        kept = {ast.dump(each.targets[0]) for each in now.body if isinstance(each, ast.Assign)}
        gone = [
            each
            for each in was.body
            if isinstance(each, ast.Assign) and ast.dump(each.targets[0]) not in kept
        ]
        if gone:
            self._text.insert(now.body[-1], self._was.of(gone), after=True)

    def _block(self, was: Sequence[ast.stmt], now: Sequence[ast.stmt]) -> None:
        """Lay statements over each other; what parts stands under the patch."""
        keys = ([ast.dump(each) for each in was], [ast.dump(each) for each in now])
        for kind, a, to_a, b, to_b in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
            old, new = was[a:to_a], now[b:to_b]
            if kind == "equal" or self._inside(old, new):
                continue
            block = [choice(self._alias, self._patch, self._text.of(new), self._was.of(old))]
            if new:
                self._text.replace(new, block)
            elif b < len(now):
                self._text.insert(now[b], block, after=False)
            else:
                self._text.insert(now[-1], block, after=True)

    def _inside(self, old: Sequence[ast.stmt], new: Sequence[ast.stmt]) -> bool:
        """Whether only the inside of a loop or the like has changed, which then is laid over."""
        if len(old) != 1 or len(new) != 1 or type(old[0]) is not type(new[0]):
            return False
        was, now = old[0], new[0]
        blocks = ("body", "orelse", "finalbody")
        if not isinstance(now, ast.For | ast.AsyncFor | ast.While | ast.With | ast.AsyncWith):
            return False
        if _header(was, blocks) != _header(now, blocks):
            return False
        for name in blocks:
            mine, theirs = getattr(was, name, []), getattr(now, name, [])
            if bool(mine) != bool(theirs):
                return False
        for name in blocks:
            if getattr(now, name, []):
                self._block(getattr(was, name), getattr(now, name))
        return True


def _header(statement: ast.stmt, without: Sequence[str]) -> str:
    """Return what a compound statement says before its blocks."""
    bare = copy(statement)
    for name in without:
        if hasattr(bare, name):
            setattr(bare, name, [])
    return ast.dump(bare)


def _bases(tree: ast.Module, of: ast.ClassDef) -> list[ast.ClassDef]:
    names = {each.id for each in of.bases if isinstance(each, ast.Name)}
    return [each for each in tree.body if isinstance(each, ast.ClassDef) and each.name in names]


def _methods(tree: ast.Module, of: ast.ClassDef) -> dict[str, Function]:
    """Return a class's methods, its own before those of its bases in the module."""
    inherited = [_methods(tree, each) for each in reversed(_bases(tree, of)) if each is not of]
    found: dict[str, Function] = {}
    for each in [*inherited, _named(of.body).functions]:
        found |= each
    return found


def _class(tree: ast.Module, name: str) -> ast.ClassDef:
    body: Sequence[ast.stmt] = tree.body
    found: ast.ClassDef | None = None
    for part in name.split("."):
        found = next(
            (each for each in body if isinstance(each, ast.ClassDef) and each.name == part), None
        )
        if found is None:
            raise Invalid(f"The code has no class {name!r}.")
        body = found.body
    assert found is not None, "a name has a part"
    return found
