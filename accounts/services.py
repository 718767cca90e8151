"""What changes accounts and the posts their holders hold. Each act is checked, on record, in one transaction."""

import secrets
from collections.abc import Container, Sequence
from datetime import date, datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.validators import RegexValidator
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Appointment, Invitation, Notice, User
from accounts.permissions import Permission
from accounts.queries import open_invitation, open_posts, require, require_fitting, require_governs
from audit.services import record
from core.errors import Refused
from core.tasks import send_mail
from core.text import fold
from units.models import Unit

INVITATION_LIFE = timedelta(days=7)
check_username = RegexValidator(
    r"^[a-z0-9][a-z0-9._-]+\Z", gettext_lazy("Use small letters without accents, digits and dots only.")
)


def suggest_username(full_name: str, taken: Container[str] | None = None) -> str:
    """'Nguyễn Văn An' → 'nguyen.van.an', with a number when that one is taken."""
    base = ".".join("".join(c for c in word if c.isalnum()) for word in fold(full_name).split())[:140] or "can.bo"
    number, name = 1, base
    while name in taken if taken is not None else User.objects.filter(username=name).exists():
        number += 1
        name = f"{base}{number}"
    return name


def new_links(people: Sequence[User], *, by: User) -> list[str]:
    """A fresh single-use link for each, mailed when the act commits; their earlier links die. Returns the addresses."""
    now, links, rows, letters = timezone.now(), [], [], []
    Invitation.objects.filter(user__in=people, used_at=None, withdrawn_at=None).update(withdrawn_at=now)
    for person in people:
        secret = secrets.token_urlsafe(32)
        links.append(settings.PORTAL_URL + reverse("accounts:accept_invitation", args=[secret]))
        rows.append(
            Invitation(
                user=person, secret_hash=Invitation.hash_of(secret), invited_by=by, expires_at=now + INVITATION_LIFE
            )
        )
        letters.append(_letter(person, links[-1], by=by, until=rows[-1].expires_at))
    Invitation.objects.bulk_create(rows)

    def send() -> None:
        for letter in letters:
            send_mail.delay(**letter)

    transaction.on_commit(send, robust=True)
    return links


def _letter(person: User, link: str, *, by: User, until: datetime) -> dict[str, object]:
    with translation.override(person.language):
        product = str(settings.PRODUCT_NAME)
        text = _(
            "Dear %(name)s,\n\n%(by)s made an account for you at the %(product)s. Your user name: %(username)s\n\n"
            "Open this link and choose your password. It works once, until %(until)s:\n%(link)s\n\n"
            "If you did not expect this mail, tell your unit's administrator and do not open the link."
        ) % {
            "name": person.full_name,
            "by": by.full_name,
            "product": product,
            "username": person.username,
            "until": timezone.localtime(until).strftime("%H:%M %d/%m/%Y"),
            "link": link,
        }
        return {
            "to": [person.email],
            "subject": _("Your account at the %(product)s") % {"product": product},
            "text": text,
        }


@transaction.atomic
def invite(
    *, full_name: str, email: str, unit: Unit, role: str, by: User, username: str = "", title: str = ""
) -> tuple[User, str]:
    """An account that cannot sign in until its holder opens the link and chooses a password; returns both."""
    held = require(by, Permission.ACCOUNT_MANAGE, unit=unit)
    require_fitting(role, unit)
    if User.objects.filter(email=email.lower()).exists():
        raise Refused(_("There is an account with this e-mail already."))
    person = User(full_name=full_name, email=email, username=username or suggest_username(full_name))
    person.set_unusable_password()
    try:
        with transaction.atomic():
            person.save()
    except IntegrityError as taken:
        raise Refused(_("This user name or e-mail was taken a moment ago. Choose another.")) from taken
    Appointment.objects.create(user=person, unit=unit, role=role, title=title)
    (link,) = new_links([person], by=by)
    record("account.invited", person, by=by, post_held=held.post_held, unit_path=unit.path, role=role, title=title)
    return person, link


