# SPDX-License-Identifier: Apache-2.0
"""The Session Manager plugin's side of a data channel, as its public source has it: a
WebSocket over ssl, AgentMessages in it, acknowledgements, the handshake, sizes.

    with SessionClient(answer["session"], ca_bundle) as session:
        session.type(b"echo hello\\n")
        session.read_until(b"hello")

Also what `aws ecs execute-command` calls where session-manager-plugin is expected: see
the end of this file."""

import base64
import hashlib
import json
import os
import select
import socket
import ssl
import struct
import sys
import time
import uuid
from urllib.parse import urlparse

HEADER = struct.Struct(">I32sIQqQ16s32sII")
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
OUTPUT, SIZE, HANDSHAKE_REQUEST, HANDSHAKE_RESPONSE, HANDSHAKE_COMPLETE, FLAG = 1, 3, 5, 6, 7, 10


class Refused(Exception):
    pass


class WebSocket:
    """A client's WebSocket. Nothing is known here of what the messages mean."""

    def __init__(self, url, ca_bundle, protocol=None, timeout=30):
        place = urlparse(url)
        context = ssl.create_default_context(cafile=ca_bundle)
        self.socket = context.wrap_socket(
            socket.create_connection((place.hostname, place.port), timeout),
            server_hostname=place.hostname)
        self.bytes = b""
        key = base64.b64encode(os.urandom(16)).decode()
        head = (f"GET {place.path}?{place.query} HTTP/1.1\r\nHost: {place.netloc}\r\n"
                "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
                f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n")
        head += f"Sec-WebSocket-Protocol: {protocol}\r\n" if protocol else ""
        self.socket.sendall(head.encode() + b"\r\n")
        while b"\r\n\r\n" not in self.bytes:
            self._more()
        answer, self.bytes = self.bytes.split(b"\r\n\r\n", 1)
        accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest())
        if not answer.startswith(b"HTTP/1.1 101 ") or accept not in answer:
            raise Refused(answer.decode(errors="replace"))

    def _more(self):
        got = self.socket.recv(65536)
        if not got:
            raise EOFError("the server closed the connection")
        self.bytes += got

    def _take(self, count):
        while len(self.bytes) < count:
            self._more()
        taken, self.bytes = self.bytes[:count], self.bytes[count:]
        return taken

    def send(self, opcode, payload):
        length = len(payload)
        head = bytes([0x80 | opcode])
        if length < 126:
            head += bytes([0x80 | length])
        elif length < 65536:
            head += bytes([0x80 | 126]) + struct.pack(">H", length)
        else:
            head += bytes([0x80 | 127]) + struct.pack(">Q", length)
        mask = os.urandom(4)
        masked = bytes(b ^ mask[i % 4] for i, b in enumerate(payload))
        self.socket.sendall(head + mask + masked)

    def receive(self):
        """The next message: (opcode, payload). The server sends no fragments."""
        first, second = self._take(2)
        length = second & 0x7f
        if length == 126:
            length, = struct.unpack(">H", self._take(2))
        elif length == 127:
            length, = struct.unpack(">Q", self._take(8))
        assert first & 0x80 and not second & 0x80, (first, second)
        return first & 0x0f, self._take(length)

    def readable(self, seconds):
        return bool(self.bytes or self.socket.pending() or
                    select.select([self.socket], [], [], seconds)[0])

    def close(self):
        self.socket.close()


