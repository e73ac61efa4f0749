"""What is kept secret at rest: Fernet (AES-128-CBC with HMAC) under keys derived from ours."""

from __future__ import annotations

import base64
from functools import cached_property

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from inspector_app.domain.errors import Conflict


class FernetCipher:
    """See ports.Cipher. `keys` newest first: the first seals, every one opens."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self._keys = keys

    @cached_property
    def _fernet(self) -> MultiFernet:
        # Not before it is needed: a first command runs before there is a key.
        return MultiFernet([_derived(key) for key in self._keys])

    @cached_property
    def _newest(self) -> Fernet:
        return _derived(self._keys[0])

    def seal(self, text: str) -> bytes:
        return self._fernet.encrypt(text.encode("utf-8", "surrogatepass"))

    def unseal(self, sealed: bytes) -> str:
        try:
            return self._fernet.decrypt(sealed).decode("utf-8", "surrogatepass")
        except InvalidToken as error:
            raise Conflict(
                "What was kept secret cannot be opened with the keys that are set.",
                hint="Give the earlier key back behind the new one: "
                "INSPECTOR_SECRET_KEY=new,earlier.",
            ) from error

    def renewed(self, sealed: bytes) -> bytes | None:
        try:
            self._newest.decrypt(sealed)
        except InvalidToken:
            return self.seal(self.unseal(sealed))
        return None

    def opens(self, sealed: bytes) -> bool:
        """Tell whether any of the keys does."""
        try:
            self._fernet.decrypt(sealed)
        except InvalidToken:
            return False
        return True


def _derived(key: str) -> Fernet:
    """Derive a key of the right length, for this purpose alone (RFC 5869)."""
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"inspector: secrets at rest")
    return Fernet(base64.urlsafe_b64encode(derive.derive(key.encode())))
