# SPDX-License-Identifier: Apache-2.0
"""One client token is one launch, however often and whenever it is sent."""

import json
import os
import signal
import threading
import time
import unittest

import shared
from signed_calls import SignedCalls


def raw_call(server, operation, body):
    """Without a client, which might put a token of its own."""
    calls = SignedCalls(server, "ecs", "AmazonEC2ContainerServiceV20141113")
    try:
        status, text = calls.call(operation, body)
        return status, json.loads(text)
    finally:
        calls.close()


class Tokens(unittest.TestCase):
    def test_twenty_at_once_and_across_a_restart(self):
        server = shared.server()
        ecs = server.boto3("ecs")
        server.define(ecs, "token", ["sh", "-c", "sleep 1"])
        body = {"taskDefinition": "token", "launchType": "FARGATE",
                "clientToken": f"token-{time.time_ns()}", "startedBy": "token-test"}
        answers = []

        def send():
            answers.append(raw_call(server, "RunTask", body))

        threads = [threading.Thread(target=send) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([status for status, _ in answers], [200] * 20)
        os.kill(server.pid("gateway"), signal.SIGKILL)
        deadline = time.monotonic() + 60
        while True:
            try:
                answers.append(raw_call(server, "RunTask", body))
                break
            except OSError:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.1)
        arns = {data["tasks"][0]["taskArn"] for _, data in answers}
        self.assertEqual(len(arns), 1)
        listed = ecs.list_tasks(startedBy="token-test", desiredStatus="RUNNING")["taskArns"]
        listed += ecs.list_tasks(startedBy="token-test", desiredStatus="STOPPED")["taskArns"]
        self.assertEqual(set(listed), arns)
        server.wait(ecs, list(arns))

    def test_the_same_token_with_another_request(self):
        server = shared.server()
        ecs = server.boto3("ecs")
        server.define(ecs, "token-2", ["true"])
        body = {"taskDefinition": "token-2", "clientToken": f"other-{time.time_ns()}"}
        status, first = raw_call(server, "RunTask", body)
        self.assertEqual(status, 200)
        status, second = raw_call(server, "RunTask", dict(body, startedBy="me"))
        self.assertEqual(status, 400)
        self.assertTrue(second["__type"].endswith("ConflictException"))
        server.wait(ecs, [first["tasks"][0]["taskArn"]])
