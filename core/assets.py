"""Scripts and style sheets as browsers get them: hashed names, digests, what a module imports
(docs/adr/0027), and in which bundle it lies (docs/adr/0081).
"""

import base64
import hashlib
import json
import posixpath
import re
import time
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, cast

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage, staticfiles_storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

STATIC = settings.BASE_DIR / "static"
CLASSIC = "js/theme.js"  # no module: it runs before the first paint
# What Django rewrites when it gathers the files: an import or export at the beginning of a line, of
# a path.
IMPORT = re.compile(
    r"""^(?:import|export)\b(?:[^"'=(;]*\bfrom)?\s*["'](\.[^"']+)["']""", re.MULTILINE
)


class HashedStorage(CompressedManifestStaticFilesStorage):
    """Files under names that change with their content, also where one module imports another."""

    support_js_module_import_aggregation = True


class Bundles(NamedTuple):
    """The files that hold scripts and lists of style sheets, by the paths that pages name."""

    scripts: dict[str, str]
    sheets: dict[tuple[str, ...], str]


def compute_digest(path: str) -> str:
    """Return the SHA-384 of a static file in base64, as served: collected files differ from their
    sources in the addresses in them.
    """
    return _compute_digest(path, find_last_change())


@lru_cache(maxsize=256)
def _compute_digest(path: str, last_change: int) -> str:
    if source := finders.find(path) if settings.WHITENOISE_USE_FINDERS else None:
        content = Path(source).read_bytes()
    else:
        storage = cast("ManifestStaticFilesStorage", staticfiles_storage)
        with storage.open(storage.stored_name(path)) as file:
            content = file.read()
    return base64.b64encode(hashlib.sha384(content).digest()).decode()


@lru_cache(maxsize=1)
def find_bundles(last_change: int) -> Bundles:
    """Return the bundles, or none where a source was changed since they were built: pages then load
    the sources.
    """
    if find_stale_sources():
        return Bundles({}, {})
    manifest = _read_manifest()
    return Bundles(
        manifest["scripts"], {tuple(sources): file for file, sources in manifest["sheets"].items()}
    )


def find_stale_sources() -> list[str]:
    """Return the scripts and style sheets that are not those of which the bundles were built."""
    inputs = _read_manifest()["inputs"]
    scripts = {path.relative_to(STATIC).as_posix() for path in (STATIC / "js").rglob("*.js")}
    return sorted(
        path
        for path in (scripts - {CLASSIC}) | inputs.keys()
        if not (STATIC / path).exists()
        or hashlib.sha256((STATIC / path).read_bytes()).hexdigest() != inputs.get(path)
    )


def _read_manifest() -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((STATIC / "bundles/manifest.json").read_text())
    return manifest


def find_last_change() -> int:
    """Return when a file in ``static`` was last saved, seen within half a second; 0 in production,
    where none is.
    """
    return _find_last_change(int(time.monotonic() * 2)) if settings.WHITENOISE_AUTOREFRESH else 0


@lru_cache(maxsize=1)
def _find_last_change(_half_second: int) -> int:
    return max(path.stat().st_mtime_ns for path in STATIC.rglob("*") if path.exists())


def list_imports(path: str) -> tuple[str, ...]:
    """Return the modules that this one imports, those that they import included, each once."""
    imports: dict[str, None] = {}
    waiting = [path]
    while waiting:
        for imported in list_direct_imports(waiting.pop(0)):
            if imported not in imports:
                imports[imported] = None
                waiting.append(imported)
    return tuple(imports)


def list_direct_imports(path: str) -> list[str]:
    """Return the modules that the source of this one names."""
    if source := finders.find(path):
        content = Path(source).read_text(encoding="utf-8")
    else:
        with staticfiles_storage.open(path) as file:
            content = file.read().decode()
    return [
        posixpath.normpath(posixpath.join(posixpath.dirname(path), imported))
        for imported in IMPORT.findall(content)
    ]
