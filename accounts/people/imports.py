"""People from a spreadsheet: kept for the preview, then applied. What each row would change is
planned again for both, see `import_plans`.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Appointment, Decision, PendingAppointment, PeopleImport, User
from accounts.people.appointments import (
    ask_to_confirm,
    build_proposal,
    notify_unit_of,
    set_last_day,
)
from accounts.people.import_plans import Outcome, Plan, Planned, plan
from accounts.people.invitations import send_invitations
from accounts.people.spreadsheets import Row
from accounts.permissions import Permission
from accounts.queries import require
from audit.models import Entry
from audit.services import make_entry, record, record_entries
from core.errors import Refused
from core.leaks import remove_leaks_from_file_name
from core.secrecy import require_no_secrecy_mark

# By whether the account is new and whether the post waits for a second administrator.
ACTIONS = {
    (True, False): "account.invited",
    (True, True): "account.invitation_proposed",
    (False, False): "account.appointed",
    (False, True): "account.appointment_proposed",
}


def store_rows(rows: list[Row], *, file_name: str, by: User) -> PeopleImport:
    """Store the rows that were read, for the preview; drop earlier files that
    were never confirmed.
    """
    require_no_secrecy_mark(str(cell) for row in rows for cell in row)
    PeopleImport.objects.filter(made_by=by, applied_at=None).delete()
    return PeopleImport.objects.create(
        made_by=by, file_name=remove_leaks_from_file_name(file_name)[:200], rows=rows
    )


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
    for planned in todo.rows:
        planned.person = planned.person or newcomers[planned.email]
    trail = _change_posts(todo, by=by)
    at_once = {
        planned.email
        for planned in todo.rows
        if planned.outcome == Outcome.NEW and not planned.needs_confirmation
    }
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
    for planned in todo.rows:
        email = planned.email
        if planned.outcome == Outcome.NEW and email not in people:
            person = User(full_name=planned.row.full_name, email=email, username=planned.username)
            person.set_unusable_password()
            person.fill_search()
            people[email] = person
    User.objects.bulk_create(people.values(), batch_size=1000)
    return people


def _audit_entry(planned: Planned, *, by: User) -> Entry:
    authority = require(by, Permission.ACCOUNT_MANAGE, unit=planned.target_unit)
    return make_entry(
        ACTIONS[planned.outcome == Outcome.NEW, planned.needs_confirmation],
        planned.account,
        by=by,
        position=authority.position,
        unit_path=planned.target_unit.path,
        role=planned.role,
        title=planned.row.title,
    )


def _change_posts(todo: Plan, *, by: User) -> list[Entry]:
    """Create, end and retitle posts as planned; return the entries for the record."""
    today = timezone.localdate()
    trail, new, retitled = [], [], []
    proposed: list[tuple[PendingAppointment, list[Appointment]]] = []
    ended: dict[int, Appointment] = {}
    for planned in todo.rows:
        if planned.outcome == Outcome.SAME:
            continue
        trail.append(_audit_entry(planned, by=by))
        post: dict[str, Any] = {
            "unit": planned.target_unit,
            "role": planned.role,
            "title": planned.row.title,
            "valid_from": today,
        }
        if planned.needs_confirmation:
            proposed.append((build_proposal(planned.account, by=by, **post), planned.replaced))
            continue
        ended |= {post.pk: post for post in planned.replaced}
        if planned.current is None:
            new.append(Appointment(user=planned.account, appointed_by=by, **post))
        elif planned.row.title:
            planned.current.title = planned.row.title
            retitled.append(planned.current)
    for ending in ended.values():
        set_last_day(ending, today - timedelta(days=1))
    Appointment.objects.bulk_update(retitled, ["title"], batch_size=500)
    Appointment.objects.bulk_create(new, batch_size=1000)
    notify_unit_of(new, by=by)
    for pending, replaced in proposed:
        # One that waits still is over already: else the row would not propose it again.
        earlier = PendingAppointment.objects.filter(
            user=pending.user,
            unit=pending.unit,
            role=pending.role,
            decision=Decision.WAITING,
        )
        earlier.update(decision=Decision.EXPIRED)
        pending.save()
        pending.replaces.set(replaced)
    ask_to_confirm([pending for pending, _replaced in proposed], by=by)
    return trail
