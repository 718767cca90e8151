"""Measure every main page as each role on a national load, beside the Django admin's list.

    DATABASE_URL=postgres://…/of_its_own python manage.py migrate
    DATABASE_URL=… python manage.py seed_national --share 0.1
    DATABASE_URL=… python -m benchmarks.pages [--times 20]

In one process, by Django's test client: middleware, database and templates, without a network.
``A`` is the p50 of a stock ModelAdmin's list of all posts in the same run. A list's goal is A, a
dashboard's 1.7 of it: so a slow machine is as strict as a quick one. Beside it stands the goal in
milliseconds that some pages have, and whether this machine meets it. Pages take turns, so that what
else the machine does falls on all; what Python alone took of the processor hardly depends on that.
"""

# Django is set up before its models are imported.
# ruff: noqa: E402

import argparse
import os
import statistics
import sys
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outreach_portal.settings")
os.environ.setdefault("PORTAL_MODE", "test")

import django

django.setup()

from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.db import connection
from django.db.models import Count
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Role
from accounts.step_up import STEPPED_UP_AT
from campaigns.kits.models import Kit
from campaigns.models import Campaign
from posts.models import Post
from tests import factories
from units.models import Level, Unit

ADMIN = "admin's list of posts"
SEARCH = "lua dao so 17"
WAITING = "Bài đo trang duyệt"
# A page's goal, as a share of A.
LIST, DASHBOARD = "list", "dashboard"
GOALS = {LIST: 1.0, DASHBOARD: 1.7}


@dataclass
class Page:
    """An address as a role opens it, and how long that took."""

    role: str
    name: str
    client: Client
    address: str
    kind: str  # one of GOALS, or "" for a file, which has none
    milliseconds: int = 0  # its goal on any machine; 0: none
    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    queries: int = 0
    bytes: int = 0
    status: int = 0

    def open(self) -> None:
        begun, used = time.perf_counter(), time.process_time()
        response = self.client.get(self.address)
        content = response.getvalue() if response.streaming else response.content
        self.seconds.append(time.perf_counter() - begun)
        self.processor.append(time.process_time() - used)
        self.status, self.bytes = response.status_code, len(content)

    def at(self, share: float) -> float:
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def signed_in(person: User) -> Client:
    client = Client()
    if not Authenticator.objects.filter(user=person).exists():
        factories.with_app(person)
    client.force_login(person)
    session = client.session
    session[STEPPED_UP_AT] = int(time.time())
    session.save()
    return client


def holder(unit: Unit, role: str) -> User:
    return User.objects.filter(appointments__unit=unit, appointments__role=role).first()


class Rows(NamedTuple):
    """The rows that pages show: of the busiest commune, the largest province, the nation."""

    commune: Unit
    province: Unit
    ministry: Unit
    post: Post
    draft: Post | None
    waiting: Post  # for the commune's approval; the load's own have no channels
    kit: Kit | None
    campaigns: dict[str, Campaign]  # the one with most posts, by the level whose it is


def find_rows() -> Rows:
    busiest = Post.objects.values_list("unit").annotate(n=Count("pk")).order_by("-n")[0][0]
    of_provinces = Unit.objects.filter(level=Level.COMMUNE).values_list("parent")
    largest = of_provinces.annotate(n=Count("pk")).order_by("-n")[0][0]
    commune, province = Unit.objects.get(pk=busiest), Unit.objects.get(pk=largest)
    ministry = Unit.objects.get(level=Level.MINISTRY)
    posts = Post.objects.filter(unit=commune)
    begun = Campaign.objects.filter(starts_on__lte=timezone.localdate())
    by_posts = begun.annotate(n=Count("posts")).order_by("-n")
    campaigns = {
        level: by_posts.filter(unit=unit).first()
        for level, unit in (("province", province), ("ministry", ministry))
    }
    return Rows(
        commune,
        province,
        ministry,
        post=posts.filter(state="approved").first(),
        draft=posts.filter(state="draft").first(),
        waiting=posts.filter(title=WAITING).first()
        or factories.submitted(unit=commune, title=WAITING),
        kit=Kit.objects.filter(current__isnull=False).order_by("pk").first(),
        campaigns={level: campaign for level, campaign in campaigns.items() if campaign},
    )


