"""Bounds of the size of a request, by its address. ``scripts/facts.py`` writes the locations of
the proxy (deploy/proxy/nginx.conf.template) and the table in docs/limits.md from here.

Whatever is larger than ``STRANGERS`` is taken from people who are signed in alone: the proxy asks
the portal who sends it before it reads, and so before anything lies on its disk.
"""

from dataclasses import dataclass

# Decimal, as nginx reads a number without a unit.
KB, MB = 1_000, 1_000_000
STRANGERS = 20 * KB  # a form of sign-in takes 1 kB; it waits in memory
SCRIPTS = 25 * MB  # what scripts send in one request; only forms without a script are larger


@dataclass(frozen=True)
class Tier:
    """Bodies of one kind: the largest, and how many may be under way at once.

    ``largest`` times ``of_all`` is what they take on the proxy's disk at most.
    """

    name: str
    largest: int
    of_person: int
    of_all: int
    of_address: int = 0  # where that is fewer than of requests in general

    @property
    def disk(self) -> int:
        return self.largest * self.of_all


# The composer sends three files at once, and somebody may have two of them open.
FORM = Tier("form", 3 * MB, of_person=8, of_all=400)
PIECE = Tier("piece", 9 * MB, of_person=6, of_all=200)
PICTURE = Tier("picture", SCRIPTS, of_person=6, of_all=120)
ARCHIVE = Tier("archive", 220 * MB, of_person=2, of_address=2, of_all=8)
VIDEO = Tier("video", 1_100 * MB, of_person=2, of_address=2, of_all=6)
TIERS = (FORM, PIECE, PICTURE, ARCHIVE, VIDEO)


@dataclass(frozen=True)
class Upload:
    """A form with files: its address as a regular expression, and the tiers of what it carries."""

    pattern: str
    carries: str
    tier: Tier
    whole: Tier | None = None  # above SCRIPTS


ONE = "[^/]+"
# Elsewhere a form has the size of FORM. A test finds each view that takes files here.
UPLOADS = (
    Upload(f"/posts/{ONE}/upload/", "one picture, sent by the composer's script", PICTURE),
    Upload(f"/uploads/{ONE}/", "a piece of a picture or video, of 8 MB at most", PIECE),
    Upload(
        f"/posts/{ONE}/(?:edit|submit)/",
        "the composer; without a script with whole pictures and videos",
        PICTURE,
        VIDEO,
    ),
    Upload(
        "/media/add/", "the library; without a script whole pictures and videos", PICTURE, VIDEO
    ),
    Upload(f"/media/{ONE}/video/", "captions of a video, 100 kB", FORM),
    Upload("/posts/import/", "a sheet of posts, with a zip or pictures", PICTURE, ARCHIVE),
    Upload(f"/posts/import/{ONE}/pictures/", "its missing pictures", PICTURE, ARCHIVE),
    Upload("/people/import/", "a workbook of people, 2 MB", FORM),
    Upload(f"/units/{ONE}/logo/change/", "a unit's logo", PICTURE),
    Upload(f"/campaigns/(?:kits/)?{ONE}/files/", "a file of a campaign or kit", PICTURE),
    Upload(f"/reports/{ONE}/send/", "the scan of a signed report", PICTURE),
)
# Nobody needs more there; platforms are taken by a location of their own, with these bounds.
NEVER_LARGE = ("accounts", "shared", "hooks")
HOOKS = Tier("hook", 1024 * 1024, of_person=0, of_address=8, of_all=40)
REQUESTS_OF_ADDRESS = 200  # docker-compose.yml, PROXY_CONNECTIONS


def match_numbers_above(most: int) -> str:
    """Return a regular expression of the decimal numbers above ``most``; nginx compares none."""
    digits = str(most + 1)
    above = [
        f"{digits[:place]}[{int(digit) + 1}-9]\\d{{{len(digits) - place - 1}}}"
        for place, digit in enumerate(digits)
        if digit != "9"
    ]
    return "|".join([digits, *above, f"\\d{{{len(digits) + 1},}}"])


def render_http() -> str:
    """Return how the proxy tells large bodies and what it counts them by."""
    lines = [
        "map $content_length $length {",
        '\t"" unknown;',
        f'\t"~^(?:{match_numbers_above(SCRIPTS)})$" whole;',
        f'\t"~^(?:{match_numbers_above(STRANGERS)})$" large;',
        "\tdefault small;",
        "}",
        "# Asked again after each redirect inside: the proxy's own addresses are never large.",
        'map "$length:$request_method:$session:$uri" $body {',
        "\tvolatile;",
        f'\t"~^[^:]*:[^:]*:[^:]*:/(?:{"|".join(("proxy", *NEVER_LARGE))})/" small;',
        '\t"~^(?:large|whole):[^:]*::" anonymous;',
        '\t"~^whole:" whole;',
        # In chunks, or by HTTP/2 without a length: no browser's form, perhaps a machine between.
        '\t"~^(?:large|unknown:(?:POST|PUT|PATCH):[^:])" large;',
        "\tdefault small;",
        "}",
        "# Videos and archives of an address together.",
        "limit_conn_zone $binary_remote_addr zone=heavy_of_address:4m;",
    ]
    for tier in TIERS:
        lines += [
            f"limit_conn_zone $person zone={tier.name}s_of_person:1m;",
            f"limit_conn_zone {tier.name}s zone={tier.name}s_of_all:1m;",
        ]
    lines += [
        "# Of platforms' messages those that do not wait in memory.",
        'map $length $large_hook { default hooks; small ""; }',
        'map $length $large_hook_of { default $binary_remote_addr; small ""; }',
        "limit_conn_zone $large_hook_of zone=hooks_of_address:4m;",
        "limit_conn_zone $large_hook zone=hooks_of_all:1m;",
    ]
    return _indent(lines, 1)


