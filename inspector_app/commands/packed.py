"""What `inspector-replay.pyz` does: compares in the user's own environment, with no walls.

Standard library only, beside the domain and the recorder: nothing else of ours is in the file.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from pathlib import Path
from typing import Final, NoReturn

from inspector_app.domain.divergence import compare, compare_histories
from inspector_app.domain.errors import Invalid
from inspector_app.domain.replay_answers import (
    EXIT_CODES,
    answer,
    answer_histories,
    parse_record,
    parse_run,
    refusal,
)
from inspector_app.replay.histories import NotReplayable
from inspector_app.replay.recorded import recorded
from inspector_app.replay.recorder import Target
from inspector_app.replay.reporting import reported

_WRONG_USE: Final = 2


def main() -> None:
    """Compare, print, and leave: threads of the user's may never end."""
    parser = argparse.ArgumentParser(
        prog="inspector-replay.pyz",
        description="Replay a history with today's code and say where the two part.",
    )
    parser.add_argument("history", help="as `temporal workflow show -o json` writes it")
    parser.add_argument("workflow", metavar="MODULE:CLASS", nargs="?", default="")
    parser.add_argument("--against", default="", metavar="HISTORY", help="another run's history")
    parser.add_argument("--path", default=".", help="the folder of the module")
    parser.add_argument("--unsandboxed", action="store_true")
    parser.add_argument("--converter", default="", metavar="MODULE:NAME")
    parser.add_argument("--time-limit", type=float, default=120.0, metavar="SECONDS")
    parser.add_argument("--json", action="store_true", dest="as_json")
    asked = parser.parse_args()
    # The core and the code print to stdout: it is kept for the answer, and they get stderr.
    stdout = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def say(content: dict[str, object], code: int) -> NoReturn:
        text = json.dumps(content) if asked.as_json else _words(content)
        stdout.write(text + "\n")
        stdout.flush()
        os._exit(code)

    def too_long() -> None:
        say(refusal(f"The replay did not end within {asked.time_limit:g} s."), _WRONG_USE)

    limit = threading.Timer(asked.time_limit, too_long)
    limit.daemon = True
    limit.start()
    if bool(asked.against) == bool(asked.workflow):
        say(refusal("Name MODULE:CLASS or --against, one of the two."), _WRONG_USE)
    if asked.against:
        say(*_histories(asked.history, asked.against))
    target = Target(
        asked.workflow, asked.path, sandboxed=not asked.unsandboxed, converter=asked.converter
    )
    report = reported(asked.history, target)
    if "refused" in report:
        say(refusal(str(report["refused"])), _WRONG_USE)
    record = parse_record(report)
    comparison = compare(record)
    say(answer(comparison, record), EXIT_CODES[comparison.verdict])


def _histories(*files: str) -> tuple[dict[str, object], int]:
    try:
        runs = [parse_run(recorded(Path(each).read_bytes())) for each in files]
        found = compare_histories(*runs)
    except OSError as error:
        said = f"The history cannot be read: {error.strerror}: {error.filename}"
        return refusal(said), _WRONG_USE
    except (NotReplayable, Invalid) as error:
        return refusal(str(error)), _WRONG_USE
    return answer_histories(found), EXIT_CODES[found.verdict]


def _words(content: dict[str, object]) -> str:
    return f"{content['verdict']}: {content['explanation']}"


if __name__ == "__main__":
    sys.exit("It runs from inspector-replay.pyz: inspector replay pack.")
