# SPDX-License-Identifier: Apache-2.0
"""Where events go besides tasks: archives and their replays, and API destinations on a real TLS
server, with each kind of authorization, faults, and a relay that is killed in between."""

import datetime
import json
import os
import random
import shutil
import signal
import tempfile
import time
import unittest
from pathlib import Path

from slipway_server import Server
from webhook_server import CLIENT, WebhookServer

PATIENCE_S = 30
STORM = 100
KILLS = 3
REPLAYED = 1500
REPLAY_KILLS = 4


class Destinations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="slipway-webhook-"))
        cls.folder.chmod(0o755)
        cls.web = WebhookServer(cls.folder)
        cls.server = Server(f"webhook_ca_file = {cls.web.ca}\nwebhook_private_addresses = yes\n"
                            "pool_machines = 0\n")
        cls.server.__enter__()
        cls.events, cls.logs = cls.server.boto3("events"), cls.server.boto3("logs")
        cls.account = cls.server.boto3("sts").get_caller_identity()["Account"]
        cls.region = cls.server.env["AWS_REGION"]
        cls.connections = {
            "basic": cls.connect("basic", "BASIC", {
                "BasicAuthParameters": {"Username": "me", "Password": "pass word"},
                "InvocationHttpParameters": {
                    "HeaderParameters": [{"Key": "X-Both", "Value": "connection"}],
                    "QueryStringParameters": [{"Key": "q", "Value": "a b", "IsValueSecret": True}],
                    "BodyParameters": [{"Key": "tenant", "Value": "t-1"}]}}),
            "key": cls.connect("key", "API_KEY", {
                "ApiKeyAuthParameters": {"ApiKeyName": "X-Api-Key", "ApiKeyValue": "k3y"}}),
            "oauth": cls.connect("oauth", "OAUTH_CLIENT_CREDENTIALS", {
                "OAuthParameters": {
                    "ClientParameters": {"ClientID": CLIENT[0], "ClientSecret": CLIENT[1]},
                    "AuthorizationEndpoint": f"{cls.web.url}/token", "HttpMethod": "POST",
                    "OAuthHttpParameters": {
                        "BodyParameters": [{"Key": "scope", "Value": "events"}]}}}),
        }

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)
        cls.web.close()
        shutil.rmtree(cls.folder)

    @classmethod
    def connect(cls, name, kind, parameters):
        return cls.events.create_connection(
            Name=name, AuthorizationType=kind, AuthParameters=parameters)["ConnectionArn"]

    def arn(self, kind, name):
        return f"arn:aws:events:{self.region}:{self.account}:{kind}/{name}"

    def aim(self, name, connection, path=None, method="POST", rate=300, **target):
        """A rule for events whose source is @name, with an API destination."""
        arn = self.events.create_api_destination(
            Name=name, ConnectionArn=self.connections[connection], HttpMethod=method,
            InvocationEndpoint=self.web.url + (path or f"/{name}"),
            InvocationRateLimitPerSecond=rate)["ApiDestinationArn"]
        self.events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
        self.events.put_targets(Rule=name, Targets=[{"Id": "t", "Arn": arn, **target}])
        return arn

    def send(self, source, count=1, **detail):
        ids = []
        for first in range(0, count, 10):
            answer = self.events.put_events(Entries=[
                {"Source": source, "DetailType": "t", "Detail": json.dumps(dict(detail, n=n))}
                for n in range(first, min(first + 10, count))])
            self.assertEqual(answer["FailedEntryCount"], 0)
            ids += [entry["EventId"] for entry in answer["Entries"]]
        return ids

    def until(self, ready, what):
        deadline = time.monotonic() + PATIENCE_S
        while not (found := ready()):
            self.assertLess(time.monotonic(), deadline, f"{what}\n{self.server.program_logs()}")
            time.sleep(0.05)
        return found

    def arrived(self, path, count=1):
        self.until(lambda: len(self.web.of(path)) >= count, path)
        return self.web.of(path)

    def rows(self, sql, *values):
        with self.server.database() as database:
            return database.execute(sql, values).fetchall()

    def lines(self, group):
        pages = self.logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        return [json.loads(event["message"]) for page in pages for event in page["events"]]

    # --- archives ---

    def test_a_replay_brings_what_an_archive_kept_to_the_rules_of_its_filter(self):
        aws = self.server.aws
        began = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=1)
        pattern = '{"source":["kept"],"detail":{"n":[{"numeric":["<",5]}]}}'
        aws("events", "create-archive", "--archive-name", "a", "--event-source-arn",
            self.arn("event-bus", "default"), "--event-pattern", pattern, "--retention-days", "7")
        for rule in ("first", "second"):
            self.logs.create_log_group(logGroupName=f"/{rule}")
            self.events.put_rule(Name=rule, EventPattern='{"source":["kept"]}')
            self.events.put_targets(Rule=rule, Targets=[{
                "Id": "log", "Arn": f"arn:aws:logs:{self.region}:{self.account}:"
                                    f"log-group:/{rule}"}])
        ids = self.send("kept", 10)
        self.until(lambda: len(self.lines("/first")) == len(self.lines("/second")) == 10, "events")
        archive = self.events.describe_archive(ArchiveName="a")
        self.assertEqual((archive["EventCount"], archive["State"]), (5, "ENABLED"))
        self.assertGreater(archive["SizeBytes"], 500)
        aws("events", "start-replay", "--replay-name", "again", "--event-source-arn",
            archive["ArchiveArn"], "--event-start-time", began.isoformat(), "--event-end-time",
            (began + datetime.timedelta(hours=1)).isoformat(), "--destination",
            json.dumps({"Arn": self.arn("event-bus", "default"),
                        "FilterArns": [self.arn("rule", "second")]}))
        replay = self.until(lambda: (found := self.events.describe_replay(ReplayName="again"))
                            ["State"] == "COMPLETED" and found, "replay")
        self.assertGreater(replay["EventLastReplayedTime"], began)
        self.until(lambda: len(self.lines("/second")) == 15, "replayed events")
        again = [line for line in self.lines("/second") if line.get("replay-name") == "again"]
        self.assertEqual(sorted(line["id"] for line in again), sorted(ids[:5]))
        self.assertEqual(len(self.lines("/first")), 10)
        self.assertEqual(self.events.describe_archive(ArchiveName="a")["EventCount"], 5)

    def test_a_gateway_that_is_killed_replays_each_event_once(self):
        chance = random.Random(7)
        began = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=1)
        archive = self.events.create_archive(
            ArchiveName="long", EventSourceArn=self.arn("event-bus", "default"),
            EventPattern='{"source":["long"]}')["ArchiveArn"]
        ids = self.send("long", REPLAYED)
        for rule, group in (("long", "/long"), ("aside", "/aside")):
            self.logs.create_log_group(logGroupName=group)
            self.events.put_rule(Name=rule, EventPattern='{"source":["long"]}')
            self.events.put_targets(Rule=rule, Targets=[{
                "Id": "log",
                "Arn": f"arn:aws:logs:{self.region}:{self.account}:log-group:{group}"}])
        self.events.start_replay(
            ReplayName="long", EventSourceArn=archive, EventStartTime=began,
            EventEndTime=began + datetime.timedelta(hours=1),
            Destination={"Arn": self.arn("event-bus", "default"),
                         "FilterArns": [self.arn("rule", "long")]})
        state, killed = "SELECT state FROM event_replay WHERE name = 'long'", 0
        while self.rows(state) != [("COMPLETED",)] and killed < REPLAY_KILLS:
            time.sleep(chance.uniform(0, 0.15))
            pid = self.server.pid("gateway")
            os.kill(pid, signal.SIGKILL)
            killed += 1
            self.until(lambda pid=pid: self.server.pid("gateway") != pid, "another gateway")
            time.sleep(0.1)
        self.assertGreaterEqual(killed, 2)
        self.until(lambda: self.rows(state) == [("COMPLETED",)] and not self.rows(
            "SELECT 1 FROM event_delivery WHERE rule = 'long'"), "the replay's end")
        self.assertEqual(sorted(line["id"] for line in self.lines("/long")), sorted(ids))
        self.assertEqual(self.lines("/aside"), [])
        self.assertEqual(self.rows("SELECT 1 FROM event_dead WHERE rule = 'long'"), [])

    # --- API destinations ---

    def test_basic_authorization_and_parameters_of_target_and_connection(self):
        self.aim("basic", "basic", "/basic/*/x?fixed=1", method="PUT", HttpParameters={
            "PathParameterValues": ["$.detail.id"],
            "HeaderParameters": {"X-Both": "target", "X-Source": "$.source"},
            "QueryStringParameters": {"q": "target", "r": "$.detail.n"}},
            InputTransformer={"InputPathsMap": {"n": "$.detail.n"},
                              "InputTemplate": '{"number":<n>,"tenant":"mine"}'})
        event, = self.send("basic", id="a/b ../c")
        request, = self.arrived("/basic/a%2Fb%20..%2Fc/x")
        self.assertEqual(request["method"], "PUT")
        self.assertEqual(request["headers"]["authorization"], "Basic bWU6cGFzcyB3b3Jk")
        self.assertEqual(request["headers"]["x-both"], "connection")
        self.assertEqual(request["headers"]["x-source"], "basic")
        self.assertEqual(request["headers"]["content-type"], "application/json; charset=utf-8")
        self.assertEqual(request["query"], {"fixed": ["1"], "q": ["a b"], "r": ["0"]})
        self.assertEqual(json.loads(request["body"]), {"number": 0, "tenant": "t-1"})
        self.assertEqual(request["headers"]["idempotency-key"], f"{event}/default/basic/t")

    def test_an_api_key_and_the_event_as_it_is(self):
        self.aim("key", "key")
        event, = self.send("key")
        request, = self.arrived("/key")
        self.assertEqual(request["headers"]["x-api-key"], "k3y")
        self.assertEqual(json.loads(request["body"])["id"], event)
        self.assertNotIn("authorization", request["headers"])

    def test_a_token_is_fetched_once_and_anew_when_it_is_refused(self):
        self.until(lambda: self.events.describe_connection(Name="oauth")["ConnectionState"] ==
                   "AUTHORIZED", "authorization")
        self.assertEqual(self.web.token_requests[0]["form"],
                         {"grant_type": ["client_credentials"], "scope": ["events"]})
        self.aim("oauth", "oauth")
        self.send("oauth", 5)
        requests = self.arrived("/oauth", 5)
        before, = {request["headers"]["authorization"] for request in requests}
        fetched = len(self.web.token_requests)
        time.sleep(5)  # a token that is refused as soon as it came is not asked for again at once
        self.web.revoke()
        self.send("oauth")
        self.until(lambda: len(self.web.of("/oauth")) == 7, "new token")
        refused, taken = self.web.of("/oauth")[5:]
        self.assertEqual(refused["headers"]["authorization"], before)
        self.assertEqual(taken["headers"]["authorization"], f"Bearer token-{fetched + 1}")
        self.assertLess(taken["at"] - refused["at"], 0.5)
        self.assertEqual(len(self.web.token_requests), fetched + 1)

    def test_what_fails_is_sent_again_and_what_is_refused_is_a_dead_letter(self):
        self.web.statuses.update({"/again": [500, 429], "/refused": [400], "/moved": [302]})
        self.web.headers["/again"] = {"Retry-After": "2"}
        self.web.headers["/moved"] = {"Location": f"{self.web.url}/elsewhere"}
        for name in ("again", "refused", "moved"):
            self.aim(name, "key")
            self.send(name)
        requests = self.arrived("/again", 3)
        self.assertEqual(len({request["headers"]["idempotency-key"] for request in requests}), 1)
        for before, after in zip(requests, requests[1:]):
            self.assertGreaterEqual(after["at"] - before["at"], 1.9)
        for name, status in (("refused", 400), ("moved", 302)):
            row, = self.until(lambda name=name: self.rows(
                "SELECT code, reason, attempts, body FROM event_dead WHERE rule = ?", name), name)
            self.assertEqual(row[:3], ("HttpStatus", f"the endpoint answers HTTP {status}", 0))
            self.assertEqual(json.loads(row[3])["source"], name)
            self.assertEqual(len(self.web.of(f"/{name}")), 1)
        self.assertEqual(self.web.of("/elsewhere"), [])

    def test_a_slow_destination_delays_no_other_and_a_rate_is_kept(self):
        self.web.slow_s["/slow"] = 4
        self.aim("slow", "key")
        self.aim("quick", "key", rate=10)
        self.send("slow", 30)
        began = time.monotonic()
        self.send("quick", 20)
        requests = self.arrived("/quick", 20)
        self.assertGreater(requests[-1]["at"] - requests[0]["at"], 1.5)
        self.assertLess(requests[-1]["at"] - began, 6)
        self.assertLess(len(self.web.of("/slow")), 30)
        self.events.remove_targets(Rule="slow", Ids=["t"])

    def test_a_relay_that_is_killed_loses_nothing(self):
        self.aim("storm", "key")
        self.web.slow_s["/storm"] = 0.05
        ids = self.send("storm", STORM)
        for _ in range(KILLS):
            pid = self.server.pid("relay")
            time.sleep(0.2)
            os.kill(pid, signal.SIGKILL)
            self.until(lambda pid=pid: self.server.pid("relay") != pid, "another relay")
        self.until(lambda: not self.rows("SELECT 1 FROM event_delivery WHERE rule = 'storm'"),
                   "the rest")
        requests = self.web.of("/storm")
        self.assertEqual({json.loads(request["body"])["id"] for request in requests}, set(ids))
        # Twice at most those that were under way when it was killed.
        self.assertLessEqual(len(requests), STORM + KILLS * 8)
        self.assertEqual(self.rows("SELECT 1 FROM event_dead WHERE rule = 'storm'"), [])

    def test_a_destination_that_is_gone_makes_dead_letters(self):
        self.aim("gone", "key")
        self.events.delete_api_destination(Name="gone")
        self.send("gone")
        row, = self.until(lambda: self.rows(
            "SELECT code FROM event_dead WHERE rule = 'gone'"), "dead letter")
        self.assertEqual(row, ("ResourceNotFoundException",))

    def test_what_is_not_honoured_is_refused_by_name(self):
        arn = self.aim("refusing", "key", "/refusing/*", HttpParameters={
            "PathParameterValues": ["x"]})
        for more, message in (
                ({}, "PathParameterValues"),
                ({"HttpParameters": {"PathParameterValues": ["x"],
                                     "HeaderParameters": {"Host": "y"}}}, "Host"),
                ({"HttpParameters": {"PathParameterValues": ["$.detail[*"]}}, "PathParameterValues"),
                ({"HttpParameters": {"PathParameterValues": ["x"]}, "EcsParameters": {
                    "TaskDefinitionArn": "f"}}, "EcsParameters")):
            with self.assertRaisesRegex(Exception, message):
                self.events.put_targets(Rule="refusing", Targets=[{"Id": "u", "Arn": arn, **more}])
        with self.assertRaisesRegex(Exception, "no such API destination"):
            self.events.put_targets(Rule="refusing", Targets=[
                {"Id": "u", "Arn": self.arn("api-destination", "none/uuid")}])


