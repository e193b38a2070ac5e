#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What real machines really used, as host and guest count it; and when they really ended."""

import contextlib
import os
import signal
import sqlite3
import time
import unittest

import shared

MIB = 1 << 20
WORK = "dd if=/dev/zero of=/tmp/x bs=1M count=8; sync"


class MachineAccount(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = shared.server()
        cls.ecs = cls.server.boto3("ecs")

    def rows(self, sql, *values):
        with contextlib.closing(self.server.database()) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(sql, values)]

    def account(self, task):
        rows = self.rows("SELECT * FROM machine_account WHERE task = ?", task)
        self.assertEqual(len(rows), 1)
        return rows[0]

    def bill(self, task):
        rows = self.rows("SELECT duration_ns, seconds, estimated FROM ledger JOIN ledger_task ON"
                         " number = ledger.task WHERE ledger_task.task = ? AND kind = 2 AND"
                         " meter = 1", task)
        self.assertEqual(len(rows), 1)
        return rows[0]

    def run_task(self, family, script):
        self.server.define(self.ecs, family, ["sh", "-c", script])
        return self.server.run(self.ecs, family)

    def test_host_and_guest_count_what_a_task_used(self):
        arns = self.run_task("worker", WORK)
        self.server.wait(self.ecs, arns)
        account = self.account(arns[0].rsplit("/", 1)[1])
        self.assertEqual((account["vcpus"], account["memory_mib"]), (1, 512))
        self.assertGreaterEqual(account["taken_ns"], account["process_start_ns"])
        self.assertGreater(account["ended_ns"], account["taken_ns"])
        self.assertLessEqual(account["sampled_ns"], account["ended_ns"])
        for who in ("host", "guest"):
            self.assertGreater(account[f"{who}_cpu_ns"], 0)
            self.assertLess(account[f"{who}_cpu_ns"], 60 * 10**9)
            self.assertGreater(account[f"{who}_memory_peak_bytes"], MIB)
            self.assertGreater(account[f"{who}_write_bytes"], 7 * MIB)  # of its 8
        self.assertLess(account["guest_memory_peak_bytes"], 600 * MIB)

    def test_a_machine_that_is_killed_unwatched_is_billed_to_the_moment(self):
        arns = self.run_task("victim", "sleep 600")
        self.server.wait(self.ecs, arns, "RUNNING")
        task = arns[0].rsplit("/", 1)[1]
        account = self.account(task)
        started = self.rows("SELECT started_boot_ns FROM meter_running JOIN ledger_task ON"
                            " number = meter_running.task WHERE ledger_task.task = ?", task)
        os.kill(self.server.pid("provisioner"), signal.SIGKILL)
        before = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        os.kill(account["pid"], signal.SIGKILL)
        while os.path.exists(f"/proc/{account['pid']}"):
            time.sleep(0.005)
        after = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        self.server.wait(self.ecs, arns)
        held = self.bill(task)["duration_ns"] + started[0]["started_boot_ns"]
        self.assertEqual(self.bill(task)["estimated"], 0)
        self.assertGreaterEqual(held, before - 500_000_000)  # a doubtful second is not billed
        self.assertLessEqual(held, after)
        self.assertGreaterEqual(self.account(task)["ended_ns"], before)
        self.assertLessEqual(self.account(task)["ended_ns"], after)


if __name__ == "__main__":
    unittest.main()
