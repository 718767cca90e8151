import uuid
from dataclasses import replace

from django.conf import settings
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import holders
from channels import vault
from channels.connectors import CONNECTORS
from channels.connectors.base import Account, Facts
from channels.models import Channel, PlatformAllowance
from channels.states import Health, Kind
from units.models import Unit


def row_name(channel: Channel) -> str:
    return _row_name(channel.public_id)


def _row_name(public_id: uuid.UUID) -> str:
    return f"channel:{public_id}"


def account_of(channel: Channel) -> Account:
    """The page with its opened token. Raises vault.Unsealable. Never log or render what this returns."""
    page = channel.external_id, channel.handle, channel.sealed
    return replace(account_with(channel.platform, channel.public_id, *page), granted=channel.scopes)


def account_with(platform: str, public_id: uuid.UUID, external_id: str, handle: str, sealed: bytes) -> Account:
    """As `account_of`, from a channel's columns: for the engine, which loads thousands at once."""
    secrets = vault.unseal(sealed, row=_row_name(public_id))
    app = settings.PLATFORMS[platform]
    return Account(
        external_id=external_id,
        token=secrets["token"],
        refresh_token=secrets.get("refresh_token", ""),
        base_url=app["base_url"],
        handle=handle,
        app=app,
    )


def address_of(channel: Channel) -> str:
    """Of its page in the portal."""
    return reverse("channels:channel", args=[channel.public_id])


def facts_of(platform: str) -> Facts:
    return CONNECTORS[platform].facts


def is_set_up(platform: str) -> bool:
    return bool(settings.PLATFORMS[platform].get("app_id", True))


def is_permitted(platform: str, *, unit: Unit) -> bool:
    """Whether the unit may have a page there at all: some platforms are off until its province allows them."""
    if not facts_of(platform).off_by_default:
        return True
    return PlatformAllowance.objects.filter(unit__path=unit.province_path, platform=platform).exists()


def is_allowed(platform: str, *, unit: Unit) -> bool:
    """Whether the unit may connect and use this platform: permitted, and the ministry has an application there."""
    return is_set_up(platform) and is_permitted(platform, unit=unit)


def channels_for(unit: Unit) -> list[Channel]:
    """The unit's own channels that a post may be meant for, on platforms that are allowed. To post by hand needs no
    application."""
    permitted = {kind for kind in Kind.values if is_permitted(kind, unit=unit)}
    ready = {kind for kind in permitted if is_set_up(kind)}
    own = Channel.objects.offered().filter(unit=unit)
    return [c for c in own if c.platform in (permitted if c.health == Health.BY_HAND else ready)]


def keepers(channel: Channel) -> list[User]:
    """Those of its unit who answer for the channel."""
    return holders(Permission.CHANNEL_MANAGE, unit=channel.unit)


def province_keepers(unit: Unit) -> list[User]:
    """Those of the province who answer for its units' channels; for a province's own, the ministry's."""
    above = unit.province_path if unit.path != unit.province_path else unit.path.split("/")[0] + "/"
    found = Unit.objects.filter(path=above).first()
    if found is None:
        return []
    people = holders(Permission.CHANNEL_MANAGE, unit=found) + holders(Permission.PLATFORM_ALLOW, unit=found)
    return list({person.pk: person for person in people}.values())


def allowances_seen(units: list[Unit]) -> dict[tuple[int, str], PlatformAllowance]:
    """The allowances of these provinces, by unit and platform."""
    found = PlatformAllowance.objects.filter(unit__in=units).select_related("allowed_by")
    return {(each.unit_id, each.platform): each for each in found}


def restricted_platforms() -> list[str]:
    return [kind for kind in Kind.values if facts_of(kind).off_by_default]