# A page's name, its address, its kind, and its goal in milliseconds.
type Which = tuple[str, str, str, int]


def pages() -> list[Page]:
    """Return the main pages of each role."""
    rows = find_rows()
    roles = (
        ("officer", rows.commune, Role.OFFICER, _of_officer(rows)),
        ("leader", rows.commune, Role.APPROVER, _of_leader(rows)),
        ("province", rows.province, Role.OVERSEER, _of_province(rows)),
        ("ministry", rows.ministry, Role.OVERSEER, _of_ministry(rows)),
        ("administrator", rows.ministry, Role.ADMINISTRATOR, _of_administrator()),
    )
    measured_pages = []
    for name, unit, role, which in roles:
        client = signed_in(holder(unit, role))
        measured_pages += [Page(name, page, client, *rest) for page, *rest in which]
    return measured_pages


def _today_and_posts() -> list[Which]:
    return [
        ("today", reverse("oversight:today"), LIST, 0),
        ("posts", reverse("publishing:post_list"), LIST, 0),
    ]


def _everybodys() -> list[Which]:
    first = timezone.localdate().replace(day=1)
    window = {
        "start": f"{first}T00:00:00+07:00",
        "end": f"{first + timedelta(days=42)}T00:00:00+07:00",
    }
    return [
        *_today_and_posts(),
        ("search", reverse("publishing:post_list") + f"?q={SEARCH}", LIST, 80),
        ("calendar", reverse("publishing:calendar"), LIST, 0),
        ("calendar's feed", reverse("publishing:calendar_feed", query=window), LIST, 0),
        ("calendar's day", reverse("publishing:calendar", query={"view": "day"}), LIST, 0),
    ]


def _of_campaigns(rows: Rows) -> list[Which]:
    return [
        (f"campaign of {level}", _figures_address(campaign), DASHBOARD, 100)
        for level, campaign in rows.campaigns.items()
    ]


def _figures_address(campaign: Campaign) -> str:
    return reverse("engagement:campaign", args=[campaign.public_id])


def _of_officer(rows: Rows) -> list[Which]:
    addresses = [
        *_everybodys(),
        ("post", reverse("publishing:post", args=[rows.post.public_id]), LIST, 0),
    ]
    if rows.draft:
        address = reverse("posts:edit", args=[rows.draft.public_id])
        addresses.append(("composer", address, LIST, 0))
    return [*addresses, *_of_campaigns(rows)[1:]]


def _of_leader(rows: Rows) -> list[Which]:
    return [
        *_today_and_posts(),
        ("to review", reverse("publishing:review_queue"), LIST, 0),
        ("review", reverse("publishing:review", args=[rows.waiting.public_id]), LIST, 0),
        ("results", reverse("engagement:results"), DASHBOARD, 100),
    ]


def _of_overseer(rows: Rows) -> list[Which]:
    addresses = [
        *_everybodys(),
        ("issues of units", reverse("oversight:board"), DASHBOARD, 150),
        ("matters", reverse("oversight:matters"), LIST, 150),
        ("official pages", reverse("oversight:official_pages"), DASHBOARD, 150),
        ("unrecognised", reverse("channels:unrecognised_posts"), LIST, 150),
        ("adoption", reverse("oversight:adoption_list"), DASHBOARD, 150),
    ]
    if rows.kit:
        address = reverse("oversight:adoption", args=[rows.kit.public_id])
        addresses.append(("adoption of a kit", address, DASHBOARD, 150))
    return [*addresses, *_of_campaigns(rows)]


def _over_two_years() -> str:
    today = timezone.localdate()
    return f"?from={today - timedelta(days=730):%d/%m/%Y}&to={today:%d/%m/%Y}"


