"""Builds the pages before they go into a wheel; all else about the project is in pyproject.toml."""

import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent


class BuildWithPages(build_py):
    """Takes the pages along. Without Node the wheel is made without them, and that is said."""

    def run(self) -> None:
        if not self.editable_mode:  # scripts/install does it for a folder that is worked in
            build_pages()
        super().run()


def build_pages() -> None:
    bash = shutil.which("bash")
    if bash is not None:
        subprocess.run([bash, "scripts/pages"], cwd=ROOT, check=True)  # noqa: S603 - our own script
    if not (ROOT / "graphql_api/web/static/console/index.html").exists():
        print("warning: this wheel has no pages (console, GraphiQL)", file=sys.stderr)


setup(cmdclass={"build_py": BuildWithPages})
