"""The changes that each row of a spreadsheet of people would make, worked out in a constant number
of queries.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Appointment, PendingAppointment, User
from accounts.people.invitations import check_username, suggest_username
from accounts.people.spreadsheets import COLUMNS, Row
from accounts.permissions import CONFIRMED, Permission, Role
from accounts.queries import mailbox_of, require_fitting
from core.errors import Refused
from core.spreadsheets import map_labels_of_languages
from core.text import fold
from units.models import Unit
from units.queries import UnitFinder, find_reachable_units


class Outcome(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    ERROR = "error"


@dataclass
class Planned:
    """One row of the file, and what it would change."""

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

    def add_error(self, column: str, message: str) -> None:
        """Note what to write instead in a column, named as in `COLUMNS`."""
        self.errors.append((str(COLUMNS[column]), message))
        self.outcome = Outcome.ERROR

    @property
    def email(self) -> str:
        return self.row.email.lower()

    @property
    def needs_confirmation(self) -> bool:
        """Check whether this row's appointment has to be confirmed by a second administrator."""
        return self.role in CONFIRMED and self.current is None

    @property
    def account(self) -> User:
        """Return the person, once the accounts are made."""
        assert self.person is not None
        return self.person

    @property
    def target_unit(self) -> Unit:
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
        lines = [
            f"{planned.row.number}|{planned.outcome}|{planned.username}|{len(planned.replaced)}"
            f"|{planned.errors}"
            for planned in self.rows
        ]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def plan(rows: Iterable[Row], *, by: User) -> Plan:
    """Plan what the rows would change now, in a constant number of queries."""
    plans = [Planned(row, username=row.username.lower()) for row in rows]
    planner = _Planner(plans, by=by)
    for planned in plans:
        planner.read_row(planned)
    planner.decide_outcomes(plans)
    return Plan(plans)


class _Planner:
    """Plan rows one after another, with what was loaded once for all of them."""

    def __init__(self, plans: Sequence[Planned], *, by: User) -> None:
        self.by = by
        self.finder = UnitFinder(
            find_reachable_units(by, Permission.ACCOUNT_MANAGE).select_related("parent")
        )
        self.roles = map_labels_of_languages({role: role.label for role in Role})
        emails = {planned.email for planned in plans}
        people = User.objects.filter(email__in=emails)
        self.people = {person.email: person for person in people}
        visible = User.objects.visible_to(by).filter(email__in=emails)
        self.visible_people = set(visible.values_list("pk", flat=True))
        self.posts = self._load_posts()
        self.mailboxes = {
            mailbox_of(email): email for email in User.objects.values_list("email", flat=True)
        }
        self.taken_usernames = set(User.objects.values_list("username", flat=True))
        # What the rows read so far say of each e-mail.
        self.full_names: dict[str, str] = {}
        self.new_usernames: dict[str, str] = {}
        self.asked_roles: dict[tuple[str, int], set[str]] = defaultdict(set)

    def _load_posts(self) -> dict[tuple[int, int], list[Appointment]]:
        """Load the posts that have not ended, by person and unit."""
        posts: dict[tuple[int, int], list[Appointment]] = defaultdict(list)
        current = Appointment.objects.in_force_between(timezone.localdate(), None)
        for post in current.filter(user__in=self.people.values()).select_related("unit"):
            posts[post.user_id, post.unit_id].append(post)
        return posts

    def read_row(self, planned: Planned) -> None:
        """Check a row by itself, against the accounts, and against the rows before it."""
        _read_row(planned, self.finder, self.roles)
        planned.person = self.people.get(planned.email)
        if planned.person:
            _check_known_person(planned, planned.person, self.visible_people, self.by)
        elif "@" in planned.email and not planned.errors:
            self._choose_username(planned)
            self._check_mailbox(planned)
        self._check_full_name(planned)
        self._check_role_asked_once(planned)

    def _check_mailbox(self, planned: Planned) -> None:
        """Refuse a second account for one mailbox, whatever stands behind a plus sign."""
        if self.mailboxes.setdefault(mailbox_of(planned.email), planned.email) != planned.email:
            planned.add_error("email", _("There is an account with this e-mail already."))

    def _choose_username(self, planned: Planned) -> None:
        """Give all rows of one new account the same user name."""
        email = planned.email
        if email not in self.new_usernames:
            self.new_usernames[email] = _reserve_username(planned, self.taken_usernames)
        elif planned.username and planned.username != self.new_usernames[email]:
            planned.add_error("username", _("Another row gives this e-mail another user name."))
        planned.username = self.new_usernames[email]

    def _check_full_name(self, planned: Planned) -> None:
        name = fold(planned.row.full_name)
        if planned.email and self.full_names.setdefault(planned.email, name) != name:
            planned.add_error("full_name", _("Another row gives this e-mail another name."))

    def _check_role_asked_once(self, planned: Planned) -> None:
        if not (planned.unit and planned.role):
            return
        asked = self.asked_roles[planned.email, planned.unit.pk]
        if planned.role in asked:
            planned.add_error(
                "email", _("The same post stands in another row already. Delete one of the two.")
            )
        asked.add(planned.role)

    def decide_outcomes(self, plans: Sequence[Planned]) -> None:
        """Decide what each row without errors does, once all rows are read."""
        waiting = PendingAppointment.objects.waiting(timezone.now())
        waiting = waiting.filter(user__in=self.people.values())
        proposed = set(waiting.values_list("user", "unit", "role"))
        for planned in plans:
            if planned.errors:
                continue
            if planned.person is None:
                planned.outcome = Outcome.NEW
                continue
            person, unit = planned.person, planned.target_unit
            planned.is_proposed = (person.pk, unit.pk, planned.role) in proposed
            self._compare_with_posts(planned, self.posts[person.pk, unit.pk])

    def _compare_with_posts(self, planned: Planned, posts: Sequence[Appointment]) -> None:
        """Compare a row with the posts that its person holds in its unit."""
        asked = self.asked_roles[planned.email, planned.target_unit.pk]
        current = next((post for post in posts if post.role == planned.role), None)
        planned.current = current
        if planned.is_proposed:
            return  # what it replaces ends when it is confirmed
        planned.replaced = [post for post in posts if post.role not in asked]
        is_retitled = current and planned.row.title and current.title != planned.row.title
        if current is None or planned.replaced or is_retitled:
            planned.outcome = Outcome.CHANGED


