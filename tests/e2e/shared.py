# SPDX-License-Identifier: Apache-2.0
"""One server for all test files of a process: started by the first that asks."""

import atexit

from slipway_server import Server

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
