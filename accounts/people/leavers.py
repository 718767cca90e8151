"""People who left: two years later their account keeps its number and nothing that says who it was.

The record keeps the name under which each act was done, for it is append-only and proves who did
it; reviews and signatures name the account by its number.
"""

from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import (
    Appointment,
    BreakGlassAccount,
    Decision,
    Invitation,
    MinistryIdentity,
    MinistryRequest,
    Notice,
    PendingAppointment,
    PeopleImport,
    Session,
    User,
)
from audit.services import make_entry, record_entries

# What a person signed in with, and what was only theirs; each names its user.
THEIRS: tuple[type[Model], ...] = (
    Session,
    Authenticator,
    EmailAddress,
    Invitation,
    MinistryIdentity,
    MinistryRequest,
    BreakGlassAccount,
    Notice,
)


def accounts_to_pseudonymise(before: datetime) -> QuerySet[User]:
    """Find accounts that were disabled before then, or whose last appointment ended before then and
    that were not used since.

    A technical account without appointments is a leaver's only once it is disabled.
    """
    day = timezone.localdate(before)
    later = Appointment.objects.filter(Q(valid_to=None) | Q(valid_to__gte=day), user=OuterRef("pk"))
    waiting = PendingAppointment.objects.filter(decision=Decision.WAITING, user=OuterRef("pk"))
    unused = Q(
        Q(last_login=None) | Q(last_login__lt=before),
        ~Exists(later),
        ~Exists(waiting),
        date_joined__lt=before,
    )
    gone = Q(is_active=False, disabled_at__lt=before)
    return User.objects.filter(
        gone | Q(unused, is_superuser=False, is_staff=False), pseudonymised_at=None
    )


@transaction.atomic
def pseudonymise(people: QuerySet[User]) -> int:
    """Replace name, address and user name of those of ``people`` by neutral ones, and remove all by
    which they signed in and what was only theirs. Return how many.
    """
    leavers = list(people.select_for_update(of=("self",), skip_locked=True))
    names = [person.username for person in leavers]
    now = timezone.now()
    for person in leavers:
        # Content, as a unit's name is, and so in the language of the record.
        person.full_name = f"Tài khoản cũ số {person.pk}"
        person.username = f"former#{person.pk}"  # nobody can choose a name with this sign
        person.email = f"former-{person.pk}@removed.invalid"
        person.password = make_password(None)
        person.is_active, person.last_login, person.pseudonymised_at = False, None, now
        person.open_folds, person.saved_views = [], {}
        person.fill_search()
    fields = [
        "full_name",
        "username",
        "email",
        "password",
        "is_active",
        "last_login",
        "pseudonymised_at",
        "open_folds",
        "saved_views",
        "search",
    ]
    User.objects.bulk_update(leavers, fields)
    for model in THEIRS:
        model._base_manager.filter(user__in=leavers).delete()
    PeopleImport.objects.filter(made_by__in=leavers).delete()
    for attempts in (AccessAttempt, AccessFailureLog, AccessLog):
        attempts.objects.filter(username__in=names).delete()
    record_entries(make_entry("account.pseudonymised", person, at=now) for person in leavers)
    return len(leavers)
