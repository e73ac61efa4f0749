"""The recorder as a program: the first word `record` to `inspector-replay.pyz`.

What it finds goes to the descriptor named by `--to`, never to stdout: the SDK's core and the
user's code print there as they like. A report is its length, a line break, and JSON: one that is
cut short is seen to be.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from .histories import NotReplayable
from .recorder import Target, one_line, record


def main() -> None:
    """Record one replay and leave at once: threads of the user's may never end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("history")
    parser.add_argument("workflow")
    parser.add_argument("--path", default="")
    parser.add_argument("--unsandboxed", action="store_true")
    parser.add_argument("--converter", default="")
    parser.add_argument("--to", type=int, required=True)
    asked = parser.parse_args()
    target = Target(
        asked.workflow, asked.path, sandboxed=not asked.unsandboxed, converter=asked.converter
    )
    content = json.dumps(reported(asked.history, target)).encode()
    with os.fdopen(asked.to, "wb") as report:
        report.write(b"%d\n%s" % (len(content), content))
    os._exit(0)


def reported(history: str, target: Target) -> dict[str, object]:
    """Return a record, or why there is none: `{"refused": "one line"}`."""
    try:
        return record(Path(history).read_bytes(), target)
    except NotReplayable as error:
        return {"refused": str(error)}
    except OSError as error:
        return {"refused": f"The history cannot be read: {error.strerror}: {error.filename}"}
    except MemoryError:
        return {"refused": "The replay ran out of the memory it may use."}
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is an answer
        return {"refused": f"The replay could not run: {one_line(error.__cause__ or error)}"}
