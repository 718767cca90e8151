"""A day's use leaves no trace of what leaked: 300 posts with leaks of every kind are put in and
taken out, and afterwards neither the database nor a log, a mail, a queue, a cache or a file holds
a planted name or number.
"""

import io
import itertools
import logging
import re
import subprocess

import pytest
import redis
from django.conf import settings
from django.core import mail
from django.db import connection
from django.urls import reverse
from PIL import Image, ImageDraw, ImageFont

from accounts.permissions import Role
from core import jobs
from core.errors import Refused
from core.secrecy import SecrecyRefused
from core.text import fold
from media import pictures
from media.editing import picture_edits
from media.scanners.models import Box
from posts.checks.leaks.scan import RULES
from posts.editor import leaks, saving
from posts.findings import find_findings
from posts.review import decisions
from tests import factories
from tests.factories import ChannelFactory, PostFactory, UnitFactory, person
from tests.posts.checks.leaks.cases import FOUND
from tests.posts.editor.composer import address, picture_file, typed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.scanners]

POSTS = 300
CLEAN = "Công an phường nhắc bà con khóa cửa khi ra khỏi nhà."
IN_PICTURES = ("034190000017", "0912000345", "4111111111111111")
FONT = settings.BASE_DIR / "media" / "fonts"


def digits_of(text):
    return re.sub(r"\D", "", text)


def number_in(text):
    """Return the digits of a planted number, where it is long enough to be nobody's else."""
    digits = digits_of(text)
    return digits if len(digits) >= 9 else ""


def name_in(text):
    """Return a planted name: three words with capitals, as fold writes them."""
    found = re.search(r"[A-ZĐÀ-Ỹ][\w']+(?: [A-ZĐÀ-Ỹ][\w']*){2,}", text)
    return fold(found[0]) if found else ""


CASES = [
    (rule, text, severity, words or "")
    for rule, cases in FOUND.items()
    if rule != "secret_mark"
    for text, severity, words in cases
]
PLANTED = {canary for *_, words in CASES for canary in (number_in(words), name_in(words)) if canary}


def traces(text, planted):
    """Return what of the planted is in a text, in whatever form: accents, letters and the marks
    between figures aside.
    """
    plain = fold(text)
    figures = re.sub(r"(?<=\d)[ .\-_/]+(?=\d)", "", plain)
    return {canary for canary in planted if canary in (figures if canary.isdigit() else plain)}


@pytest.fixture
def log():
    """Everything that any logger says, with the tracebacks."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s %(exc_text)s"))
    loggers = [logging.getLogger(), *map(logging.getLogger, ("django", "celery", "posts", "media"))]
    for logger in loggers:
        logger.addHandler(handler)
    yield stream
    for logger in loggers:
        logger.removeHandler(handler)


@pytest.fixture
def unit():
    return UnitFactory()


@pytest.fixture
def officer(unit, client):
    officer = person(Role.OFFICER, unit)
    client.force_login(officer)
    return officer


@pytest.fixture(autouse=True)
def _no_limits(monkeypatch):
    """One person does here in seconds what a day's work of many is."""
    from core import quotas

    monkeypatch.setattr(quotas, "use", lambda *_args, **_options: None)


def leaky(post, text, n):
    """Return an edit with the text where people write: title, text, a channel's own text."""
    if n % 3 == 0:
        return factories.edit_of(post, title=" ".join(text.split())[:150])
    if n % 3 == 1:
        return factories.edit_of(post, body=f"<p>{CLEAN}</p><p>{text}</p>")
    (target,) = post.targets.all()
    return factories.edit_of(post, texts={target.channel: f"{CLEAN}\n\n{text}"})


def put_in_and_take_out(post, text, severity, n, officer):
    """Save the leak, report it as none, try to submit it, and save without it."""
    clean = factories.edit_of(post)
    post = saving.save(post, leaky(post, text, n), by=officer, version=post.version)
    if n % 10 == 0:
        for mark in [finding.mark for finding in find_findings(post) if finding.mark][:1]:
            leaks.report_no_leak(post, mark, by=officer)
    if severity == "hard":
        with pytest.raises(Refused) as refused:
            decisions.submit(post, by=officer)
        assert not traces(str(refused.value), PLANTED)
    saving.save(post, clean, by=officer, version=post.version)


def drawn(numbers):
    picture = Image.new("RGB", (900, 600), "white")
    font = ImageFont.truetype(str(next(FONT.rglob("*.ttf"))), 44)
    for line, number in enumerate(numbers):
        words = {12: "Số CCCD", 10: "Điện thoại", 16: "Số thẻ"}[len(number)]
        place = (40, 110 + 160 * line)
        ImageDraw.Draw(picture).text(place, f"{words}: {number}", fill="black", font=font)
    out = io.BytesIO()
    picture.save(out, "PNG")
    out.seek(0)
    return out


