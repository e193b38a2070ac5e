# SPDX-License-Identifier: Apache-2.0
"""Tasks of FARGATE_SPOT make room for others, on a server with memory for one task."""

import time
import unittest

from slipway_server import Server

STRATEGY = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
LISTEN = ["sh", "-c", "trap 'echo told; sleep 3; echo saved; exit 9' TERM; echo up; "
          "while :; do sleep 0.2; done"]


class Spot(unittest.TestCase):
    def test_a_spot_task_is_told_ends_its_work_and_makes_room(self):
        with Server(local_conf="memory_limit = 900MiB\npool_machines = 0\n") as server:
            ecs, logs = server.boto3("ecs"), server.boto3("logs")
            server.define(ecs, "spot", LISTEN, stopTimeout=120)
            server.define(ecs, "demand", ["sh", "-c", "echo ran"])
            spot = ecs.run_task(taskDefinition="spot", capacityProviderStrategy=STRATEGY)
            spot = spot["tasks"][0]["taskArn"]
            server.wait(ecs, [spot], "RUNNING")
            while b"up" not in server.task_output(logs, spot):  # it hears signals
                time.sleep(0.2)
            demand = server.run(ecs, "demand")[0]
            waits = ecs.run_task(taskDefinition="demand", capacityProviderStrategy=STRATEGY)
            seen = server.wait(ecs, [spot], "STOPPING")[0]
            self.assertEqual(seen["desiredStatus"], "STOPPED")
            self.assertEqual(seen["stopCode"], "SpotInterruption")
            ended, ran = server.wait(ecs, [spot, demand])
            self.assertEqual(ended["stoppedReason"], "Your Spot Task was interrupted.")
            self.assertEqual(ended["containers"][0]["exitCode"], 9)
            self.assertEqual(server.task_output(logs, spot), b"up\ntold\nsaved\n")
            self.assertEqual(ran["stopCode"], "EssentialContainerExited")
            self.assertGreaterEqual(ran["startedAt"], ended["executionStoppedAt"])
            last = server.wait(ecs, [waits["tasks"][0]["taskArn"]])[0]
            self.assertEqual(last["stopCode"], "EssentialContainerExited")
