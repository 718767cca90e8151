"""People from a spreadsheet: what each row would change is worked out anew for the preview and for
the deed itself.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Appointment, Decision, PendingAppointment, PeopleImport, User
from accounts.people.appointments import ask_to_confirm, finish, propose
from accounts.people.invitations import check_username, send_invitations, suggest_username
from accounts.people.spreadsheets import COLUMNS, Row
from accounts.permissions import CONFIRMED, Permission, Role
from accounts.queries import require, require_fitting
from audit.models import Entry
from audit.services import entry, record, record_entries
from core.errors import Refused
from core.leaks import file_name_without_leaks
from core.secrecy import require_no_secrecy_mark
from core.spreadsheets import in_any_language
from core.text import fold
from units.models import Unit
from units.queries import UnitFinder, reach_of

# By whether the account is new and whether the post waits for a second administrator.
ACTIONS = {
    (True, False): "account.invited",
    (True, True): "account.invitation_proposed",
    (False, False): "account.appointed",
    (False, True): "account.appointment_proposed",
}


class Outcome(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    ERROR = "error"


@dataclass
class Planned:
    """One row and what it would do."""

    row: Row
    errors: list[tuple[str, str]] = field(default_factory=list)  # column, what to write instead
    person: User | None = None
    unit: Unit | None = None
    role: str = ""
    username: str = ""
    outcome: Outcome = Outcome.SAME
    replaced: list[Appointment] = field(default_factory=list)  # posts in the same unit that end
    current: Appointment | None = None  # the post that is held already
    is_proposed: bool = False  # it waits already for a second administrator

    def wrong(self, column: str, message: str) -> None:
        self.errors.append((str(COLUMNS[column]), message))
        self.outcome = Outcome.ERROR

    @property
    def waits(self) -> bool:
        """Check whether this row's appointment has to be confirmed by a second administrator."""
        return self.role in CONFIRMED and self.current is None

    @property
    def account(self) -> User:
        """Return the person, once the accounts are made."""
        assert self.person is not None
        return self.person

    @property
    def place(self) -> Unit:
        """Return the unit of a row without errors."""
        assert self.unit is not None
        return self.unit

    @property
    def role_label(self) -> str:
        return str(Role(self.role).label) if self.role else self.row.role


@dataclass
class Plan:
    rows: list[Planned]

    @property
    def counts(self) -> Counter:
        return Counter(row.outcome for row in self.rows)

    @property
    def is_clean(self) -> bool:
        return not self.counts[Outcome.ERROR]

    @property
    def changes_something(self) -> bool:
        return bool(self.counts[Outcome.NEW] or self.counts[Outcome.CHANGED])

    @property
    def digest(self) -> str:
        """Return a digest by which a plan differs from one made later on changed data. It proves
        nothing.
        """
        words = [
            f"{r.row.number}|{r.outcome}|{r.username}|{len(r.replaced)}|{r.errors}"
            for r in self.rows
        ]
        return hashlib.sha256("\n".join(words).encode()).hexdigest()[:16]


def keep(rows: list[Row], *, file_name: str, by: User) -> PeopleImport:
    """Store the rows that were read, for the preview; drop earlier files that
    were never confirmed.
    """
    require_no_secrecy_mark(str(cell) for row in rows for cell in row)
    PeopleImport.objects.filter(made_by=by, applied_at=None).delete()
    return PeopleImport.objects.create(
        made_by=by, file_name=file_name_without_leaks(file_name)[:200], rows=rows
    )


