"""Pages of what is done with an approved post where no network reaches: scripts, and posters."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import Permission
from accounts.queries import can
from core import quotas
from core.actions import button_action
from core.errors import Refused
from core.lists import render_page
from links import services as links
from links.models import LONGEST_TITLE, Link
from links.queries import get_short_address
from media.cards import card_drawing
from media.cards.card_drawing import hotlines_of
from media.cards.typesetting import LONGEST_LINE, PAPERS, Content, Look, too_long, typeset
from media.codes import qr_svg
from posts.context import post_to_write
from posts.kit_placeholders import find_approved_kit
from posts.models import Post
from publishing.models import Delivery
from publishing.outputs import texts
from publishing.states import State
from units.models import Unit

NO_LINE = ("", gettext_lazy("no line"))


class PosterForm(forms.Form):
    """Sent in the address. What it lacks is as `defaults` says."""

    look = forms.ChoiceField(label=gettext_lazy("Design"), choices=Look)
    line_1 = forms.ChoiceField(label=gettext_lazy("First line"), required=False)
    line_2 = forms.ChoiceField(label=gettext_lazy("Second line"), required=False)
    hotline = forms.ChoiceField(label=gettext_lazy("Telephone"), required=False)

    def __init__(
        self,
        data: Any,
        *,
        unit: Unit,
        sentences: Sequence[str],
        chosen: Mapping[str, str] | None = None,
    ) -> None:
        """``chosen``: what stands there as long as the person chooses nothing."""
        hotlines = hotlines_of(unit)
        numbers = [(str(n), text) for n, text in enumerate(sentences)]
        defaults = {
            "look": Look.WARNING.value,
            "line_1": "0" if sentences else "",
            "line_2": "1" if len(sentences) > 1 else "",
            "hotline": hotlines[0][0],
            **(chosen or {}),
        }
        super().__init__({**defaults, **{name: data[name] for name in data}}, label_suffix="")
        self.sentences = sentences
        self.fields["hotline"].choices = hotlines
        for name in ("line_1", "line_2"):
            self.fields[name].choices = [NO_LINE, *numbers]

    def line(self, name: str) -> str:
        """Return the chosen sentence."""
        at = self.cleaned_data.get(name)
        return self.sentences[int(at)] if at else ""


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
    link, code = _public_link(post), texts.short_hash(revision.content_sha256)
    text = texts.whole_text(content)
    script = texts.to_spoken_text(_script_of_kit(content, post) or text)
    tail = "\n".join(filter(None, [link and link not in text and link, f"Mã bản duyệt: {code}"]))
    context = {
        "post": post,
        "content": content,
        "revision": revision,
        "code": code,
        "link": link,
        "qr": qr_svg(link) if link else "",
        "script": script,
        "seconds": texts.estimate_reading_seconds(script),
        "pieces": texts.split_into_messages(f"{text}\n\n{tail}"),
        "longest": texts.LONGEST_PIECE,
    }
    return render(request, "publishing/outputs.html", context)


def _script_of_kit(content: Mapping[str, Any], post: Post) -> str:
    """Return the loudspeaker text of the content's kit with the approved values; empty where there
    is none.
    """
    approved = find_approved_kit(content, post.unit)
    if approved is None:
        return ""
    unit_kit, values = approved
    return unit_kit.script(values)


def _public_link(post: Post) -> str:
    """Return the address of the approved revision where it is live, or nothing."""
    live = Delivery.objects.filter(
        post=post, revision=post.approved_revision, state=State.PUBLISHED
    ).exclude(permalink="")
    return live.order_by("published_at").values_list("permalink", flat=True).first() or ""


# Data, in the language of those who find it among their unit's short links.
_LINK_TITLE = "Áp phích: {post}"


def poster_address(post: Post) -> str:
    """Return where the code on a poster leads: the unit's short link to the post, which counts, or
    the post itself where nobody has made one; nothing while the post is not live.
    """
    target = _public_link(post)
    link = _link_of_poster(post, target) if target else None
    return get_short_address(link) if link else target


def _link_of_poster(post: Post, target: str) -> Link | None:
    title = _LINK_TITLE.format(post=post)[:LONGEST_TITLE]
    return Link.objects.filter(unit=post.unit, title=title, target=target, stopped_at=None).first()


# --- A poster -------------------------------------------------------------------------------------

_FORMS = {"pdf": "application/pdf", "png": "image/png"}


@require_GET
def poster(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show a poster of the approved revision: its own title, two of its sentences, and nothing that
    was not approved.
    """
    post = _approved_post(request, public_id)
    if post is None:
        return redirect("publishing:post", public_id=public_id)
    context: dict[str, Any] = {"post": post, "revision": post.approved_revision}
    context["may_write"] = can(request.user, Permission.POST_WRITE, unit=post.unit)
    try:
        context["form"] = form = _poster_form(request, post)
        content = _poster_content(post, form)
        sheets = {"a4": PAPERS["a4"].scaled(1)}
        look = form.cleaned_data.get("look") or form.fields["look"].choices[0][0]
        preview = card_drawing.preview(content, look, sheets, unit=post.unit, by=request.user)
        context |= {"picture": preview.pictures["a4"], "over": preview.over}
        context["link"] = content.link
        context["is_counted"] = bool(content.link) and content.link != _public_link(post)
    except Refused as error:
        context["why"] = str(error)
    return render_page(request, "publishing/poster.html", context, part="preview")


