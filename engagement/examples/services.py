"""Acts on examples: propose, accept, return, withdraw, use."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Appointment, Authority, User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import can, holders, require
from audit.services import record
from core import quotas
from core.errors import NotAllowed, Refused
from core.periods import get_midnight
from core.reasons import require_reason
from core.secrecy import require_no_secrecy_mark
from core.text import fold, normalise
from engagement.examples.figures import freeze_figures
from engagement.examples.models import (
    LONGEST_LINE,
    LONGEST_NAME,
    MOST_POSTS,
    Example,
    ExamplePost,
    ExampleUse,
)
from engagement.examples.queries import (
    filter_proposable,
    find_accepting_unit,
    find_gone,
    find_live_revisions,
    find_series,
)
from engagement.examples.states import NEXT, RETURNABLE, ExampleState, Gone
from engagement.examples.templating import make_templates
from media.models import Media
from posts.canonical.html import to_plain_text
from posts.leak_rules.enforcement import require_publishable
from posts.models import Post
from posts.origins import starting
from units.models import Level, Unit

S = ExampleState


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Describe an example in its unit's words: a name, and three lines of why it worked."""

    name: str
    why_heard: str
    why_clear: str
    advice: str

    def clean(self, unit: Unit) -> dict[str, str]:
        """Return the words as they are stored. Raise Refused for what is missing, too long, or not
        fit for other units to read.
        """
        texts = {
            field: " ".join(normalise(getattr(self, field)).split())
            for field in ("name", "why_heard", "why_clear", "advice")
        }
        if not all(texts.values()):
            raise Refused(_("Write the name and all three lines."))
        limits = {"name": LONGEST_NAME}
        if any(len(value) > limits.get(field, LONGEST_LINE) for field, value in texts.items()):
            raise Refused(_("A line is too long. Shorten it."))
        require_no_secrecy_mark(texts.values())
        require_publishable(texts.values(), unit)
        return texts


class Begun(NamedTuple):
    """A draft that began from an example: which facts became placeholders, how many media stayed
    behind."""

    post: Post
    placeholders: list[str]
    left_out: int


@transaction.atomic
def propose(posts: Sequence[Post], proposal: Proposal, *, unit: Unit, by: User) -> Example:
    """Propose published posts of ``unit`` as an example, with their figures of this moment. Raise
    QuotaExceeded, Refused.
    """
    authority = require(by, Permission.POST_WRITE, unit=unit)
    cleaned = proposal.clean(unit)
    keys = [post.pk for post in posts]
    own = Post.objects.filter(unit=unit, pk__in=keys)
    locked = {post.pk: post for post in own.select_for_update(of=("self",)).order_by("pk")}
    rows = [locked[key] for key in dict.fromkeys(keys) if key in locked]
    _require_proposable(rows, asked=len(set(keys)))
    quotas.use("example", by=by)
    now = timezone.now()
    frozen = freeze_figures(rows, unit, now=now)
    titles = " ".join(post.title for post in rows)
    example = Example.objects.create(
        unit=unit,
        topic=rows[0].topic,
        **cleaned,
        proposed_by=by,
        proposed_at=now,
        platforms=f"|{'|'.join(frozen.platforms)}|",
        figures=frozen.figures,
        followers=frozen.followers,
        as_of=frozen.as_of,
        relative=frozen.relative,
        search=fold(f"{' '.join(cleaned.values())} {titles} {unit.label}"),
    )
    revisions = find_live_revisions(rows)
    if len(rows) > 1 and (series := find_series(rows)):
        example.rhythm, example.step = series.rhythm, series.step
        example.save(update_fields=["rhythm", "step"])
    ExamplePost.objects.bulk_create(
        ExamplePost(example=example, post=post, revision_id=revisions[post.pk], position=at)
        for at, post in enumerate(rows)
    )
    record("example.proposed", example, by=by, position=authority.position, posts=len(rows))
    _notify_next_unit(example, by=by)
    return example


def _require_proposable(rows: Sequence[Post], *, asked: int) -> None:
    if not rows or len(rows) < asked or filter_proposable(_select_all(rows)).count() < len(rows):
        raise Refused(
            _(
                "Only posts of your own unit that residents can read now are proposed; not those "
                "of a kit, not corrections, and each once."
            )
        )
    if len(rows) > MOST_POSTS:
        raise Refused(_("At most %(n)s posts, please.") % {"n": MOST_POSTS})
    campaigns = {post.campaign_id for post in rows}
    of_campaign = None not in campaigns and len(campaigns) == 1
    if len(rows) > 1 and not of_campaign and find_series(rows) is None:
        raise Refused(_("Several posts have to belong to one campaign, or to one series."))