def plan(rows: Iterable[Row], *, by: User) -> Plan:
    """Plan what the rows would change now, in a constant number of queries."""
    plans = [Planned(row, username=row.username.lower()) for row in rows]
    finder = UnitFinder(reach_of(by, Permission.ACCOUNT_MANAGE).select_related("parent"))
    roles = in_any_language({role: role.label for role in Role})
    emails = {p.row.email.lower() for p in plans}
    known = {u.email: u for u in User.objects.filter(email__in=emails)}
    reached = set(User.objects.visible_to(by).filter(email__in=emails).values_list("pk", flat=True))
    posts: dict[tuple[int, int], list[Appointment]] = defaultdict(list)
    open_ones = Appointment.objects.in_force_between(timezone.localdate(), None)
    for post in open_ones.filter(user__in=known.values()).select_related("unit"):
        posts[post.user_id, post.unit_id].append(post)
    taken = set(User.objects.values_list("username", flat=True))
    names: dict[str, str] = {}
    newcomers: dict[str, str] = {}
    asked: dict[tuple[str, int], set[str]] = defaultdict(set)
    for p in plans:
        _read(p, finder, roles)
        email = p.row.email.lower()
        p.person = known.get(email)
        if p.person:
            _check_known(p, p.person, reached, by)
        elif "@" in email and not p.errors:
            if email not in newcomers:
                newcomers[email] = _username(p, taken)
            elif p.username and p.username != newcomers[email]:
                p.wrong("username", _("Another row gives this e-mail another user name."))
            p.username = newcomers[email]
        if email and names.setdefault(email, fold(p.row.full_name)) != fold(p.row.full_name):
            p.wrong("full_name", _("Another row gives this e-mail another name."))
        if p.unit and p.role:
            if p.role in asked[email, p.unit.pk]:
                p.wrong(
                    "email",
                    _("The same post stands in another row already. Delete one of the two."),
                )
            asked[email, p.unit.pk].add(p.role)
    waiting = PendingAppointment.objects.waiting(timezone.now()).filter(user__in=known.values())
    proposed = set(waiting.values_list("user", "unit", "role"))
    for p in plans:
        if not p.errors:
            p.is_proposed = p.person is not None and (p.person.pk, p.place.pk, p.role) in proposed
            _decide(p, posts, asked[p.row.email.lower(), p.place.pk])
    return Plan(plans)


def _read(p: Planned, finder: UnitFinder, roles: dict[str, Role]) -> None:
    row = p.row
    if not row.full_name:
        p.wrong("full_name", _("Write the full name."))
    elif len(row.full_name) > 100:
        p.wrong("full_name", _("Write at most 100 characters."))
    try:
        validate_email(row.email)
    except ValidationError:
        p.wrong(
            "email",
            _("Write an e-mail such as an.nv@example.vn.") if row.email else _("Write the e-mail."),
        )
    if len(row.title) > 100:
        p.wrong("title", _("Write at most 100 characters."))
    if (role := roles.get(fold(row.role))) is None:
        p.wrong(
            "role", _("Write one of: %(roles)s.") % {"roles": "; ".join(str(r.label) for r in Role)}
        )
    else:
        p.role = role
    if row.unit:
        _read_unit(p, finder)
    else:
        p.wrong("unit", _("Write the unit's official code or name."))


def _read_unit(p: Planned, finder: UnitFinder) -> None:
    """Find the row's unit and check that its role fits there; call it once the role is read."""
    row = p.row
    found = finder.find(row.unit)
    for width in (2, 5):  # Excel strips the zeros of a code
        if not found.candidates and row.unit.isdigit():
            found = finder.find(row.unit.zfill(width))
    if found.unit:
        p.unit = found.unit
        try:
            if p.role:
                require_fitting(p.role, found.unit)
        except Refused as refused:
            p.wrong("role" if found.unit.has_police_body else "unit", str(refused))
    elif found.candidates:
        listed = "; ".join(f"{u.label} ({u.code})" for u in found.candidates)
        p.wrong(
            "unit",
            _("Several units fit. Write the code of the one you mean: %(units)s.")
            % {"units": listed},
        )
    else:
        p.wrong("unit", _("No such unit in your area. See the sheet of units in the template."))


def _check_known(p: Planned, person: User, reached: set[int], by: User) -> None:
    if person.pk not in reached or person.is_superuser:
        p.wrong(
            "email",
            _(
                "This e-mail belongs to somebody outside your area. Ask the ministry's "
                "administrator."
            ),
        )
    elif person.pk == by.pk:
        p.wrong("email", _("This is you. Nobody changes their own posts."))
    elif not person.is_active:
        p.wrong("email", _("This account is disabled. Enable it first, or delete the row."))
    elif fold(person.full_name) != fold(p.row.full_name):
        p.wrong(
            "full_name",
            _("This e-mail belongs to %(name)s. Check both.") % {"name": person.full_name},
        )
    else:
        p.username = person.username


def _username(p: Planned, taken: set[str]) -> str:
    """Choose the user name of a new account and reserve it in ``taken``."""
    name = p.username or suggest_username(p.row.full_name, taken)
    try:
        check_username(name)
    except ValidationError as error:
        p.wrong("username", str(error.message))
    if name in taken:
        p.wrong("username", _("This user name is taken. Write another, or leave the cell empty."))
    taken.add(name)
    return name


