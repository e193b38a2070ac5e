# SPDX-License-Identifier: Apache-2.0
"""Secrets: written and read by stock clients, given to the containers that name them, and to
be found nowhere else."""

import base64
import hashlib
import os
import secrets
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import shared
from slipway_server import ROOT, Server, free_ports

ROLE = "arn:aws:iam::111122223333:role/execution"
HOLE = 1 << 20


MARK = secrets.token_hex(6)  # begins each half of each value: one search finds all


def known():
    """A value that nothing else has: both halves of it are looked for."""
    return "".join(MARK + secrets.token_hex(6) for _ in range(2))


def halves(value):
    return value[:24].encode(), value[24:].encode()


def found_in(text, needles):
    return {needle for needle in needles if needle in text} if MARK.encode() in text else set()


def in_memory(pid, needles):
    """Which of the needles are in a process' memory."""
    found = set()
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            if "r" not in rights or "[v" in line:  # what the kernel maps cannot be read
                continue
            at, end = (int(part, 16) for part in span.split("-"))
            tail = b""
            while at < end:
                try:
                    part = os.pread(memory.fileno(), min(end - at, 16 << 20), at)
                except OSError:
                    break  # a device's
                if not part:
                    break
                found |= found_in(tail + part, needles)
                tail, at = part[-64:], at + len(part)
    return found


def in_file(path, needles):
    """The same of a file; holes are skipped."""
    found, tail, at = set(), b"", 0
    with open(path, "rb", 0) as file:
        while True:
            try:
                start = os.lseek(file.fileno(), at, os.SEEK_DATA)
            except OSError:
                return found
            if start != at:
                tail = b""
            part = os.pread(file.fileno(), HOLE, start)
            if not part:
                return found
            found |= found_in(tail + part, needles)
            tail, at = part[-64:], start + len(part)


def in_folder(folder, needles):
    return {(str(path), needle) for path in Path(folder).rglob("*")
            if path.is_file() and not path.is_symlink() for needle in in_file(path, needles)}


