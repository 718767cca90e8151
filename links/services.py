"""Make short links, change where they lead, stop them."""

import secrets

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Authority, User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders, require
from audit.services import record
from core import quotas
from core.errors import Refused
from core.reasons import require_reason
from core.secrecy import require_no_secrecy_mark
from core.text import fold, normalise
from links.models import LONGEST_STOP_REASON, LONGEST_TITLE, Link, StopReason
from links.targets import require_target
from units.models import Unit

# Without letters and digits that look alike on paper. 31 to the power of 7: nobody finds one by
# trying.
ALPHABET, CODE_LENGTH = "23456789abcdefghjkmnpqrstuvwxyz", 7
MOST_LINKS = 2000  # of a unit


@transaction.atomic
def create_link(*, unit: Unit, title: str, target: str, by: User, is_checked: bool = False) -> Link:
    """Make a short link. Raise NotAllowed, Refused, SecrecyRefused, QuotaExceeded.

    ``is_checked``: the address is of a post on the unit's own page, as the portal knows it.
    """
    authority = require(by, Permission.POST_WRITE, unit=unit)
    title, target = _clean_title(title), target if is_checked else require_target(target, unit=unit)
    if Link.objects.filter(unit=unit).count() >= MOST_LINKS:
        raise Refused(_("The unit has %(n)s short links, no more fit.") % {"n": MOST_LINKS})
    quotas.use("link", by=by)
    link = Link.objects.create(
        unit=unit,
        code="".join(secrets.choice(ALPHABET) for _letter in range(CODE_LENGTH)),
        title=title,
        target=target,
        created_by=by,
        created_at=timezone.now(),
        search=_make_search_text(title, target),
    )
    record("link.created", link, by=by, position=authority.position, target=target)
    return link


@transaction.atomic
def change_target(link: Link, target: str, *, version: int, by: User) -> Link:
    """Let the link lead elsewhere, from some seconds on. The leader's: posts that name the link are
    approved already. Raise Refused when ``version`` is no longer the stored one.
    """
    authority = require(by, Permission.POST_APPROVE, unit=link.unit)
    target = require_target(target, unit=link.unit)
    row = _lock_link(link, version)
    if row.target == target:
        row.version = version
        return row
    before, row.target = row.target, target
    row.search = _make_search_text(row.title, target)
    row.save(update_fields=["target", "search", "version"])
    _record_and_notify("link.target_changed", row, authority, by=by, target=target, before=before)
    return row


@transaction.atomic
def stop_link(link: Link, kind: str, *, own_text: str = "", version: int, by: User) -> Link:
    """Let the link show a page with the reason ``kind`` instead. ``own_text``, for
    `StopReason.OWN`, is the leader's alone: everybody who scans a printed code reads it as the
    police's.
    """
    is_own = kind == StopReason.OWN
    right = Permission.POST_APPROVE if is_own else Permission.POST_WRITE
    authority = require(by, right, unit=link.unit)
    if is_own:
        missing = _("Please write what people who follow the link should know.")
        own_text = require_reason(own_text, missing, most=LONGEST_STOP_REASON)
        require_no_secrecy_mark([own_text])
    row = _lock_link(link, version)
    if row.is_stopped:
        raise Refused(_("This link is stopped already."))
    row.stopped_at, row.stop_kind = timezone.now(), StopReason(kind)
    row.stop_reason = own_text if is_own else ""
    row.save(update_fields=["stopped_at", "stop_kind", "stop_reason", "version"])
    _record_and_notify("link.stopped", row, authority, by=by, reason=row.stop_text)
    return row


@transaction.atomic
def resume_link(link: Link, *, version: int, by: User) -> Link:
    """Let a stopped link lead to its target again, if that is still permitted."""
    authority = require(by, Permission.POST_APPROVE, unit=link.unit)
    require_target(link.target, unit=link.unit)
    row = _lock_link(link, version)
    if not row.is_stopped:
        raise Refused(_("This link is not stopped."))
    row.stopped_at, row.stop_kind, row.stop_reason = None, "", ""
    row.save(update_fields=["stopped_at", "stop_kind", "stop_reason", "version"])
    _record_and_notify("link.resumed", row, authority, by=by)
    return row


def _record_and_notify(
    action: str, link: Link, authority: Authority, *, by: User, **data: str
) -> None:
    """Record what residents see at once, and notify the unit's other leaders."""
    record(action, link, by=by, position=authority.position, **data)
    notify(
        holders(Permission.POST_APPROVE, unit=link.unit, besides=[by.pk]),
        action.replace(".", "_"),
        address=reverse("links:link", args=[link.public_id]),
        by=by,
        title=link,
    )


def _lock_link(link: Link, version: int) -> Link:
    row = Link.objects.select_for_update(of=("self",)).select_related("unit").get(pk=link.pk)
    if row.version != version:
        raise Refused(
            _(
                "Somebody changed this meanwhile. Open it in another window, compare, and "
                "save again."
            )
        )
    row.version += 1
    return row


def _clean_title(title: str) -> str:
    title = normalise(title).strip()[:LONGEST_TITLE]
    if not title:
        raise Refused(_("Please write what the link is for."))
    require_no_secrecy_mark([title])
    return title


def _make_search_text(title: str, target: str) -> str:
    return f"{fold(title)} {fold(target)}"
