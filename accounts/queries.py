from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import (
    Appointment,
    Authority,
    BreakGlassAccount,
    ChangeKind,
    Delegation,
    Invitation,
    MinistryIdentity,
    PendingAppointment,
    SystemChange,
    User,
)
from accounts.models.sign_in import FACTORS
from accounts.permissions import (
    CONFIRMED,
    DELAYED,
    GRANTS,
    LEVELS,
    NEEDS_FACTOR,
    Permission,
    Role,
)
from accounts.sign_in_policy import ministry_is_required
from core.clock import format_local_time
from core.errors import NotAllowed, Refused
from core.scope import list_ancestors
from units.models import Level, Unit

# The day in which those who are told of a new leader can stop them.
NEW_LEADER_WAITS = timedelta(hours=24)
FIRST_ADMINISTRATORS = 2  # they confirm what the other proposes


def account_named(typed: str) -> User | None:
    """Find the account that a person means by a user name or an e-mail address, in any case."""
    typed = typed.strip().lower()
    if not typed:
        return None
    added = EmailAddress.objects.filter(email=typed, verified=True).values("user")
    users = User.objects.filter(Q(username__iexact=typed) | Q(email=typed) | Q(pk__in=added))
    # The account's own address wins over one that somebody added to theirs.
    return max(
        users, key=lambda user: (user.username.lower() == typed, user.email == typed), default=None
    )


def mailbox_of(address: str) -> str:
    """Return the address without the tag behind a plus sign: mail to both reaches one person."""
    name, _at, host = address.lower().rpartition("@")
    return f"{name.partition('+')[0]}@{host}"


def has_account(address: str, *, besides: User | None = None) -> bool:
    """Check whether somebody already has an account with this mailbox. Two accounts would let one
    person be the second one as well.
    """
    name, _at, host = mailbox_of(address).rpartition("@")
    same = Q(email=address.lower()) | Q(email=f"{name}@{host}")
    tagged = Q(email__startswith=f"{name}+", email__endswith=f"@{host}")
    users = User.objects.filter(same | tagged)
    return users.exclude(pk=besides.pk if besides else None).exists()


def account_to_reset(address: str) -> User | None:
    """Find the active account for which a link to set a new password may go to ``address``: who
    proved it, or whose invitation went there. One query, whether there is one or not.
    """
    proved = EmailAddress.objects.filter(user=OuterRef("pk"), email=address, verified=True)
    accounts = User.objects.filter(is_active=True).annotate(has_proved=Exists(proved))
    return accounts.filter(Q(has_proved=True) | Q(email=address)).order_by("-has_proved").first()


def authority(user: User, permission: Permission, *, unit: Unit) -> Authority | None:
    return user.authority(permission, unit=unit)


def can(user: User, permission: Permission, *, unit: Unit) -> bool:
    return authority(user, permission, unit=unit) is not None


def require(user: User, permission: Permission, *, unit: Unit) -> Authority:
    """Return the authority, for the record; raise NotAllowed in the person's words."""
    if (appointment := authority(user, permission, unit=unit)) is None:
        if permission in DELAYED and (when := acts_from(user, permission, unit=unit)):
            raise NotAllowed(
                _text_of_wait(permission) % {"unit": unit, "when": format_local_time(when)}
            )
        raise NotAllowed(_("You do not have the right to do this. Ask your unit's administrator."))
    return appointment


def _text_of_wait(permission: Permission) -> str:
    if permission == Permission.POST_APPROVE:
        return _(
            "You can approve posts of %(unit)s from %(when)s on: a new approver waits for "
            "24 hours. If it cannot wait, ask two leaders to waive the waiting time; one "
            "of them leads the unit or watches over it for the province."
        )
    return _(
        "You can do this in %(unit)s from %(when)s on: a new leader waits for "
        "24 hours. If it cannot wait, ask somebody who has held such a post for longer."
    )


def acts_from(user: User, permission: Permission, *, unit: Unit) -> datetime | None:
    """Return from when a new leader in ``unit``, or a new deputy of one, may use a right of
    `DELAYED`; None for everybody else.
    """
    now = timezone.now()
    authorities: list[Authority] = [
        a for a in user.current_appointments if permission in GRANTS[a.role] and a.covers(unit)
    ]
    if permission == Permission.POST_APPROVE:
        authorities += [delegation for delegation in user.delegated if delegation.covers(unit)]
    return min(
        (a.approves_from for a in authorities if a.approves_from and a.waits(now)),
        default=None,
    )


