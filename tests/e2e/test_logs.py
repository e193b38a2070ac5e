# SPDX-License-Identifier: Apache-2.0
"""Log drivers: which lines become which events, and where they go."""

import os
import signal
import time
import unittest

import shared

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


if __name__ == "__main__":
    unittest.main()
