# SPDX-License-Identifier: Apache-2.0
"""Commands in containers that run: ExecuteCommand by stock clients and the data channel of
their plugin, and `slipway exec`."""

import fcntl
import hashlib
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time
import unittest

import session_client
import shared
from slipway_server import PROGRAMS, PYTHON

# Stops each process that comes up in its container and looks into it: for rights that the
# container has not, and as long as it is not its program yet, for another container's secret.
WATCH = r"""
rights() { while read -r key value; do [ "$key" = CapPrm: ] && return; done < $1/status; }
look() {
    while read -r range mode _; do
        case $mode in rw*)
            from=$((0x${range%-*} / 4096)) to=$((0x${range#*-} / 4096))
            dd if=$1/mem bs=4096 skip=$from count=$((to - from)) 2>/dev/null |
                grep -q 'kept-fr[o]m-others' && echo "secret in $2" >> /tmp/found;;
        esac
    done < $1/maps
}
rights /proc/1; own=$value; last=
while :; do for process in /proc/[0-9]*; do
    [ $process = /proc/1 ] || [ $process = "$last" ] && continue
    kill -STOP ${process#/proc/} && read -r name < $process/comm && rights $process || continue
    last=$process
    echo $name >> /tmp/seen
    [ $value = $own ] || echo "rights $value of $name" >> /tmp/found
    case $name in exe | init | slipway-*) look $process $name;; esac
    kill -CONT ${process#/proc/}
done; done 2>/dev/null
"""

NOT_ENABLED = "was not enabled when the task was run"


