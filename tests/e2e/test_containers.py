# SPDX-License-Identifier: Apache-2.0
"""Containers of a task together: order, health, restarts, limits."""

import contextlib
import os
import signal
import time
import unittest

import shared

QUICK = {"interval": 5, "timeout": 2, "retries": 1}


def shell(*lines):
    return ["sh", "-c", "\n".join(lines)]


def teach_restart_policies(ecs):
    """What newer SDKs know and Debian's does not."""
    shapes = ecs.meta.service_model._shape_resolver._shape_map
    shapes["IntegerList"] = {"type": "list", "member": {"shape": "Integer"}}
    shapes["ContainerRestartPolicy"] = {"type": "structure", "members": {
        "enabled": {"shape": "Boolean"}, "ignoredExitCodes": {"shape": "IntegerList"},
        "restartAttemptPeriod": {"shape": "BoxedInteger"}}}
    members = shapes["ContainerDefinition"]["members"]
    members["restartPolicy"] = {"shape": "ContainerRestartPolicy"}


class Containers(unittest.TestCase):
    def setUp(self):
        self.server = shared.server()
        self.ecs, self.logs = self.server.boto3("ecs"), self.server.boto3("logs")

    def start(self, family, *containers, **more):
        self.ecs.register_task_definition(
            family=family, networkMode="awsvpc", requiresCompatibilities=["FARGATE"],
            cpu="256", memory="512", **more,
            containerDefinitions=[{"image": self.server.image, **c} for c in containers])
        return self.server.run(self.ecs, family)[0]

    def describe(self, arn):
        task = self.ecs.describe_tasks(tasks=[arn])["tasks"][0]
        return task, {c["name"]: c for c in task["containers"]}

    def until(self, arn, true, timeout=90):
        deadline = time.monotonic() + timeout
        while True:
            task, containers = self.describe(arn)
            if true(task, containers):
                return task, containers
            if time.monotonic() > deadline:
                self.fail(f"{task['lastStatus']} {containers}" + self.server.program_logs())
            time.sleep(0.2)

    def finish(self, arn, timeout=120):
        self.server.wait(self.ecs, [arn], timeout=timeout)
        return self.describe(arn)

    def events(self, arn, container):
        """(when, line) of each line of a container."""
        page = self.logs.get_log_events(
            logGroupName="/slipway/tasks", startFromHead=True,
            logStreamName=f"{container}/{arn.rsplit('/', 1)[1]}")
        return [(e["timestamp"] / 1000, e["message"]) for e in page["events"]]

    def lines(self, arn, container):
        return [line for _, line in self.events(arn, container)]

    def when(self, arn, container, wanted):
        return next(when for when, line in self.events(arn, container) if line == wanted)

    def test_a_sidecar_waits_for_health_and_a_check_begins_to_fail(self):
        self.server.boto3("ssm").put_parameter(Name="/web/greeting", Value="welcome, reader",
                                               Type="SecureString", Overwrite=True)
        pages = {"sourceVolume": "pages", "containerPath": "/pages"}
        arn = self.start(
            "web-and-sidecar",
            {"name": "sidecar", "essential": False, "mountPoints": [{**pages, "readOnly": True}],
             "dependsOn": [{"containerName": "web", "condition": "HEALTHY"}],
             "command": shell("wget -q -O - http://127.0.0.1:8080/page; echo ready",
                              "cat /pages/www/page; rm /pages/www/page || echo mine alone; "
                              "echo ${GREETING:-not told}",
                              "trap 'echo told; sleep 2; exit 3' TERM",
                              "while :; do sleep 0.2; done")},
            {"name": "prepare", "essential": False, "mountPoints": [pages],
             "command": shell("chown 1234 /pages")},
            {"name": "web", "user": "1234", "workingDirectory": "/tmp",
             "dependsOn": [{"containerName": "prepare", "condition": "SUCCESS"}],
             "environment": [{"name": "COLOUR", "value": "blue"}], "mountPoints": [pages],
             "secrets": [{"name": "GREETING", "valueFrom": "/web/greeting"}],
             "healthCheck": {"command": ["CMD-SHELL",
                                         "echo $(id -u) $PWD $COLOUR $(hostname) >> /tmp/checks; "
                                         "setsid sleep 1111 & "
                                         "wget -q -O - http://127.0.0.1:8080/page || exit 1"],
                             **QUICK},
             "command": shell("trap 'echo told; ps | grep -c [1]111; exit 0' TERM",
                              "sleep 4; mkdir /pages/www; echo $GREETING > /pages/www/page",
                              "httpd -f -p 8080 -h /pages/www &",
                              "sleep 12; rm /pages/www/page; sort -u /tmp/checks; hostname",
                              "while :; do sleep 0.2; done")},
            volumes=[{"name": "pages"}],
            executionRoleArn="arn:aws:iam::111122223333:role/execution")
        # The web server runs and is not well yet: its sidecar waits, and so does the task.
        task, containers = self.until(arn, lambda t, c: c["web"]["lastStatus"] == "RUNNING")
        self.assertEqual(task["lastStatus"], "ACTIVATING")
        self.assertEqual(containers["sidecar"]["lastStatus"], "PENDING")
        self.assertNotIn("runtimeId", containers["sidecar"])
        self.assertEqual((task["healthStatus"], containers["web"]["healthStatus"]),
                         ("UNKNOWN", "UNKNOWN"))
        task, containers = self.until(arn, lambda t, c: t["lastStatus"] == "RUNNING")
        self.assertEqual((task["healthStatus"], containers["web"]["healthStatus"]),
                         ("HEALTHY", "HEALTHY"))
        self.assertEqual(containers["sidecar"]["healthStatus"], "UNKNOWN")
        version = task["version"]
        os.kill(self.server.pid("provisioner"), signal.SIGKILL)  # whoever is next goes on
        # The check begins to fail. The task is of no service, so it lives on.
        task, containers = self.until(arn, lambda t, c: t["healthStatus"] == "UNHEALTHY")
        self.assertEqual(containers["web"]["healthStatus"], "UNHEALTHY")
        self.assertEqual((task["lastStatus"], task["desiredStatus"]), ("RUNNING", "RUNNING"))
        self.assertGreater(task["version"], version)
        self.ecs.stop_task(task=arn, reason="seen enough")
        task, containers = self.finish(arn)
        self.assertEqual((task["stopCode"], task["stoppedReason"]), ("UserInitiated", "seen enough"))
        self.assertEqual((containers["web"]["exitCode"], containers["sidecar"]["exitCode"]), (0, 3))
        self.assertEqual(containers["web"]["healthStatus"], "UNHEALTHY")
        self.assertNotIn("reason", containers["web"])
        # The sidecar was told first, and the server only when that had ended.
        self.assertGreaterEqual(self.when(arn, "web", "told"),
                                self.when(arn, "sidecar", "told") + 1.9)
        self.assertEqual(self.lines(arn, "sidecar")[:-1],
                         ["welcome, reader", "ready", "welcome, reader",
                          "rm: can't remove '/pages/www/page': Read-only file system",
                          "mine alone", "not told"])
        # Checks ran as the container's own: user, folder, variables, host name; and what they
        # started was gone with them.
        lines = self.lines(arn, "web")
        self.assertEqual(lines[0], f"1234 /tmp blue {lines[1]}")
        self.assertEqual(lines[-2:], ["told", "0"])

    def test_containers_wait_for_others_to_end(self):
        arn = self.start(
            "chain",
            {"name": "last", "dependsOn": [{"containerName": "good", "condition": "SUCCESS"},
                                           {"containerName": "bad", "condition": "COMPLETE"},
                                           {"containerName": "beside", "condition": "START"}],
             "command": shell("echo begins")},
            {"name": "good", "essential": False, "command": shell("sleep 2; echo ends")},
            {"name": "bad", "essential": False,
             "dependsOn": [{"containerName": "good", "condition": "SUCCESS"}],
             "command": shell("echo begins; sleep 1; echo ends; exit 4")},
            {"name": "beside", "essential": False,
             "command": shell("trap 'echo told; exit 0' TERM",
                              "echo begins; while :; do sleep 0.2; done")})
        task, containers = self.finish(arn)
        self.assertEqual({name: c["exitCode"] for name, c in containers.items()},
                         {"last": 0, "good": 0, "bad": 4, "beside": 0})
        self.assertEqual(task["stopCode"], "EssentialContainerExited")
        self.assertIn("startedAt", task)
        times = [self.when(arn, *event) for event in (
            ("beside", "begins"), ("good", "ends"), ("bad", "begins"), ("bad", "ends"),
            ("last", "begins"), ("beside", "told"))]
        self.assertEqual(times, sorted(times))

    def test_what_cannot_come_any_more_stops_the_task(self):
        failed = self.start(
            "failed-init",
            {"name": "main", "dependsOn": [{"containerName": "init", "condition": "SUCCESS"}]},
            {"name": "init", "essential": False, "command": shell("exit 1")})
        late = self.start(
            "late",
            {"name": "main", "command": shell("trap 'exit 6' TERM; while :; do sleep 0.1; done")},
            {"name": "side", "essential": False, "command": shell("echo never"),
             "dependsOn": [{"containerName": "slow", "condition": "HEALTHY"}]},
            {"name": "slow", "startTimeout": 12,
             "healthCheck": {"command": ["CMD", "sleep", "1111"], **QUICK},
             "command": shell("trap 'ps | grep -c [1]111; exit 5' TERM",
                              "while :; do sleep 0.1; done")})
        task, containers = self.finish(failed)
        self.assertEqual((task["stopCode"], task["stoppedReason"]),
                         ("TaskFailedToStart", "Task failed to start"))
        self.assertEqual(containers["init"]["exitCode"], 1)
        self.assertNotIn("exitCode", containers["main"])
        self.assertEqual(containers["main"]["reason"], "container init ended and was not SUCCESS")
        self.assertNotIn("startedAt", task)
        task, containers = self.finish(late)
        self.assertEqual((task["stopCode"], task["stoppedReason"]),
                         ("TaskFailedToStart", "Task failed to start"))
        self.assertEqual(containers["side"]["reason"],
                         "container slow was not HEALTHY within its startTimeout of 12 seconds")
        self.assertEqual((containers["slow"]["exitCode"], containers["main"]["exitCode"]), (5, 6))
        self.assertNotIn("startedAt", task)
        # A check that takes too long has failed, and is over.
        self.assertEqual(containers["slow"]["healthStatus"], "UNHEALTHY")
        self.assertEqual(self.lines(late, "slow"), ["0"])

    def test_a_restart_policy_starts_a_container_again(self):
        teach_restart_policies(self.ecs)
        run = ("n=$(($(cat /n 2>/dev/null) + 1)); echo $n > /n; echo run $n")
        arn = self.start(
            "again",
            {"name": "main", "restartPolicy": {"enabled": True, "restartAttemptPeriod": 60},
             "healthCheck": {"command": ["CMD", "true"], **QUICK},
             "command": shell(run, "[ $n = 2 ] && sleep 8 && exit 9; sleep 61; exit 7")},
            {"name": "done", "essential": False,
             "restartPolicy": {"enabled": True, "restartAttemptPeriod": 60,
                               "ignoredExitCodes": [1, 6]},
             "command": shell(run, "sleep 60.5; exit 6")})
        self.until(arn, lambda t, c: c["main"]["healthStatus"] == "HEALTHY")
        # Its second run begins with nothing known of its health, and is the same container.
        self.until(arn, lambda t, c: c["main"]["healthStatus"] == "UNKNOWN")
        task, containers = self.describe(arn)
        self.assertEqual((task["lastStatus"], containers["main"]["lastStatus"]),
                         ("RUNNING", "RUNNING"))
        self.assertNotIn("exitCode", containers["main"])
        task, containers = self.finish(arn)
        # It did not run for long enough to be started once more.
        self.assertEqual((task["stopCode"], containers["main"]["exitCode"]),
                         ("EssentialContainerExited", 9))
        self.assertEqual(containers["done"]["exitCode"], 6)
        self.assertEqual(self.lines(arn, "main"), ["run 1", "run 2"])
        self.assertEqual(self.lines(arn, "done"), ["run 1"])
        with contextlib.closing(self.server.database()) as database:
            restarts = dict(database.execute(
                "SELECT name, restarts FROM task_container WHERE task = ?",
                (arn.rsplit("/", 1)[1],)))
        self.assertEqual(restarts, {"main": 1, "done": 0})

    def test_a_container_has_its_own_memory_and_its_share_of_the_cpu(self):
        loop = ("end=$(($(date +%s) + 8)); n=0; while [ $(date +%s) -lt $end ]; do i=0; "
                "while [ $i -lt 200 ]; do i=$((i + 1)); done; n=$((n + 1)); done; echo $n")
        arn = self.start(
            "own-memory",
            {"name": "small", "essential": False, "memory": 32,
             "command": ["awk", "BEGIN { s = \"x\"; while (1) s = s s }"]},
            {"name": "little", "essential": False, "cpu": 32, "command": shell(loop),
             "dependsOn": [{"containerName": "small", "condition": "COMPLETE"}]},
            {"name": "main", "cpu": 224, "command": shell(loop + "; sleep 2"),
             "memoryReservation": 64,
             "dependsOn": [{"containerName": "small", "condition": "COMPLETE"}]})
        task, containers = self.finish(arn)
        self.assertEqual(containers["small"]["exitCode"], 137)
        self.assertTrue(containers["small"]["reason"].startswith("OutOfMemoryError"))
        self.assertEqual((containers["main"]["exitCode"], containers["main"]["memoryReservation"]),
                         (0, "64"))
        self.assertEqual((containers["main"]["cpu"], containers["small"]["memory"]), ("224", "32"))
        share = int(self.lines(arn, "main")[0]) / int(self.lines(arn, "little")[0])
        self.assertGreater(share, 1.5)  # seven, if they did nothing but count
