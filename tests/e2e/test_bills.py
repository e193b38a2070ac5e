# SPDX-License-Identifier: Apache-2.0
"""Bills of tasks that really ran: every form says the same, to the last digit, and so does the
API; what cannot be understood is an error that names it."""

import csv
import io
import json
import re
import time
import unittest
from decimal import Decimal
from html.parser import HTMLParser

import shared
from signed_calls import SignedCalls

FAMILIES = ("bill-web", "bill-etl")
TEAM = "grün: a=b/c"


class Page(HTMLParser):
    """The text of a page, and whether it needs anything from elsewhere."""

    def __init__(self, text):
        super().__init__()
        self.text, self.elements, self.references = [], set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        self.references += [value for name, value in attrs if name in ("src", "href", "action")]

    def handle_data(self, data):
        self.text.append(data)


class Bills(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = shared.server()
        cls.ecs = cls.server.boto3("ecs")
        cls.server.define(cls.ecs, "bill-web", ["sh", "-c", "sleep 2"])
        cls.server.define(cls.ecs, "bill-etl", ["sh", "-c", "exit 3"], cpu="512", memory="1024")
        tags = [{"key": "team", "value": TEAM}]
        cls.arns = (cls.server.run(cls.ecs, "bill-web", count=2, tags=tags) +
                    cls.server.run(cls.ecs, "bill-etl"))
        cls.server.wait(cls.ecs, cls.arns)
        cls.ids = {arn.rsplit("/", 1)[1] for arn in cls.arns}

    def bill(self, *words):
        chosen = [word for family in FAMILIES for word in ("--family", family)]
        return self.server.slipway("bill", *chosen, *words).stdout

    def rows(self, *words):
        return list(csv.DictReader(io.StringIO(self.bill(*words), newline="")))

    def refused(self, *words):
        done = self.server.slipway("bill", *words, check=False)
        self.assertEqual(done.returncode, 1, done)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def test_all_forms_say_the_same(self):
        said = json.loads(self.bill("--format", "json"))
        cost = {task["task"]: Decimal(task["cost"]) for task in said["tasks"]}
        total = said["total"]
        self.assertEqual(set(cost), self.ids)
        self.assertEqual(sum(cost.values()), Decimal(total))
        self.assertGreater(min(cost.values()), 0)
        for task in said["tasks"]:
            self.assertEqual(sum(Decimal(meter["cost"]) for meter in task["meters"]),
                             Decimal(task["cost"]))
        self.assertEqual(self.bill("--json"), self.bill("--format", "json"))
        self.assertEqual({row["task"]: Decimal(row["cost"])
                          for row in self.rows("--format", "csv")}, cost)
        table = self.bill()
        self.assertIn(f"3 tasks, total {total} USD\n", table)
        for task in self.ids:
            self.assertRegex(table, rf"{task} .* {cost[task]}\n")
        for words, column in ((("--format", "usage-types"), "lineItem/UnblendedCost"),
                              (("--format", "focus"), "BilledCost"),
                              (("--format", "csv", "--by", "task,usage-type"), "cost"),
                              (("--format", "csv", "--grain", "hour"), "cost")):
            rows = self.rows(*words)
            self.assertEqual(sum(Decimal(row[column]) for row in rows), Decimal(total), words)

    def test_sums_by_keys(self):
        said = json.loads(self.bill("--format", "json", "--by", "family,tag:team"))
        rows = {(row["keys"]["family"], row["keys"]["tag:team"]): row for row in said["rows"]}
        self.assertEqual(set(rows), {("bill-web", TEAM), ("bill-etl", "")})
        self.assertEqual(rows["bill-web", TEAM]["tasks"], 2)
        tagged = json.loads(self.bill("--json", "--tag", "team=" + TEAM))
        self.assertEqual(tagged["total"], rows["bill-web", TEAM]["cost"])
        table = self.bill("--by", "family", "--grain", "day")
        self.assertRegex(table, r"(?m)^\d{4}-\d\d-\d\d  bill-web +2 .* [#█▏▎▍▌▋▊▉]+$")
        self.assertIn(f"3 tasks, total {said['total']} USD", table)

    def test_the_page_is_whole(self):
        path = self.server.state / "bill.html"
        self.assertEqual(self.bill("--format", "html", "--output", str(path)), "")
        page = Page(path.read_text())
        self.assertEqual(page.references, [])
        self.assertEqual(page.elements & {"script", "link", "img", "iframe", "object"}, set())
        text = "".join(page.text)
        total = json.loads(self.bill("--json"))["total"]
        self.assertIn(f"Total, USD{total}", text)
        self.assertIn(TEAM, text)
        for task in self.ids:
            self.assertIn(task, text)

    def test_one_task_in_full_and_by_the_api(self):
        arn = self.arns[0]
        task = arn.rsplit("/", 1)[1]
        said, = json.loads(self.server.slipway("bill", "task", arn, "--json").stdout)["tasks"]
        self.assertEqual(said["task"], task)
        calls = SignedCalls(self.server, "ecs", "AmazonEC2ContainerServiceV20141113")
        self.addCleanup(calls.close)
        _, answer = calls.call("DescribeTasks", {"tasks": [arn], "include": ["BILL"]},
                               judged=False)
        bill = json.loads(answer)["tasks"][0]["slipway"]["bill"]  # which no SDK shows
        self.assertEqual(bill["cost"], said["cost"])
        self.assertEqual(bill["seconds"], said["seconds"])
        self.assertEqual(bill["used"], said["used"])
        self.assertGreater(bill["used"]["cpuNanoseconds"], 0)
        self.assertGreater(bill["used"]["memoryPeakBytes"], 1024 * 1024)
        text = self.server.slipway("bill", "task", task).stdout
        self.assertIn(said["cost"], text)
        self.assertRegex(text, r"VCPU +250 milli-vCPU .* used \d+ on average")

    def test_a_task_that_runs_costs_more_each_second(self):
        self.server.define(self.ecs, "bill-runs", ["sleep", "600"], stopTimeout=2)
        arn, = self.server.run(self.ecs, "bill-runs")
        self.server.wait(self.ecs, [arn], "RUNNING")
        costs = []
        for _ in range(3):
            said = json.loads(self.server.slipway("bill", "--family", "bill-runs",
                                                  "--json").stdout)
            self.assertTrue(said["tasks"][0]["running"])
            costs.append(Decimal(said["total"]))
            time.sleep(1.1)
        self.assertLess(costs[0], costs[1])
        self.assertLess(costs[1], costs[2])
        self.ecs.stop_task(task=arn)
        self.server.wait(self.ecs, [arn])

    def test_what_cannot_be_understood_is_named(self):
        for words, named in ((("--by", "colour"), '"colour"'),
                             (("--by", "family,family"), '"family" twice'),
                             (("--by", "family,task,cluster"), "at most 2"),
                             (("--by", "tag:"), '"tag:"'),
                             (("--grain", "year"), '"year"'),
                             (("--month", "2026-13"), '"2026-13"'),
                             (("--month", "2026-01", "--since", "7d"), "--month"),
                             (("--since", "2026-02-30"), '"2026-02-30"'),
                             (("--until", "yesterday"), '"yesterday"'),
                             (("--since", "2026-02-01", "--until", "2026-02-01"), "2026-02-01"),
                             (("--tag", "team"), '"team"'),
                             (("--format", "xml"), '"xml"'),
                             (("--format", "html", "--by", "family"), "html has no --by"),
                             (("--account", "nobody"), "nobody"),
                             (("--output", "/nowhere/at/all"), "/nowhere/at/all")):
            self.assertIn(named, self.refused(*words), words)
        self.assertIn("there is no option",
                      self.server.slipway("bill", "--colour", check=False).stderr)
        unknown = self.server.slipway("bill", "task", "f" * 32, check=False)
        self.assertEqual(unknown.returncode, 1)
        self.assertTrue(re.search("f{32}", unknown.stderr), unknown)


if __name__ == "__main__":
    unittest.main()
