# SPDX-License-Identifier: Apache-2.0
"""What processes take: processor time and memory, as the kernel counts them. Reading the
memory of other users' processes needs root."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def processor_s(pid):
    """Seconds of processor time that a process has taken, all its threads together."""
    words = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / TICKS


def memory_kib(pid):
    """Resident, proportional (what is shared is divided among its users) and private KiB."""
    found = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        words = line.split()
        if len(words) == 3 and words[2] == "kB":
            found[words[0].rstrip(":")] = int(words[1])
    return {"rss_kib": found["Rss"], "pss_kib": found["Pss"],
            "private_kib": found["Private_Clean"] + found["Private_Dirty"]}


def wakeups(pid):
    """How often the threads of a process went to sleep by themselves."""
    total = 0
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        try:
            text = status.read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue  # a thread that has ended
        for line in text.splitlines():
            if line.startswith("voluntary_ctxt_switches"):
                total += int(line.split()[1])
    return total


def beyond_kib(pid, guest_mib):
    """Memory of a QEMU process, and of it what is not its guest's, proportional KiB."""
    whole = guest = found = 0
    is_guest = False
    for line in Path(f"/proc/{pid}/smaps").read_text(errors="replace").splitlines():
        words = line.split()
        if words[0] == "Size:":
            is_guest = int(words[1]) == guest_mib * 1024
            found += is_guest
        elif words[0] == "Pss:":
            whole += int(words[1])
            guest += int(words[1]) if is_guest else 0
    # One, and where QEMU was told to map a file, one that nobody touches beside it.
    if found not in (1, 2):
        raise RuntimeError(f"{found} mappings of process {pid} look like its guest's memory")
    return {"pss_kib": whole, "beyond_kib": whole - guest}
