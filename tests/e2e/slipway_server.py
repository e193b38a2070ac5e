# SPDX-License-Identifier: Apache-2.0
"""A whole Slipway for tests: `slipway up` in a state folder of its own, on free
ports, with the environment that stock clients need.

    with Server() as server:
        server.aws("ecs", "list-clusters")

SLIPWAY_PROGRAMS names the folder of the programs under test (default
build/release/bin), SLIPWAY_TEST_STATE a server that runs already (then it is used
and left alone), SLIPWAY_TEST_CONF more lines of configuration."""

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path

import api_model

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(os.environ.get("SLIPWAY_PROGRAMS", ROOT / "build/release/bin"))
START_S = 240
PYTHON = "/usr/bin/python3"


def free_ports():
    """Two neighbouring free ports: the API's and the local registry's."""
    while True:
        with socket.socket() as first:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
        if port >= 65000:
            continue
        with socket.socket() as second:
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
        return port


def root_is_a_mount():
    """Not so in a plain chroot: there nobody can make a root of his own, as podman's unpacker and
    virtiofsd do."""
    with open("/proc/self/mountinfo") as mounts:
        return any(line.split()[4] == "/" for line in mounts)


def read_environment(state):
    found = re.findall(r"^export (\w+)=(.*)$", (Path(state) / "env.sh").read_text(), re.M)
    return dict(found)


def with_defaults(local_conf):
    """@local_conf, and of SLIPWAY_TEST_CONF what it does not say itself."""
    said = {line.split("=")[0].strip() for line in local_conf.splitlines()}
    more = [line for line in os.environ.get("SLIPWAY_TEST_CONF", "").splitlines()
            if line.split("=")[0].strip() not in said]
    return local_conf + "".join(line + "\n" for line in more)


