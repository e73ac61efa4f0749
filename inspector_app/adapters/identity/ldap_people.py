"""Who somebody is in a directory, and which groups they are in, directly or through others."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from inspector_app.adapters.identity.ldap_calls import Calls, Dn, Entry, escaped, normalised
from inspector_app.domain.provider_settings import LdapSettings
from inspector_app.domain.signing_in import MOST_GROUPS, Claimed, SignInFault, Step

_MEMBER_OF = "memberOf"
_BY_NAME = "memberuid"
"""The one attribute of members that holds user names: posixGroup's."""
_AT_ONCE = 50
"""Members that one search asks for."""
_LONGEST_SUBJECT = 255


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody found by a user name: not proven yet to be who asks."""

    dn: str
    subject: str
    username: str
    email: str
    groups: tuple[str, ...]
    """DNs that the entry itself names."""


def find_people(calls: Calls, settings: LdapSettings, username: str) -> list[Person]:
    """Find who has a user name: one, else none or two, so that a caller takes neither."""
    matching = settings.people_filter.replace("{username}", escaped(username))
    wanted = (
        settings.id_attribute,
        settings.username_attribute,
        settings.email_attribute,
        _MEMBER_OF,
    )
    found = calls.search(settings.people_base, matching, wanted, Step.WHO, most=2)
    return [_person(settings, each) for each in found]


def look_around(calls: Calls, settings: LdapSettings) -> None:
    """Find the places that are searched, and somebody in them who could sign in.

    Raises:
        SignInFault: They are not there, or nobody is who has an id and a name.
    """
    step = Step.PLACES
    for base in filter(None, (settings.people_base, settings.groups_base)):
        if calls.read(base, ("1.1",), step) is None:
            raise SignInFault(
                step, f"There is no {base[:200]!r}, or the service account does not see it."
            )
    matching = settings.people_filter.replace("{username}", "*")
    wanted = (settings.id_attribute, settings.username_attribute)
    found = calls.search(settings.people_base, matching, wanted, step, most=1)
    if not found:
        raise SignInFault(
            step,
            f"Nobody below {settings.people_base[:200]!r} fits {matching[:200]!r}.",
            hint="May the service account read them?",
        )
    _person(settings, found[0], step)


def claimed(calls: Calls, settings: LdapSettings, person: Person) -> Claimed:
    """Say who a person is, their groups included."""
    return Claimed(
        subject=person.subject,
        username=person.username,
        email=person.email,
        email_verified=bool(person.email) and settings.trust_email,
        groups=_groups(calls, settings, person) if settings.groups_base else (),
    )


def _person(settings: LdapSettings, entry: Entry, step: Step = Step.WHO) -> Person:
    username = entry.value(settings.username_attribute)
    if not entry.dn or not username:
        name = settings.username_attribute
        raise SignInFault(
            step, f"{entry.dn[:200]!r} has no {name!r} that the service account sees."
        )
    return Person(
        dn=entry.dn,
        subject=_subject(settings, entry, step),
        username=username,
        email=entry.value(settings.email_attribute),
        groups=entry.values(_MEMBER_OF),
    )


def _subject(settings: LdapSettings, entry: Entry, step: Step) -> str:
    """The id that stays whatever becomes of names; Active Directory's is 16 bytes ([MS-DTYP])."""
    name = settings.id_attribute
    found = entry.attributes.get(name.lower(), ())
    subject = ""
    if len(found) == 1 and name.lower() == "objectguid":
        subject = str(uuid.UUID(bytes_le=found[0])) if len(found[0]) == 16 else ""  # noqa: PLR2004
    elif len(found) == 1:
        subject = entry.value(name)
    if not subject or len(subject) > _LONGEST_SUBJECT:
        raise SignInFault(
            step,
            f"{entry.dn[:200]!r} has no {name!r} that names it for good.",
            hint="entryUUID in most directories, objectGUID in Active Directory.",
        )
    return subject


def _groups(calls: Calls, settings: LdapSettings, person: Person) -> tuple[str, ...]:
    """Names of the groups somebody is in: a level at a time, each group once, so cycles end.

    What a group says of its members counts, and what an entry says of its groups (`memberOf`,
    where an overlay makes them up), as long as the group is below the groups' base.
    """
    found: dict[Dn, Entry] = {}
    members, named, username = [person.dn], person.groups, person.username
    for _ in range(settings.nesting + 1):
        before = set(found)
        for each in _having(calls, settings, members, username):
            found.setdefault(normalised(each.dn), each)
        for each in _named(calls, settings, named, found):
            found.setdefault(normalised(each.dn), each)
        if len(found) > MOST_GROUPS:
            raise SignInFault(
                Step.GROUPS, f"{person.username!r} is in more than {MOST_GROUPS} groups."
            )
        fresh = [each for key, each in found.items() if key not in before]
        if not fresh:
            break
        # The next level up: the groups that these are members of.
        members = [each.dn for each in fresh]
        named = tuple(dn for each in fresh for dn in each.values(_MEMBER_OF))
        username = ""
    names = (each.value(settings.group_name_attribute) for each in found.values())
    return tuple(dict.fromkeys(each for each in names if each))


def _having(
    calls: Calls, settings: LdapSettings, members: Iterable[str], username: str
) -> Iterator[Entry]:
    """Groups that list one of these DNs, or the user name where it is one of a person."""
    left = iter(members)
    while some := list(islice(left, _AT_ONCE)):
        asked = [
            f"({attribute}={escaped(value)})"
            for attribute in settings.member_attributes
            for value in ([username] if attribute.lower() == _BY_NAME else some)
            if value
        ]
        if asked:
            matching = f"(|{''.join(asked)})"
            yield from calls.search(settings.groups_base, matching, _wanted(settings), Step.GROUPS)


def _named(
    calls: Calls, settings: LdapSettings, named: Iterable[str], found: Mapping[Dn, Entry]
) -> Iterator[Entry]:
    """Groups that an entry says it is in, where they are below the base and not found yet."""
    base = normalised(settings.groups_base)
    for dn in named:
        key = normalised(dn)
        if key and key not in found and key[-len(base) :] == base:
            entry = calls.read(dn, _wanted(settings), Step.GROUPS)
            if entry is not None:
                yield entry


def _wanted(settings: LdapSettings) -> tuple[str, ...]:
    return (settings.group_name_attribute, _MEMBER_OF)