class Api(unittest.TestCase):
    def setUp(self):
        self.server = shared.server()
        self.ssm = self.server.boto3("ssm")
        self.manager = self.server.boto3("secretsmanager")

    def refused(self, code, call, **arguments):
        with self.assertRaises(Exception) as raised:
            call(**arguments)
        self.assertEqual(raised.exception.response["Error"]["Code"], code)
        return raised.exception.response["Error"]["Message"]

    def test_parameters(self):
        ssm, root = self.ssm, "/" + secrets.token_hex(4)
        put = dict(Name=root + "/db/password", Type="SecureString")
        self.assertEqual(ssm.put_parameter(Value="one", **put)["Version"], 1)
        self.refused("ParameterAlreadyExists", ssm.put_parameter, Value="two", **put)
        self.assertEqual(ssm.put_parameter(Value="two", Overwrite=True, **put)["Version"], 2)
        self.refused("HierarchyTypeMismatchException", ssm.put_parameter, Name=put["Name"],
                     Type="String", Value="x", Overwrite=True)
        grown = ssm.put_parameter(Value="x" * 5000, Tier="Advanced", Overwrite=True, **put)
        self.assertEqual(grown["Tier"], "Advanced")
        grown = ssm.put_parameter(Value="two", Overwrite=True, **put)
        self.assertEqual((grown["Version"], grown["Tier"]), (4, "Advanced"))
        ssm.put_parameter(Name=root + "/plain", Type="String", Value="p", Description="told")
        got = ssm.get_parameter(Name=put["Name"], WithDecryption=True)["Parameter"]
        self.assertEqual((got["Value"], got["Version"], got["Type"]), ("two", 4, "SecureString"))
        self.assertTrue(got["ARN"].endswith(f":parameter{root}/db/password"))
        for name, value in ((got["ARN"], "two"), (put["Name"] + ":1", "one")):
            answer = ssm.get_parameter(Name=name, WithDecryption=True)
            self.assertEqual(answer["Parameter"]["Value"], value)
        self.refused("ParameterVersionNotFound", ssm.get_parameter, Name=put["Name"] + ":9")
        self.refused("ParameterNotFound", ssm.get_parameter, Name=root + "/none")
        sealed = ssm.get_parameter(Name=put["Name"])["Parameter"]["Value"]
        self.assertNotIn(b"two", base64.b64decode(sealed))
        many = ssm.get_parameters(Names=[root + "/plain", root + "/none"])
        self.assertEqual([p["Value"] for p in many["Parameters"]], ["p"])
        self.assertEqual(many["InvalidParameters"], [root + "/none"])
        pages = ssm.get_paginator("get_parameters_by_path").paginate(
            Path=root, Recursive=True, WithDecryption=True, MaxResults=1)
        self.assertEqual([p["Value"] for page in pages for p in page["Parameters"]], ["two", "p"])
        flat = ssm.get_parameters_by_path(Path=root)["Parameters"]
        self.assertEqual([p["Name"] for p in flat], [root + "/plain"])
        about = ssm.describe_parameters(ParameterFilters=[
            {"Key": "Name", "Option": "BeginsWith", "Values": [root]},
            {"Key": "Type", "Values": ["String"]}])["Parameters"]
        self.assertEqual([(p["Name"], p["Description"]) for p in about], [(root + "/plain", "told")])
        ssm.delete_parameter(Name=put["Name"])
        self.refused("ParameterNotFound", ssm.delete_parameter, Name=put["Name"])
        for option, values in (("Contains", ["String"]), ("Recursive", ["String"])):
            self.refused("InvalidFilterOption", ssm.describe_parameters, ParameterFilters=[
                {"Key": "Type", "Option": option, "Values": values}])
        self.refused("InvalidFilterValue", ssm.describe_parameters,
                     ParameterFilters=[{"Key": "Name"}])
        gone = ssm.delete_parameters(Names=[root + "/plain", root + "/none"])
        self.assertEqual((gone["DeletedParameters"], gone["InvalidParameters"]),
                         ([root + "/plain"], [root + "/none"]))

    def test_secrets(self):
        manager, name = self.manager, "app/" + secrets.token_hex(4)
        made = manager.create_secret(Name=name, SecretString="one", Description="d")
        self.assertRegex(made["ARN"], rf":secret:{name}-[0-9A-Za-z]{{6}}$")
        self.refused("ResourceExistsException", manager.create_secret, Name=name, SecretString="x")
        for identifier in (name, made["ARN"], made["ARN"][:-7]):
            self.assertEqual(manager.get_secret_value(SecretId=identifier)["SecretString"], "one")
        second = manager.put_secret_value(SecretId=name, SecretString="two")
        self.assertEqual(second["VersionStages"], ["AWSCURRENT"])
        previous = manager.get_secret_value(SecretId=name, VersionStage="AWSPREVIOUS")
        self.assertEqual((previous["SecretString"], previous["VersionId"]),
                         ("one", made["VersionId"]))
        most = os.urandom(65536)
        manager.update_secret(SecretId=name, Description="e", SecretBinary=most)
        self.assertEqual(manager.get_secret_value(SecretId=name)["SecretBinary"], most)
        about = manager.describe_secret(SecretId=name)
        self.assertEqual(about["Description"], "e")
        self.assertEqual(sorted(sum(about["VersionIdsToStages"].values(), [])),
                         ["AWSCURRENT", "AWSPREVIOUS"])
        listed = [s["Name"] for page in manager.get_paginator("list_secrets").paginate(
            PaginationConfig={"PageSize": 1}) for s in page["SecretList"]]
        self.assertIn(name, listed)
        backwards = [s["Name"] for s in manager.list_secrets(SortOrder="desc")["SecretList"]]
        self.assertEqual(backwards, listed[::-1])
        self.refused("LimitExceededException", manager.put_secret_value, SecretId=name,
                     SecretString="x", VersionStages=[f"S{i}" for i in range(20)])
        manager.delete_secret(SecretId=name, RecoveryWindowInDays=7)
        self.refused("InvalidRequestException", manager.get_secret_value, SecretId=name)
        manager.restore_secret(SecretId=name)
        manager.get_secret_value(SecretId=name)
        manager.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
        message = self.refused("ResourceNotFoundException", manager.get_secret_value, SecretId=name)
        self.assertEqual(message, "Secrets Manager can't find the specified secret.")

    def test_the_command_puts_lists_and_removes(self):
        name = "cli-" + secrets.token_hex(4)
        for more, read in (([], lambda: self.manager.get_secret_value(SecretId=name)["SecretString"]),
                           (["--parameter"], lambda: self.ssm.get_parameter(
                               Name=name, WithDecryption=True)["Parameter"]["Value"])):
            for value in ("first", "second"):
                done = subprocess.run(
                    [ROOT / "build/release/bin/slipway", "secret", "put", name, *more],
                    input=value + "\n", text=True, env=self.server.env, capture_output=True)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertEqual(read(), value)
            self.assertIn(name, self.server.slipway("secret", "list").stdout)
            self.server.slipway("secret", "remove", name, *more)
        self.assertNotIn(name, self.server.slipway("secret", "list").stdout)