def _of_province(rows: Rows) -> list[Which]:
    overview = reverse("oversight:province")
    return [
        *_of_overseer(rows),
        ("results", reverse("engagement:results"), DASHBOARD, 100),
        ("units", overview, DASHBOARD, 100),
        ("units, two years", overview + _over_two_years(), DASHBOARD, 100),
        ("record", reverse("audit:log"), LIST, 0),
    ]


def _of_ministry(rows: Rows) -> list[Which]:
    nation = reverse("oversight:nation")
    newest = list(rows.campaigns.values())[-1]
    return [
        *_of_overseer(rows),
        ("results", reverse("engagement:results"), DASHBOARD, 150),
        ("unit", reverse("oversight:unit", args=[rows.commune.key]), DASHBOARD, 0),
        ("nation", nation, DASHBOARD, 150),
        ("nation, two years", nation + _over_two_years(), DASHBOARD, 150),
        ("record", reverse("audit:log"), LIST, 0),
        ("record by words", reverse("audit:log") + "?what=delivery.failed", LIST, 0),
        ("channels", reverse("channels:list"), LIST, 0),
        ("kept back", reverse("publishing:held"), LIST, 0),
        ("recalls", reverse("publishing:recall_list"), LIST, 0),
        ("export of a campaign, CSV", _figures_address(newest) + "export/?format=csv", "", 0),
    ]


def _of_administrator() -> list[Which]:
    return [
        ("today", reverse("oversight:today"), LIST, 0),
        ("units", reverse("units:tree"), LIST, 0),
        ("people", reverse("accounts:people"), LIST, 0),
    ]


def stock_list() -> Page:
    """Return the list of posts as Django's admin makes it without a word of ours."""
    name = "technician"
    user = User.objects.filter(username=name).first()
    person = user or User.objects.create_superuser(name, f"{name}@congan.example", None)
    return Page("Django", ADMIN, signed_in(person), reverse("admin:posts_post_changelist"), "")


def _said(is_met: bool) -> str:
    return "yes" if is_met else "no"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--only", default="", help="pages whose name or role has this word")
    options = parser.parse_args()
    admin.site.register(Post, admin.ModelAdmin)
    beside = stock_list()
    measured = [page for page in pages() if options.only in page.name or options.only == page.role]
    for page in (beside, *measured):
        page.open()
        page.seconds.clear()
        page.processor.clear()
        with CaptureQueriesContext(connection) as captured:
            page.client.get(page.address)
        page.queries = len([query for query in captured if "SAVEPOINT" not in query["sql"]])
    for _round in range(options.times):
        for page in (beside, *measured):
            # A page of seconds is asked less often: it says enough.
            if sum(page.seconds) < 15:
                page.open()
    base = beside.at(0.5)
    print(f"A = {base:.0f} ms, p95 {beside.at(0.95):.0f}, {beside.queries} queries\n")
    print(
        "| who | page | p50 ms | p95 ms | Python ms | ×A | goal | met | ms goal | met "
        "| queries | kB |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    met, judged = 0, 0
    for page in measured:
        half, most = page.at(0.5), page.at(0.95)
        ratio, limit = half / base, GOALS.get(page.kind)
        judged += limit is not None
        met += limit is not None and ratio <= limit
        name = page.name if page.status == 200 else f"{page.name} ({page.status})"
        by_ratio = f"×{limit:g} | {_said(ratio <= limit)}" if limit else "– | –"
        here = page.milliseconds
        by_time = f"{here} | {_said(half <= here)}" if here else "– | –"
        print(
            f"| {page.role} | {name} | {half:.0f} | {most:.0f} | "
            f"{1000 * statistics.median(page.processor):.0f} | {ratio:.2f} | {by_ratio} | "
            f"{by_time} | {page.queries} | {page.bytes / 1024:.0f} |"
        )
    middle = statistics.median(page.at(0.5) for page in measured)
    print(f"\npages n={judged} met={met} median_ms={middle:.0f} A_ms={base:.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
