# SPDX-License-Identifier: Apache-2.0
"""Storage that outlives tasks: files of variables in buckets."""

import os
import tempfile
import unittest
from pathlib import Path

from slipway_server import Server

ROLE = "arn:aws:iam::111122223333:role/"
FAILED = ("ResourceInitializationError: failed to download env files: file download command: "
          "non empty error stream: ")


class Storage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="slipway-storage-")
        cls.addClassCleanup(cls.folder.cleanup)
        root = Path(cls.folder.name)
        cls.bucket = root / "bucket"
        cls.bucket.mkdir()
        cls.server = Server(f"bucket.my.bucket = {cls.bucket}\nrole.denied = logs:*\n")
        cls.server.__enter__()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)
        cls.ecs, cls.logs = cls.server.boto3("ecs"), cls.server.boto3("logs")

    def register(self, family, *containers, **task):
        return self.ecs.register_task_definition(**{**dict(
            family=family, networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256",
            memory="512", executionRoleArn=ROLE + "execution",
            containerDefinitions=[{"name": "main", "image": self.server.image, **one}
                                  for one in containers]), **task})["taskDefinition"]

    def finish(self, family, **options):
        arn, = self.server.run(self.ecs, family, **options)
        done, = self.server.wait(self.ecs, [arn])
        return done

    def output(self, task, container="main"):
        return self.server.task_output(self.logs, task["taskArn"], container).decode()

    def refused(self, code, call, **arguments):
        with self.assertRaises(Exception) as raised:
            call(**arguments)
        self.assertEqual(raised.exception.response["Error"]["Code"], code)
        return raised.exception.response["Error"]["Message"]


def files(*keys, bucket="my.bucket"):
    return [{"type": "s3", "value": f"arn:aws:s3:::{bucket}/{key}"} for key in keys]


class EnvironmentFiles(Storage):
    show = ["sh", "-c", 'echo "$A|$B|$C|$D|$E"']

    def test_variables_come_from_files_below_those_of_the_definition(self):
        (self.bucket / "deep").mkdir()
        (self.bucket / "a.env").write_text("# of a\nA=file\nB=\"one two\" \nC=first\n")
        (self.bucket / "deep/b.env").write_text("\ufeffC=second\r\nD=x=$A\r\nNOTHING\nE=")
        (self.bucket / "other.env").write_text("B=override\n")
        kept = self.register("files", dict(
            command=self.show, environment=[{"name": "A", "value": "definition"}],
            environmentFiles=files("a.env", "deep/b.env")))
        self.assertEqual(kept["containerDefinitions"][0]["environmentFiles"],
                         files("a.env", "deep/b.env"))
        self.assertIn({"name": "ecs.capability.env-files.s3"}, kept["requiresAttributes"])
        self.assertEqual(self.output(self.finish("files")), 'definition|"one two" |first|x=$A|\n')
        task = self.finish("files", overrides={"containerOverrides": [
            {"name": "main", "environmentFiles": files("other.env")}]})
        self.assertEqual(self.output(task), "definition|override|||\n")
        self.assertEqual(task["overrides"]["containerOverrides"][0]["environmentFiles"],
                         files("other.env"))

    def test_what_cannot_be_read_ends_the_task_with_its_reason(self):
        (self.bucket / "bad.env").write_text("A=1\n=hidden\n")
        (self.bucket / "good.env").write_text("A=1\n")
        (self.bucket / "link.env").symlink_to("/etc/passwd")
        rows = [("none.env", "execution", "NoSuchKey: The specified key does not exist."),
                ("link.env", "execution", "NoSuchKey: The specified key does not exist."),
                ("bad.env", "execution", "line 2 has no variable's name"),
                ("good.env", "denied", "AccessDenied: Access Denied")]
        self.register("unread", dict(command=["true"], environmentFiles=files("none.env")))
        arns = [self.server.run(self.ecs, "unread", overrides={
            "executionRoleArn": ROLE + role, "containerOverrides": [
                {"name": "main", "environmentFiles": files(key)}]})[0] for key, role, _ in rows]
        tasks = {task["taskArn"]: task for task in self.server.wait(self.ecs, arns)}
        for arn, (_, _, reason) in zip(arns, rows):
            self.assertEqual(tasks[arn]["stopCode"], "TaskFailedToStart")
            self.assertTrue(tasks[arn]["stoppedReason"].startswith(FAILED), tasks[arn])
            self.assertIn(reason, tasks[arn]["stoppedReason"])
            self.assertNotIn("hidden", tasks[arn]["stoppedReason"])

    def test_what_is_no_file_of_a_bucket_is_refused(self):
        def why(*listed, **task):
            return self.refused("ClientException", self.register, family="refused", **task,
                                containerDefinitions=[{"name": "main", "image": "x",
                                                       "environmentFiles": list(listed)}])

        self.assertEqual(why(*files("a.env", bucket="other")),
                         "containerDefinitions[0].environmentFiles[0].value: the bucket 'other' is "
                         "not in the configuration of this Slipway.")
        self.assertEqual(why({"type": "s3", "value": "s3://my.bucket/a.env"}),
                         "Invalid arn syntax.")
        self.assertIn("must end with .env", why(*files("a.txt")))
        self.assertEqual(why(*files("a.env"), executionRoleArn=""),
                         "When you are specifying container environment files, you must also "
                         "specify a value for 'executionRoleArn'.")
        self.register("plain", dict(command=["true"]))
        self.assertIn("the bucket 'other'", self.refused(
            "ClientException", self.ecs.run_task, taskDefinition="plain", launchType="FARGATE",
            overrides={"containerOverrides": [
                {"name": "main", "environmentFiles": files("a.env", bucket="other")}]}))


if __name__ == "__main__":
    unittest.main()