def describe_waits(user: User) -> list[str]:
    """Say of each unit that a new approver cannot approve there yet, and from when on."""
    now = timezone.now()
    permission = Permission.POST_APPROVE
    units = [
        appointment.unit
        for appointment in user.current_appointments
        if permission in GRANTS[appointment.role] and appointment.waits(now)
    ]
    closed = [unit for unit in units if not can(user, permission, unit=unit)]
    waits = [(unit, acts_from(user, permission, unit=unit)) for unit in closed]
    text = _text_of_wait(permission)
    return [text % {"unit": unit, "when": format_local_time(when)} for unit, when in waits if when]


def appointed_by(user: User, *, people: Iterable[User]) -> bool:
    """Check whether ``user`` gave one of ``people`` any position, or one of them gave ``user`` one.

    Giving is proposing or confirming. A giver of a right does not use it together with its holder
    on one post.
    """
    keys = [person.pk for person in people]
    given = Q(user__in=keys) & (Q(appointed_by=user) | Q(confirmed_by=user))
    received = Q(user=user) & (Q(appointed_by__in=keys) | Q(confirmed_by__in=keys))
    return Appointment.objects.filter(given | received).exists()


def tied_to(user: User, people: Iterable[User]) -> set[int]:
    """Find the keys of those of ``people`` who gave ``user`` a post or made them a system operator,
    or the other way round.
    """
    keys = {person.pk for person in people}

    def find_ties(rows: QuerySet, proposer: str) -> set[int]:
        by_user = Q(**{proposer: user}) | Q(confirmed_by=user)
        by_them = Q(**{f"{proposer}__in": keys}) | Q(confirmed_by__in=keys)
        ties = rows.filter(Q(by_user, user__in=keys) | Q(by_them, user=user))
        return {key for tie in ties.values_list("user", proposer, "confirmed_by") for key in tie}

    operators = SystemChange.objects.filter(kind=ChangeKind.OPERATOR, done_at__isnull=False)
    tied_people = find_ties(Appointment.objects.all(), "appointed_by") | find_ties(
        operators, "asked_by"
    )
    return tied_people & keys


def require_independent(confirmer: User, proposer: User) -> None:
    """Raise NotAllowed where one of the two gave the other a post, or made the other a system
    operator: together they may be one person with two accounts.
    """
    if tied_to(confirmer, [proposer]):
        raise NotAllowed(
            _(
                "%(name)s proposed this, and one of you two proposed or confirmed an appointment "
                "of the other. Another administrator has to confirm it, here or one level above."
            )
            % {"name": proposer}
        )


def require_confirms(admin: User, pending: PendingAppointment) -> Authority:
    """Return the appointment by which ``admin`` may refuse the proposal. Raise NotAllowed for
    people who took part in it.
    """
    appointment = require(admin, Permission.ACCOUNT_MANAGE, unit=pending.unit)
    if admin.pk in (pending.asked_by_id, pending.user_id):
        raise NotAllowed(
            _(
                "Another administrator has to confirm this appointment: not who proposed "
                "it, nor its holder."
            )
        )
    return appointment


def confirmers(unit: Unit, *, besides: Iterable[int], proposer: User | None = None) -> list[User]:
    """Find the administrators who are asked to confirm: those of the nearest level that has one
    ``besides`` these, whom the ``proposer`` did not appoint nor was appointed by.
    """
    for path in reversed(list_ancestors(unit.path)):
        posts = Appointment.objects.in_force(timezone.localdate()).filter(
            unit__path=path, role=Role.ADMINISTRATOR
        )
        users = User.objects.filter(pk__in=posts.values("user"), is_active=True).exclude(
            pk__in=list(besides)
        )
        tied = tied_to(proposer, users) if proposer else ()
        if people := [person for person in users if person.pk not in tied]:
            return people
    return []


def leaders_of(unit: Unit, *, besides: Iterable[int] = ()) -> list[User]:
    """Find who is notified of a new leader in ``unit``: its leaders, the overseers next above, all
    administrators above.
    """
    above = list_ancestors(unit.path)[:-1]
    own = Q(unit=unit, role__in=CONFIRMED)
    watching = Q(unit__path__in=above[-1:], role=Role.OVERSEER)
    administering = Q(unit__path__in=above, role=Role.ADMINISTRATOR)
    posts = Appointment.objects.in_force(timezone.localdate()).filter(
        own | watching | administering
    )
    return list(
        User.objects.filter(pk__in=posts.values("user"), is_active=True).exclude(
            pk__in=list(besides)
        )
    )