def _read_row(planned: Planned, finder: UnitFinder, roles: dict[str, Role]) -> None:
    """Check the cells of a row by themselves, and find its role and unit."""
    row = planned.row
    if not row.full_name:
        planned.add_error("full_name", _("Write the full name."))
    elif len(row.full_name) > 100:
        planned.add_error("full_name", _("Write at most 100 characters."))
    try:
        validate_email(row.email)
    except ValidationError:
        planned.add_error(
            "email",
            _("Write an e-mail such as an.nv@example.vn.") if row.email else _("Write the e-mail."),
        )
    if len(row.title) > 100:
        planned.add_error("title", _("Write at most 100 characters."))
    role = roles.get(fold(row.role))
    if role is None:
        labels = "; ".join(str(role.label) for role in Role)
        planned.add_error("role", _("Write one of: %(roles)s.") % {"roles": labels})
    else:
        planned.role = role
    if row.unit:
        _read_unit(planned, finder)
    else:
        planned.add_error("unit", _("Write the unit's official code or name."))


def _read_unit(planned: Planned, finder: UnitFinder) -> None:
    """Find the row's unit and check that its role fits there; call it once the role is read."""
    row = planned.row
    unit = finder.find(row.unit)
    for width in (2, 5):  # Excel strips the zeros of a code
        if not unit.candidates and row.unit.isdigit():
            unit = finder.find(row.unit.zfill(width))
    if unit.unit:
        planned.unit = unit.unit
        try:
            if planned.role:
                require_fitting(planned.role, unit.unit)
        except Refused as refused:
            planned.add_error("role" if unit.unit.has_police_body else "unit", str(refused))
    elif unit.candidates:
        listed = "; ".join(f"{u.label} ({u.code})" for u in unit.candidates)
        planned.add_error(
            "unit",
            _("Several units fit. Write the code of the one you mean: %(units)s.")
            % {"units": listed},
        )
    else:
        planned.add_error(
            "unit", _("No such unit in your area. See the sheet of units in the template.")
        )


def _check_known_person(planned: Planned, person: User, reached: set[int], by: User) -> None:
    """Check that the administrator may change the person, and that the row means them."""
    if person.pk not in reached or person.is_superuser:
        planned.add_error(
            "email",
            _(
                "This e-mail belongs to somebody outside your area. Ask the ministry's "
                "administrator."
            ),
        )
    elif person.pk == by.pk:
        planned.add_error("email", _("This is you. Nobody changes their own posts."))
    elif not person.is_active:
        planned.add_error(
            "email", _("This account is disabled. Enable it first, or delete the row.")
        )
    elif fold(person.full_name) != fold(planned.row.full_name):
        planned.add_error(
            "full_name",
            _("This e-mail belongs to %(name)s. Check both.") % {"name": person.full_name},
        )
    else:
        planned.username = person.username


def _reserve_username(planned: Planned, taken: set[str]) -> str:
    """Choose the user name of a new account and reserve it in ``taken``."""
    name = planned.username or suggest_username(planned.row.full_name, taken)
    try:
        check_username(name)
    except ValidationError as error:
        planned.add_error("username", str(error.message))
    if name in taken:
        planned.add_error(
            "username", _("This user name is taken. Write another, or leave the cell empty.")
        )
    taken.add(name)
    return name
