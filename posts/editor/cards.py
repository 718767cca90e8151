"""The card of a picture or video, which the composer's next form makes part of the post."""

from django.template.loader import render_to_string

from media.models import Media
from posts.editor.parts import FormMedia
from posts.scanned import cards_of


def picture_card(media: Media) -> str:
    context = {"shown": FormMedia(media, media.alt_text), "scans": cards_of([media])}
    return render_to_string("posts/_picture.html", context)