def may_waive(user: User, post: Appointment) -> tuple[Appointment, bool] | None:
    """Return the appointment by which ``user`` may waive the waiting time of a new approver, and
    whether as a leader of the unit.

    Neither the new approver may, nor who proposed or confirmed the appointment, nor anybody whom
    one of these two appointed: who makes a leader does not also end the day in which others could
    object. New overseers and administrators wait in any case.
    """
    givers = [key for key in (post.appointed_by_id, post.confirmed_by_id) if key]
    if post.role != Role.APPROVER or not user.is_active or user.pk in (post.user_id, *givers):
        return None
    given = Q(appointed_by__in=givers) | Q(confirmed_by__in=givers)
    if user.appointments.filter(given).exists():
        return None
    now = timezone.now()
    fitting = [
        a
        for a in user.current_appointments
        if a.role in CONFIRMED and a.covers(post.unit) and not a.waits(now)
    ]
    leading = [a for a in fitting if a.role != Role.ADMINISTRATOR]
    return ((leading or fitting)[0], bool(leading)) if fitting else None


def second_approvers(unit: Unit, *, besides: Iterable[int] = ()) -> list[User]:
    """Find who gives the second approval for posts of ``unit``: the overseers of the nearest level
    that has any.
    """
    for path in reversed(list_ancestors(unit.path)):
        posts = Appointment.objects.in_force(timezone.localdate()).filter(
            unit__path=path, role=Role.OVERSEER
        )
        users = User.objects.filter(pk__in=posts.values("user"), is_active=True)
        if people := list(users.exclude(pk__in=list(besides))):
            return people
    return []


def overseers_above(unit: Unit) -> list[User]:
    """Find all overseers of the unit, of every level, to whom what is late is escalated."""
    posts = Appointment.objects.in_force(timezone.localdate()).filter(
        unit__path__in=list_ancestors(unit.path), role=Role.OVERSEER
    )
    return list(User.objects.filter(pk__in=posts.values("user"), is_active=True))


def holders(permission: Permission, *, unit: Unit, besides: Iterable[int] = ()) -> list[User]:
    """Find active people who may do this in ``unit`` by an appointment in that very unit, or in
    somebody's stead: the recipients of a notice.
    """
    return list(
        User.objects.filter(_match_holders(permission, [unit.pk])).exclude(pk__in=list(besides))
    )


def holders_in(permission: Permission, *, units: Iterable[int]) -> set[int]:
    """Find the `holders` of many units at once, by the units' keys."""
    users = User.objects.filter(_match_holders(permission, list(units)))
    return set(users.values_list("pk", flat=True))


def _match_holders(permission: Permission, units: list[int]) -> Q:
    roles = [role for role, granted in GRANTS.items() if permission in granted]
    in_force = Appointment.objects.in_force(timezone.localdate()).filter(
        unit__in=units, role__in=roles
    )
    by_post = Q(pk__in=in_force.values("user"), is_active=True)
    if permission != Permission.POST_APPROVE:
        return by_post
    lent = Delegation.objects.in_force(timezone.now()).filter(unit__in=units)
    return by_post | Q(pk__in=lent.values("deputy"), is_active=True)


class AccountState(StrEnum):
    """The states of an account; the first that fits counts."""

    DISABLED = "disabled"
    INVITED = "invited"
    LOCKED = "locked"
    ACTIVE = "active"


def has_factor(person: User) -> bool:
    """Check whether the person has a passkey, security key or app; recovery codes alone are
    none.
    """
    return Authenticator.objects.filter(user=person, type__in=FACTORS).exists()


def had_factor(person: User) -> bool:
    """Check as `has_factor` does, as of when the person's appointments were read."""
    posts = person.current_appointments
    return posts[0].has_factor if posts else has_factor(person)


def factor_day(person: User) -> date | None:
    """Return the day from which this person may do nothing without a second factor; None while none
    is set. Kept for the life of this object, as its appointments are: each page asks twice.

    It has come for those whose role needs one, and for system operators.
    """
    known = vars(person)
    if "factor_day" not in known:
        known["factor_day"] = _factor_day(person)
    return known["factor_day"]


