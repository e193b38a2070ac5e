# SPDX-License-Identifier: Apache-2.0
"""What happens to tasks as events: a failure that starts another task, each version exactly once
under kills, rules that feed themselves, events for a machine that is full, dead letters, and
watching a bus."""

import json
import os
import re
import signal
import subprocess
import time
import unittest

from slipway_server import PROGRAMS, Server

LOCAL_CONF = """
memory_limit = 1300MiB
admission_timeout = 3s
pool_machines = 1
"""  # room for two tasks of 512 MiB and what their machines need besides
WAITERS = int(os.environ.get("SLIPWAY_WAITERS", "8"))  # more take minutes


class EcsEvents(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(LOCAL_CONF)
        cls.server.__enter__()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)
        cls.ecs, cls.events = cls.server.boto3("ecs"), cls.server.boto3("events")
        cls.logs = cls.server.boto3("logs")
        cls.account = cls.server.boto3("sts").get_caller_identity()["Account"]
        cls.region = cls.server.env["AWS_REGION"]
        cls.cluster = f"arn:aws:ecs:{cls.region}:{cls.account}:cluster/default"
        cls.server.define(cls.ecs, "event", ["true"])
        cls.server.define(cls.ecs, "fails", ["sh", "-c", "exit 3"])

    def tearDown(self):
        for rule in self.events.list_rules()["Rules"]:
            targets = self.events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
            if targets:
                self.events.remove_targets(Rule=rule["Name"], Ids=[t["Id"] for t in targets])
            self.events.delete_rule(Name=rule["Name"])

    def rule(self, name, pattern, **target):
        self.events.put_rule(Name=name, EventPattern=json.dumps(pattern))
        target = target or {"Arn": self.cluster, "EcsParameters": {"TaskDefinitionArn": "event"}}
        answer = self.events.put_targets(Rule=name, Targets=[dict(Id="t", **target)])
        self.assertEqual(answer["FailedEntryCount"], 0)

    def log_group(self, name):
        self.logs.create_log_group(logGroupName=name)
        return {"Arn": f"arn:aws:logs:{self.region}:{self.account}:log-group:{name}"}

    def logged(self, group):
        pages = self.logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        return [json.loads(event["message"]) for page in pages for event in page["events"]]

    def rows(self, sql):
        with self.server.database() as database:
            return database.execute(sql).fetchall()

    def count(self, sql):
        return self.rows(sql)[0][0]

    def until(self, what, timeout=240):
        deadline = time.monotonic() + timeout
        while not (found := what()):
            self.assertLess(time.monotonic(), deadline, self.server.program_logs())
            time.sleep(0.1)
        return found

    def put(self, **detail):
        answer = self.events.put_events(Entries=[
            {"Source": "test", "DetailType": "t", "Detail": json.dumps(detail)}])
        self.assertEqual(answer["FailedEntryCount"], 0)
        return answer["Entries"][0]["EventId"]

    def slipway(self, *words):
        return self.server.slipway(*words, "--state", str(self.server.state)).stdout

    def settle(self):
        self.until(lambda: self.count("SELECT COUNT(*) FROM task WHERE state <> 'STOPPED'") == 0,
                   timeout=180)

    def test_a_task_that_fails_starts_another(self):
        self.rule("failed", {"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"],
                             "detail": {"lastStatus": ["STOPPED"], "containers": {
                                 "exitCode": [{"anything-but": 0}]}}},
                  Arn=self.cluster, EcsParameters={"TaskDefinitionArn": "event"},
                  InputTransformer={
                      "InputPathsMap": {"code": "$.detail.containers[0].exitCode",
                                        "task": "$.detail.taskArn",
                                        "cost": "$.detail.slipway.bill.cost"},
                      "InputTemplate": '{"containerOverrides":[{"name":"main","command":'
                                       '["echo","<code> <task> <cost>"]}]}'})
        failed, = self.server.run(self.ecs, "fails")
        arn = self.until(lambda: self.ecs.list_tasks(
            startedBy="events-rule/failed", desiredStatus="STOPPED")["taskArns"])
        self.server.wait(self.ecs, arn)
        self.assertRegex(self.server.task_output(self.logs, arn[0]).decode(),
                         rf"^3 {re.escape(failed)} 0\.\d+\n$")
        self.settle()
        self.assertEqual(self.count(
            "SELECT COUNT(*) FROM task WHERE started_by = 'events-rule/failed'"), 1)

    def test_each_version_is_one_event_whoever_is_killed(self):
        self.rule("all", {"source": ["aws.ecs"]}, **self.log_group("versions"))
        arns = []
        for program in ("gateway", "provisioner", "gateway", "provisioner"):
            arns += self.server.run(self.ecs, "event")
            time.sleep(0.4)
            os.kill(self.server.pid(program), signal.SIGKILL)
            time.sleep(1.5)
        self.settle()
        tasks = self.ecs.describe_tasks(tasks=arns)["tasks"]
        last = {task["taskArn"]: task["version"] for task in tasks}
        codes = {task["taskArn"]: task["containers"][0].get("exitCode") for task in tasks}
        self.assertIn(0, codes.values())
        expected = sorted((arn, version) for arn in arns for version in range(1, last[arn] + 1))

        def seen():
            events = [e for e in self.logged("versions") if e["resources"][0] in last]
            pairs = sorted((e["resources"][0], e["detail"]["version"]) for e in events)
            return events if len(pairs) >= len(expected) else None
        events = self.until(seen)
        time.sleep(0.5)
        events = [e for e in self.logged("versions") if e["resources"][0] in last]
        self.assertEqual(sorted((e["resources"][0], e["detail"]["version"]) for e in events),
                         expected)
        for arn in arns:
            mine = sorted((e["detail"] for e in events if e["resources"] == [arn]),
                          key=lambda detail: detail["version"])
            self.assertEqual(mine[0]["lastStatus"], "PROVISIONING")
            self.assertEqual(mine[-1]["lastStatus"], "STOPPED")
            self.assertEqual(mine[-1]["containers"][0].get("exitCode"), codes[arn])
            self.assertNotIn("exitCode", mine[0]["containers"][0])
            self.assertTrue(mine[-1]["slipway"]["phases"])

    def test_rules_that_feed_themselves_end(self):
        self.rule("loop", {"source": ["aws.ecs"], "detail": {
            "version": [1], "group": ["loop"]}},
            Arn=self.cluster, EcsParameters={"TaskDefinitionArn": "event", "Group": "loop"})
        self.ecs.run_task(taskDefinition="event", group="loop")
        self.until(lambda: self.count(
            "SELECT COUNT(*) FROM event_dead WHERE code = 'EventDepthExceeded'"))
        self.assertEqual(self.count(
            "SELECT COUNT(*) FROM task WHERE started_by = 'events-rule/loop'"), 17)
        log = (self.server.state / "log" / "gateway.log").read_text()
        self.assertIn("code=EventDepthExceeded", log)
        for task, in self.rows("SELECT id FROM task WHERE state <> 'STOPPED'"):
            self.ecs.stop_task(task=task)
        self.slipway("events", "dead", "delete", "--all", "--rule", "loop")
        self.settle()

    def test_a_full_machine_runs_all_in_the_end_and_the_wait_is_seen(self):
        self.rule("many", {"source": ["test"], "detail": {"kind": ["many"]}})
        self.rule("wait", {"detail-type": ["Slipway Capacity Wait"]}, **self.log_group("waits"))
        for n in range(WAITERS):
            self.put(kind="many", n=n)

        def waiting():
            status = json.loads(self.slipway("events", "status", "--json"))
            return status if status["tasksThatWait"] else None
        status = self.until(waiting)
        self.assertEqual(status["tasks"][0]["startedBy"], "events-rule/many")
        self.assertIn("events-rule/many", self.slipway("events", "status"))
        where = "FROM task WHERE started_by = 'events-rule/many'"
        self.until(lambda: self.count(
            f"SELECT COUNT(*) {where} AND state = 'STOPPED'") == WAITERS, timeout=500)
        self.assertEqual(self.rows(f"SELECT DISTINCT stop_code {where}"),
                         [("EssentialContainerExited",)])
        waits = self.logged("waits")
        self.assertGreater(len(waits), WAITERS // 2)
        self.assertEqual(len({e["id"] for e in waits}), len(waits))
        self.assertEqual(json.loads(self.slipway("events", "status", "--json"))["tasks"], [])

    def test_dead_letters_are_listed_sent_again_once_and_deleted(self):
        self.rule("dead", {"source": ["test"], "detail": {"kind": ["dead"]}},
                  Arn=self.cluster, EcsParameters={"TaskDefinitionArn": "later"})
        ids = [self.put(kind="dead", n=n) for n in range(3)]
        listing = self.until(lambda: [
            letters for letters in [[json.loads(line) for line in self.slipway(
                "events", "dead", "list", "--rule", "dead", "--json").splitlines()]]
            if len(letters) == 3])[0]
        self.assertEqual([letter["event"] for letter in listing], ids)
        self.assertEqual(listing[0]["reason"], "TaskDefinition not found.")
        numbers = [str(letter["number"]) for letter in listing]
        shown = json.loads(self.slipway("events", "dead", "show", numbers[0]))
        self.assertEqual(shown["body"]["detail"], {"kind": "dead", "n": 0})
        self.slipway("events", "dead", "delete", numbers[2])
        self.server.define(self.ecs, "later", ["true"])
        self.slipway("events", "dead", "redrive", numbers[0])
        again = self.server.slipway("events", "dead", "redrive", numbers[0], "--state",
                                    str(self.server.state), check=False)
        self.assertEqual(again.returncode, 1)
        self.assertIn("there is no dead letter", again.stderr)
        self.assertEqual(self.slipway("events", "dead", "redrive", "--all", "--rule", "dead"),
                         "1\n")
        self.until(lambda: self.count("SELECT COUNT(*) FROM task WHERE state = 'STOPPED'"
                                      " AND started_by = 'events-rule/dead'") == 2)
        self.assertEqual(self.slipway("events", "dead", "list", "--rule", "dead", "--json"), "")

    def test_a_bus_is_watched(self):
        tail = subprocess.Popen(
            [PROGRAMS / "slipway", "events", "tail", "--state", self.server.state, "--pattern",
             '{"detail":{"kind":["seen"]}}'], stdout=subprocess.PIPE, text=True,
            env=self.server.env)
        try:
            self.until(lambda: self.count("SELECT COUNT(*) FROM event_tail"))
            self.put(kind="other")
            put = self.put(kind="seen")
            began = time.monotonic()
            self.assertEqual(json.loads(tail.stdout.readline())["id"], put)
            self.assertLess(time.monotonic() - began, 2)
        finally:
            tail.send_signal(signal.SIGINT)
            tail.wait(10)
            tail.stdout.close()
        self.assertEqual(tail.returncode, 0)
        self.assertEqual(self.count("SELECT COUNT(*) FROM event_tail"), 0)
