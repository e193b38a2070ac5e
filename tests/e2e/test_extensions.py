# SPDX-License-Identifier: Apache-2.0
"""What goes beyond Fargate, switched on by the configuration and asked for by stock clients."""

import os
import signal
import subprocess
import tempfile
import time
import unittest

from botocore.exceptions import BotoCoreError, ClientError

import shared
from slipway_server import PROGRAMS, ROOT, Server

RETENTION_S = 12
ROOT_USER = os.geteuid() == 0
CONF = f"""custom_sizes = yes
image_overrides = yes
privileged_containers = {"yes" if ROOT_USER else "no"}
stopped_task_retention = {RETENTION_S}s
"""
MIB = 1024 * 1024

# What a container may and what it sees, one line each.
LOOK = """
caps() { awk '/CapEff|CapBnd|Seccomp:/ {printf " %s", $2}' /proc/self/status; }
try() { what=$1; shift; "$@" >/tmp/try 2>&1 && echo $what yes || echo $what no; }
echo caps $(caps)
mkdir -p /tmp/mnt
try tmpfs mount -t tmpfs none /tmp/mnt
umount /tmp/mnt 2>/dev/null
try disk head -c 1 /dev/vda
mknod /tmp/kmsg c 1 11; try kmsg head -c 1 /tmp/kmsg
try sysctl sysctl -w kernel.panic=7
try sysfs sh -c 'echo 512 > /sys/block/vda/queue/read_ahead_kb'
try masked grep -q . /proc/timer_list
try cgroup mkdir /sys/fs/cgroup/inner
try controllers sh -c 'mkdir -p /sys/fs/cgroup/mine && echo 0 > /sys/fs/cgroup/mine/cgroup.procs \
    && for i in $(cat /sys/fs/cgroup/cgroup.procs); do echo $i > /sys/fs/cgroup/mine/cgroup.procs; \
    done; echo +memory > /sys/fs/cgroup/cgroup.subtree_control'
try unshare unshare -m true
echo memory $(cat /sys/fs/cgroup/memory.max)
echo total $(awk '/MemTotal/ {print $2}' /proc/meminfo)
echo processors $(grep -c ^processor /proc/cpuinfo)
"""


def seen(server, logs, task, container="main"):
    text = server.task_output(logs, task["taskArn"], container).decode()
    return {line.split()[0]: line.split()[1:] for line in text.splitlines() if line}


