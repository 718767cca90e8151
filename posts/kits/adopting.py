"""Acts of a unit on a kit: open it, adopt it, decline it, take over its new version."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders_in, require
from audit.services import record
from campaigns.kits.models import Adoption, Kit, KitVersion
from campaigns.kits.states import Declined
from core import quotas
from core.errors import Refused
from core.periods import get_midnight
from core.reasons import require_reason
from core.secrecy import require_no_secrecy_mark
from core.word_search import make_search_text
from media.library.entries import take_over as take_media_over
from posts.canonical import content, material
from posts.canonical.corrections import published_trace
from posts.canonical.html import clean, to_plain_text
from posts.canonical.titles import title_from
from posts.checks.privacy import safe_label
from posts.kit_placeholders import OWN_LINES, UnitKit
from posts.models import Post, PostChannel, PostMedia
from posts.origins.starting import LONGEST_TITLE, first_targets
from posts.signals import kit_adopted
from posts.states import PostState
from units.models import Unit


def note_opened(kit: Kit, *, unit: Unit) -> None:
    """Note that somebody of ``unit`` has opened the kit; the first time counts."""
    if kit.current is None:
        return
    now = timezone.now()
    new = Adoption(kit=kit, version=kit.current, unit=unit, opened_at=now)
    Adoption.objects.bulk_create([new], ignore_conflicts=True)
    Adoption.objects.filter(kit=kit, unit=unit, opened_at=None).update(opened_at=now)


@transaction.atomic
def adopt(kit: Kit, *, unit: Unit, by: User) -> Post:
    """Start a draft from the kit with the unit's facts in it; return the unit's draft where
    somebody was faster. It undoes a decline. Raise QuotaExceeded, Refused.
    """
    authority = require(by, Permission.POST_WRITE, unit=unit)
    adoption = _lock_adoption(kit, unit)
    if post := Post.objects.filter(adoption=adoption).select_related("unit").first():
        if not _is_archived_unseen(post):
            return post
        Post.objects.filter(pk=post.pk).update(adoption=None)
    version = _open_version(kit, unit)
    quotas.use("draft", by=by)
    adoption.version, adoption.values = version, UnitKit(version, unit).first_values()
    adoption.adopted_at, adoption.by = timezone.now(), by
    adoption.opened_at = adoption.opened_at or adoption.adopted_at
    adoption.declined_at, adoption.reason, adoption.remark = None, "", ""
    adoption.save()
    post = _create_draft(adoption, by=by)
    record("post.begun_from_kit", post, by=by, position=authority.position, kit=str(kit.public_id))
    kit_adopted.send(sender=Post, post=post)
    return post


def _lock_adoption(kit: Kit, unit: Unit) -> Adoption:
    """Return the unit's row, which is made where there is none: two people at once get one."""
    version = kit.current
    if version is None:
        raise _closed_error()
    Adoption.objects.bulk_create(
        [Adoption(kit=kit, version=version, unit=unit)], ignore_conflicts=True
    )
    rows = Adoption.objects.filter(kit=kit, unit=unit)
    # By itself: PostgreSQL drops a row from a join where somebody changed its version meanwhile.
    row_id = rows.select_for_update().values_list("pk", flat=True).get()
    return Adoption.objects.select_related("kit", "version").get(pk=row_id)


def _is_archived_unseen(post: Post) -> bool:
    """Check whether the unit archived its draft before anybody had seen it on a page."""
    return post.state == PostState.ARCHIVED and published_trace(post) is None


def _open_version(kit: Kit, unit: Unit) -> KitVersion:
    row = Kit.objects.open_to(unit).filter(pk=kit.pk).select_related("current__kit").first()
    if row is None or row.current is None:
        raise _closed_error()
    return row.current


def _closed_error() -> Refused:
    return Refused(_("This kit is not open to your unit any more. The list shows those that are."))


