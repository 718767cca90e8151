"""Find posts for the search: those that the person may see, with their pages."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from core.scope import Person
from core.search import MOST_MATCHES, Kind, Match, register
from posts.models import Post
from posts.states import EDITABLE


def find_posts(user: Person, query: str) -> Iterator[Match]:
    posts = Post.objects.visible_to(user).written().search(query).select_related("unit__parent")
    newest = posts.order_by("-changed_at", "-pk").defer("body", "search")
    writing = user.reach(Permission.POST_WRITE)
    for post in newest[:MOST_MATCHES]:
        is_open = post.state in EDITABLE and any(part.covers(post.unit.path) for part in writing)
        page = reverse("posts:edit" if is_open else "publishing:post", args=[post.public_id])
        yield Match(str(post), page, "file-text", f"{post.get_state_display()} · {post.unit.label}")


register(Kind(_("Posts"), 30, find_posts))
