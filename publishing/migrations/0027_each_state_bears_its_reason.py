from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("publishing", "0026_only_known_reasons")]

    operations = [
        migrations.AlterField(
            model_name="attempt",
            name="outcome",
            field=models.CharField(
                blank=True,
                choices=[
                    ("published", "published"),
                    ("later", "the platform was not ready; tried again later"),
                    ("refused", "refused by the platform"),
                    ("access", "the connection to the channel was lost"),
                    ("unknown", "no answer; verified on the page"),
                    ("stopped", "stopped before it was visible"),
                    ("prepared", "brought to the platform ahead of time"),
                    ("processing", "taken by the platform, which still works on it"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="broadcast",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("error_code__in", [""]), ("state", "planned")),
                    models.Q(("error_code__in", ["", "later"]), ("state", "confirmed")),
                    models.Q(("error_code__in", ["", "later"]), ("state", "sending")),
                    models.Q(
                        ("error_code__in", ["died", "restored", "unknown"]), ("state", "unknown")
                    ),
                    models.Q(("error_code__in", [""]), ("state", "sent")),
                    models.Q(
                        (
                            "error_code__in",
                            [
                                "access",
                                "not_approved",
                                "not_standing",
                                "not_there",
                                "refused",
                                "too_late",
                            ],
                        ),
                        ("state", "failed"),
                    ),
                    models.Q(
                        ("error_code__in", ["", "restored", "unconfirmed"]), ("state", "cancelled")
                    ),
                    _connector="OR",
                ),
                name="broadcast_bears_its_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("error_code__in", ["", "access", "later"]), ("state", "scheduled")),
                    models.Q(("error_code__in", [""]), ("state", "claimed")),
                    models.Q(("error_code__in", [""]), ("state", "staged")),
                    models.Q(("error_code__in", [""]), ("state", "committing")),
                    models.Q(("error_code__in", ["", "in_app"]), ("state", "processing")),
                    models.Q(("error_code__in", ["unknown"]), ("state", "verifying")),
                    models.Q(
                        (
                            "error_code__in",
                            [
                                "in_app",
                                "processing",
                                "unknown",
                                "withdraw_by_hand",
                                "withdraw_failed",
                            ],
                        ),
                        ("state", "needs_person"),
                    ),
                    models.Q(("error_code__in", [""]), ("state", "by_hand")),
                    models.Q(("error_code__in", ["", "in_app"]), ("state", "published")),
                    models.Q(
                        ("error_code__in", ["", "access", "stopped", "taken_down"]),
                        ("state", "recalling"),
                    ),
                    models.Q(("error_code__in", ["", "by_hand", "hidden"]), ("state", "recalled")),
                    models.Q(
                        (
                            "error_code__in",
                            [
                                "content_changed",
                                "does_not_fit",
                                "not_approved",
                                "not_there",
                                "other",
                                "refused",
                                "too_many_tries",
                            ],
                        ),
                        ("state", "failed"),
                    ),
                    models.Q(("error_code__in", ["expired", "paused"]), ("state", "expired")),
                    models.Q(
                        ("error_code__in", ["", "channel_left", "stopped"]), ("state", "cancelled")
                    ),
                    _connector="OR",
                ),
                name="delivery_bears_its_reason",
            ),
        ),
    ]