def _create_draft(adoption: Adoption, *, by: User) -> Post:
    """Make the draft: texts, media, topic, legal basis, campaign, channels, requested time."""
    kit, version, unit = adoption.kit, adoption.version, adoption.unit
    texts = UnitKit(version, unit).texts(adoption.values)
    body = clean(texts.body)
    title = texts.title or title_from(to_plain_text(body))
    if len(title) > LONGEST_TITLE:
        raise Refused(_("The title becomes too long. Shorten what you fill in."))
    require_no_secrecy_mark([title, texts.text, *texts.own.values()])
    now = timezone.now()
    post = Post(
        unit=unit,
        author=by,
        last_editor=by,
        adoption=adoption,
        title=title,
        title_from_text=not texts.title,
        label=safe_label(title),
        body=body,
        link=version.link,
        topic=kit.topic,
        campaign=kit.campaign,
        **version.legal_basis_fields(),
        requested_time=next_best_time(version, now),
        changed_at=now,
    )
    targets = first_targets(post)
    for target in targets:
        target.text = texts.own.get(target.channel.platform, "")
    post.search = make_search_text(title, texts.text, *(target.text for target in targets))
    post.save()
    pictures = _own_media(post, version, by=by)
    media = content.media_for_limits(pictures)
    for target in targets:
        target.is_on = material.is_switched_on(target, media)
        if version.platforms and target.channel.platform not in version.platforms:
            target.is_on, target.switched_by_person = False, True
    PostChannel.objects.bulk_create(targets)
    PostMedia.objects.bulk_create(pictures)
    return post


def _own_media(post: Post, version: KitVersion, *, by: User) -> list[PostMedia]:
    """Return the kit's media as the unit's own rows. One that is not shared or not usable any more
    is left out: the draft begins without it.
    """
    pictures: list[PostMedia] = []
    today = timezone.localdate()
    for medium in version.media.select_related("media__unit"):
        if medium.media.is_expired(today):
            continue
        try:
            media = take_media_over(medium.media, unit=post.unit, by=by)
        except Refused:
            continue
        alt = medium.alt_text or media.alt_text
        pictures.append(PostMedia(post=post, media=media, position=medium.position, alt_text=alt))
    return pictures


@transaction.atomic
def decline(kit: Kit, *, unit: Unit, by: User, reason: str, remark: str = "") -> None:
    """Note that the kit is not for this unit, and why. To adopt it later undoes it. Raise Refused
    while the unit has a post of it.
    """
    authority = require(by, Permission.POST_WRITE, unit=unit)
    adoption = _lock_adoption(kit, unit)
    _open_version(kit, unit)
    if reason not in Declined.values:
        raise Refused(_("Choose why the kit is not for your unit."))
    if reason == Declined.OTHER:
        remark = require_reason(remark, _("Write why the kit is not for your unit."))
    if post := Post.objects.filter(adoption=adoption).first():
        if not _is_archived_unseen(post):
            raise Refused(_("Your unit has a post of this kit. Put that draft away first."))
        Post.objects.filter(pk=post.pk).update(adoption=None)
    now = timezone.now()
    adoption.declined_at, adoption.reason, adoption.by = now, reason, by
    adoption.remark = remark[: Adoption._meta.get_field("remark").max_length]
    adoption.adopted_at, adoption.opened_at = None, adoption.opened_at or now
    adoption.save()
    record("kit.declined", adoption, by=by, position=authority.position, why=reason)


def has_newer_version(post: Post) -> bool:
    """Check whether the kit of the post has been issued again since the unit took it over."""
    adoption = post.adoption
    return bool(
        adoption
        and not adoption.kit.is_withdrawn
        and adoption.version_id != adoption.kit.current_id
    )


