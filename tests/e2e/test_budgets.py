# SPDX-License-Identifier: Apache-2.0
"""Quotas and budgets, as stock clients meet them, on a server with real microVMs."""

import json
import os
import signal
import sqlite3
import time
import unittest

from slipway_server import Server

SLEEP = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.1; done"]


class Budgets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(local_conf="quota_tasks = 1\n").__enter__()
        cls.ecs = cls.server.boto3("ecs")
        cls.server.define(cls.ecs, "sleeper", SLEEP)
        cls.server.define(cls.ecs, "other", SLEEP)

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    def operator(self, *words, check=True):
        return self.server.slipway(*words, "--state", str(self.server.state), check=check)

    def refused(self, code, client=None, **request):
        from botocore.exceptions import ClientError
        with self.assertRaises(ClientError) as caught:
            (client or self.ecs).run_task(**request)
        self.assertEqual(caught.exception.response["Error"]["Code"], code)
        return caught.exception.response["Error"]["Message"]

    def end(self, arns):
        for arn in arns:
            self.ecs.stop_task(task=arn)
        self.server.wait(self.ecs, arns)

    def test_quotas_are_said_as_fargate_says_them(self):
        self.operator("quota", "set", "default", "--tasks", "default")
        answer = self.ecs.run_task(taskDefinition="sleeper", count=2)
        arns = [task["taskArn"] for task in answer["tasks"]]
        self.assertEqual(len(arns), 1)
        self.assertEqual([failure["reason"] for failure in answer["failures"]],
                         ["You’ve reached the limit on the number of tasks you can run "
                          "concurrently"])
        self.assertIn("1 of default", self.operator("quota", "list").stdout)
        self.operator("quota", "set", "default", "--tasks", "none", "--launches", "1",
                      "--burst", "1")
        once = self.server.boto3("ecs", config=self.no_retries())
        arns += [once.run_task(taskDefinition="sleeper")["tasks"][0]["taskArn"]]
        self.assertEqual(self.refused("ThrottlingException", once, taskDefinition="sleeper"),
                         "Rate exceeded")
        arns += self.server.run(self.ecs, "sleeper")  # this one waits and asks again
        self.operator("quota", "set", "default", "--launches", "none")
        arns += self.server.run(self.ecs, "sleeper", count=2)
        self.operator("quota", "set", "default", "--vcpus", "1")
        answer = self.ecs.run_task(taskDefinition="sleeper")
        self.assertIn("number of vCPUs", answer["failures"][0]["reason"])
        self.end(arns)
        self.assertEqual(self.ecs.run_task(taskDefinition="sleeper")["failures"], [])
        self.end(self.ecs.list_tasks()["taskArns"])
        self.operator("quota", "set", "default", "--vcpus", "default")
        self.assertNotEqual(
            self.operator("quota", "set", "default", "--tasks", "many", check=False).returncode, 0)

    @staticmethod
    def no_retries():
        from botocore.config import Config
        return Config(proxies={}, retries={"max_attempts": 0})

    def events(self):
        with sqlite3.connect(f"file:{self.server.state}/db/state.db?mode=ro", uri=True) as found:
            return [(kind, json.loads(data)) for kind, data in found.execute(
                "SELECT type, data_json FROM outbox ORDER BY position")]

    def budget(self, name):
        listed = json.loads(self.operator("budget", "list", "--json").stdout)
        return next(line for line in listed if line["name"] == name)

    def kill_provisioner(self):
        """Returns when the next life is ready."""
        log = self.server.state / "log" / "provisioner.log"
        before = log.read_text().count(" ready: ")
        os.kill(self.server.pid("provisioner"), signal.SIGKILL)
        deadline = time.monotonic() + 60
        while log.read_text().count(" ready: ") == before:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)

    def test_a_hard_budget_stops_refuses_and_outlives_a_kill(self):
        self.operator("quota", "set", "default", "--tasks", "none")
        arn, spared = (self.server.run(self.ecs, family)[0] for family in ("sleeper", "other"))
        self.server.wait(self.ecs, [arn, spared], "RUNNING")
        # A second of the task costs some 0.0000034: it is spent in some seconds.
        self.operator("budget", "set", "hard", "--amount", "0.00003", "--per", "all",
                      "--family", "sleeper", "--notify", "50,100", "--stop")
        stopped = self.server.wait(self.ecs, [arn], "STOPPING")[0]
        self.assertEqual(stopped["desiredStatus"], "STOPPED")
        self.assertEqual(stopped["stoppedReason"], "Budget hard is spent: 0.000030000 USD.")
        said = self.refused("AccessDeniedException", taskDefinition="sleeper")
        self.assertEqual(said,
                         "Budget hard is spent (0.000030000): it refuses to launch tasks.")
        self.server.wait(self.ecs, [arn])
        told = self.events()
        self.assertEqual([(kind, data.get("percent")) for kind, data in told],
                         [("slipway.budget.threshold", 50), ("slipway.budget.threshold", 100),
                          ("slipway.budget.spent", None)])
        self.assertEqual(told[2][1]["stopped"], 1)
        self.assertGreaterEqual(float(told[1][1]["spent"]), 0.00003)
        self.kill_provisioner()
        self.assertIn("hard is spent", self.refused("AccessDeniedException",
                                                    taskDefinition="sleeper"))
        time.sleep(1)  # the new life has looked
        self.assertEqual(self.events(), told)
        found = self.budget("hard")
        self.assertTrue(found["reached"] and found["stops"])
        line = json.loads(self.operator("bill", "task", arn, "--json").stdout)
        self.assertEqual(found["spent"], line["total"])  # to the last digit
        self.assertEqual(self.ecs.describe_tasks(tasks=[spared])["tasks"][0]["lastStatus"],
                         "RUNNING")
        self.operator("budget", "remove", "hard")
        again = self.server.run(self.ecs, "sleeper")
        self.end([*again, spared])


if __name__ == "__main__":
    unittest.main()
