# SPDX-License-Identifier: Apache-2.0
"""Log drivers: which lines become which events, and where they go."""

import os
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import shared
from slipway_server import ROOT

GROUP = "/slipway/tasks"
EVENT_MAX = 256 * 1024 - 26


def container(name, script, **options):
    return {"name": name, "command": ["sh", "-c", script], "essential": False,
            "logConfiguration": {"logDriver": "awslogs", "options": {
                "awslogs-group": GROUP, "awslogs-region": "us-east-1",
                "awslogs-stream-prefix": "joined", **options}}}


class Joining(unittest.TestCase):
    def setUp(self):
        self.server = shared.server()
        self.ecs, self.logs = self.server.boto3("ecs"), self.server.boto3("logs")

    def start(self, family, *containers):
        self.ecs.register_task_definition(
            family=family, networkMode="awsvpc", requiresCompatibilities=["FARGATE"],
            cpu="256", memory="512", containerDefinitions=[
                {"image": self.server.image, **c} for c in
                (*containers, {"name": "last", "command": ["true"], "dependsOn": [
                    {"containerName": c["name"], "condition": "COMPLETE"} for c in containers]})])
        return self.server.run(self.ecs, family)[0]

    def events(self, arn, name):
        stream = f"joined/{name}/{arn.rsplit('/', 1)[1]}"
        found, token = [], None
        while True:
            try:
                page = self.logs.get_log_events(
                    logGroupName=GROUP, logStreamName=stream, startFromHead=True,
                    **({"nextToken": token} if token else {}))
            except self.logs.exceptions.ResourceNotFoundException:
                return []
            found += page["events"]
            if page["nextForwardToken"] == token:
                return found
            token = page["nextForwardToken"]

    def messages(self, arn, name):
        return [event["message"] for event in self.events(arn, name)]

    def test_lines_are_joined_by_a_pattern_and_by_a_format_of_time(self):
        arn = self.start(
            "joined",
            container("pattern", "echo before; echo INFO one; echo ERROR two; sleep 0.3; "
                      "echo '  at a' >&2; sleep 0.3; echo '  at b'; echo; echo INFO three; "
                      "sleep 12; echo late; echo INFO four; printf end",
                      **{"awslogs-multiline-pattern": "^(INFO|ERROR)\\s"}),
            container("format", "echo '[Nov 22, 2026 21:05:59] up'; echo ' and more'; "
                      "echo '[Foo 22, 2026 21:05:59] no'; echo '[Nov 23, 2026 00:00:00] down'",
                      **{"awslogs-datetime-format": r"^\[%b %d, %Y %H:%M:%S\]",
                         "mode": "non-blocking"}),
            container("long", "seq 1 100000 > f; echo BEGIN; cat f; echo BEGIN; echo end",
                      **{"awslogs-multiline-pattern": "BEGIN"}),
            # No pattern takes long, whatever it is.
            container("cruel", "line=$(printf 'a%.0s' $(seq 1 8000))!; "
                      "for i in $(seq 1 100); do echo $line; done; echo done",
                      **{"awslogs-multiline-pattern": "(a+)+$"}))
        deadline = time.monotonic() + 120
        while "INFO three\n" not in (found := self.messages(arn, "pattern")):
            self.assertLess(time.monotonic(), deadline, found)
            time.sleep(0.2)
        # What is not followed by anything does not wait for it, and no provisioner's death
        # loses or doubles a line.
        self.assertEqual(found, ["before\n", "INFO one\n", "ERROR two\n  at a\n  at b\n\n",
                                 "INFO three\n"])
        os.kill(self.server.pid("provisioner"), signal.SIGKILL)
        self.server.wait(self.ecs, [arn])
        self.assertEqual(self.messages(arn, "pattern")[4:], ["late\n", "INFO four\nend\n"])
        self.assertEqual(self.messages(arn, "format"), [
            "[Nov 22, 2026 21:05:59] up\n and more\n[Foo 22, 2026 21:05:59] no\n",
            "[Nov 23, 2026 00:00:00] down\n"])
        long = self.messages(arn, "long")
        self.assertEqual(long[-1], "BEGIN\nend\n")
        self.assertEqual("".join(long[:-1]),
                         "BEGIN\n" + "".join(f"{n}\n" for n in range(1, 100001)))
        self.assertLess(len(long), 20)  # four, and some where the five seconds were over
        self.assertLessEqual(max(map(len, long)), EVENT_MAX)
        self.assertGreater(max(map(len, long)), 65536)
        cruel = "".join(self.messages(arn, "cruel")).splitlines()
        self.assertEqual(cruel.pop(1)[:36], "[slipway] awslogs-multiline-pattern ")
        self.assertEqual(cruel, ["a" * 8000 + "!"] * 100 + ["done"])
        # The time of an event is that of its first line.
        error = self.events(arn, "pattern")[2]
        self.assertEqual(error["message"][:5], "ERROR")
        self.assertLess(error["timestamp"], self.events(arn, "pattern")[3]["timestamp"] - 500)


