"""Rebuild static/bundles/: what a page loads of static/js and static/css, in few files.

    python scripts/bundle.py [--check]

Needs Node and npm on this machine; the portal itself never does. What it writes is committed, with
a manifest of the sha256 of each file that it read and wrote. Where a file was changed since, pages
load the sources themselves (core/assets.py): who edits a script saves and reloads as before.
`--check` writes nothing and fails where the committed files are not what their sources give.
"""

import hashlib
import json
import posixpath
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts import vendor  # noqa: E402

STATIC = ROOT / "static"
BUNDLES = STATIC / "bundles"
ESBUILD = vendor.MODULES / ".bin" / "esbuild"
FRAME = "js/portal.js"
CLASSIC = "js/theme.js"  # no module: it runs before the first paint
# Comes with a package of Python, and only where somebody formats a text.
EDITOR = "../../django_prose_editor/*"
FEWEST_SHEETS = 3
URL = re.compile(r"""url\((["']?)(?!data:|#)([^"')]+)\1\)""")
IMPORTS = re.compile(r'\A((?:import[^;"]*"[^"]+";\n)*import[^;"]*"[^"]+";)(?!\n)')


def find_in_templates(tag: str) -> list[tuple[str, ...]]:
    """Return what every call of this tag names, each once."""
    calls = {
        tuple(re.findall(r'"([^"]+)"', names))
        for page in (ROOT / "templates").rglob("*.html")
        for names in re.findall(rf"{{% {tag} ([^%]+) %}}", page.read_text(encoding="utf-8"))
    }
    return sorted(calls)


def list_scripts() -> list[str]:
    paths = (path.relative_to(STATIC).as_posix() for path in (STATIC / "js").rglob("*.js"))
    return sorted(path for path in paths if path != CLASSIC)


def bundle_scripts(out: Path) -> dict[str, str]:
    """Write a file for each module that a page names, and one for what the frame brings and others
    import. Return the file of each module.
    """
    # As deep as their sources lie in static/, so that a path to another package stays right.
    names = {path: path.removeprefix("js/") for (path,) in find_in_templates("module")}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place).resolve()
        shutil.copytree(STATIC / "js", folder / "js")
        shared = find_shared(folder, list(names))
        for path, name in names.items():
            before = shared if path == FRAME else [f"entries/{names[FRAME]}"]
            lines = (f'import "{folder}/{module}";\n' for module in [*before, path])
            (folder / "entries" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "entries" / name).write_text("".join(lines), encoding="utf-8")
        outputs = run_esbuild(folder, [f"entries/{module}" for module in names.values()])
        # All pages import the frame: it lies in a shared file, and nothing is left in its own.
        (names[FRAME],) = (name for name, inputs in outputs.items() if FRAME in inputs)
        for name in outputs.keys() - {"portal.js"}:
            script = (folder / "out" / name).read_text(encoding="utf-8")
            # The portal finds an import at the beginning of a line (core.assets.IMPORT).
            while (further := IMPORTS.sub(r"\1\n", script)) != script:
                script = further
            (out / name).parent.mkdir(exist_ok=True)
            (out / name).write_text(script, encoding="utf-8")
    return {path: f"bundles/{name}" for path, name in names.items()}


def find_shared(folder: Path, entries: list[str]) -> list[str]:
    """Return the modules of js/lib that more than one page has: they come with the frame, in one
    file. Elsewhere a module may do its work as soon as it is loaded.
    """
    outputs = run_esbuild(folder, entries)
    inputs = {path for name, read in outputs.items() if name.startswith("shared-") for path in read}
    return sorted(path for path in inputs if path.startswith("js/lib/"))


def run_esbuild(folder: Path, entries: list[str]) -> dict[str, list[str]]:
    """Bundle the entries into the folder's ``out``; return which modules are in each file. All
    paths are told within the folder: they are in the names of shared files.
    """
    shutil.rmtree(folder / "out", ignore_errors=True)
    command = [
        ESBUILD, *entries, "--bundle", "--splitting", "--format=esm", "--minify",
        f"--target={vendor.TARGET}", "--charset=utf8", "--log-level=warning",
        f"--external:{EDITOR}", f"--outbase={entries[0].partition('/')[0]}", "--outdir=out",
        "--chunk-names=shared-[hash]", "--metafile=facts.json",
    ]  # fmt: skip
    subprocess.run(command, check=True, cwd=folder)
    outputs = json.loads((folder / "facts.json").read_text(encoding="utf-8"))["outputs"]
    return {path.removeprefix("out/"): list(about["inputs"]) for path, about in outputs.items()}


def bundle_sheets(out: Path) -> dict[str, list[str]]:
    """Write a file for each list of style sheets that a page names; return their sources."""
    sources = {}
    for sheets in find_in_templates("stylesheets"):
        if len(sheets) < FEWEST_SHEETS:
            continue
        name = f"css/{'-'.join(Path(sheet).stem.removesuffix('.min') for sheet in sheets)}.css"
        rules = "\n".join(read_sheet(sheet, to=f"bundles/{name}") for sheet in sheets)
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_text(vendor.minified(rules), encoding="utf-8")
        sources[f"bundles/{name}"] = list(sheets)
    return sources


def read_sheet(path: str, *, to: str) -> str:
    """Return a style sheet as it must read in another folder."""

    def move(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), match[2]))
        return f'url("{posixpath.relpath(target, posixpath.dirname(to))}")'

    return URL.sub(move, (STATIC / path).read_text(encoding="utf-8"))


def compute_hashes(paths: list[str], folder: Path = STATIC) -> dict[str, str]:
    return {path: hashlib.sha256((folder / path).read_bytes()).hexdigest() for path in paths}


def build(out: Path) -> None:
    scripts, sheets = bundle_scripts(out), bundle_sheets(out)
    written = sorted(path.relative_to(out).as_posix() for path in out.rglob("*.*s"))
    read = sorted({*list_scripts(), *(source for sources in sheets.values() for source in sources)})
    manifest = {
        "rebuilt_by": "make bundle",
        "scripts": scripts,
        "sheets": sheets,
        "outputs": compute_hashes(written, out),
        "inputs": compute_hashes(read),
    }
    text = json.dumps(manifest, indent=1) + "\n"
    (out / "manifest.json").write_text(text, encoding="utf-8")


def install_tools() -> None:
    pinned = json.loads((vendor.HERE / "package.json").read_text())["devDependencies"]["esbuild"]
    about = vendor.MODULES / "esbuild" / "package.json"
    if not about.exists() or json.loads(about.read_text())["version"] != pinned:
        subprocess.run(["npm", "ci"], check=True, cwd=vendor.HERE)


def main() -> None:
    install_tools()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder).resolve()
        build(out)
        if "--check" in sys.argv:
            if subprocess.run(["diff", "--recursive", "--brief", BUNDLES, out]).returncode:
                raise SystemExit("static/bundles is not what its sources give: run `make bundle`")
            return
        # In one step: a portal that runs beside this reads the one or the other.
        new, past = BUNDLES.with_suffix(".new"), BUNDLES.with_suffix(".past")
        shutil.copytree(out, new)
        if BUNDLES.exists():
            BUNDLES.rename(past)
        new.rename(BUNDLES)
        shutil.rmtree(past, ignore_errors=True)


if __name__ == "__main__":
    main()
