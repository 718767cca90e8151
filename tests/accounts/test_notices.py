import ast

import pytest
from django.conf import settings
from django.urls import reverse

from accounts.notices import SENTENCES, notify, register
from accounts.permissions import Role
from tests.factories import UnitFactory, person

OURS = [
    p
    for p in settings.BASE_DIR.glob("[a-z]*/**/*.py")
    if not {"tests", "migrations", "simulator"} & set(p.parts)
]
TEXTS = "notice_texts"


def strings(tree):
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def sends(call):
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    return name == "notify" or name.startswith("_notify_")


def test_every_kind_of_notice_has_its_words_and_every_sentence_its_notice():
    used, kinds = set(), set()
    for path in OURS:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if path.stem == TEXTS:
            continue
        used |= strings(tree)
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and sends(call) and len(call.args) > 1:
                kinds |= {node.value for node in [call.args[1]] if isinstance(node, ast.Constant)}

    assert len(kinds) > 30
    assert kinds - set(SENTENCES) == set()
    made_of_parts = {
        kind
        for kind in SENTENCES
        if kind.startswith(
            (
                *("factor_", "break_glass_", "system_change_", "broadcast_", "pause_", "remind_"),
                *("page_change_", "link_"),
            )
        )
    }
    assert set(SENTENCES) - used - made_of_parts == set()


@pytest.mark.django_db
def test_a_kind_without_words_is_refused_when_it_is_sent():
    someone = person(Role.OFFICER, UnitFactory())

    with pytest.raises(KeyError):
        notify([someone], "unit_exploded", address="/", mail=False)

    assert someone.notices.count() == 0


def test_a_kind_is_registered_once():
    with pytest.raises(ValueError, match="registered twice: channel_lost"):
        register({"channel_lost": "Something else"})


def test_a_kind_of_two_weights_or_without_words_is_refused():
    with pytest.raises(ValueError, match="two_weights"):
        register({"two_weights": "x"}, urgent={"two_weights"}, later={"two_weights"})
    with pytest.raises(ValueError, match="no_words"):
        register({"some_words": "x"}, urgent={"no_words"})
    assert not {"two_weights", "some_words"} & SENTENCES.keys()


@pytest.fixture
def told(client):
    """Return somebody who has an urgent notice, two for today, and one for information."""
    someone = person(Role.OFFICER, UnitFactory())
    for kind in ("delivery_failed", "post_returned", "post_commented", "post_approved"):
        notify(
            [someone], kind, address="/", mail=False, title=kind, channel="A", reason="B", by="C"
        )
    client.force_login(someone)
    return someone


def read_titles(response) -> list[str]:
    return [notice.facts["title"] for notice in response.context["page_obj"]]


@pytest.mark.django_db
def test_notices_are_listed_by_weight(client, told):
    page = reverse("accounts:notices")

    assert read_titles(client.get(page, {"weight": "urgent"})) == ["delivery_failed"]
    assert set(read_titles(client.get(page, {"weight": "today"}))) == {
        "post_returned",
        "post_commented",
    }
    assert read_titles(client.get(page, {"weight": "later"})) == ["post_approved"]
    assert len(read_titles(client.get(page, {"weight": "nonsense"}))) == 4
    counted = {str(weight): n for weight, n in client.get(page).context["weights"]}
    assert counted == {"urgent": 1, "today": 2, "later": 1}


@pytest.mark.django_db
def test_notices_of_one_weight_are_marked_as_read_alone(client, told):
    answer = client.post(reverse("accounts:read_notices"), {"weight": "today"})

    assert answer["Location"] == f"{reverse('accounts:notices')}?weight=today"
    unread = told.notices.filter(read_at=None)
    assert set(unread.values_list("kind", flat=True)) == {"delivery_failed", "post_approved"}


@pytest.mark.django_db
def test_a_weight_without_notices_leads_to_the_others(client, told):
    told.notices.filter(kind="delivery_failed").delete()

    page = client.get(reverse("accounts:notices"), {"weight": "urgent"}).text

    assert "No notices of this kind" in page
    assert "Mark these as read" not in page
