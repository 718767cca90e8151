"""Plan a campaign, tick its checklist, copy it to the next year, close it, and show its summary to
the public.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _

from accounts.models import Authority, User
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from campaigns.editing import begin_campaign, require_open
from campaigns.laws import find_repealed_laws, replace_repealed_laws
from campaigns.models import TARGETS, Campaign
from campaigns.planning.models import (
    LONGEST_LESSONS,
    MOST_DOCUMENTS,
    MOST_HELPERS,
    MOST_ITEMS,
    MOST_PHASES,
    CampaignResult,
    ChecklistItem,
    Document,
    Phase,
    PublicSummary,
)
from campaigns.planning.queries import (
    add_year,
    find_authority,
    find_eligible_helpers,
    find_eligible_owners,
    name_next_year,
    to_canonical_json,
)
from core.errors import NotAllowed, Refused
from core.leaks import require_recordable, require_storable
from core.reasons import require_reason
from core.secrecy import require_no_secrecy_mark
from core.text import normalise
from links.targets import is_permitted

MOST_LINKS = 10  # posts that a public summary links to
type Part = Phase | ChecklistItem | Document


@transaction.atomic
def set_plan(
    campaign: Campaign,
    *,
    by: User,
    owner: User | None,
    helpers: Iterable[User],
    targets: Mapping[str, int | None],
) -> None:
    """Set who answers for the campaign, who helps, and what it is to reach."""
    authority = _require_planner(campaign, by)
    people = list(helpers)
    if len(people) > MOST_HELPERS:
        raise Refused(_("A campaign has at most %(n)s helpers.") % {"n": MOST_HELPERS})
    if owner and not find_eligible_owners(campaign).filter(pk=owner.pk).exists():
        raise Refused(_("Who answers for a campaign may write campaigns in its unit."))
    named = {person.pk for person in people}
    if find_eligible_helpers(campaign).filter(pk__in=named).count() != len(named):
        raise Refused(_("Helpers may write campaigns in the campaign's unit or right below it."))
    new = {f"target_{name}": targets.get(name) for name in TARGETS} | {"owner": owner}
    is_same = all(getattr(campaign, name) == value for name, value in new.items())
    if is_same and set(campaign.helpers.values_list("pk", flat=True)) == named:
        return
    for name, value in new.items():
        setattr(campaign, name, value)
    campaign.save(update_fields=list(new))
    campaign.helpers.set(people)
    _record_change(campaign, by, authority, "people and targets", **targets)


@transaction.atomic
def add_phase(campaign: Campaign, *, by: User, name: str, starts_on: date, ends_on: date) -> Phase:
    authority = _require_planner(campaign, by)
    _require_words(campaign, name)
    _require_room(campaign.phases.count(), MOST_PHASES)
    if ends_on < starts_on:
        raise Refused(_("The last day must not be before the first day."))
    if not campaign.starts_on <= starts_on <= ends_on <= campaign.ends_on:
        raise Refused(
            _("A phase lies within the campaign, from %(first)s to %(last)s.")
            % {
                "first": f"{campaign.starts_on:%d/%m/%Y}",
                "last": f"{campaign.ends_on:%d/%m/%Y}",
            }
        )
    row = Phase.objects.create(
        campaign=campaign, name=normalise(name).strip(), starts_on=starts_on, ends_on=ends_on
    )
    _record_change(campaign, by, authority, "phase added")
    return row


@transaction.atomic
def add_item(campaign: Campaign, *, by: User, text: str, due_on: date) -> ChecklistItem:
    authority = _require_planner(campaign, by)
    _require_words(campaign, text)
    _require_room(campaign.checklist.count(), MOST_ITEMS)
    row = ChecklistItem.objects.create(
        campaign=campaign, text=normalise(text).strip(), due_on=due_on
    )
    _record_change(campaign, by, authority, "item added")
    return row


@transaction.atomic
def add_document(
    campaign: Campaign, *, by: User, name: str, number: str = "", link: str = "", text: str = ""
) -> Document:
    """Add a plan or a legal basis. A link leads to a site of the state, over https."""
    authority = _require_planner(campaign, by)
    _require_words(campaign, name, number, text)
    _require_room(campaign.documents.count(), MOST_DOCUMENTS)
    address = iri_to_uri(link.strip())
    if address and not is_permitted(address, unit=campaign.unit):
        raise Refused(
            _(
                "The link has to begin with https:// and lead to a site of the state, such as "
                "https://vanban.chinhphu.vn/. Or write below what matters of the document."
            )
        )
    row = Document.objects.create(
        campaign=campaign,
        name=normalise(name).strip(),
        number=normalise(number).strip(),
        link=address,
        text=normalise(text).strip(),
    )
    _record_change(campaign, by, authority, "document added")
    return row


@transaction.atomic
def replace_repealed_law(document: Document, *, by: User) -> None:
    """Name in the document the law that took the place of the one it names."""
    campaign = document.campaign
    authority = _require_planner(campaign, by)
    today = timezone.localdate()
    if repealed_laws := find_repealed_laws(document.number, on=today):
        law = repealed_laws[0].law
        if law.title != law.successor_title:
            document.name = law.successor_title
    for name in ("name", "number", "text"):
        setattr(document, name, replace_repealed_laws(getattr(document, name), on=today))
    new = {name: getattr(document, name) for name in ("name", "number", "text")}
    # Not by `save`, which would bring back a document that a colleague removed meanwhile.
    if Document.objects.filter(pk=document.pk).update(**new):
        _record_change(campaign, by, authority, "repealed law replaced")


@transaction.atomic
def remove_part(part: Part, *, by: User) -> None:
    """Remove a phase, an item or a document from the plan."""
    campaign = part.campaign
    authority = _require_planner(campaign, by)
    part.delete()
    _record_change(campaign, by, authority, f"{part._meta.model_name} removed")


@transaction.atomic
def tick_item(item: ChecklistItem, *, by: User, is_done: bool) -> None:
    """Mark an item as done or as open again; also those who help may."""
    campaign = item.campaign
    authority = find_authority(campaign, by)
    if authority is None:
        raise NotAllowed(_("Only those who write the campaign, and its helpers, tick its list."))
    _lock_open_campaign(campaign)
    done = {"done_at": timezone.now(), "done_by": by} if is_done else {}
    values = {"done_at": None, "done_by": None} | done
    rows = ChecklistItem.objects.filter(pk=item.pk, done_at__isnull=is_done)
    if rows.update(**values):
        record(
            "campaign.ticked" if is_done else "campaign.unticked",
            campaign,
            by=by,
            position=authority.position,
            item=str(item.public_id),
        )


@transaction.atomic
def copy_campaign(campaign: Campaign, *, by: User) -> Campaign:
    """Copy the campaign to the same days of the next year: its plan, not its posts, its kits nor
    its results.
    """
    copy = begin_campaign(
        unit=campaign.unit,
        by=by,
        name=name_next_year(campaign.name, campaign.starts_on.year),
        aim=campaign.aim,
        starts_on=add_year(campaign.starts_on),
        ends_on=add_year(campaign.ends_on),
        topics=campaign.topics.all(),
        spread_minutes=campaign.spread_minutes,
    )
    for name, value in campaign.targets().items():
        setattr(copy, f"target_{name}", value)
    copy.owner = by
    copy.save()
    allowed = find_eligible_helpers(campaign)
    copy.helpers.set(allowed.filter(pk__in=campaign.helpers.values("pk")))
    Phase.objects.bulk_create(
        Phase(
            campaign=copy,
            name=phase.name,
            starts_on=add_year(phase.starts_on),
            ends_on=add_year(phase.ends_on),
        )
        for phase in campaign.phases.all()
    )
    ChecklistItem.objects.bulk_create(
        ChecklistItem(campaign=copy, text=item.text, due_on=add_year(item.due_on))
        for item in campaign.checklist.all()
    )
    Document.objects.bulk_create(
        Document(
            campaign=copy,
            name=document.name,
            number=document.number,
            link=document.link,
            text=document.text,
        )
        for document in campaign.documents.all()
    )
    authority = require(by, Permission.CAMPAIGN_WRITE, unit=campaign.unit)
    record(
        "campaign.copied",
        copy,
        by=by,
        position=authority.position,
        source=str(campaign.public_id),
    )
    return copy


@transaction.atomic
def close_campaign(
    campaign: Campaign, *, by: User, lessons: str, content: Mapping[str, Any]
) -> CampaignResult:
    """Close the campaign for good with its figures. It ends today at the latest."""
    authority = require(by, Permission.CAMPAIGN_WRITE, unit=campaign.unit)
    lessons = require_reason(lessons, _("Please write what was learned."), most=LONGEST_LESSONS)
    require_no_secrecy_mark([lessons])
    require_storable([lessons], campaign.unit)
    now = timezone.now()
    today = timezone.localdate(now)
    row = Campaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk)
    require_open(row)
    if row.starts_on > today:
        raise Refused(_("The campaign has not begun: change its days instead."))
    row.ends_on = min(row.ends_on, today)
    row.closed_at = now
    row.save()
    text = to_canonical_json(content)
    result = CampaignResult.objects.create(
        campaign=row,
        content=json.loads(text),
        content_sha256=sha256(text.encode()).hexdigest(),
        lessons=lessons,
        closed_by=by,
        position=authority.position,
        closed_at=now,
    )
    record(
        "campaign.closed",
        row,
        by=by,
        position=authority.position,
        content_sha256=result.content_sha256,
    )
    return result


@transaction.atomic
def show_summary(campaign: Campaign, *, by: User, deliveries: Sequence[str]) -> PublicSummary:
    """Show a summary of a closed campaign to everybody. Residents read its name and aim: of two
    people one closes the campaign and the other shows it.
    """
    authority = require(by, Permission.CAMPAIGN_WRITE, unit=campaign.unit)
    result = CampaignResult.objects.filter(campaign=campaign).select_related("campaign").first()
    if result is None:
        raise Refused(_("Close the campaign first: its summary shows the frozen figures."))
    if not result.is_shown_by(by.pk):
        raise NotAllowed(
            _(
                "Who closed the campaign does not make its summary public. Ask who answers for the "
                "campaign, or, if they closed it, another person who plans campaigns in this unit."
            )
        )
    require_recordable(campaign.name)
    values = {
        "deliveries": list(deliveries)[:MOST_LINKS],
        "shown_by": by,
        "shown_at": timezone.now(),
        "revoked_by": None,
        "revoked_at": None,
    }
    row, _made = PublicSummary.objects.update_or_create(campaign=campaign, defaults=values)
    record("campaign.summary_shown", campaign, by=by, position=authority.position)
    return row


@transaction.atomic
def revoke_summary(campaign: Campaign, *, by: User) -> None:
    """Take the public summary back; whoever may write the campaign can."""
    authority = require(by, Permission.CAMPAIGN_WRITE, unit=campaign.unit)
    rows = PublicSummary.objects.filter(campaign=campaign, revoked_at=None)
    if rows.update(revoked_at=timezone.now(), revoked_by=by):
        record("campaign.summary_revoked", campaign, by=by, position=authority.position)


def _require_planner(campaign: Campaign, by: User) -> Authority:
    authority = require(by, Permission.CAMPAIGN_WRITE, unit=campaign.unit)
    _lock_open_campaign(campaign)
    return authority


def _lock_open_campaign(campaign: Campaign) -> None:
    """Lock the campaign and read its days again: a colleague may have closed it since ``campaign``
    was read, or changed what a phase has to lie within. Raise Refused once it is closed.
    """
    locked = Campaign.objects.select_for_update(of=("self",))
    campaign.refresh_from_db(fields=["starts_on", "ends_on", "closed_at"], from_queryset=locked)
    require_open(campaign)


def _require_words(campaign: Campaign, *texts: str) -> None:
    require_no_secrecy_mark(texts)
    require_storable(texts, campaign.unit)


def _require_room(there: int, most: int) -> None:
    if there >= most:
        raise Refused(_("There is no room for more than %(n)s. Remove one first.") % {"n": most})


def _record_change(
    campaign: Campaign, by: User, authority: Authority, what: str, **facts: int | None
) -> None:
    record("campaign.planned", campaign, by=by, position=authority.position, what=what, **facts)
