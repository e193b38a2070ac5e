# SPDX-License-Identifier: Apache-2.0
"""Usage for others who bill on: files, standard output, and a receiver that fails, while the
exporter is killed. Every record arrives, with the same id and content each time, and what
arrives adds up to the ledger. No server and no microVM is needed."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
from decimal import Decimal
from pathlib import Path

from slipway_server import PROGRAMS, ROOT
from usage_receiver import TOKEN, Receiver

sys.path.insert(0, str(ROOT / "tests/billing"))
import cases  # noqa: E402
import truth  # noqa: E402

ACCOUNTS = ["111122223333", "444455556666"]
PER_UNIT = {"vcpu": 1000, "memory": 1024, "storage": 1}
FAULTS = ["error_500", "closed_before", "closed_after", "busy_429", "slow"]


class BillExport(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="slipway-export-")
        self.addCleanup(place.cleanup)
        self.state = Path(place.name)
        (self.state / "db").mkdir()
        (self.state / "prices.conf").write_text(cases.PRICES)
        self.database = self.state / "db/state.db"
        self.lot = random.Random(23)

    def fill(self, tasks, seed=1):
        cases.write(self.database, cases.make(tasks, seed, ACCOUNTS))

    def name_account(self):
        state = sqlite3.connect(self.database)
        state.execute("INSERT INTO account (id, name, created_ms) VALUES (?, 'shop', 0)",
                      [ACCOUNTS[0]])
        state.commit()
        state.close()

    def command(self, *words):
        return [str(PROGRAMS / "slipway"), "bill", "export", "--state", str(self.state), *words]

    def export(self, *words, status=0):
        environment = {name: value for name, value in os.environ.items()
                       if not name.lower().endswith("_proxy")}
        done = subprocess.run(self.command(*map(str, words)), capture_output=True, text=True,
                              env=environment, timeout=120)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def killed(self, seconds, *words):
        """Run it for so long, then kill it. Its status."""
        with subprocess.Popen(self.command(*map(str, words)), stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
            return process.wait()

    def receiver(self, *words, **names):
        receiver = Receiver(self.state, *words, **names)
        self.addCleanup(receiver.close)
        return receiver

    def webhook(self, receiver):
        token = self.state / "token"
        token.write_text(TOKEN + "\n")
        return "--to", receiver.url, "--ca-file", receiver.ca, "--token-file", token

    def sql(self, text, *values):
        state = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)
        self.addCleanup(state.close)
        return state.execute(text, values).fetchall()

    def expected(self, account=None):
        """The ids of all records that are to be told, in the order of the ledger."""
        names = {number: name for number, name in enumerate(PER_UNIT, 1)}
        return [f"{task}/{names[meter]}/{sequence}" for task, meter, sequence in self.sql(
            "SELECT t.task, meter, sequence FROM ledger l JOIN ledger_task t ON number = l.task"
            " WHERE kind IN (2, 3) AND (?1 IS NULL OR account = ?1) ORDER BY position", account)]

    def sums(self):
        """What counts today, by meter, as SQL says."""
        return {name: Decimal(total) / PER_UNIT[name] for name, total in zip(PER_UNIT, (
            row[0] for row in self.sql(
                "SELECT SUM(quantity * seconds) FROM ledger l WHERE kind IN (2, 3) AND sequence ="
                " (SELECT MAX(sequence) FROM ledger n WHERE n.task = l.task AND n.meter ="
                " l.meter) GROUP BY meter ORDER BY meter")))}

    def check_sums(self, events):
        found = dict.fromkeys(PER_UNIT, Decimal(0))
        for event in events:
            found[event["data"]["meter"]] += Decimal(event["data"]["amount"])
        self.assertEqual(found, self.sums())

    def test_a_file_has_all_records_in_order_however_often_the_exporter_is_killed(self):
        self.fill(9000)
        file = self.state / "usage.jsonl"
        kills = 0
        # At first too early for all of it on any machine, then as late as it takes.
        while self.killed(self.lot.uniform(0.01, 0.04 if kills < 6 else 0.3 + kills / 100),
                          "--to", file) != 0:
            kills += 1
            if kills % 3 == 0 and file.exists():  # as if the disk had half of a line
                with open(file, "ab") as half:
                    half.write(b'{"specversion":"1.0","id":"' + b"x" * self.lot.randrange(9000))
        self.assertGreater(kills, 3)
        text = file.read_text()
        self.assertTrue(text.endswith("\n"))
        events = {}
        order = []
        for line in text.splitlines():
            event = json.loads(line)
            if event["id"] not in events:
                order.append(event["id"])
            self.assertEqual(events.setdefault(event["id"], line), line)
        self.assertEqual(order, self.expected())
        self.check_sums(map(json.loads, events.values()))
        before = file.stat().st_size
        self.assertIn("0 events exported", self.export("--to", file).stderr)
        self.assertEqual(file.stat().st_size, before)

    def test_a_webhook_gets_all_records_though_it_fails_and_the_exporter_is_killed(self):
        receiver = self.receiver(FAULTS, chance=0.4)
        self.fill(300)
        for number in range(12):
            if number in (4, 8):
                self.fill(100, seed=number)
            self.killed(self.lot.uniform(0.1, 0.8), *self.webhook(receiver), "--follow")
        self.export(*self.webhook(receiver), "--shape", "cloudevents")
        self.assertEqual(set(receiver.events), set(self.expected()))
        self.assertEqual(receiver.differing, [])
        self.assertEqual(set(receiver.faulted), set(FAULTS))
        self.assertGreater(max(receiver.taken.values()), 1)
        self.check_sums(map(json.loads, receiver.events.values()))
        path, kind, token, _ = receiver.requests[-1]
        self.assertEqual((path, kind, token),
                         ("/", "application/cloudevents-batch+json", f"Bearer {TOKEN}"))
        self.assertLessEqual(max(request[3] for request in receiver.requests), 100)

    def test_lago_has_each_event_once_and_the_costs_are_the_bill(self):
        receiver = self.receiver(["closed_after", "error_500"], chance=0.4, lago=True)
        self.fill(300)
        self.name_account()  # what it has of one account lies scattered among the others
        self.export(*self.webhook(receiver), "--shape", "lago", "--account", "shop", "--name", "a")
        self.assertEqual(set(receiver.events), set(self.expected(ACCOUNTS[0])))
        for _ in range(5):
            self.killed(self.lot.uniform(0.1, 0.5), *self.webhook(receiver), "--shape", "lago",
                        "--follow")
        self.export(*self.webhook(receiver), "--shape", "lago")
        self.assertEqual(set(receiver.events), set(self.expected()))
        self.assertEqual(set(receiver.taken.values()), {1})
        self.assertGreater(receiver.faulted["closed_after"], 1)
        cents = sum(Decimal(json.loads(event)["precise_total_amount_cents"])
                    for event in receiver.events.values())
        prices = truth.Prices(self.state / "prices.conf")
        bill = sum(charge.cost(0, 1 << 40) for charge in truth.charges(self.database, prices))
        self.assertEqual(cents * 10 ** 7, bill)
        self.assertEqual({request[:2] for request in receiver.requests},
                         {("/api/v1/events/batch", "application/json")})

    def test_openmeter_sums_values(self):
        receiver = self.receiver()
        self.fill(300)
        self.export(*self.webhook(receiver), "--shape", "openmeter")
        events = [json.loads(event) for event in receiver.events.values()]
        self.assertTrue(any(event["data"]["correction"] for event in events))
        self.check_sums(events)
        self.assertTrue(all(event["data"]["value"] == event["data"]["amount"]
                            for event in events))
        self.assertEqual(receiver.requests[0][:2],
                         ("/api/v1/events", "application/cloudevents-batch+json"))

    def test_who_refuses_stops_the_export_and_nothing_is_lost(self):
        receiver = self.receiver()
        self.fill(30)
        for status in (400, 401, 404, 302):
            receiver.status = status
            said = self.export(*self.webhook(receiver), "--follow", status=1).stderr
            self.assertIn(f"refuses the events with HTTP {status}: {{\"error\": \"no", said)
        self.assertEqual(len(receiver.requests), 4)
        receiver.status = None
        self.export(*self.webhook(receiver))
        self.assertEqual(set(receiver.taken), set(self.expected()))
        self.assertEqual(set(receiver.taken.values()), {1})

    def test_a_server_that_nobody_vouches_for_gets_nothing(self):
        receiver = self.receiver()
        self.fill(3)
        said = self.export("--to", receiver.url, "--follow", status=1).stderr
        self.assertIn("certificate", said)
        self.assertEqual(receiver.requests, [])

    def test_following_tells_what_is_new_within_two_seconds(self):
        self.fill(3)
        with subprocess.Popen(self.command("--to", "-", "--follow"), stdout=subprocess.PIPE,
                              text=True) as process:
            try:
                old = self.expected()
                for expected in old:
                    self.assertEqual(json.loads(process.stdout.readline())["id"], expected)
                self.fill(1, seed=7)
                started = time.monotonic()
                for expected in self.expected()[len(old):]:
                    self.assertEqual(json.loads(process.stdout.readline())["id"], expected)
                self.assertLess(time.monotonic() - started, 2)
            finally:
                process.kill()

    def test_cursors_begin_where_they_are_told_and_know_their_account(self):
        self.fill(40)
        everything = self.expected()
        own = self.expected(ACCOUNTS[0])
        ids = [json.loads(line)["id"] for line in self.export("--to", "-").stdout.splitlines()]
        self.assertEqual(ids, everything)
        (first,), = self.sql("SELECT position FROM ledger WHERE kind IN (2, 3) ORDER BY position"
                             " LIMIT 1 OFFSET 5")
        for words, count in ((("--name", "a"), len(everything)), (("--name", "a"), 0),
                             (("--name", "a", "--from", first), len(everything) - 5),
                             (("--name", "a"), 0), (("--from", 10 ** 9), 0),
                             (("--since", "2030-01-01"), 0),
                             (("--since", "2020-01-01"), len(everything))):
            lines = self.export("--to", "-", *words).stdout.splitlines()
            self.assertEqual(len(lines), count, words)
        self.name_account()
        said = self.export("--to", "-", "--name", "a", "--account", "shop", status=1).stderr
        self.assertIn("give this one another --name", said)
        lines = self.export("--to", "-", "--name", "b", "--account", "shop").stdout.splitlines()
        self.assertEqual([json.loads(line)["id"] for line in lines], own)

    def test_budget_events_are_told_with_the_usage(self):
        self.fill(5)
        state = sqlite3.connect(self.database)
        for number in range(250):
            state.execute("INSERT INTO outbox VALUES (?, ?, 'slipway.budget.threshold',"
                          " '/slipway/111122223333', 'budget/b', 1000, '{\"percent\":80}')",
                          [number + 1, f"event-{number}"])
        state.execute("UPDATE outbox_head SET position = 250")
        state.commit()
        state.close()
        lines = self.export("--to", "-", "--name", "e", "--events").stdout.splitlines()
        self.assertEqual(len(lines), len(self.expected()) + 250)
        self.assertEqual(json.loads(lines[-1]), {
            "specversion": "1.0", "id": "event-249", "source": "/slipway/111122223333",
            "type": "slipway.budget.threshold", "subject": "budget/b",
            "time": "1970-01-01T00:00:01.000Z", "datacontenttype": "application/json",
            "data": {"percent": 80}})
        self.assertEqual(self.export("--to", "-", "--name", "e", "--events").stdout, "")

    def test_what_is_not_understood_is_refused_by_name(self):
        self.fill(1)
        for words, said in (
                ((), "--to says where"),
                (("--to", "http://localhost/"), "begin with https://"),
                (("--to", "https://u:p@localhost/"), "--token-file"),
                (("--to", "-", "--shape", "stripe"), "--shape must be"),
                (("--to", "-", "--token-file", "x"), "--token-file is for"),
                (("--to", "-", "--prices", "x"), "--prices: --shape cloudevents"),
                (("--to", "-", "--shape", "lago", "--events"), "--events: --shape lago"),
                (("--to", "-", "--from", "0"), "--from must be"),
                (("--to", "-", "--from", "x"), "--from must be"),
                (("--to", "-", "--since", "soon"), "--since must be"),
                (("--to", "-", "--from", "1", "--since", "1d"), "exclude each other"),
                (("--to", "-", "--account", "nobody"), "no account nobody"),
                (("--to", "-", "--name", ""), "--name must have"),
                (("--to", "/nowhere/at/all"), "/nowhere/at/all: open it"),
                (("--to", self.state), "no regular file|directory")):
            found = self.export(*words, status=1)
            self.assertRegex(found.stderr, said)
            self.assertEqual(found.stdout, "")


if __name__ == "__main__":
    unittest.main()
