# SPDX-License-Identifier: Apache-2.0
"""Events that reach their tasks whole: as a file and variables in every container, from PutEvents,
from CloudEvents over HTTP and from webhooks."""

import hashlib
import json
import time
import unittest

import shared

READ_EVENT = ["sh", "-c", "cat $SLIPWAY_EVENT_FILE"]


class Place(unittest.TestCase):
    """A rule for each source, whose tasks belong to it."""

    @classmethod
    def setUpClass(cls):
        cls.server = shared.server()
        cls.ecs, cls.events = cls.server.boto3("ecs"), cls.server.boto3("events")
        cls.logs = cls.server.boto3("logs")
        cls.account = cls.server.boto3("sts").get_caller_identity()["Account"]
        region = cls.server.env["AWS_REGION"]
        cls.cluster = f"arn:aws:ecs:{region}:{cls.account}:cluster/default"

    def rule(self, name, pattern, family):
        self.events.put_rule(Name=name, EventPattern=json.dumps(pattern))
        self.events.put_targets(Rule=name, Targets=[{
            "Id": "t", "Arn": self.cluster, "EcsParameters": {"TaskDefinitionArn": family}}])
        self.addCleanup(self.remove, name)

    def remove(self, name):
        self.events.remove_targets(Rule=name, Ids=["t"])
        self.events.delete_rule(Name=name)

    def outputs(self, rule, count=1, container="main", timeout=120):
        """What the tasks of a rule have written, when so many have ended."""
        deadline = time.monotonic() + timeout
        while True:
            arns = set()
            for status in ("RUNNING", "STOPPED"):
                arns |= set(self.ecs.list_tasks(startedBy=f"events-rule/{rule}",
                                                desiredStatus=status)["taskArns"])
            if len(arns) >= count:
                break
            self.assertLess(time.monotonic(), deadline, self.server.program_logs())
            time.sleep(0.1)
        self.assertEqual(len(arns), count)
        for task in self.server.wait(self.ecs, sorted(arns)):
            self.assertEqual([c.get("exitCode") for c in task["containers"]],
                             [0] * len(task["containers"]), task)
        return [self.server.task_output(self.logs, arn, container).decode()
                for arn in sorted(arns)]


class Payload(Place):
    def test_a_container_of_an_ordinary_user_with_a_read_only_root_reads_the_event(self):
        script = ('cd ${SLIPWAY_EVENT_FILE%/*} && id -u && ls -ln event.json | cut -c1-10 && '
                  '! (echo x > event.json) 2>/dev/null && ! rm -f event.json 2>/dev/null && '
                  'env | grep ^SLIPWAY | sort && cat event.json')
        self.server.define(self.ecs, "plain-user", ["sh", "-c", script], user="1000:1000",
                           readonlyRootFilesystem=True,
                           environment=[{"name": "SLIPWAY_EVENT_BUS", "value": "mine"}])
        self.rule("plain", {"source": ["plain"]}, "plain-user")
        event_id = self.events.put_events(Entries=[{
            "Source": "plain", "DetailType": "a type", "Detail": '{"n": 1.10, "t": "\\u00e4"}',
            "Time": 1764000000}])["Entries"][0]["EventId"]
        lines = self.outputs("plain")[0].splitlines()
        self.assertEqual(lines[:-1], [
            "1000", "-r--r--r--", "SLIPWAY_EVENT_BUS=mine",
            "SLIPWAY_EVENT_FILE=/run/slipway/event.json", f"SLIPWAY_EVENT_ID={event_id}",
            "SLIPWAY_EVENT_RULE=plain", "SLIPWAY_EVENT_SOURCE=plain",
            "SLIPWAY_EVENT_TIME=2025-11-24T16:00:00Z", "SLIPWAY_EVENT_TYPE=a type"])
        event = json.loads(lines[-1])
        self.assertEqual((event["id"], event["account"], event["detail"]),
                         (event_id, self.account, {"n": 1.1, "t": "\u00e4"}))
        self.assertIn('"n":1.10', lines[-1])

    def test_a_task_that_nobody_launched_for_an_event_has_none(self):
        self.server.define(self.ecs, "no-event",
                           ["sh", "-c", "env | grep -c ^SLIPWAY; ls /run/slipway 2>&1 | wc -l; "
                                        "test ! -e /run/slipway"])
        arn, = self.server.run(self.ecs, "no-event")
        task, = self.server.wait(self.ecs, [arn])
        self.assertEqual(task["containers"][0]["exitCode"], 0)
        self.assertEqual(self.server.task_output(self.logs, arn), b"0\n1\n")

    def test_every_container_gets_it_also_where_a_volume_lies_at_its_place(self):
        digest = 'sha256sum < $SLIPWAY_EVENT_FILE; echo $SLIPWAY_EVENT_FILE'
        containers = [
            {"name": "main", "image": self.server.image, "command": ["sh", "-c", digest]},
            {"name": "side", "image": self.server.image, "command": ["sh", "-c", digest],
             "mountPoints": [{"sourceVolume": "v", "containerPath": "/run"}]}]
        self.ecs.register_task_definition(
            family="two", networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256",
            memory="512", containerDefinitions=containers, volumes=[{"name": "v"}])
        self.rule("two", {"source": ["two"]}, "two")
        text = "x" * 250000
        answer = self.events.put_events(Entries=[{"Source": "two", "DetailType": "t",
                                                  "Detail": json.dumps({"text": text})}])
        main, = self.outputs("two")
        side, = self.outputs("two", container="side")
        with self.server.database() as database:
            body = database.execute("SELECT body FROM task_payload WHERE id = ?",
                                    [answer["Entries"][0]["EventId"]]).fetchone()[0]
        digest = hashlib.sha256(body.encode()).hexdigest()
        self.assertEqual(main, f"{digest}  -\n/run/slipway/event.json\n")
        self.assertEqual(side, f"{digest}  -\n/dev/slipway/event.json\n")


if __name__ == "__main__":
    unittest.main()
