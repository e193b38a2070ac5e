# SPDX-License-Identifier: Apache-2.0
"""A server that API destinations lead to: takes requests over TLS, says what it is told to, gives
tokens, and remembers."""

import base64
import http.server
import json
import ssl
import subprocess
import threading
import time
import urllib.parse

CLIENT = ("client-1", "secret-1")


class WebhookServer:
    def __init__(self, folder):
        self.lock = threading.Lock()
        self.requests = []       # of API destinations: see Handler.take()
        self.statuses = {}       # by path: what to answer, one after the other; then 200
        self.headers = {}        # by path: of those answers
        self.slow_s = {}         # by path: how long each answer takes
        self.tokens = []         # those that are good
        self.token_requests = []
        self.token_life_s = 3600
        self.ca, key = folder / "webhook.pem", folder / "webhook.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                        "/CN=localhost", "-addext",
                        "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out",
                        self.ca], check=True, capture_output=True)
        self.ca.chmod(0o644)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca, key)
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.owner = self
        self.server.socket = context.wrap_socket(
            self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"https://localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def of(self, path):
        with self.lock:
            return [request for request in self.requests if request["path"] == path]

    def revoke(self):
        with self.lock:
            self.tokens.clear()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Clients that are killed leave."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def take(self):
        owner = self.server.owner
        url = urllib.parse.urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if url.path == "/token":
            self.give_token(body)
            return
        with owner.lock:
            owner.requests.append({
                "at": time.monotonic(), "method": self.command, "path": url.path,
                "query": urllib.parse.parse_qs(url.query), "raw": self.path,
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "body": body})
            queue = owner.statuses.get(url.path, [])
            status = queue.pop(0) if queue else 200
            bearer = self.headers.get("Authorization", "")
            if url.path.startswith("/oauth") and bearer[7:] not in owner.tokens:
                status = 401
        time.sleep(owner.slow_s.get(url.path, 0))
        self.answer(status, b"{}", owner.headers.get(url.path, {}) if status != 200 else {})

    def give_token(self, body):
        owner = self.server.owner
        pair = base64.b64decode(self.headers.get("Authorization", "Basic ")[6:]).decode()
        with owner.lock:
            owner.token_requests.append({"form": urllib.parse.parse_qs(body.decode()),
                                         "headers": dict(self.headers.items())})
            if tuple(pair.split(":")) != CLIENT:
                return self.answer(401, b'{"error":"invalid_client"}', {})
            token = f"token-{len(owner.token_requests)}"
            owner.tokens.append(token)
        return self.answer(200, json.dumps({"access_token": token, "token_type": "Bearer",
                                            "expires_in": owner.token_life_s}).encode(), {})

    def answer(self, status, body, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = take

    def log_message(self, *arguments):
        """Nobody reads it."""
