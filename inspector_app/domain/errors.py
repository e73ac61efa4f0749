"""What can go wrong, in words for the person who reads it. Each carries the next move."""

from __future__ import annotations

from datetime import datetime


class InspectorError(Exception):
    """A failure that Inspector explains.

    Attributes:
        detail: What happened and why, one or two sentences.
        hint: What to do about it; may be empty.
    """

    title = "Something went wrong"

    def __init__(self, detail: str, *, hint: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint


class Invalid(InspectorError):
    """The input does not parse or does not fit.

    Attributes:
        field: The name of the input it concerns, or "".
    """

    title = "The input is not valid"

    def __init__(self, detail: str, *, field: str = "", hint: str = "") -> None:
        super().__init__(detail, hint=hint)
        self.field = field


class NotFound(InspectorError):
    """It is not there, or not yours: both read the same."""

    title = "Not found"


class Conflict(InspectorError):
    """What was asked does not fit the state that is there now."""

    title = "Not possible in this state"


class SignInRequired(InspectorError):
    """No session, or one that ended."""

    title = "Sign in first"

    def __init__(self, detail: str = "Your session has ended or was never opened.") -> None:
        super().__init__(detail, hint="Sign in again; you come back to the same place.")


class RenewalRequired(SignInRequired):
    """The session goes on with another token: the role of its person has changed."""

    title = "The session is to be renewed"

    def __init__(self) -> None:
        super().__init__("Your role has changed, and your session goes on under a new token.")
        self.hint = "Load the page again, or GET /auth/renew with the cookie you have."


class PasswordChangeRequired(InspectorError):
    """The one-time password must be replaced before anything else."""

    title = "Choose a password first"

    def __init__(self) -> None:
        super().__init__(
            "You signed in with a one-time password.", hint="Choose your own password first."
        )


class ProofRequired(InspectorError):
    """An open session is not enough for this: it needs the password or a code again."""

    title = "Prove that it is you"

    def __init__(self) -> None:
        super().__init__(
            "It is a while ago that you gave your password, and this is not for whoever finds "
            "your browser open.",
            hint="Give your password, or the code of your second step, then repeat it.",
        )


class CodeRequired(InspectorError):
    """The password fits, and a code of the second step is to come.

    Attributes:
        ticket: Vouches for the password, for minutes; sealed.
    """

    title = "A code is needed, too"

    def __init__(self, ticket: str) -> None:
        super().__init__("Give the code of your second step, or a recovery code.")
        self.ticket = ticket


class WrongCredentials(InspectorError):
    """Name and password do not match; says nothing about which.

    Attributes:
        why: What else is the matter, for the audit log alone; "" is nothing.
    """

    title = "Sign-in failed"

    def __init__(self, detail: str, *, hint: str = "", why: str = "") -> None:
        super().__init__(detail, hint=hint)
        self.why = why


class OneTimePasswordOver(WrongCredentials):
    """The one-time password was right, and has ended."""

    title = "The one-time password has ended"

    def __init__(self) -> None:
        super().__init__(
            "This one-time password is right, but its time is over.",
            hint="Ask whoever gave it to you for another one.",
        )


class WrongToken(InspectorError):
    """A token that opens nothing; says to its bearer no more than that."""

    title = "Token refused"

    def __init__(self) -> None:
        super().__init__(
            "The bearer token is not valid: unknown, expired, revoked, or of nobody any more.",
            hint="Make a new one on your account page, or ask an admin for one.",
        )


class Denied(InspectorError):
    """The role may not do this.

    Attributes:
        needs: The role that may.
    """

    title = "Not allowed"

    def __init__(self, detail: str, *, needs: str = "", hint: str = "") -> None:
        super().__init__(detail, hint=hint)
        self.needs = needs


class TooMany(InspectorError):
    """A rate limit was reached.

    Attributes:
        retry_after: Seconds until the next try makes sense.
    """

    title = "Too many tries"

    def __init__(self, detail: str, *, retry_after: float, hint: str = "") -> None:
        super().__init__(detail, hint=hint)
        self.retry_after = retry_after


class SwitchedOff(InspectorError):
    """The Temporal server has the feature switched off.

    Attributes:
        flag: The server's dynamic configuration key that switches it on.
    """

    title = "Switched off on the server"

    def __init__(self, detail: str, *, flag: str, hint: str = "") -> None:
        super().__init__(detail, hint=hint)
        self.flag = flag


class Unreachable(InspectorError):
    """A server outside does not answer.

    Attributes:
        address: Where it was expected, `host:port`.
        since: When it was first seen silent.
        next_try: When Inspector tries again by itself.
    """

    title = "The server does not answer"

    def __init__(
        self, detail: str, *, address: str, since: datetime, next_try: datetime, hint: str = ""
    ) -> None:
        super().__init__(detail, hint=hint)
        self.address = address
        self.since = since
        self.next_try = next_try


class Refused(InspectorError):
    """The server outside answered, and said no; `detail` is its own message."""

    title = "The server refused"


class NotReached(InspectorError):
    """A call to something outside came to nothing: not let out, or not answered as it should.

    Attributes:
        permanent: The same call will fail again, until somebody changes something.
    """

    title = "The target was not reached"

    def __init__(self, detail: str, *, permanent: bool, hint: str = "") -> None:
        super().__init__(detail, hint=hint)
        self.permanent = permanent


class NotTaken(InspectorError):
    """A target outside did not take what was sent to it, or that cannot be told."""

    title = "A target outside does not take the audit log"


class StorageUnavailable(InspectorError):
    """Our own database does not take the work: locked, full or away."""

    title = "Inspector's database is not available"
