"""A leader who reviews, and how a decision is sent."""

import pytest
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Role
from tests import factories


def leader(unit, **fields):
    return factories.person(Role.APPROVER, unit, language="en", **fields)


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def approver(unit, client):
    user = leader(unit)
    client.force_login(user)
    return user


def signed_in(client):
    return User.objects.get(pk=client.session["_auth_user_id"])


def decide(client, post, decision, *, revision=None, **data):
    revision = revision or post.current_revision
    data.setdefault("mark", factories.mark(revision, signed_in(client)))
    data |= {"revision": revision.public_id, "decision": decision}
    return client.post(reverse("publishing:review", args=[post.public_id]), data)


def titles(response):
    return [post.title for post in response.context["page_obj"]]


def address(post):
    return reverse("publishing:review", args=[post.public_id])
