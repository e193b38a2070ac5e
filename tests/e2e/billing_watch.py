#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An outside observer of microVMs, and the comparison of a bill with what it saw.

    tests/e2e/billing_watch.py RUN-FOLDER FILE    # until it is killed

The observer knows nothing of Slipway but that its QEMU processes name its run folder and their
machine. It looks for new ones every 20 ms and waits for their ends at descriptors that the kernel
makes readable when a process has ended. For each it writes a line of JSON: the last moment at
which it lived for certain and the first at which it had ended for certain, by the boot-time
clock. What lies between is what the observer does not know, and is its own measured delay.

compare() takes a bill apart, task by task. A task is held from its claim (pullStartedAt of its own
record, put on the boot-time clock) until its machine has ended. Then

    none missing    every task whose pull began has one opening and one closing record a meter
    none twice      and no more
    none over       what is billed is not more than from the claim to the first moment at which
                    the machine was seen to have ended, rounded up to the second
    to the second   nor is it a second less than to the last moment at which it was seen alive,
                    the end estimated or not. (Who learns of an end late does not bill a second
                    that may not have begun: such tasks are counted as billed less than held.)"""

import json
import math
import os
import re
import select
import sys
import time

LOOK_S = 0.02
YOUNG_S = 3.0  # so long after its start a process may become another program
CLAIM_S = 0.002  # pullStartedAt has milliseconds, and is read just before the meter opens
WITHIN_S = 1.0


def boot_s():
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Observer:
    def __init__(self, run_dir, out):
        self.run_dir, self.out = run_dir.encode(), out
        self.poll = select.poll()
        self.machines = {}  # by descriptor
        self.seen = {}  # pid -> until when it is looked at again

    def look_at(self, pid, now):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read()
            if b"qemu-system" not in words or self.run_dir not in words:
                return False
            name = re.search(rb"guest=(slipway-[0-9a-f]{32}-\d+)", words)
            fd = os.pidfd_open(pid) if name else -1
        except OSError:
            return False
        if fd < 0:
            return False
        self.machines[fd] = {"machine": name[1].decode(), "pid": pid, "found": now, "alive": now}
        self.poll.register(fd, select.POLLIN)
        return True

    def look(self):
        now = boot_s()
        pids = {int(name) for name in os.listdir("/proc") if name.isdigit()}
        for pid in pids:
            until = self.seen.get(pid)
            if until is None:
                until = self.seen[pid] = now + YOUNG_S
            if now < until and self.look_at(pid, boot_s()):
                self.seen[pid] = 0
        for pid in self.seen.keys() - pids:
            del self.seen[pid]

    def wait(self):
        before = boot_s()
        ended = [fd for fd, _ in self.poll.poll(LOOK_S * 1000)]
        now = boot_s()
        for fd in ended:
            self.poll.unregister(fd)
            os.close(fd)
            machine = self.machines.pop(fd)
            self.out.write(json.dumps(dict(machine, ended=now)) + "\n")
            self.out.flush()
        # Whose end was not told lived when the question was asked.
        for machine in self.machines.values():
            machine["alive"] = before

    def run(self):
        self.out.write(json.dumps({"boot_minus_wall": boot_s() - time.time()}) + "\n")
        while True:
            self.look()
            self.wait()


def read(path):
    """Offset of the clocks, machines by name."""
    with open(path, encoding="ascii") as file:
        lines = [json.loads(line) for line in file if line.endswith("\n")]
    return lines[0]["boot_minus_wall"], {line["machine"]: line for line in lines[1:]}


TASKS_SQL = """SELECT id, pull_started_ms, machine FROM task WHERE pull_started_ms > 0 AND
    state = 'STOPPED'"""
RECORDS_SQL = """SELECT ledger_task.task, meter, kind, duration_ns, seconds, estimated FROM ledger
    JOIN ledger_task ON number = ledger.task WHERE kind IN (1, 2)"""


class Verdict:
    def __init__(self):
        self.problems, self.deviations = [], []
        self.tasks = self.timed = self.estimated = self.unseen = self.less = 0
        self.delay = self.late = 0.0

    def say(self):
        low = min(self.deviations, default=0.0)
        high = max(self.deviations, default=0.0)
        print(f"bill: {self.tasks} tasks, {self.timed} compared with their machines' processes, "
              f"{self.estimated} of them estimated, {self.less} billed less than held, "
              f"{self.unseen} without a machine\n"
              f"bill: duration less true duration from {low * 1000:+.1f} ms to "
              f"{high * 1000:+.1f} ms; the observer's own uncertainty at most "
              f"{self.delay * 1000:.1f} ms; {len(self.problems)} problems")


def check_time(verdict, task, close, claim, machine):
    duration, seconds, estimated = close
    least, most = machine["alive"] - claim, machine["ended"] - claim
    verdict.timed += 1
    verdict.estimated += estimated
    verdict.delay = max(verdict.delay, most - least)
    if not estimated:
        verdict.deviations.append(min(max(duration, least), most) - duration
                                  if not least <= duration <= most else 0.0)
        verdict.deviations[-1] *= -1
    if seconds > math.ceil(most + CLAIM_S):
        verdict.problems.append(f"task {task} is billed {seconds} s and was held at most "
                                f"{most:.3f} s (metered {duration:.3f})")
    verdict.less += seconds < least - CLAIM_S
    if seconds < least - WITHIN_S - CLAIM_S or (not estimated and duration < least - WITHIN_S):
        verdict.problems.append(f"task {task} is billed {seconds} s (metered {duration:.3f}, "
                                f"estimated {estimated}) and was held {least:.3f} s")


def compare(database, path):
    """Of all tasks that stopped, once none runs."""
    offset, machines = read(path)
    verdict = Verdict()
    records = {}
    for task, meter, kind, *rest in database.execute(RECORDS_SQL):
        records.setdefault(task, {}).setdefault((meter, kind), []).append(rest)
    tasks = database.execute(TASKS_SQL).fetchall()
    for task, pull_started_ms, machine in tasks:
        verdict.tasks += 1
        own = records.pop(task, {})
        for meter in (1, 2):  # vCPU and memory, which every task has
            for kind, word in ((1, "opened"), (2, "closed")):
                count = len(own.get((meter, kind), []))
                if count != 1:
                    verdict.problems.append(f"task {task}: meter {meter} was {word} {count} times")
        if len(own.get((1, 2), [])) != 1:
            continue
        if own[1, 2] != own[2, 2]:
            verdict.problems.append(f"task {task}: its meters differ: {own}")
        if machine not in machines:
            verdict.unseen += 1
            continue
        duration_ns, seconds, estimated = own[1, 2][0]
        check_time(verdict, task, (duration_ns / 1e9, seconds, estimated),
                   pull_started_ms / 1000 + offset, machines[machine])
    verdict.problems += [f"task {task} is on the bill and no task" for task in records]
    left = database.execute("SELECT COUNT(*) FROM meter_running").fetchone()[0]
    if left:
        verdict.problems.append(f"{left} meters run")
    return verdict


if __name__ == "__main__":
    with open(sys.argv[2], "w", encoding="ascii") as out_file:
        Observer(sys.argv[1], out_file).run()
