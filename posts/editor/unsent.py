"""A form that was sent after its session had run out: kept in the anonymous session until its
sender is back.

Only who had the page signed for them can leave something here, small and not often, and only they
are offered it again.
"""

import json
import uuid
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in
from django.core import signing
from django.dispatch import receiver
from django.http import HttpRequest, QueryDict
from django.utils import timezone

from core import quotas
from core.errors import QuotaExceeded
from core.middleware import STRANGERS_BYTES
from core.secrecy import has_secrecy_mark
from posts.models import Post

KEY = "unsent"
LARGEST = STRANGERS_BYTES
AN_HOUR = 20  # that one person's proof may leave in sessions of nobody; each session holds one
OFFERED_FOR = timedelta(hours=2)  # who comes back later than that has begun again
_SALT = "posts.unsent"
_LEFT_OUT = {"csrfmiddlewaretoken", "proof", "page", "number", "act"}


class Offer(NamedTuple):
    fields: QueryDict
    at: object


def form_token(user: AbstractBaseUser, post: Post) -> str:
    """Return the token by which the composer's text can be told from a stranger's."""
    return signing.dumps([user.pk, str(post.public_id)], salt=_SALT)


def is_of_another_person(request: HttpRequest) -> bool:
    """Check whether the form was made for somebody else, who had this browser before."""
    try:
        user, _of_post = signing.loads(request.POST.get("proof", ""), salt=_SALT)
    except signing.BadSignature:
        return False
    return user != request.user.pk


def store_unsent(request: HttpRequest, public_id: uuid.UUID) -> None:
    """Store the text; raise nothing: what cannot be stored is left to the browser's back button."""
    try:
        user, of_post = signing.loads(request.POST.get("proof", ""), salt=_SALT, max_age=24 * 3600)
    except signing.BadSignature:
        return
    fields = {name: values for name, values in request.POST.lists() if name not in _LEFT_OUT}
    texts = [value for values in fields.values() for value in values]
    size = len(json.dumps(fields, ensure_ascii=False).encode())
    if of_post != str(public_id) or size > LARGEST or any(map(has_secrecy_mark, texts)):
        return
    try:
        quotas.spend(f"unsent:{user}", limit=AN_HOUR, seconds=3600)
    except QuotaExceeded:
        return
    request.session[KEY] = {
        "user": user,
        "post": of_post,
        "fields": fields,
        "at": timezone.now().isoformat(),
    }


@receiver(user_logged_in)
def drop_unsent_of_others(*, request: HttpRequest, user: AbstractBaseUser, **_: Any) -> None:
    """Drop, at a sign-in, a colleague's text at a shared computer, and any old one."""
    if kept := request.session.get(KEY):
        since = timezone.now() - datetime.fromisoformat(kept["at"])
        if kept["user"] != user.pk or since > OFFERED_FOR:
            del request.session[KEY]


def unsent_offer(request: HttpRequest, post: Post) -> Offer | None:
    """Return what this person sent of this post while signed out."""
    kept = request.session.get(KEY)
    if not kept or kept["user"] != request.user.pk or kept["post"] != str(post.public_id):
        return None
    fields = QueryDict(mutable=True)
    for name, values in kept["fields"].items():
        fields.setlist(name, values)
    return Offer(fields, datetime.fromisoformat(kept["at"]))


def drop_unsent(request: HttpRequest, post: Post) -> None:
    if request.session.get(KEY, {}).get("post") == str(post.public_id):
        del request.session[KEY]