class Server:
    def __init__(self, local_conf=""):
        self.local_conf = with_defaults(local_conf)
        self.process = None
        self.owned = "SLIPWAY_TEST_STATE" not in os.environ

    def __enter__(self):
        if not self.owned:
            self.state = Path(os.environ["SLIPWAY_TEST_STATE"])
            self._learn()
            return self
        self.state = Path(tempfile.mkdtemp(prefix="slipway-test-"))
        os.chmod(self.state, 0o711)
        self.port = free_ports()
        if self.local_conf:  # LOCAL stands for the local registry
            text = self.local_conf.replace("LOCAL", f"127.0.0.1:{self.port + 1}")
            (self.state / "local.conf").write_text(text)
        self.start()
        return self

    def start(self):
        self.up_log = open(self.state / "up.log", "ab")
        self.process = subprocess.Popen(
            [PROGRAMS / "slipway", "up", "--share", ROOT, "--state", self.state,
             "--port", str(self.port)],
            stdout=self.up_log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + START_S
        while b"Slipway is up" not in (self.state / "up.log").read_bytes():
            if self.process.poll() is not None or time.monotonic() > deadline:
                text = (self.state / "up.log").read_text(errors="replace")
                self.stop()
                raise RuntimeError("slipway up did not come up:\n" + text + self.program_logs())
            time.sleep(0.2)
        self._learn()

    def _learn(self):
        env = read_environment(self.state)
        self.env = dict(os.environ, **env)
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            self.env.pop(name, None)
        self.endpoint = env["SLIPWAY_ENDPOINT"]
        self.port = int(self.endpoint.rsplit(":", 1)[1])
        self.registry = f"127.0.0.1:{self.port + 1}"
        self.image = f"{self.registry}/hello:latest"
        conf = (self.state / "slipway.conf").read_text()
        self.run_dir = Path(re.search(r"^run_dir = (.*)$", conf, re.M).group(1))

    def program_logs(self):
        text = ""
        for log in sorted((self.state / "log").glob("*.log")):
            text += f"--- {log.name}\n" + "\n".join(
                log.read_text(errors="replace").splitlines()[-30:]) + "\n"
        return text

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(200)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        status = self.process.returncode if self.process else None
        self.process = None
        self.up_log.close()
        return status

    def __exit__(self, *exception):
        if not self.owned:
            return
        self.stop()
        if exception[0] is None or os.environ.get("SLIPWAY_TEST_KEEP") is None:
            shutil.rmtree(self.state, ignore_errors=True)

    # --- clients ---

    def slipway(self, *words, check=True):
        return subprocess.run([PROGRAMS / "slipway", *words], env=self.env, check=check,
                              capture_output=True, text=True, timeout=300)

    def aws_raw(self, *words, timeout=600, env=None):
        command = ["/usr/bin/aws", *words, "--endpoint-url", self.endpoint]
        return subprocess.run(command, env=env or self.env, capture_output=True, text=True,
                              timeout=timeout)

    def aws(self, *words, **options):
        done = self.aws_raw(*words, "--output", "json", **options)
        if done.returncode != 0:
            raise RuntimeError(f"aws {' '.join(words)}: {done.returncode}\n{done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def boto3(self, service, **options):
        from botocore.config import Config
        settings = dict(endpoint_url=self.endpoint, region_name=self.env["AWS_REGION"],
                        verify=self.env["AWS_CA_BUNDLE"],
                        aws_access_key_id=self.env["AWS_ACCESS_KEY_ID"],
                        aws_secret_access_key=self.env["AWS_SECRET_ACCESS_KEY"],
                        config=Config(proxies={}, retries={"max_attempts": 5}))
        settings.update(options)
        return api_model.judge.watch(api_model.session().client(service, **settings))

    # --- what is inside (for asserting that nothing is left) ---

    def pid(self, program):
        return int((self.run_dir / f"{program}.pid").read_text())

    def database(self):
        return sqlite3.connect(f"file:{self.state}/db/state.db?mode=ro", uri=True)

    def qemu_pids(self):
        """Processes of QEMU that belong to this server, by its run folder."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    words = (entry / "cmdline").read_bytes()
                except OSError:
                    continue
                if b"qemu-system" in words and str(self.run_dir).encode() in words:
                    found.append(int(entry.name))
        return found

    def waiting_machines(self, memory_mib=512):
        """Names of the machines that wait in the pool now, as the provisioner's log tells."""
        log = (self.state / "log" / "provisioner.log").read_text()
        ready = re.findall(rf"pool: machine (slipway-\S+) of {memory_mib} MiB is ready", log)
        gone = set(re.findall(r"takes the waiting machine (slipway-\S+)", log))
        gone |= set(re.findall(r"pool: machine (slipway-\S+):", log))
        return [name for name in ready if name not in gone]

    def wait_for_pool(self, count, timeout=180):
        deadline = time.monotonic() + timeout
        while len(self.waiting_machines()) < count:
            if time.monotonic() > deadline:
                raise TimeoutError("no machine waits:\n" + self.program_logs())
            time.sleep(0.1)

    # --- tasks ---

    def define(self, ecs, family, command=None, cpu="256", memory="512", image=None, **container):
        definition = {"name": "main", "image": image or self.image, "essential": True}
        if command is not None:
            definition["command"] = command
        definition.update(container)
        return ecs.register_task_definition(
            family=family, networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu=cpu,
            memory=memory, containerDefinitions=[definition])["taskDefinition"]

    def run(self, ecs, family, **options):
        answer = ecs.run_task(taskDefinition=family, launchType="FARGATE", **options)
        assert not answer["failures"], answer["failures"]
        return [task["taskArn"] for task in answer["tasks"]]

    def run_sleepers(self, ecs, count):
        """Tasks that do nothing; returns when all of them run."""
        self.define(ecs, "sleeper", ["sleep", "3600"])
        arns = []
        while len(arns) < count:
            arns += self.run(ecs, "sleeper", count=min(10, count - len(arns)))
        for start in range(0, count, 100):
            self.wait(ecs, arns[start:start + 100], "RUNNING", timeout=900)
        return arns

    def wait(self, ecs, arns, state="STOPPED", timeout=240, cluster="default"):
        order = ["PROVISIONING", "PENDING", "ACTIVATING", "RUNNING", "DEACTIVATING", "STOPPING",
                 "DEPROVISIONING", "STOPPED"]
        deadline = time.monotonic() + timeout
        while True:
            tasks = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]
            if len(tasks) == len(arns) and all(
                    order.index(t["lastStatus"]) >= order.index(state) for t in tasks):
                return tasks
            if time.monotonic() > deadline:
                raise TimeoutError(f"not {state}: " + str(
                    [(t["lastStatus"], t.get("stoppedReason")) for t in tasks]) +
                    self.program_logs())
            time.sleep(0.25)

    def task_output(self, logs, arn, container="main"):
        """Everything that a container wrote, as bytes, by GetLogEvents' pages."""
        name = f"{container}/{arn.rsplit('/', 1)[1]}"
        text, token = [], None
        while True:
            more = {"nextToken": token} if token else {}
            page = logs.get_log_events(logGroupName="/slipway/tasks", logStreamName=name,
                                       startFromHead=True, **more)
            text += [event["message"] for event in page["events"]]
            if page["nextForwardToken"] == token:
                return "".join(line + "\n" for line in text).encode()
            token = page["nextForwardToken"]
