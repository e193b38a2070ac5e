# SPDX-License-Identifier: Apache-2.0
"""A private registry with a password: Debian's docker-registry on loopback."""

import os
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from slipway_server import PROGRAMS, ROOT, Server, free_ports

ECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com"


class PrivateRegistry(unittest.TestCase):
    """Two servers: one that knows the right password, one that has a wrong one."""

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="slipway-registry-"))
        port = free_ports()
        cls.host = f"127.0.0.1:{port}"
        subprocess.run(["htpasswd", "-Bbc", cls.folder / "htpasswd", "alice", "right"], check=True,
                       capture_output=True)
        cls.process = subprocess.Popen(
            [ROOT / "scripts/registry", "start", "--dir", cls.folder / "data", "--port", str(port),
             "--htpasswd", cls.folder / "htpasswd"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        push = ["skopeo", "--insecure-policy", "copy", "--dest-tls-verify=false", "--dest-creds",
                "alice:right", f"oci:{ROOT}/build/hello-image:latest",
                f"docker://{cls.host}/private/hello:v1"]
        deadline = time.monotonic() + 30
        while subprocess.run(push, capture_output=True).returncode != 0:
            if time.monotonic() > deadline:
                raise RuntimeError("the registry does not take the image")
            time.sleep(0.3)

    @classmethod
    def tearDownClass(cls):
        cls.process.terminate()
        cls.process.wait()
        shutil.rmtree(cls.folder, ignore_errors=True)

    def outcome(self, password, image):
        conf = (f"registry.{self.host}.user = alice\nregistry.{self.host}.password = {password}\n"
                f"registry.{ECR}.mirror = {self.host}/private\n"
                f"plain_http_registries = {self.host}, LOCAL\n")
        with Server(local_conf=conf) as server:
            ecs = server.boto3("ecs")
            outcomes = []
            for name in image:
                server.define(ecs, "private", ["sh", "-c", "echo ran"], image=name)
                arn = server.run(ecs, "private")[0]
                outcomes.append(server.wait(ecs, [arn])[0])
            return outcomes

    def test_right_password_runs_and_missing_tag_says_so(self):
        ran, mirrored, missing, absent = self.outcome("right", [
            f"{self.host}/private/hello:v1", f"{ECR}/hello:v1", f"{self.host}/private/hello:v9",
            f"{self.host}/private/nothing:v1"])
        for task in (ran, mirrored):
            self.assertEqual(task["stopCode"], "EssentialContainerExited", task)
            self.assertEqual(task["containers"][0]["exitCode"], 0)
        # The task keeps the name that it asked for.
        self.assertEqual(mirrored["containers"][0]["image"], f"{ECR}/hello:v1")
        for task in (missing, absent):
            self.assertEqual(task["stopCode"], "TaskFailedToStart")
            self.assertTrue(task["stoppedReason"].startswith("CannotPullContainerError"),
                            task["stoppedReason"])
            self.assertNotIn("startedAt", task)

    def test_the_operator_prefetches_and_lists(self):
        conf = (f"registry.{self.host}.user = alice\nregistry.{self.host}.password = right\n"
                f"plain_http_registries = {self.host}, LOCAL\n")
        name = f"{self.host}/private/hello:v1"
        with Server(local_conf=conf) as server:
            def image(*words):
                return subprocess.run([PROGRAMS / "slipway", "image", *words, "--state",
                                       server.state], capture_output=True, text=True)

            def prefetch(*names):
                return subprocess.run([PROGRAMS / "slipway", "image", "prefetch", "--state",
                                       server.state, *names], capture_output=True, text=True)

            self.assertNotIn(name, image("list").stdout)
            first = prefetch(name, f"{self.host}/private/nothing:v1")
            self.assertEqual(first.returncode, 1, first)
            self.assertIn("sha256:", first.stdout)
            self.assertIn("not found", first.stderr)
            second = prefetch(name)
            self.assertEqual((second.returncode, second.stderr), (0, ""))
            self.assertIn("was there", second.stdout)
            self.assertIn(name, image("list").stdout)
            ecs = server.boto3("ecs")
            server.define(ecs, "private", ["true"], image=name)
            task, = server.wait(ecs, server.run(ecs, "private"))
            self.assertEqual(task["containers"][0]["exitCode"], 0)

    def test_wrong_password(self):
        task, = self.outcome("wrong", [f"{self.host}/private/hello:v1"])
        self.assertEqual(task["stopCode"], "TaskFailedToStart")
        self.assertTrue(task["stoppedReason"].startswith("CannotPullContainerError"),
                        task["stoppedReason"])


if __name__ == "__main__":
    os.environ.pop("SLIPWAY_TEST_STATE", None)
    unittest.main()
