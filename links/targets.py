"""Check where a short link leads: under the name of the police, residents follow it unseen."""

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _

from core.errors import Refused
from links.models import LONGEST_TARGET
from units.models import Unit

# A name of letters, digits, hyphens and at least one dot; no user, no port.
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,10}[a-z0-9-]{2,63}")
Permits = Callable[[Unit, str], bool]
_permits: list[Permits] = []


def _read_hosts() -> frozenset[str]:
    lines = Path(__file__).with_name("data").joinpath("hosts.txt").read_text().splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


PUBLIC_HOSTS = _read_hosts()


def register_permission(permits: Permits) -> None:
    """Add what a higher app knows: ``permits(unit, address)`` says whether links of the unit may
    lead to the address, which is plain https.
    """
    _permits.append(permits)


def require_target(address: str, *, unit: Unit) -> str:
    """Return the address as it is stored, in ASCII. Raise Refused for what is no plain https
    address, and for a host that neither the state nor two people of the unit made public.
    """
    address = iri_to_uri(address.strip())
    if len(address) > LONGEST_TARGET:
        raise Refused(_("The address is longer than %(n)s characters.") % {"n": LONGEST_TARGET})
    host = _get_host(address)
    if not host:
        raise Refused(
            _("Enter a whole address that begins with https://, such as https://bocongan.gov.vn/.")
        )
    if not is_permitted(address, unit=unit):
        raise Refused(
            _(
                "A short link may lead to sites of the state, to the unit's own pages, and to "
                "those under “Public numbers and accounts”. Enter %(host)s there first; a second "
                "person confirms it."
            )
            % {"host": host}
        )
    return address


def is_permitted(address: str, *, unit: Unit) -> bool:
    """Check whether links of the unit may lead to the address, as things are now."""
    host = _get_host(address)
    parts = host.split(".")
    ends = {".".join(parts[at:]) for at in range(len(parts))}
    return bool(host) and (
        bool(ends & PUBLIC_HOSTS) or any(permits(unit, address) for permits in _permits)
    )


def _get_host(address: str) -> str:
    """Return the host of a plain https address with a name and no port; else an empty text."""
    if any(ord(letter) <= 32 or ord(letter) > 126 or letter in "\\<>\"'" for letter in address):
        return ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    host = parts.netloc.lower()
    if parts.scheme != "https" or not _HOST.fullmatch(host):
        return ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host
    return ""
