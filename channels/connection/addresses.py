"""Addresses on platforms: whether one is on the platform, and to which page it belongs where that
can be seen."""

from urllib.parse import SplitResult, parse_qs, urlsplit

from django.utils.translation import gettext as _

from channels.models import Channel
from channels.queries import facts_of
from core.errors import Refused
from platforms.registry import CONNECTORS


def is_platform_address(platform: str, address: str) -> bool:
    """Tell whether the address is a plain https one on the platform's own host."""
    parts = _split_address(address)
    if parts is None or parts.scheme != "https" or parts.username or _has_other_port(parts):
        return False
    host = parts.hostname or ""
    return any(host == own or host.endswith(f".{own}") for own in facts_of(platform).hosts)


def page_key(platform: str, address: str) -> str:
    """Return the key that distinguishes the address's page from all others: its number, or its name
    as the platform compares names. Return an empty text where the address does not show it."""
    parts = _split_address(address)
    if parts is None:
        return ""
    steps = [step for step in parts.path.split("/") if step]
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return name_key(CONNECTORS[platform].page_from_address(steps, asked))


def name_key(name: str) -> str:
    """Return a page's name in addresses as platforms compare it: without case, and Facebook's
    without dots."""
    return name.removeprefix("@").replace(".", "").casefold()


def page_keys(channel: Channel) -> set[str]:
    """Return all keys by which addresses may name this page."""
    keys = {
        name_key(channel.external_id),
        name_key(channel.handle),
        page_key(channel.platform, channel.address),
    }
    return {key for key in keys if key and CONNECTORS[channel.platform].occurs_in_addresses(key)}


def check_post(channel: Channel, link: str) -> None:
    """Raise Refused where the link of a post cannot be one on this channel's page."""
    home = channel.address.rstrip("/")
    if (
        channel.address
        and not is_platform_address(channel.platform, channel.address)
        and link.startswith(f"{home}/")
    ):
        # below the address that the platform itself gave: a platform that stands elsewhere, as in a
        # try-out
        return
    if not is_platform_address(channel.platform, link):
        raise Refused(
            _(
                "This link does not lie on %(platform)s. Open the post there and copy "
                "its address, from https:// on."
            )
            % {"platform": channel.get_platform_display()}
        )
    if _strip_decoration(channel.platform, link) in {
        _strip_decoration(channel.platform, channel.address),
        "",
    }:
        raise Refused(
            _("This is the address of the page. Open the post itself and copy its address.")
        )
    linked = page_key(channel.platform, link)
    # A page has a number and often a name; which name belongs to which number cannot be seen here.
    is_platform_id = CONNECTORS[channel.platform].is_platform_id
    comparable = {
        key for key in page_keys(channel) if is_platform_id(key) == is_platform_id(linked)
    }
    if linked and comparable and linked not in comparable:
        raise Refused(
            _("This link belongs to another page than %(page)s.") % {"page": channel.name}
        )


def _strip_decoration(platform: str, address: str) -> str:
    """Return the address without what browsers and phones put around it; empty for a platform's
    front page."""
    parts = _split_address(address)
    if parts is None or not (parts.path.strip("/") or parts.query):
        return ""
    host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    path = parts.path.strip("/")
    query = f"?{parts.query}" if path in CONNECTORS[platform].paths_with_page_in_query else ""
    return f"{host}/{path}{query}".casefold()


def _split_address(address: str) -> SplitResult | None:
    try:
        return urlsplit(address)
    except ValueError:
        return None


def _has_other_port(parts: SplitResult) -> bool:
    try:
        return parts.port not in (None, 443)
    except ValueError:
        return True
