"""Checks an export of an audit log where there is no database: anywhere, by anybody."""

from __future__ import annotations

from pathlib import Path

from inspector_app.domain.chains import Checker, Verdict, judged
from inspector_app.domain.errors import Invalid
from inspector_app.domain.exports import read_line
from inspector_app.domain.ids import TenantId
from inspector_app.domain.seals import known


def verify_export(
    export: Path, told: list[str], public_keys: str
) -> dict[TenantId | None, Verdict]:
    """Recompute the chain in a file of JSON lines, and compare it with checkpoints and cuts.

    Args:
        export: What `inspector audit export` printed, or the page's export without filters.
        told: Lines of checkpoints and cuts.
        public_keys: PEM; needed where something is told.

    Raises:
        Invalid: A file cannot be read or parsed, or holds two chains.
    """
    # The cryptography is loaded only here: `inspector --help` need not wait for it.
    from inspector_app.adapters.signatures import Ed25519Signatures

    signatures = Ed25519Signatures()
    keys = {key.id: key for key in signatures.read(public_keys)} if public_keys else {}
    if told and not keys:
        raise Invalid(
            "Checkpoints prove something only with the key that signed them.",
            hint="Give --public-key: inspector audit key prints it on the installation.",
        )
    checker: Checker | None = None
    chain: TenantId | None = None
    seals = known(told, keys, signatures.fits)
    try:
        with export.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    entry = read_line(line)
                except Invalid:
                    checker = checker or Checker(None)
                    checker.refuse(number, f"line {number} is no entry as it was exported")
                    break
                if checker is None:
                    chain = entry.chain
                    checker = Checker(
                        None, cut=seals.cut(chain), checkpoints=seals.checkpoints(chain)
                    )
                if entry.chain != chain:
                    raise Invalid(
                        f"Line {number} of {export} is of another chain: export one each."
                    )
                if not checker.accept(entry):
                    break
    except (OSError, ValueError) as error:
        raise Invalid(f"{export} cannot be read: {error}.") from error
    if checker is None:
        raise Invalid(f"{export} holds no entry.")
    return {chain: judged(checker.verdict(), seals.fault(chain) or seals.fault(None))}
