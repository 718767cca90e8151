"""Pages of what is done with an approved post where no network reaches: scripts, and posters."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from core import quotas
from core.errors import Refused
from media.cards import services as cards
from media.cards.typesetting import LONGEST_LINE, PAPERS, Content, too_long, typeset
from media.codes import qr_svg
from posts.models import Post
from publishing.models import Delivery
from publishing.outputs import texts
from publishing.outputs.forms import PosterForm
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


# --- A poster -------------------------------------------------------------------------------------

_FORMS = {"pdf": "application/pdf", "png": "image/png"}


@require_GET
@vary_on_headers("HX-Request")
def poster(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show a poster of the approved revision: its own title, two of its sentences, and nothing that
    was not approved.
    """
    post = _approved(request, public_id)
    if post is None:
        return redirect("publishing:post", public_id=public_id)
    form = _poster_form(request, post)
    context = {"post": post, "form": form, "revision": post.approved_revision}
    try:
        content = _poster_content(post, form)
        sheets = {"a4": PAPERS["a4"].scaled(1)}
        look = form.cleaned_data.get("look") or form.fields["look"].choices[0][0]
        found = cards.preview(content, look, sheets, unit=post.unit, by=request.user)
        context |= {"picture": found.pictures["a4"], "over": found.over}
        context["link"] = content.link
    except Refused as error:
        context["why"] = str(error)
    is_part = request.htmx and not request.htmx.boosted
    page = "publishing/poster.html"
    return render(request, f"{page}#preview" if is_part else page, context)


@require_GET
def poster_file(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Send the poster as ``as`` says, such as "a4 pdf". It is drawn for this answer and kept
    nowhere.
    """
    post = _approved(request, public_id)
    paper, _blank, kind = request.GET.get("as", "").partition(" ")
    if post is None or paper not in PAPERS or kind not in _FORMS:
        return redirect("publishing:post", public_id=public_id)
    form = _poster_form(request, post)
    try:
        content = _poster_content(post, form)
        quotas.use("export", by=request.user)
        sheet = PAPERS[paper]._replace(form=kind)
        look = form.cleaned_data.get("look") or form.fields["look"].choices[0][0]
        drawn = typeset(content, look, {paper: sheet}, logo_of=post.unit, by=request.user)
        if too_long(drawn):
            raise Refused(_("The text does not fit onto the poster. Choose shorter sentences."))
    except Refused as error:
        messages.error(request, str(error))
        return redirect("publishing:poster", public_id=public_id)
    response = HttpResponse(drawn[paper].data, content_type=_FORMS[kind])
    name = f"ap-phich-{paper}-{texts.code_of(post.approved_revision.content_sha256)}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name.lower()}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _approved(request: HttpRequest, public_id: uuid.UUID) -> Post | None:
    posts = Post.objects.visible_to(request.user).select_related(
        "unit__parent", "approved_revision"
    )
    post = get_object_or_404(posts, public_id=public_id)
    if post.approved_revision is None:
        messages.error(request, _("Only an approved post becomes a poster."))
        return None
    return post


def _poster_form(request: HttpRequest, post: Post) -> PosterForm:
    sentences = texts.sentences(post.approved_revision.content, longest=LONGEST_LINE)
    form = PosterForm(request.GET, unit=post.unit, sentences=sentences)
    form.is_valid()
    return form


def _poster_content(post: Post, form: PosterForm) -> Content:
    approved = post.approved_revision.content
    words = cards.Words(
        title=approved["title"],
        line_1=form.line("line_1"),
        line_2=form.line("line_2"),
        hotline=form.cleaned_data.get("hotline", ""),
        link=_public_link(post),
    )
    code = texts.code_of(post.approved_revision.content_sha256)
    return cards.content_of(words, post.unit, proof=f"Mã bản duyệt: {code}")
