# SPDX-License-Identifier: Apache-2.0
"""Cost Explorer by stock clients: five different questions over a ledger of 2,000 hard cases,
each equal to the last digit to SQL over that ledger with exact fractions (tests/billing/truth.py);
a task that runs; and what is refused."""

import contextlib
import json
import subprocess
import sys
import time
import unittest
from collections import defaultdict
from datetime import datetime, timezone
from fractions import Fraction
from pathlib import Path

from botocore.exceptions import ClientError

import shared
from lone_gateway import LoneGateway

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "billing"))
import cases  # noqa: E402
import truth  # noqa: E402

MINE, PARTNER = "123456789012", "210987654321"
ALL = {"Start": "2023-03-01", "End": "2025-11-01"}
METER_WORDS = {1: "vCPU-Hours:perCPU", 2: "GB-Hours", 3: "GB-Hours"}
UNITS = {1: "vCPU-Hours", 2: "GB-Hours", 3: "GB-Hours"}


def second_of(text):
    form = "%Y-%m-%dT%H:%M:%SZ" if "T" in text else "%Y-%m-%d"
    return int(datetime.strptime(text, form).replace(tzinfo=timezone.utc).timestamp())


def usage_type(charge):
    arm = "ARM-" if charge.architecture == "ARM64" and charge.meter != 3 else ""
    storage = "EphemeralStorage-" if charge.meter == 3 else ""
    return (("SpotUsage-" if charge.spot else "") + "Fargate-" + arm + storage +
            METER_WORDS[charge.meter])


def tags_of(charge):
    return json.loads(charge.tags_json)


def money(nano):
    return f"{'-' if nano < 0 else ''}{abs(nano) // 10 ** 9}.{abs(nano) % 10 ** 9:09d}"


def decimals(fraction):
    """Ten of them, half to even, none that says nothing."""
    number = round(fraction * 10 ** 10)
    text = f"{number // 10 ** 10}.{number % 10 ** 10:010d}".rstrip("0")
    return text.removesuffix(".")


class Expected:
    """What a question's answer must be: cost and hours by bucket and keys."""

    def __init__(self, charges, keys=None, wanted=None):
        self.charges = [c for c in charges if wanted is None or wanted(c)]
        self.keys = keys or (lambda charge: ())

    def bucket(self, begin, end):
        """{keys: (billionths, hours)} of the charges that hold anything in it."""
        found = defaultdict(lambda: [0, Fraction(0), set()])
        for charge in self.charges:
            held = min(end, charge.end) - max(begin, charge.begin)
            if held <= 0:
                continue
            row = found[self.keys(charge)]
            row[0] += charge.cost(begin, end)
            row[1] += Fraction(held * charge.quantity, 3600 * truth.UNITS[charge.meter])
            row[2].add(UNITS[charge.meter])
        return found