def _select_all(rows: Sequence[Post]) -> QuerySet[Post]:
    return Post.objects.filter(pk__in=[post.pk for post in rows])


@transaction.atomic
def accept(example: Example, *, by: User) -> Example:
    """Accept an example for the province, then for the nation. Nobody accepts what they proposed or
    wrote, nor for both.
    """
    example = _lock(example)
    unit, authority = _require_decider(example, by)
    if by.pk in _find_involved(example):
        raise NotAllowed(
            _(
                "Who proposed the example, wrote its post or accepted it before does not accept "
                "it. Another leader has to."
            )
        )
    _require_live(example)
    now = timezone.now()
    if unit.level == Level.MINISTRY:
        _move(example, S.NATION, nation_by=by, nation_at=now)
        action = "example.accepted_nation"
    else:
        _move(example, S.PROVINCE, province_by=by, province_at=now)
        action = "example.accepted"
    record(action, example, by=by, position=authority.position)
    _notify_unit(example, "example_accepted", by=by, unit=unit)
    _notify_next_unit(example, by=by)
    return example


@transaction.atomic
def return_example(example: Example, *, by: User, reason: str) -> None:
    """Return an example to its unit: it leaves the library, and may be proposed again."""
    reason = require_reason(reason, _("Please write why the example is returned."))
    example = _lock(example)
    if example.state not in RETURNABLE:
        raise _make_decided_error()
    unit, authority = _require_decider(example, by)
    _move(example, S.RETURNED, ended_by=by, ended_at=timezone.now(), reason=reason)
    record("example.returned", example, by=by, position=authority.position, reason=reason)
    _notify_unit(example, "example_returned", by=by, unit=unit, reason=reason)


@transaction.atomic
def withdraw(example: Example, *, by: User, reason: str) -> None:
    """Take an example out of the library for ever: by its unit, or by those who accepted it. What
    began from it stays with its units.
    """
    reason = require_reason(reason, _("Please write why the example is withdrawn."))
    example = _lock(example)
    own = by.own_authority(Permission.POST_WRITE, unit=example.unit)
    authority = own or require(by, Permission.KIT_APPROVE, unit=example.unit)
    if S.WITHDRAWN not in NEXT[example.state]:
        raise _make_decided_error()
    _move(example, S.WITHDRAWN, ended_by=by, ended_at=timezone.now(), reason=reason)
    record("example.withdrawn", example, by=by, position=authority.position, reason=reason)
    _notify_unit(example, "example_withdrawn", by=by, unit=authority.unit, reason=reason)


def may_decide(example: Example, user: User) -> bool:
    """Check whether it is this person's turn to accept or return the example."""
    unit = find_accepting_unit(example)
    return (
        unit is not None
        and _find_appointment(user, unit) is not None
        and user.pk not in _find_involved(example)
    )


def may_withdraw(example: Example, user: User) -> bool:
    if S.WITHDRAWN not in NEXT[example.state]:
        return False
    return any(
        can(user, permission, unit=example.unit)
        for permission in (Permission.POST_WRITE, Permission.KIT_APPROVE)
    )


@transaction.atomic
def use_example(example: Example, *, unit: Unit, by: User, position: int = 0) -> Begun:
    """Begin a draft of ``unit`` with the text of one of the example's posts. What it says of its
    own unit becomes placeholders; of its media those come along that a unit above shares. The
    origin is kept, and the origin unit is notified once a day. Raise QuotaExceeded, Refused.
    """
    require(by, Permission.POST_WRITE, unit=unit)
    example = _lock(example)
    seen = Example.objects.in_library().visible_to(by).filter(pk=example.pk)
    if not seen.exists():
        raise Refused(_("This example is in the library no more. Choose another one."))
    if unit.pk == example.unit_id:
        raise Refused(_("This is your own unit's example. Copy your post instead."))
    part = example.posts.select_related("post__topic", "revision").filter(position=position).first()
    if part is None:
        raise Refused(_("This example is in the library no more. Choose another one."))
    content = part.revision.content
    templates = make_templates([content["title"], to_plain_text(content["body"])], example.unit)
    title, text = templates.texts
    media = _list_media(content)
    link = content.get("link", "")
    post, taken = starting.start_from_example(
        unit=unit,
        by=by,
        title=title,
        text=text,
        topic=part.post.topic,
        link="" if link.startswith(settings.PORTAL_URL) else link,
        ai_made=part.post.ai_made,
        legal_basis=part.post.legal_basis_fields(),
        media=media,
        example=str(example.public_id),
    )
    now = timezone.now()
    row = ExampleUse.objects.create(example=example, unit=unit, post=post, by=by, at=now)
    units = example.uses.exclude(unit=example.unit).values("unit").distinct().count()
    Example.objects.filter(pk=example.pk).update(reused=units)
    _notify_of_use(row)
    return Begun(post, templates.placeholders, len(content["media"]) - taken)