def make_router(server):
    """An image with log_router.c, which stands for fluent-bit: Debian has none, and the image
    that people use is in a registry that tests do not reach. So what is shown is what a router is
    given and what it is sent, and not that fluent-bit understands it."""
    with tempfile.TemporaryDirectory(prefix="slipway-image-") as folder:
        layout, program = Path(folder) / "layout", Path(folder) / "router"
        shutil.copytree(Path(ROOT) / "build/hello-image", layout)
        subprocess.run(["gcc", "-O1", "-static", "-o", program,
                        Path(ROOT) / "tests/e2e/log_router.c"], check=True)
        rootless = [] if os.geteuid() == 0 else ["--rootless"]
        subprocess.run(["umoci", "insert", *rootless, "--image", f"{layout}:latest", program,
                        "/bin/router"], check=True, capture_output=True)
        target = f"{server.registry}/router:latest"
        subprocess.run(["skopeo", "--insecure-policy", "copy", "--dest-tls-verify=false",
                        f"oci:{layout}:latest", f"docker://{target}"], check=True,
                       capture_output=True)
        return target


def unpack(data, at=0):
    """One value of MessagePack, and where the next begins; of what the protocol needs."""
    kind = data[at]
    if kind < 0x80:
        return kind, at + 1
    if kind < 0x90:
        found, at = {}, at + 1
        for _ in range(kind & 15):
            key, at = unpack(data, at)
            found[key], at = unpack(data, at)
        return found, at
    if kind < 0xa0:
        found, at = [], at + 1
        for _ in range(kind & 15):
            value, at = unpack(data, at)
            found.append(value)
        return found, at
    if kind == 0xd7:
        assert data[at + 1] == 0
        seconds, nanoseconds = struct.unpack_from(">II", data, at + 2)
        return seconds + nanoseconds / 1e9, at + 10
    size, begin = ((kind & 31, at + 1) if kind < 0xc0 else
                   (data[at + 1], at + 2) if kind == 0xd9 else
                   (struct.unpack_from(">H", data, at + 1)[0], at + 3))
    return data[begin:begin + size].decode(), begin + size


