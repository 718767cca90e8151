from django.db import migrations, models


class Migration(migrations.Migration):
    """Take over the alarms from `publishing`: the table stays as it is, with every row."""

    initial = True
    dependencies = [("publishing", "0031_alarms_move_to_operations")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="Alarm",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True,
                                primary_key=True,
                                serialize=False,
                                verbose_name="ID",
                            ),
                        ),
                        ("kind", models.CharField(max_length=40)),
                        ("key", models.CharField(blank=True, max_length=60)),
                        ("facts", models.JSONField(default=dict)),
                        ("opened_at", models.DateTimeField()),
                        ("seen_at", models.DateTimeField(null=True)),
                        ("closed_at", models.DateTimeField(null=True)),
                        ("tell_at", models.DateTimeField(null=True)),
                        ("tells", models.PositiveSmallIntegerField(default=0)),
                    ],
                    options={
                        "db_table": "publishing_alarm",
                        "ordering": ["-opened_at"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("tell_at__isnull", False)),
                                fields=["tell_at"],
                                name="alarm_to_tell",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("closed_at__isnull", True)),
                                fields=("kind", "key"),
                                name="one_open_alarm",
                            )
                        ],
                    },
                )
            ]
        )
    ]
