import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import F, Value
from django.db.models.functions import Replace
from django.utils import timezone

from accounts.models import User
from channels.models import Channel
from links.models import Link
from outreach_portal.celery import app
from outreach_portal.guard import TRY_OUT_DOMAIN
from platforms.errors import ConnectorError
from posts.library.ready import load_library as load_library
from publishing.models import Delivery
from try_out.codes import create_missing_apps
from try_out.pages import Unreachable
from try_out.story import create_story
from units.services import load_units


def refuse_foreign_database() -> None:
    """Refuse a database that holds anything but a try-out: before its tables are changed. A shell
    may name that of another installation."""
    tables = connection.introspection.table_names()
    if not tables:
        return
    is_portal = MigrationRecorder.Migration._meta.db_table in tables
    people = User.objects.all() if User._meta.db_table in tables else User.objects.none()
    # Tables without people are a try-out that was ended while it began.
    is_ours = not people.exists() or people.filter(email__endswith=f"@{TRY_OUT_DOMAIN}").exists()
    if not (is_portal and is_ours):
        raise CommandError(
            "The database that DATABASE_URL names holds other data, and nothing in it was changed: "
            "name an empty one, or unset DATABASE_URL."
        )


class Command(BaseCommand):
    help = (
        "Prepares the try-out: tables, units, and once the sample people, pages and "
        "posts. Needs the simulator."
    )

    def handle(self, **options: Any) -> None:
        if not settings.SAMPLES:
            raise CommandError(
                "Sample content belongs to the try-out, or a training on this machine alone: "
                "PORTAL_MODE is not try-out."
            )
        refuse_foreign_database()
        # For samples no commit waits for the disk: that takes seconds, on a slow one minutes.
        with connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit = off")
        self.step("Cơ sở dữ liệu / Database")
        call_command("migrate", verbosity=0)
        sign_ins = Path(settings.VAR_DIR) / "sign-ins.txt"
        if User.objects.filter(email__endswith=f"@{TRY_OUT_DOMAIN}").exists():
            follow_simulator()
            create_missing_apps()
            return
        self.step("Danh sách đơn vị trong cả nước / The national list of units")
        load_units(settings.BASE_DIR / "data" / "units.csv")
        load_library(settings.BASE_DIR / "data" / "library.toml")
        if os.environ.get("WAITS_FOR_LINE"):
            sys.stdin.readline()  # `make run` says when the simulator answers
        self.step("Cán bộ, kênh và bài viết mẫu / Sample people, pages and posts")
        app.conf.task_always_eager = True  # letters are written now: no worker runs yet
        try:
            world = create_story(timezone.now())
            create_missing_apps()
        except (Unreachable, ConnectorError) as error:
            raise CommandError(str(error)) from error
        finally:
            app.conf.task_always_eager = False
        sign_ins.write_text(world.sign_ins, encoding="utf-8")

    def step(self, message: str) -> None:
        self.stdout.write(f"  {message} …", ending="\n")
        self.stdout.flush()


def follow_simulator() -> None:
    """Update the stored links to the simulator's pages: it may have another port than last time."""
    rows = [(Delivery, "permalink", [(Link, "target")]), (Channel, "address", [])]
    for model, name, copies in rows:
        for link in model._default_manager.exclude(**{name: ""}).values_list(name, flat=True)[:1]:
            was = "{0.scheme}://{0.netloc}/".format(urlsplit(link))
            here = f"{settings.SIMULATOR_URL}/"
            if was != here:
                for owner, field in ((model, name), *copies):
                    stored = owner._default_manager.filter(**{f"{field}__startswith": was})
                    stored.update(**{field: Replace(F(field), Value(was), Value(here))})