class Routing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = shared.server()
        cls.ecs, cls.logs = cls.server.boto3("ecs"), cls.server.boto3("logs")
        cls.image = make_router(cls.server)

    def register(self, family, router, *senders):
        return self.ecs.register_task_definition(
            family=family, networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256",
            memory="512", executionRoleArn="arn:aws:iam::111122223333:role/execution",
            containerDefinitions=[
                *({"image": self.image, "logConfiguration": {
                    "logDriver": "awsfirelens", "options": options, "secretOptions": secret}, **one}
                  for one, options, secret in senders),
                {"name": "router", "image": self.image, **router}])["taskDefinition"]

    def lines(self, arn, name):
        return self.server.task_output(self.logs, arn, name).decode().splitlines()

    def messages(self, lines):
        """What the router was sent, in the order of each sender."""
        peers = {}
        for line in lines:
            peer, data = line.split()
            peers[peer] = peers.get(peer, b"") + bytes.fromhex(data)
        found = []
        for data in peers.values():
            at = 0
            while at < len(data):
                value, at = unpack(data, at)
                found.append(value)
        return found

    def test_output_goes_to_the_router_that_a_task_has(self):
        script = ("env | grep FLUENT_ | sort; echo to stderr >&2; "
                  "i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo line $i; done; "
                  "printf 'x%.0s' $(seq 1 20000); echo; printf end")
        began = time.time()
        self.server.boto3("ssm").put_parameter(Name="/routed/key", Value="of the output",
                                               Type="SecureString", Overwrite=True)
        definition = self.register(
            "routed",
            {"essential": True, "firelensConfiguration": {"type": "fluentbit", "options": {
                "enable-ecs-log-metadata": "true", "config-file-type": "file",
                "config-file-value": "/etc/extra.conf"}},
             # It is late, and nobody waits for it.
             "command": ["sh", "-c", "cat /fluent-bit/etc/fluent-bit.conf; echo ==; echo $api_key_0; "
                         "sleep 2; "
                         "exec router /var/run/fluent.sock"]},
            ({"name": "app", "essential": True, "command": ["sh", "-c", script]},
             {"Name": "cloudwatch", "region": "us-east-1", "log_group_name": "g",
              "exclude-pattern": "^debug", "log-driver-buffer-limit": "2097152"},
             [{"name": "api_key", "valueFrom": "/routed/key"}]),
            ({"name": "other", "essential": False, "command": ["echo", "hello"]}, {}, []))
        self.assertIn({"name": "ecs.capability.firelens.fluentbit"},
                      definition["requiresAttributes"])
        arn, = self.server.run(self.ecs, "routed")
        task, = self.server.wait(self.ecs, [arn])
        task_id = arn.rsplit("/", 1)[1]
        containers = {one["name"]: one for one in task["containers"]}
        self.assertEqual({name: one["exitCode"] for name, one in containers.items()},
                         {"app": 0, "other": 0, "router": 0})
        lines = self.lines(arn, "router")
        # The router was stopped last, when all had hung up.
        self.assertEqual(lines.pop(), "over")
        config = "\n".join(lines[:lines.index("==")])
        self.assertEqual(config, f"""\
[INPUT]
    Name tcp
    Listen 127.0.0.1
    Port 8877
    Tag firelens-healthcheck

[INPUT]
    Name forward
    unix_path /var/run/fluent.sock

[INPUT]
    Name forward
    Listen 127.0.0.1
    Port 24224

[FILTER]
    Name grep
    Match app-firelens*
    Exclude log ^debug

[FILTER]
    Name record_modifier
    Match *
    Record ecs_cluster default
    Record ecs_task_arn {arn}
    Record ecs_task_definition routed:1

@INCLUDE /etc/extra.conf

[OUTPUT]
    Name null
    Match firelens-healthcheck

[OUTPUT]
    Match app-firelens*
    Name cloudwatch
    region us-east-1
    log_group_name g
    api_key ${{api_key_0}}
""")
        self.assertEqual(lines[lines.index("==") + 1], "of the output")
        messages = self.messages(lines[lines.index("==") + 2:])
        other, = (one for one in messages if one[0] == f"other-firelens-{task_id}")
        self.assertEqual(other[2], {"log": "hello", "source": "stdout", "container_name": "other",
                                    "container_id": containers["other"]["runtimeId"]})
        records = [one for one in messages if one[0] == f"app-firelens-{task_id}"]
        self.assertEqual(len(messages), len(records) + 1)
        for _, when, record in records:
            self.assertTrue(began < when < time.time())
            self.assertEqual(record["container_id"], containers["app"]["runtimeId"])
            self.assertEqual(record["container_name"], "app")
        errors = [record["log"] for _, _, record in records if record["source"] == "stderr"]
        self.assertEqual(errors, ["to stderr"])
        output = [record for _, _, record in records if record["source"] == "stdout"]
        self.assertEqual([record["log"] for record in output[:3]],
                         ["FLUENT_HOST=127.0.0.1", "FLUENT_PORT=24224", "line 1"])
        self.assertEqual([record["log"] for record in output[2:2002]],
                         [f"line {i}" for i in range(1, 2001)])
        first, second, end = output[2002:]
        self.assertEqual(first["log"] + second["log"], "x" * 20000)
        self.assertEqual([(one["partial_message"], one["partial_ordinal"], one["partial_last"])
                          for one in (first, second)],
                         [("true", "1", "false"), ("true", "2", "true")])
        self.assertEqual(first["partial_id"], second["partial_id"])
        self.assertEqual((end["log"], "partial_id" in end), ("end", False))
        # None of it came to us.
        for name in ("app", "other"):
            with self.assertRaises(self.logs.exceptions.ResourceNotFoundException):
                self.lines(arn, name)


if __name__ == "__main__":
    unittest.main()
