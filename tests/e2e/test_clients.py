# SPDX-License-Identifier: Apache-2.0
"""Stock clients against a running server: the AWS CLI, boto3, the JavaScript SDK
over HTTP/1.1 and HTTP/2, curl with --aws-sigv4."""

import json
import subprocess
import unittest

import shared


class AwsCli(unittest.TestCase):
    def test_a_task_from_create_cluster_to_its_logs(self):
        server = shared.server()
        cluster = server.aws("ecs", "create-cluster", "--cluster-name", "cli")["cluster"]
        self.assertEqual(cluster["status"], "ACTIVE")
        definition = {
            "family": "cli", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"],
            "cpu": "256", "memory": "512",
            "containerDefinitions": [{
                "name": "main", "image": server.image, "essential": True,
                "command": ["sh", "-c", "echo to-out; echo to-err >&2; sleep 2; exit 0"],
                "logConfiguration": {"logDriver": "awslogs", "options": {
                    "awslogs-group": "/cli/logs", "awslogs-region": "us-east-1",
                    "awslogs-stream-prefix": "p", "awslogs-create-group": "true"}}}]}
        registered = server.aws("ecs", "register-task-definition", "--cli-input-json",
                                json.dumps(definition))["taskDefinition"]
        self.assertEqual(registered["status"], "ACTIVE")
        run = server.aws("ecs", "run-task", "--cluster", "cli", "--task-definition", "cli",
                         "--launch-type", "FARGATE", "--network-configuration",
                         "awsvpcConfiguration={subnets=[default],securityGroups=[default]}")
        self.assertEqual(run["failures"], [])
        arn = run["tasks"][0]["taskArn"]
        self.assertEqual(run["tasks"][0]["lastStatus"], "PROVISIONING")
        listed = server.aws("ecs", "list-tasks", "--cluster", "cli")["taskArns"]
        if not listed:  # on a busy host the command takes longer than the task
            listed = server.aws("ecs", "list-tasks", "--cluster", "cli", "--desired-status",
                                "STOPPED")["taskArns"]
        self.assertIn(arn, listed)
        server.aws("ecs", "wait", "tasks-stopped", "--cluster", "cli", "--tasks", arn)
        task = server.aws("ecs", "describe-tasks", "--cluster", "cli", "--tasks", arn)["tasks"][0]
        self.assertEqual(task["lastStatus"], "STOPPED")
        self.assertEqual(task["stopCode"], "EssentialContainerExited")
        self.assertEqual(task["containers"][0]["exitCode"], 0)
        tail = server.aws_raw("logs", "tail", "/cli/logs", "--since", "1h")
        self.assertEqual(tail.returncode, 0, tail.stderr)
        self.assertIn("to-out", tail.stdout)
        self.assertIn("to-err", tail.stdout)
        self.assertIn(f"p/main/{arn.rsplit('/', 1)[1]}", tail.stdout)

    def test_wait_running_then_stop(self):
        server = shared.server()
        ecs = server.boto3("ecs")
        server.define(ecs, "cli-stop", ["sh", "-c", "trap 'echo term; exit 7' TERM; "
                                        "while :; do sleep 0.2; done"])
        arn = server.aws("ecs", "run-task", "--task-definition", "cli-stop", "--launch-type",
                         "FARGATE")["tasks"][0]["taskArn"]
        server.aws("ecs", "wait", "tasks-running", "--tasks", arn)
        stopped = server.aws("ecs", "stop-task", "--task", arn, "--reason", "enough")["task"]
        self.assertEqual(stopped["desiredStatus"], "STOPPED")
        server.aws("ecs", "wait", "tasks-stopped", "--tasks", arn)
        task = server.aws("ecs", "describe-tasks", "--tasks", arn)["tasks"][0]
        self.assertEqual(task["stopCode"], "UserInitiated")
        self.assertEqual(task["stoppedReason"], "enough")
        self.assertEqual(task["containers"][0]["exitCode"], 7)

    def test_logs_tail_follow_shows_lines_while_the_task_runs(self):
        server = shared.server()
        ecs = server.boto3("ecs")
        server.define(ecs, "cli-follow", ["sh", "-c", "for i in 1 2 3 4 5 6 7 8; do "
                                          "echo follow-$i; sleep 1; done; sleep 5"])
        arn = server.run(ecs, "cli-follow")[0]
        server.wait(ecs, [arn], "RUNNING")
        follow = subprocess.Popen(
            ["/usr/bin/aws", "logs", "tail", "/slipway/tasks", "--follow", "--since", "10m",
             "--log-stream-name-prefix", f"main/{arn.rsplit('/', 1)[1]}",
             "--endpoint-url", server.endpoint],
            env=dict(server.env, PYTHONUNBUFFERED="1"), stdout=subprocess.PIPE, text=True)
        seen = []
        try:
            for line in follow.stdout:
                seen.append(line)
                if "follow-8" in line:
                    break
        finally:
            follow.kill()
            follow.wait()
            follow.stdout.close()
        self.assertEqual(sum("follow-" in line for line in seen), 8)
        server.wait(ecs, [arn])

    def test_who_am_i(self):
        server = shared.server()
        me = server.aws("sts", "get-caller-identity")
        self.assertRegex(me["Arn"], r"^arn:aws:iam::\d{12}:user/")
        self.assertEqual(me["Account"], me["Arn"].split(":")[4])

    def test_wrong_secret_and_unknown_key(self):
        server = shared.server()
        wrong = dict(server.env, AWS_SECRET_ACCESS_KEY="x" * 40)
        done = server.aws_raw("ecs", "list-tasks", env=wrong)
        self.assertIn("InvalidSignatureException", done.stderr)
        unknown = dict(server.env, AWS_ACCESS_KEY_ID="AKIAAAAAAAAAAAAAAAAA")
        done = server.aws_raw("ecs", "list-tasks", env=unknown)
        self.assertIn("UnrecognizedClientException", done.stderr)


