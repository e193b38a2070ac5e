# SPDX-License-Identifier: Apache-2.0
"""Events that reach their tasks whole: as a file and variables in every container, from PutEvents,
from CloudEvents over HTTP and from webhooks."""

import base64
import hashlib
import hmac
import json
import os
import re
import subprocess
import time
import unittest

import shared

READ_EVENT = ["sh", "-c", "cat $SLIPWAY_EVENT_FILE"]


class Place(unittest.TestCase):
    """A rule for each source, whose tasks belong to it."""

    @classmethod
    def setUpClass(cls):
        cls.server = shared.server()
        cls.ecs, cls.events = cls.server.boto3("ecs"), cls.server.boto3("events")
        cls.logs = cls.server.boto3("logs")
        cls.account = cls.server.boto3("sts").get_caller_identity()["Account"]
        region = cls.server.env["AWS_REGION"]
        cls.cluster = f"arn:aws:ecs:{region}:{cls.account}:cluster/default"

    def rule(self, name, pattern, family):
        self.events.put_rule(Name=name, EventPattern=json.dumps(pattern))
        self.events.put_targets(Rule=name, Targets=[{
            "Id": "t", "Arn": self.cluster, "EcsParameters": {"TaskDefinitionArn": family}}])
        self.addCleanup(self.remove, name)

    def remove(self, name):
        self.events.remove_targets(Rule=name, Ids=["t"])
        self.events.delete_rule(Name=name)

    def outputs(self, rule, count=1, container="main", timeout=120):
        """What the tasks of a rule have written, when so many have ended."""
        deadline = time.monotonic() + timeout
        while True:
            arns = set()
            for status in ("RUNNING", "STOPPED"):
                arns |= set(self.ecs.list_tasks(startedBy=f"events-rule/{rule}",
                                                desiredStatus=status)["taskArns"])
            if len(arns) >= count:
                break
            self.assertLess(time.monotonic(), deadline, self.server.program_logs())
            time.sleep(0.1)
        self.assertEqual(len(arns), count)
        for task in self.server.wait(self.ecs, sorted(arns)):
            self.assertEqual([c.get("exitCode") for c in task["containers"]],
                             [0] * len(task["containers"]), task)
        return [self.server.task_output(self.logs, arn, container).decode()
                for arn in sorted(arns)]


class Payload(Place):
    def test_a_container_of_an_ordinary_user_with_a_read_only_root_reads_the_event(self):
        script = ('cd ${SLIPWAY_EVENT_FILE%/*} && id -u && ls -ln event.json | cut -c1-10 && '
                  '! (echo x > event.json) 2>/dev/null && ! rm -f event.json 2>/dev/null && '
                  'env | grep ^SLIPWAY | sort && cat event.json')
        self.server.define(self.ecs, "plain-user", ["sh", "-c", script], user="1000:1000",
                           readonlyRootFilesystem=True,
                           environment=[{"name": "SLIPWAY_EVENT_BUS", "value": "mine"}])
        self.rule("plain", {"source": ["plain"]}, "plain-user")
        event_id = self.events.put_events(Entries=[{
            "Source": "plain", "DetailType": "a type", "Detail": '{"n": 1.10, "t": "\\u00e4"}',
            "Time": 1764000000}])["Entries"][0]["EventId"]
        lines = self.outputs("plain")[0].splitlines()
        self.assertEqual(lines[:-1], [
            "1000", "-r--r--r--", "SLIPWAY_EVENT_BUS=mine",
            "SLIPWAY_EVENT_FILE=/run/slipway/event.json", f"SLIPWAY_EVENT_ID={event_id}",
            "SLIPWAY_EVENT_RULE=plain", "SLIPWAY_EVENT_SOURCE=plain",
            "SLIPWAY_EVENT_TIME=2025-11-24T16:00:00Z", "SLIPWAY_EVENT_TYPE=a type"])
        event = json.loads(lines[-1])
        self.assertEqual((event["id"], event["account"], event["detail"]),
                         (event_id, self.account, {"n": 1.1, "t": "\u00e4"}))
        self.assertIn('"n":1.10', lines[-1])

    def test_a_task_that_nobody_launched_for_an_event_has_none(self):
        self.server.define(self.ecs, "no-event",
                           ["sh", "-c", "env | grep -c ^SLIPWAY; ls /run/slipway 2>&1 | wc -l; "
                                        "test ! -e /run/slipway"])
        arn, = self.server.run(self.ecs, "no-event")
        task, = self.server.wait(self.ecs, [arn])
        self.assertEqual(task["containers"][0]["exitCode"], 0)
        self.assertEqual(self.server.task_output(self.logs, arn), b"0\n1\n")

    def test_every_container_gets_it_also_where_a_volume_lies_at_its_place(self):
        digest = 'sha256sum < $SLIPWAY_EVENT_FILE; echo $SLIPWAY_EVENT_FILE'
        containers = [
            {"name": "main", "image": self.server.image, "command": ["sh", "-c", digest]},
            {"name": "side", "image": self.server.image, "command": ["sh", "-c", digest],
             "mountPoints": [{"sourceVolume": "v", "containerPath": "/run"}]}]
        self.ecs.register_task_definition(
            family="two", networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256",
            memory="512", containerDefinitions=containers, volumes=[{"name": "v"}])
        self.rule("two", {"source": ["two"]}, "two")
        text = "x" * 250000
        answer = self.events.put_events(Entries=[{"Source": "two", "DetailType": "t",
                                                  "Detail": json.dumps({"text": text})}])
        main, = self.outputs("two")
        side, = self.outputs("two", container="side")
        with self.server.database() as database:
            body = database.execute("SELECT body FROM task_payload WHERE id = ?",
                                    [answer["Entries"][0]["EventId"]]).fetchone()[0]
        digest = hashlib.sha256(body.encode()).hexdigest()
        self.assertEqual(main, f"{digest}  -\n/run/slipway/event.json\n")
        self.assertEqual(side, f"{digest}  -\n/dev/slipway/event.json\n")


