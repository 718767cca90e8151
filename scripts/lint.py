"""`make lint`: house checks, all of them even when one fails. Run by .venv/bin/python."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
CHECKS = {
    "ruff": [BIN / "ruff", "check", "--quiet", "."],
    "ruff format": [BIN / "ruff", "format", "--check", "--quiet", "."],
    "templates": [sys.executable, "scripts/templates.py"],
    "template format": [BIN / "djangofmt", "--quiet", "--check", "templates"],
    "scripts": [BIN / "oxlint", "--deny-warnings", "static/js", "scripts/vendor"],
    "layers": [BIN / "lint-imports", "--no-cache"],
    "types": [BIN / "mypy", "--no-error-summary"],
    "catalogue": [sys.executable, "scripts/messages.py", "check"],
    "facts": [sys.executable, "scripts/facts.py", "check"],
    "migrations": [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
}


def main() -> int:
    env = {
        **os.environ,
        "PORTAL_MODE": "test",
        "ENV_FILE": os.devnull,
        "DATABASE_URL": "postgres://nobody@/none",
    }
    failed = []
    for name, command in CHECKS.items():
        done = subprocess.run(
            [str(part) for part in command], cwd=ROOT, env=env, capture_output=True, text=True
        )
        if done.returncode:
            print(f"--- {name}\n{done.stdout}{done.stderr}")
            failed.append(name)
    print(
        f"House checks failed: {', '.join(failed)}."
        if failed
        else f"House checks passed: {', '.join(CHECKS)}."
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
