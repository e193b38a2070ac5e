# SPDX-License-Identifier: Apache-2.0
"""A server of somebody who bills on: takes batches of usage events over HTTPS, in the shapes that
OpenMeter and Lago take, and fails as servers do."""

import http.server
import json
import random
import ssl
import subprocess
import threading
import time
from collections import Counter

TOKEN = "s3cret-token"


class Receiver:
    """Faults of @faults come one after another with the chance @chance; each is a method of
    Handler."""

    def __init__(self, folder, faults=(), chance=0.0, seed=1, lago=False):
        self.faults, self.chance, self.lago = faults, chance, lago
        self.lot = random.Random(seed)
        self.lock = threading.Lock()
        self.events = {}         # by id: its bytes as JSON
        self.taken = Counter()   # how often each arrived
        self.differing = []      # ids that came with another content
        self.requests = []       # (path, content type, token, number of events)
        self.faulted = Counter()
        self.status = None       # answer everything with this
        self.ca = folder / "receiver.pem"
        key = folder / "receiver.key"
        if not self.ca.exists():
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                            "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                            "/CN=localhost", "-addext",
                            "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out",
                            self.ca], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca, key)
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.receiver = self
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def next_fault(self):
        with self.lock:
            if not self.faults or self.lot.random() >= self.chance:
                return None
            fault = self.faults[sum(self.faulted.values()) % len(self.faults)]
            self.faulted[fault] += 1
            return fault

    def take(self, body):
        """The status and answer of a batch."""
        events = json.loads(body)
        key = "id"
        if self.lago:
            events, key = events["events"], "transaction_id"
        with self.lock:
            known = {str(index): {key: ["value_already_exist"]}
                     for index, event in enumerate(events) if event[key] in self.events}
            if self.lago and known:
                return 422, {"status": 422, "error": "Unprocessable Entity",
                             "code": "validation_errors", "error_details": known}
            for event in events:
                text = json.dumps(event)
                self.taken[event[key]] += 1
                if self.events.setdefault(event[key], text) != text:
                    self.differing.append(event[key])
        return 200, {}


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Senders that are killed, and connections that were closed on purpose."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def answer(self, status, content=None, headers=()):
        body = json.dumps(content or {}).encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def drop(self):
        self.close_connection = True
        self.connection.close()

    # Faults: True, if the request is done with.

    def error_500(self, body):
        self.answer(500)
        return True

    def busy_429(self, body):
        self.answer(429, headers=[("Retry-After", "1")])
        return True

    def closed_before(self, body):
        self.drop()
        return True

    def closed_after(self, body):
        """Taken, but the sender never learns of it."""
        self.server.receiver.take(body)
        self.drop()
        return True

    def slow(self, body):
        time.sleep(0.7)
        return False

    def do_POST(self):
        receiver = self.server.receiver
        body = self.rfile.read(int(self.headers["Content-Length"]))
        receiver.requests.append((self.path, self.headers["Content-Type"],
                                  self.headers["Authorization"], body.count(b'"seconds":')))
        if receiver.status:
            self.answer(receiver.status, {"error": "no\nthank you"},
                        [("Location", "/elsewhere")])
            return
        fault = receiver.next_fault()
        if fault and getattr(self, fault)(body):
            return
        self.answer(*receiver.take(body))
