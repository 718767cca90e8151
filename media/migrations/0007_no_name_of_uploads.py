"""Forget the names of uploaded videos, which may tell of people, and the marks made of them."""

from django.db import migrations


def forget_marks(apps, editor):
    """A browser that comes back begins its upload anew."""
    apps.get_model("media", "Upload").objects.update(mark="")


class Migration(migrations.Migration):
    dependencies = [("media", "0006_cards")]

    operations = [
        migrations.RunPython(forget_marks, migrations.RunPython.noop),
        migrations.RemoveField("upload", "name"),
    ]
