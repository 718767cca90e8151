"""What a service raises when it refuses. Views turn it into a message; the text is for the person who acted."""


class Refused(Exception):
    """The act is not possible now. ``str()`` is translated and names the way out."""


class NotAllowed(Refused):
    """The person lacks the right for this act here."""
