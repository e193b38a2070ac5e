# SPDX-License-Identifier: Apache-2.0
"""Events from elsewhere to running tasks: a folder, a PostgreSQL outbox and a stream of NATS
JetStream, each a real one; and a relay that is killed while it takes them."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from slipway_server import Server

POSTGRES = Path("/usr/lib/postgresql/15/bin")
PATIENCE_S = 30
STORM = 200  # of each source
KILLS = 3
AS_ROOT = os.geteuid() == 0


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def until(ready, what):
    deadline = time.monotonic() + PATIENCE_S
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.05)


class Database:
    """A PostgreSQL of the test's own, as an ordinary user."""

    def __init__(self, folder):
        self.port, self.folder = free_port(), folder / "postgresql"
        self.folder.mkdir()
        self.user = {"user": "postgres", "group": "postgres", "extra_groups": []} if AS_ROOT else {}
        if AS_ROOT:
            shutil.chown(self.folder, "postgres", "postgres")
        subprocess.run([POSTGRES / "initdb", "-D", self.folder / "data", "-U", "slip", "-A", "trust",
                        "--no-sync"], check=True, capture_output=True, cwd="/", **self.user)
        self.start()
        self.sql("CREATE TABLE outbox (id bigserial PRIMARY KEY, payload jsonb NOT NULL,"
                 " created timestamptz NOT NULL DEFAULT now())")

    def start(self):
        self.process = subprocess.Popen(
            [POSTGRES / "postgres", "-D", self.folder / "data", "-h", "127.0.0.1", "-k", "",
             "-p", str(self.port), "-c", "fsync=off"], cwd="/", stderr=subprocess.DEVNULL,
            **self.user)
        until(lambda: subprocess.run(
            [POSTGRES / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)],
            check=False).returncode == 0, "PostgreSQL does not start")

    def sql(self, text):
        done = subprocess.run(["psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "slip",
                               "-d", "postgres", "-qAt", "-v", "ON_ERROR_STOP=1", "-c", text],
                              check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(PATIENCE_S)


class Nats:
    """A nats-server of the test's own, and as much of its protocol as the test speaks."""

    def __init__(self, folder):
        self.port = free_port()
        self.process = subprocess.Popen(
            ["nats-server", "-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", folder / "nats"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self.connect, "nats-server does not start")
        self.ask("$JS.API.STREAM.CREATE.ORDERS", json.dumps(
            {"name": "ORDERS", "subjects": ["orders.>"], "storage": "file"}))

    def connect(self):
        try:
            self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)
        except OSError:
            return False
        self.stream = self.socket.makefile("rb")
        self.stream.readline()
        self.socket.sendall(b'CONNECT {"verbose":false,"headers":true}\r\nSUB answer 1\r\n')
        return True

    def ask(self, subject, text, headers=None):
        body = text.encode()
        if headers:
            head = "NATS/1.0\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n"
            sizes, body = f"{len(head)} {len(head) + len(body)}", head.encode() + body
            verb = "HPUB"
        else:
            sizes, verb = f"{len(body)}", "PUB"
        self.socket.sendall(f"{verb} {subject} answer {sizes}\r\n".encode() + body + b"\r\n")
        while True:
            words = self.stream.readline().split()
            if words[0] == b"PING":
                self.socket.sendall(b"PONG\r\n")
            elif words[0] == b"MSG":
                answer = json.loads(self.stream.read(int(words[-1])))
                self.stream.readline()
                if "error" in answer:
                    raise RuntimeError(answer["error"])
                return answer

    def requests_waiting(self, consumer):
        return self.ask(f"$JS.API.CONSUMER.INFO.ORDERS.{consumer}", "")["num_waiting"]

    def stop(self):
        self.socket.close()
        self.process.terminate()
        self.process.wait(PATIENCE_S)


class EventSources(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = Path(tempfile.mkdtemp(prefix="slipway-sources-"))
        os.chmod(cls.place, 0o755)
        cls.addClassCleanup(shutil.rmtree, cls.place, ignore_errors=True)
        for name in ("in", "storm", "kept"):
            (cls.place / name).mkdir()
            os.chmod(cls.place / name, 0o777)
        cls.database = Database(cls.place)
        cls.addClassCleanup(cls.database.stop)
        cls.nats = Nats(cls.place)
        cls.addClassCleanup(cls.nats.stop)
        cls.server = cls.enter(Server(cls.configuration()))
        cls.ecs, cls.events = cls.server.boto3("ecs"), cls.server.boto3("events")
        cls.logs = cls.server.boto3("logs")
        cls.account = cls.server.boto3("sts").get_caller_identity()["Account"]
        cls.region = cls.server.env["AWS_REGION"]
        cls.server.define(cls.ecs, "source", ["echo", "of the definition"])

    @classmethod
    def enter(cls, context):
        value = context.__enter__()
        cls.addClassCleanup(context.__exit__, None, None, None)
        return value

    @classmethod
    def configuration(cls):
        connection = f"host=127.0.0.1 port={cls.database.port} user=slip dbname=postgres"
        return "\n".join([
            "source.files.kind = folder", f"source.files.folder = {cls.place}/in",
            "source.files.content = 1000",
            "source.storm-files.kind = folder", f"source.storm-files.folder = {cls.place}/storm",
            "source.storm-files.done = yes", "source.storm-files.source = storm.files",
            "source.kept-files.kind = folder", f"source.kept-files.folder = {cls.place}/kept",
            "source.kept-files.source = storm.kept",
            "source.rows.kind = postgresql", f"source.rows.connection = {connection}",
            "source.rows.table = public.outbox", "source.rows.channel = outbox",
            "source.rows.type = order",
            "source.messages.kind = nats", f"source.messages.url = nats://127.0.0.1:{cls.nats.port}",
            "source.messages.stream = ORDERS", ""])

    def rule(self, name, pattern, paths, words):
        """A rule whose tasks echo @words."""
        self.events.put_rule(Name=name, EventPattern=json.dumps(pattern))
        self.events.put_targets(Rule=name, Targets=[{
            "Id": "t", "Arn": f"arn:aws:ecs:{self.region}:{self.account}:cluster/default",
            "EcsParameters": {"TaskDefinitionArn": "source"},
            "InputTransformer": {
                "InputPathsMap": paths,
                "InputTemplate": json.dumps({"containerOverrides": [
                    {"name": "main", "command": ["echo", words]}]})}}])

    def output_of(self, rule):
        """What the one task of a rule says."""
        def tasks():
            return [arn for status in ("RUNNING", "STOPPED") for arn in self.ecs.list_tasks(
                startedBy=f"events-rule/{rule}", desiredStatus=status)["taskArns"]]
        try:
            until(tasks, rule)
        except TimeoutError:
            self.fail(self.server.program_logs())
        found = sorted(set(tasks()))
        self.assertEqual(len(found), 1)
        self.server.wait(self.ecs, found)
        return self.server.task_output(self.logs, found[0]).decode()

    def test_a_file_that_is_dropped_into_a_folder_starts_its_task(self):
        self.rule("file", {"source": ["files"], "detail": {"name": [{"suffix": ".csv"}]}},
                  {"path": "$.detail.path", "size": "$.detail.size", "text": "$.detail.content"},
                  "<path> of <size>: <text>")
        (self.place / "in/other.txt").write_text("not this one")
        (self.place / "in/.part").write_text("a,b,c")
        os.rename(self.place / "in/.part", self.place / "in/new.csv")
        self.assertEqual(self.output_of("file"), f"{self.place}/in/new.csv of 5: a,b,c\n")

    def test_a_row_of_an_outbox_starts_its_task_and_is_gone(self):
        self.rule("row", {"source": ["rows"], "detail-type": ["order"],
                          "detail": {"total": [{"numeric": [">", 100]}]}},
                  {"id": "$.detail.order"}, "order <id>")
        self.database.sql("""
            BEGIN;
            INSERT INTO outbox (payload, created) VALUES ('{"order": "A-0", "total": 5}', 'infinity');
            INSERT INTO outbox (payload) VALUES ('{"order": "A-1", "total": 250.5}');
            INSERT INTO outbox (payload) VALUES ('{"order": "A-2", "total": 5}');
            NOTIFY outbox;
            COMMIT""")
        self.assertEqual(self.output_of("row"), "order A-1\n")
        self.assertEqual(self.database.sql("SELECT COUNT(*) FROM outbox"), "0")

    def test_a_message_of_a_stream_starts_its_task(self):
        self.rule("message", {"source": ["/shop"], "detail-type": ["shop.order"]},
                  {"id": "$.detail.order", "kind": "$.cloudevent.kind"}, "<kind> <id>")
        self.nats.ask("orders.new", '{"order": "A-9"}', {
            "ce-specversion": "1.0", "ce-id": "9", "ce-source": "/shop", "ce-type": "shop.order",
            "ce-kind": "rush", "content-type": "application/json"})
        self.assertEqual(self.output_of("message"), "rush A-9\n")

    def test_a_server_that_goes_away_is_found_again(self):
        self.events.put_rule(Name="back", EventPattern='{"detail":{"n":["back"]}}')
        group = self.log_target("back", "/back")
        self.database.stop()
        time.sleep(0.5)
        self.database.start()
        self.database.sql(
            """INSERT INTO outbox (payload) VALUES ('{"n": "back"}'); NOTIFY outbox""")
        until(lambda: self.messages(group), self.server.program_logs())
        self.assertEqual(len(self.messages(group)), 1)

    def log_target(self, rule, group):
        self.logs.create_log_group(logGroupName=group)
        self.events.put_targets(Rule=rule, Targets=[{
            "Id": "l", "Arn": f"arn:aws:logs:{self.region}:{self.account}:log-group:{group}"}])
        return group

    def messages(self, group):
        pages = self.logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        return [json.loads(event["message"]) for page in pages for event in page["events"]]

    def kill_relay(self):
        pid = self.server.pid("relay")
        os.kill(pid, signal.SIGKILL)
        until(lambda: self.server.pid("relay") != pid, "the relay does not come again")

    def test_each_is_one_event_though_the_relay_is_killed(self):
        self.events.put_rule(Name="storm", EventPattern=json.dumps({"$or": [
            {"source": ["storm.files", "storm.kept"]}, {"detail": {"storm": [{"exists": True}]}}]}))
        group = self.log_target("storm", "/storm")
        share = STORM // (KILLS + 1)
        for part in range(KILLS + 1):
            numbers = range(part * share, (part + 1) * share)
            rows = ",".join(f"""('{{"storm": "row-{n}"}}')""" for n in numbers)
            self.database.sql(f"INSERT INTO outbox (payload) VALUES {rows}; NOTIFY outbox")
            for n in numbers:
                (self.place / f"storm/file-{n}").write_text(str(n))
                (self.place / f"kept/stays-{n}").write_text(str(n))
                self.nats.ask("orders.storm", json.dumps({"storm": f"message-{n}"}))
            if part < KILLS:
                self.kill_relay()
        wanted = sorted(f"{kind}-{n}" for kind in ("file", "stays", "row", "message")
                        for n in range(STORM))
        try:
            until(lambda: len(self.messages(group)) >= len(wanted), "storm")
        except TimeoutError:
            print(self.server.program_logs())
        found = sorted(event["detail"].get("storm") or event["detail"]["name"]
                       for event in self.messages(group))
        self.assertEqual(found, wanted)
        until(lambda: not [name for name in os.listdir(self.place / "storm") if name != ".done"],
              "files stay")
        self.assertEqual(len(os.listdir(self.place / "storm/.done")), STORM)
        self.assertEqual(len(os.listdir(self.place / "kept")), STORM)
        self.assertEqual(self.database.sql("SELECT COUNT(*) FROM outbox"), "0")
        with self.server.database() as database:
            left = database.execute("SELECT COUNT(*) FROM event_inbox").fetchone()[0]
            dead = database.execute("SELECT COUNT(*) FROM event_dead").fetchone()[0]
        self.assertEqual((left, dead), (0, 0))
        self.assertLess(self.nats.requests_waiting("slipway-messages"), 5)

    def test_the_program_is_locked_in(self):
        status = Path(f"/proc/{self.server.pid('relay')}/status").read_text()
        self.assertRegex(status, r"Seccomp:\t2")
        self.assertRegex(status, r"NoNewPrivs:\t1")
        self.assertRegex(status, r"CapEff:\t0+\n")
        if AS_ROOT:
            self.assertFalse(re.search(r"^Uid:\t0", status, re.M))


class AbsentSources(unittest.TestCase):
    """Nothing of what the configuration names is there: Slipway starts, and says so."""

    @classmethod
    def setUpClass(cls):
        cls.place = Path(tempfile.mkdtemp(prefix="slipway-absent-"))
        os.chmod(cls.place, 0o755)
        cls.addClassCleanup(shutil.rmtree, cls.place, ignore_errors=True)
        port = free_port()
        cls.server = Server("\n".join([
            "pool_machines = 0",
            "source.files.kind = folder", f"source.files.folder = {cls.place}/in",
            "source.rows.kind = postgresql", "source.rows.table = outbox",
            f"source.rows.connection = host=127.0.0.1 port={port} user=slip dbname=postgres",
            "source.messages.kind = nats", f"source.messages.url = nats://127.0.0.1:{port}",
            "source.messages.stream = ORDERS",
            f"source.messages.credentials = {cls.place}/nats.creds",
            "source.others.kind = folder", f"source.others.folder = {cls.place}",
            "source.others.account = nobody", ""]))
        cls.server.__enter__()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)

    def sources(self):
        status = json.loads(self.server.slipway("events", "status", "--json").stdout)
        return {source["name"]: source for source in status["sources"]}

    def test_each_is_named_with_what_helps_and_one_that_comes_is_read(self):
        until(lambda: all(source["state"] == "WAITS" for source in self.sources().values()),
              "states")
        found = self.sources()
        for name, texts in (("files", ("No such file", "make the folder")),
                            ("rows", ("Connection refused", "see that the server runs")),
                            ("messages", ("see that the server runs",)),
                            ("others", ("nobody", "make the account"))):
            for text in texts:
                self.assertIn(text, found[name]["reason"])
        text = self.server.slipway("events", "status").stdout
        self.assertRegex(text, r"(?m)^files +folder +\d{12} +WAITS .*make the folder")
        events, logs = self.server.boto3("events"), self.server.boto3("logs")
        region = self.server.env["AWS_REGION"]
        account = self.server.boto3("sts").get_caller_identity()["Account"]
        logs.create_log_group(logGroupName="/in")
        events.put_rule(Name="in", EventPattern='{"source":["files"]}')
        events.put_targets(Rule="in", Targets=[{
            "Id": "l", "Arn": f"arn:aws:logs:{region}:{account}:log-group:/in"}])
        (self.place / "new").mkdir()
        os.chmod(self.place / "new", 0o755)
        (self.place / "new/a.txt").write_text("a")
        os.rename(self.place / "new", self.place / "in")
        until(lambda: logs.filter_log_events(logGroupName="/in")["events"], "the file's event")
        self.assertEqual(self.sources()["files"]["state"], "READS")


if __name__ == "__main__":
    unittest.main()
