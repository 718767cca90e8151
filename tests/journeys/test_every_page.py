"""Every page, opened by somebody who may, at both sizes, light and dark: it fits, obeys the policy,
passes axe.
"""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.permissions import DEEP, Role
from tests import factories
from tests.architecture.test_access import ENTRIES, MAKERS, _of_person
from tests.journeys.conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# Who looks at a page: the first of these that the matrix lets in.
ORDER = [Role.APPROVER, Role.OFFICER, Role.OVERSEER, Role.SUPERVISOR, Role.ADMINISTRATOR]
# URLs that answer with no page: a picture, a file, JSON, a fragment, or a step that needs the one
# before.
NO_PAGE = {
    "accounts:import_template",
    "accounts:ministry_callback",
    "accounts:notice",
    "accounts:signed_in",
    "campaigns:file",
    "channels:callback",
    "channels:choose",
    "engagement:campaign_export",
    "engagement:export_content",
    "engagement:report_draft",
    "engagement:report_file",
    "help:first_post_sheet",
    "help:handbook_pdf",
    "hook",
    "kits:poster_file",
    "links:follow",
    "links:qr_code",
    "media:logo",
    "posts:choices",
    "posts:import_template",
    "posts:media",
    "posts:media_states",
    "posts:one_upload",
    "posts:presence",
    "posts:public_media",
    "publishing:calendar_export",
    "publishing:calendar_feed",
    "publishing:calendar_subscribed",
    "publishing:shared_code",
    "publishing:shared_file",
    "publishing:shared_card",
    "publishing:shared_poster",
    "units:options",
}
OF_THE_NATION = {"oversight:nation", "posts:switch_rule"}
OF_THE_INSTALLATION = {
    "accounts:claim_mapping",
    "accounts:factor_day",
    "accounts:system_changes",
    "operations:freeze",
    "operations:release",
}
NO_TRANSITIONS = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("*, ::before, ::after { transition: none !important }");
    document.adoptedStyleSheets.push(sheet);
}"""
PAGES = sorted(n for n, e in ENTRIES.items() if e.method == "get" and n not in NO_PAGE)


@pytest.fixture
def people(db):
    province = factories.ProvinceFactory()
    # As long as real names get: what holds them must break lines and not the screen.
    commune = factories.UnitFactory(
        parent=province, place="Phường Nguyễn Thị Minh Khai - Trần Hưng Đạo"
    )
    top = factories.ministry()
    made = {}
    for role in Role.values:
        made[role] = factories.person(role, province if role in DEEP else commune)
    made["nation"] = factories.person(Role.OVERSEER, top)
    made["installation"] = factories.person(Role.ADMINISTRATOR, top)
    for number in range(3):
        factories.delivery(factories.approved(unit=commune))
        factories.submitted(
            unit=commune,
            title=f"Bài chờ duyệt có một tiêu đề khá dài để xem nó xuống dòng {number}",
        )
        factories.PostFactory(unit=commune)
        factories.CampaignFactory(unit=province)
    return made, commune, province


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_pages_fit_the_screen_obey_the_policy_and_pass_axe(at_desk, people, size):
    made, _commune, _province = people
    desks = {}
    wrong = []
    for name in PAGES:
        entry = ENTRIES[name]
        who, address = reader_and_address(name, people)
        if who not in desks:
            desks[who] = at_desk(size=size)
            if who:
                desks[who].sign_in(made[who])
        desk = desks[who]
        response = desk.open(address)
        desk.page.wait_for_load_state("load")
        if response.status != 200 and not (
            entry.anonymous and response.status == 400
        ):  # a page for a dead link
            wrong.append(f"{name}: answered {response.status}")
            continue
        if (over := desk.overflow()) > 0:
            wrong.append(f"{name}: {over} px too wide")
        wrong += [f"{name}: no digest for {script}" for script in desk.scripts_without_digest()]
        wrong += [f"{name}: {violation}" for violation in desk.accessibility()]
        if size == DESK:  # all that has a colour is there
            wrong += [f"{name}, in the dark: {violation}" for violation in contrast_in_dark(desk)]
    wrong += [complaint for desk in desks.values() for complaint in desk.complaints]
    assert wrong == [], "\n".join(wrong)


def reader_and_address(name: str, people) -> tuple[str | None, str]:
    """Return who opens a page, a key of the people made, and its address with rows of its own."""
    made, commune, province = people
    entry = ENTRIES[name]
    if entry.anonymous and not entry.roles:
        who = None
    elif name in OF_THE_NATION:
        who = "nation"
    elif name in OF_THE_INSTALLATION:
        who = "installation"
    else:
        who = next(role for role in ORDER if role in entry.roles)
    unit = province if who in DEEP else commune
    if entry.reach == "own":
        kwargs = _of_person(entry, made[who])
    else:
        kwargs = {argument: MAKERS[kind](unit) for argument, kind in entry.kwargs.items()}
    return who, reverse(name, kwargs=kwargs)


def contrast_in_dark(desk) -> list[str]:
    """Return what axe finds against the page's colours in the dark: it has others, and nothing
    else.
    """
    desk.page.evaluate(NO_TRANSITIONS)  # else colours are met on their way from one to the other
    desk.page.emulate_media(color_scheme="dark")
    # The public summary alone has no script: it is light for everybody.
    if desk.page.locator("script[src*='/theme.']").count():
        expect(desk.page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    found = desk.accessibility(["color-contrast"])
    desk.page.emulate_media(color_scheme="light")
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_today_with_nothing_to_go_out_and_a_post_near_midnight_pass_axe(at_desk, theme):
    unit = factories.UnitFactory()
    desk = at_desk(factories.person(Role.OFFICER, unit), DESK, color_scheme=theme)
    desk.page.emulate_media(color_scheme=theme)
    desk.open(reverse("oversight:today"))
    assert desk.accessibility() == []

    late = timezone.localtime().replace(day=15, hour=23, minute=30)
    late += timedelta(
        days=(1 - late.weekday()) % 7
    )  # a Tuesday: the day after it stands in the same row
    factories.delivery(factories.approved(unit=unit), due_at=late)
    desk.open(reverse("publishing:calendar"))
    face = desk.page.locator(".event-face").first
    face.wait_for()
    day = desk.page.locator(f'[role=gridcell][data-date="{late:%Y-%m-%d}"]')
    assert face.bounding_box()["width"] <= day.bounding_box()["width"]
    assert desk.accessibility() == []
