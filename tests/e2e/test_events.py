# SPDX-License-Identifier: Apache-2.0
"""Events from stock clients to running tasks: rules, targets, transformers, schedules, and a
gateway that is killed between accepting an event and launching its task."""

import json
import os
import re
import signal
import time
import unittest

from botocore.config import Config
from botocore.exceptions import ReadTimeoutError

import shared

KILLS = 4
TARGETS = 5
ENTRIES = 10


class Events(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = shared.server()
        cls.ecs, cls.events = cls.server.boto3("ecs"), cls.server.boto3("events")
        cls.account = cls.server.boto3("sts").get_caller_identity()["Account"]
        cls.region = cls.server.env["AWS_REGION"]
        cls.cluster = f"arn:aws:ecs:{cls.region}:{cls.account}:cluster/default"
        cls.server.define(cls.ecs, "event", ["echo", "of the definition"])
        # Its first time comes while the other tests run.
        cls.events.put_rule(Name="each-minute", ScheduleExpression="rate(1 minute)")
        cls.put_at = time.time()
        cls.events.put_targets(Rule="each-minute", Targets=[{
            "Id": "t", "Arn": cls.cluster, "EcsParameters": {"TaskDefinitionArn": "event"},
            "InputTransformer": {
                "InputPathsMap": {"time": "$.time", "rule": "$.resources[0]"},
                "InputTemplate": '{"containerOverrides":[{"name":"main",'
                                 '"command":["echo",<time>,<rule>]}]}'}}])

    @classmethod
    def tearDownClass(cls):
        for rule in cls.events.list_rules()["Rules"]:
            targets = cls.events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
            if targets:
                cls.events.remove_targets(Rule=rule["Name"], Ids=[t["Id"] for t in targets])
            cls.events.delete_rule(Name=rule["Name"])

    def tasks_of(self, rule, timeout=30):
        """The tasks that a rule has started, as soon as there are some."""
        deadline = time.monotonic() + timeout
        while True:
            arns = []
            for status in ("RUNNING", "STOPPED"):
                arns += self.ecs.list_tasks(startedBy=f"events-rule/{rule}",
                                            desiredStatus=status)["taskArns"]
            if arns:
                return sorted(set(arns))
            self.assertLess(time.monotonic(), deadline, self.server.program_logs())
            time.sleep(0.1)

    def output(self, task):
        return self.server.task_output(self.server.boto3("logs"), task).decode()

    def test_a_command_line_makes_a_rule_and_its_event_a_task_that_prints_it(self):
        pattern = {"source": ["shop"], "detail": {"total": [{"numeric": [">", 100]}]}}
        aws = self.server.aws
        aws("events", "put-rule", "--name", "orders.large", "--event-pattern", json.dumps(pattern))
        aws("events", "put-targets", "--rule", "orders.large", "--targets", json.dumps([{
            "Id": "task", "Arn": self.cluster, "EcsParameters": {"TaskDefinitionArn": "event"},
            "InputTransformer": {
                "InputPathsMap": {"id": "$.detail.order", "total": "$.detail.total"},
                "InputTemplate": '{"containerOverrides":[{"name":"main","command":'
                                 '["echo","order <id> of <total>"]}]}'}}]))
        answer = aws("events", "put-events", "--entries", json.dumps([
            {"Source": "shop", "DetailType": "order",
             "Detail": '{"order": "A-1", "total": 250.50}'},
            {"Source": "shop", "DetailType": "order", "Detail": '{"order": "A-2", "total": 5}'}]))
        self.assertEqual(answer["FailedEntryCount"], 0)
        tasks = self.tasks_of("orders.large")
        self.assertEqual(len(tasks), 1)
        stopped, = self.server.wait(self.ecs, tasks)
        self.assertEqual(stopped["startedBy"], "events-rule/orders.large")
        self.assertEqual(self.output(tasks[0]), "order A-1 of 250.50\n")

    def test_a_rule_with_a_rate_starts_a_task_when_it_is_due(self):
        tasks = self.tasks_of("each-minute", timeout=90)
        first, = self.server.wait(self.ecs, tasks[:1])
        text = self.output(first["taskArn"])
        self.assertRegex(text, rf"^\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ arn:aws:events:{self.region}:"
                               rf"{self.account}:rule/each-minute\n$")
        late_s = first["createdAt"].timestamp() - self.put_at - 60
        self.assertLess(abs(late_s), 2)

    def count(self, sql):
        with self.server.database() as database:
            return database.execute(sql).fetchone()[0]

    def halt_provisioner(self):
        """Nothing runs what is wanted; and it was not stopped with the lock of the store."""
        pid = self.server.pid("provisioner")
        client = self.server.boto3("events", config=Config(
            proxies={}, read_timeout=3, retries={"max_attempts": 0}))
        for _ in range(10):
            os.kill(pid, signal.SIGSTOP)
            try:
                client.put_rule(Name="killed", EventPattern='{"source":["killed"]}')
                return pid
            except ReadTimeoutError:
                os.kill(pid, signal.SIGCONT)
                time.sleep(0.2)
        self.fail("the provisioner always holds the lock")

    def kill_after_accepting(self):
        """How many deliveries the dead gateway left."""
        entries = [{"Source": "killed", "DetailType": "t", "Detail": json.dumps({"n": n})}
                   for n in range(ENTRIES)]
        pid = self.server.pid("gateway")
        answer = self.events.put_events(Entries=entries)
        os.kill(pid, signal.SIGKILL)
        left = self.count("SELECT COUNT(*) FROM event_delivery")
        self.assertEqual(answer["FailedEntryCount"], 0)
        deadline = time.monotonic() + 60
        while self.server.pid("gateway") == pid or self.count(
                "SELECT COUNT(*) FROM event_delivery") > 0:
            self.assertLess(time.monotonic(), deadline, self.server.program_logs())
            time.sleep(0.05)
        return left

    def test_a_gateway_that_is_killed_starts_each_task_once(self):
        provisioner = self.halt_provisioner()
        try:
            self.events.put_targets(Rule="killed", Targets=[
                {"Id": f"t{n}", "Arn": self.cluster,
                 "EcsParameters": {"TaskDefinitionArn": "event"}} for n in range(TARGETS)])
            left = [self.kill_after_accepting() for _ in range(KILLS)]
            self.assertGreater(sum(left), 0, "no kill came in time")
            where = "FROM task WHERE started_by = 'events-rule/killed'"
            self.assertEqual(self.count(f"SELECT COUNT(*) {where}"), KILLS * TARGETS * ENTRIES)
            self.assertEqual(self.count(f"SELECT COUNT(DISTINCT client_token) {where}"),
                             KILLS * TARGETS * ENTRIES)
            self.assertEqual(self.count("SELECT COUNT(*) FROM event_dead"), 0)
            paginator = self.ecs.get_paginator("list_tasks")
            for page in paginator.paginate(startedBy="events-rule/killed"):
                for arn in page["taskArns"]:
                    self.ecs.stop_task(task=arn)
        finally:
            os.kill(provisioner, signal.SIGCONT)

    def test_what_is_not_there_is_refused_by_name(self):
        self.events.put_rule(Name="queue", EventPattern='{"source":["x"]}')
        with self.assertRaisesRegex(Exception, "targets of the kind sqs are not supported"):
            self.events.put_targets(Rule="queue", Targets=[
                {"Id": "q", "Arn": f"arn:aws:sqs:{self.region}:{self.account}:q"}])
        with self.assertRaisesRegex(Exception, "UnknownOperation"):
            self.events.list_endpoints()
        log = (self.server.state / "log" / "gateway.log").read_text()
        self.assertIsNone(re.search("assert|Sanitizer", log))
