"""`make components`: what the portal is made of, as a CycloneDX bill of materials, and which of it
has known holes.

python scripts/components.py list FILE      writes the bill: pinned Python packages, and what
                                            static/vendor was built from
python scripts/components.py audit [FILE]   asks the lists of known holes, and enters into the bill
                                            what they said and when

Ends with 1 when a list names a component, and with 3 where one cannot be reached, as in a closed
network: nobody has looked.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
FOUND, NOBODY_LOOKED = 1, 3  # how the audit ends


def bill_of_materials() -> dict:
    """Return CycloneDX 1.6 with the hashes by which pip takes the packages."""
    command = [
        BIN / "cyclonedx-py",
        "requirements",
        "--spec-version",
        "1.6",
        "--output-reproducible",
        "requirements.txt",
    ]
    made = subprocess.run(
        list(map(str, command)), cwd=ROOT, capture_output=True, text=True, check=True
    )
    bill = json.loads(made.stdout)
    vendored = json.loads(
        (ROOT / "static" / "vendor" / "manifest.json").read_text(encoding="utf-8")
    )
    for package in vendored["packages"]:
        group, _slash, name = package["name"].rpartition("/")
        address = f"pkg:npm/{package['name'].replace('@', '%40')}@{package['version']}"
        bill["components"].append(
            {
                "type": "library",
                "bom-ref": address,
                **({"group": group} if group else {}),
                "name": name,
                "version": package["version"],
                "licenses": [{"expression": package["licence"]}],
                "purl": address,
            }
        )
    fonts = json.loads((ROOT / "media" / "fonts" / "manifest.json").read_text(encoding="utf-8"))
    for font in fonts["fonts"]:
        bill["components"].append(
            {
                "type": "file",
                "bom-ref": f"font:{font['name']}@{font['version']}",
                "name": font["name"],
                "version": font["version"],
                "licenses": [{"expression": font["licence"]}],
            }
        )
    return bill


def python_holes() -> list[str] | None:
    """Query PyPI's advisories on the pinned packages, or OSV's; None where neither answers."""
    holes = _ask_pip_audit("pypi")  # a mirror of the index may have no advisories
    return _ask_pip_audit("osv") if holes is None else holes


def _ask_pip_audit(service: str) -> list[str] | None:
    command = [
        BIN / "pip-audit",
        "-s",
        service,
        "-r",
        "requirements.txt",
        "--disable-pip",
        "--progress-spinner",
        "off",
        "-f",
        "json",
    ]
    done = subprocess.run(
        list(map(str, command)), cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return None
    if any("skip_reason" in package for package in packages):
        return None
    return [
        f"{package['name']} {package['version']}: {hole['id']}, "
        f"mended in {', '.join(hole['fix_versions']) or 'none yet'}"
        for package in packages
        for hole in package["vulns"]
    ]


def script_holes() -> list[str] | None:
    """Query npm's advisories on the sources of static/vendor; None when that failed."""
    if not shutil.which("npm"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(ROOT / "scripts" / "vendor" / name, folder)
        command = ["npm", "audit", "--package-lock-only", "--omit=dev", "--json"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    try:
        holes = json.loads(done.stdout)["vulnerabilities"]
    except (ValueError, KeyError):
        return None
    return [f"{name}: {hole['severity']}, {hole['range']}" for name, hole in holes.items()]


def audit(bill: Path | None = None) -> int:
    answers = {"Python packages": python_holes(), "scripts and styles": script_holes()}
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}"
    results = {what: f"{_describe(holes)} on {now}" for what, holes in answers.items()}
    for what, holes in answers.items():
        print("\n".join([f"Holes of {what}: {results[what]}", *(holes or [])]))
    if bill:
        content = json.loads(bill.read_text(encoding="utf-8"))
        content["metadata"]["properties"] = [
            {"name": f"audit: {what}", "value": text} for what, text in results.items()
        ]
        bill.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    if any(answers.values()):
        return FOUND
    return NOBODY_LOOKED if None in answers.values() else 0


def _describe(holes: list[str] | None) -> str:
    if holes is None:
        return "the list could not be reached, so nobody has looked"
    return f"{len(holes)} known" if holes else "none known"


def main() -> int:
    match sys.argv[1:]:
        case ["list", target]:
            Path(target).write_text(
                json.dumps(bill_of_materials(), indent=1) + "\n", encoding="utf-8"
            )
            return 0
        case ["audit", *target]:
            return audit(*map(Path, target))
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main())
