# SPDX-License-Identifier: Apache-2.0
"""What test files share: one server for all of a process, started by the first that asks, and
JavaScript's packages."""

import atexit
import fcntl
import json
import subprocess
from pathlib import Path

from slipway_server import Server

JAVASCRIPT = Path(__file__).parent / "js"

_server = None


def server():
    global _server
    if _server is None:
        _server = Server()
        _server.__enter__()
        atexit.register(end)
    return _server


def end():
    global _server
    if _server is not None:
        _server.__exit__(None, None, None)
        _server = None


def javascript():
    """The folder with programs and packages of JavaScript; fetched once, by one lane."""
    wanted = json.loads((JAVASCRIPT / "package.json").read_text())["dependencies"]
    with open(JAVASCRIPT / "package.json") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not all((JAVASCRIPT / "node_modules" / name).exists() for name in wanted):
            subprocess.run(["npm", "install", "--no-package-lock", "--no-audit", "--no-fund",
                            "--silent"], cwd=JAVASCRIPT, check=True, timeout=600)
    return JAVASCRIPT
