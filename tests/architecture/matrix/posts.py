from tests.architecture.matrix.entry import APPROVER, OFFICER, READERS, Entry

WRITERS = frozenset({OFFICER, APPROVER})
_post = {"public_id": "post"}

ENTRIES = {
    "posts:list": Entry(roles=READERS),
    "posts:new": Entry(roles=WRITERS),
    "posts:archive_many": Entry(roles=WRITERS, method="post"),
    "posts:edit": Entry(roles=WRITERS, kwargs=_post),
    "posts:autosave": Entry(roles=WRITERS, kwargs=_post, method="post"),
    "posts:presence": Entry(roles=WRITERS, kwargs=_post),
    "posts:upload": Entry(roles=WRITERS, kwargs=_post, method="post"),
    "posts:choices": Entry(roles=WRITERS, kwargs={"public_id": "post", "channel": "channel"}),
    "posts:uploads": Entry(roles=WRITERS, kwargs=_post, method="post"),
    "posts:one_upload": Entry(roles=WRITERS, kwargs={"public_id": "upload"}, reach="own"),
    "posts:submit": Entry(roles=WRITERS, kwargs=_post, method="post"),
    "posts:archive": Entry(roles=WRITERS, kwargs=_post, method="post"),
    "posts:duplicate": Entry(roles=WRITERS, kwargs=_post, method="post"),
    "posts:correct": Entry(roles=WRITERS, kwargs=_post, method="post"),
    "posts:history": Entry(roles=READERS, kwargs=_post),
    "posts:revision": Entry(roles=READERS, kwargs={"public_id": "revision"}),
    "posts:media": Entry(roles=READERS, kwargs={"public_id": "media"}),
    # A platform fetches it: the signature in the address is its right.
    "posts:public_media": Entry(kwargs={"token": "media_token", "name": "word"}, reach="all", anonymous=True),
}
