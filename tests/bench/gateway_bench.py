# SPDX-License-Identifier: Apache-2.0
"""What the benches of the gateway share: a real slipway-gateway on a real store in a folder
of its own (no provisioner), the load client, nghttpd as the yardstick, and the table.

The client, the gateway and the yardstick share the machine's processors; each figure says
how much processor time the server took, so that a machine with more of them can be judged."""

import argparse
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from processes import processor_s

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(os.environ.get("SLIPWAY_PROGRAMS", ROOT / "build/release/bin"))
KEY = "AKIABENCHBENCHBENCH2"
SECRET = "0123456789abcdefghijABCDEFGHIJ0123456789"
ACCOUNT = "123456789012"
TARGET = "AmazonEC2ContainerServiceV20141113."  # of operations that are given without theirs
SERVICES = {"AmazonEC2ContainerServiceV20141113": "ecs", "AWSEvents": "events"}
START_S = 30
CONTAINERS = [{"name": "main", "image": "127.0.0.1:5000/hello:latest", "essential": True}]


def certify(folder):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", folder / "server.key", "-out", folder / "server.pem"],
        check=True, capture_output=True)


class Program:
    """A server that is started for a measurement and ended by its process id."""

    def __init__(self, argv, log):
        self.log = log
        with open(log, "ab") as out:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def alive(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.process.args[0]} ended:\n" + self.log.read_text()[-2000:])

    def end(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.wait(30)


class Gateway:
    """State folder, account and key; start() and stop() as often as wanted."""

    def __init__(self, folder=None, settings=()):
        build_client()
        self.state = Path(folder or tempfile.mkdtemp(prefix="slipway-bench-"))
        self.file_system = subprocess.run(["stat", "-f", "-c", "%T", self.state], check=True,
                                          capture_output=True, text=True).stdout.strip()
        self.settings = dict(settings)
        for name in ("db", "tls", "run"):
            (self.state / name).mkdir(exist_ok=True)
        certify(self.state / "tls")
        self.doorbell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.doorbell.bind(str(self.state / "run/doorbell"))
        self.program = None
        try:
            self.start()
            self._fill_first()
            self.stop()
        except BaseException:
            self.close()
            raise

    def start(self):
        settings = {"state_dir": self.state, "run_dir": self.state / "run",
                    "listen": "127.0.0.1:0", **self.settings}
        argv = [PROGRAMS / "slipway-gateway"]
        for name, value in settings.items():
            argv += ["--set", f"{name}={value}"]
        log = self.state / f"log-{time.monotonic_ns()}"
        self.program = Program(argv, log)
        deadline = time.monotonic() + START_S
        while True:
            self.program.alive()
            found = re.search(r" ready address=127\.0\.0\.1:(\d+)", log.read_text())
            if found:
                break
            if time.monotonic() > deadline:
                raise RuntimeError("the gateway does not get ready:\n" + log.read_text())
            time.sleep(0.02)
        self.port = int(found.group(1))
        self.pid = self.program.process.pid

    def stop(self, number=signal.SIGTERM):
        if self.program:
            self.program.end(number)
            self.program = None

    def database(self):
        return sqlite3.connect(self.state / "db/state.db")

    def _fill_first(self):
        now = int(time.time() * 1000)
        with self.database() as db:
            db.execute("INSERT INTO account VALUES (?, 'bench', ?)", (ACCOUNT, now))
            db.execute("INSERT INTO access_key VALUES (?, ?, ?, 'bench', 1, ?)",
                       (KEY, SECRET, ACCOUNT, now))
            db.execute("INSERT INTO cluster VALUES (?, 'default', 1, '[]', NULL, '[]', '[]', NULL,"
                       " ?)", (ACCOUNT, now))
        db.close()
        answer_body(self, "RegisterTaskDefinition", json.dumps(
            {"family": "bench", "networkMode": "awsvpc", "cpu": "256", "memory": "512",
             "requiresCompatibilities": ["FARGATE"], "containerDefinitions": CONTAINERS}))

    def fill_tasks(self, count):
        """@count tasks that have run and STOPPED, their ids as tests/bench/load/requests.c
        makes them."""
        now = int(time.time() * 1000)
        values = {
            "id": "printf('%08x%024x', (n * 2654435761) % 4294967296, n)", "account": f"'{ACCOUNT}'",
            "cluster": "'default'", "family": "'bench'", "revision": 1,
            "group_name": "'family:bench'", "started_by": "''", "launch_type": "'FARGATE'",
            "capacity_provider": "''", "platform_version": "'1.4.0'", "cpu_units": 256,
            "memory_mib": 512, "storage_gib": 20, "exec_enabled": 0, "subnet": "'default'",
            "groups_json": "'[\"default\"]'", "public_ip": 0, "zone": "'us-east-1a'",
            "overrides_json": "'{\"containerOverrides\":[{\"name\":\"main\"}]}'",
            "spec_json": "'" + json.dumps({"containers": CONTAINERS, "ephemeralStorageGiB": 20}) + "'",
            "client_token": "''", "attachment_id": "'6f6d3f2e-0000-4000-8000-000000000000'",
            "network_interface_id": "'eni-0123456789abcdef0'", "subnet_id": "'default'",
            "state": "'STOPPED'", "want_stopped": 1, "version": 7,
            "stop_code": "'EssentialContainerExited'",
            "stopped_reason": "'Essential container in task exited'",
            "created_ms": f"{now - 86400000} + n / 100", "connectivity_ms": now, "pull_started_ms": now,
            "pull_stopped_ms": now, "started_ms": now, "stopping_ms": now,
            "execution_stopped_ms": now, "stopped_ms": now, "address": "'10.213.0.9'",
            "mac": "'02:00:00:00:00:01'", "machine": "'slipway-bench'", "agent_seq": 4}
        numbers = f"WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number" \
                  f" WHERE n < {count - 1}) "
        db = self.database()
        # A table that is filled in the order of its ids is what one filled by many runs is not:
        # rows go in by number, so that ids are scattered over the pages.
        db.execute("PRAGMA cache_size = -262144")
        with db:
            db.execute(f"INSERT INTO task ({', '.join(values)}) {numbers} SELECT "
                       + ", ".join(map(str, values.values())) + " FROM number")
            db.execute("INSERT INTO task_container (task, position, name, image, arn_id, essential,"
                       " cpu, memory, memory_reservation, image_digest, runtime_id, state,"
                       " exit_code, reason) " + numbers + f"SELECT {values['id']}, 0, 'main',"
                       " '127.0.0.1:5000/hello:latest', '6f6d3f2e-0000-4000-8000-000000000001', 1,"
                       " 0, 0, 0, 'sha256:" + "0" * 64 + "', 'bench-0123456789', 'STOPPED', 0, ''"
                       " FROM number")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()

    def close(self):
        self.stop()
        self.doorbell.close()
        shutil.rmtree(self.state, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


class Nghttpd:
    """nghttpd serving @body to whatever is asked."""

    def __init__(self, body, threads=1):
        self.folder = Path(tempfile.mkdtemp(prefix="slipway-nghttpd-"))
        (self.folder / "root").mkdir()
        (self.folder / "root/index.html").write_bytes(body)
        certify(self.folder)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.program = Program(
            ["nghttpd", "-d", self.folder / "root", "-n", str(threads), "-a", "127.0.0.1",
             str(self.port), self.folder / "server.key", self.folder / "server.pem"],
            self.folder / "log")
        self.pid = self.program.process.pid
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise

    def _wait(self):
        for _ in range(200):
            self.program.alive()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise RuntimeError("nghttpd does not listen")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.program.end()
        shutil.rmtree(self.folder, ignore_errors=True)


def build_client():
    """The load client is no part of the programs; building what is there takes no time."""
    if (PROGRAMS / "bench_load").exists() and "SLIPWAY_PROGRAMS" in os.environ:
        return
    subprocess.run(["cmake", "--build", "--preset", "release", "--target", "bench_load"],
                   cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def target_of(operation):
    """(X-Amz-Target, the service that it is signed for)."""
    target = operation if "." in operation else TARGET + operation
    return target, SERVICES[target.split(".")[0]]


def _client(server, operation, body, options, seconds, *more):
    # As many as nobody could answer in that time; the client signs them in advance.
    requests = 150000 * (seconds + 1)
    target, service = target_of(operation)
    environment = dict(os.environ, AWS_ACCESS_KEY_ID=KEY, AWS_SECRET_ACCESS_KEY=SECRET,
                       AWS_REGION="us-east-1")
    return subprocess.Popen(
        [PROGRAMS / "bench_load", "--port", str(server.port), "--target", target, "--service",
         service, "--body", body, "--connections", str(options.connections), "--streams",
         str(options.streams), "--threads", str(options.client_threads), "--seconds",
         str(seconds), "--requests", str(requests), *more],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _end(client):
    out, errors = client.communicate(timeout=600)
    if client.returncode != 0:
        raise RuntimeError("bench_load: " + errors)
    return json.loads(out)


def load_and_kill(gateway, target, body, options, first):
    """Kill the gateway while it answers; how many answers came, all of them successes."""
    with gateway.database() as db:
        before = db.execute("SELECT COUNT(*) FROM task").fetchone()[0]
        client = _client(gateway, target, body, options, 60, "--first", str(first),
                         "--may-break", "1")
        # Some thousand calls later it is in the middle of many.
        while db.execute("SELECT COUNT(*) FROM task").fetchone()[0] < before + 3000:
            if client.poll() is not None:
                raise RuntimeError("the load ended before the gateway was killed")
            time.sleep(0.02)
    db.close()
    gateway.stop(signal.SIGKILL)
    return _end(client)["answered_ok"]


def load(server, target, body, options, ids=0, seconds=None, first=0, rate=0):
    """One measurement: what the client says, and the server's processor time. @rate: so many
    requests a second; 0: as many as are answered."""
    before = processor_s(server.pid)
    result = _end(_client(server, target, body, options, seconds or options.seconds,
                          "--ids", str(ids), "--first", str(first), "--rate", str(rate)))
    result["server_cpu_s"] = round(processor_s(server.pid) - before, 2)
    if result["answered_ok"]:
        result["server_us_each"] = round(result["server_cpu_s"] * 1e6 / result["answered_ok"], 1)
    if result["failed"]:
        print(f"  {result['failed']} answers were no success, the first: "
              f"{result['first_failure']}", flush=True)
    return result


def answer_body(server, operation, body):
    """The bytes that one such request is answered with."""
    target, service = target_of(operation)
    done = subprocess.run(
        ["curl", "-sk", "--http2", "--aws-sigv4", f"aws:amz:us-east-1:{service}", "--user",
         f"{KEY}:{SECRET}", "-H", "content-type: application/x-amz-json-1.1", "-H",
         f"x-amz-target: {target}", "-d", body, f"https://127.0.0.1:{server.port}/"],
        capture_output=True, check=True)
    if b'"__type"' in done.stdout:
        raise RuntimeError(done.stdout.decode())
    return done.stdout


def arguments(text):
    parser = argparse.ArgumentParser(description=text.split("\n\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=3, help="gateway and yardstick in turn")
    parser.add_argument("--seconds", type=int, default=3, help="measured, of each round")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--streams", type=int, default=1, help="open at once, of a connection")
    parser.add_argument("--client-threads", type=int, default=1)
    parser.add_argument("--json", metavar="FILE", help="write the object there as well")
    return parser


def middle(rounds):
    """The round of the median rate."""
    return sorted(rounds, key=lambda row: row["rate"])[len(rounds) // 2]


def ratio(ours, theirs):
    """The median of the rounds' ratios: both of one round felt the same machine."""
    return statistics.median(a["rate"] / b["rate"] for a, b in zip(ours, theirs))


def print_rates(rows):
    """@rows: a name and its rounds."""
    print(f"\n{'':<36} {'a second':>9} {'from':>7} {'to':>7} {'p50':>9} {'p99':>9} {'processor':>10}")
    for name, rounds in rows:
        row = middle(rounds)
        rates = [one["rate"] for one in rounds]
        each = f"{row['server_us_each']:>7.0f} us" if "server_us_each" in row else f"{'':>10}"
        print(f"{name:<36} {row['rate']:>9.0f} {min(rates):>7.0f} {max(rates):>7.0f}"
              f" {row['p50_ms']:>6.2f} ms {row['p99_ms']:>6.2f} ms {each}")
    print(f"(median, least and most of the rounds; processor: the server's time for one answer;"
          f" {os.cpu_count()} cores, client included)")


def finish(result, options):
    print(json.dumps(result))
    if options.json:
        Path(options.json).write_text(json.dumps(result) + "\n")
