"""Send the composer what a browser sends."""

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from posts.models import Post


def address(name: str, post: Post) -> str:
    return reverse(f"posts:{name}", args=[post.public_id])


def typed(post: Post, **fields: object) -> dict[str, object]:
    """Return what a browser with the editor sends of an untouched page, but for ``fields``."""
    values = {
        "version": post.version,
        "title": post.title,
        "body": post.body,
        "body-is-html": "1",
        "topic": post.topic_id or "",
        "campaign": "",
        "link": post.link,
        "requested_time": "",
        "valid_until": "",
        "channels": [str(t.channel.public_id) for t in post.targets.all()],
        "picture": [str(p.media.public_id) for p in post.pictures.all()],
        **{f"text-{t.channel.public_id}": t.text for t in post.targets.all()},
        **{f"alt-{p.media.public_id}": p.alt_text for p in post.pictures.all()},
    }
    return {**values, **fields}


def picture_file(name: str = "anh.png", colour: str = "green") -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (300, 200), colour).save(out, "PNG")
    return SimpleUploadedFile(name, out.getvalue(), content_type="image/png")
