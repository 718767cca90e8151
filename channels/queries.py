import uuid
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import holders
from channels.models import Channel, PageCheck, PlatformAllowance
from channels.states import Health, Kind
from core import sealing
from core.text import fold
from platforms.facts import Facts
from platforms.messages import Account
from platforms.registry import CONNECTORS
from units.models import Unit


def row_name(channel: Channel) -> str:
    """Name what the channel's credentials are sealed for: itself, as its unit's."""
    return _row_name(channel.public_id, channel.unit_id)


def _row_name(public_id: uuid.UUID, unit_id: int) -> str:
    return f"channel:{public_id} unit:{unit_id}"


def account_of(channel: Channel) -> Account:
    """Return the page with its opened token. Raises sealing.Unsealable. Never log or render what
    this returns.
    """
    page = channel.unit_id, channel.external_id, channel.handle, channel.sealed
    return replace(account_with(channel.platform, channel.public_id, *page), granted=channel.scopes)


def account_with(
    platform: str,
    public_id: uuid.UUID,
    unit_id: int,
    external_id: str,
    handle: str,
    sealed: bytes | memoryview,
) -> Account:
    """Return the same as `account_of`, from a channel's columns: for the engine, which loads
    thousands at once."""
    secrets = sealing.unseal(sealed, row=_row_name(public_id, unit_id))
    app = settings.PLATFORMS[platform]
    return Account(
        external_id=external_id,
        token=secrets["token"],
        refresh_token=secrets.get("refresh_token", ""),
        base_url=str(app["base_url"]),
        handle=handle,
        app=app,
    )


def address_of(channel: Channel) -> str:
    """Return the address of the channel's page in the portal."""
    return reverse("channels:channel", args=[channel.public_id])


def ends_before(moment: datetime) -> Q:
    """Match channels whose connection or package ends before then."""
    return Q(expires_at__lt=moment) | Q(package_ends_at__lt=moment)


def facts_of(platform: str) -> Facts:
    return CONNECTORS[platform].facts


def readings_since(platform: str, moment: datetime) -> int:
    """Return how many calls the daily checks of pages and the readings of their profiles made to a
    platform since then.
    """
    checked = Channel.objects.filter(platform=platform, checked_at__gte=moment)
    read = PageCheck.objects.filter(channel__platform=platform, read_at__gte=moment)
    return checked.count() + read.count()


def is_set_up(platform: str) -> bool:
    return bool(settings.PLATFORMS[platform].get("app_id", True))


def is_permitted(platform: str, *, unit: Unit) -> bool:
    """Tell whether the unit may have a page there at all: some platforms are off until its province
    allows them."""
    if not facts_of(platform).off_by_default:
        return True
    return _allowances(unit).filter(platform=platform).exists()


def _allowances(unit: Unit) -> QuerySet[PlatformAllowance]:
    return PlatformAllowance.objects.filter(unit__path=unit.province_path)


def is_allowed(platform: str, *, unit: Unit) -> bool:
    """Tell whether the unit may connect and use this platform: permitted, and the ministry has an
    application there."""
    return is_set_up(platform) and is_permitted(platform, unit=unit)


def channels_for(unit: Unit) -> list[Channel]:
    """Return the unit's own channels that a post may be meant for, on platforms that are allowed.
    To post by hand needs no application."""
    allowed = Exists(_allowances(unit).filter(platform=OuterRef("platform")))
    permitted = ~Q(platform__in=restricted_platforms()) | allowed
    own = Channel.objects.offered().filter(permitted, unit=unit)
    return [c for c in own if c.health == Health.MANUAL or is_set_up(c.platform)]


def find_keepers(channel: Channel) -> list[User]:
    """Return the people of its unit who answer for the channel."""
    return holders(Permission.CHANNEL_MANAGE, unit=channel.unit)


def find_province_keepers(unit: Unit) -> list[User]:
    """Return the people of the province who answer for its units' channels; for a province's own,
    the ministry's."""
    above = unit.province_path if unit.path != unit.province_path else unit.path.split("/")[0] + "/"
    province = Unit.objects.filter(path=above).first()
    if province is None:
        return []
    people = holders(Permission.CHANNEL_MANAGE, unit=province) + holders(
        Permission.PLATFORM_ALLOW, unit=province
    )
    return list({person.pk: person for person in people}.values())


def load_allowances(units: list[Unit]) -> dict[tuple[int, str], PlatformAllowance]:
    """Return the allowances of these provinces, by unit and platform."""
    platform_allowances = PlatformAllowance.objects.filter(unit__in=units).select_related(
        "allowed_by"
    )
    return {(allowance.unit_id, allowance.platform): allowance for allowance in platform_allowances}


def restricted_platforms() -> list[str]:
    return [kind for kind in Kind.values if facts_of(kind).off_by_default]


def search_channels(channels: QuerySet[Channel], query: str) -> QuerySet[Channel]:
    """Select the channels whose unit, name or address has all of ``words``; without their
    credentials, for a list.
    """
    for word in query.split():
        channels = channels.filter(
            Q(unit__search__contains=fold(word))
            | Q(name__icontains=word)
            | Q(handle__icontains=word)
            | Q(external_id=word)
        )
    return channels.select_related("unit__parent").defer("sealed")


def manages_other_units(user: Any, channel: Channel) -> bool:
    """Tell whether they manage other units' channels too, so that they could hand this one over."""
    return any(
        part.deep and part.covers(channel.unit.path)
        for part in user.reach(Permission.CHANNEL_MANAGE)
    )


def is_own_page(unit: Unit, address: str) -> bool:
    """Check whether the address leads to one of the unit's official pages, or to something on it
    whose address begins with the page's.
    """
    pages = Channel.objects.filter(unit=unit).exclude(address="").values_list("address", flat=True)
    return any(address == page or address.startswith(f"{page.rstrip('/')}/") for page in pages)
