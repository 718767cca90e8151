"""The page of what is done with an approved post where no network reaches."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from media.codes import qr_svg
from posts.models import Post
from publishing.models import Delivery
from publishing.outputs import texts
from publishing.states import State


@require_GET
def outputs(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show the approved revision to read over loudspeakers and to paste into groups; of what is not
    approved, nothing.
    """
    posts = Post.objects.visible_to(request.user).select_related("unit", "approved_revision")
    post = get_object_or_404(posts, public_id=public_id)
    revision = post.approved_revision
    if revision is None:
        messages.error(request, _("Only an approved post is read aloud or passed on."))
        return redirect("publishing:post", public_id=post.public_id)
    content = revision.content
    link, code = _public_link(post), texts.code_of(revision.content_sha256)
    text = texts.whole_text(content)
    script = texts.spoken(text)
    tail = "\n".join(filter(None, [link and link not in text and link, f"Mã bản duyệt: {code}"]))
    context = {
        "post": post,
        "content": content,
        "revision": revision,
        "code": code,
        "link": link,
        "qr": qr_svg(link) if link else "",
        "script": script,
        "seconds": texts.reading_seconds(script),
        "pieces": texts.pieces(f"{text}\n\n{tail}"),
        "longest": texts.LONGEST_PIECE,
    }
    return render(request, "publishing/outputs.html", context)


def _public_link(post: Post) -> str:
    """Return the address of the approved revision where it is live, or nothing."""
    live = Delivery.objects.filter(
        post=post, revision=post.approved_revision, state=State.PUBLISHED
    ).exclude(permalink="")
    return live.order_by("published_at").values_list("permalink", flat=True).first() or ""