class Guarded(unittest.TestCase):
    def test_without_leave_nothing_in_here_is_connected_to(self):
        folder = Path(tempfile.mkdtemp(prefix="slipway-webhook-"))
        folder.chmod(0o755)
        web = WebhookServer(folder)
        try:
            with Server(f"webhook_ca_file = {web.ca}\npool_machines = 0\n") as server:
                events = server.boto3("events")
                connection = events.create_connection(
                    Name="c", AuthorizationType="API_KEY", AuthParameters={
                        "ApiKeyAuthParameters": {"ApiKeyName": "k", "ApiKeyValue": "v"}})
                arn = events.create_api_destination(
                    Name="d", ConnectionArn=connection["ConnectionArn"], HttpMethod="POST",
                    InvocationEndpoint=f"{web.url}/x")["ApiDestinationArn"]
                events.put_rule(Name="r", EventPattern='{"source":["s"]}')
                events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": arn}])
                events.put_events(Entries=[{"Source": "s", "DetailType": "t", "Detail": "{}"}])
                deadline = time.monotonic() + PATIENCE_S
                while True:
                    with server.database() as database:
                        rows = database.execute("SELECT reason FROM event_dead").fetchall()
                    if rows:
                        break
                    self.assertLess(time.monotonic(), deadline, server.program_logs())
                    time.sleep(0.1)
                self.assertEqual(rows, [(
                    "its address is not a public one, which webhook_private_addresses allows",)])
                self.assertEqual(web.requests, [])
        finally:
            web.close()
            shutil.rmtree(folder)
