"""The dry run of a remedy: the change under a patch, and the history replayed with that."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from inspector_app.adapters.temporal.replay_host import Order, replay_in_child
from inspector_app.domain import replay_answers
from inspector_app.domain.divergence import Comparison, Verdict, compare
from inspector_app.domain.errors import Invalid
from inspector_app.domain.explaining import explain, patch_name
from inspector_app.domain.patching import difference, guarded, laid_over

_LARGEST: Final = 64 * 2**20
_SKIPPED: Final = shutil.ignore_patterns(".*", "__pycache__", "node_modules", "*.pyc")


@dataclass(frozen=True, slots=True)
class Trial:
    """A remedy that was tried."""

    patch: str
    diff: str
    verdict: Verdict
    explanation: str

    @property
    def passes(self) -> bool:
        """Whether the history is safe with the patched code."""
        return self.verdict in {Verdict.IDENTICAL, Verdict.LEGAL}

    def answer(self) -> Mapping[str, object]:
        """Return it as JSON."""
        return {
            "patch": self.patch,
            "verdict": self.verdict.value,
            "explanation": self.explanation,
            "diff": self.diff,
        }

    def words(self) -> str:
        """Say it to a person."""
        said = "passes with" if self.passes else f"does not pass ({self.verdict}) with"
        return f"Tried: the history {said} this, under patch {self.patch!r}.\n\n{self.diff}"


def tried(recorder: bytes, order: Order, found: Comparison, before: Path | None) -> Trial:
    """Put what has changed under a patch, in a copy of the code, and replay the history with it.

    Raises:
        Invalid: It cannot be written out, or not be replayed.
    """
    first = found.first_divergence
    if first is None:
        raise Invalid("There is no difference that a patch could stand around.")
    module, _, name = order.workflow.partition(":")
    file = _file_of(order.path, module)
    today, patch = _text(order.path / file), patch_name(first)
    if before is not None:
        patched = laid_over(_text(before / _file_of(before, module)), today, patch, workflow=name)
    elif (
        first.original is None
        and (source := first.source) is not None
        and _is(source.file, order.path / file)
    ):
        patched = guarded(today, source.line, patch)
    else:
        raise Invalid(
            "To write the patch out the code from before is needed: name its folder with --before."
        )
    with tempfile.TemporaryDirectory(prefix="inspector-remedy-") as folder:
        copy = Path(folder) / "code"
        _copy(order.path, copy)
        (copy / file).write_text(patched)
        record = replay_answers.parse_record(
            replay_in_child(recorder, replace(order, path=copy)).report
        )
    comparison = compare(record)
    return Trial(
        patch,
        difference(today, patched, file.as_posix()),
        comparison.verdict,
        explain(comparison, record).split("\n", 1)[0],
    )


def _file_of(folder: Path, module: str) -> Path:
    parts = module.split(".")
    for file in (Path(*parts).with_suffix(".py"), Path(*parts) / "__init__.py"):
        if (folder / file).is_file():
            return file
    raise Invalid(f"There is no file of module {module!r} in {folder}.")


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        raise Invalid(f"{path} cannot be read as text.") from None


def _is(file: str, path: Path) -> bool:
    return Path(file).resolve() == path.resolve()


def _copy(code: Path, to: Path) -> None:
    def hidden(file: Path) -> bool:
        return any(part.startswith(".") for part in file.relative_to(code).parts)

    files = (each for each in code.rglob("*") if each.is_file() and not hidden(each))
    size = sum(each.stat().st_size for each in files)
    if size > _LARGEST:
        raise Invalid(f"{code} is too large to copy: name the folder of the module with --path.")
    shutil.copytree(code, to, ignore=_SKIPPED)
