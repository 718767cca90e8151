"""The right to decide on a revision: four eyes at each step."""

from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Authority, Delegation, User
from accounts.permissions import Permission
from accounts.queries import appointed_by, require
from core.errors import NotAllowed, Refused
from posts.models import Post, Review, Revision
from posts.queries import edited_since_approval


def deciding_right(post: Post) -> Permission:
    """Return the right by which people decide on a submitted post now: the unit's, then where its
    topic asks for it the province's.
    """
    return Permission.POST_APPROVE_SECOND if post.endorsed_revision_id else Permission.POST_APPROVE


def authority_to_approve(
    post: Post, revision: Revision, first: Review | None, *, by: User
) -> Authority:
    """Return the position or delegation by which the person may approve the revision.

    Raise NotAllowed for users who wrote, edited or approved it before, or who appointed a writer.
    """
    authority = require(by, deciding_right(post), unit=post.unit)
    if by.pk in (revision.author_id, revision.editor_id):
        raise NotAllowed(_("Who drafted or last edited a post may not approve it."))
    contributors = User.objects.filter(pk__in=post.contributions.values("user"))
    writers = [revision.author, revision.editor, *contributors]
    if first:
        _require_second(post, first, by=by)
    authority = _refuse_writers_deputy(authority, by=by, writers=writers)
    if appointed_by(by, people=[*writers, first.by] if first else writers):
        raise NotAllowed(
            _(
                "You made or confirmed an appointment of somebody who wrote this post, or they one "
                "of yours. Another leader has to approve it."
            )
        )
    if Post.objects.filter(edited_since_approval(by), pk=post.pk).exists():
        raise NotAllowed(_("Who edited a post since it was last approved may not approve it."))
    return authority


def _require_second(post: Post, first: Review, *, by: User) -> None:
    """Refuse who gave the first approval, and a second one that comes too late."""
    if first.by_id == by.pk:
        raise NotAllowed(_("You gave the first approval. Somebody else gives the second."))
    if post.second_period[1] <= timezone.now():
        raise Refused(
            _("The time for the second approval is over. The post goes back to the unit.")
        )


def _refuse_writers_deputy(authority: Authority, *, by: User, writers: Sequence[User]) -> Authority:
    """Return the position by which ``by`` approves: who wrote a post does not have it approved in
    their own stead. An approver in their own right uses that.
    """
    if not isinstance(authority, Delegation) or authority.chief not in writers:
        return authority
    own = by.own_authority(Permission.POST_APPROVE, unit=authority.unit)
    if own is None:
        raise NotAllowed(
            _(
                "%(chief)s, in whose stead you approve, wrote or edited this post. Another leader "
                "has to approve it."
            )
            % {"chief": authority.chief}
        )
    return own