def _factor_day(person: User) -> date | None:
    if person.is_superuser or any(
        post.role in NEEDS_FACTOR for post in person.current_appointments
    ):
        return date.min
    if person.delegated:  # approves in a leader's stead
        return date.min
    return next((post.factor_day for post in person.current_appointments), None)


def is_leader(person: User) -> bool:
    """Check whether the person approves, oversees, administers or operates the installation."""
    leading = {Role.APPROVER, Role.OVERSEER, Role.ADMINISTRATOR}
    by_post = any(appointment.role in leading for appointment in person.current_appointments)
    return person.is_superuser or by_post or bool(person.delegated)


def is_linked(person: User) -> bool:
    """Check whether the account is linked to a ministry account."""
    return MinistryIdentity.objects.filter(user=person).exists()


def is_in_use(person: User) -> bool:
    """Check whether the person has signed in by their own means: a password they chose, or the
    ministry's account.
    """
    return person.has_usable_password() or is_linked(person)


def system_operators() -> QuerySet[User]:
    """Find the accounts that open `/system/`."""
    return User.objects.filter(is_active=True, is_staff=True, is_superuser=True)


def ministry_administrators() -> QuerySet[User]:
    """Find the active administrators of the ministry, those included who still wait for a day."""
    posts = Appointment.objects.in_force(timezone.localdate()).filter(
        role=Role.ADMINISTRATOR, unit__level=Level.MINISTRY
    )
    return User.objects.filter(pk__in=posts.values("user"), is_active=True)


def may_change_system(user: User) -> bool:
    """Check whether ``user`` may propose and confirm changes of those who hold power over the
    installation: system operators and administrators of the ministry, from the day after they
    became that.
    """
    if user.is_operator:
        made = SystemChange.objects.filter(
            kind=ChangeKind.OPERATOR, user=user, done_at__gt=timezone.now() - NEW_LEADER_WAITS
        )
        return not made.exists()
    ministry = Unit.objects.filter(level=Level.MINISTRY).first()
    return ministry is not None and can(user, Permission.ACCOUNT_MANAGE, unit=ministry)


def had_ministry_administrators() -> bool:
    """Check whether the installation's first two administrators were appointed, whatever became of
    them: from then on nobody is appointed from `/system/`.
    """
    posts = Appointment.objects.filter(role=Role.ADMINISTRATOR, unit__level=Level.MINISTRY)
    return posts.values("user").distinct().count() >= FIRST_ADMINISTRATORS


def break_glass_accounts() -> QuerySet:
    """Find the accounts that open without the ministry: marked, active, with a password and a
    second factor.
    """
    marked = User.objects.filter(pk__in=BreakGlassAccount.objects.values("user"), is_active=True)
    factors = Authenticator.objects.filter(type__in=FACTORS).values("user")
    return marked.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX).filter(pk__in=factors)


def may_enter_without_ministry(person: User) -> bool:
    """Check whether a password or a passkey opens this account by itself."""
    return not ministry_is_required() or BreakGlassAccount.objects.filter(user=person).exists()


def must_enrol(person: User) -> bool:
    day = factor_day(person)
    return day is not None and day <= timezone.localdate() and not had_factor(person)


def with_facts(people: QuerySet) -> QuerySet:
    """Annotate the columns of the lists: ``is_locked`` (too many wrong passwords), ``has_mfa``,
    ``has_link``.
    """
    wrong = AccessAttempt.objects.filter(
        username=OuterRef("username"),
        failures_since_start__gte=settings.AXES_FAILURE_LIMIT,
        attempt_time__gte=timezone.now() - get_cool_off(),
    )
    second = Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS)
    linked = MinistryIdentity.objects.filter(user=OuterRef("pk"))
    return people.annotate(is_locked=Exists(wrong), has_mfa=Exists(second), has_link=Exists(linked))


def state_of(person: User) -> AccountState:
    """Return the state of a person from `with_facts`."""
    if not person.is_active:
        return AccountState.DISABLED
    if not person.has_usable_password() and not person.has_link:
        return AccountState.INVITED
    return AccountState.LOCKED if person.is_locked else AccountState.ACTIVE


def in_state(people: QuerySet, state: str) -> QuerySet:
    """Filter people of `with_facts` by ``state``, with the same order of
    questions as `state_of`.
    """
    invited = Q(password__startswith=UNUSABLE_PASSWORD_PREFIX, has_link=False)
    match state:
        case AccountState.DISABLED:
            return people.filter(is_active=False)
        case AccountState.INVITED:
            return people.filter(invited, is_active=True)
        case AccountState.LOCKED:
            return people.exclude(invited).filter(is_active=True, is_locked=True)
        case AccountState.ACTIVE:
            return people.exclude(invited).filter(is_active=True, is_locked=False)
    return people