class SessionClient:
    def __init__(self, session, ca_bundle):
        self.web = WebSocket(session["streamUrl"], ca_bundle)
        self.sent, self.expected, self.acknowledged = 0, 0, set()
        self.output, self.closed, self.ready = b"", None, False
        self.web.send(1, json.dumps({
            "MessageSchemaVersion": "1.0", "RequestId": str(uuid.uuid4()),
            "TokenValue": session["tokenValue"], "ClientId": str(uuid.uuid4()),
            "ClientVersion": "1.2.694.0"}).encode())

    def __enter__(self):
        while not self.ready and self.closed is None:
            self.step()
        return self

    def __exit__(self, *exception):
        self.web.close()

    def _acknowledge(self, kind, identifier, sequence):
        text = json.dumps({"AcknowledgedMessageType": kind, "AcknowledgedMessageId": identifier,
                           "AcknowledgedMessageSequenceNumber": sequence,
                           "IsSequentialMessage": True})
        try:
            self._message("acknowledge", text.encode(), 0, 0, 3)
        except OSError:
            pass  # the session has ended meanwhile; its last messages are here yet

    def _message(self, kind, payload, payload_kind, sequence, flags=0):
        identifier = uuid.uuid4().bytes
        head = HEADER.pack(116, kind.encode().ljust(32), 1, int(time.time() * 1000), sequence,
                           flags, identifier[8:] + identifier[:8],
                           hashlib.sha256(payload).digest(), payload_kind, len(payload))
        self.web.send(2, head + payload)

    def send(self, payload_kind, payload, sequence=None):
        self._message("input_stream_data", payload, payload_kind,
                      self.sent if sequence is None else sequence)
        if sequence is None:
            self.sent += 1

    def type(self, text):
        self.send(OUTPUT, text)

    def size(self, columns, rows):
        self.send(SIZE, json.dumps({"cols": columns, "rows": rows}).encode())

    def terminate(self):
        self.send(FLAG, struct.pack(">I", 2))

    def step(self):
        opcode, message = self.web.receive()
        if opcode == 8:
            self.closed = self.closed or ""
            return
        assert opcode == 2, opcode
        (length, kind, _, _, sequence, _, identifier, digest, payload_kind,
         payload_length) = HEADER.unpack(message[:HEADER.size])
        payload = message[HEADER.size:]
        kind = kind.decode().rstrip(" \0")
        assert length == 116 and payload_length == len(payload)
        assert hashlib.sha256(payload).digest() == digest
        if kind == "acknowledge":
            self.acknowledged.add(json.loads(payload)["AcknowledgedMessageSequenceNumber"])
        elif kind == "channel_closed":
            self.closed = json.loads(payload)["Output"]
        elif kind == "output_stream_data":
            identifier = str(uuid.UUID(bytes=identifier[8:] + identifier[:8]))
            self._acknowledge(kind, identifier, sequence)
            assert sequence == self.expected, (sequence, self.expected)
            self.expected += 1
            self._output(payload_kind, payload)

    def _output(self, payload_kind, payload):
        if payload_kind == HANDSHAKE_REQUEST:
            actions = json.loads(payload)["RequestedClientActions"]
            self.type_of_session = actions[0]["ActionParameters"]["SessionType"]
            self.send(HANDSHAKE_RESPONSE, json.dumps({
                "ClientVersion": "1.2.694.0", "Errors": [], "ProcessedClientActions": [
                    {"ActionType": action["ActionType"], "ActionStatus": 1,
                     "ActionResult": None, "Error": ""} for action in actions]}).encode())
        elif payload_kind == HANDSHAKE_COMPLETE:
            self.ready = True
        elif payload_kind == OUTPUT:
            self.output += payload

    def read_until(self, text, timeout=60):
        deadline = time.monotonic() + timeout
        while text not in self.output and self.closed is None:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{text!r} did not come: {self.output!r}")
            if self.web.readable(0.2):
                self.step()
        if text not in self.output:
            raise EOFError(f"{text!r} did not come: {self.output!r}, {self.closed!r}")
        seen, self.output = self.output.split(text, 1)
        return seen + text

    def read_to_end(self, timeout=60):
        deadline = time.monotonic() + timeout
        while self.closed is None:
            if time.monotonic() > deadline:
                raise TimeoutError(f"no end: {self.output!r}")
            if self.web.readable(0.2):
                self.step()
        return self.output


def main():
    """session-manager-plugin RESPONSE REGION StartSession PROFILE PARAMETERS ENDPOINT"""
    if len(sys.argv) == 1:  # the aws command asks whether it is there
        return
    session = json.loads(sys.argv[1])
    with SessionClient(session, os.environ["AWS_CA_BUNDLE"]) as client:
        client.size(100, 30)
        sys.stdout.buffer.write(client.read_to_end())
    print(f"\n\nExiting session with sessionId: {session['sessionId']}.\n")


if __name__ == "__main__":
    main()
