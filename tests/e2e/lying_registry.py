# SPDX-License-Identifier: Apache-2.0
"""A registry that lies, and the small images that it gives."""

import hashlib
import http.server
import io
import json
import tarfile
import threading

OCI = "application/vnd.oci.image."


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Liar:
    """A registry that answers whatever a test puts into `answers`: path -> (type, bytes), or a
    function that gets the request and answers it by itself. `seen`: (path, headers)."""

    def __init__(self, context=None):
        answers = self.answers = {}
        seen = self.seen = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                seen.append((self.path, dict(self.headers)))
                answer = answers.get(self.path.split("?")[0])
                if answer is None:
                    return self.send_error(404)
                return answer(self) if callable(answer) else self.give(*answer)

            def refuse(self, status, **headers):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def give(self, media, body):
                self.send_response(200)
                self.send_header("Content-Type", media)
                if callable(body):
                    self.send_header("Connection", "close")
                    self.end_headers()
                    try:
                        body(self.wfile)
                    except OSError:
                        pass  # the other side has had enough
                    self.close_connection = True
                    return
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command == "GET":
                    try:
                        self.wfile.write(body)
                    except OSError:
                        pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.host = "127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def serve(self, name, manifest, config, layer, layer_digest=None, layer_size=None):
        """An image under tag `x`; the layer may be announced other than it is."""
        layer_digest = layer_digest or digest(layer)
        document = json.dumps(manifest(config, layer_digest, layer_size or len(layer))).encode()
        base = "/v2/%s/" % name
        for key in ("x", digest(document)):
            self.answers[base + "manifests/" + key] = (OCI + "manifest.v1+json", document)
        self.answers[base + "blobs/" + digest(config)] = ("application/octet-stream", config)
        self.answers[base + "blobs/" + layer_digest] = ("application/octet-stream", layer)
        return document


def manifest_of(config, layer_digest, layer_size):
    return {"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json",
            "config": {"mediaType": OCI + "config.v1+json", "digest": digest(config),
                       "size": len(config)},
            "layers": [{"mediaType": OCI + "layer.v1.tar", "digest": layer_digest,
                        "size": layer_size}]}


def tar_with(name, data=b"x", **more):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        for key, value in more.items():
            setattr(info, key, value)
        tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def config_of(tar):
    return json.dumps({"os": "linux", "architecture": "amd64", "config": {"Cmd": ["/a"]},
                       "rootfs": {"type": "layers", "diff_ids": [digest(tar)]}}).encode()
