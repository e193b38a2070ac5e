# SPDX-License-Identifier: Apache-2.0
"""Images as tasks see them: one with all that layers can hold, against a common container
engine (podman with runc), and such as were made to do harm."""

import difflib
import gzip
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
import tempfile
import time
import unittest
from pathlib import Path

from lying_registry import OCI, Liar, config_of, digest, manifest_of, tar_with
from slipway_server import ROOT, Server, free_ports, root_is_a_mount

HELLO = ROOT / "build/hello-image"
USER = "1234:77"
# What a container says of its files, its user and its words. When a folder was written last, and
# how many links it has, depends on how an engine keeps layers.
LOOK = r"""
exec 2> /dev/null; umask; id -u; id -g; pwd; echo "$0" "$@" "$A" "$B" "$PATH"; cat /proc/self/status | grep CapEff
find /data /many /bin -print0 | sort -z | xargs -0 stat -c '%n|%A|%u:%g|%h|%F|%t:%T|%Y' |
  grep -v -e '^/bin.*directory' > /tmp/list
sed -i 's/|[0-9]*|directory|\(.*\)|[0-9]*$/|directory|\1/' /tmp/list
sed '/^.many/d' /tmp/list; md5sum < /tmp/list
find /data /many -type f -print0 | sort -z | xargs -0 md5sum > /tmp/sums
grep -v ' /many/' /tmp/sums; md5sum < /tmp/sums
find /many -type f | wc -l
find /data -type l -print0 | sort -z | xargs -0 -n 1 readlink
echo test > /data/mine/new && cat /data/mine/new; cat /data/private/secret || echo closed
/data/tools/id -u; ls -la /data/hard | wc -l; wc -c < /data/sparse
echo $(ls /data/opaque) $(ls /data/gone 2> /dev/null || echo none)
"""


class Layer:
    """A tar archive in the making."""

    def __init__(self):
        self.bytes = io.BytesIO()
        self.tar = tarfile.open(fileobj=self.bytes, mode="w", format=tarfile.PAX_FORMAT)

    def add(self, name, data=None, **more):
        info = tarfile.TarInfo(name)
        info.mtime, info.mode = 1_600_000_000, 0o644
        info.type = tarfile.DIRTYPE if data is None and "type" not in more else tarfile.REGTYPE
        if info.type == tarfile.DIRTYPE:
            info.mode = 0o755
        for key, value in more.items():
            setattr(info, key, value)
        info.size = len(data or b"")
        self.tar.addfile(info, io.BytesIO(data or b""))
        return self

    def link(self, name, to, hard=False):
        return self.add(name, type=tarfile.LNKTYPE if hard else tarfile.SYMTYPE, linkname=to)

    def end(self):
        self.tar.close()
        return self.bytes.getvalue()


def first_layer():
    layer = Layer()
    for name in ("data", "data/opaque", "data/gone", "data/tree", "data/tree/deep", "data/hard"):
        layer.add(name)
    layer.add("data/mine", uid=1234, gid=77, mode=0o700)
    layer.add("data/private", mode=0o700).add("data/private/secret", b"closed to others")
    layer.add("data/sticky", mode=0o1777).add("data/setgid", mode=0o2755, gid=5)
    layer.add("data/tools", mode=0o755)
    layer.add("data/empty", b"").add("data/sparse", b"\0" * 3_000_000 + b"end")
    layer.add("data/random", hashlib.shake_256(b"slipway").digest(700_001))
    layer.add("data/old", b"o", mtime=1).add("data/owner", b"x", uid=4_000_000_000, gid=3)
    layer.add("data/" + "l" * 200, b"long").add("data/ \u2693 \n line", b"odd name")
    layer.add("data/opaque/below", b"x").add("data/gone/file", b"x").add("data/removed", b"x")
    layer.add("data/becomes-folder", b"x").add("data/becomes-link").add("data/becomes-link/x", b"x")
    layer.add("data/hard/a", b"one file").link("data/hard/b", "data/hard/a", hard=True)
    layer.link("data/absolute", "/data/old").link("data/relative", "tree/../old")
    layer.link("data/dangling", "nowhere").link("data/up", "../../../../../../etc/shadow")
    layer.add("data/fifo", type=tarfile.FIFOTYPE)
    layer.add("data/zero", type=tarfile.CHRTYPE, devmajor=1, devminor=5)
    layer.add("many")
    for i in range(1500):
        layer.add(f"many/{i:04}", b"%d" % i)
    return layer.end()


