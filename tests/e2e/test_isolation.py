# SPDX-License-Identifier: Apache-2.0
"""A task reaches neither other tasks, nor the host, nor the provisioner, nor
another account's anything."""

import http.server
import os
import socket
import subprocess
import threading
import time
import unittest

import shared


def host_addresses():
    text = subprocess.run(["ip", "-4", "-o", "addr"], capture_output=True, text=True).stdout
    return [line.split()[3].split("/")[0] for line in text.splitlines()]


class Isolation(unittest.TestCase):
    def setUp(self):
        self.server = shared.server()
        self.ecs, self.logs = self.server.boto3("ecs"), self.server.boto3("logs")

    def connect(self, address, port):
        """A connection to a service in a task that may still be starting."""
        deadline = time.monotonic() + 60
        while True:
            try:
                return socket.create_connection((address, port), timeout=10)
            except ConnectionRefusedError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)

    def address(self, task):
        details = {d["name"]: d["value"] for d in task["attachments"][0]["details"]}
        return details["privateIPv4Address"]

    @unittest.skipUnless(os.geteuid() == 0, "the bridge network needs root")
    def test_no_way_to_another_task_or_to_the_host(self):
        self.server.define(self.ecs, "target",
                           ["sh", "-c", "mkdir -p /www; echo secret > /www/index.html; "
                            "httpd -f -p 80 -h /www & sleep 120"],
                           portMappings=[{"containerPort": 80}])
        target = self.server.run(self.ecs, "target")[0]
        task = self.server.wait(self.ecs, [target], "RUNNING")[0]
        victim = self.address(task)
        listener = socket.create_server(("0.0.0.0", 0))  # a service of the host, on every address
        port = listener.getsockname()[1]
        handler = http.server.SimpleHTTPRequestHandler
        handler.log_message = lambda *_: None
        service = http.server.HTTPServer(("127.0.0.1", 0), handler, bind_and_activate=False)
        service.socket.close()
        service.socket = listener
        threading.Thread(target=service.serve_forever, daemon=True).start()
        try:
            # The published port is reachable from the host; the control of the experiment.
            with self.connect(victim, 80) as connection:
                connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
                self.assertIn(b"secret", b"".join(iter(lambda: connection.recv(4096), b"")))
            gateway = victim.rsplit(".", 1)[0] + ".1"
            tries = [(victim, 80), ("169.254.169.254", 80), (gateway, port),
                     (gateway, self.server.port), ("127.0.0.1", self.server.port)]
            tries += [(address, port) for address in host_addresses()]
            script = "".join(f"nc -w 3 {address} {number} </dev/null >/dev/null 2>&1 && "
                             f"echo reached {address} {number}; " for address, number in tries)
            self.server.define(self.ecs, "attacker", ["sh", "-c", script + "echo done"])
            arn = self.server.run(self.ecs, "attacker")[0]
            self.server.wait(self.ecs, [arn])
            self.assertEqual(self.server.task_output(self.logs, arn), b"done\n")
        finally:
            service.shutdown()
            listener.close()
            self.ecs.stop_task(task=target)
            self.server.wait(self.ecs, [target])

    def test_two_accounts_do_not_see_each_other(self):
        self.server.slipway("account", "create", "other")
        made = self.server.slipway("key", "create", "--account", "other").stdout
        words = dict(line.split("=", 1) for line in
                     (text.removeprefix("export ") for text in made.splitlines()) if "=" in line)
        other = self.server.boto3("ecs", aws_access_key_id=words["AWS_ACCESS_KEY_ID"],
                                  aws_secret_access_key=words["AWS_SECRET_ACCESS_KEY"])
        self.server.define(self.ecs, "mine", ["sh", "-c", "sleep 3"])
        arn = self.server.run(self.ecs, "mine")[0]
        other.create_cluster(clusterName="default")
        self.assertEqual(other.list_tasks()["taskArns"], [])
        self.assertEqual(other.list_task_definitions()["taskDefinitionArns"], [])
        identifier = arn.rsplit("/", 1)[1]
        answer = other.describe_tasks(tasks=[identifier])
        self.assertEqual(answer["tasks"], [])
        self.assertEqual(answer["failures"][0]["reason"], "MISSING")
        for call in (lambda: other.describe_tasks(tasks=[arn]),
                     lambda: other.stop_task(task=arn), lambda: other.stop_task(task=identifier),
                     lambda: other.run_task(taskDefinition="mine"),
                     lambda: other.list_tags_for_resource(resourceArn=arn)):
            with self.assertRaises(Exception) as caught:
                if call().get("failures"):
                    raise LookupError("MISSING")
            self.assertNotIn("assert", str(type(caught.exception)).lower())
        self.server.wait(self.ecs, [arn])

    def settled_status(self, pid):
        """Of a QEMU that has started: one that is just being made for the pool locks itself in
        before its guest runs."""
        deadline = time.monotonic() + 10
        while True:
            status = dict(line.split(":\t", 1) for line in
                          open(f"/proc/{pid}/status").read().splitlines() if ":\t" in line)
            if status["Seccomp"].strip() == "2" or time.monotonic() > deadline:
                return status
            time.sleep(0.1)

    @unittest.skipUnless(os.geteuid() == 0, "users of machines differ only for root")
    def test_qemu_is_confined(self):
        self.server.define(self.ecs, "confined", ["sh", "-c", "sleep 20"])
        arns = self.server.run(self.ecs, "confined", count=2)
        self.server.wait(self.ecs, arns, "RUNNING")
        users = set()
        pids = self.server.qemu_pids()
        self.assertGreaterEqual(len(pids), 2)
        for pid in pids:
            status = self.settled_status(pid)
            uid = status["Uid"].split()[0]
            self.assertNotEqual(uid, "0")
            users.add(uid)
            self.assertEqual(int(status["CapEff"], 16), 0)
            self.assertEqual(status["Seccomp"].strip(), "2")
            self.assertEqual(status["NoNewPrivs"].strip(), "1")
        self.assertEqual(len(users), len(pids))
        for arn in arns:
            self.ecs.stop_task(task=arn)
        self.server.wait(self.ecs, arns)
