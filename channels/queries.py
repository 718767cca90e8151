import uuid

from django.conf import settings

from channels import vault
from channels.connectors import CONNECTORS
from channels.connectors.base import Account, Facts
from channels.models import Channel, PlatformAllowance
from channels.states import Kind
from units.models import Unit


def row_name(channel: Channel) -> str:
    return _row_name(channel.public_id)


def _row_name(public_id: uuid.UUID) -> str:
    return f"channel:{public_id}"


def account_of(channel: Channel) -> Account:
    """The page with its opened token. Raises vault.Unsealable. Never log or render what this returns."""
    return account_with(channel.platform, channel.public_id, channel.external_id, channel.handle, sealed=channel.sealed)


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


def facts_of(platform: str) -> Facts:
    return CONNECTORS[platform].facts


def is_set_up(platform: str) -> bool:
    return bool(settings.PLATFORMS[platform].get("app_id", True))


def is_allowed(platform: str, *, unit: Unit) -> bool:
    """Whether the unit may connect and use this platform: some are off until its province allows them, and none is on
    for which the ministry has no application."""
    if not is_set_up(platform):
        return False
    if not facts_of(platform).off_by_default:
        return True
    return PlatformAllowance.objects.filter(unit__path=unit.province_path, platform=platform).exists()


def allowed_platforms(unit: Unit) -> list[str]:
    return [kind for kind in Kind.values if is_allowed(kind, unit=unit)]


def channels_for(unit: Unit) -> list[Channel]:
    """The unit's own channels that a post may be meant for, on platforms that are allowed."""
    allowed = allowed_platforms(unit)
    return [c for c in Channel.objects.usable().filter(unit=unit) if c.platform in allowed]


def allowances_seen(units: list[Unit]) -> dict[tuple[int, str], PlatformAllowance]:
    """The allowances of these provinces, by unit and platform."""
    found = PlatformAllowance.objects.filter(unit__in=units).select_related("allowed_by")
    return {(each.unit_id, each.platform): each for each in found}


def restricted_platforms() -> list[str]:
    return [kind for kind in Kind.values if facts_of(kind).off_by_default]