def second_layer(busybox):
    layer = Layer()
    layer.add("data/.wh.removed", b"").add("data/.wh.gone", b"")
    layer.add("data/opaque/.wh..wh..opq", b"").add("data/opaque/above", b"y")
    layer.add("data/becomes-folder").add("data/becomes-folder/inside", b"y")
    layer.link("data/becomes-link", "tree").link("data/hard/c", "data/hard/a", hard=True)
    layer.add("data/tree/deep", mode=0o711, uid=9)  # only its attributes change
    layer.add("data/tools/id", busybox, mode=0o4755)
    for i in range(0, 1500, 150):
        layer.add(f"many/.wh.{i:04}", b"")
    return layer.end()


def busybox_of(layer):
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        return tar.extractfile("bin/busybox").read()


def make_layout(folder):
    """The first image of a fresh Slipway, with two layers on top: gzip and zstd."""
    blobs = folder / "blobs/sha256"
    blobs.mkdir(parents=True)

    def put(data):
        (blobs / digest(data)[7:]).write_bytes(data)
        return {"digest": digest(data), "size": len(data)}

    def blob(entry):
        return (HELLO / "blobs/sha256" / entry["digest"][7:]).read_bytes()

    hello = json.loads(blob(json.loads((HELLO / "index.json").read_text())["manifests"][0]))
    config = json.loads(blob(hello["config"]))
    below = [blob(layer) for layer in hello["layers"]]
    unpacked = [gzip.decompress(part) if part[:2] == b"\x1f\x8b" else part for part in below]
    first, second = first_layer(), second_layer(busybox_of(unpacked[0]))
    config["rootfs"]["diff_ids"] += [digest(first), digest(second)]
    config.pop("history", None)
    config["config"] = {"User": USER, "WorkingDir": "/data/tree", "Entrypoint": ["/bin/sh", "-c"],
                        "Cmd": [LOOK, "word", "two words"],
                        "Env": ["PATH=/bin:/data/tools", "A=1", "B=two words"]}
    zstd = subprocess.run(["zstd", "-q", "-c"], input=second, capture_output=True, check=True)
    manifest = {
        "schemaVersion": 2, "mediaType": OCI + "manifest.v1+json",
        "config": {"mediaType": OCI + "config.v1+json", **put(json.dumps(config).encode())},
        "layers": [{**layer, **put(part)} for layer, part in zip(hello["layers"], below)] + [
            {"mediaType": OCI + "layer.v1.tar+gzip", **put(gzip.compress(first, mtime=0))},
            {"mediaType": OCI + "layer.v1.tar+zstd", **put(zstd.stdout)}]}
    entry = {"mediaType": manifest["mediaType"], **put(json.dumps(manifest).encode()),
             "annotations": {"org.opencontainers.image.ref.name": "rich"}}
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    return f"oci:{folder}:rich"


def bomb():
    """22 MB that unpack to 21 GiB, in files of 1 GiB."""
    info = tarfile.TarInfo()
    info.size = 1 << 30
    zeros = gzip.compress(bytes(1 << 20)) * 1024
    files = []
    for i in range(21):
        info.name = f"zeros{i}"
        files.append(gzip.compress(info.tobuf()) + zeros)
    return b"".join(files)


