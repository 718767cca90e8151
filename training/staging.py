"""States in which exercises begin, made by the portal's own functions in the participant's unit."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import Appointment, User
from accounts.permissions import Role
from campaigns.models import Topic
from channels.connection.health import mark_reconnected
from channels.connection.tokens import sealed_tokens
from channels.lifecycle import transitions
from channels.models import Channel
from channels.states import Health, Kind, Lifecycle
from posts.archive import archiving
from posts.editor import saving
from posts.editor.edits import ChannelEdit, PostEdit, PostFields
from posts.models import Post
from posts.origins import starting
from posts.review import decisions
from posts.review.approvals import Method, Proof
from posts.states import PostState
from publishing.models import Delivery
from publishing.recalls import recalling
from publishing.scheduling.scheduling import schedule
from training.models import Participant
from try_out import pages
from try_out.connections import read_tokens
from try_out.publication import begin_attempts, store_published
from try_out.samples import to_html

AGAIN = "Làm lại bài tập từ đầu."


def find_province_staff(participant: Participant) -> tuple[User, User]:
    """Return who writes and who decides for the province of the class."""
    posts = Appointment.objects.filter(unit=participant.training_class.unit)
    people = {post.role: post.user for post in posts.select_related("user")}
    return people[Role.SUPERVISOR], people[Role.OVERSEER]


def facebook_page(participant: Participant) -> Channel:
    return Channel.objects.select_related("unit").get(
        unit=participant.unit_id, platform=Kind.FACEBOOK
    )


def write_draft(
    participant: Participant,
    title: str,
    text: str,
    *,
    by: User,
    requested_time: datetime | None = None,
) -> Post:
    """Write a draft for the unit's page on Facebook. What the leak check would hold back may stand
    in it: only submitting asks.
    """
    page = mend_page(participant)
    post = starting.start_draft(unit=participant.unit, by=by)
    fields = PostFields(
        title=title,
        body=to_html(text),
        topic=Topic.objects.get(code="lua_dao"),
        requested_time=requested_time,
    )
    edit = PostEdit(fields, {page: ChannelEdit(switched=True)})
    return saving.save(post, edit, by=by, version=post.version)


def submit_post(
    participant: Participant,
    title: str,
    text: str,
    *,
    by: User,
    requested_time: datetime | None = None,
) -> Post:
    post = write_draft(participant, title, text, by=by, requested_time=requested_time)
    decisions.submit(post, by=by)
    return post


def publish_post(participant: Participant, title: str, text: str) -> Delivery:
    """Publish a post of the colleagues on the unit's page, where residents see it at once."""
    post = submit_post(participant, title, text, by=participant.officer)
    page = facebook_page(participant)
    revision = post.current_revision
    assert revision is not None
    target = next(t for t in revision.content["channels"] if t["channel"] == str(page.public_id))
    shown = pages.add_post(
        platform=page.platform,
        page=page.external_id,
        message=target["text"],
        created_at=timezone.now().timestamp(),
        images=[],
    )
    with transaction.atomic():  # no engine begins it in between
        proof = Proof(Method.CODE, timezone.now(), "training")
        decisions.approve(post, revision, by=participant.leader, proof=proof, scheduled=True)
        schedule(post, by=participant.leader)
        rows = list(post.deliveries.select_related("channel", "unit", "post"))
        begin_attempts(rows, timezone.now())
        receipt = {"remote_id": shown["id"], "permalink": shown["permalink"]}
        store_published(rows, {row.pk: receipt for row in rows}, timezone.now())
    return rows[0]


def mend_page(participant: Participant) -> Channel:
    """Return the unit's page on Facebook as it was at first, whatever an exercise did to it."""
    page = facebook_page(participant)
    if page.lifecycle != Lifecycle.ACTIVE:
        transitions.resume(page, by=participant.leader, reason=AGAIN)
    if page.health == Health.LOST:
        granted = pages.renew_tokens(platform=page.platform, page=page.external_id)
        fields = sealed_tokens(page, read_tokens(granted), now=timezone.now())
        Channel.objects.filter(pk=page.pk).update(**fields)
        page.refresh_from_db()
        mark_reconnected(page)
    return page


def put_away(participant: Participant, post: Post) -> None:
    """Take a post of an earlier try out of the participant's lists, as a colleague would."""
    if post.state == PostState.IN_REVIEW:
        decisions.reopen(post, by=participant.officer)
    if post.state == PostState.APPROVED:
        recalling.withdraw(post, by=participant.leader, reason=AGAIN, take_down=True)
    if post.state != PostState.ARCHIVED:
        archiving.archive(post, by=participant.officer)
