# SPDX-License-Identifier: Apache-2.0
"""One client token is one launch, however often and whenever it is sent."""

import os
import signal
import threading
import time
import unittest

import shared

try:
    from botocore.awsrequest import AWSRequest
    from botocore.auth import SigV4Auth
    from botocore.credentials import Credentials
except ImportError as error:  # never skipped in silence
    raise SystemExit(f"python3-boto3 is needed: {error}")

import json
import ssl
import http.client


def raw_call(server, operation, body):
    """A signed call without a client's model: Debian's botocore does not know clientToken yet."""
    request = AWSRequest(
        "POST", server.endpoint + "/", data=json.dumps(body),
        headers={"Content-Type": "application/x-amz-json-1.1", "Host": f"localhost:{server.port}",
                 "X-Amz-Target": f"AmazonEC2ContainerServiceV20141113.{operation}"})
    key = Credentials(server.env["AWS_ACCESS_KEY_ID"], server.env["AWS_SECRET_ACCESS_KEY"])
    SigV4Auth(key, "ecs", server.env["AWS_REGION"]).add_auth(request)
    context = ssl.create_default_context(cafile=server.env["AWS_CA_BUNDLE"])
    connection = http.client.HTTPSConnection("localhost", server.port, context=context, timeout=60)
    connection.request("POST", "/", body=request.data, headers=dict(request.headers.items()))
    answer = connection.getresponse()
    data = json.loads(answer.read() or b"{}")
    connection.close()
    return answer.status, data


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
