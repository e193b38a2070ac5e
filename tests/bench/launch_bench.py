# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks of launches share: bare boots, which are the floor, and launches
through the API by a stock client."""

import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))

from slipway_server import Server  # noqa: E402, F401 (for the benchmarks)
from test_tokens import raw_call  # noqa: E402

MEMORY_MIB = 512
FRAME_MAGIC = b"SLW1"
READY = b"ready to run"
FIRMWARE = "/usr/share/qemu/qboot.rom"
INIT = f"""
static const char text[] = "{READY.decode()}\\n";
void _start(void);
void _start(void)
{{
	long done;
	__asm__ volatile("syscall" : "=a"(done) : "a"(1L), "D"(1L), "S"(text),
			 "d"(sizeof(text) - 1) : "rcx", "r11", "memory");
	for (;;)
		__asm__ volatile("syscall" : "=a"(done) : "a"(34L) : "rcx", "r11", "memory");
}}
"""


def guest_memory_mib():
    """What a machine of a task of MEMORY_MIB has: as provisioner/domain_xml.c."""
    return MEMORY_MIB + 70 + (MEMORY_MIB + 38) // 39


def cmdline():
    """As provisioner/domain_xml.c."""
    header = os.path.join(ROOT, "microvm", "wire", "cmdline.h")
    with open(header, encoding="utf-8") as file:
        text = file.read().split("#define WIRE_CMDLINE_DEFAULT", 1)[1]
    return "".join(text.split('"')[1::2]) + " swiotlb=noforce"


def qemu(accel, kernel, initrd, words):
    return ["qemu-system-x86_64", "-machine", f"q35,accel={accel}", "-cpu", "max", "-smp", "1",
            "-m", str(guest_memory_mib()), "-bios", FIRMWARE, "-nodefaults", "-no-user-config",
            "-display", "none", "-no-reboot", "-kernel", kernel, "-initrd", initrd, "-append",
            words]


def until_seen(receive, mark, what):
    seen = b""
    while mark not in seen:
        piece = receive()
        if not piece:
            raise RuntimeError(f"{what}: ended before it was ready: {seen[-500:]!r}")
        seen += piece


@contextlib.contextmanager
def own_machine(guest, accel):
    """A bare QEMU with our guest: (process, function that waits for its agent's first frame)."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "port")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(1)
        listener.settimeout(60)
        command = qemu(accel, f"{guest}/vmlinux", f"{guest}/initramfs", cmdline()) + [
            "-serial", "null", "-chardev", f"socket,id=agent,path={path}", "-device",
            "virtio-serial-pci", "-device",
            "virtserialport,chardev=agent,name=org.slipway.agent.0", "-device", "virtio-rng-pci"]
        machine = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        connections = []

        def wait():
            connection, _ = listener.accept()
            connections.append(connection)
            connection.settimeout(60)
            until_seen(lambda: connection.recv(4096), FRAME_MAGIC, "bare boot")
        try:
            yield machine, wait
        finally:
            machine.kill()
            machine.wait()
            for one in (listener, *connections):
                one.close()


def boot_own(guest, accel):
    """Seconds from starting QEMU until the first frame of our agent."""
    start = time.monotonic()
    with own_machine(guest, accel) as (_, wait):
        wait()
        return time.monotonic() - start


@contextlib.contextmanager
def bare_machine(guest, accel):
    """The process id of a bare QEMU whose agent waits."""
    with own_machine(guest, accel) as (machine, wait):
        wait()
        yield machine.pid


def newc(name, mode, body=b"", device=(0, 0), inode=[0]):
    inode[0] += 1
    head = "070701" + "".join(f"{n:08X}" for n in (
        inode[0], mode, 0, 0, 1, 0, len(body), 0, 0, *device, len(name) + 1, 0))
    entry = head.encode() + name.encode() + b"\0"
    entry += b"\0" * (-len(entry) % 4)
    return entry + body + b"\0" * (-len(body) % 4)


class StockKernel:
    """Debian's cloud kernel as it comes, and a first program that says a word on the console."""

    def __init__(self, folder):
        cache = os.path.join(ROOT, "build", "guest", "cache")
        package = next(os.path.join(cache, n) for n in os.listdir(cache) if n.endswith(".deb"))
        tar = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE)
        subprocess.run(["tar", "-x", "-C", folder, "--wildcards", "./boot/vmlinuz-*"],
                       stdin=tar.stdout, check=True)
        tar.stdout.close()
        tar.wait()
        boot = os.path.join(folder, "boot")
        self.kernel = os.path.join(boot, os.listdir(boot)[0])
        init = os.path.join(folder, "init")
        subprocess.run(["cc", "-x", "c", "-", "-O2", "-static", "-nostdlib", "-no-pie", "-fno-pie",
                        "-fno-stack-protector", "-o", init], input=INIT.encode(), check=True)
        with open(init, "rb") as file:
            program = file.read()
        self.initrd = os.path.join(folder, "initrd")
        with open(self.initrd, "wb") as file:
            file.write(newc("dev", 0o40755) + newc("dev/console", 0o20600, b"", (5, 1)) +
                       newc("init", 0o100755, program) + newc("TRAILER!!!", 0))

    def boot(self, accel):
        """Seconds from starting QEMU until its first program speaks."""
        command = qemu(accel, self.kernel, self.initrd, "console=ttyS0 quiet panic=-1") + [
            "-serial", "stdio"]
        start = time.monotonic()
        machine = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        try:
            until_seen(lambda: os.read(machine.stdout.fileno(), 4096), READY, "stock kernel")
            return time.monotonic() - start
        finally:
            machine.kill()
            machine.wait()
            machine.stdout.close()


def status(server):
    with open(server.state / "provisioner.status", encoding="utf-8") as file:
        return json.load(file)


def wait_for_template(server, limit_s=120):
    deadline = time.monotonic() + limit_s
    folder = server.state / "templates"
    while not [p for p in folder.iterdir() if p.is_dir() and p.suffix != ".part"]:
        if time.monotonic() > deadline:
            raise RuntimeError("no template is made:\n" + server.program_logs())
        time.sleep(0.2)


def launch(server, ecs, family="bench"):
    """Phases of one launch in seconds since RunTask was sent, by name, in order."""
    sent = time.time()
    arn = server.run(ecs, family)[0]
    server.wait(ecs, [arn])
    code, answer = raw_call(server, "DescribeTasks", {"tasks": [arn], "include": ["PHASES"]})
    assert code == 200, answer
    raw = [(p["name"], p["at"] - sent) for p in answer["tasks"][0]["slipway"]["phases"]]
    if not any(name == "started" for name, _ in raw):
        raise RuntimeError(f"no phase 'started': {raw}\n{answer}")
    return raw


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def medians(runs):
    names = {name for run in runs for name, _ in run}
    found = {name: statistics.median(dict(run)[name] for run in runs if name in dict(run))
             for name in names}
    return dict(sorted(found.items(), key=lambda item: item[1]))
