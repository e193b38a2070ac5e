# SPDX-License-Identifier: Apache-2.0
"""A host for the agent, small and independent of the real one: bare QEMU, the
frames of microvm/wire/frame.h written a second time, and disks made on the spot.
"""

import json
import os
import secrets
import select
import shutil
import socket
import struct
import subprocess
import tempfile
import time
import zlib

HEADER = struct.Struct("<IHHIIQ")
HEADER_SIZE = HEADER.size + 4
MAGIC = 0x31574C53
PAYLOAD_MAX = 256 * 1024
RESYNC = b"\0" * (PAYLOAD_MAX + HEADER_SIZE)
TYPES = {
    "RESUME": 1, "TASK": 2, "STOP": 3, "ACK": 4, "PING": 5, "POWEROFF": 6, "PREPARE": 7,
    "HELLO": 16, "PONG": 17, "PHASE": 18, "STARTED": 19, "OUTPUT": 20,
    "EXITED": 21, "STATS": 22, "FAILED": 23, "PREPARED": 24, "HEALTH": 25,
    "RESTARTED": 26,
}
NAMES = {number: name for name, number in TYPES.items()}


def default_cmdline(root):
    """The string of microvm/wire/cmdline.h."""
    with open(os.path.join(root, "microvm/wire/cmdline.h"), encoding="utf-8") as file:
        text = file.read()
    return "".join(text.split("#define WIRE_CMDLINE_DEFAULT", 1)[1].split('"')[1::2])


def encode(name, payload=b"", seq=0):
    if not isinstance(payload, bytes):
        payload = json.dumps(payload).encode()
    header = HEADER.pack(MAGIC, TYPES[name], 0, len(payload), zlib.crc32(payload), seq)
    return header + struct.pack("<I", zlib.crc32(header)) + payload


class Decoder:
    def __init__(self):
        self.data = bytearray()
        self.skipped = 0

    def feed(self, data):
        self.data += data

    def skip(self, count):
        del self.data[:count]
        self.skipped += count

    def next(self):
        while self.data:
            at = self.data.find(MAGIC & 0xFF)
            if at != 0:
                self.skip(at if at > 0 else len(self.data))
                continue
            if len(self.data) < HEADER_SIZE:
                return None
            magic, number, flags, length, crc, seq = HEADER.unpack_from(self.data)
            (header_crc,) = struct.unpack_from("<I", self.data, HEADER.size)
            if (magic != MAGIC or flags or length > PAYLOAD_MAX
                    or zlib.crc32(self.data[:HEADER.size]) != header_crc):
                self.skip(1)
                continue
            if len(self.data) < HEADER_SIZE + length:
                return None
            payload = bytes(self.data[HEADER_SIZE:HEADER_SIZE + length])
            if zlib.crc32(payload) != crc or number not in NAMES:
                self.skip(HEADER_SIZE + length)
                continue
            del self.data[:HEADER_SIZE + length]
            return NAMES[number], seq, payload
        return None


def container(args, **more):
    """A container of a task with everything at its default."""
    spec = {
        "name": "c", "disk": "image", "args": args, "env": [], "directory": "", "user": "",
        "stop_signal": "", "stop_timeout_s": 30, "essential": True, "readonly_root": False,
        "interactive": False, "cpu_units": 0, "memory_mib": 0, "memory_reservation_mib": 0,
        "ulimits": [], "output_buffer_bytes": 0, "dependencies": [], "start_timeout_s": 0,
        "check": {}, "restart": {},
    }
    assert set(more) <= set(spec), more
    return {**spec, **more}


def shell(script, **more):
    return container(["/bin/sh", "-c", script], **more)


def task(*containers, **more):
    spec = {
        "task": "0123456789abcdef0123456789abcdef", "wall_time_us": int(time.time() * 1e6),
        "entropy": secrets.token_hex(64), "hostname": "ip-10-64-0-5", "memory_mib": 128,
        "cpu_units": 0, "scratch": "scratch",
        "network": {"mac": "52:54:00:12:34:56", "address": "10.64.0.5/24",
                    "gateway": "10.64.0.1", "dns": ["10.64.0.3"],
                    "blocked": ["169.254.0.0/16"], "mtu": 1500},
        "containers": list(containers),
    }
    assert set(more) <= set(spec), more
    return {**spec, **more}


