"""Find the files of campaigns and kits that a person may read, and whose they may change."""

from collections.abc import Iterator

from django.db.models import Q, QuerySet, Sum

from accounts.models import User
from accounts.permissions import Permission
from campaigns.files.models import CampaignFile
from campaigns.files.states import FileState
from campaigns.kits.models import Kit, KitQuerySet
from campaigns.kits.queries import find_readable_kits
from campaigns.models import Campaign
from units.models import Unit

RELATED = ("unit", "campaign__unit", "kit__unit", "added_by")


def find_kits_read_by(user: User) -> KitQuerySet:
    """Return the kits whose files the person may read: those whose pages they open, and those that
    their own units may adopt or have adopted.
    """
    units = [
        appointment.unit
        for appointment in user.current_appointments
        if any(p.covers(appointment.unit.path) for p in user.reach(Permission.CAMPAIGN_VIEW))
    ]
    wanted = Q(pk__in=find_readable_kits(user).order_by().values("pk"))
    for unit in units:
        wanted |= Q(pk__in=Kit.objects.open_to(unit).order_by().values("pk"))
    wanted |= Q(adoptions__unit__in=units, adoptions__adopted_at__isnull=False)
    return Kit.objects.filter(wanted).distinct()


def find_readable_files(user: User) -> QuerySet[CampaignFile]:
    """Return the files that the person may read: of a campaign, those of their own scope and above;
    of a kit, by `find_kits_read_by`. What is not checked yet, or refused, only its own unit sees.
    """
    of_campaigns = Q(
        kit__isnull=True, campaign__in=Campaign.objects.visible_to(user).order_by().values("pk")
    )
    of_kits = Q(kit__in=find_kits_read_by(user).order_by().values("pk"))
    paths = [part.path for part in user.reach(Permission.CAMPAIGN_WRITE)]
    readable = Q(state=FileState.READY) | Q(unit__path__in=paths)
    rows = CampaignFile.objects.filter(of_campaigns | of_kits).filter(readable)
    return rows.select_related(*RELATED)


def find_files(to: Campaign | Kit) -> QuerySet[CampaignFile]:
    """Return the files of a kit, or of a campaign without those of its kits."""
    if isinstance(to, Kit):
        return CampaignFile.objects.filter(kit=to)
    return CampaignFile.objects.filter(campaign=to, kit=None)


def sum_bytes(unit: Unit) -> int:
    """Return how many bytes the unit's files take."""
    return CampaignFile.objects.filter(unit=unit).aggregate(n=Sum("size"))["n"] or 0


def read_content(file: CampaignFile) -> Iterator[bytes]:
    """Yield the file piece by piece, one query each."""
    number = 0
    while data := file.parts.filter(number=number).values_list("data", flat=True).first():
        yield bytes(data)
        number += 1