def open_posts(person: User) -> list[Appointment]:
    """Return the appointments in force now or from a later day on."""
    today = timezone.localdate()
    return [
        a
        for a in person.appointments.select_related("unit__parent")
        if a.valid_to is None or a.valid_to >= today
    ]


def unit_path_of(person: User) -> str:
    """Return the path under which the record of an account is found: that of
    the first appointment.
    """
    appointments = open_posts(person) or list(person.appointments.select_related("unit"))
    return appointments[0].unit.path if appointments else ""


def waiting_posts(person: User) -> list[PendingAppointment]:
    return list(
        person.pending_appointments.waiting(timezone.now()).select_related(
            "unit__parent", "asked_by"
        )
    )


def open_or_waiting(person: User) -> list[Appointment | PendingAppointment]:
    return [*open_posts(person), *waiting_posts(person)]


def governs(admin: User, person: User) -> Authority | None:
    """Return the appointment by which ``admin`` may act on the account as a whole, or None.

    One must reach every unit where the person holds a post or is proposed for one: who also serves
    elsewhere is not the neighbour's to disable. For somebody without any post, the last one counts.
    Nobody governs themselves, nor a system operator.
    """
    if person.pk == admin.pk or person.is_superuser:
        return None
    units = [a.unit for a in open_or_waiting(person)]
    if not units:
        ended = person.appointments.select_related("unit").order_by("valid_to").last()
        last = ended or person.pending_appointments.select_related("unit").last()
        units = [last.unit] if last else []
    authorities = [admin.authority(Permission.ACCOUNT_MANAGE, unit=unit) for unit in units]
    return authorities[0] if authorities and all(authorities) else None


def administrators_over(person: User) -> list[User]:
    """Find those who govern the account, of its units and of the units above, in the order of their
    names.
    """
    paths = [post.unit.path for post in open_or_waiting(person)]
    posts = Appointment.objects.in_force(timezone.localdate()).filter(role=Role.ADMINISTRATOR)
    above = posts.annotate(of=Value(paths[0] if paths else "")).filter(
        of__startswith=F("unit__path")
    )
    users = User.objects.filter(pk__in=above.values("user"), is_active=True).order_by(
        "search", "pk"
    )
    return [user for user in users if governs(user, person)]


def require_governs(admin: User, person: User) -> Authority:
    if appointment := governs(admin, person):
        return appointment
    if person.pk == admin.pk:
        raise NotAllowed(_("You cannot do this to your own account. Ask another administrator."))
    raise NotAllowed(
        _(
            "This person also serves outside your area. End the post in your area, or "
            "ask the ministry's administrator."
        )
    )


def require_fitting(role: str, unit: Unit) -> None:
    """Raise Refused where no such appointment can exist."""
    if not unit.is_current:
        raise Refused(_("%(unit)s is closed. Choose its successor.") % {"unit": unit})
    if not unit.has_police_body:
        raise Refused(_("%(unit)s has no police body of its own.") % {"unit": unit})
    if unit.level not in LEVELS[role]:
        raise Refused(
            _(
                "The role “%(role)s” does not exist in %(unit)s. Choose another role or "
                "the unit above."
            )
            % {"role": Role(role).label, "unit": unit}
        )


def open_invitation(secret: str) -> Invitation:
    """Return the invitation that ``secret`` opens. Raise Refused with what to do instead."""
    row = (
        Invitation.objects.select_related("user")
        .filter(secret_hash=Invitation.hash_of(secret))
        .first()
    )
    if row is None or not row.user.is_active:
        raise Refused(
            _("This invitation link is not valid. Please check that you opened the whole link.")
        )
    if row.used_at or row.user.has_usable_password():
        raise Refused(
            _("This invitation link was already used. Sign in with the password you chose.")
        )
    if row.withdrawn_at:
        raise Refused(_("A newer invitation link was sent to you. Please use that one."))
    if row.expires_at <= timezone.now():
        raise Refused(
            _("This invitation link has expired. Ask your unit's administrator to send a new one.")
        )
    return row


def unread_first(person: User) -> QuerySet:
    return person.notices.annotate(is_read=Q(read_at__isnull=False)).order_by(
        "is_read", "-created_at", "-pk"
    )
