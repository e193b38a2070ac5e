# SPDX-License-Identifier: Apache-2.0
"""What a task experiences: exit codes, signals, output, sizes."""

import contextlib
import os
import re
import signal
import subprocess
import time
import unittest
from pathlib import Path

import shared


class Tasks(unittest.TestCase):
    def setUp(self):
        self.server = shared.server()
        self.ecs, self.logs = self.server.boto3("ecs"), self.server.boto3("logs")

    def finish(self, family, command, timeout=240, **definition):
        self.server.define(self.ecs, family, command, **definition)
        arn = self.server.run(self.ecs, family)[0]
        return self.server.wait(self.ecs, [arn], timeout=timeout)[0]

    def output(self, task):
        return self.server.task_output(self.logs, task["taskArn"])

    def test_exit_codes(self):
        for code in (0, 3):
            task = self.finish(f"exit-{code}", ["sh", "-c", f"exit {code}"])
            self.assertEqual(task["containers"][0]["exitCode"], code)
            self.assertEqual(task["stopCode"], "EssentialContainerExited")
            self.assertEqual(task["stoppedReason"], "Essential container in task exited")

    def test_killed_by_a_signal(self):
        # The kernel shields the first process of a container from its own signals, so
        # a shell reports the one that killed its child; SIGKILL from outside: see below.
        task = self.finish("killed", ["sh", "-c", "sh -c 'kill -9 $$'; exit $?"])
        self.assertEqual(task["containers"][0]["exitCode"], 137)
        self.assertNotIn("OutOfMemory", task["containers"][0].get("reason", ""))

    def test_stop_timeout_ends_in_sigkill(self):
        self.server.define(self.ecs, "deaf", ["sh", "-c", "trap '' TERM; echo up; "
                                              "while :; do sleep 0.2; done"], stopTimeout=2)
        arn = self.server.run(self.ecs, "deaf")[0]
        self.server.wait(self.ecs, [arn], "RUNNING")
        self.ecs.stop_task(task=arn)
        task = self.server.wait(self.ecs, [arn])[0]
        self.assertEqual(task["containers"][0]["exitCode"], 137)
        self.assertEqual(task["stopCode"], "UserInitiated")

    def test_ten_megabytes_of_output_arrive_to_the_byte(self):
        command = "seq -w 1 1350000 | paste -d ' ' - - - - - - - - - -"
        task = self.finish("bulk", ["sh", "-c", command], timeout=500, cpu="1024", memory="2048")
        self.assertEqual(task["containers"][0]["exitCode"], 0)
        numbers = [f"{n:07d}" for n in range(1, 1350001)]
        expected = "".join(" ".join(numbers[i:i + 10]) + "\n" for i in range(0, len(numbers), 10))
        self.assertGreater(len(expected), 10 * 1024 * 1024)
        got = self.output(task)
        self.assertEqual(len(got), len(expected))
        self.assertEqual(got, expected.encode())

    def test_more_memory_than_the_task_has(self):
        task = self.finish("greedy", ["awk", "BEGIN { s = \"x\"; while (1) s = s s }"],
                           memory="512")
        container = task["containers"][0]
        self.assertEqual(container["exitCode"], 137)
        self.assertTrue(container["reason"].startswith("OutOfMemoryError"), container["reason"])

    def test_meminfo_tells_the_tasks_memory(self):
        for cpu, memory in (("256", 512), ("256", 1024), ("512", 2048)):
            task = self.finish(f"meminfo-{memory}", ["sh", "-c", "grep MemTotal /proc/meminfo"],
                               cpu=cpu, memory=str(memory))
            seen_mib = int(self.output(task).split()[1]) / 1024
            self.assertGreaterEqual(seen_mib, memory)
            self.assertLess(seen_mib, memory * 1.05 + 16)

    def test_four_quarters_share_one_core_fairly(self):
        loop = ("end=$(($(date +%s) + 15)); n=0; while [ $(date +%s) -lt $end ]; do "
                "i=0; while [ $i -lt 500 ]; do i=$((i + 1)); done; n=$((n + 1)); done; echo $n; "
                "cat /proc/stat | head -1")
        self.server.define(self.ecs, "quarter", ["sh", "-c", loop])
        arns = self.server.run(self.ecs, "quarter", count=4)
        self.server.wait(self.ecs, arns, "RUNNING")
        before = self.cpu_seconds()
        start = time.monotonic()
        time.sleep(8)
        after = self.cpu_seconds()
        span = time.monotonic() - start
        used = {pid: [(now - then) / span for then, now in zip(before[pid], after[pid])]
                for pid in before if pid in after}
        busy = sorted(used.values())[-4:]  # others wait in the pool, and do nothing
        tasks = self.server.wait(self.ecs, arns, timeout=300)
        self.assertTrue(all(t["containers"][0]["exitCode"] == 0 for t in tasks))
        self.assertEqual(len(busy), 4)
        for share, waited in busy:  # of a core; the host's limit is a quarter
            self.assertLess(share, 0.33)
            self.assertGreater(share + waited, 0.15)
        self.assertLess(max(busy)[0] / min(busy)[0], 1.5)

    def cpu_seconds(self):
        """Of each QEMU: how long it ran, and how long it waited for a processor that others
        of this host had (that it may not run, by its limit, is no waiting)."""
        seconds = {}
        for pid in self.server.qemu_pids():
            fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
            waited = sum(int(path.read_text().split()[1])
                         for path in Path(f"/proc/{pid}/task").glob("*/schedstat"))
            seconds[pid] = ((int(fields[11]) + int(fields[12])) / 100, waited / 1e9)
        return seconds

    def test_what_cannot_start_says_why(self):
        task = self.finish("no-such-program", ["/no/such/program"])
        self.assertEqual(task["stopCode"], "TaskFailedToStart")
        self.assertIn("CannotStartContainerError", task["containers"][0]["reason"])
        self.assertNotIn("exitCode", task["containers"][0])

    def test_user_directory_and_read_only_root(self):
        task = self.finish("who", ["sh", "-c", "id -u; pwd; touch /x 2>/dev/null && echo writable; "
                                   "exit 0"], user="1234", workingDirectory="/job/here",
                           readonlyRootFilesystem=True)
        self.assertEqual(self.output(task), b"1234\n/job/here\n")

    def test_several_containers(self):
        self.ecs.register_task_definition(
            family="several", networkMode="awsvpc", requiresCompatibilities=["FARGATE"],
            cpu="256", memory="512", containerDefinitions=[
                {"name": "main", "image": self.server.image, "essential": True,
                 "command": ["sh", "-c", "sleep 2; echo main ends; exit 5"]},
                {"name": "side", "image": self.server.image, "essential": False,
                 "command": ["sh", "-c", "trap 'echo told; exit 0' TERM; while :; do sleep 0.2; "
                             "done"]}])
        arn = self.server.run(self.ecs, "several")[0]
        task = self.server.wait(self.ecs, [arn])[0]
        codes = {c["name"]: c["exitCode"] for c in task["containers"]}
        self.assertEqual(codes, {"main": 5, "side": 0})
        self.assertEqual(self.server.task_output(self.logs, arn, "side"), b"told\n")

    def test_output_that_is_not_stored_holds_up_who_wants_to_wait_and_no_other(self):
        size = 3_000_000
        write = (f"echo up; sleep 6; seq 1 999999999 | head -c {size}; end=$(date +%s); sleep 15; "
                 "echo; echo end $end")
        names = {"held": {}, "free": {"mode": "non-blocking", "max-buffer-size": "512k"}}
        arns = {}
        for name, options in names.items():
            self.server.define(self.ecs, name, ["sh", "-c", write], cpu="1024", memory="2048",
                               logConfiguration={
                "logDriver": "awslogs", "options": {
                    "awslogs-group": "/slipway/tasks", "awslogs-region": "us-east-1",
                    "awslogs-stream-prefix": name, **options}})
            arns[name] = self.server.run(self.ecs, name)[0]
        for name, arn in arns.items():
            while not self.lines(name, arn):
                time.sleep(0.2)
        provisioner = self.server.pid("provisioner")
        os.kill(provisioner, signal.SIGSTOP)
        try:
            time.sleep(20)
            resumed = time.time()
        finally:
            os.kill(provisioner, signal.SIGCONT)
        self.server.wait(self.ecs, list(arns.values()))
        lines = {name: self.lines(name, arn) for name, arn in arns.items()}
        ended = {name: int(lines[name][-1].removeprefix("end ")) for name in names}
        self.assertGreaterEqual(ended["held"], int(resumed))
        self.assertLess(ended["free"], int(resumed) - 1)
        whole = [str(number) for number in range(1, 600_000)]
        self.assertEqual(lines["held"][1:-2], whole[:len(lines["held"]) - 3])
        self.assertEqual(len("\n".join(lines["held"][1:-1])), size)
        notices = [line for line in lines["free"] if line.startswith("[slipway] ")]
        self.assertEqual(len(notices), 1, notices)
        self.assertGreater(int(notices[0].split()[1]), size // 4)
        self.assertLess(len(lines["free"]), len(lines["held"]))

    def lines(self, prefix, arn):
        """The events of a stream of the awslogs driver; none if there is no stream yet."""
        found, token = [], None
        while True:
            try:
                page = self.logs.get_log_events(
                    logGroupName="/slipway/tasks", startFromHead=True,
                    logStreamName=f"{prefix}/main/{arn.rsplit('/', 1)[1]}",
                    **({"nextToken": token} if token else {}))
            except self.logs.exceptions.ResourceNotFoundException:
                return []
            found += [event["message"] for event in page["events"]]
            if page["nextForwardToken"] == token:
                return found
            token = page["nextForwardToken"]

    def test_launch_phases_are_in_the_metrics(self):
        before = self.settled()
        others = ("claimed", "image", "task", "disks")
        counts = {phase: self.launches(phase)["_count"] for phase in others}
        task = self.finish("measured", ["true"])
        with contextlib.closing(self.server.database()) as database:
            phases = dict(database.execute("SELECT name, wall_us FROM task_phase WHERE task = ?",
                                           (task["taskArn"].rsplit("/", 1)[1],)))
        deadline = time.monotonic() + 30
        while self.launches("started")["_count"] == before["_count"]:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.5)
        after = self.launches("started")
        self.assertEqual(after["_count"], before["_count"] + 1)
        self.assertEqual(after["_bucket+Inf"], after["_count"])
        self.assertAlmostEqual(after["_sum"] - before["_sum"],
                               (phases["started"] - phases["accepted"]) / 1e6, places=5)
        for phase in others:  # not all launches of other tests came so far
            self.assertEqual(self.launches(phase)["_count"], counts[phase] + 1, phase)

    def settled(self):
        """The launches so far, when the file they come from is as new as they are."""
        before = None
        while before != (before := self.launches("started")):
            time.sleep(5)
        return before

    def launches(self, phase):
        done = subprocess.run(["curl", "-sSf", "--noproxy", "*", "--cacert",
                               self.server.env["AWS_CA_BUNDLE"], self.server.endpoint + "/metrics"],
                              capture_output=True, text=True, timeout=60, check=True)
        found = re.findall(r'^slipway_launch_phase_seconds(_\w+)\{phase="' + phase +
                           r'"(?:,le="([^"]+)")?\} (\S+)$', done.stdout, re.M)
        return {kind + le: float(value) for kind, le, value in found}

    def test_a_bill_counts_its_seconds(self):
        task = self.finish("billed", ["sh", "-c", "sleep 3"])
        done = self.server.slipway("bill", "--json")
        self.assertIn(task["taskArn"].rsplit("/", 1)[1], done.stdout)
