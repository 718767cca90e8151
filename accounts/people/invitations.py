"""Accounts are made by invitation: a single-use link, by which its holder chooses the password."""

import secrets
from collections.abc import Container, Sequence
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.validators import RegexValidator
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Invitation, PendingAppointment, User
from accounts.people.appointments import give_or_propose
from accounts.permissions import Permission
from accounts.queries import (
    has_account,
    is_in_use,
    open_invitation,
    open_posts,
    require,
    require_fitting,
    require_governs,
    unit_path_of,
)
from accounts.sign_in_policy import ministry_is_required
from audit.services import record
from core.clock import format_local_time
from core.errors import Refused
from core.outbox import Mail
from core.tasks import send_mails
from core.text import fold
from units.models import Unit

INVITATION_LIFETIME = timedelta(days=7)
check_username = RegexValidator(
    r"^[a-z0-9][a-z0-9._-]+\Z",
    gettext_lazy("Use small letters without accents, digits and dots only."),
)


def suggest_username(full_name: str, taken: Container[str] | None = None) -> str:
    """Suggest a user name: 'Nguyễn Văn An' → 'nguyen.van.an', with a number
    when that one is taken.
    """
    base = (
        ".".join("".join(c for c in word if c.isalnum()) for word in fold(full_name).split())[:140]
        or "can.bo"
    )
    number, name = 1, base
    while name in taken if taken is not None else User.objects.filter(username=name).exists():
        number += 1
        name = f"{base}{number}"
    return name


def send_invitations(people: Sequence[User], *, by: User) -> None:
    """Mail each person a new single-use link when the transaction commits; earlier links stop
    working.

    The link is in the letter alone: whoever invites never sees it, or could use the account.
    """
    now, rows = timezone.now(), []
    letters: list[Mail] = []
    Invitation.objects.filter(user__in=people, used_at=None, withdrawn_at=None).update(
        withdrawn_at=now
    )
    for person in people:
        secret = secrets.token_urlsafe(32)
        link = settings.PORTAL_URL + reverse("accounts:accept_invitation", args=[secret])
        rows.append(
            Invitation(
                user=person,
                secret_hash=Invitation.hash_of(secret),
                invited_by=by,
                expires_at=now + INVITATION_LIFETIME,
            )
        )
        letters.append(_invitation_mail(person, link, by=by, until=rows[-1].expires_at))
    Invitation.objects.bulk_create(rows)
    send_mails(letters)


def _invitation_mail(person: User, link: str, *, by: User, until: datetime) -> Mail:
    with translation.override(person.language):
        product = str(settings.PRODUCT_NAME)
        if ministry_is_required():
            return _ministry_invitation_mail(person, product=product, by=by)
        text = _(
            "Dear %(name)s,\n\n%(by)s made an account for you at the %(product)s. Your "
            "user name: %(username)s\n\n"
            "Open this link and choose your password. It works once, until %(until)s:\n%(link)s\n\n"
            "If you did not expect this mail, tell your unit's administrator and do not "
            "open the link."
        ) % {
            "name": person.full_name,
            "by": by.full_name,
            "product": product,
            "username": person.username,
            "until": format_local_time(until),
            "link": link,
        }
        return {
            "to": [person.email],
            "subject": _("Your account at the %(product)s") % {"product": product},
            "text": text,
        }


def _ministry_invitation_mail(person: User, *, product: str, by: User) -> Mail:
    text = _(
        "Dear %(name)s,\n\n%(by)s made an account for you at the %(product)s. Sign in "
        "there with your account of the "
        "ministry and give your unit's administrator the code that you then see:\n%(link)s\n\n"
        "If you did not expect this mail, tell your unit's administrator."
    ) % {
        "name": person.full_name,
        "by": by.full_name,
        "product": product,
        "link": settings.PORTAL_URL + reverse("account_login"),
    }
    return {
        "to": [person.email],
        "subject": _("Your account at the %(product)s") % {"product": product},
        "text": text,
    }


@transaction.atomic
def invite(
    *,
    full_name: str,
    email: str,
    unit: Unit,
    role: str,
    by: User,
    username: str = "",
    title: str = "",
) -> User:
    """Make an account that cannot sign in until its holder opens the mailed link and chooses a
    password.

    Where the role asks for a second administrator, the link is mailed when that one confirms the
    appointment.
    """
    authority = require(by, Permission.ACCOUNT_MANAGE, unit=unit)
    require_fitting(role, unit)
    if has_account(email):
        raise Refused(_("There is an account with this e-mail already."))
    person = User(
        full_name=full_name, email=email, username=username or suggest_username(full_name)
    )
    person.set_unusable_password()
    try:
        with transaction.atomic():
            person.save()
    except IntegrityError as taken:
        raise Refused(
            _("This user name or e-mail was taken a moment ago. Choose another.")
        ) from taken
    given = give_or_propose(
        person, unit=unit, role=role, title=title, valid_from=timezone.localdate(), by=by
    )
    waits = isinstance(given, PendingAppointment)
    if not waits:
        send_invitations([person], by=by)
    action = "account.invitation_proposed" if waits else "account.invited"
    record(
        action,
        person,
        by=by,
        position=authority.position,
        unit_path=unit.path,
        role=role,
        title=given.position,
    )
    return person


@transaction.atomic
def invite_again(person: User, *, by: User) -> None:
    authority = require_governs(by, person)
    if not person.is_active or is_in_use(person):
        raise Refused(
            _("This person already chose a password. They can reset it on the sign-in page.")
        )
    if not open_posts(person):
        raise Refused(
            _(
                "This person holds no post yet. The invitation goes out when a second "
                "administrator confirms one."
            )
        )
    send_invitations([person], by=by)
    record(
        "account.invited_again",
        person,
        by=by,
        position=authority.position,
        unit_path=unit_path_of(person),
    )


@transaction.atomic
def accept(secret: str, *, password: str) -> User:
    """Set the password and use the invitation up. Of two who try at once, one is refused."""
    invitation = open_invitation(secret)
    now = timezone.now()
    unused = Invitation.objects.filter(
        pk=invitation.pk, used_at=None, withdrawn_at=None, expires_at__gt=now
    )
    if not unused.update(used_at=now):
        raise Refused(
            _("This invitation link was already used. Sign in with the password you chose.")
        )
    person = invitation.user
    person.set_password(password)
    person.save(update_fields=["password"])
    EmailAddress.objects.update_or_create(
        user=person, email=person.email, defaults={"primary": True, "verified": True}
    )
    record("account.accepted", person, by=person, unit_path=unit_path_of(person))
    return person
