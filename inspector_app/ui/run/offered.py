"""Which of a run's five buttons work, for whom, and why not."""

from __future__ import annotations

from inspector_app.domain.identity import Actor
from inspector_app.domain.permissions import Permission, lowest_role
from inspector_app.domain.workflows import Action, Capabilities, Offer
from inspector_app.ui.run.values import Offered, Offers

PERMISSION: dict[Action, Permission] = {
    Action.PAUSE: Permission.RUN_PAUSE,
    Action.RESUME: Permission.RUN_RESUME,
    Action.SIGNAL: Permission.RUN_SIGNAL,
    Action.CANCEL: Permission.RUN_CANCEL,
    Action.TERMINATE: Permission.RUN_TERMINATE,
}


def buttons(offers: dict[Action, Offer], capabilities: Capabilities, actor: Actor) -> Offers:
    """Which buttons work for `actor` now. The door decides again when one is pressed."""

    def offered(action: Action) -> Offered:
        permission = PERMISSION[action]
        if not actor.may(permission):
            needs = lowest_role(permission)
            return Offered(title=f"You are {actor.role or 'no member'}; the role {needs} may.")
        offer = offers[action]
        if action is Action.PAUSE and not offer.possible and not capabilities.native_pause:
            # The dialog says which flag, who sets it, and what can be done instead.
            resumable = offers[Action.SIGNAL].possible
            return Offered(enabled=resumable, title=offer.why_not)
        return Offered(enabled=offer.possible, title=offer.why_not)

    return Offers(**{action.value: offered(action) for action in Action})
