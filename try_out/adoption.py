"""The kit of the ministry in the hands of the stations: each stands elsewhere on the board."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from django.utils import timezone

from campaigns.kits.models import Kit
from campaigns.kits.states import Declined
from posts.editor import saving
from posts.editor.edits import edit_of
from posts.kits import adopting
from posts.models import Post
from posts.review import decisions
from posts.review.approvals import Proof
from publishing.models import Delivery
from publishing.review import approval_and_time
from try_out import scans
from try_out.history import time_set_to
from try_out.kits import CHARGING_NAME, LEAVING_NAME
from try_out.people import Staff, World

WORDS = {
    "hai-chau": ("các tổ dân phố quanh chợ Hàn", "bộ phận một cửa"),
    "son-tra": ("các tổ dân phố ven biển", "nhà văn hóa phường"),
    "hoi-an": ("khu phố cổ và chợ", "trụ sở Công an phường"),
}


def create_adoption(
    world: World,
    now: datetime,
    *,
    proof: Callable[[], Proof],
    go_out: Callable[[list[Delivery]], None],
) -> None:
    """Let one station publish the kit, one schedule it, one submit it, one leave its draft with an
    open placeholder, one decline it and one look at it; the others have not opened it.
    """
    kit = Kit.objects.filter(unit=world.province.parent, current__isnull=False).get()
    yesterday = timezone.localtime(now - timedelta(days=1)).replace(
        hour=19, minute=30, second=0, microsecond=0
    )
    staff = world.staff["hai-chau"]
    post = _submit_post(kit, staff, yesterday - timedelta(hours=5), WORDS["hai-chau"])
    go_out(_approve_post(post, staff, yesterday, proof))
    staff = world.staff["son-tra"]
    post = _submit_post(kit, staff, now - timedelta(hours=6), WORDS["son-tra"])
    _approve_post(post, staff, yesterday + timedelta(days=2), proof)
    _submit_post(kit, world.staff["hoi-an"], now - timedelta(hours=3), WORDS["hoi-an"])
    _use_kits_of_the_city(world, yesterday, proof, go_out)
    with time_set_to(now - timedelta(hours=2)):
        staff = world.staff["hoa-vang"]
        adopting.note_opened(kit, unit=staff.unit)
        adopting.adopt(kit, unit=staff.unit, by=staff.officer)
    with time_set_to(now - timedelta(days=1)):
        staff = world.staff["duy-xuyen"]
        adopting.note_opened(kit, unit=staff.unit)
        adopting.decline(kit, unit=staff.unit, by=staff.officer, reason=Declined.DONE_ALREADY)
    with time_set_to(now - timedelta(hours=8)):
        adopting.note_opened(kit, unit=world.staff["tra-my"].unit)


def _use_kits_of_the_city(
    world: World,
    yesterday: datetime,
    proof: Callable[[], Proof],
    go_out: Callable[[list[Delivery]], None],
) -> None:
    """Let one station publish each of the city's kits."""
    for name, word, values in (
        (CHARGING_NAME, "son-tra", ("các dãy trọ ven biển",)),
        (LEAVING_NAME, "hoa-vang", ()),
    ):
        staff, kit = world.staff[word], Kit.objects.get(unit=world.province, name=name)
        due = yesterday - timedelta(hours=1)
        post = _submit_post(kit, staff, due - timedelta(hours=5), values)
        go_out(_approve_post(post, staff, due, proof))


def _submit_post(kit: Kit, staff: Staff, when: datetime, words: tuple[str, ...]) -> Post:
    with time_set_to(when):
        adopting.note_opened(kit, unit=staff.unit)
        post = adopting.adopt(kit, unit=staff.unit, by=staff.officer)
        names = (
            [placeholder["name"] for placeholder in kit.current.placeholders] if kit.current else []
        )
        # The ministry's asks for a day at last.
        day = f"{when + timedelta(days=5):%d/%m/%Y}"
        values = dict(zip(names, (*words, day), strict=False))
        edit = replace(edit_of(post), placeholder_values=values)
        post = saving.save(post, edit, by=staff.officer, version=post.version)
        for picture in post.pictures.select_related("media"):
            scans.mark_checked(picture.media)
    with time_set_to(when + timedelta(minutes=4)):
        decisions.submit(post, by=staff.officer)
    return post


def _approve_post(
    post: Post, staff: Staff, due: datetime, proof: Callable[[], Proof]
) -> list[Delivery]:
    with time_set_to((post.submitted_at or due) + timedelta(hours=1)):
        revision = post.current_revision
        assert revision
        approval_and_time.approve_and_schedule(
            post, revision, by=staff.chief, proof=proof(), due_at=due
        )
    return list(post.deliveries.select_related("channel", "unit", "post").order_by("pk"))
