"""A form that was sent after its session had run out: kept in the anonymous session until its sender is back.

Only who had the page signed for them can leave something here, once, small, and only they are offered it again.
"""

import json
import uuid
from typing import NamedTuple

from django.contrib.auth.base_user import AbstractBaseUser
from django.core import signing
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from posts.checks.secrecy import has_secrecy_mark
from posts.models import Post

KEY = "unsent"
LARGEST = 200_000  # characters
_SALT = "posts.unsent"
_LEFT_OUT = {"csrfmiddlewaretoken", "proof", "act"}


class Offer(NamedTuple):
    fields: QueryDict
    at: object


def proof(user: AbstractBaseUser, post: Post) -> str:
    """What the composer carries so that its text can be told from a stranger's."""
    return signing.dumps([user.pk, str(post.public_id)], salt=_SALT)


def keep(request: HttpRequest, public_id: uuid.UUID) -> None:
    """Raises nothing: what cannot be kept is left to the browser's back button."""
    try:
        user, of_post = signing.loads(request.POST.get("proof", ""), salt=_SALT, max_age=24 * 3600)
    except signing.BadSignature:
        return
    fields = {name: values for name, values in request.POST.lists() if name not in _LEFT_OUT}
    words = [value for values in fields.values() for value in values]
    if of_post != str(public_id) or len(json.dumps(fields)) > LARGEST or any(map(has_secrecy_mark, words)):
        return
    request.session[KEY] = {"user": user, "post": of_post, "fields": fields, "at": timezone.now().isoformat()}


def offered(request: HttpRequest, post: Post) -> Offer | None:
    """What this person sent of this post while signed out."""
    kept = request.session.get(KEY)
    if not kept or kept["user"] != request.user.pk or kept["post"] != str(post.public_id):
        return None
    fields = QueryDict(mutable=True)
    for name, values in kept["fields"].items():
        fields.setlist(name, values)
    return Offer(fields, parse_datetime(kept["at"]))


def forget(request: HttpRequest, post: Post) -> None:
    if request.session.get(KEY, {}).get("post") == str(post.public_id):
        del request.session[KEY]
