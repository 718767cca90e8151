"""Kits from the first word to the withdrawal: written, approved by a second person, issued, passed
on, replaced by newer versions.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Appointment, Authority, User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import appointed_by, holders, holders_in, require
from audit.services import record
from campaigns.kits import checking, seals
from campaigns.kits.edits import KitEdit
from campaigns.kits.models import MOST_MEDIA, Kit, KitMedia, KitVersion, Passing
from campaigns.kits.queries import (
    compute_digest,
    find_open_version,
    find_provinces_asked,
    find_provinces_to_remind,
    find_units,
)
from campaigns.kits.signals import announcement_due, kit_issued, kit_withdrawn
from campaigns.kits.states import NEXT, VersionState
from campaigns.models import LEGAL_BASIS_FIELDS
from core import quotas
from core.db_retry import retry_on_deadlock
from core.errors import NotAllowed, QuotaExceeded, Refused
from core.form_marks import Rendered
from core.leaks import require_storable
from core.reasons import require_reason
from core.secrecy import require_no_secrecy_mark
from core.text import normalise
from media.library.queries import in_library_of
from media.models import Media
from units.models import Level, Unit


@transaction.atomic
def begin_kit(*, unit: Unit, by: User, edit: KitEdit) -> KitVersion:
    """Begin a kit of ``unit``, a province or the ministry, with its first version as a draft."""
    authority = require_appointment_at(by, Permission.KIT_WRITE, unit)
    _require_storable_edit(edit, unit)
    now = timezone.now()
    kit = Kit.objects.create(
        unit=unit,
        campaign=edit.campaign,
        topic=edit.topic,
        name=normalise(edit.name).strip(),
        created_by=by,
        created_at=now,
    )
    version = KitVersion.objects.create(
        kit=kit, number=1, author=by, last_editor=by, changed_at=now, **edit.fields()
    )
    _set_related(version, edit, by=by)
    _record("kit.begun", version, by=by, authority=authority)
    return version


@transaction.atomic
def change_version(
    version: KitVersion, *, by: User, edit: KitEdit, edition: int | None = None
) -> None:
    """Save the form of a version that nobody has submitted. ``edition`` is the one that the form
    showed: somebody else's later save is not overwritten.
    """
    authority = require_appointment_at(by, Permission.KIT_WRITE, version.kit.unit)
    version = _lock_open_version(version)
    if edition is not None and edition != version.edition:
        message = _(
            "%(name)s has saved this kit meanwhile. Open the page anew in another tab, and bring "
            "your words over."
        )
        raise Refused(message % {"name": version.last_editor})
    _require_storable_edit(edit, version.kit.unit, kit=version.kit)
    if _is_stored(edit, version):
        return
    kit = version.kit
    kit.name, kit.campaign, kit.topic = normalise(edit.name).strip(), edit.campaign, edit.topic
    kit.save(update_fields=["name", "campaign", "topic", "search"])
    for name, value in edit.fields().items():
        setattr(version, name, value)
    version.last_editor, version.changed_at = by, timezone.now()
    version.edition += 1
    version.save()
    _set_related(version, edit, by=by)
    _record("kit.changed", version, by=by, authority=authority)


@transaction.atomic
def add_media(version: KitVersion, media: Sequence[Media], *, by: User) -> None:
    """Put pictures of the issuer's library behind those of a version that is being written; one
    that it has already stays where it is. Raise NotAllowed, Refused.
    """
    authority = require_appointment_at(by, Permission.KIT_WRITE, version.kit.unit)
    version = _lock_open_version(version)
    has = set(version.media.values_list("media", flat=True))
    new = [medium for medium in media if medium.pk not in has]
    if len(has) + len(new) > MOST_MEDIA:
        raise Refused(_("At most %(n)s pictures; take some out.") % {"n": MOST_MEDIA})
    if in_library_of(version.kit.unit).filter(pk__in=[m.pk for m in new]).count() < len(new):
        raise Refused(_("A picture is not in your library any more. Choose another one."))
    if not new:
        return
    KitMedia.objects.bulk_create(
        KitMedia(version=version, media=medium, position=len(has) + n, alt_text=medium.alt_text)
        for n, medium in enumerate(new)
    )
    version.writers.add(by)
    version.last_editor, version.changed_at = by, timezone.now()
    version.edition += 1
    version.save(update_fields=["last_editor", "changed_at", "edition"])
    _record("kit.changed", version, by=by, authority=authority)


@transaction.atomic
def submit_version(version: KitVersion, *, by: User) -> None:
    """Submit a version for approval. Raise Refused with all that is missing."""
    authority = require_appointment_at(by, Permission.KIT_WRITE, version.kit.unit)
    version = _lock_version(version)
    require_not_withdrawn(version.kit)
    problems = checking.find_problems(version)
    if problems:
        raise Refused(" ".join(problems))
    sha256, now = compute_digest(version), timezone.now()
    _move(version, VersionState.IN_REVIEW, content_sha256=sha256, submitted_at=now)
    _record("kit.submitted", version, by=by, authority=authority, sha256=version.content_sha256)
    besides = {by.pk, *version.writers.values_list("pk", flat=True)}
    notify(
        holders(Permission.KIT_APPROVE, unit=version.kit.unit, besides=besides),
        "kit_submitted",
        address=reverse("kits:approve", args=[version.kit.public_id]),
        by=by,
        title=version.kit,
    )


@transaction.atomic
def approve_version(
    version: KitVersion,
    *,
    by: User,
    content_sha256: str,
    rendered: Rendered | None = None,
    assertion: Mapping[str, str] | None = None,
) -> None:
    """Approve exactly the content that the person has read. Its writers may not, nor may
    anyone who appointed one of them. With a passkey's ``assertion`` over it comes when its page was
    ``rendered``.
    """
    authority = require_appointment_at(by, Permission.KIT_APPROVE, version.kit.unit)
    version = _lock_version(version)
    require_not_withdrawn(version.kit)
    _require_four_eyes(version, by=by)
    _require_version_as_shown(version, content_sha256, rendered)
    if rendered and assertion:
        assertion = seals.add_page_to_assertion(assertion, rendered)
    version.approved_by, version.approved_at = by, timezone.now()
    given = {"approved_by": by, "approved_at": version.approved_at}
    _move(version, VersionState.APPROVED, **given, **seals.make_seal(version, assertion))
    if not seals.is_sealed(version):
        raise Refused(
            _("The passkey did not sign this kit. Nothing was approved; please try again.")
        )
    _record("kit.approved", version, by=by, authority=authority, sha256=content_sha256)
    _notify_writers(version, "kit_approved", by=by)


def _require_four_eyes(version: KitVersion, *, by: User) -> None:
    """Raise NotAllowed for writers of the version and for anyone who appointed one of them."""
    if version.is_by(by):
        raise NotAllowed(_("Who wrote a kit may not approve it. Another leader has to."))
    if appointed_by(by, people=version.writers.all()):
        raise NotAllowed(
            _(
                "You made or confirmed an appointment of somebody who wrote this kit, or they one "
                "of yours. Another leader has to approve it."
            )
        )


def _require_version_as_shown(
    version: KitVersion, content_sha256: str, rendered: Rendered | None
) -> None:
    """Raise Refused where the version is not the one that stood on the page of the approver."""
    if version.state != VersionState.IN_REVIEW:
        raise Refused(_("This version does not wait for approval any more. Reload the page."))
    if not content_sha256 == version.content_sha256 == compute_digest(version):
        raise Refused(_("The kit was changed meanwhile. Reload the page and look again."))
    if rendered and version.submitted_at and rendered.at < version.submitted_at:
        raise Refused(_("The kit was changed meanwhile. Reload the page and look again."))


@transaction.atomic
def return_version(version: KitVersion, *, by: User, reason: str) -> None:
    """Return a version that waits for approval, or that is approved and not yet issued."""
    authority = require_appointment_at(by, Permission.KIT_APPROVE, version.kit.unit)
    reason = require_reason(reason, _("Please write what has to be changed."))
    version = _lock_version(version)
    unsealed = {"method": "", "key_id": "", "seal": "", "assertion": None}
    _move(
        version,
        VersionState.RETURNED,
        approved_by=None,
        approved_at=None,
        return_reason=reason,
        **unsealed,
    )
    _record("kit.returned", version, by=by, authority=authority, reason=reason)
    _notify_writers(version, "kit_returned", by=by, reason=reason)


@transaction.atomic
def issue_version(version: KitVersion, *, by: User) -> None:
    """Issue an approved version: from now on the units that it is for may take it up. The one
    before it is replaced.
    """
    authority = require_appointment_at(by, Permission.KIT_WRITE, version.kit.unit)
    version = _lock_version(version)
    kit, now = version.kit, timezone.now()
    require_not_withdrawn(kit)
    if version.state != VersionState.APPROVED:
        raise Refused(_("Only an approved version can be issued. Submit it for approval first."))
    if version.content_sha256 != compute_digest(version) or not seals.is_sealed(version):
        raise Refused(_("The kit is not as it was approved. Return it, and submit it anew."))
    if version.window_until and version.window_until < timezone.localdate(now):
        raise Refused(_("Its last day is over. Return it, and give it a later one."))
    if kit.current:
        _move(kit.current, VersionState.REPLACED)
    _move(version, VersionState.ISSUED, issued_at=now)
    # Each adopter's post shows them as its unit's own.
    Media.objects.filter(kits__version=version).update(shared=True)
    kit.current = version
    kit.save(update_fields=["current"])
    n = find_units(version).count()
    _record("kit.issued", version, by=by, authority=authority, units=n)
    kit_issued.send(sender=KitVersion, version=version, by=by)
    announcement_due.send(sender=None)


@transaction.atomic
def begin_new_version(kit: Kit, *, by: User) -> KitVersion:
    """Begin a new version as a copy of the one that is issued."""
    authority = require_appointment_at(by, Permission.KIT_WRITE, kit.unit)
    kit = Kit.objects.select_for_update(of=("self",)).select_related("unit").get(pk=kit.pk)
    require_not_withdrawn(kit)
    if kit.current is None:
        raise Refused(_("No version is issued yet. Change the one that is being written."))
    if find_open_version(kit):
        raise Refused(_("A new version is in the works already. Open that one."))
    last = kit.current
    copied = KitVersion.objects.create(
        kit=kit,
        number=last.number + 1,
        author=by,
        last_editor=by,
        changed_at=timezone.now(),
        **{name: getattr(last, name) for name in _COPIED},
    )
    copied.writers.set([by])
    copied.for_units.set(last.for_units.all())
    KitMedia.objects.bulk_create(
        KitMedia(
            version=copied,
            media_id=medium.media_id,
            position=medium.position,
            alt_text=medium.alt_text,
        )
        for medium in last.media.all()
    )
    _record("kit.version_begun", copied, by=by, authority=authority)
    return copied


_COPIED = (
    *LEGAL_BASIS_FIELDS,
    "title",
    "text",
    "texts",
    "placeholders",
    "script",
    "poster",
    "link",
    "window_from",
    "window_until",
    "best_from",
    "best_until",
    "platforms",
    "own_lines",
    "note",
    "all_below",
    "for_levels",
    "for_kinds",
    "by_provinces",
    "spread_minutes",
)


@transaction.atomic
def pass_on(kit: Kit, *, unit: Unit, by: User, note: str = "") -> Passing:
    """Hand a kit of a unit above to the units of the province ``unit``, with a note of its own."""
    authority = require_appointment_at(by, Permission.KIT_WRITE, unit)
    kit = Kit.objects.select_for_update(of=("self",)).select_related("unit").get(pk=kit.pk)
    note = normalise(note).strip()
    require_no_secrecy_mark([note])
    require_storable([note], unit)
    require_not_withdrawn(kit)
    if kit.current is None or not kit.current.by_provinces:
        raise Refused(_("This kit reaches your units by itself; you need not pass it on."))
    if not find_provinces_asked(kit.current).filter(pk=unit.pk).exists():
        raise Refused(_("This kit is for no unit below %(unit)s.") % {"unit": unit})
    if kit.passings.filter(unit=unit).exists():
        raise Refused(_("%(unit)s has passed this kit on already.") % {"unit": unit})
    passing = Passing.objects.create(kit=kit, unit=unit, by=by, at=timezone.now(), note=note)
    n = find_units(kit.current).under(unit).count()
    record(
        "kit.passed_on",
        kit,
        by=by,
        position=authority.position,
        unit_path=unit.path,
        units=n,
        version=kit.current.number,
    )
    announcement_due.send(sender=None)
    return passing


@transaction.atomic
def remind_provinces(kit: Kit, *, by: User) -> int:
    """Send one notice to each who passes kits on in the provinces that have not passed this one on;
    return of how many provinces. Once a day. Raise NotAllowed, Refused.
    """
    authority = require(by, Permission.OVERSIGHT_VIEW, unit=kit.unit)
    require_not_withdrawn(kit)
    waiting = find_provinces_to_remind(kit)
    provinces = set(waiting.values_list("pk", flat=True))
    if not provinces:
        raise Refused(_("Every province has passed the kit on meanwhile."))
    try:
        quotas.spend(f"kit-passing-reminder:{kit.pk}", limit=1, seconds=86_400)
    except QuotaExceeded as error:
        raise Refused(_("These provinces were reminded today already.")) from error
    people = User.objects.filter(pk__in=holders_in(Permission.KIT_WRITE, units=provinces))
    address = reverse("kits:kit", args=[kit.public_id])
    notify(people, "kit_passing_asked", address=address, mail=False, by=by, title=kit)
    n, position = len(provinces), authority.position
    record("kit.passing_asked", kit, by=by, position=position, provinces=n)
    return n


@retry_on_deadlock
def withdraw_kit(kit: Kit, *, by: User, reason: str, take_down: bool) -> None:
    """Withdraw a kit for ever. Nobody adopts it any more, and what is scheduled from it stops;
    with ``take_down``, what is live is recalled, too.
    """
    authority = require(by, Permission.KIT_APPROVE, unit=kit.unit)
    reason = require_reason(reason, _("Please write why the kit is withdrawn."))
    kit = Kit.objects.select_for_update(of=("self",)).select_related("unit").get(pk=kit.pk)
    require_not_withdrawn(kit)
    if kit.current is None:
        raise Refused(_("This kit was never issued: there is nothing to withdraw."))
    kit.withdrawn_at, kit.withdrawn_by = timezone.now(), by
    kit.withdraw_reason, kit.taken_down = reason, take_down
    kit.save(
        update_fields=["withdrawn_at", "withdrawn_by", "withdraw_reason", "taken_down", "search"]
    )
    record(
        "kit.withdrawn",
        kit,
        by=by,
        position=authority.position,
        reason=reason,
        take_down=take_down,
        adopted=kit.adoptions.filter(adopted_at__isnull=False).count(),
    )
    kit_withdrawn.send(sender=Kit, kit=kit, by=by, reason=reason, take_down=take_down)
    announcement_due.send(sender=None)


def require_appointment_at(by: User, permission: Permission, unit: Unit) -> Authority:
    """Return the appointment in that very unit: who oversees a province does not write for it."""
    authority = require(by, permission, unit=unit)
    if unit.level == Level.COMMUNE:
        raise NotAllowed(_("Kits are written by a province or by the ministry."))
    if isinstance(authority, Appointment) and authority.unit_id != unit.pk:
        raise NotAllowed(_("Only people of %(unit)s may do this.") % {"unit": unit})
    return authority


def _require_storable_edit(edit: KitEdit, unit: Unit, *, kit: Kit | None = None) -> None:
    """Refuse what may not be stored. A draft need not be complete."""
    require_no_secrecy_mark(edit.typed_texts())
    require_storable(edit.typed_texts(), unit)
    checking.require_storable_fields(edit.fields())
    if not unit.path.startswith(edit.campaign.unit.path):
        raise Refused(_("This campaign is not open to %(unit)s.") % {"unit": unit})
    if kit and kit.current_id and (edit.campaign, edit.topic) != (kit.campaign, kit.topic):
        raise Refused(_("Campaign and topic of a kit that was issued stay as they are."))
    is_outside = any(not below.path.startswith(unit.path) for below in edit.for_units)
    if is_outside or unit in edit.for_units:
        raise Refused(_("A kit is for units below %(unit)s alone.") % {"unit": unit})
    chosen = {media.pk for media, _alt in edit.media}
    if in_library_of(unit).filter(pk__in=chosen).count() < len(chosen):
        raise Refused(_("A picture is not in your library any more. Choose another one."))


def _is_stored(edit: KitEdit, version: KitVersion) -> bool:
    """Check whether saving the form would change nothing."""
    kit = version.kit
    return (
        (kit.name, kit.campaign, kit.topic)
        == (normalise(edit.name).strip(), edit.campaign, edit.topic)
        and all(getattr(version, name) == value for name, value in edit.fields().items())
        and set(version.for_units.all()) == set(edit.for_units)
        and list(version.media.values_list("media", "alt_text"))
        == [(media.pk, normalise(alt).strip()) for media, alt in edit.media]
    )


def _set_related(version: KitVersion, edit: KitEdit, *, by: User) -> None:
    version.writers.add(by)
    version.for_units.set(edit.for_units)
    version.media.all().delete()
    KitMedia.objects.bulk_create(
        KitMedia(version=version, media=media, position=n, alt_text=normalise(alt).strip())
        for n, (media, alt) in enumerate(edit.media)
    )


def _lock_version(version: KitVersion) -> KitVersion:
    rows = KitVersion.objects.select_for_update(of=("self",))
    return rows.select_related("kit__unit", "kit__campaign", "kit__topic", "kit__current").get(
        pk=version.pk
    )


def _lock_open_version(version: KitVersion) -> KitVersion:
    """Return the locked row of a version that nobody has submitted. Raise Refused."""
    row = _lock_version(version)
    if not row.is_editable:
        raise Refused(
            _("This version is not open for editing. Return it first, or begin a new one.")
        )
    return row


def require_not_withdrawn(kit: Kit) -> None:
    if kit.is_withdrawn:
        raise Refused(_("This kit is withdrawn. Begin a new one."))


def _move(version: KitVersion, to: VersionState, **fields: Any) -> None:
    """Change the state: as the table allows, and only if nobody else did meanwhile."""
    was = VersionState(version.state)
    unmoved = KitVersion.objects.filter(pk=version.pk, state=was)
    if to not in NEXT[was] or not unmoved.update(state=to, edition=F("edition") + 1, **fields):
        raise Refused(
            _("This kit is “%(state)s” now. Reload the page and look again.") % {"state": was.label}
        )
    version.refresh_from_db(fields=["state", "edition", *fields])


def _record(
    action: str, version: KitVersion, *, by: User, authority: Authority, **facts: Any
) -> None:
    record(
        action,
        version.kit,
        by=by,
        position=authority.position,
        version=version.number,
        **facts,
    )


def _notify_writers(version: KitVersion, kind: str, *, by: User, **facts: Any) -> None:
    people = version.writers.filter(is_active=True).exclude(pk=by.pk)
    address = reverse("kits:kit", args=[version.kit.public_id])
    notify(people, kind, address=address, by=by, title=version.kit, **facts)