def make_image(path, extra=None):
    """A squashfs image of a static busybox. extra: {path: (mode, bytes)}; bytes None: a FIFO"""
    with tempfile.TemporaryDirectory() as root:
        for name in ("bin", "etc", "tmp", "home/alice", "root"):
            os.makedirs(os.path.join(root, name))
        os.chmod(os.path.join(root, "tmp"), 0o1777)
        shutil.copy("/bin/busybox", os.path.join(root, "bin/busybox"))
        applets = subprocess.run(["/bin/busybox", "--list"], capture_output=True, text=True,
                                 check=True).stdout.split()
        for applet in applets:
            if applet != "busybox":
                os.symlink("busybox", os.path.join(root, "bin", applet))
        files = {
            "etc/passwd": (0o644, b"root:x:0:0:root:/root:/bin/sh\n"
                                  b"alice:x:1000:1000:Alice:/home/alice:/bin/sh\n"),
            "etc/group": (0o644, b"root:x:0:\nalice:x:1000:\nstaff:x:50:alice\n"
                                 b"docker:x:999:bob,alice\n"),
            **(extra or {}),
        }
        for name, (mode, content) in files.items():
            full = os.path.join(root, name)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            if content is None:
                os.mkfifo(full)
            else:
                with open(full, "wb") as file:
                    file.write(content)
            os.chmod(full, mode)
        subprocess.run(["mksquashfs", root, path, "-quiet", "-no-progress", "-noappend",
                        "-all-root", "-comp", "zstd"], check=True, stdout=subprocess.DEVNULL)


def make_scratch(path, size_mib=256):
    with open(path, "wb") as file:
        file.truncate(size_mib << 20)
    subprocess.run(["/sbin/mkfs.ext4", "-q", "-F", path], check=True)


