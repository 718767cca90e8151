from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("publishing", "0029_tell_receipts_apart")]

    operations = [
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "published"), _negated=True),
                    models.Q(
                        models.Q(
                            models.Q(("remote_id", ""), _negated=True),
                            models.Q(("receipt_source", "platform"), _negated=True),
                            _connector="OR",
                        ),
                        ("published_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="published_has_a_receipt",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("receipt_source", "platform"), ("remote_id", ""), _connector="OR"
                ),
                name="only_platforms_give_numbers",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "cancelled"), _negated=True),
                    models.Q(
                        models.Q(("remote_id", ""), _negated=True),
                        models.Q(("receipt_source", "platform"), _negated=True),
                        _connector="OR",
                        _negated=True,
                    ),
                    _connector="OR",
                ),
                name="cancelled_never_visible",
            ),
        ),
    ]