class Boto3(unittest.TestCase):
    def test_run_with_overrides_tags_and_waiters(self):
        server = shared.server()
        ecs, logs = server.boto3("ecs"), server.boto3("logs")
        server.define(ecs, "boto", ["sh", "-c", "echo default"],
                      environment=[{"name": "A", "value": "1"}, {"name": "B", "value": "1"}])
        answer = ecs.run_task(
            taskDefinition="boto", launchType="FARGATE", startedBy="boto3-test",
            tags=[{"key": "team", "value": "blue"}],
            overrides={"containerOverrides": [{
                "name": "main", "command": ["sh", "-c", "echo $A-$B-$C"],
                "environment": [{"name": "B", "value": "2"}, {"name": "C", "value": "3"}]}]})
        arn = answer["tasks"][0]["taskArn"]
        ecs.get_waiter("tasks_stopped").wait(tasks=[arn], WaiterConfig={"Delay": 1,
                                                                       "MaxAttempts": 240})
        task = ecs.describe_tasks(tasks=[arn], include=["TAGS"])["tasks"][0]
        self.assertEqual(task["tags"], [{"key": "team", "value": "blue"}])
        self.assertEqual(task["containers"][0]["exitCode"], 0)
        self.assertRegex(task["containers"][0]["imageDigest"], r"^sha256:[0-9a-f]{64}$")
        self.assertLessEqual(task["createdAt"], task["pullStartedAt"])
        self.assertLessEqual(task["pullStoppedAt"], task["startedAt"])
        self.assertLessEqual(task["startedAt"], task["stoppedAt"])
        self.assertEqual(server.task_output(logs, arn), b"1-2-3\n")
        pages = ecs.get_paginator("list_tasks").paginate(startedBy="boto3-test",
                                                         desiredStatus="STOPPED")
        self.assertEqual([a for page in pages for a in page["taskArns"]], [arn])

    def test_errors_have_the_names_that_code_catches(self):
        server = shared.server()
        ecs = server.boto3("ecs")
        with self.assertRaises(ecs.exceptions.ClusterNotFoundException):
            ecs.list_tasks(cluster="nowhere")
        with self.assertRaises(ecs.exceptions.ClientException):
            ecs.describe_task_definition(taskDefinition="nowhere")
        with self.assertRaises(ecs.exceptions.InvalidParameterException):
            ecs.stop_task(task="short")


class JavaScript(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.js = shared.javascript()

    def run_mode(self, mode):
        server = shared.server()
        done = subprocess.run(["node", "client.mjs", mode, server.image], cwd=self.js, env=server.env,
                              capture_output=True, text=True, timeout=400)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_http1(self):
        self.run_mode("http1")

    def test_http2(self):
        self.run_mode("http2")


class Curl(unittest.TestCase):
    def call(self, *more, target="AmazonEC2ContainerServiceV20141113.ListClusters", body="{}"):
        server = shared.server()
        return subprocess.run(
            ["curl", "-sS", "--noproxy", "*", "--cacert", server.env["AWS_CA_BUNDLE"],
             "--aws-sigv4", "aws:amz:us-east-1:ecs", "--user",
             f"{server.env['AWS_ACCESS_KEY_ID']}:{server.env['AWS_SECRET_ACCESS_KEY']}",
             "-H", "Content-Type: application/x-amz-json-1.1", "-H", f"X-Amz-Target: {target}",
             "-d", body, "-w", "\n%{http_code} %{http_version}", *more, server.endpoint + "/"],
            env=server.env, capture_output=True, text=True, timeout=60)

    def test_both_protocols(self):
        for option, version in (("--http1.1", "1.1"), ("--http2", "2")):
            done = self.call(option)
            body, status = done.stdout.rsplit("\n", 1)
            self.assertEqual(status, f"200 {version}", done.stderr)
            self.assertIn("clusterArns", json.loads(body))

    def test_a_malformed_body_is_the_clients_fault(self):
        done = self.call(body="{")
        body, status = done.stdout.rsplit("\n", 1)
        self.assertEqual(status.split()[0], "400")
        self.assertEqual(json.loads(body)["__type"].rsplit("#")[-1], "SerializationException")

    def test_health_needs_no_signature(self):
        server = shared.server()
        done = subprocess.run(["curl", "-sS", "--noproxy", "*", "--cacert",
                               server.env["AWS_CA_BUNDLE"], server.endpoint + "/healthz"],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("status", json.loads(done.stdout))