class Guest:
    """One microVM, and the conversation with its agent."""

    def __init__(self, kernel, initramfs, cmdline, folder, *, memory_mib=256, vcpus=1,
                 image=None, image_serial="image", scratch=None, network=True, accel="tcg"):
        self.folder = tempfile.mkdtemp(dir=folder)
        self.console = os.path.join(self.folder, "console")
        self.channel_path = os.path.join(self.folder, "agent")
        self.decoder = Decoder()
        self.channel = None
        self.reports = []   # (name, seq, message) that were taken
        self.others = []    # the same without number
        self.output = {}    # (container, stream) -> bytearray
        self.pieces = []    # every OUTPUT as (container, stream, flags, bytes)
        self.taken = 0
        self.ack = True
        self.gaps = 0
        args = [
            "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none",
            "-no-reboot", "-machine", f"pc-q35-7.2,accel={accel}", "-cpu", "max",
            "-m", str(memory_mib), "-smp", str(vcpus), "-bios", "/usr/share/qemu/qboot.rom",
            "-kernel", kernel, "-initrd", initramfs, "-append", cmdline,
            "-chardev", f"file,id=console,path={self.console}", "-serial", "chardev:console",
            "-qmp", f"unix:{self.folder}/qmp,server=on,wait=off",
            "-device", "virtio-serial-pci",
            "-chardev", f"socket,id=agent,path={self.channel_path},server=on,wait=off",
            "-device", "virtserialport,chardev=agent,name=org.slipway.agent.0",
        ]
        for number in range(4):
            args += ["-device", f"pcie-root-port,id=port{number},chassis={number + 1},"
                                f"bus=pcie.0,slot={number + 1}"]
        for serial, path, readonly in (("scratch", scratch, "off"), (image_serial, image, "on")):
            if path:
                args += ["-drive", f"if=none,id={serial},format=raw,file={path},"
                                   f"readonly={readonly}",
                         "-device", f"virtio-blk-pci,drive={serial},serial={serial}"]
        if network:
            args += ["-netdev", "user,id=net,net=10.64.0.0/24,host=10.64.0.1,dns=10.64.0.3",
                     "-device", "virtio-net-pci,netdev=net,mac=52:54:00:12:34:56"]
        self.began = time.monotonic()
        self.process = subprocess.Popen(args, stdin=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self.channel:
            self.channel.close()
        self.process.kill()
        self.process.wait()
        if error[0]:
            print(self.console_text()[-2000:])
        shutil.rmtree(self.folder)

    def console_text(self):
        with open(self.console, errors="replace", encoding="utf-8") as file:
            return file.read()

    def connect(self, resume=None):
        end = time.monotonic() + 10
        while True:
            self.channel = socket.socket(socket.AF_UNIX)
            try:
                self.channel.connect(self.channel_path)
                break
            except OSError:
                self.channel.close()
                if time.monotonic() > end:
                    raise
                time.sleep(0.005)
        self.decoder = Decoder()
        if resume is not None:
            self.channel.sendall(RESYNC + encode("RESUME", {"seq": resume}))
        return self

    def disconnect(self):
        self.channel.close()
        self.channel = None

    def send(self, name, payload=b""):
        self.channel.sendall(encode(name, payload))

    def take(self, name, seq, payload):
        """As a host takes a report: once, in order."""
        if seq == 0:
            self.others.append((name, 0, json.loads(payload) if payload else None))
            return
        if seq != self.taken + 1:
            self.gaps += 1
            return
        self.taken = seq
        if name == "OUTPUT":
            number, stream, flags, _ = struct.unpack_from("<BBHq", payload)
            data = payload[12:]
            self.output.setdefault((number, stream), bytearray()).extend(data)
            self.pieces.append((number, stream, flags, data))
            self.reports.append((name, seq, None))
        else:
            self.reports.append((name, seq, json.loads(payload)))

    def step(self, limit_s):
        """Wait for bytes and take what is whole. False when the guest is gone."""
        ready, _, _ = select.select([self.channel], [], [], limit_s)
        if not ready:
            return True
        data = self.channel.recv(65536)
        if not data:
            return False
        self.decoder.feed(data)
        before = self.taken
        while (frame := self.decoder.next()) is not None:
            self.take(*frame)
        if self.ack and self.taken != before:
            self.send("ACK", {"seq": self.taken})
        return True

    def until(self, condition, limit_s=60):
        end = time.monotonic() + limit_s
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"reports so far: {self.reports[-20:]}")
            if not self.step(0.1) and not condition():
                raise EOFError(f"the guest is gone; reports so far: {self.reports[-20:]}")

    def messages(self, name):
        return [message for kind, _, message in self.reports + self.others if kind == name]

    def hello(self):
        self.until(lambda: self.messages("HELLO"))
        return self.messages("HELLO")[-1]

    def ended(self, index):
        for message in self.messages("EXITED"):
            if message["container"] == index:
                return message
        return None

    def run(self, spec, limit_s=60):
        """Give the task and wait for the end of all its containers."""
        self.hello()
        self.send("TASK", spec)
        self.wait_all(spec, limit_s)

    def wait_all(self, spec, limit_s=60):
        count = len(spec["containers"])
        self.until(lambda: len(self.messages("EXITED")) == count or self.messages("FAILED"),
                   limit_s)

    def text(self, index, stream=1):
        return self.output.get((index, stream), b"").decode(errors="replace")

    def qmp(self, command, **arguments):
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(os.path.join(self.folder, "qmp"))
            lines = link.makefile("rw")
            lines.readline()
            for one in ({"execute": "qmp_capabilities"},
                        {"execute": command, "arguments": arguments}):
                lines.write(json.dumps(one))
                lines.flush()
                while "event" in (answer := json.loads(lines.readline())):
                    pass
                assert "error" not in answer, answer
        return answer["return"]
