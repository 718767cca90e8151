"""Check where a short link leads: under the name of the police, residents follow it unseen."""

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _

from core.errors import Refused
from links.models import LONGEST_TARGET
from units.models import Unit

# A name of letters, digits, hyphens and at least one dot; no user, no port.
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,10}[a-z0-9-]{2,63}")
# Within an address: a scheme that leads off the site, or "http" in Base64.
_SCHEME = re.compile(
    r"(?:^|[^a-z0-9])(?:https?|ftps?|wss?|javascript|vbscript|data|blob|file|intent):|ahr0c", re.I
)
_DELIMITERS = re.compile(r"[/?#&=;,|]")
_PORT = re.compile(r":\d*$")
# Letters of any script before each dot; an ending of letters alone, as hosts have and numbers of
# procedures (1.004222.000.00.00.H17) have not.
_NAMED_HOST = re.compile(r"(?:[^\s.]+\.)+(?P<end>[^\W\d_]{2,}|xn--[a-z0-9-]+)\.?", re.I)
_FILE_ENDING = re.compile(
    r"aspx?|chn|css|csv|cshtml|cgi|do|docx?|epub|gif|x?html?|jpe?g|js|json|jsf|jspx?|mp[34]|pdf|"
    r"php|png|pptx?|rar|svg|txt|webp|xlsx?|xml|zip",
    re.I,
)
_DOTS = str.maketrans(dict.fromkeys("。．｡", "."))  # browsers read them as dots
_CONTROLS = dict.fromkeys(range(32))  # which browsers leave out
_MOST_DECODINGS = 4
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
    if inner := _find_inner_address(address):
        raise Refused(
            _(
                "This address holds another one (%(inner)s), to which that site may lead people on "
                "unseen. Enter the page itself: open the address, wait until the page stands "
                "there, and copy what the browser shows."
            )
            % {"inner": inner[:100]}
        )
    return address


def _find_inner_address(address: str) -> str:
    """Return what behind the host reads as another address, however often it is encoded, or as a
    way out of the folder; else an empty text. Any site of the state may have a page that redirects
    to what its address names: nobody can list them.
    """
    rest = urlsplit(address)._replace(scheme="", netloc="").geturl().translate(_DOTS)
    for _number in range(_MOST_DECODINGS):
        if "\\" in rest or "//" in rest or _SCHEME.search(rest):
            return rest
        first, second, *others = [*_DELIMITERS.split(rest), ""]
        # What follows the host in a path may be a page's name: facebook.com/congan.haichau.
        hosts = others if rest.startswith("/") else [first, second, *others]
        for part in hosts:
            if _is_host(part.strip().rpartition("@")[2]):
                return part
        if not {".", ".."}.isdisjoint((first, second, *others)):
            return rest
        decoded = unquote(rest).translate(_DOTS).translate(_CONTROLS)
        if decoded == rest:
            return ""
        rest = decoded
    return rest  # encoded more often than any page asks for


def _is_host(part: str) -> bool:
    part = _PORT.sub("", part)
    try:
        ipaddress.ip_address(part)
    except ValueError:
        named = _NAMED_HOST.fullmatch(part)
        return named is not None and not _FILE_ENDING.fullmatch(named["end"])
    return True


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
