"""The title of a post whose author left it to the text."""

LONGEST = 90  # characters: so many fit as a title on every platform that has one


def title_from(text: str) -> str:
    """Return the first line of a text, cut at a word where it is too long for a title."""
    line = " ".join(next((line for line in text.splitlines() if line.strip()), "").split())
    if len(line) <= LONGEST:
        return line
    cut = line[: LONGEST - 1]
    begun = cut if line[LONGEST - 1] == " " else cut.rpartition(" ")[0] or cut
    return f"{begun.rstrip(' ,;:.–-')}…"
