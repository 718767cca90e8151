"""Approved texts of a page while publishing is frozen: after a restore they may be older than what
stands there.
"""

import pytest

from accounts.permissions import Role
from channels.completeness import changes
from channels.models import PageChange
from channels.states import ChangeState
from channels.tasks import read_pages
from core import jobs
from publishing.freeze import freezing
from publishing.models import Freeze
from tests import factories

WORDS = "Trang chính thức của Công an phường. Tin báo khẩn: 113."

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def approved(simulator):
    page = factories.connected(simulator, "facebook")
    simulator.profile("facebook", page.external_id, description="Trước", phone="", website="")
    read_pages(platform="facebook")
    officer, leader = (factories.person(role, page.unit) for role in (Role.OFFICER, Role.APPROVER))
    change = changes.propose(page, by=officer, texts={"description": WORDS})
    changes.approve(change, by=leader, content_sha256=change.content_sha256)
    return PageChange.objects.get()


def test_they_wait_until_publishing_is_released_and_lose_no_try(simulator, approved, admins):
    freezing.freeze(by=admins[0], reason="Đĩa được đặt lại", restored=True)

    jobs.run_waiting("page_change")

    approved.refresh_from_db()
    shown = simulator.profile("facebook", approved.channel.external_id)["description"]
    assert (approved.state, approved.job.attempts, shown) == (ChangeState.APPROVED, 0, "Trước")

    Freeze.objects.update(frozen_at=None, reason="")
    jobs.run_waiting("page_change")

    approved.refresh_from_db()
    shown = simulator.profile("facebook", approved.channel.external_id)["description"]
    assert (approved.state, shown) == (ChangeState.WRITTEN, WORDS)