@require_POST
def poster_link(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Make the short link to which the code on the poster leads; once, however often it is asked
    for.
    """
    post = post_to_write(request, public_id)

    def make() -> None:
        with transaction.atomic():
            Post.objects.select_for_update(of=("self",)).get(pk=post.pk)
            target = _public_link(post)
            if not target:
                raise Refused(_("The post is not live yet, so there is no link."))
            if _link_of_poster(post, target) is None:
                title = _LINK_TITLE.format(post=post)[:LONGEST_TITLE]
                # The platform itself gave the address.
                links.create_link(
                    unit=post.unit, title=title, target=target, by=request.user, is_checked=True
                )

    message = _("The code on the poster leads through a short link now; its scans are counted.")
    button_action(request, make, message=message)
    return redirect("publishing:poster", public_id=public_id)


@require_GET
def poster_file(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Send the poster as ``as`` says, such as "a4 pdf". It is drawn for this answer and kept
    nowhere.
    """
    post = _approved_post(request, public_id)
    paper, _blank, kind = request.GET.get("as", "").partition(" ")
    if post is None or paper not in PAPERS or kind not in _FORMS:
        return redirect("publishing:post", public_id=public_id)
    try:
        form = _poster_form(request, post)
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
    name = f"ap-phich-{paper}-{texts.short_hash(post.approved_revision.content_sha256)}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name.lower()}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _approved_post(request: HttpRequest, public_id: uuid.UUID) -> Post | None:
    posts = Post.objects.visible_to(request.user).select_related(
        "unit__parent", "approved_revision"
    )
    post = get_object_or_404(posts, public_id=public_id)
    if post.approved_revision is None:
        messages.error(request, _("Only an approved post becomes a poster."))
        return None
    return post


def _poster_form(request: HttpRequest, post: Post) -> PosterForm:
    content = post.approved_revision.content
    sentences = texts.short_sentences(content, longest=LONGEST_LINE)
    chosen: dict[str, str] = {}
    approved = find_approved_kit(content, post.unit)
    if approved and (poster := approved[0].version.poster):
        # Those who wrote the kit chose; the unit may choose otherwise.
        unit_kit, values = approved
        lines = unit_kit.poster(values)
        sentences = list(dict.fromkeys([*lines, *sentences]))
        chosen = {"look": poster["look"], "line_1": "", "line_2": ""}
        chosen |= {f"line_{n + 1}": str(n) for n in range(len(lines))}
        if poster["hotline"] in dict(hotlines_of(post.unit)):
            chosen["hotline"] = poster["hotline"]
    form = PosterForm(request.GET, unit=post.unit, sentences=sentences, chosen=chosen)
    form.is_valid()
    return form


def _poster_content(post: Post, form: PosterForm) -> Content:
    approved = post.approved_revision.content
    card_texts = card_drawing.Words(
        title=approved["title"],
        line_1=form.line("line_1"),
        line_2=form.line("line_2"),
        hotline=form.cleaned_data.get("hotline", ""),
        link=poster_address(post),
    )
    code = texts.short_hash(post.approved_revision.content_sha256)
    return card_drawing.content_of(card_texts, post.unit, proof=f"Mã bản duyệt: {code}")
