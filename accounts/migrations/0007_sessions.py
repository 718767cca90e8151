"""Sessions under a hash of their keys. Whoever is signed in signs in again.

What lay under keys in clear is emptied, not dropped: the former release, which still answers while this runs, reads it.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FORMER = {
    "usersessions_usersession": "DELETE FROM usersessions_usersession",
    "django_session": "DELETE FROM django_session",
}


def empty_former_tables(apps, schema_editor):
    for table in FORMER.keys() & set(schema_editor.connection.introspection.table_names()):
        schema_editor.execute(FORMER[table])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_factor_reset")]

    operations = [
        migrations.CreateModel(
            name="Session",
            fields=[
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                ("session_key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "abstract": False,
            },
        ),
        migrations.RunPython(empty_former_tables, migrations.RunPython.noop, elidable=True),
    ]