def _list_media(content: dict) -> list[tuple[Media, str]]:
    """Return the content's media with their alt texts: of one that came from a unit above, that
    unit's.
    """
    alts = {medium["media"]: medium["alt"] for medium in content["media"]}
    rows = Media.objects.filter(public_id__in=alts).select_related("unit", "taken_from__unit")
    by_id = {str(row.public_id): row for row in rows}
    return [(by_id[key].taken_from or by_id[key], alt) for key, alt in alts.items() if key in by_id]


def _notify_of_use(row: ExampleUse) -> None:
    """Notify the origin unit, unless another use did so today."""
    today = get_midnight(timezone.localdate())
    origin = row.example.unit
    if ExampleUse.objects.filter(example__unit=origin, noticed_at__gte=today).exists():
        return
    ExampleUse.objects.filter(pk=row.pk).update(noticed_at=row.at)
    notify(
        holders(Permission.POST_WRITE, unit=origin),
        "example_used",
        address=_get_address(row.example),
        mail=False,
        title=row.example,
        unit=row.unit.label,
    )


def _lock(example: Example) -> Example:
    rows = Example.objects.select_for_update(of=("self",)).select_related("unit")
    return rows.get(pk=example.pk)


def _move(example: Example, to: ExampleState, **fields: object) -> None:
    """Move an example that is locked; what happened meanwhile is refused."""
    rows = Example.objects.filter(pk=example.pk, state=example.state)
    if to not in NEXT[example.state] or not rows.update(state=to, **fields):
        raise _make_decided_error()
    example.refresh_from_db()


def _make_decided_error() -> Refused:
    return Refused(_("Somebody has decided on this example meanwhile. Reload the page."))


def _require_decider(example: Example, by: User) -> tuple[Unit, Authority]:
    """Return the unit that decides next, and the person's appointment in that very unit."""
    unit = find_accepting_unit(example)
    if unit is None:
        require(by, Permission.KIT_APPROVE, unit=example.unit)
        raise _make_decided_error()
    authority = _find_appointment(by, unit)
    if authority is None:
        raise NotAllowed(_("Only leaders of %(unit)s may do this.") % {"unit": unit})
    return unit, authority


def _find_appointment(user: User, unit: Unit) -> Appointment | None:
    authority = user.own_authority(Permission.KIT_APPROVE, unit=unit)
    return authority if authority and authority.unit_id == unit.pk else None


def _find_involved(example: Example) -> set[int | None]:
    """Return the keys of those who do not accept it: who proposed, wrote, edited or accepted it."""
    parts = example.posts.values_list("revision__author", "revision__editor")
    written = {key for pair in parts for key in pair}
    return written | {example.proposed_by_id, example.province_by_id}


def _require_live(example: Example) -> None:
    # A proposed one is asked as if it were accepted already.
    probe = Example(pk=example.pk, state=S.PROVINCE)
    if why := find_gone([probe]).get(example.pk):
        raise Refused(str(Gone(why).label))


def _notify_next_unit(example: Example, *, by: User) -> None:
    """Notify those who decide next."""
    if (unit := find_accepting_unit(example)) is None:
        return
    notify(
        holders(Permission.KIT_APPROVE, unit=unit, besides=[by.pk]),
        "example_proposed",
        address=_get_address(example),
        mail=False,
        by=by,
        title=example,
        unit=example.unit.label,
    )


def _notify_unit(example: Example, kind: str, *, by: User, **facts: Any) -> None:
    people = holders(Permission.POST_WRITE, unit=example.unit, besides=[by.pk])
    address = _get_address(example)
    notify(people, kind, address=address, mail=False, by=by, title=example, **facts)


def _get_address(example: Example) -> str:
    return reverse("engagement:example", args=[example.public_id])
