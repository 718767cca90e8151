"""ES modules: what they import is there, is preloaded with its digest, and is served under hashed
names.
"""

import base64
import hashlib
import re
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.template import Context, Template
from django.test import override_settings

from core import assets
from core.templatetags import ui

ROOT = Path(django_settings.BASE_DIR)
MODULES = sorted(
    path.relative_to(ROOT / "static").as_posix()
    for path in (ROOT / "static" / "js").rglob("*.js")
    if path.name != "theme.js"  # a classic script: it runs before the first paint
)
ENTRIES = sorted(
    {
        entry
        for page in (ROOT / "templates").rglob("*.html")
        for entry in re.findall(r'{% module "([^"]+)" %}', page.read_text(encoding="utf-8"))
    }
)


def test_every_import_leads_to_a_file():
    missing = [
        (path, imported)
        for path in MODULES
        for imported in assets.list_direct_imports(path)
        if not finders.find(imported)
    ]

    assert len(MODULES) > 20
    assert missing == []


def test_no_import_is_written_in_a_way_that_is_not_found():
    """Browsers take more kinds of import than the pattern by which we preload and rename them."""
    import_words = re.compile(r"\bimport\b(?!\.meta)|\bfrom\s*[\"'][./]")
    unseen = {}
    for path in MODULES:
        source = (ROOT / "static" / path).read_text(encoding="utf-8")
        code = re.sub(r"//[^\n]*", "", assets.IMPORT.sub("", source))
        if found := import_words.findall(code):
            unseen[path] = found

    assert unseen == {}


def test_one_module_makes_nodes_of_strings():
    """A browser with Trusted Types refuses the string that others hand to a sink."""
    sink = re.compile(
        r"\.(?:innerHTML|outerHTML|srcdoc)\s*\+?=(?!=)|insertAdjacentHTML|createContextualFragment|"
        r"parseFromString|parseHTMLUnsafe|setHTMLUnsafe|document\.write|createPolicy"
    )
    using = {path for path in MODULES if sink.search((ROOT / "static" / path).read_text("utf-8"))}

    assert using == {"js/lib/fragment.js"}


def test_every_module_is_on_a_page():
    used = {*ENTRIES, *(imported for entry in ENTRIES for imported in assets.list_imports(entry))}

    assert sorted(set(MODULES) - used) == []
    assert sorted(set(ENTRIES) - set(MODULES)) == []


def test_what_a_module_imports_is_found_through_other_modules_and_once(tmp_path, settings):
    settings.STATICFILES_DIRS = [tmp_path]
    sources = {
        "a/one.js": (
            'import "./two.js";\nimport {\n  x,\n  y,\n} from '
            '"../b/three.js";\nlet z = "from \'./no.js\'";\n'
        ),
        "a/two.js": 'import * as three from "../b/three.js";\nexport const path = "./no.js";\n',
        "b/three.js": '// import "./no.js";\nexport { x, y } from "./four.js";\n',
        "b/four.js": 'export function x() {\n  return "./no.js";\n}\n',
    }
    for name, source in sources.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(source, encoding="utf-8")
    finders.get_finder.cache_clear()
    try:
        found = assets.list_imports("a/one.js")
    finally:
        settings.STATICFILES_DIRS = django_settings.STATICFILES_DIRS
        finders.get_finder.cache_clear()

    assert found == ("a/two.js", "b/three.js", "b/four.js")


@pytest.fixture
def unbundled(monkeypatch):
    """Pages load the sources, as they do while one was changed."""
    monkeypatch.setattr(assets, "find_bundles", lambda last_change: assets.Bundles({}, {}))
    forget_addresses()
    yield
    forget_addresses()


def test_a_module_comes_with_a_preload_of_each_import_and_all_bear_digest_and_nonce(unbundled):
    tags = Template('{% module "js/pages/choices.js" %}').render(Context({"csp_nonce": "n1"}))

    preloads = [
        f'<link rel="modulepreload" href="/static/{path}" '
        f'integrity="sha384-{assets.compute_digest(path)}" nonce="n1">'
        for path in ("js/lib/assets.js", "js/lib/fold.js")
    ]
    choices = "js/pages/choices.js"
    assert tags.splitlines() == [
        *preloads,
        f'<script type="module" src="/static/{choices}" '
        f'integrity="sha384-{assets.compute_digest(choices)}" nonce="n1">'
        "</script>",
    ]


def test_a_bundle_comes_like_a_module():
    tags = Template('{% module "js/pages/choices.js" %}').render(Context({"csp_nonce": "n1"}))

    bundles = assets.find_bundles(assets.find_last_change()).scripts
    frame, choices = bundles["js/portal.js"], bundles["js/pages/choices.js"]
    assert tags.splitlines() == [
        f'<link rel="modulepreload" href="/static/{frame}" '
        f'integrity="sha384-{assets.compute_digest(frame)}" nonce="n1">',
        f'<script type="module" src="/static/{choices}" '
        f'integrity="sha384-{assets.compute_digest(choices)}" nonce="n1">'
        "</script>",
    ]


@pytest.fixture(scope="module")
def gathered(tmp_path_factory):
    """The static files as production serves them, for all tests here: to gather them takes long."""
    folder = tmp_path_factory.mktemp("static")
    hashed = {"staticfiles": {"BACKEND": "core.assets.HashedStorage"}}
    with override_settings(
        STATIC_ROOT=folder,
        STORAGES={**django_settings.STORAGES, **hashed},
        WHITENOISE_USE_FINDERS=False,
        WHITENOISE_SKIP_COMPRESS_EXTENSIONS=["js", "css", "svg", "html", "map", "txt", "json"],
    ):
        call_command("collectstatic", interactive=False, verbosity=0)
        forget_addresses()
        yield folder
    forget_addresses()


def forget_addresses():
    for kept in (
        assets._compute_digest,
        ui._render_stylesheets,
        ui._render_around_nonces,
        ui._render_icon,
        ui._render_nav_item,
    ):
        kept.cache_clear()


def test_in_production_bundles_import_each_other_by_hashed_names_with_the_digests_on_the_page(
    gathered,
):
    check_digests(gathered, assets.find_bundles(assets.find_last_change()).scripts)


def test_in_production_so_do_modules(gathered, unbundled):
    check_digests(gathered, {entry: entry for entry in ENTRIES})


def check_digests(gathered: Path, files: dict[str, str]) -> None:
    for entry in ENTRIES:
        tags = Template(f'{{% module "{entry}" %}}').render(Context())
        digests = dict(re.findall(r'(?:src|href)="/static/([^"]+)" integrity="([^"]+)"', tags))
        assert len(digests) == 1 + len(assets.list_imports(files[entry]))
        for path, digest in digests.items():
            content = (gathered / path).read_bytes()
            assert re.search(r"\.[0-9a-f]{12}\.js$", path)
            assert digest == f"sha384-{base64.b64encode(hashlib.sha384(content).digest()).decode()}"
            imported = [
                (gathered / path)
                .parent.joinpath(path_named)
                .resolve()
                .relative_to(gathered.resolve())
                .as_posix()
                for path_named in assets.IMPORT.findall(content.decode())
            ]
            assert set(imported) <= set(digests)
