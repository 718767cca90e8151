"""Links that lead where nobody of the unit has looked."""

import re
from collections.abc import Iterator

from posts.checks.leaks.base import Found, Reading, Rule, Severity
from posts.checks.leaks.text import pattern_of_list, read_list

_PUBLIC = read_list("public_hosts.txt")
_HOST = r"(?:[\w-]{1,63}\.){1,5}[^\W\d_]{2,12}"
_LINK = re.compile(
    rf"(?:https?://|(?<![\w.@/])www\.)({_HOST})(?::\d+)?(?:/[^\s<>\"”]{{0,500}})?", re.I
)
_BARE = re.compile(
    rf"(?<![\w@/.-])((?:[A-Za-z0-9-]{{1,63}}\.){{1,4}}(?:{pattern_of_list('risky_endings.txt')})"
    rf"|(?:{pattern_of_list('shorteners.txt')}))(?![\w.-]*\w\.)(?![\w-])(?:/[^\s<>\"”]{{0,500}})?",
    re.IGNORECASE,
)


def unknown_links(reading: Reading) -> Iterator[Found]:
    for pattern in (_LINK, _BARE):
        for match in pattern.finditer(reading.text):
            link = reading.text[match.start(1) : _end_of_link(match)].casefold()
            if not (_is_known(match[1].casefold(), reading) or _is_own(link, reading)):
                yield Found(match.start(), _end_of_link(match), Severity.WARN)


def _is_known(host: str, reading: Reading) -> bool:
    parts = host.split(".")
    ends = {".".join(parts[at:]) for at in range(len(parts))}
    return bool(ends & _PUBLIC or ends & reading.allowed.hosts)


def _is_own(link: str, reading: Reading) -> bool:
    """Check whether the link is a page of the unit, or below it: a host of many users is not
    allowed by one of them.
    """
    bare = re.sub(r":\d+(?=/|$)|[?#].*$", "", link).removeprefix("www.")
    parts = bare.rstrip("/").split("/")
    starts = {"/".join(parts[:at]) for at in range(2, len(parts) + 1)}
    return bool(starts & reading.allowed.addresses)


def _end_of_link(match: re.Match[str]) -> int:
    return match.start() + len(match.group().rstrip(".,;:!?)'"))


RULES = (Rule("link_risk", Severity.WARN, unknown_links),)