class Images(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="slipway-images-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.liar = Liar()
        port = free_ports()
        cls.host = f"127.0.0.1:{port}"
        registry = subprocess.Popen(
            [ROOT / "scripts/registry", "start", "--dir", cls.folder / "registry", "--port",
             str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.addClassCleanup(registry.wait)
        cls.addClassCleanup(registry.terminate)
        cls.server = Server(f"plain_http_registries = {cls.host}, {cls.liar.host}, LOCAL\n")
        cls.enterClassContext(cls.server)
        cls.ecs, cls.logs = cls.server.boto3("ecs"), cls.server.boto3("logs")

    def podman(self, *words):
        folder = self.folder / "podman"
        done = subprocess.run(
            ["podman", "--runtime", "runc", "--root", folder / "root", "--runroot", folder / "run",
             "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--events-backend", "none",
             *words], capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def run_in_podman(self, layout):
        image = self.podman("pull", "-q", layout).strip()
        try:
            return self.podman("run", "--rm", "--network=none", "--log-driver=none", "--ulimit",
                               "nofile=1024:1024", "--ulimit", "nproc=1024:1024", image)
        finally:
            self.podman("rmi", "--force", image)

    def run_here(self, layout):
        push = ["skopeo", "--insecure-policy", "copy", "--dest-tls-verify=false", layout,
                f"docker://{self.host}/rich:x"]
        deadline = time.monotonic() + 30
        while subprocess.run(push, capture_output=True).returncode != 0:
            self.assertLess(time.monotonic(), deadline, "the registry does not take the image")
            time.sleep(0.3)
        self.server.define(self.ecs, "rich", image=f"{self.host}/rich:x")
        task = self.server.wait(self.ecs, self.server.run(self.ecs, "rich"))[0]
        self.assertEqual(task["stopCode"], "EssentialContainerExited", task)
        return self.server.task_output(self.logs, task["taskArn"]).decode()

    @unittest.skipUnless(root_is_a_mount(), "podman does not unpack in a plain chroot")
    def test_an_image_is_here_what_it_is_elsewhere(self):
        layout = make_layout(self.folder / "layout")
        here, there = self.run_here(layout), self.run_in_podman(layout)
        changed = difflib.unified_diff(there.split("\n"), here.split("\n"), "podman", "slipway", n=0)
        self.assertEqual("\n".join(changed), "")
        self.assertIn("\n1490\n", here)  # and both saw it
        self.assertIn("\nclosed\n", here)

    def test_images_made_to_do_harm(self):
        liar, layers = self.liar, {
            "outside": tar_with("../../evil"),
            "absolute": Layer().link("l", "/").add("l/evil", b"x").end(),
            "upwards": Layer().link("l", "../../../..").add("l/evil", b"x").end(),
            "hard": Layer().link("l", "../../etc/shadow", hard=True).end(),
            "bomb": bomb(),
        }
        for name, layer in layers.items():
            liar.serve(name, manifest_of, config_of(layer), layer)
        good = tar_with("a")
        liar.serve("digest", manifest_of, config_of(good), good, layer_digest=digest(b"other"))
        liar.serve("size", manifest_of, config_of(good), good, layer_size=len(good) - 1)
        liar.serve("config", manifest_of, config_of(tar_with("b")), good)
        arns = {}
        for name in [*layers, "digest", "size", "config"]:
            self.server.define(self.ecs, f"harm-{name}", image=f"{liar.host}/{name}:x")
            arns[name] = self.server.run(self.ecs, f"harm-{name}")[0]
        ended = {task["taskArn"]: task for task in self.server.wait(self.ecs, list(arns.values()))}
        reasons = {name: (ended[arn]["stopCode"], ended[arn]["stoppedReason"])
                   for name, arn in arns.items()}
        # A link that leads upwards stays in its image: the file lies in the image's own root,
        # and it has no program /a.
        for name in ("absolute", "upwards"):
            self.assertEqual(reasons.pop(name)[0], "TaskFailedToStart", name)
            self.assertIn("CannotStartContainerError",
                          str(ended[arns[name]]["containers"][0].get("reason")))
        for name, (code, reason) in reasons.items():
            self.assertEqual(code, "TaskFailedToStart", name)
            self.assertRegex(reason, "^CannotPullContainerError: ", name)
        for path in ("/evil", "/etc/evil", self.server.state / "evil"):
            self.assertFalse(Path(path).exists(), path)
        left = [path for path in (self.server.state / "images/work").rglob("*")]
        self.assertEqual(left, [])


if __name__ == "__main__":
    unittest.main()
