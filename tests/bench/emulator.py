# SPDX-License-Identifier: Apache-2.0
"""moto, a Python emulator of the API, where some Python of this machine has it: the other
yardstick of tests/bench/accept-rate. It keeps everything in memory and checks no signature,
which is in its favour; its load comes from threads of Python, ours from a program in C.

SLIPWAY_MOTO_PYTHON names the Python that has it; without, the one on the PATH is tried."""

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time

from processes import processor_s

THREADS = 4  # more than one does not make it faster: it is one Python process
START_S = 30
SCOPE = "20260101/us-east-1/{}/aws4_request"


def _python():
    for name in (os.environ.get("SLIPWAY_MOTO_PYTHON"), "python3", "/usr/bin/python3"):
        path = name and shutil.which(name)
        if path and subprocess.run([path, "-c", "import moto.server, flask"],
                                   capture_output=True).returncode == 0:
            return path
    return None


def _headers(service):
    return {"Authorization": "AWS4-HMAC-SHA256 Credential=none/" + SCOPE.format(service)
            + ", SignedHeaders=host, Signature=none"}


def _ask(connection, operation, body):
    connection.request("POST", "/", json.dumps(body), {
        **_headers("ecs"), "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "AmazonEC2ContainerServiceV20141113." + operation})
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"moto: {operation}: {text[:300]}")
    return json.loads(text)


def _prepare(port):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("POST", "/", "Action=DescribeSubnets&Version=2016-11-15", {
        **_headers("ec2"), "Content-Type": "application/x-www-form-urlencoded"})
    subnet = re.search(rb"<subnetId>([^<]+)<", connection.getresponse().read()).group(1).decode()
    _ask(connection, "CreateCluster", {"clusterName": "default"})
    _ask(connection, "RegisterTaskDefinition", {
        "family": "bench", "networkMode": "awsvpc", "cpu": "256", "memory": "512",
        "requiresCompatibilities": ["FARGATE"],
        "containerDefinitions": [{"name": "main", "image": "hello", "essential": True,
                                  "memory": 512}]})
    return {"taskDefinition": "bench", "launchType": "FARGATE", "cluster": "default",
            "networkConfiguration": {"awsvpcConfiguration": {
                "subnets": [subnet], "securityGroups": []}}}


def _load(port, body, until, took, errors):
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while time.monotonic() < until:
            start = time.monotonic()
            _ask(connection, "RunTask", body)
            took.append(time.monotonic() - start)
    except Exception as error:  # raised by who waits for the thread
        errors.append(error)


def run_task_rate(seconds):
    """As gateway_bench.load() tells it; None without moto."""
    python = _python()
    if not python:
        return None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen([python, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
                                  stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            for _ in range(START_S * 10):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            body = _prepare(port)
            took, errors, start = [], [], time.monotonic()
            before = processor_s(server.pid)
            threads = [threading.Thread(target=_load,
                                        args=(port, body, start + seconds, took, errors))
                       for _ in range(THREADS)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            whole = time.monotonic() - start
            server_s = processor_s(server.pid) - before
            if errors:
                raise errors[0]
        finally:
            server.terminate()
            server.wait()
    took.sort()
    return {"seconds": whole, "answered_ok": len(took), "rate": len(took) / whole,
            "p50_ms": took[len(took) // 2] * 1000, "p99_ms": took[len(took) * 99 // 100] * 1000,
            "server_cpu_s": round(server_s, 2),
            "server_us_each": round(server_s * 1e6 / len(took), 1)}