def render_server() -> str:
    """Return where the proxy asks who sends what is large, and what it then counts and passes."""
    lines = [
        *_ask("large", [(upload, upload.tier) for upload in UPLOADS]),
        *_ask("whole", [(upload, upload.whole) for upload in UPLOADS if upload.whole]),
    ]
    for tier in TIERS:
        lines += [
            f"location @{tier.name} {{",
            f"\tclient_max_body_size {tier.largest};",
            "\tlimit_conn address ${PROXY_CONNECTIONS};",
        ]
        if tier.of_address:
            lines.append(f"\tlimit_conn heavy_of_address {tier.of_address};")
        lines += [
            f"\tlimit_conn {tier.name}s_of_person {tier.of_person};",
            f"\tlimit_conn {tier.name}s_of_all {tier.of_all};",
        ]
        if tier is FORM:
            lines.append("\tlimit_req zone=pages burst=200 delay=60;")
        else:
            # A weak line that halts for a moment loses no video.
            lines += ["\tclient_body_timeout 20s;", "\tproxy_read_timeout 200s;"]
        lines += ["\tproxy_pass $files$request_uri;", "}"]
    lines += [
        "location ^~ /hooks/ {",
        f"\tclient_max_body_size {HOOKS.largest};",
        "\tlimit_req zone=hooks burst=500 nodelay;",
        "\tlimit_conn address ${PROXY_CONNECTIONS};",
        f"\tlimit_conn hooks_of_address {HOOKS.of_address};",
        f"\tlimit_conn hooks_of_all {HOOKS.of_all};",
        "\tproxy_pass $web;",
        "}",
    ]
    return _indent(lines, 2)


def _ask(kind: str, uploads: list[tuple[Upload, Tier]]) -> list[str]:
    """Return the locations of bodies that are ``kind``, by address. The proxy comes by a rewrite,
    asks the portal, and only then counts and takes the body: a stranger occupies nobody's place.
    """
    lines = [
        f"location /proxy/{kind}/ {{",
        "\tinternal;",
        "\tauth_request /proxy/signed-in/;",
        "\tauth_request_set $person $upstream_http_x_person;",
        "\tlimit_conn uncounted 1;",
    ]
    if kind == "large":
        lines += [
            f"\tclient_max_body_size {FORM.largest};",
            f"\ttry_files /none @{FORM.name};",
        ]
    for upload, tier in uploads:
        lines += [
            f"\tlocation ~ ^/proxy/{kind}{upload.pattern}$ {{",
            f"\t\tclient_max_body_size {tier.largest};",
            f"\t\ttry_files /none @{tier.name};",
            "\t}",
        ]
    return [*lines, "}"]


def _indent(lines: list[str], depth: int) -> str:
    return "".join(f"{chr(9) * depth}{line}\n" for line in lines)


def describe_size(size: int) -> str:
    for unit, name in ((1024 * 1024, "MiB"), (MB, "MB"), (KB, "kB")):
        if size % unit == 0:
            return f"{size // unit:,} {name}"
    raise ValueError(size)


def render_table() -> str:
    """Return the table of docs/limits.md."""
    rows = [
        ("address", "carries", "up to", "at once: a person, an address, all"),
        ("---",) * 4,
        ("any, from anybody", "a form", describe_size(STRANGERS), f"–, {REQUESTS_OF_ADDRESS}, –"),
        ("`/hooks/…/`, from anybody", "a platform's message", *_describe_tier(HOOKS)),
        ("any but `/accounts/`, `/shared/`; signed in", "a form", *_describe_tier(FORM)),
    ]
    for upload in UPLOADS:
        address = upload.pattern.replace(ONE, "…").replace("(?:edit|submit)", "edit")
        address = address.replace("(?:kits/)?", "")
        for tier in (upload.tier, upload.whole):
            if tier:
                rows.append((f"`{address}`", upload.carries, *_describe_tier(tier)))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _describe_tier(tier: Tier) -> tuple[str, str]:
    counts = (tier.of_person or "–", tier.of_address or REQUESTS_OF_ADDRESS, tier.of_all)
    return describe_size(tier.largest), ", ".join(map(str, counts))