class Posted(Place):
    def webhook(self, name, *options):
        """Its URL and its secret."""
        made = self.server.slipway("webhook", "create", name, *options).stdout
        self.addCleanup(self.server.slipway, "webhook", "delete", name)
        path = re.search(r"^path +(\S+)$", made, re.M).group(1)
        return self.server.endpoint + path, re.search(r"^secret +(.+)$", made, re.M).group(1)

    def curl(self, url, body, *headers, more=()):
        """The status of a POST, and the answer's headers and body."""
        words = ["curl", "-sS", "--noproxy", "*", "--cacert", self.server.env["AWS_CA_BUNDLE"],
                 "--data-binary", "@-", "-w", "\n%{http_code}", *more]
        for header in headers:
            words += ["-H", header]
        done = subprocess.run([*words, url], input=body, env=self.server.env,
                              capture_output=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        text, status = done.stdout.decode().rsplit("\n", 1)
        return int(status), text

    def accepted(self):
        with self.server.database() as database:
            return database.execute("SELECT COUNT(*) FROM event_accepted").fetchone()[0]

    def refused(self):
        done = subprocess.run(["curl", "-sS", "--noproxy", "*", "--cacert",
                               self.server.env["AWS_CA_BUNDLE"], self.server.endpoint + "/metrics"],
                              capture_output=True, text=True, check=True, timeout=60)
        return int(re.search(r"^slipway_gateway_webhooks_refused_total (\d+)$", done.stdout,
                             re.M).group(1))

    def test_the_stock_cloudevents_package_sends_in_all_three_modes(self):
        js = shared.javascript()
        self.server.define(self.ecs, "cloud", READ_EVENT)
        self.rule("cloud", {"source": ["/js/test"], "cloudevent": {"traceid": ["t-1"]}}, "cloud")
        url, token = self.webhook("js")
        env = dict(self.server.env, NODE_EXTRA_CA_CERTS=self.server.env["AWS_CA_BUNDLE"])
        done = subprocess.run(["node", "cloudevents.mjs", url, token], cwd=js, env=env,
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout), {"binary": "", "structured": "", "batched": ""})
        events = [json.loads(text) for text in self.outputs("cloud", 4)]
        attributes = {"specversion": "1.0", "source": "/js/test", "type": "com.example.made",
                      "time": "2026-07-01T10:00:00.123Z", "subject": "one two",
                      "traceid": "t-1"}
        data = {"b": {"n": 1.5, "list": [1, "x"]}, "s": {"n": 2}, "1": {"n": 3}, "2": {"n": 4}}
        self.assertEqual({event["cloudevent"]["id"] for event in events}, set(data))
        for event in events:
            self.assertEqual(event["detail"], data[event["cloudevent"]["id"]])
            self.assertEqual((event["source"], event["detail-type"], event["time"]),
                             ("/js/test", "com.example.made", "2026-07-01T10:00:00Z"))
            self.assertEqual({**event["cloudevent"], **attributes}, event["cloudevent"])
        before = self.accepted()
        done = subprocess.run(["node", "cloudevents.mjs", url, token + "x"], cwd=js, env=env,
                              capture_output=True, text=True, timeout=120)
        self.assertIn("Unauthorized", json.loads(done.stdout)["batched"])
        self.assertEqual(self.accepted(), before)

    def test_a_webhook_that_github_signed_is_one_task_and_a_forged_one_is_nothing(self):
        self.server.define(self.ecs, "push", READ_EVENT)
        self.rule("push", {"source": ["github"], "detail-type": ["push"],
                           "detail": {"ref": ["refs/heads/main"]}}, "push")
        url, secret = self.webhook("github", "--kind", "github")
        body = json.dumps({"ref": "refs/heads/main", "commits": [{"message": "\u00fc"}]}).encode()
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = ["Content-Type: application/json", "X-GitHub-Event: push",
                   "X-GitHub-Delivery: 72d3162e-cc78-11e3-81ab-4c9367dc0958"]
        before, refused = self.accepted(), self.refused()
        forged = [self.curl(url, body, *headers, "X-Hub-Signature-256: sha256=" + "0" * 64),
                  self.curl(url, body + b" ", *headers, f"X-Hub-Signature-256: sha256={signature}"),
                  self.curl(url, body, *headers),
                  self.curl(url + "0", body, *headers,
                            f"X-Hub-Signature-256: sha256={signature}")]
        self.assertEqual(forged[0][0], 401)
        self.assertEqual(forged, [forged[0]] * 4)
        self.assertEqual((self.accepted(), self.refused()), (before, refused + 4))
        for version in ("--http1.1", "--http2"):  # the second is a retry of the first
            self.assertEqual(self.curl(url, body, *headers,
                                       f"X-Hub-Signature-256: sha256={signature}",
                                       more=[version]), (202, ""))
        event = json.loads(self.outputs("push")[0])
        self.assertEqual(event["detail"], json.loads(body))
        self.assertEqual(event["cloudevent"]["id"], "72d3162e-cc78-11e3-81ab-4c9367dc0958")
        time.sleep(0.5)
        self.assertEqual(len(self.outputs("push")), 1)

    def test_one_megabyte_arrives_byte_for_byte(self):
        script = ('sha256sum < $SLIPWAY_EVENT_FILE; '
                  'sed \'s/.*"data_base64":"\\([^"]*\\)".*/\\1/\' $SLIPWAY_EVENT_FILE | '
                  'base64 -d | sha256sum')
        self.server.define(self.ecs, "large", ["sh", "-c", script], user="65534",
                           readonlyRootFilesystem=True)
        self.rule("large", {"source": ["/large"]}, "large")
        data = os.urandom(1024 * 1024 - 200)
        env = self.server.env
        url = self.server.endpoint + "/events/default"
        signed = ["--aws-sigv4", f"aws:amz:{env['AWS_REGION']}:events", "--user",
                  f"{env['AWS_ACCESS_KEY_ID']}:{env['AWS_SECRET_ACCESS_KEY']}"]
        headers = ["Content-Type: application/octet-stream", "ce-specversion: 1.0",
                   "ce-source: /large", "ce-id: 1", "ce-type: t"]
        self.assertEqual(self.curl(url, data, *headers, more=signed), (202, ""))
        status, text = self.curl(url, data + bytes(200), *headers, more=signed)
        self.assertEqual(status, 413, text)
        output = self.outputs("large")[0]
        with self.server.database() as database:
            body, = database.execute("SELECT body FROM task_payload WHERE source = '/large'"
                                     ).fetchone()
        self.assertEqual(base64.b64decode(json.loads(body)["detail"]["data_base64"]), data)
        self.assertEqual(output, f"{hashlib.sha256(body.encode()).hexdigest()}  -\n"
                                 f"{hashlib.sha256(data).hexdigest()}  -\n")

    def test_strangers_and_mistakes_get_their_status(self):
        url, token = self.webhook("mistakes")
        bearer = f"Authorization: Bearer {token}"
        cases = [
            (401, b"{}", ()),
            (415, b"{}", (bearer, "Content-Type: text/plain")),
            (400, b"{", (bearer, "Content-Type: application/json")),
            (400, b"", (bearer, "ce-specversion: 1.0", "ce-id: 1", "ce-type: t")),
            (413, bytes(3 << 20), (bearer, "Content-Type: application/json")),
            (202, b"[]", (bearer, "Content-Type: application/json")),
        ]
        for status, body, headers in cases:
            self.assertEqual(self.curl(url, body, *headers)[0], status, headers)
        base = self.server.endpoint + "/events/default"
        self.assertEqual(self.curl(base, b"", bearer, "ce-specversion: 1.0", "ce-id: 1",
                                   "ce-type: t", "ce-source: /s")[0], 202)
        self.assertEqual(self.curl(base, b"", "ce-specversion: 1.0")[0], 401)
        status, text = self.curl(url, b"", "WebHook-Request-Origin: sender.example.com",
                                 more=["-X", "OPTIONS", "-D", "-"])
        self.assertEqual(status, 200)
        self.assertIn("webhook-allowed-origin: sender.example.com", text)
        done = self.server.slipway("webhook", "create", "mistakes", check=False)
        self.assertEqual((done.returncode, done.stderr.strip()),
                         (1, "slipway webhook: there is a webhook mistakes"))
        self.assertIn("mistakes", self.server.slipway("webhook", "list").stdout)
        self.assertNotIn(token, self.server.slipway("webhook", "list").stdout)


if __name__ == "__main__":
    unittest.main()
