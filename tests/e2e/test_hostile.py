# SPDX-License-Identifier: Apache-2.0
"""A container that does its worst hurts its own task and nobody else: a neighbour goes on as
if it were alone, and what misbehaves can be stopped."""

import json
import ssl
import time
import unittest
import urllib.request

import shared

TICKS = 15
HOSTILE = {
    # Processes without end: the task's limit of processes holds, and nothing outside is short.
    "forks": "b() { b | b & }; b; while :; do :; done",
    "memory": "tail /dev/zero",
    "disk": "exec 2>/dev/null; fallocate -l 18G /a; echo $?; i=0; "
            "while fallocate -l 128M /f$i; do i=$((i+1)); done; "
            "dd if=/dev/zero of=/c bs=1M count=1000; echo $?; echo x > /d; echo $?",
    "output": "timeout 8 yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; exit 3",
    "processor": "for i in 1 2 3 4 5 6 7 8; do while :; do :; done & done; wait",
}


class Hostile(unittest.TestCase):
    def setUp(self):
        self.server = shared.server()
        self.ecs, self.logs = self.server.boto3("ecs"), self.server.boto3("logs")

    def healthy(self):
        context = ssl.create_default_context(cafile=self.server.env["AWS_CA_BUNDLE"])
        with urllib.request.urlopen(self.server.endpoint + "/healthz", context=context,
                                    timeout=10) as page:
            return json.load(page)

    def test_the_worst_of_each_kind_beside_a_neighbour(self):
        self.server.define(self.ecs, "neighbour", [
            "sh", "-c", f"i=0; while [ $i -lt {TICKS} ]; do i=$((i+1)); echo tick $i; "
            "echo $i > /file; sleep 1; done"])
        for name, script in HOSTILE.items():
            self.server.define(self.ecs, f"hostile-{name}", ["sh", "-c", script], stopTimeout=5)
        neighbour = self.server.run(self.ecs, "neighbour")[0]
        arns = {name: self.server.run(self.ecs, f"hostile-{name}")[0] for name in HOSTILE}
        self.server.wait(self.ecs, [neighbour])
        task = self.ecs.describe_tasks(tasks=[neighbour])["tasks"][0]
        self.assertEqual(task["containers"][0]["exitCode"], 0, task)
        self.assertEqual(self.server.task_output(self.logs, neighbour).decode().split("\n")[:-1],
                         [f"tick {i + 1}" for i in range(TICKS)])
        page = self.healthy()
        self.assertEqual((page["status"], page["provisioner"]), ("ok", "up"), page)

        ended = self.server.wait(self.ecs, [arns["memory"], arns["disk"]])
        memory, disk = sorted(ended, key=lambda task: task["taskArn"] != arns["memory"])
        self.assertEqual(memory["containers"][0]["exitCode"], 137, memory)
        self.assertIn("OutOfMemory", memory["containers"][0]["reason"])
        self.assertEqual(disk["containers"][0]["exitCode"], 0, disk)
        self.assertEqual(self.server.task_output(self.logs, arns["disk"]),
                         b"0\n1\n1\n")
        flood = self.server.wait(self.ecs, [arns["output"]])[0]
        self.assertEqual(flood["containers"][0]["exitCode"], 3, flood)

        for name in ("forks", "processor"):
            since = time.monotonic()
            self.ecs.stop_task(task=arns[name])
            task = self.server.wait(self.ecs, [arns[name]], timeout=60)[0]
            self.assertEqual(task["stopCode"], "UserInitiated", task)
            self.assertLess(time.monotonic() - since, 40, name)


if __name__ == "__main__":
    unittest.main()
