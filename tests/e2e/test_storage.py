# SPDX-License-Identifier: Apache-2.0
"""Storage that outlives tasks: files of variables in buckets, and file systems."""

import os
import signal
import tempfile
import time
import unittest
from pathlib import Path

from slipway_server import Server, root_is_a_mount

ROLE = "arn:aws:iam::111122223333:role/"
FAILED = ("ResourceInitializationError: failed to download env files: file download command: "
          "non empty error stream: ")


world = None


class World:
    """A server with a bucket and two file systems, in folders of their own."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="slipway-storage-")
        root = Path(self.folder.name)
        self.bucket, self.files, self.others = (root / name for name in ("bucket", "files", "others"))
        for folder in (self.bucket, self.files, self.others, root / "theirs"):
            folder.mkdir()
        root.chmod(0o700)
        self.server = Server(f"bucket.my.bucket = {self.bucket}\n"
                             "role.denied = logs:*\n"
                             f"bucket.theirs = {root}/theirs for 999988887777\n"
                             f"file_system.fs-00000000 = {root}/theirs for 999988887777\n"
                             f"file_system.fs-01234567 = {self.files}\n"
                             f"file_system.fs-89abcdef = {self.others}\n"
                             "access_point.fsap-01 = fs-01234567 /deep/er\n")
        self.server.__enter__()


def setUpModule():
    global world
    world = World()


def tearDownModule():
    world.server.__exit__(None, None, None)
    world.folder.cleanup()


class Storage(unittest.TestCase):
    def setUp(self):
        self.server = world.server
        self.ecs, self.logs = self.server.boto3("ecs"), self.server.boto3("logs")

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
        (world.bucket / "deep").mkdir()
        (world.bucket / "a.env").write_text("# of a\nA=file\nB=\"one two\" \nC=first\n")
        (world.bucket / "deep/b.env").write_text("\ufeffC=second\r\nD=x=$A\r\nNOTHING\nE=")
        (world.bucket / "other.env").write_text("B=override\n")
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
        (world.bucket / "bad.env").write_text("A=1\n=hidden\n")
        (world.bucket / "good.env").write_text("A=1\n")
        (world.bucket / "link.env").symlink_to("/etc/passwd")
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
        self.assertIn("the bucket 'theirs' is not in the configuration",  # for this account
                      why(*files("a.env", bucket="theirs")))
        self.assertIn("the file system 'fs-00000000' is not in the configuration", self.refused(
            "ClientException", self.register, family="refused", volumes=[efs("v", "fs-00000000")],
            containerDefinitions=[{"name": "main", "image": "x"}]))
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


def efs(name, file_system="fs-01234567", **more):
    return {"name": name, "efsVolumeConfiguration": {"fileSystemId": file_system, **more}}


def mounted(*mounts):
    return [{"sourceVolume": name, "containerPath": path, "readOnly": path.startswith("/ro")}
            for name, path in mounts]


@unittest.skipUnless(os.geteuid() == 0, "file systems are served by root alone")
class FileSystems(Storage):
    point = {"transitEncryption": "ENABLED",
             "authorizationConfig": {"accessPointId": "fsap-01", "iam": "ENABLED"}}

    def served(self):
        """Processes that serve this test's folders, by what they see as their root."""
        found = {}
        for entry in Path("/proc").iterdir():
            try:
                if b"/usr/lib/qemu/virtiofsd" in (entry / "cmdline").read_bytes():
                    mounts = (entry / "mountinfo").read_text()
                    if world.folder.name in mounts:
                        found[entry] = mounts
            except OSError:
                continue
        return found

    def check_confinement(self):
        """Who serves a folder sees nothing else, and may do what giving files away takes."""
        workers = 0
        for process, mounts in self.served().items():
            lines = mounts.splitlines()
            self.assertEqual(len(lines), 1, mounts)
            self.assertIn(f"/{Path(world.folder.name).name}/", lines[0])  # as its disk calls it
            self.assertIn("nosuid,nodev", lines[0])
            status = dict(line.split(":\t", 1)
                          for line in (process / "status").read_text().splitlines())
            rights = int(status["CapEff"], 16)
            self.assertEqual(rights & ~0xdb, 0)  # CHOWN, DAC_OVERRIDE, FOWNER, FSETID, SETGID, SETUID
            if rights:
                self.assertEqual((status["Seccomp"], status["NoNewPrivs"]), ("2", "1"))
                self.assertNotEqual(os.readlink(process / "ns/net"), os.readlink("/proc/self/ns/net"))
            workers += rights != 0
        self.assertEqual(workers, 6)  # one a volume

    @unittest.skipUnless(root_is_a_mount(), "virtiofsd does not run in a plain chroot")
    def test_two_tasks_share_a_file_system_that_outlives_them(self):
        deep = world.files / "deep/er"
        deep.mkdir(parents=True)
        os.chown(deep, 1234, 1234)
        (world.others / "greeting").write_text("from the other\n")
        (world.files / "escape").symlink_to("/etc")
        wait = "until [ -e {0} ]; do sleep 0.1; done; "
        volumes = [efs("all", rootDirectory="/"), efs("deep", rootDirectory="/deep/er"),
                   efs("point", **self.point), efs("other", "fs-89abcdef")]
        kept = self.register("writer", dict(
            command=["sh", "-c", "exec 2>&1; echo first > /all/word; chmod 640 /all/word; "
                     "chown 77:88 /all/word; touch /all/ready; mkfifo /all/pipe; "
                     "mknod /all/device b 8 0; cat /other/greeting; touch /ro/mine /ro-all/mine; "
                     "touch /deep/of-root; cd /point; ls of-root; " + wait.format("/all/answer") +
                     "cat /all/answer; stat -c '%u %g' /all/answer; "
                     "cat /all/escape/hostname; ls -a /all/.. | grep -c bucket"],
            mountPoints=mounted(("all", "/all"), ("all", "/ro-all"), ("other", "/other"),
                                ("other", "/ro"), ("deep", "/deep"), ("point", "/point"))),
            volumes=volumes)
        self.assertEqual(kept["volumes"], volumes)
        self.assertIn({"name": "ecs.capability.efsAuth"}, kept["requiresAttributes"])
        self.register("reader", dict(
            user="1234:1234", mountPoints=mounted(("all", "/all"), ("point", "/point")),
            command=["sh", "-c", "exec 2>&1; " + wait.format("/all/ready") +
                     "stat -c '%u %g %a' /all/word; cat /all/word; touch /all/mine; "
                     "echo second > /point/new; mv /point/new /point/answer; " + wait.format("/all/left") +
                     "cat /all/left; echo third > /point/last"]),
            volumes=[efs("all"), efs("point", **self.point)])
        arns = [self.server.run(self.ecs, family)[0] for family in ("writer", "reader")]
        deadline = time.monotonic() + 60
        while not (deep / "answer").exists():
            self.assertLess(time.monotonic(), deadline, self.server.program_logs())
            time.sleep(0.1)
        self.check_confinement()
        os.kill(self.server.pid("provisioner"), signal.SIGKILL)
        (world.files / "new").write_text("by the host\n")
        (world.files / "new").rename(world.files / "left")
        (deep / "answer").rename(world.files / "answer")
        tasks = {task["taskArn"]: task for task in self.server.wait(self.ecs, arns)}
        writer, reader = (self.output(tasks[arn]).splitlines() for arn in arns)
        self.assertEqual(writer[:-2], [
            "mknod: /all/device: Operation not permitted", "from the other",
            "touch: /ro/mine: Read-only file system", "touch: /ro-all/mine: Read-only file system",
            "of-root", "second", "1234 1234"])
        self.assertRegex(writer[-2], r"^ip-[0-9-]+\.")  # its own: a link leads nowhere but inside
        self.assertEqual(writer[-1], "0")
        self.assertEqual(reader, ["77 88 640", "cat: can't open '/all/word': Permission denied",
                                  "touch: /all/mine: Permission denied", "by the host"])
        found = (world.files / "word").stat()
        self.assertEqual((found.st_uid, found.st_gid, found.st_mode & 0o7777), (77, 88, 0o640))
        self.assertEqual((deep / "of-root").stat().st_uid, 0)
        self.assertTrue((world.files / "pipe").is_fifo())
        self.assertEqual((deep / "last").read_text(), "third\n")
        deadline = time.monotonic() + 5  # the worker gets its signal when its parent is gone
        while self.served():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
        self.assertEqual(list((self.server.run_dir / "shares").iterdir()), [])

    def test_what_cannot_be_mounted_ends_the_task_with_its_reason(self):
        (world.others / "link").symlink_to("/etc")
        rows = (("/none", "No such file or directory"), ("/link", "Too many levels of symbolic links"),
                ("/link/ssl", "Too many levels of symbolic links"))
        arns = []
        for root, _ in rows:
            self.register("unmounted", dict(command=["true"], mountPoints=mounted(("v", "/v"))),
                          volumes=[efs("v", "fs-89abcdef", rootDirectory=root)])
            arns += self.server.run(self.ecs, "unmounted")
        tasks = {task["taskArn"]: task for task in self.server.wait(self.ecs, arns)}
        for arn, (root, reason) in zip(arns, rows):
            self.assertEqual(tasks[arn]["stopCode"], "TaskFailedToStart")
            self.assertEqual(tasks[arn]["stoppedReason"],
                             "ResourceInitializationError: failed to invoke EFS utils commands to "
                             "set up EFS volumes: stderr: mount.nfs4: mounting fs-89abcdef:"
                             f"{root} failed, reason given by server: {reason} : unsuccessful EFS "
                             "utils command execution; code: 32")


if __name__ == "__main__":
    unittest.main()