class Exec(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = shared.server()
        cls.ecs = cls.server.boto3("ecs")
        cls.server.define(cls.ecs, "host-of-commands", ["sleep", "3600"], user="1000:1000",
                          environment=[{"name": "COLOUR", "value": "blue"}],
                          workingDirectory="/tmp")
        cls.arn = cls.server.run(cls.ecs, "host-of-commands", enableExecuteCommand=True)[0]
        cls.plain = cls.server.run(cls.ecs, "host-of-commands")[0]
        cls.server.wait(cls.ecs, [cls.arn, cls.plain], "RUNNING")

    @classmethod
    def tearDownClass(cls):
        for arn in (cls.arn, cls.plain):
            cls.ecs.stop_task(task=arn)

    def exec(self, *words, data=b"", task=None, timeout=120):
        return subprocess.run([PROGRAMS / "slipway", "exec", task or self.arn, "--", *words],
                              env=self.server.env, input=data, capture_output=True,
                              timeout=timeout)

    def session(self, command, **options):
        return self.ecs.execute_command(task=self.arn, command=command, interactive=True,
                                        **options)

    def rows(self, columns="id"):
        with self.server.database() as state:
            return state.execute(f"SELECT {columns} FROM exec_session WHERE task = ?"
                                 " ORDER BY created_ms", [self.arn.rsplit("/", 1)[1]]).fetchall()

    def last_row(self, columns):
        """Of the session that began last, when its end was written."""
        deadline = time.monotonic() + 30
        while self.rows("ended_ms")[-1] == (0,):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
        return self.rows(columns)[-1]

    # --- what is answered ---

    def test_only_who_asked_for_it_has_it(self):
        tasks = self.ecs.describe_tasks(tasks=[self.arn, self.plain])["tasks"]
        tasks = {task["taskArn"]: task for task in tasks}
        self.assertTrue(tasks[self.arn]["enableExecuteCommand"])
        agent = tasks[self.arn]["containers"][0]["managedAgents"][0]
        self.assertEqual((agent["name"], agent["lastStatus"]), ("ExecuteCommandAgent", "RUNNING"))
        self.assertFalse(tasks[self.plain]["enableExecuteCommand"])
        self.assertNotIn("managedAgents", tasks[self.plain]["containers"][0])
        with self.assertRaises(self.ecs.exceptions.InvalidParameterException) as refused:
            self.ecs.execute_command(task=self.plain, command="sh", interactive=True)
        self.assertIn(NOT_ENABLED, str(refused.exception))
        self.assertEqual(self.exec("true", task=self.plain).returncode, 255)
        for options in ({"interactive": False}, {"container": "other"}, {"command": "  "},
                        {"command": "echo 'open"}, {"task": "0" * 32}):
            with self.assertRaises(self.ecs.exceptions.InvalidParameterException):
                self.ecs.execute_command(**{"task": self.arn, "command": "true",
                                            "interactive": True, **options})

    def test_an_answer_names_all_and_its_token_is_good_once(self):
        answer = self.session("cat /proc/self/status", container="main")
        self.assertEqual(answer["taskArn"], self.arn)
        self.assertEqual(answer["containerName"], "main")
        self.assertTrue(answer["containerArn"].endswith(
            self.ecs.describe_tasks(tasks=[self.arn])["tasks"][0]["containers"][0]
            ["containerArn"].rsplit("/", 1)[1]))
        session = answer["session"]
        self.assertTrue(session["sessionId"].startswith("ecs-execute-command-"))
        self.assertTrue(session["streamUrl"].startswith("wss://"))
        wrong = dict(session, tokenValue="0" * 64)
        with session_client.SessionClient(wrong, self.server.env["AWS_CA_BUNDLE"]) as client:
            self.assertIn("token", client.closed)
        with session_client.SessionClient(session, self.server.env["AWS_CA_BUNDLE"]) as client:
            status = client.read_to_end().decode()
        # As the container's user, without privilege, under its filter of system calls.
        self.assertRegex(status, r"Uid:\s+1000\s+1000")
        self.assertRegex(status, r"CapEff:\s+0{16}")
        self.assertRegex(status, r"Seccomp:\s+2")
        with session_client.SessionClient(session, self.server.env["AWS_CA_BUNDLE"]) as client:
            self.assertIn("token", client.closed)

    # --- the stock clients' data channel ---

    def test_a_shell_by_the_plugins_protocol(self):
        answer = self.session("sh")
        with session_client.SessionClient(answer["session"],
                                          self.server.env["AWS_CA_BUNDLE"]) as client:
            self.assertEqual(client.type_of_session, "Standard_Stream")
            client.size(132, 43)
            client.type(b"stty size; tty; echo $COLOUR-$TERM-$PWD\r")
            self.assertIn(b"43 132", client.read_until(b"blue-xterm-/tmp\r\n"))
            # What was not acknowledged in time comes again, and counts once.
            client.type(b"echo on''ce\r")
            client.send(session_client.OUTPUT, b"echo on''ce\r", sequence=client.sent - 1)
            client.type(b"echo e''nd\r")
            self.assertEqual(client.read_until(b"end\r\n").count(b"once\r\n"), 1)
            self.assertLessEqual({0, 1, 2, 3}, client.acknowledged)
            client.size(80, 24)
            client.type(b"sleep 1000; echo interrupted $?\r")
            time.sleep(1)
            client.type(b"\x03")
            client.type(b"stty size\r")
            client.read_until(b"24 80")
            client.type(b"exit 3\r")
            client.read_to_end()
        self.assertEqual(self.last_row("exit_code, command"), (3, "sh"))

    def test_the_aws_command_with_a_plugin(self):
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        plugin = os.path.join(folder, "session-manager-plugin")
        with open(plugin, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\nexec {PYTHON} {session_client.__file__} \"$@\"\n")
        os.chmod(plugin, 0o755)
        env = dict(self.server.env, PATH=f"{folder}:{self.server.env['PATH']}")
        done = self.server.aws_raw("ecs", "execute-command", "--task", self.arn, "--interactive",
                                   "--command", "sh -c 'echo from $(hostname)'", env=env)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"from \S+")
        self.assertIn("Exiting session with sessionId: ecs-execute-command-", done.stdout)

    # --- slipway exec ---

    def test_pipes_exit_codes_and_exact_bytes(self):
        done = self.exec("sh", "-c", "echo out; echo err >&2; exit 7")
        self.assertEqual((done.stdout, done.stderr, done.returncode), (b"out\n", b"err\n", 7))
        self.assertEqual(self.exec("sh", "-c", "kill -9 $$").returncode, 137)
        missing = self.exec("no-such-program")
        self.assertEqual(missing.returncode, 127)
        self.assertIn(b"no-such-program", missing.stderr)
        words = self.exec("printf", "<%s>", "a b", "it's", "", "$HOME", "*")
        self.assertEqual(words.stdout, b"<a b><it's><><$HOME><*>")
        data = bytes(range(256)) * 8192  # 2 MiB, through pipes of 64 KiB both ways
        echoed = self.exec("cat", data=data)
        self.assertEqual(len(echoed.stdout), len(data))
        self.assertEqual(echoed.stdout, data)
        digest = self.exec("sha256sum", data=data)
        self.assertIn(hashlib.sha256(data).hexdigest().encode(), digest.stdout)

    def test_a_slow_reader_stops_a_fast_producer(self):
        with subprocess.Popen([PROGRAMS / "slipway", "exec", self.arn, "--", "sh", "-c",
                               "i=0; while :; do i=$((i + 1)); echo $i > /tmp/new; "
                               "mv /tmp/new /tmp/count; "
                               "head -c 65536 /dev/zero; done"],
                              env=self.server.env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE) as client:
            self.assertEqual(client.stdout.read(65536), bytes(65536))
            # Nobody reads: it comes to a stop, far below what would hurt anybody.
            count, before = int(self.exec("cat", "/tmp/count").stdout), 0
            while count != before:
                time.sleep(1)
                before, count = count, int(self.exec("cat", "/tmp/count").stdout)
            self.assertLess(count, 400)  # 25 MiB, sockets' buffers and all
            client.kill()
        self.assert_gone("head -c 65536")

    def assert_gone(self, text, timeout=20):
        """No process of the container has @text in its command line."""
        look = "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"
        deadline = time.monotonic() + timeout
        while text.encode() in self.exec("sh", "-c", look).stdout:
            self.assertLess(time.monotonic(), deadline, f"{text} is still there")
            time.sleep(0.5)

    def test_a_command_ends_with_its_client(self):
        with subprocess.Popen([PROGRAMS / "slipway", "exec", self.arn, "--", "sh", "-c",
                               "sleep 4321 & echo up; wait"], env=self.server.env,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as client:
            self.assertEqual(client.stdout.readline(), b"up\n")
            client.terminate()  # SIGINT it may have been told to ignore, as a shell's "&" does
        self.assert_gone("4321")
        reasons = [reason for (reason,) in self.rows("reason")]
        self.assertIn("its client went away", reasons)

    def test_a_real_terminal(self):
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(PROGRAMS / "slipway", ["slipway", "exec", self.arn, "sh"], self.server.env)
        seen = b""

        def read_until(text, timeout=60):
            nonlocal seen
            deadline = time.monotonic() + timeout
            while text not in seen:
                self.assertLess(time.monotonic(), deadline, seen)
                if select.select([terminal], [], [], 0.2)[0]:
                    seen += os.read(terminal, 65536)
            before, seen = seen.split(text, 1)
            return before

        def resize(rows, columns):
            fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

        try:
            resize(40, 111)
            os.write(terminal, b"echo re''ady\r")
            read_until(b"ready\r\n")
            os.write(terminal, b"stty size\r")
            read_until(b"40 111")
            resize(33, 99)
            time.sleep(1)
            os.write(terminal, b"stty size\r")
            read_until(b"33 99")
            os.write(terminal, b"sleep 1000\r")
            time.sleep(1)
            os.write(terminal, b"\x03")
            os.write(terminal, b"echo still he''re; exit 5\r")
            read_until(b"still here")
        finally:
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                try:
                    os.read(terminal, 65536)
                except OSError:
                    break
            os.close(terminal)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 5)

    def test_a_signal_leaves_the_terminal_as_it_was(self):
        master, slave = pty.openpty()
        before = termios.tcgetattr(slave)
        try:
            for number in (signal.SIGTERM, signal.SIGHUP):
                with subprocess.Popen([PROGRAMS / "slipway", "exec", self.arn, "sh"],
                                      env=self.server.env, stdin=slave, stdout=slave) as client:
                    deadline = time.monotonic() + 60
                    while termios.tcgetattr(slave)[3] & termios.ICANON:
                        self.assertLess(time.monotonic(), deadline)
                        time.sleep(0.1)
                    client.send_signal(number)
                    self.assertEqual(client.wait(30), 128 + number)
                self.assertEqual(termios.tcgetattr(slave), before)
        finally:
            os.close(master)
            os.close(slave)

    # --- who did it, and the end of it ---

    def test_who_did_what_is_kept(self):
        self.assertEqual(self.exec("sh", "-c", "exit 9").returncode, 9)
        (command, account, key, exit_code, reason, created, opened, begun, ended,
         token) = self.last_row("command, account, access_key, exit_code, reason, created_ms,"
                                " opened_ms, begun_ms, ended_ms, token_hash")
        self.assertEqual((command, exit_code, reason), ("sh -c 'exit 9'", 9, ""))
        self.assertEqual(key, self.server.env["AWS_ACCESS_KEY_ID"])
        self.assertEqual(account, self.arn.split(":")[4])
        self.assertTrue(created <= opened <= begun <= ended, (created, opened, begun, ended))
        self.assertEqual(len(token), 64)
        log = (self.server.state / "log" / "provisioner.log").read_text()
        self.assertRegex(log, rf"info .*exec=\w+ task=\w+ container=0 account={account} "
                              rf"access_key={key} terminal=0 command=\"sh -c 'exit 9'\"")
        self.assertRegex(log, r"exec=\w+ task=\w+ ended exit_code=9 took_ms=\d+")

    def test_eight_at_once_and_no_more(self):
        clients = []
        try:
            for _ in range(8):
                client = session_client.SessionClient(self.session("cat")["session"],
                                                      self.server.env["AWS_CA_BUNDLE"])
                clients.append(client.__enter__())
                client.type(b"x\r")
                client.read_until(b"x")
            full = self.exec("true")
            self.assertEqual(full.returncode, 255)
            self.assertIn(b"8 commands run in this task", full.stderr)
        finally:
            for client in clients:
                client.terminate()
                client.web.close()
        deadline = time.monotonic() + 20
        while self.exec("true").returncode != 0:
            self.assertLess(time.monotonic(), deadline)

    def test_a_provisioner_that_dies_ends_commands_and_takes_new_ones(self):
        with subprocess.Popen([PROGRAMS / "slipway", "exec", self.arn, "--", "sh", "-c",
                               "echo up; sleep 5432"], env=self.server.env,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as client:
            self.assertEqual(client.stdout.readline(), b"up\n")
            os.kill(self.server.pid("provisioner"), signal.SIGKILL)
            self.assertEqual(client.wait(30), 255)
        # The next life records what the one before could not.
        self.assertEqual(self.last_row("exit_code, reason"), (255, "the provisioner ended"))
        deadline = time.monotonic() + 60
        while self.exec("true").returncode != 0:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.5)
        self.assert_gone("5432")

    def test_a_session_ends_with_its_task(self):
        arn = self.server.slipway("run", "--exec", "--detach", self.server.image, "sleep",
                                  "3600").stdout.split()[-1]
        self.server.wait(self.ecs, [arn], "RUNNING")
        with subprocess.Popen([PROGRAMS / "slipway", "exec", arn, "--", "sh", "-c",
                               "echo up; sleep 3000"], env=self.server.env,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as client:
            self.assertEqual(client.stdout.readline(), b"up\n")
            self.ecs.stop_task(task=arn)
            self.assertIn(client.wait(90), (137, 255))
        self.assertEqual(self.exec("true", task=arn).returncode, 255)

    def test_a_container_that_may_trace_finds_nothing_of_others(self):
        self.ecs.register_task_definition(
            family="watch", networkMode="awsvpc", cpu="256", memory="512",
            requiresCompatibilities=["FARGATE"], containerDefinitions=[
                {"name": "main", "image": self.server.image, "command": ["sh", "-c", WATCH],
                 "linuxParameters": {"capabilities": {"add": ["SYS_PTRACE"]}}},
                {"name": "other", "image": self.server.image, "command": ["sleep", "3600"],
                 "environment": [{"name": "SECRET", "value": "kept-from-others"}]}])
        arn, = self.server.run(self.ecs, "watch", enableExecuteCommand=True)
        try:
            self.server.wait(self.ecs, [arn], "RUNNING")

            def run(*words):
                return subprocess.run([PROGRAMS / "slipway", "exec", arn, "--container", "main",
                                       "--", *words], env=self.server.env, capture_output=True,
                                      stdin=subprocess.DEVNULL, timeout=120)

            # The moment is short: until it was seen that a command begins as the agent.
            for _ in range(60):
                self.assertEqual(run("true").returncode, 0)
                seen = run("cat", "/tmp/seen").stdout.split()
                if b"exe" in seen:
                    break
            self.assertIn(b"exe", seen)
            self.assertEqual(run("cat", "/tmp/found").stdout, b"")
        finally:
            self.ecs.stop_task(task=arn)
