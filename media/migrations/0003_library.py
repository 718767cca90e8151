import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core.append_only import with_triggers_aside


class Migration(migrations.Migration):
    dependencies = [
        ("media", "0002_logos"),
        ("units", "0004_facts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = with_triggers_aside(
        [
            migrations.AddField(
                model_name="media",
                name="alt_text",
                field=models.CharField(blank=True, db_default="", default="", max_length=500),
            ),
            migrations.AddField(
                model_name="media",
                name="archived_at",
                field=models.DateTimeField(null=True),
            ),
            migrations.AddField(
                model_name="media",
                name="consent",
                field=models.CharField(
                    blank=True,
                    choices=[
                        ("adult", "the person shown, an adult"),
                        ("guardian", "a parent or guardian of the child shown"),
                        ("staff", "officers of the unit"),
                        ("public", "somebody who acts in public"),
                    ],
                    db_default="",
                    default="",
                    max_length=10,
                ),
            ),
            migrations.AddField(
                model_name="media",
                name="consent_note",
                field=models.CharField(blank=True, db_default="", default="", max_length=200),
            ),
            migrations.AddField(
                model_name="media",
                name="consent_on",
                field=models.DateField(null=True),
            ),
            migrations.AddField(
                model_name="media",
                name="dhash",
                field=models.CharField(blank=True, db_default="", default="", max_length=32),
            ),
            migrations.AddField(
                model_name="media",
                name="expires_on",
                field=models.DateField(null=True),
            ),
            migrations.AddField(
                model_name="media",
                name="kept_at",
                field=models.DateTimeField(null=True),
            ),
            migrations.AddField(
                model_name="media",
                name="rights",
                field=models.CharField(
                    blank=True,
                    choices=[
                        ("own", "taken or made by the unit"),
                        ("licensed", "with the owner's permission"),
                        ("free", "free to use"),
                    ],
                    db_default="",
                    default="",
                    max_length=10,
                ),
            ),
            migrations.AddField(
                model_name="media",
                name="search",
                field=models.TextField(db_default="", default="", editable=False),
            ),
            migrations.AddField(
                model_name="media",
                name="shared",
                field=models.BooleanField(db_default=False, default=False),
            ),
            migrations.AddField(
                model_name="media",
                name="source",
                field=models.CharField(blank=True, db_default="", default="", max_length=200),
            ),
            migrations.AddField(
                model_name="media",
                name="taken_from",
                field=models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="copies",
                    to="media.media",
                ),
            ),
            migrations.AddField(
                model_name="media",
                name="title",
                field=models.CharField(blank=True, db_default="", default="", max_length=100),
            ),
            migrations.AddField(
                model_name="media",
                name="version",
                field=models.PositiveIntegerField(db_default=1, default=1),
            ),
            migrations.AddField(
                model_name="media",
                name="warned_of",
                field=models.DateField(null=True),
            ),
            migrations.CreateModel(
                name="Folder",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "public_id",
                        models.UUIDField(default=uuid.uuid4, editable=False, unique=True),
                    ),
                    ("name", models.CharField(max_length=60, verbose_name="name")),
                    (
                        "parent",
                        models.ForeignKey(
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="folders",
                            to="media.folder",
                        ),
                    ),
                    (
                        "unit",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="units.unit",
                        ),
                    ),
                ],
                options={
                    "ordering": ["name", "pk"],
                },
            ),
            migrations.AddField(
                model_name="media",
                name="folder",
                field=models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="media",
                    to="media.folder",
                ),
            ),
            migrations.CreateModel(
                name="Tag",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    ("name", models.CharField(max_length=40)),
                    ("folded", models.CharField(max_length=40)),
                    (
                        "unit",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="units.unit",
                        ),
                    ),
                ],
                options={
                    "ordering": ["name", "pk"],
                },
            ),
            migrations.AddField(
                model_name="media",
                name="tags",
                field=models.ManyToManyField(related_name="media", to="media.tag"),
            ),
            migrations.AddIndex(
                model_name="media",
                index=models.Index(
                    condition=models.Q(("archived_at", None)),
                    fields=["unit", "-uploaded_at", "-id"],
                    name="media_library",
                ),
            ),
            migrations.AddIndex(
                model_name="media",
                index=models.Index(
                    condition=models.Q(("expires_on__isnull", False)),
                    fields=["expires_on"],
                    name="media_expires",
                ),
            ),
            migrations.AddConstraint(
                model_name="folder",
                constraint=models.UniqueConstraint(
                    condition=models.Q(("parent", None)),
                    fields=("unit", "name"),
                    name="one_folder_a_name",
                ),
            ),
            migrations.AddConstraint(
                model_name="folder",
                constraint=models.UniqueConstraint(
                    fields=("parent", "name"), name="one_folder_a_name_inside"
                ),
            ),
            migrations.AddConstraint(
                model_name="tag",
                constraint=models.UniqueConstraint(
                    fields=("unit", "folded"), name="one_tag_a_word"
                ),
            ),
        ]
    )