def _decide(p: Planned, posts: dict[tuple[int, int], list[Appointment]], asked: set[str]) -> None:
    if p.person is None:
        p.outcome = Outcome.NEW
        return
    here = posts[p.person.pk, p.place.pk]
    p.current = next((post for post in here if post.role == p.role), None)
    p.replaced = [post for post in here if post.role not in asked]
    if p.is_proposed:
        p.replaced = []  # they end when it is confirmed
    elif p.current is None or p.replaced or (p.row.title and p.current.title != p.row.title):
        p.outcome = Outcome.CHANGED


@transaction.atomic
def apply(batch: PeopleImport, *, by: User, digest: str) -> list[User]:
    """Do all that the preview promised, or nothing. Return the new accounts.

    Posts that need a second administrator are proposed; an account without any other is invited on
    confirmation.

    The plan is made again in this transaction. Raise Refused when it has errors or is not the one
    that was shown.
    """
    batch = PeopleImport.objects.select_for_update().get(pk=batch.pk)
    if batch.applied_at or batch.made_by_id != by.pk:
        raise Refused(_("This file was imported already."))
    todo = plan([Row(*row) for row in batch.rows], by=by)
    if todo.digest != digest:
        raise Refused(
            _("Something changed since the preview, so nothing was written. Please look again.")
        )
    if not todo.is_clean:
        raise Refused(
            _("Nothing was written: correct the rows with errors and upload the file again.")
        )
    newcomers = _create_people(todo)
    for p in todo.rows:
        p.person = p.person or newcomers[p.row.email.lower()]
    trail = _change_posts(todo, by=by)
    at_once = {p.row.email.lower() for p in todo.rows if p.outcome == Outcome.NEW and not p.waits}
    send_invitations([person for email, person in newcomers.items() if email in at_once], by=by)
    batch.applied_at = timezone.now()
    batch.rows = []  # nothing of the file is kept longer than it is needed
    batch.save(update_fields=["applied_at", "rows"])
    record_entries(trail)
    counts = {str(outcome): n for outcome, n in todo.counts.items()}
    record(
        "account.imported",
        batch,
        by=by,
        position=by.current_appointments[0].position,
        unit_path=by.current_appointments[0].unit.path,
        **counts,
    )
    return list(newcomers.values())


def _create_people(todo: Plan) -> dict[str, User]:
    people: dict[str, User] = {}
    for p in todo.rows:
        email = p.row.email.lower()
        if p.outcome == Outcome.NEW and email not in people:
            person = User(full_name=p.row.full_name, email=email, username=p.username)
            person.set_unusable_password()
            person.fill_search()
            people[email] = person
    User.objects.bulk_create(people.values(), batch_size=1000)
    return people


def _entry(p: Planned, *, by: User) -> Entry:
    authority = require(by, Permission.ACCOUNT_MANAGE, unit=p.place)
    return entry(
        ACTIONS[p.outcome == Outcome.NEW, p.waits],
        p.account,
        by=by,
        position=authority.position,
        unit_path=p.place.path,
        role=p.role,
        title=p.row.title,
    )


def _change_posts(todo: Plan, *, by: User) -> list[Entry]:
    today, trail, new, retitled = timezone.localdate(), [], [], []
    proposed: list[tuple[PendingAppointment, list[Appointment]]] = []
    ended: dict[int, Appointment] = {}
    for p in todo.rows:
        if p.outcome == Outcome.SAME:
            continue
        trail.append(_entry(p, by=by))
        post: dict[str, Any] = {
            "unit": p.place,
            "role": p.role,
            "title": p.row.title,
            "valid_from": today,
        }
        if p.waits:
            proposed.append((propose(p.account, by=by, **post), p.replaced))
            continue
        ended |= {post.pk: post for post in p.replaced}
        if p.current is None:
            new.append(Appointment(user=p.account, appointed_by=by, **post))
        elif p.row.title:
            p.current.title = p.row.title
            retitled.append(p.current)
    for ending in ended.values():
        finish(ending, today - timedelta(days=1))
    Appointment.objects.bulk_update(retitled, ["title"], batch_size=500)
    Appointment.objects.bulk_create(new, batch_size=1000)
    for pending, replaced in proposed:
        people_waiting = PendingAppointment.objects.filter(
            user=pending.user, unit=pending.unit, role=pending.role
        )
        people_waiting.filter(decision=Decision.WAITING).update(
            decision=Decision.EXPIRED
        )  # it was over already
        pending.save()
        pending.replaces.set(replaced)
    ask_to_confirm([pending for pending, _replaced in proposed], by=by)
    return trail