class CostExplorer(unittest.TestCase):
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.stack = contextlib.ExitStack()
        cls.gateway = cls.stack.enter_context(LoneGateway(
            files={"prices.conf": cases.PRICES + f"account.{PARTNER} = partner.conf\n",
                   "partner.conf": cases.PARTNER_PRICES}, accounts=(MINE, PARTNER)))
        cases.write(cls.gateway.database, cases.make(2000, 5, [MINE, PARTNER]))
        prices = truth.Prices(cls.gateway.state / "prices.conf")
        cls.charges = defaultdict(list)
        for charge in truth.charges(cls.gateway.database, prices):
            cls.charges[charge.account].append(charge)
        cls.ce = cls.gateway.boto3("ce", MINE)

    @classmethod
    def tearDownClass(cls):
        cls.stack.close()

    def check(self, results, expected, metrics=("UnblendedCost",)):
        """@results: ResultsByTime of all pages; buckets that were cut are put together."""
        buckets = defaultdict(list)
        for result in results:
            period = result["TimePeriod"]
            buckets[period["Start"], period["End"]] += result["Groups"] or (
                [{"Keys": (), "Metrics": result["Total"]}] if result["Total"] else [])
            self.assertIs(result["Estimated"], True)
        for (start, end), groups in buckets.items():
            found = expected.bucket(second_of(start), second_of(end))
            if not groups or groups[0]["Keys"]:
                self.assertEqual(len(groups), len(found), start)
            for group in groups:
                cost, hours, units = found.get(tuple(group["Keys"]), (0, Fraction(0), set()))
                for metric in metrics:
                    answer = group["Metrics"][metric]
                    if metric == "UsageQuantity":
                        unit = next(iter(units)) if len(units) == 1 else "N/A"
                        self.assertEqual(answer, {"Amount": decimals(hours), "Unit": unit})
                    else:
                        self.assertEqual(answer, {"Amount": money(cost), "Unit": "USD"})
        return buckets

    def test_1_by_tag_and_month(self):
        answer = self.ce.get_cost_and_usage(
            TimePeriod=ALL, Granularity="MONTHLY", Metrics=["UnblendedCost", "UsageQuantity"],
            GroupBy=[{"Type": "TAG", "Key": "team"}])
        expected = Expected(self.charges[MINE],
                            lambda charge: ("team$" + tags_of(charge).get("team", ""),))
        buckets = self.check(answer["ResultsByTime"], expected,
                             ("UnblendedCost", "UsageQuantity"))
        self.assertEqual(len(buckets), 32)
        keys = {key for groups in buckets.values() for group in groups for key in group["Keys"]}
        self.assertEqual(keys, {"team$", "team$blue", "team$red", "team$grün"})

    def test_2_by_usage_type_and_hour(self):
        answer = self.gateway.aws(
            MINE, "ce", "get-cost-and-usage", "--granularity", "HOURLY", "--time-period",
            "Start=2024-02-28T20:00:00Z,End=2024-03-01T06:00:00Z", "--metrics", "BlendedCost",
            "UsageQuantity", "--group-by", "Type=DIMENSION,Key=USAGE_TYPE")
        expected = Expected(self.charges[MINE], lambda charge: (usage_type(charge),))
        buckets = self.check(answer["ResultsByTime"], expected, ("BlendedCost", "UsageQuantity"))
        self.assertEqual(len(buckets), 34)
        self.assertEqual(answer["ResultsByTime"][0]["TimePeriod"],
                         {"Start": "2024-02-28T20:00:00Z", "End": "2024-02-28T21:00:00Z"})
        keys = {key for groups in buckets.values() for group in groups for key in group["Keys"]}
        self.assertGreater(len(keys), 8)

    def test_3_a_cluster_without_arm_by_day(self):
        answer = self.ce.get_cost_and_usage(
            TimePeriod={"Start": "2024-12-15", "End": "2025-02-01"}, Granularity="DAILY",
            Metrics=["AmortizedCost", "UsageQuantity"],
            Filter={"And": [
                {"Tags": {"Key": "aws:ecs:clusterName", "Values": ["batch"]}},
                {"Not": {"Dimensions": {"Key": "USAGE_TYPE", "Values": ["-arm-"],
                                        "MatchOptions": ["CONTAINS", "CASE_INSENSITIVE"]}}},
                {"Or": [{"Tags": {"Key": "stage", "MatchOptions": ["ABSENT"]}},
                        {"Tags": {"Key": "stage", "Values": ["test", "a \"b\", c"]}}]}]})
        expected = Expected(
            self.charges[MINE], wanted=lambda charge: charge.cluster == "batch" and
            "ARM" not in usage_type(charge) and tags_of(charge).get("stage") != "prod")
        buckets = self.check(answer["ResultsByTime"], expected,
                             ("AmortizedCost", "UsageQuantity"))
        self.assertEqual(len(buckets), 48)

    def test_4_what_each_month_costs_in_all_of_either_account(self):
        for account in (MINE, PARTNER):
            answer = self.gateway.aws(
                account, "ce", "get-cost-and-usage", "--granularity", "MONTHLY", "--time-period",
                "Start={Start},End={End}".format(**ALL), "--metrics", "UnblendedCost",
                "NetUnblendedCost", "UsageQuantity", "NormalizedUsageAmount")
            self.check(answer["ResultsByTime"], Expected(self.charges[account]),
                       ("UnblendedCost", "NetUnblendedCost", "UsageQuantity"))
            total = sum(Fraction(result["Total"]["UnblendedCost"]["Amount"])
                        for result in answer["ResultsByTime"])
            whole = Expected(self.charges[account]).bucket(*map(second_of, ALL.values()))
            self.assertEqual(total * 10 ** 9, whole[()][0])
            self.assertGreater(total, 100)

    def test_5_two_groups_in_pages(self):
        question = {"TimePeriod": ALL, "Granularity": "MONTHLY",
                    "Metrics": ["UnblendedCost", "UsageQuantity"],
                    "GroupBy": [{"Type": "DIMENSION", "Key": "RESOURCE_ID"},
                                {"Type": "DIMENSION", "Key": "USAGE_TYPE"}]}
        pages, token = [], {}
        while not pages or token:
            answer = self.ce.get_cost_and_usage(**question, **token)
            pages.append(answer["ResultsByTime"])
            token = ({"NextPageToken": answer["NextPageToken"]}
                     if "NextPageToken" in answer else {})
        expected = Expected(
            self.charges[MINE], lambda charge: (
                f"arn:aws:ecs:us-east-1:{MINE}:task/{charge.cluster}/{charge.task}",
                usage_type(charge)))
        results = [result for page in pages for result in page]
        buckets = self.check(results, expected, ("UnblendedCost", "UsageQuantity"))
        self.assertEqual(len(buckets), 32)
        self.assertGreater(len(pages), 2)
        seen = [(start, *group["Keys"]) for (start, _), groups in buckets.items()
                for group in groups]
        self.assertEqual(len(seen), len(set(seen)))

    def test_values_and_tags_that_there_are(self):
        values = self.gateway.aws(
            MINE, "ce", "get-dimension-values", "--dimension", "USAGE_TYPE", "--time-period",
            "Start={Start},End={End}".format(**ALL))["DimensionValues"]
        self.assertEqual([value["Value"] for value in values],
                         sorted({usage_type(c) for c in self.charges[MINE] if c.seconds}))
        by_cost = self.ce.get_tags(
            TimePeriod=ALL, TagKey="slipway:taskFamily",
            SortBy=[{"Key": "UnblendedCost", "SortOrder": "DESCENDING"}])["Tags"]
        whole = Expected(self.charges[MINE], lambda charge: charge.family).bucket(
            *map(second_of, ALL.values()))
        self.assertEqual(by_cost, sorted(whole, key=lambda family: -whole[family][0]))
        keys = self.ce.get_tags(TimePeriod=ALL)["Tags"]
        self.assertEqual(keys, ["aws:ecs:clusterName", "aws:ecs:serviceName",
                                "slipway:eventRule", "slipway:startedBy", "slipway:taskFamily",
                                "stage", "team"])

    def refused(self, code, words, **question):
        asked = {"TimePeriod": ALL, "Granularity": "MONTHLY", "Metrics": ["UnblendedCost"]}
        with self.assertRaises(ClientError) as raised:
            self.ce.get_cost_and_usage(**dict(asked, **question))
        error = raised.exception.response["Error"]
        self.assertEqual(error["Code"], code)
        self.assertIn(words, error["Message"])

    def test_what_is_unknown_is_named(self):
        self.refused("ValidationException", "Price", Metrics=["Price"])
        self.refused("ValidationException", "INSTANCE_TYPE",
                     GroupBy=[{"Type": "DIMENSION", "Key": "INSTANCE_TYPE"}])
        self.refused("ValidationException", "colour",
                     GroupBy=[{"Type": "TAG", "Key": "colour"}])
        self.refused("ValidationException", "TimePeriod.Start 2023-02-30",
                     TimePeriod={"Start": "2023-02-30", "End": "2023-03-01"})
        self.refused("ValidationException", "CostCategories",
                     Filter={"CostCategories": {"Key": "k", "Values": ["v"]}})
        self.refused("InvalidNextTokenException", "NextPageToken", NextPageToken="x")
        done = self.gateway.aws_raw(
            MINE, "ce", "get-cost-and-usage", "--granularity", "DAILY", "--time-period",
            "Start=2024-02-01,End=2024-01-01", "--metrics", "UnblendedCost")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("(ValidationException)", done.stderr)
        self.assertIn("Start date (and hour) should be before end date", done.stderr)

    def test_without_a_sound_price_list_the_gateway_does_not_start(self):
        good = cases.PRICES
        bad = {
            "prices.conf:2": good.replace("= 0.04048", "= dear"),
            "prices.conf:3": good.replace("gb_hour.2023-01-01 = 0.004445",
                                          "vcpu_hour.2023-01-01 = 1"),
            "gb_hour": good.replace("gb_hour.2023-01-01 = 0.004445\n", ""),
        }
        for words, text in bad.items():
            with self.subTest(words):
                with self.assertRaises(RuntimeError) as raised:
                    with LoneGateway(files={"prices.conf": text}):
                        pass
                self.assertIn(words, str(raised.exception))
        argv = self.gateway.command() + ["--set", "prices=/nowhere/prices.conf", "--check-config"]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("/nowhere/prices.conf", done.stderr + done.stdout)


