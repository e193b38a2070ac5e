# SPDX-License-Identifier: Apache-2.0
"""Volumes, and what a container may ask of the kernel, seen from inside."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import shared
from slipway_server import ROOT


def make_image(name, server):
    """The hello image with a VOLUME, a folder that is none, and a STOPSIGNAL."""
    with tempfile.TemporaryDirectory(prefix="slipway-image-") as folder:
        layout, root = Path(folder) / "layout", Path(folder) / "root"
        shutil.copytree(Path(ROOT) / "build/hello-image", layout)
        (root / "data/below").mkdir(parents=True)
        (root / "plain").mkdir()
        (root / "data/greeting").write_text("from the image\n")
        (root / "data/below/more").write_text("deeper\n")
        (root / "data/link").symlink_to("below/more")
        (root / "plain/hidden").write_text("not of a VOLUME\n")
        (root / "data/greeting").chmod(0o640)
        (root / "data").chmod(0o2770)
        rootless = []
        if os.geteuid() == 0:
            os.chown(root / "data", 1234, 1234)
        else:
            rootless = ["--rootless"]
        image = f"{layout}:latest"
        for words in (["insert", *rootless, "--image", image, root / "data", "/data"],
                      ["insert", *rootless, "--image", image, root / "plain", "/plain"],
                      ["config", "--image", image, "--config.volume", "/data",
                       "--config.stopsignal", "SIGUSR1"]):
            subprocess.run(["umoci", *words], check=True, capture_output=True)
        target = f"{server.registry}/{name}:latest"
        subprocess.run(["skopeo", "--insecure-policy", "copy", "--dest-tls-verify=false",
                        f"oci:{image}", f"docker://{target}"], check=True, capture_output=True)
        return target


def shell(name, script, **more):
    return {"name": name, "command": ["sh", "-c", script], **more}


class Volumes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = shared.server()
        cls.ecs, cls.logs = cls.server.boto3("ecs"), cls.server.boto3("logs")
        cls.image = make_image("volumes", cls.server)

    def register(self, family, *containers, **task):
        return self.ecs.register_task_definition(
            family=family, networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256",
            memory="512", containerDefinitions=[{"image": self.image, **one}
                                                for one in containers], **task)["taskDefinition"]

    def finish(self, family, *containers, **task):
        self.register(family, *containers, **task)
        arn, = self.server.run(self.ecs, family)
        done, = self.server.wait(self.ecs, [arn])
        texts = {one["name"]: self.server.task_output(self.logs, arn, one["name"]).decode()
                 for one in done["containers"]}
        return done, texts

    def test_volumes_are_shared_read_only_taken_and_begin_with_what_a_volume_of_the_image_has(self):
        wait = "until [ -e {0} ]; do sleep 0.1; done; "
        task, texts = self.finish(
            "volumes",
            shell("writer", "stat -c '%a %u' /data /data/greeting; cat /data/greeting /data/link; "
                  "ls -A /plain; touch /root-file || echo read-only root; echo word > /out/word; "
                  + wait.format("/out/done"), readonlyRootFilesystem=True,
                  mountPoints=[{"sourceVolume": "seeded", "containerPath": "/data"},
                               {"sourceVolume": "empty", "containerPath": "/plain"},
                               {"sourceVolume": "below", "containerPath": "/out/a/b"},
                               {"sourceVolume": "shared", "containerPath": "/out"}]),
            shell("reader", wait.format("/in/word") + "cat /in/word; touch /in/mine; "
                  "echo $?; ls /data | head -1", essential=False,
                  mountPoints=[{"sourceVolume": "shared", "containerPath": "/in",
                                "readOnly": True}]),
            shell("taker", wait.format("/out/word") + "cat /out/word; cat /data/greeting; "
                  "touch /data/mine; echo $?; touch /out/a/b/c; echo $?", essential=False,
                  volumesFrom=[{"sourceContainer": "writer", "readOnly": True}]),
            shell("ender", wait.format("/out/word") + "sleep 2; ls -d /out/a/b; touch /out/done",
                  essential=False, volumesFrom=[{"sourceContainer": "writer"}]),
            volumes=[{"name": "shared", "host": {}}, {"name": "seeded"}, {"name": "empty"},
                     {"name": "below"}])
        self.assertEqual({one["name"]: one["exitCode"] for one in task["containers"]},
                         {"writer": 0, "reader": 0, "taker": 0, "ender": 0}, texts)
        owner = "1234" if os.geteuid() == 0 else "0"
        self.assertEqual(texts["writer"], f"2770 {owner}\n640 0\nfrom the image\ndeeper\n"
                         "touch: /root-file: Read-only file system\nread-only root\n")
        self.assertEqual(texts["reader"], "word\ntouch: /in/mine: Read-only file system\n1\nbelow\n")
        self.assertEqual(texts["taker"],
                         "word\nfrom the image\ntouch: /data/mine: Read-only file system\n1\n"
                         "touch: /out/a/b/c: Read-only file system\n1\n")
        self.assertEqual(texts["ender"], "/out/a/b\n")

    def test_process_settings(self):
        look = "grep -E 'CapEff|CapBnd' /proc/self/status | cut -f 2; "
        task, texts = self.finish(
            "settings",
            shell("bare", look + "cat /proc/sys/net/ipv4/tcp_keepalive_time /proc/sys/kernel/msgmax"
                  " /proc/sys/fs/mqueue/msg_max; cat /proc/1/comm; sleep 2", systemControls=[
                      {"namespace": "net.ipv4.tcp_keepalive_time", "value": "77"},
                      {"namespace": "kernel.msgmax", "value": "4242"},
                      {"namespace": "fs.mqueue.msg_max", "value": "42"}],
                  linuxParameters={"capabilities": {"drop": ["ALL"], "add": ["SYS_PTRACE"]}}),
            shell("other", look + "cat /proc/sys/kernel/msgmax; hostname; "
                  "grep ' /mem ' /proc/mounts; stat -c %a /mem; "
                  "dd if=/dev/zero of=/mem/x bs=1M count=9 2>&1 | grep -c 'No space'; sleep 2",
                  linuxParameters={"capabilities": {"drop": ["CHOWN", "MKNOD"]}, "tmpfs": [
                      {"containerPath": "/mem", "size": 8,
                       "mountOptions": ["exec", "mode=0700", "noatime"]}]}),
            shell("reaped", "cat /proc/1/comm; echo $$; (sh -c 'sleep 0.2 & :'); sleep 1; "
                  "ps -o stat | grep -c Z; exit 9", linuxParameters={"initProcessEnabled": True}))
        address = task["attachments"][0]["details"]
        address = next(one["value"] for one in address if one["name"] == "privateIPv4Address")
        self.assertEqual(texts["bare"], "0000000000080000\n0000000000080000\n77\n4242\n42\nsh\n")
        lines = texts["other"].split("\n")
        # Docker's fourteen, without CHOWN (0) and MKNOD (27).
        self.assertEqual(lines[:2], ["00000000a00425fa"] * 2)
        self.assertEqual(lines[2], "8192")
        self.assertEqual(lines[3], f"ip-{address.replace('.', '-')}.us-east-1.compute.internal")
        options = lines[4].split()[3].split(",")
        self.assertTrue({"nosuid", "nodev", "noatime", "size=8192k"} <= set(options), options)
        self.assertNotIn("noexec", options)
        self.assertEqual(lines[5:7], ["700", "1"])
        first, own, zombies, _ = texts["reaped"].split("\n")
        self.assertEqual((first, zombies), ("slipway-init", "0"))
        self.assertNotEqual(own, "1")
        codes = {one["name"]: one["exitCode"] for one in task["containers"]}
        self.assertEqual(codes, {"bare": 137 if codes["bare"] else 0,
                                 "other": 137 if codes["other"] else 0, "reaped": 9})

    def test_a_terminal(self):
        _, texts = self.finish(
            "terminal",
            shell("main", "tty; test -t 0 && test -t 2 && echo all; echo $TERM; echo err >&2; "
                  "stat -c %u $(tty); echo > /dev/console; seq 1 20000; sleep 0.1 & ",
                  pseudoTerminal=True, user="1234"))
        lines = texts["main"].split("\n")
        self.assertEqual(lines[:6], ["/dev/pts/0\r", "all\r", "xterm\r", "err\r", "1234\r", "\r"])
        self.assertEqual(lines[6:-1], [f"{number}\r" for number in range(1, 20001)])

    def test_one_process_space(self):
        mounts = [{"sourceVolume": "v", "containerPath": "/v"}]
        task, texts = self.finish(
            "together",
            shell("main", "until [ -s /v/pid ]; do sleep 0.1; done; echo $$; "
                  "readlink /proc/1/exe || echo hidden; kill -USR2 $(cat /v/pid); sleep 1; "
                  "ps | grep -c '[s]leep 1111'; exit 4", mountPoints=mounts),
            shell("side", "trap 'echo told by a neighbour' USR2; echo $$ > /v/pid; "
                  "while :; do sleep 0.1; done", essential=False, mountPoints=mounts),
            shell("short", "cat /proc/1/oom_score_adj; grep Seccomp: /proc/1/status; "
                  "readlink /proc/1/exe || echo hidden; sleep 1111 & exit 3", essential=False,
                  user="65534"),  # as the first process is
            pidMode="task", volumes=[{"name": "v"}])
        codes = {one["name"]: one["exitCode"] for one in task["containers"]}
        # Nothing shields a process that is not the first of its space from the stop signal.
        self.assertEqual(codes, {"main": 4, "side": 138, "short": 3}, texts)
        own, hidden, left, _ = texts["main"].split("\n")[-4:]
        self.assertNotEqual(own, "1")
        self.assertEqual((hidden, left), ("hidden", "0"))
        self.assertEqual(texts["short"].split(), ["0", "Seccomp:", "2", "hidden"])
        self.assertEqual(texts["side"], "told by a neighbour\n")

    def test_the_images_stop_signal(self):
        loop = "trap 'echo told; exit 6' USR1; echo up; while :; do sleep 0.1; done"
        self.register("signal", shell("plain", loop),
                      shell("init", loop, linuxParameters={"initProcessEnabled": True}))
        arn, = self.server.run(self.ecs, "signal")
        self.server.wait(self.ecs, [arn], "RUNNING")
        deadline = time.monotonic() + 30
        while any(b"up" not in self.output(arn, name) for name in ("plain", "init")):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.2)
        self.ecs.stop_task(task=arn)
        task, = self.server.wait(self.ecs, [arn])
        self.assertEqual([one["exitCode"] for one in task["containers"]], [6, 6])
        for name in ("plain", "init"):
            self.assertEqual(self.output(arn, name), b"up\ntold\n")

    def output(self, arn, name):
        try:
            return self.server.task_output(self.logs, arn, name)
        except self.logs.exceptions.ResourceNotFoundException:
            return b""

    def test_more_storage_is_there_enforced_and_thin(self):
        free = shutil.disk_usage(self.server.state).free
        task, texts = self.finish(
            "storage", shell("main", "df -k / | tail -1 | awk '{print $2}'; "
                             "fallocate -l 22G /a && echo fits; fallocate -l 4G /b || echo full; "
                             "sleep 1"),
            ephemeralStorage={"sizeInGiB": 25})
        self.assertEqual(task["ephemeralStorage"], {"sizeInGiB": 25})
        lines = texts["main"].split("\n")
        self.assertGreater(int(lines[0]), 24 * 1024 * 1024)
        self.assertLessEqual(int(lines[0]), 25 * 1024 * 1024)
        self.assertEqual(lines[1], "fits")
        self.assertEqual(lines[-2], "full")
        self.assertLess(free - shutil.disk_usage(self.server.state).free, 4 << 30)

    @unittest.skipUnless(os.geteuid() == 0, "the bridge network needs root")
    def test_a_range_of_ports_is_published(self):
        def with_range(params, **_):  # Debian's botocore does not know the member
            body = json.loads(params["body"])
            body["containerDefinitions"][0]["portMappings"] = [{"containerPortRange": "8080-8082"}]
            params["body"] = json.dumps(body).encode()

        newer = self.server.boto3("ecs")
        newer.meta.events.register("before-call.ecs.RegisterTaskDefinition", with_range)
        self.server.define(newer, "range", ["sh", "-c", "httpd -p 8081; httpd -p 8083; sleep 300"],
                           image=self.image)
        arn, = self.server.run(self.ecs, "range")
        try:
            task, = self.server.wait(self.ecs, [arn], "RUNNING")
            details = {one["name"]: one["value"] for one in task["attachments"][0]["details"]}
            address, deadline = details["privateIPv4Address"], time.monotonic() + 60
            while True:
                try:
                    socket.create_connection((address, 8081), timeout=10).close()
                    break
                except ConnectionRefusedError:
                    self.assertLess(time.monotonic(), deadline)
                    time.sleep(0.3)
            with self.assertRaises(OSError):
                socket.create_connection((address, 8083), timeout=3).close()
        finally:
            self.ecs.stop_task(task=arn)
            self.server.wait(self.ecs, [arn])

    def test_what_cannot_be_mounted_or_set_says_why(self):
        def why(family, **more):
            task, _ = self.finish(family, shell("main", "true", **more), volumes=[{"name": "v"}])
            self.assertEqual(task["stopCode"], "TaskFailedToStart")
            return task["containers"][0]["reason"]

        self.assertIn("cannot be mounted because it is inside /proc", why("in-proc", mountPoints=[
            {"sourceVolume": "v", "containerPath": "/proc/sys"}]))
        self.assertIn("write sysctl key net.no.such.thing", why("no-control", systemControls=[
            {"namespace": "net.no.such.thing", "value": "1"}]))

    def test_what_stays_refused_is_refused_by_name(self):
        for members, message in (
                ({"volumes": [{"name": "v", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}]},
                 "volumes[0].efsVolumeConfiguration: the file system 'fs-1' is not in the configuration of "
                 "this Slipway."),
                ({"volumes": [{"name": "v", "host": {"sourcePath": "/etc"}}]},
                 "Fargate compatible task definitions do not support sourcePath")):
            with self.assertRaises(self.ecs.exceptions.ClientException) as raised:
                self.register("refused", shell("main", "true"), **members)
            self.assertEqual(raised.exception.response["Error"]["Message"], message)


if __name__ == "__main__":
    unittest.main()
