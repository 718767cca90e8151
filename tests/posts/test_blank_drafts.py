"""Drafts that were opened and never written in leave by themselves, and nothing else does."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from posts.models import Editing, Post
from posts.origins import starting
from retention.services import apply_rules
from tests import factories

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def officer():
    return factories.person(Role.OFFICER)


@pytest.fixture
def blank(officer):
    """Begun two days ago, by looking."""
    post = starting.start_draft(unit=officer.current_appointments[0].unit, by=officer)
    Post.objects.filter(pk=post.pk).update(changed_at=timezone.now() - 2 * DAY)
    return post


def test_a_draft_in_which_nobody_wrote_for_a_day_is_removed_on_record(blank):
    apply_rules(["blank-drafts"])
    apply_rules(["blank-drafts"])

    assert not Post.objects.exists()
    entries = Entry.objects.filter(object_id=str(blank.public_id)).order_by("pk")
    assert [entry.action for entry in entries] == ["post.started", "post.blank_removed"]


KEPT = {
    "written in": lambda post: Post.objects.filter(pk=post.pk).update(title="Có chữ", version=2),
    "saved once and emptied again": lambda post: Post.objects.filter(pk=post.pk).update(version=3),
    "begun today": lambda post: Post.objects.filter(pk=post.pk).update(
        changed_at=timezone.now() - DAY / 2
    ),
    "open in a browser": lambda post: Editing.objects.create(
        post=post, user=post.author, seen_at=timezone.now()
    ),
    "a video on its way": lambda post: factories.upload(
        post, created_at=timezone.now(), touched_at=timezone.now()
    ),
}


@pytest.mark.parametrize("case", KEPT)
def test_a_draft_that_somebody_uses_is_kept(blank, case):
    KEPT[case](blank)
    apply_rules(["blank-drafts"])
    assert Post.objects.filter(pk=blank.pk).exists()


def test_a_blank_draft_counts_in_no_figure_of_the_unit(client, blank, officer):
    unit = officer.current_appointments[0].unit
    factories.PostFactory(unit=unit)
    client.force_login(factories.person(Role.SUPERVISOR, unit))

    page = client.get(reverse("oversight:unit", args=[unit.key]))

    assert page.context["row"].posts == 1
    assert len(page.context["page_obj"]) == 1
