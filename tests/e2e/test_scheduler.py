# SPDX-License-Identifier: Apache-2.0
"""EventBridge Scheduler from stock clients to running tasks: one-time schedules, rates and crons
with zones, groups, pages and filters, errors word by word, and a server that is killed when
something falls due."""

import json
import os
import signal
import time
import unittest

import shared

ROLE = "arn:aws:iam::111122223333:role/scheduler"


def at(seconds):
    """The expression for a time so far from now, and that time."""
    when = int(time.time() + seconds)
    return time.strftime("at(%Y-%m-%dT%H:%M:%S)", time.gmtime(when)), when


class Scheduler(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = shared.server()
        cls.ecs, cls.scheduler = cls.server.boto3("ecs"), cls.server.boto3("scheduler")
        cls.account = cls.server.boto3("sts").get_caller_identity()["Account"]
        cls.region = cls.server.env["AWS_REGION"]
        cls.cluster = f"arn:aws:ecs:{cls.region}:{cls.account}:cluster/default"
        arn = cls.server.define(cls.ecs, "scheduled", ["echo", "of the definition"])
        cls.ecs.tag_resource(resourceArn=arn["taskDefinitionArn"],
                             tags=[{"key": "of", "value": "definition"}])

    @classmethod
    def tearDownClass(cls):
        for schedule in cls.scheduler.list_schedules()["Schedules"]:
            cls.scheduler.delete_schedule(Name=schedule["Name"], GroupName=schedule["GroupName"])

    def target(self, *command, **members):
        return {"Arn": self.cluster, "RoleArn": ROLE,
                "EcsParameters": {"TaskDefinitionArn": "scheduled"},
                "Input": json.dumps({"containerOverrides": [
                    {"name": "main", "command": ["echo", *command]}]}), **members}

    def create(self, name, expression, target=None, **members):
        members.setdefault("FlexibleTimeWindow", {"Mode": "OFF"})
        return self.scheduler.create_schedule(
            Name=name, ScheduleExpression=expression,
            Target=target or self.target(name), **members)

    def tasks_of(self, schedule, timeout=30):
        """The tasks that a schedule has started, as soon as there are some."""
        deadline = time.monotonic() + timeout
        while True:
            arns = []
            for status in ("RUNNING", "STOPPED"):
                arns += self.ecs.list_tasks(startedBy=f"chronos-schedule/{schedule}",
                                            desiredStatus=status)["taskArns"]
            if arns:
                return sorted(set(arns))
            self.assertLess(time.monotonic(), deadline, self.server.program_logs())
            time.sleep(0.1)

    def output(self, task):
        self.server.wait(self.ecs, [task])
        return self.server.task_output(self.server.boto3("logs"), task).decode()

    def refused(self, code, status, message, call, **members):
        with self.assertRaises(Exception) as raised:
            call(**members)
        answer = raised.exception.response
        self.assertEqual(answer["Error"]["Code"], code)
        self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], status)
        self.assertEqual(answer["Error"]["Message"], message)

    def test_a_command_line_makes_a_schedule_whose_task_prints_its_input(self):
        expression, when = at(3)
        target = self.target("<aws.scheduler.scheduled-time>", "<aws.scheduler.schedule-arn>",
                             "<aws.scheduler.attempt-number>")
        target["EcsParameters"].update(
            TaskCount=1, LaunchType="FARGATE", Group="scheduled", EnableECSManagedTags=True,
            PropagateTags="TASK_DEFINITION", ReferenceId="r", Tags=[{"key": "k", "value": "v"}])
        answer = self.server.aws(
            "scheduler", "create-schedule", "--name", "once", "--schedule-expression", expression,
            "--flexible-time-window", "Mode=OFF", "--target", json.dumps(target))
        made = time.time()  # on a busy host the command takes until it is due, and longer
        arn = f"arn:aws:scheduler:{self.region}:{self.account}:schedule/default/once"
        self.assertEqual(answer, {"ScheduleArn": arn})
        task, = self.tasks_of("once")
        shown, = self.ecs.describe_tasks(tasks=[task], include=["TAGS"])["tasks"]
        self.assertEqual((shown["group"], shown["launchType"]), ("scheduled", "FARGATE"))
        self.assertEqual({tag["key"]: tag["value"] for tag in shown["tags"]},
                         {"k": "v", "of": "definition", "aws:ecs:clusterName": "default"})
        created = shown["createdAt"].timestamp()
        self.assertGreaterEqual(created, when)
        self.assertLess(created, max(when, made) + 1)
        time_text = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when))
        self.assertEqual(self.output(task), f"{time_text} {arn} 1\n")
        shown = self.server.aws("scheduler", "get-schedule", "--name", "once")
        self.assertEqual(shown["ScheduleExpression"], expression)
        self.assertEqual(shown["Target"]["EcsParameters"], target["EcsParameters"])

    def test_a_schedule_goes_with_its_last_time_and_runs_what_run_task_takes(self):
        self.create("gone", at(1)[0], ActionAfterCompletion="DELETE", target={
            "Arn": "arn:aws:scheduler:::aws-sdk:ecs:runTask", "RoleArn": ROLE,
            "Input": json.dumps({
                "Cluster": "default", "TaskDefinition": "scheduled", "Overrides": {
                    "ContainerOverrides": [{"Name": "main", "Command": ["echo", "called"]}]}})})
        task, = self.tasks_of("gone")
        self.assertEqual(self.output(task), "called\n")
        self.refused("ResourceNotFoundException", 404, "Schedule gone does not exist.",
                     self.scheduler.get_schedule, Name="gone")

    def test_a_rate_fires_at_once_and_a_cron_in_its_zone(self):
        self.create("rate", "rate(1 hours)")
        self.assertEqual(len(self.tasks_of("rate")), 1)
        # The time of the clocks in Kathmandu (5:45 ahead, all year) two minutes from now.
        local = time.gmtime(time.time() + 120 + (5 * 60 + 45) * 60)
        self.create("zone", f"cron({local.tm_min} {local.tm_hour} * * ? *)",
                    ScheduleExpressionTimezone="Asia/Kathmandu")
        with self.server.database() as database:
            due_s, = database.execute("SELECT due_ms / 1000 FROM schedule"
                                      " WHERE name = 'zone'").fetchone()
        self.assertLess(abs(due_s - time.time() - 90), 40)

    def test_dates_bound_a_rate_and_a_bus_gets_an_event(self):
        events = self.server.boto3("events")
        start = int(time.time()) + 1
        events.put_rule(Name="bridged", EventPattern='{"source":["scheduled"],'
                                                     '"detail":{"n":[1]}}')
        events.put_targets(Rule="bridged", Targets=[{
            "Id": "t", "Arn": self.cluster, "EcsParameters": {"TaskDefinitionArn": "scheduled"}}])
        self.create("bounded", "rate(1 minutes)", StartDate=start, EndDate=start + 1,
                    ActionAfterCompletion="DELETE", target={
                        "Arn": f"arn:aws:events:{self.region}:{self.account}:event-bus/default",
                        "RoleArn": ROLE, "Input": '{"n":1}', "EventBridgeParameters": {
                            "DetailType": "t", "Source": "scheduled"}})
        deadline = time.monotonic() + 30
        while not self.ecs.list_tasks(startedBy="events-rule/bridged")["taskArns"]:
            self.assertLess(time.monotonic(), deadline, self.server.program_logs())
            time.sleep(0.1)
        self.assertEqual(self.scheduler.list_schedules(NamePrefix="bounded")["Schedules"], [])
        events.remove_targets(Rule="bridged", Ids=["t"])
        events.delete_rule(Name="bridged")

    def test_what_fell_due_while_the_server_was_killed_runs_once(self):
        expression, when = at(2)
        for number in range(5):
            self.create(f"killed-{number}", expression)
        pid = self.server.pid("gateway")
        time.sleep(max(0, when - time.time()))
        os.kill(pid, signal.SIGKILL)
        for number in range(5):
            self.assertEqual(len(self.tasks_of(f"killed-{number}")), 1)
        time.sleep(1)
        with self.server.database() as database:
            count, = database.execute("SELECT COUNT(*) FROM task WHERE started_by"
                                      " LIKE 'chronos-schedule/killed-%'").fetchone()
        self.assertEqual(count, 5)

    def test_an_update_replaces_a_schedule(self):
        self.create("changed", "rate(5 days)", State="DISABLED", Description="d")
        self.server.aws("scheduler", "update-schedule", "--name", "changed",
                        "--schedule-expression", "cron(0 3 1 1 ? 2199)", "--state", "DISABLED",
                        "--schedule-expression-timezone", "Europe/Berlin",
                        "--flexible-time-window", "Mode=FLEXIBLE,MaximumWindowInMinutes=15",
                        "--target", json.dumps(self.target("x")))
        shown = self.scheduler.get_schedule(Name="changed")
        self.assertEqual(shown["ScheduleExpression"], "cron(0 3 1 1 ? 2199)")
        self.assertEqual(shown["ScheduleExpressionTimezone"], "Europe/Berlin")
        self.assertEqual(shown["FlexibleTimeWindow"],
                         {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15})
        self.assertNotIn("Description", shown)
        self.assertEqual(shown["ActionAfterCompletion"], "NONE")

    def test_groups_pages_and_filters(self):
        self.scheduler.create_schedule_group(Name="team", Tags=[{"Key": "k", "Value": "v"}])
        for name in ("page-a", "page-b", "page-c"):
            self.create(name, "rate(5 days)", GroupName="team", State="DISABLED")
        self.create("page-d", "cron(0 3 1 1 ? 2199)", GroupName="team")
        self.create("page-a", "rate(5 days)", State="DISABLED")
        pages = self.scheduler.get_paginator("list_schedules").paginate(
            NamePrefix="page", PaginationConfig={"PageSize": 2})
        listed = [[(s["GroupName"], s["Name"]) for s in page["Schedules"]] for page in pages]
        self.assertEqual([len(page) for page in listed], [2, 2, 1])
        self.assertEqual(sum(listed, []), [("default", "page-a")] + [
            ("team", f"page-{letter}") for letter in "abcd"])
        answer = self.server.aws("scheduler", "list-schedules", "--group-name", "team",
                                 "--state", "ENABLED")
        self.assertEqual([s["Name"] for s in answer["Schedules"]], ["page-d"])
        group = self.scheduler.get_schedule_group(Name="team")
        tags = self.scheduler.list_tags_for_resource(ResourceArn=group["Arn"])["Tags"]
        self.assertEqual(tags, [{"Key": "k", "Value": "v"}])
        self.scheduler.untag_resource(ResourceArn=group["Arn"], TagKeys=["k", "none"])
        self.assertEqual(self.scheduler.list_tags_for_resource(ResourceArn=group["Arn"])["Tags"],
                         [])
        self.server.aws("scheduler", "delete-schedule-group", "--name", "team")
        self.assertEqual([s["GroupName"] for s in self.scheduler.list_schedules(
            NamePrefix="page")["Schedules"]], ["default"])

    def test_what_is_wrong_has_the_apis_error(self):
        self.create("there", "rate(5 days)", State="DISABLED", ClientToken="there")
        self.create("there", "rate(5 days)", State="DISABLED", ClientToken="there")
        self.refused("ConflictException", 409, "Schedule there already exists.",
                     self.create, name="there", expression="rate(5 days)", State="DISABLED")
        self.refused("ResourceNotFoundException", 404, "Schedule group none does not exist.",
                     self.create, name="there", expression="rate(5 days)", GroupName="none")
        self.refused("ResourceNotFoundException", 404, "Schedule none does not exist.",
                     self.scheduler.delete_schedule, Name="none")
        self.refused("ValidationException", 400, "Invalid Schedule Expression cron(0 1 * * * *).",
                     self.create, name="wrong", expression="cron(0 1 * * * *)")
        self.refused("ValidationException", 400,
                     "The ScheduleExpressionTimezone Nowhere is not a time zone.",
                     self.create, name="wrong", expression="rate(5 days)",
                     ScheduleExpressionTimezone="Nowhere")
        self.refused("ValidationException", 400, "Target.Arn is not valid: targets of the kind "
                     "lambda are not supported by this Slipway yet; those of ecs, logs and "
                     "events are.",
                     self.create, name="wrong", expression="rate(5 days)", target={
                         "Arn": f"arn:aws:lambda:{self.region}:{self.account}:function:f",
                         "RoleArn": ROLE})
        self.refused("ValidationException", 400,
                     "Target.DeadLetterConfig is not supported by this Slipway yet.",
                     self.create, name="wrong", expression="rate(5 days)",
                     target=self.target("x", DeadLetterConfig={
                         "Arn": f"arn:aws:sqs:{self.region}:{self.account}:q"}))
        done = self.server.aws_raw("scheduler", "get-schedule", "--name", "a b")
        self.assertIn("(ValidationException) when calling the GetSchedule operation: 1 validation "
                      "error detected: Value 'a b' at 'name' failed", done.stderr)