class Running(unittest.TestCase):
    def hours(self, ce, arn):
        """GB-hours of a task, of today and yesterday."""
        day = [datetime.fromtimestamp(time.time() + shift * 86400, timezone.utc).strftime(
            "%Y-%m-%d") for shift in (-1, 1)]
        results = ce.get_cost_and_usage_with_resources(
            TimePeriod={"Start": day[0], "End": day[1]}, Granularity="DAILY",
            Metrics=["UsageQuantity", "UnblendedCost"],
            GroupBy=[{"Type": "DIMENSION", "Key": "RESOURCE_ID"}],
            Filter={"And": [
                {"Dimensions": {"Key": "RESOURCE_ID", "Values": [arn]}},
                {"Dimensions": {"Key": "USAGE_TYPE", "Values": ["Fargate-GB-Hours"]}}]},
        )["ResultsByTime"]
        groups = [group for result in results for group in result["Groups"]]
        self.assertEqual({key for group in groups for key in group["Keys"]}, {arn})
        return sum(Fraction(group["Metrics"]["UsageQuantity"]["Amount"]) for group in groups)

    def test_a_task_is_in_it_up_to_the_second_as_soon_as_it_is_charged(self):
        server = shared.server()
        ecs, ce = server.boto3("ecs"), server.boto3("ce")
        server.define(ecs, "explored", ["sleep", "600"], stopTimeout=2)
        arn, = server.run(ecs, "explored")
        server.wait(ecs, [arn], "PENDING")
        memory_gib = Fraction(int(ecs.describe_tasks(tasks=[arn])["tasks"][0]["memory"]), 1024)
        before, first = time.monotonic(), self.hours(ce, arn)
        time.sleep(2)
        after, second = time.monotonic(), self.hours(ce, arn)
        held = float((second - first) * 3600 / memory_gib)
        self.assertGreaterEqual(held, 2 - 1.1)
        self.assertLessEqual(held, after - before + 1.1 + 1)
        ecs.stop_task(task=arn)
        server.wait(ecs, [arn])