def read_and_blur(numbers, unit, officer):
    """Let the real scanners read a picture of the numbers, and blur what they found."""
    picture = pictures.store(drawn(numbers), unit=unit, by=officer)
    while jobs.run_waiting("scan").done:
        pass
    boxes = list(Box.objects.filter(scan__media=picture, kind="text"))
    assert len(boxes) >= len(numbers)
    post = PostFactory(unit=unit, author=officer, media=[picture])
    with pytest.raises(Refused) as refused:
        decisions.submit(post, by=officer)
    assert not traces(str(refused.value), PLANTED)
    places = [(box.x, box.y, box.width, box.height) for box in boxes]
    new = picture_edits.blur(picture, places, by=officer)
    saving.replace_media(post, picture, new, by=officer)


def refuse_everywhere(client, post, officer):
    """Type leaks into pages that refuse them, or keep the names of files."""
    text = f"Căn cước của Vũ Văn Thóc, SN 1985: {IN_PICTURES[0]}"
    post.refresh_from_db()
    for name in ("check", "autosave"):
        assert client.post(address(name, post), typed(post, title=text)).status_code == 200
    post.refresh_from_db()
    client.post(address("submit", post), typed(post, title=text))
    post.refresh_from_db()
    client.post(address("upload", post), {"file": picture_file(f"{text}.png")})
    client.post(address("uploads", post), {"size": 9, "mark": f"1|9|{text}.mp4"})
    media = factories.media(post.unit)
    library = reverse("posts:library_medium", args=[media.public_id])
    assert client.post(library, {"version": 1, "title": text}).status_code == 409
    client.get(reverse("posts:media_library"), {"q": text})
    client.post(address("autosave", post), typed(post, title="Khóa cửa khi ra khỏi nhà"))
    post.refresh_from_db()
    secret = f"TUYỆT MẬT\n{text}"
    edit = factories.edit_of(post, body=f"<p>{secret}</p>")
    with pytest.raises(SecrecyRefused):
        saving.save(post, edit, by=officer, version=post.version)
    for name in ("check", "autosave"):
        client.post(address(name, post), typed(post, body=f"<p>{secret}</p>"))


def dump():
    """Return all rows as pg_dump writes them."""
    values = connection.get_connection_params()
    names = {"host": "-h", "port": "-p", "user": "-U"}
    options = [
        part
        for name, flag in names.items()
        if values.get(name)
        for part in (flag, str(values[name]))
    ]
    command = ["pg_dump", "--data-only", *options, values["dbname"]]
    password = {"PGPASSWORD": str(values.get("password") or ""), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, capture_output=True, check=True, env=password).stdout.decode()


def in_redis():
    if not settings.CELERY_BROKER_URL.startswith("redis"):
        return ""
    server = redis.from_url(settings.CELERY_BROKER_URL)
    keys = list(server.scan_iter(count=1000))
    return repr([(key, server.dump(key)) for key in keys])


def in_files(*folders):
    """Return names and bytes of all files, those of pictures aside: their numbers are drawn."""
    paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    texts = [path.read_bytes().decode("latin-1") for path in paths if path.suffix != ".png"]
    return "\n".join([*map(str, paths), *texts])


def test_a_day_s_use_leaves_no_trace(client, unit, officer, log, tmp_path):
    assert {rule for rule, *_ in CASES} | {"secret_mark"} == set(RULES)
    assert len(PLANTED) > 50
    posts = PostFactory.create_batch(
        POSTS,
        unit=unit,
        author=officer,
        body=f"<p>{CLEAN}</p>",
        channels=[ChannelFactory(unit=unit)],  # one for all: 300 would make each page long
    )
    for n, case in enumerate(itertools.islice(itertools.cycle(CASES), POSTS)):
        _rule, text, severity, _words = case
        put_in_and_take_out(posts[n], text, severity, n, officer)
    read_and_blur(IN_PICTURES, unit, officer)
    refuse_everywhere(client, posts[1], officer)
    everything = {
        "database": dump(),
        "log": log.getvalue(),
        "mails": "\n".join(f"{letter.subject}\n{letter.body}" for letter in mail.outbox),
        "redis": in_redis(),
        "files": in_files(tmp_path, settings.VAR_DIR),
    }
    found = {name: traces(text, PLANTED) for name, text in everything.items()}
    assert {name: places for name, places in found.items() if places} == {}
