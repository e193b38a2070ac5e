# SPDX-License-Identifier: Apache-2.0
"""Keys that a task has for its role: what they may do, how long, and who gets none."""

import json
import os
import signal
import time
import unittest

from botocore.exceptions import ClientError
from slipway_server import Server

TELL = """
env | grep CREDENTIALS | sed 's/=.*/ is set/'
while :; do wget -q -O - http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI; echo; sleep 2; done
"""
READER = "ecs:Describe*, ecs:list*, ecs:RunTask"


class Roles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(f"role.reader = {READER}\nrole.other = *\n")
        cls.server.__enter__()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)
        cls.ecs, cls.logs = cls.server.boto3("ecs"), cls.server.boto3("logs")
        cls.account = cls.server.boto3("sts").get_caller_identity()["Account"]
        cls.server.define(cls.ecs, "teller", ["sh", "-c", TELL], stopTimeout=2)

    def run_as(self, role):
        arn = self.server.run(self.ecs, "teller", overrides={
            "taskRoleArn": f"arn:aws:iam::999999999999:role/path/{role}"})[0]
        self.server.wait(self.ecs, [arn], "RUNNING")
        return arn

    def told(self, arn, than=None):
        """The last keys that the task has told; others than those that are known."""
        deadline = time.monotonic() + 90
        while True:
            keys = [json.loads(line) for line in self.server.task_output(self.logs, arn)
                    .decode().splitlines() if line.startswith("{")]
            if keys and keys[-1] != than:
                return keys[-1]
            self.assertLess(time.monotonic(), deadline, self.server.program_logs())
            time.sleep(0.5)

    def client(self, service, keys, **more):
        return self.server.boto3(service, **{
            "aws_access_key_id": keys["AccessKeyId"],
            "aws_secret_access_key": keys["SecretAccessKey"],
            "aws_session_token": keys["Token"], **more})

    def assert_refused(self, code, call, *args, **words):
        with self.assertRaises(ClientError) as caught:
            call(*args, **words)
        self.assertEqual(caught.exception.response["Error"]["Code"], code)
        return caught.exception.response["Error"]["Message"]

    def test_a_role_that_is_configured(self):
        arn = self.run_as("reader")
        task = arn.rsplit("/", 1)[1]
        keys = self.told(arn)
        self.assertEqual(set(keys), {"RoleArn", "AccessKeyId", "SecretAccessKey", "Token",
                                     "Expiration"})
        self.assertEqual(keys["RoleArn"], f"arn:aws:iam::{self.account}:role/reader")
        left = time.mktime(time.strptime(keys["Expiration"][:19], "%Y-%m-%dT%H:%M:%S"))
        self.assertAlmostEqual(left - time.mktime(time.gmtime()), 6 * 3600, delta=120)
        who = self.client("sts", keys).get_caller_identity()
        self.assertEqual(who["Arn"],
                         f"arn:aws:sts::{self.account}:assumed-role/reader/{task}")
        ecs = self.client("ecs", keys)
        self.assertIn(arn, ecs.list_tasks()["taskArns"])
        self.assertEqual(ecs.describe_tasks(tasks=[arn])["tasks"][0]["taskArn"], arn)
        message = self.assert_refused("AccessDeniedException", ecs.stop_task, task=arn)
        self.assertEqual(message, f"User: {who['Arn']} is not authorized to perform: ecs:StopTask "
                                  "on resource: * because no identity-based policy allows the "
                                  "ecs:StopTask action")
        self.assert_refused("AccessDeniedException", self.client("logs", keys).describe_log_groups)
        # It may run tasks, and none that may do more than itself.
        message = self.assert_refused(
            "AccessDeniedException", ecs.run_task, taskDefinition="teller",
            overrides={"taskRoleArn": "arn:aws:iam::999999999999:role/other"})
        self.assertIn("iam:PassRole", message)
        self.forge(keys)
        os.kill(self.server.pid("provisioner"), signal.SIGKILL)
        renewed = self.told(arn, than=keys)
        self.assertGreater(renewed["Expiration"], keys["Expiration"])
        self.assertNotEqual(renewed["AccessKeyId"], keys["AccessKeyId"])
        for each in (keys, renewed):
            self.client("ecs", each).list_tasks()
        self.ecs.stop_task(task=arn)
        self.server.wait(self.ecs, [arn])
        for each in (keys, renewed):
            self.assert_refused("UnrecognizedClientException", self.client("ecs", each).list_tasks)

    def forge(self, keys):
        token = keys["Token"]
        for words in ({"aws_session_token": token.replace("reader", "other")},
                      {"aws_session_token": token[:-1] + ("0" if token[-1] != "0" else "1")},
                      {"aws_session_token": None},
                      {"aws_session_token": "x"},
                      {"aws_access_key_id": self.server.env["AWS_ACCESS_KEY_ID"]}):
            self.assert_refused("UnrecognizedClientException",
                                self.client("ecs", keys, **words).list_tasks)
        self.assert_refused("InvalidSignatureException", self.client(
            "ecs", keys, aws_secret_access_key="0" * 40).list_tasks)
        # Nor does a user's own key take a token along.
        self.assert_refused("UnrecognizedClientException", self.server.boto3(
            "ecs", aws_session_token=token).list_tasks)

    def test_a_role_that_nobody_has_configured(self):
        arn = self.run_as("unknown")
        self.ecs.stop_task(task=arn)
        task = self.server.wait(self.ecs, [arn])[0]
        self.assertTrue(task["overrides"]["taskRoleArn"].endswith("role/path/unknown"))
        self.assertNotIn(b"is set", self.server.task_output(self.logs, arn))
        self.assertNotIn(b"{", self.server.task_output(self.logs, arn))


if __name__ == "__main__":
    unittest.main()