class Tasks(unittest.TestCase):
    def setUp(self):
        self.server = shared.server()
        self.ecs, self.logs = self.server.boto3("ecs"), self.server.boto3("logs")
        self.ssm = self.server.boto3("ssm")
        self.manager = self.server.boto3("secretsmanager")

    def register(self, family, *containers):
        self.ecs.register_task_definition(
            family=family, networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256",
            memory="512", executionRoleArn=ROLE, containerDefinitions=[
                dict(image=self.server.image, **container) for container in containers])

    def over_http2(self, service, target, body):
        """What boto3 never speaks: HTTP/2."""
        env = self.server.env
        done = subprocess.run(
            ["curl", "-sS", "--http2", "--noproxy", "*", "--cacert", env["AWS_CA_BUNDLE"],
             "--aws-sigv4", f"aws:amz:{env['AWS_REGION']}:{service}",
             "--user", f"{env['AWS_ACCESS_KEY_ID']}:{env['AWS_SECRET_ACCESS_KEY']}",
             "-H", "Content-Type: application/x-amz-json-1.1", "-H", f"X-Amz-Target: {target}",
             "-d", body, "-w", "%{http_version}", self.server.endpoint + "/"],
            capture_output=True, text=True, check=True)
        self.assertTrue(done.stdout.endswith("2"), done.stdout)
        return done.stdout

    def test_values_reach_their_container_and_are_found_nowhere_else(self):
        parameter, whole, member, older, sent, later = (known() for _ in range(6))
        root, name = "/" + secrets.token_hex(4), "app/" + secrets.token_hex(4)
        self.ssm.put_parameter(Name=root + "/one", Value=parameter, Type="SecureString")
        arn = self.ssm.get_parameter(Name=root + "/one", WithDecryption=True)["Parameter"]["ARN"]
        whole_arn = self.manager.create_secret(Name=name, SecretString=whole)["ARN"]
        json_arn = self.manager.create_secret(
            Name=name + "-json", SecretString='{"key":"%s","n":7}' % older)["ARN"]
        first = self.manager.describe_secret(SecretId=json_arn)["VersionIdsToStages"]
        self.manager.put_secret_value(SecretId=json_arn, SecretString='{"key":"%s","n":8}' % member)
        for value in ("before", later, "after"):
            self.ssm.put_parameter(Name=root + "/three", Value=value, Type="SecureString",
                                   Overwrite=value != "before")
        self.over_http2("ssm", "AmazonSSM.PutParameter",
                        '{"Name":"%s/two","Type":"String","Value":"%s"}' % (root, sent))
        self.assertIn(sent, self.over_http2("ssm", "AmazonSSM.GetParameter",
                                            '{"Name":"%s/two"}' % root))
        wanted = {"NAME": (root + "/one", parameter), "ARN": (arn, parameter),
                  "WHOLE": (whole_arn, whole), "KEY": (json_arn + ":key::", member),
                  "OLD": (json_arn + ":key:AWSPREVIOUS:", older), "NUMBER": (json_arn + ":n::", "8"),
                  "BY_ID": (f"{json_arn}:key::{list(first)[0]}", older),
                  "SECOND": (f"{root}/three:2", later), "TWO": (root + "/two", sent)}
        tell = "; ".join(f"printf %s \"${n}\" | sha256sum" for n in wanted)
        self.register(
            "secret", {"name": "main", "essential": True, "command": ["sh", "-c", f"{tell}; "
                       "trap 'exit 0' TERM; while :; do sleep 0.2; done"],
                       "secrets": [{"name": n, "valueFrom": f} for n, (f, _) in wanted.items()]},
            {"name": "other", "essential": False,
             "command": ["sh", "-c", "env | grep -c -e ^NAME= -e ^WHOLE= -e ^KEY="]})
        task_arn = self.server.run(self.ecs, "secret")[0]
        self.server.wait(self.ecs, [task_arn], "RUNNING")
        deadline = time.monotonic() + 60
        while self.server.task_output(self.logs, task_arn).count(b"\n") < len(wanted):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.5)
        lines = self.server.task_output(self.logs, task_arn).decode().splitlines()
        for (variable, (_, value)), line in zip(wanted.items(), lines):
            self.assertEqual(line.split()[0], hashlib.sha256(value.encode()).hexdigest(), variable)
        needles = {half for value in (parameter, whole, member, older, sent, later)
                   for half in halves(value)}
        guests = set().union(*(in_memory(pid, needles) for pid in self.server.qemu_pids()))
        self.assertEqual(guests, needles)  # the search itself works
        self.assertEqual(in_memory(self.server.pid("gateway"), needles), set())
        self.assertEqual(in_memory(self.server.pid("provisioner"), needles), set())
        self.assertEqual(in_folder(self.server.state, needles), set())
        self.assertEqual(in_folder(self.server.run_dir, needles), set())
        described = str(self.ecs.describe_tasks(tasks=[task_arn])) + str(
            self.ecs.describe_task_definition(taskDefinition="secret"))
        self.assertFalse([n for n in needles if n.decode() in described])
        self.ecs.stop_task(task=task_arn)
        self.server.wait(self.ecs, [task_arn])
        self.assertEqual(self.server.task_output(self.logs, task_arn, "other"), b"0\n")
        self.assertEqual(in_memory(self.server.pid("gateway"), needles), set())
        self.assertEqual(in_folder(self.server.state, needles), set())

    def test_what_is_missing_ends_the_task_with_the_reason(self):
        whole = self.manager.create_secret(Name="plain-" + secrets.token_hex(4),
                                           SecretString="no json")["ARN"]
        asm = "unable to retrieve secret from asm: "
        retried = "service call has been retried 1 time(s): "
        cases = {
            "/not/there": "unable to retrieve secrets from ssm: " + retried +
                          "invalid ssm parameters: /not/there",
            whole[:-10] + "x": asm + retried + f"failed to fetch secret {whole[:-10]}x from secrets "
                               "manager: ResourceNotFoundException: Secrets Manager can't find the "
                               "specified secret.",
            whole + ":key::": asm + "retrieved secret from Secrets Manager did not contain json key "
                              "key"}
        arns = []
        for number, reference in enumerate(cases):
            self.register(f"missing-{number}", {"name": "main", "essential": True, "command": ["true"],
                          "secrets": [{"name": "S", "valueFrom": reference}]})
            arns += self.server.run(self.ecs, f"missing-{number}")
        start = "ResourceInitializationError: unable to pull secrets or registry auth: " \
                "execution resource retrieval failed: "
        for arn, reason in zip(arns, cases.values()):
            task = self.server.wait(self.ecs, [arn])[0]
            self.assertEqual(task["stopCode"], "TaskFailedToStart")
            self.assertEqual(task["stoppedReason"], start + reason)
            self.assertNotIn("exitCode", task["containers"][0])


