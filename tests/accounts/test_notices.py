import ast

import pytest
from django.conf import settings

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
