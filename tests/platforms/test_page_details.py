"""Details that pages tell of themselves, read and written on each platform, over real HTTP."""

import pytest

from platforms.errors import OutcomeUnknown, Rejected
from platforms.facts import PROFILE
from platforms.registry import CONNECTORS

# The fields of `PageDetails` behind an item; the others are called as the item is.
FIELDS = {"register": "description"}
NOT_TOLD_ANYWHERE = {"recent"}
WHOLE = {
    "picture": True,
    "cover": True,
    "pinned": True,
    "verified": True,
    "description": "Trang của Công an phường Bến Nắng. Tin khẩn: 113.",
    "address": "12 Trần Phú",
    "phone": "0236 3822 300",
    "hours": {"mon_1_open": "07:30"},
    "website": "https://bocongan.gov.vn/",
}
# Zalo answers of every account in use that it was verified: one that is not publishes nothing.
ALWAYS = {("zalo", "verified")}
WRITING = [
    kind for kind in CONNECTORS if any(i.longest for i in CONNECTORS[kind].facts.page.values())
]


def told(kind: str) -> list[str]:
    page = CONNECTORS[kind].facts.page
    return [name for name, item in page.items() if item.readable and name not in NOT_TOLD_ANYWHERE]


@pytest.mark.parametrize("kind", CONNECTORS)
def test_each_told_item_is_told_when_it_is_there_and_when_it_is_not(platform_of, kind):
    page = platform_of(kind)

    page.simulator.profile(kind, page.id, **dict.fromkeys(WHOLE, ""))
    empty = page.call("read_page_details", page.account)
    page.simulator.profile(kind, page.id, **WHOLE)
    whole = page.call("read_page_details", page.account)

    assert set(page.facts.page) <= set(PROFILE)
    for name in told(kind):
        field = FIELDS.get(name, name)
        assert getattr(empty, field) in (False, "") or (kind, name) in ALWAYS, name
        assert getattr(whole, field), name
    unheard = {name for name in PROFILE if hasattr(whole, name)} - set(told(kind))
    assert [name for name in sorted(unheard) if getattr(whole, name) is not None] == []


@pytest.mark.parametrize("kind", WRITING)
def test_what_may_be_written_is_written_and_leaves_the_rest(platform_of, kind):
    page = platform_of(kind)
    page.simulator.profile(kind, page.id, **WHOLE, keywords="công an")
    names = {"register": "website"} if "phone" in page.facts.page else {}
    limits = {n: i.longest for n, i in page.facts.page.items() if i.longest}
    texts = {names.get(n, n): ("Công an phường. " * 99)[:most] for n, most in limits.items()}
    if "hours" in texts:
        texts["hours"] = "mon 07:30-11:30, 13:30-17:00; sat 00:00-24:00"

    page.call("write_page_details", page.account, texts)
    page.call("write_page_details", page.account, texts)  # the same again does no harm

    now = page.simulator.profile(kind, page.id)
    if "hours" in texts:
        assert now["hours"] == {
            "mon_1_open": "07:30",
            "mon_1_close": "11:30",
            "mon_2_open": "13:30",
            "mon_2_close": "17:00",
            "sat_1_open": "00:00",
            "sat_1_close": "24:00",
        }
        now["hours"] = page.call("read_page_details", page.account).hours
    assert {name: now[name] for name in texts} == texts
    assert {**now, **texts} == {**WHOLE, **texts, "keywords": "công an"}


@pytest.mark.parametrize("kind", WRITING)
def test_one_character_more_than_the_limit_of_the_platform_is_refused(platform_of, kind):
    page = platform_of(kind)
    most = page.facts.page["description"].longest

    with pytest.raises(Rejected):
        page.call("write_page_details", page.account, {"description": "a" * (most + 1)})


@pytest.mark.parametrize("kind", WRITING)
def test_a_lost_answer_to_a_change_is_unknown_and_read_back(platform_of, kind):
    page = platform_of(kind)
    page.simulator.profile(kind, page.id, description="Trước")
    page.fault("drop_after", operation="edit")

    with pytest.raises(OutcomeUnknown):
        page.call("write_page_details", page.account, {"description": "Sau"})

    assert page.call("read_page_details", page.account).description == "Sau"


def test_a_bot_without_the_right_is_refused_and_stays_connected(platform_of):
    page = platform_of("telegram")
    other = page.simulator.page("telegram", lacks=["can_change_info"])["external_id"]

    account = page.account_with(page.token, external_id=other)

    with pytest.raises(Rejected) as refused:
        page.call("write_page_details", account, {"description": "Sau"})

    assert refused.value.code == "info"
