# SPDX-License-Identifier: Apache-2.0
"""Machines that wait for tasks: quick, fresh, and never in the way of anything."""

import os
import pathlib
import signal
import subprocess
import time
import unittest

from slipway_server import Server

DISK_USED_KIB = 512  # a file system that nothing was written to has 52
MEMORY_PEAK_BYTES = 8 << 20  # a shell and four small programs take 3
IMAGES = 5  # a machine that waits has room for four


class Pool(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().__enter__()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)
        cls.ecs, cls.logs = cls.server.boto3("ecs"), cls.server.boto3("logs")
        cls.server.define(cls.ecs, "pooled", ["true"])
        cls.server.wait(cls.ecs, cls.server.run(cls.ecs, "pooled"))

    def fill(self):
        """The pool holds what the last launches were: two of 512 MiB now."""
        if len(self.server.waiting_machines()) < 2:
            self.server.wait(self.ecs, self.server.run(self.ecs, "pooled", count=2))
        self.server.wait_for_pool(2)

    def log(self):
        return (self.server.state / "log" / "provisioner.log").read_text()

    def pid_of(self, machine):
        for pid in self.server.qemu_pids():
            if machine.encode() in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
        raise AssertionError(f"no process of {machine}")

    def took_waiting(self, arn):
        return f"task={arn.rsplit('/', 1)[1]} takes the waiting machine" in self.log()

    def finish(self, command, family="pooled-other"):
        self.server.define(self.ecs, family, command)
        arn = self.server.run(self.ecs, family)[0]
        task = self.server.wait(self.ecs, [arn])[0]
        return arn, task, self.server.task_output(self.logs, arn).decode()

    def test_a_launch_takes_a_waiting_machine_and_works_as_any(self):
        self.fill()
        arn, task, text = self.finish(["sh", "-c", (
            "hostname; ip addr show | grep -c 'inet 10'; df -k / | tail -1; "
            "cat /sys/fs/cgroup/memory.peak")])
        self.assertTrue(self.took_waiting(arn), self.server.program_logs())
        self.assertEqual(task["containers"][0]["exitCode"], 0, text)
        lines = text.splitlines()
        address = task["attachments"][0]["details"]
        address = next(d["value"] for d in address if d["name"] == "privateIPv4Address")
        self.assertIn(address.replace(".", "-"), lines[0])
        self.assertEqual(lines[1], "1")
        # Of the rehearsal nothing is left on the disk, nor in what is counted as memory.
        self.assertLess(int(lines[2].split()[2]), DISK_USED_KIB, text)
        self.assertLess(int(lines[3]), MEMORY_PEAK_BYTES, text)

    def test_machines_of_one_template_share_no_random_number(self):
        numbers = ("head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \\n'; echo; "
                   "cat /proc/sys/kernel/random/uuid /proc/sys/kernel/random/boot_id; "
                   "for i in 1 2 3; do grep -m1 stack /proc/self/maps | cut -d- -f1; done; "
                   "cat /sys/class/dmi/id/product_uuid 2>/dev/null; mktemp -u")
        seen = []
        for _ in range(4):
            self.fill()
            arn, task, text = self.finish(["sh", "-c", numbers], "random")
            self.assertTrue(self.took_waiting(arn))
            self.assertEqual(task["containers"][0]["exitCode"], 0, text)
            seen.append(text.split("\n"))
        lines = [line.strip() for text in seen for line in text if line.strip()]
        twice = {line for line in lines if lines.count(line) > 1}
        self.assertEqual(twice, set())

    def test_the_clock_is_right_however_long_a_machine_has_waited(self):
        self.fill()
        before = time.time()
        arn, _, text = self.finish(["date", "+%s"], "clock")
        self.assertTrue(self.took_waiting(arn))
        self.assertGreaterEqual(int(text), int(before))
        self.assertLessEqual(int(text), time.time() + 1)

    def test_a_waiting_machine_that_is_killed_costs_nothing(self):
        self.fill()
        for machine in self.server.waiting_machines():
            os.kill(self.pid_of(machine), signal.SIGKILL)
        _, task, text = self.finish(["echo", "fine"])
        self.assertEqual((task["containers"][0]["exitCode"], text), (0, "fine\n"))
        self.assertEqual(task["stopCode"], "EssentialContainerExited")

    def test_a_waiting_machine_that_hangs_costs_a_slower_launch(self):
        self.fill()
        hanging = [self.pid_of(machine) for machine in self.server.waiting_machines()]
        for pid in hanging:
            os.kill(pid, signal.SIGSTOP)
        try:
            _, task, text = self.finish(["echo", "fine"])
        finally:
            for pid in hanging:
                try:
                    os.kill(pid, signal.SIGCONT)
                except ProcessLookupError:
                    pass
        self.assertEqual((task["containers"][0]["exitCode"], text), (0, "fine\n"))

    def assert_boots(self, family):
        arn = self.server.run(self.ecs, family)[0]
        task = self.server.wait(self.ecs, [arn])[0]
        self.assertEqual({one.get("exitCode") for one in task["containers"]}, {0}, task)
        self.assertFalse(self.took_waiting(arn), self.server.program_logs())

    def test_another_size_boots_and_the_pool_follows_it(self):
        self.fill()
        for cpu, memory in (("512", "1024"), ("1024", "2048")):
            self.server.define(self.ecs, f"size-{cpu}", ["nproc"], cpu=cpu, memory=memory)
            self.assert_boots(f"size-{cpu}")
        deadline = time.monotonic() + 120
        while self.server.waiting_machines():
            self.assertLess(time.monotonic(), deadline, self.server.program_logs())
            time.sleep(0.2)

    def test_more_storage_and_many_images_boot(self):
        self.fill()
        task = {"networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256",
                "memory": "512"}
        for number in range(IMAGES):
            subprocess.run(["skopeo", "--insecure-policy", "copy", "--src-tls-verify=false",
                            "--dest-tls-verify=false", f"docker://{self.server.image}",
                            f"docker://{self.server.registry}/copy-{number}:latest"],
                           check=True, capture_output=True)
        many = [{"name": f"c{number}", "command": ["true"], "essential": False,
                 "image": f"{self.server.registry}/copy-{number}:latest"}
                for number in range(IMAGES)]
        many[-1] |= {"command": ["sleep", "1"], "essential": True}
        self.ecs.register_task_definition(family="many", containerDefinitions=many, **task)
        self.ecs.register_task_definition(family="large", containerDefinitions=many[-1:],
                                          ephemeralStorage={"sizeInGiB": 21}, **task)
        self.assert_boots("many")
        self.assert_boots("large")


class PoolEnds(unittest.TestCase):
    def test_nothing_is_left_of_the_pool_after_a_clean_end(self):
        with Server() as server:
            ecs = server.boto3("ecs")
            server.define(ecs, "once", ["true"])
            server.wait(ecs, server.run(ecs, "once"))
            server.wait_for_pool(1)
            self.assertGreater(len(server.qemu_pids()), 0)
            server.stop()
            self.assertEqual(server.qemu_pids(), [])
            disks = [p.name for p in (server.state / "scratch").iterdir()
                     if not p.name.startswith("template-")]
            self.assertEqual(disks, [])