def carry_over(adoption: Adoption, version: KitVersion) -> tuple[dict[str, str], dict[str, str]]:
    """Return the values that ``version`` takes over, and those, by label, that it does not: their
    placeholder is gone, or takes fewer characters.
    """
    unit = adoption.unit
    old = {
        placeholder.name: placeholder
        for placeholder in UnitKit(adoption.version, unit).placeholders
    }
    new = {placeholder.name: placeholder for placeholder in UnitKit(version, unit).placeholders}
    kept: dict[str, str] = {}
    gone: dict[str, str] = {}
    for name, value in adoption.values.items():
        if name == OWN_LINES:
            if version.own_lines:
                kept[name] = value
            else:
                gone[str(_("Your own lines"))] = value
        elif name in new and len(value) <= new[name].limit:
            kept[name] = value
        else:
            gone[old[name].label if name in old else name] = value
    return kept, gone


def refuse_locked(post: Post) -> None:
    """Raise Refused where somebody would change the text of a kit."""
    if post.adoption_id:
        raise Refused(
            _(
                "This text comes from a kit: whoever wrote the kit changes it. Fill in its "
                "placeholders in the composer."
            )
        )


@transaction.atomic
def remind(kit: Kit, units: Collection[int], *, at: Unit, by: User) -> int:
    """Send one notice to each who writes for those of ``units``, by key, that have not opened the
    kit; return of how many units. A unit is reminded once a day. ``at``: from where ``by`` oversees
    them. Raise Refused where nobody is left to remind.
    """
    authority = require(by, Permission.OVERSIGHT_VIEW, unit=at)
    if kit.is_withdrawn or kit.current is None:
        raise Refused(_("The kit was withdrawn: nobody takes it up any more."))
    Adoption.objects.bulk_create(
        (Adoption(kit=kit, version=kit.current, unit_id=unit) for unit in units),
        ignore_conflicts=True,
    )
    rows = Adoption.objects.filter(kit=kit, unit__in=units)
    asleep = rows.filter(opened_at=None, adopted_at=None, declined_at=None)
    today = get_midnight(timezone.localdate())
    due = asleep.filter(Q(reminded_at=None) | Q(reminded_at__lt=today)).order_by("pk")
    locked = dict(due.select_for_update(of=("self",)).values_list("pk", "unit"))
    if not locked:
        raise Refused(_("All of them have opened the kit, or were reminded today already."))
    Adoption.objects.filter(pk__in=locked).update(reminded_at=timezone.now())
    writers = holders_in(Permission.POST_WRITE, units=set(locked.values()))
    people = User.objects.filter(pk__in=writers, is_active=True)
    address = reverse("posts:kit", args=[kit.public_id])
    notify(people, "kit_reminder", address=address, mail=False, by=by, title=kit)
    held = authority.position
    record("kit.reminded", kit, by=by, position=held, unit_path=at.path, units=len(locked))
    return len(locked)


_SOON, _DAY = timedelta(minutes=15), timedelta(days=1)


def next_best_time(version: KitVersion, now: datetime) -> datetime | None:
    """Return the next of the kit's best hours within its window, a quarter of an hour from ``now``
    at least; None where the kit names no hours, or its window has none left.
    """
    if version.best_from is None or version.best_until is None:
        return None
    soon = _next_quarter_hour(now + _SOON)
    first = max(timezone.localdate(soon), version.window_from or date.min)
    for day in (first, first + _DAY):
        at = max(_hour_of_day(day, version.best_from), soon)
        if at < _hour_of_day(day, version.best_until):
            return at if day <= (version.window_until or date.max) else None
    return None


def _hour_of_day(day: date, hour: int) -> datetime:
    """Return the hour of a day here; the 24th is the next midnight."""
    return timezone.make_aware(datetime.combine(day, time()) + timedelta(hours=hour))


def _next_quarter_hour(at: datetime) -> datetime:
    """Return the next quarter of an hour: nobody plans for 19:07."""
    past = timedelta(minutes=at.minute % 15, seconds=at.second, microseconds=at.microsecond)
    return at + (timedelta(minutes=15) - past if past else timedelta())
