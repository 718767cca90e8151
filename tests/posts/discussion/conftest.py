"""A submitted post, and the people who talk about it."""

import pytest

from accounts.permissions import Role
from tests import factories

BODY = (
    "<p>Công an không yêu cầu chuyển tiền.</p>"
    "<p>Nghi ngờ, gọi <strong>113</strong> &amp; báo Công an không chậm trễ.</p>"
)


@pytest.fixture
def post():
    return factories.submitted(title="Cảnh giác cuộc gọi lạ", body=BODY)


@pytest.fixture
def officer(post):
    return post.author


@pytest.fixture
def leader(post):
    return factories.person(Role.APPROVER, post.unit, language="en")


@pytest.fixture
def overseer(post):
    return factories.person(Role.OVERSEER, post.unit.parent)