@transaction.atomic
def invite_again(person: User, *, by: User) -> str:
    held = require_governs(by, person)
    if not person.is_active or person.has_usable_password():
        raise Refused(_("This person already chose a password. They can reset it on the sign-in page."))
    (link,) = new_links([person], by=by)
    record("account.invited_again", person, by=by, post_held=held.post_held, unit_path=_where(person))
    return link


@transaction.atomic
def accept(secret: str, *, password: str) -> User:
    """Sets the password and uses the invitation up. Of two who try at once, one is refused."""
    invitation = open_invitation(secret)
    now = timezone.now()
    mine = Invitation.objects.filter(pk=invitation.pk, used_at=None, withdrawn_at=None, expires_at__gt=now)
    if not mine.update(used_at=now):
        raise Refused(_("This invitation link was already used. Sign in with the password you chose."))
    person = invitation.user
    person.set_password(password)
    person.save(update_fields=["password"])
    EmailAddress.objects.update_or_create(
        user=person, email=person.email, defaults={"primary": True, "verified": False}
    )
    record("account.accepted", person, by=person, unit_path=_where(person))
    return person


def _where(person: User) -> str:
    """The place in the tree under which the record of an account is found: that of the first post held."""
    held = open_posts(person) or list(person.appointments.select_related("unit"))
    return held[0].unit.path if held else ""


@transaction.atomic
def appoint(
    person: User, *, unit: Unit, role: str, by: User, title: str = "", valid_from: date, valid_to: date | None = None
) -> Appointment:
    """Gives ``person`` a post in a unit that ``by`` reaches. Nobody appoints themselves."""
    held = require(by, Permission.ACCOUNT_MANAGE, unit=unit)
    if person.pk == by.pk:
        raise Refused(_("You cannot give yourself a post. Ask another administrator."))
    require_fitting(role, unit)
    if valid_to and valid_to < valid_from:
        raise Refused(_("The last day must not lie before the first."))
    User.objects.select_for_update().get(pk=person.pk)  # two administrators at once: the second sees the first's post
    same = person.appointments.filter(unit=unit, role=role).in_force_between(valid_from, valid_to)
    if same.exists():
        raise Refused(_("This person already holds this post in %(unit)s.") % {"unit": unit})
    post = Appointment.objects.create(
        user=person, unit=unit, role=role, title=title, valid_from=valid_from, valid_to=valid_to
    )
    record(
        "account.appointed",
        person,
        by=by,
        post_held=held.post_held,
        unit_path=unit.path,
        role=role,
        title=title,
        valid_from=valid_from.isoformat(),
        valid_to=valid_to.isoformat() if valid_to else "",
    )
    return post


@transaction.atomic
def end_post(post: Appointment, *, on: date, by: User, reason: str = "") -> None:
    """Ends a post; ``on`` is its last day. One that has not begun yet is struck out. Nobody ends their own."""
    held = require(by, Permission.ACCOUNT_MANAGE, unit=post.unit)
    post = Appointment.objects.select_for_update(of=("self",)).select_related("unit", "user").get(pk=post.pk)
    today = timezone.localdate()
    if post.user_id == by.pk:
        raise Refused(_("You cannot end your own post. Ask another administrator."))
    if post.valid_to and post.valid_to < today:
        raise Refused(_("This post has ended already."))
    if on < today - timedelta(days=1):
        raise Refused(_("A post can end yesterday at the earliest: what was done under it stays valid."))
    finish(post, on)
    record(
        "account.post_ended",
        post.user,
        by=by,
        post_held=held.post_held,
        reason=reason,
        unit_path=post.unit.path,
        role=post.role,
        title=post.title,
        on=on.isoformat(),
    )


def finish(post: Appointment, on: date) -> None:
    """Makes ``on`` the last day of a post; the callers check and record."""
    if on < post.valid_from:
        post.delete()  # it never came into force
    elif post.valid_to is None or post.valid_to > on:
        post.valid_to = on
        post.save(update_fields=["valid_to"])


