# SPDX-License-Identifier: Apache-2.0
"""One server for all test files of a run: started by the first that asks."""

import atexit

from slipway_server import Server

_server = None


def server():
    global _server
    if _server is None:
        _server = Server()
        _server.__enter__()
        atexit.register(lambda: _server.__exit__(None, None, None))
    return _server
