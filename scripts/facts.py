"""Tables of the documentation and parts of the proxy's configuration, written from the code that
holds their facts: what fits into a post on each platform, how large a request may be.

python scripts/facts.py update    writes them again
python scripts/facts.py check     fails when one is not what the facts say
"""

import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outreach_portal.settings")
PAGES = {"en": ROOT / "docs" / "connectors.md", "vi": ROOT / "docs" / "connectors.vi.md"}
HEADS = {"en": ("platform", "formats", "limits"), "vi": ("nền tảng", "định dạng", "giới hạn")}
BEGIN, END = "<!-- facts: written by scripts/facts.py -->", "<!-- /facts -->"
LIMITS = ROOT / "docs" / "limits.md"
PROXY = ROOT / "deploy" / "proxy" / "nginx.conf.template"


def table(language: str) -> str:
    import django
    from django.utils import translation

    from channels.presenters import describe_limits, format_name
    from platforms.registry import CONNECTORS

    django.setup()
    with translation.override(language):
        rows = [HEADS[language], ("---",) * 3] + [
            (
                connector.words.label,
                ", ".join(format_name(form.name) for form in connector.facts.formats),
                "<br>".join(describe_limits(connector.facts)),
            )
            for connector in CONNECTORS.values()
        ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows).replace("\xa0", " ")


def renewed(page: str, text: str, *, begin: str = BEGIN, end: str = END) -> str:
    """Return the page with ``text`` between the two lines that begin and end the part."""
    return re.sub(
        f"(?<={re.escape(begin)}\n).*?(?=[\t ]*{re.escape(end)})",
        lambda _: text,
        page,
        count=1,
        flags=re.DOTALL,
    )


def renewed_proxy(page: str) -> str:
    from deploy import body_sizes

    written = "written by scripts/facts.py from deploy/body_sizes.py"
    for part, text in (
        ("how they are told", body_sizes.render_http()),
        ("where they are taken", body_sizes.render_server()),
    ):
        begin = f"# body sizes, {part}: {written}"
        page = renewed(page, text, begin=begin, end="# /body sizes")
    return page


def expected_pages() -> dict[Path, str]:
    """Return each page as the facts make it."""
    from deploy import body_sizes

    pages = {
        path: renewed(path.read_text(encoding="utf-8"), f"\n{table(language)}\n\n")
        for language, path in PAGES.items()
    }
    limits = renewed(LIMITS.read_text(encoding="utf-8"), f"\n{body_sizes.render_table()}\n\n")
    return {**pages, LIMITS: limits, PROXY: renewed_proxy(PROXY.read_text(encoding="utf-8"))}


def main() -> int:
    import messages

    messages.compile_catalogues()
    expected = expected_pages()
    stale = [path for path, text in expected.items() if text != path.read_text(encoding="utf-8")]
    match sys.argv[1:]:
        case ["update"]:
            for path in stale:
                path.write_text(expected[path], encoding="utf-8")
        case ["check"]:
            for path in stale:
                print(
                    f"{path.relative_to(ROOT)} says something else than the facts: python "
                    f"scripts/facts.py update"
                )
            return 1 if stale else 0
        case _:
            print(__doc__)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