class Extensions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        shared.end()  # memory for two is not there
        cls.server = Server(CONF).__enter__()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)
        cls.ecs, cls.logs = cls.server.boto3("ecs"), cls.server.boto3("logs")

    def finish(self, family, **options):
        arn, = self.server.run(self.ecs, family, **options)
        task, = self.server.wait(self.ecs, [arn])
        return task

    def test_a_size_of_ones_own(self):
        self.server.define(self.ecs, "sized", ["sh", "-c", LOOK + "wget -qO - "
                           "$ECS_CONTAINER_METADATA_URI_V4/task; echo"], cpu="1100", memory="300")
        with self.assertRaises(ClientError) as refused:
            self.server.define(self.ecs, "sized", cpu="63", memory="300")
        self.assertIn("No Fargate configuration exists", str(refused.exception))
        task = self.finish("sized")
        self.assertEqual((task["cpu"], task["memory"]), ("1100", "300"))
        self.assertEqual(task["containers"][0]["exitCode"], 0)
        inside = seen(self.server, self.logs, task)
        self.assertEqual(inside["processors"], ["2"])
        self.assertGreaterEqual(int(inside["total"][0]), 300 * 1024)
        self.assertLess(int(inside["total"][0]), 400 * 1024)
        text = self.server.task_output(self.logs, task["taskArn"]).decode()
        self.assertIn('"Memory":300', text.replace(" ", ""))
        self.assertIn('"CPU":1.07', text.replace(" ", ""))
        with self.server.database() as state:
            used = dict(state.execute("SELECT meter, quantity FROM ledger JOIN ledger_task ON"
                                      " number = ledger.task WHERE ledger_task.task = ?",
                                      [task["taskArn"].rsplit("/", 1)[1]]))
        self.assertEqual(used, {1: 1075, 2: 300})  # 1100/1024, rounded up
        if ROOT_USER and "pool_machines = 0" not in self.server.local_conf:
            deadline = time.monotonic() + 60
            while not self.server.waiting_machines(300):  # of that size
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.1)
            waiting, = self.server.waiting_machines(300)
            self.assertEqual(self.finish("sized")["containers"][0]["exitCode"], 0)
            self.assertNotIn(waiting, self.server.waiting_machines(300))

    def test_the_smallest_size(self):
        self.server.define(self.ecs, "small", ["sh", "-c", "echo here"], cpu="64", memory="128")
        task = self.finish("small")
        self.assertEqual(task["containers"][0]["exitCode"], 0, task)

    def test_another_image_for_one_start(self):
        other = f"{self.server.registry}/other:two"
        subprocess.run(["skopeo", "--insecure-policy", "copy", "--dest-tls-verify=false",
                        f"oci:{ROOT}/build/hello-image:latest", f"docker://{other}"],
                       check=True, capture_output=True)
        self.server.define(self.ecs, "overridden", ["sh", "-c", "wget -qO - "
                           "$ECS_CONTAINER_METADATA_URI_V4"],
                           image=f"{self.server.registry}/nowhere:1")
        answer = self.server.aws(
            "ecs", "run-task", "--task-definition", "overridden", "--launch-type", "FARGATE",
            "--tags", f"key=slipway:image/main,value={other}")
        task, = self.server.wait(self.ecs, [answer["tasks"][0]["taskArn"]])
        container = task["containers"][0]
        self.assertEqual(container["exitCode"], 0, task)
        self.assertEqual(container["image"], other)
        self.assertRegex(container["imageDigest"], "^sha256:[0-9a-f]{64}$")
        inside = self.server.task_output(self.logs, task["taskArn"]).decode()
        self.assertIn(other, inside)
        self.assertIn(container["imageDigest"], inside)
        told = self.ecs.describe_tasks(tasks=[task["taskArn"]], include=["TAGS"])["tasks"][0]
        self.assertIn({"key": "slipway:image/main", "value": other}, told["tags"])

    def test_privileged_containers_are_not_had_where_the_guest_keeps_its_own_network(self):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as conf:
            conf.write("privileged_containers = yes\nnetwork_mode = user\n")
            conf.flush()
            done = subprocess.run([PROGRAMS / "slipway-provisioner", "--config", conf.name],
                                  capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("privileged_containers needs network_mode bridge", done.stderr)

    @unittest.skipUnless(ROOT_USER, "in user mode there are none")
    def test_a_privileged_container_and_one_beside_it(self):
        command = ["sh", "-c", LOOK]
        self.ecs.register_task_definition(
            family="privileged", networkMode="awsvpc", requiresCompatibilities=["FARGATE"],
            cpu="256", memory="512", containerDefinitions=[
                {"name": "main", "image": self.server.image, "command": command,
                 "privileged": True, "essential": False},
                {"name": "plain", "image": self.server.image, "command": command}])
        task = self.finish("privileged")
        self.assertEqual([c.get("exitCode") for c in task["containers"]], [0, 0], task)
        free = seen(self.server, self.logs, task)
        bound = seen(self.server, self.logs, task, "plain")
        may = ("tmpfs", "disk", "kmsg", "sysctl", "sysfs", "masked", "cgroup", "controllers",
               "unshare")
        self.assertEqual({what: free[what] for what in may}, dict.fromkeys(may, ["yes"]))
        self.assertEqual({what: bound[what] for what in may}, dict.fromkeys(may, ["no"]))
        effective, bounding, filtered = free["caps"]
        self.assertEqual((effective, filtered), (bounding, "0"))
        self.assertEqual(int(effective, 16) & 0x1ffffffffff, 0x1ffffffffff)  # 41 of them
        self.assertEqual(bound["caps"][2], "2")

    @unittest.skipUnless(ROOT_USER, "in user mode there are none")
    def test_what_a_privileged_container_does_to_its_machine_hurts_its_task_alone(self):
        self.server.define(self.ecs, "other", ["sleep", "600"], stopTimeout=2, privileged=True)
        neighbour, = self.server.run(self.ecs, "other", enableExecuteCommand=True)
        self.server.wait(self.ecs, [neighbour], "RUNNING")
        before = self.server.pid("provisioner")
        os.kill(before, signal.SIGKILL)
        while self.server.pid("provisioner") == before:
            time.sleep(0.1)
        self.server.define(self.ecs, "reset",
                           ["sh", "-c", "echo b > /proc/sysrq-trigger; sleep 60"], privileged=True)
        task = self.finish("reset")
        self.assertEqual(task["lastStatus"], "STOPPED")
        self.assertNotEqual(task["containers"][0].get("exitCode"), 0)
        running, = self.ecs.describe_tasks(tasks=[neighbour])["tasks"]
        self.assertEqual(running["lastStatus"], "RUNNING")
        # A command has what its container has, also in a task that was adopted.
        said = self.server.slipway("exec", neighbour, "--", "grep", "-c",
                                   "^Cap[EPB].*1ffffffffff$", "/proc/self/status", check=False)
        self.assertEqual(said.stdout.strip(), "3", said)
        self.ecs.stop_task(task=neighbour)
        self.server.wait(self.ecs, [neighbour])

    def test_stopped_tasks_are_forgotten_and_their_bill_is_not(self):
        self.server.define(self.ecs, "gone", ["true"])
        self.server.define(self.ecs, "stays", ["sleep", "600"], stopTimeout=2)
        stays, = self.server.run(self.ecs, "stays")
        arns = self.server.run(self.ecs, "gone", count=2,
                               tags=[{"key": "team", "value": "forgotten"}])
        ids = [arn.rsplit("/", 1)[1] for arn in arns]
        stopped = self.server.wait(self.ecs, arns)
        newest = max(task["stoppedAt"].timestamp() for task in stopped)
        deadline = time.monotonic() + RETENTION_S + 60
        for program in ("provisioner", "gateway"):
            time.sleep(max(0, newest + RETENTION_S - time.time()))
            os.kill(self.server.pid(program), signal.SIGKILL)
        while True:
            try:
                answer = self.ecs.describe_tasks(tasks=arns)
                if not answer["tasks"]:
                    break
            except BotoCoreError:
                pass  # it is being started again
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.2)
        self.assertGreaterEqual(time.time(), newest + RETENTION_S)
        self.assertEqual({f["reason"] for f in answer["failures"]}, {"MISSING"})
        listed = self.ecs.list_tasks(desiredStatus="STOPPED", family="gone")["taskArns"]
        self.assertEqual(listed, [])
        with self.assertRaises(ClientError) as unknown:
            self.ecs.stop_task(task=arns[0])
        self.assertIn("not found", str(unknown.exception))
        with self.server.database() as state:
            self.assertEqual(state.execute("SELECT COUNT(*) FROM tag WHERE value = 'forgotten'")
                             .fetchone(), (0,))
            self.assertEqual(state.execute(
                "SELECT COUNT(*) FROM task_container WHERE task IN (?, ?)", ids).fetchone(), (0,))
        for one in ids:
            self.assertIn("MEMORY", self.server.slipway("bill", "task", one, "--json").stdout)
        self.assertEqual(self.server.wait(self.ecs, [stays], "RUNNING")[0]["lastStatus"],
                         "RUNNING")
        self.ecs.stop_task(task=stays)
        self.server.wait(self.ecs, [stays])