class RepositoryCredentials(unittest.TestCase):
    """An image behind a password that the configuration does not know."""

    def test_the_tasks_own_login_pulls(self):
        folder = Path(tempfile.mkdtemp(prefix="slipway-registry-"))
        self.addCleanup(shutil.rmtree, folder, True)
        password, host = known(), f"127.0.0.1:{free_ports()}"
        subprocess.run(["htpasswd", "-Bbc", folder / "htpasswd", "ann", password], check=True,
                       capture_output=True)
        registry = subprocess.Popen(
            [ROOT / "scripts/registry", "start", "--dir", folder / "data", "--port",
             host.split(":")[1], "--htpasswd", folder / "htpasswd"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(registry.wait)
        self.addCleanup(registry.terminate)
        push = ["skopeo", "--insecure-policy", "copy", "--dest-tls-verify=false", "--dest-creds",
                f"ann:{password}", f"oci:{ROOT}/build/hello-image:latest", f"docker://{host}/own:v1"]
        deadline = time.monotonic() + 30
        while subprocess.run(push, capture_output=True).returncode != 0:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.3)
        with Server(local_conf=f"plain_http_registries = {host}, LOCAL\n") as server:
            ecs, manager = server.boto3("ecs"), server.boto3("secretsmanager")
            for name, word in (("right", password), ("wrong", "nothing")):
                manager.create_secret(Name=name, SecretString='{"username":"ann","password":"%s"}'
                                      % word)
            outcomes = {}
            for name in ("wrong", "right"):
                with self.assertRaises(Exception) as raised:
                    server.define(ecs, name, ["true"], image=f"{host}/own:v1",
                                  repositoryCredentials={"credentialsParameter": name})
                self.assertIn("specify a value for executionRoleArn", str(raised.exception))
                ecs.register_task_definition(
                    family=name, networkMode="awsvpc", requiresCompatibilities=["FARGATE"],
                    cpu="256", memory="512", executionRoleArn=ROLE, containerDefinitions=[
                        {"name": "main", "image": f"{host}/own:v1", "command": ["true"],
                         "repositoryCredentials": {"credentialsParameter": name}}])
                outcomes[name] = server.wait(ecs, server.run(ecs, name))[0]
            self.assertTrue(outcomes["wrong"]["stoppedReason"].startswith(
                "CannotPullContainerError"), outcomes["wrong"]["stoppedReason"])
            self.assertEqual(outcomes["right"]["containers"][0].get("exitCode"), 0,
                             outcomes["right"].get("stoppedReason"))
            needles = set(halves(password))
            self.assertEqual(in_memory(server.pid("provisioner"), needles), set())
            self.assertEqual(in_folder(server.state, needles), set())
            self.assertEqual(in_folder(server.run_dir, needles), set())
            self.is_missed(server, server.state / "secret.key")

    def is_missed(self, server, key):
        """No start without the key of what is stored, and none with another in its place."""
        server.stop()
        text = key.read_text()
        key.unlink()
        up = subprocess.run([ROOT / "build/release/bin/slipway", "up", "--share", ROOT, "--state",
                             server.state, "--port", str(server.port), "--once"],
                            capture_output=True, text=True, timeout=120)
        self.assertNotEqual(up.returncode, 0)
        self.assertIn(f"{key} is missing", up.stderr)
        self.assertFalse(key.exists())
        key.write_text(text)
        key.chmod(0o600)
        (server.state / "up.log").unlink()  # it says that the start before was well
        server.start()
        value = server.boto3("secretsmanager").get_secret_value(SecretId="wrong")["SecretString"]
        self.assertIn("nothing", value)


if __name__ == "__main__":
    unittest.main()
