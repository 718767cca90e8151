from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    PDF = "pdf", "PDF"
    WORD = "word", "Word"
    EXCEL = "excel", "Excel"
    PICTURE = "picture", _("Picture")


class FileState(models.TextChoices):
    """A file is read by nobody before it is checked; of a refused one the bytes are gone."""

    WAITING = "waiting", _("is being checked")
    READY = "ready", _("checked")
    REFUSED = "refused", _("not taken")


class Refusal(models.TextChoices):
    """Reasons for which a file was not taken, with the way out."""

    BROKEN = (
        "broken",
        _("It cannot be read, or it is not what its name says. Save it anew, or as PDF."),
    )
    LOCKED = "locked", _("It is locked by a password. Save it without one.")
    ACTIVE = (
        "active",
        _(
            "It holds macros, scripts, embedded files or links to other files. Save it as a plain "
            "PDF, .docx or .xlsx."
        ),
    )
    LARGE = "large", _("It is far larger inside than outside, or has too much text. Split it.")
    HARMFUL = "harmful", _("The virus scanner found something harmful in it.")
    MARKED = (
        "marked",
        _("It bears a mark of secrecy. Stop, and report it to your unit's leader."),
    )
    LEAK = (
        "leak",
        _("It holds data of a person that may not stand here. Take that out, then add it again."),
    )