@transaction.atomic
def disable(person: User, *, by: User, reason: str) -> int:
    """Shuts an account at once: every open session of it ends. Returns how many there were."""
    held = require_governs(by, person)
    if not reason.strip():
        raise Refused(_("Please write why the account is disabled."))
    if not User.objects.filter(pk=person.pk, is_active=True).update(is_active=False):
        raise Refused(_("This account is disabled already."))
    person.is_active = False
    person.invitations.filter(used_at=None, withdrawn_at=None).update(withdrawn_at=timezone.now())
    ended = end_sessions(person)
    record(
        "account.disabled",
        person,
        by=by,
        post_held=held.post_held,
        reason=reason.strip(),
        unit_path=_where(person),
        sessions=ended,
    )
    return ended


def end_sessions(person: User) -> int:
    open_ones = UserSession.objects.filter(user=person)
    Session.objects.filter(session_key__in=open_ones.values("session_key")).delete()
    return open_ones.delete()[0]


@transaction.atomic
def enable(person: User, *, by: User, reason: str) -> None:
    held = require_governs(by, person)
    if not User.objects.filter(pk=person.pk, is_active=False).update(is_active=True):
        raise Refused(_("This account is not disabled."))
    person.is_active = True
    record("account.enabled", person, by=by, post_held=held.post_held, reason=reason.strip(), unit_path=_where(person))


@transaction.atomic
def unlock(person: User, *, by: User) -> None:
    """Forgives the wrong passwords that were typed for this account."""
    held = require_governs(by, person)
    AccessAttempt.objects.filter(username=person.username).delete()
    record("account.unlocked", person, by=by, post_held=held.post_held, unit_path=_where(person))


@transaction.atomic
def reset_second_factor(person: User, *, by: User, reason: str) -> None:
    """For a lost telephone or key: two-factor authentication is off until the person sets it up anew."""
    held = require_governs(by, person)
    if not reason.strip():
        raise Refused(_("Please write why two-factor authentication is reset."))
    Authenticator.objects.filter(user=person).delete()
    ended = end_sessions(person)
    where = _where(person)
    record(
        "account.mfa_reset",
        person,
        by=by,
        post_held=held.post_held,
        reason=reason.strip(),
        unit_path=where,
        sessions=ended,
    )


@transaction.atomic
def correct(person: User, *, full_name: str, email: str, by: User) -> None:
    """A name or an address that was written wrongly. The address is free to change only until the first sign-in."""
    held = require_governs(by, person)
    if email.lower() != person.email and person.has_usable_password():
        raise Refused(_("Only the holder can change the e-mail of an account that is in use."))
    if User.objects.filter(email=email.lower()).exclude(pk=person.pk).exists():
        raise Refused(_("There is an account with this e-mail already."))
    was = person.full_name
    person.full_name, person.email = full_name, email
    person.save()
    record("account.corrected", person, by=by, post_held=held.post_held, unit_path=_where(person), was=was)


def choose_language(person: User, language: str) -> None:
    if language in dict(settings.LANGUAGES):
        User.objects.filter(pk=person.pk).update(language=language)


def read_notice(notice: Notice) -> None:
    Notice.objects.filter(pk=notice.pk, read_at=None).update(read_at=timezone.now())


def read_all_notices(person: User) -> int:
    return person.notices.filter(read_at=None).update(read_at=timezone.now())


def follow_ended_unit(
    unit: Unit, *, successor: Unit | None, on: date, by: User, post_held: str, move_people: bool
) -> tuple[int, int]:
    """A unit ends on ``on``: its posts end the day before, and go on in the successor if ``move_people``.

    Called in the transaction that ends the unit. Returns how many posts ended and how many go on.
    """
    ended = list(unit.appointments.filter(valid_to=None) | unit.appointments.filter(valid_to__gte=on))
    moved = 0
    for post in ended:
        if successor and move_people:
            begins = max(on, post.valid_from)
            same = successor.appointments.filter(user=post.user_id, role=post.role)
            if not same.in_force_between(begins, post.valid_to).exists():
                Appointment.objects.create(
                    user_id=post.user_id,
                    unit=successor,
                    role=post.role,
                    title=post.title,
                    valid_from=begins,
                    valid_to=post.valid_to,
                )
            moved += 1
        finish(post, on - timedelta(days=1))
    if ended:
        record("unit.posts_followed", unit, by=by, post_held=post_held, ended=len(ended), moved=moved)
    return len(ended), moved
