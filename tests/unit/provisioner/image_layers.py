#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Layers against the flattener: image_layers.py PATH-OF-image_flatten_tool

Stacks of crafted layers go through image_flatten_tool, and the disk image that comes out,
read by a program that is not ours (sqfs2tar), is compared with a merge written here, simply and
independently, by the rules of the OCI image specification; where we are root also with what
`umoci unpack` makes of the same stack. Then layers that are damaged, that lie about themselves, or that are bombs.
"""

import copy
import errno
import gzip
import hashlib
import io
import json
import os
import random
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import unittest

TOOL = None
MIB = 1 << 20
LIMIT = 64 * MIB


def entry(name, type=tarfile.REGTYPE, data=b"", mode=0o644, uid=0, gid=0, mtime=1000, link="",
          dev=(0, 0), pax=None):
    info = tarfile.TarInfo(name)
    info.type, info.size, info.mode, info.uid, info.gid = type, len(data), mode, uid, gid
    info.mtime, info.linkname = mtime, link
    info.devmajor, info.devminor = dev
    info.pax_headers = pax or {}
    return info, data


def file(name, data=b"x", **more):
    return entry(name, data=data, **more)


def folder(name, mode=0o755, **more):
    return entry(name, tarfile.DIRTYPE, mode=mode, **more)


def symlink(name, link, **more):
    return entry(name, tarfile.SYMTYPE, link=link, mode=0o777, **more)


def hardlink(name, link, **more):
    return entry(name, tarfile.LNKTYPE, link=link, **more)


def gone(name):
    head, _, tail = name.rpartition("/")
    return file((head + "/" if head else "") + ".wh." + tail, b"")


def opaque(name):
    return file(name + "/.wh..wh..opq", b"")


def tar_of(entries, format=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as tar:
        for info, data in entries:
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def gz(data):
    return gzip.compress(data, 1, mtime=0)


def zstd(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE,
                          check=True).stdout


class Stack:
    """A folder with the stored layers, and how to call the tool on them."""

    def __init__(self, stored, unpacked):
        self.dir = tempfile.mkdtemp(prefix="slipway-layers-")
        self.names = []
        for blob, tar in zip(stored, unpacked):
            self.add(blob, digest(blob), digest(tar), len(blob))

    def add(self, blob, blob_digest, diff_id, size):
        with open(os.path.join(self.dir, blob_digest[7:]), "wb") as out:
            out.write(blob)
        self.names.append("%s=%s=%d" % (blob_digest, diff_id, size))

    def run(self, limit=LIMIT, timeout=60, look=None):
        """How the tool ended, with the image's tar as its output: names below `root`. Or
        with what @look says of the disk image."""
        disk = os.path.join(self.dir, "disk")
        try:
            result = subprocess.run([TOOL, disk, self.dir, str(limit)] + self.names,
                                    timeout=timeout, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, check=False)
            if result.returncode == 0 and look:
                result.stdout = look(disk)
            elif result.returncode == 0:
                read = subprocess.run(["sqfs2tar", "--root-becomes", "root", disk],
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
                if read.returncode != 0 or read.stderr:
                    raise AssertionError("sqfs2tar: " + read.stderr.decode(errors="replace"))
                result.stdout = read.stdout
            return result
        finally:
            shutil.rmtree(self.dir)


# ---- the merge by the book -------------------------------------------------------------


WRONG = (ValueError, KeyError, AttributeError, IndexError)  # of entries that cannot be applied


class Node:
    """A name's file; names that are hard links share one."""

    def __init__(self, kind, layer, **attributes):
        self.kind, self.layer, self.attributes = kind, layer, attributes
        self.children = {} if kind == "folder" else None
        self.layers = {}  # of a folder: name -> the last layer that touched it or below


class Merge:
    def __init__(self):
        self.root = Node("folder", -1, mode=0o755, uid=0, gid=0, mtime=0)

    def walk(self, parts, layer, hops=0):
        """The folder that parts lead to; missing ones are made if layer is not None."""
        stack = [self.root]
        parts = list(parts)
        while parts:
            part = parts.pop(0)
            if part in ("", "."):
                continue
            if part == "..":
                stack = stack[:-1] or [self.root]
                continue
            here = stack[-1]
            child = here.children.get(part)
            if child is not None and child.kind == "symlink":
                hops += 1
                if hops > 40:
                    raise ValueError("links")
                target = child.attributes["link"]
                if target.startswith("/"):
                    stack = [self.root]
                parts = target.split("/") + parts
                continue
            if child is None or child.kind != "folder":
                if layer is None:
                    return None
                if child is not None and here.layers.get(part) == layer:
                    raise ValueError("through a file")
                child = Node("folder", layer, mode=0o755, uid=0, gid=0, mtime=0)
                here.children[part] = child
            stack.append(child)
            if layer is not None:
                here.layers[part] = layer
        return stack[-1]

    def touched(self, parent, name, layer):
        return parent.layers.get(name) == layer

    def hide(self, parent, name, layer):
        child = parent.children.get(name)
        if child is None:
            return
        if not self.touched(parent, name, layer):
            del parent.children[name]
        elif child.kind == "folder":
            if child.layer != layer:
                child.layer = layer
                child.attributes = dict(mode=0o755, uid=0, gid=0, mtime=0)
            for below in list(child.children):
                self.hide(child, below, layer)

    def apply(self, layer, entries):
        for info, data in entries:
            parts = []
            for part in info.name.split("/"):
                if part == "..":
                    parts.pop()
                elif part not in ("", "."):
                    parts.append(part)
            if not parts:
                self.root.attributes = dict(mode=info.mode, uid=info.uid, gid=info.gid,
                                            mtime=info.mtime)
                continue
            name = parts[-1]
            if any(p.startswith(".wh..wh.") for p in parts[:-1]):
                continue
            if name == ".wh..wh..opq":
                where = self.walk(parts[:-1], layer)
                for below in list(where.children):
                    self.hide(where, below, layer)
                continue
            if name.startswith(".wh..wh."):
                continue
            if name.startswith(".wh."):
                where = self.walk(parts[:-1], None)
                if where is not None:
                    self.hide(where, name[4:], layer)
                continue
            node = self.make(layer, info, data)
            where = self.walk(parts[:-1], layer)
            old = where.children.get(name)
            if old is not None and old.kind == "folder" and node.kind == "folder":
                old.attributes, old.layer = node.attributes, layer
            else:
                where.children[name] = node
            where.layers[name] = layer

    def make(self, layer, info, data):
        if info.type == tarfile.LNKTYPE:
            parts = [p for p in info.linkname.split("/") if p not in ("", ".")]
            where = self.walk(parts[:-1], None)
            node = where.children[parts[-1]]
            if node.kind == "folder":
                raise ValueError("link to a folder")
            return node
        kinds = {tarfile.REGTYPE: "file", tarfile.DIRTYPE: "folder", tarfile.SYMTYPE: "symlink",
                 tarfile.CHRTYPE: "character", tarfile.BLKTYPE: "block", tarfile.FIFOTYPE: "fifo"}
        more = dict(mode=info.mode, uid=info.uid, gid=info.gid, mtime=info.mtime)
        kind = kinds[info.type]
        if kind == "file":
            more["data"] = data
        if kind == "symlink":
            more["link"] = info.linkname
        if kind in ("character", "block"):
            more["dev"] = (info.devmajor, info.devminor)
        xattrs = {k[len("SCHILY.xattr."):]: v for k, v in info.pax_headers.items()
                  if k.startswith("SCHILY.xattr.")}
        if xattrs:
            more["xattrs"] = xattrs
        return Node(kind, layer, **more)

    def listing(self):
        """path -> attributes, and the sets of names that share a file."""
        found, groups = {}, {}

        def visit(prefix, node):
            for name, child in node.children.items():
                path = prefix + name
                found[path] = (child.kind, child.attributes)
                if child.kind != "folder":
                    groups.setdefault(id(child), set()).add(path)
                if child.kind == "folder":
                    visit(path + "/", child)

        visit("", self.root)
        return found, {frozenset(g) for g in groups.values() if len(g) > 1}


def listing_of_tar(data):
    """As Merge.listing(), without the root."""
    found, groups = whole_listing_of_tar(data)
    return ({path[len("root/"):]: value for path, value in found.items() if path != "root"},
            {frozenset(path[len("root/"):] for path in group) for group in groups})


def whole_listing_of_tar(data):
    kinds = {tarfile.REGTYPE: "file", tarfile.DIRTYPE: "folder", tarfile.SYMTYPE: "symlink",
             tarfile.CHRTYPE: "character", tarfile.BLKTYPE: "block", tarfile.FIFOTYPE: "fifo"}
    found, groups = {}, {}
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:", errors="surrogateescape") as tar:
        for info in tar:
            path = info.name
            if path in found:
                raise AssertionError("%s is there twice" % path)
            head = path.rpartition("/")[0]
            if head and (head not in found or found[head][0] != "folder"):
                raise AssertionError("%s comes before its folder" % path)
            if info.type == tarfile.LNKTYPE:
                if info.linkname not in found:
                    raise AssertionError("%s comes before its target" % path)
                found[path] = found[info.linkname]
                groups.setdefault(info.linkname, {info.linkname}).add(path)
                continue
            kind = kinds[info.type]
            more = dict(mode=info.mode, uid=info.uid, gid=info.gid, mtime=int(info.mtime))
            if kind == "file":
                more["data"] = tar.extractfile(info).read()
            if kind == "symlink":
                more["link"] = info.linkname
            if kind in ("character", "block"):
                more["dev"] = (info.devmajor, info.devminor)
            xattrs = {k[len("SCHILY.xattr."):]: v for k, v in info.pax_headers.items()
                      if k.startswith("SCHILY.xattr.")}
            if xattrs:
                more["xattrs"] = xattrs
            found[path] = (kind, more)
    return found, {frozenset(g) for g in groups.values()}


def can_mount():
    if os.geteuid() != 0 or not os.path.exists("/dev/loop-control"):
        return False
    with open("/proc/filesystems") as kinds:
        return "squashfs" in kinds.read().split()


def listing_by_kernel(disk):
    """What the kernel makes of a disk image; all names of a file share its inode there."""
    where = tempfile.mkdtemp(prefix="slipway-mount-")
    subprocess.run(["mount", "-t", "squashfs", "-o", "ro,loop", disk, where], check=True)
    try:
        return listing_of_folder(where)
    finally:
        subprocess.run(["umount", where], check=True)
        os.rmdir(where)


# ---- stacks -----------------------------------------------------------------------------

# cap_net_bind_service, as setcap writes it
CAPABILITY = "\x01\0\0\x02" + "\0\x04\0\0" + "\0" * 12
LONG = "l" * 255
DEEP = "/".join("%03d" % i + "d" * 90 for i in range(40))  # 3.8 KB

STACKS = {
    "no layers": [],
    "an empty layer": [[]],
    "files and folders": [[folder("a"), file("a/b", b"one"), file("c", b"", mode=0o4755, uid=7)]],
    "no folder is named": [[file("a/b/c")]],
    "a folder is named after its file": [[file("a/b"), folder("a", mode=0o700, uid=3)]],
    "the root's attributes": [[folder("./", mode=0o711, uid=1, gid=2)]],
    "names with dots and slashes": [[folder("./a//"), file("/a/./b"), file("a/../c")]],
    "a later layer wins": [[file("a", b"old")], [file("a", b"new", mode=0o600, mtime=2000)]],
    "the same name twice in a layer": [[file("a", b"old"), file("a", b"new")]],
    "a whiteout": [[file("a/b"), file("a/c")], [gone("a/b")]],
    "a whiteout of a folder": [[file("a/b/c"), file("d")], [gone("a")]],
    "a whiteout of nothing": [[file("a")], [gone("b"), gone("x/y")]],
    "a whiteout at the root": [[file("a"), file("b")], [gone("a")]],
    "a whiteout does not hide its own layer": [[file("a", b"old")], [file("a", b"new"), gone("a")]],
    "a whiteout and then the file": [[file("a", b"old")], [gone("a"), file("a", b"new")]],
    "a whiteout of a folder that its layer fills": [
        [folder("a", mode=0o700), file("a/old")], [file("a/new"), gone("a")]],
    "a folder removed and made again": [
        [folder("a", mode=0o700, uid=5), file("a/old")],
        [gone("a"), folder("a", mode=0o711), file("a/new")]],
    "a folder removed and filled": [[folder("a", mode=0o700), file("a/old")],
                                    [gone("a"), file("a/new")]],
    "an opaque folder": [[file("a/b"), file("a/c/d"), file("e")],
                         [folder("a"), opaque("a"), file("a/new")]],
    "opaque comes last": [[file("a/b"), file("a/c/d")],
                          [file("a/new"), file("a/c/new"), opaque("a")]],
    "opaque within opaque": [[file("a/b/c"), file("a/b/d/e")],
                             [file("a/b/d/new"), opaque("a/b"), opaque("a"), file("a/z")]],
    "opaque where nothing was": [[], [opaque("a")]],
    "opaque in two layers": [[file("a/1")], [opaque("a"), file("a/2")],
                             [opaque("a"), file("a/3")]],
    "whiteout, back, whiteout": [[file("a", b"1")], [gone("a")], [file("a", b"3")], [gone("a")],
                                 [file("a", b"5")]],
    "a file becomes a folder": [[file("a")], [folder("a"), file("a/b")]],
    "a file becomes a folder unsaid": [[file("a")], [file("a/b")]],
    "a folder becomes a file": [[file("a/b/c")], [file("a", b"now")]],
    "a folder becomes a link": [[file("a/b"), file("z/y")], [symlink("a", "z")]],
    "a link becomes a folder": [[folder("z"), symlink("a", "z")], [folder("a"), file("a/b")]],
    "a folder keeps its contents": [[folder("a", mode=0o700), file("a/b")],
                                    [folder("a", mode=0o755, uid=9)]],
    "through a link of a lower layer": [[folder("usr/lib"), symlink("lib", "usr/lib")],
                                        [file("lib/x")]],
    "through an absolute link": [[folder("usr/lib"), symlink("lib", "/usr/lib")],
                                 [file("lib/x"), file("lib/sub/y")]],
    "links never lead out": [[symlink("a", "../../../../b"), symlink("c", "/../d")],
                             [file("a/x"), file("c/y")]],
    "a link that dangles": [[symlink("a", "nowhere/else")], [file("a/x")]],
    "a whiteout through a link": [[folder("usr/lib"), symlink("lib", "usr/lib"),
                                   file("usr/lib/x"), file("usr/lib/y")], [gone("lib/x")]],
    "a whiteout of a link, not of its target": [[file("t/x"), symlink("l", "t")], [gone("l")]],
    "hard links": [[file("a", b"data"), hardlink("b", "a"), hardlink("c", "b")]],
    "a hard link across layers": [[file("a", b"data", uid=4)], [hardlink("b", "a")]],
    "a hard link whose target is replaced": [[file("a", b"old"), hardlink("b", "a")],
                                             [file("a", b"new")]],
    "a hard link whose target is removed": [[file("a", b"old"), hardlink("b", "a")], [gone("a")]],
    "a hard link to the file of before": [[file("a", b"old")], [hardlink("b", "a"),
                                                               file("a", b"new")]],
    "a hard link through a link": [[file("usr/a"), symlink("u", "usr")], [hardlink("b", "u/a")]],
    "a hard link onto itself": [[file("a"), hardlink("a", "a")]],
    "a hard link over another file": [[file("a", b"1"), file("b", b"2")], [hardlink("b", "a")]],
    "a hard link with slash and dots": [[file("d/a", b"1"), hardlink("b", "/d/a"),
                                         hardlink("c", "./d/a")]],
    "a hard link to a symbolic one": [[symlink("s", "x"), hardlink("t", "s")]],
    "hard links and nothing of the layer above": [[file("a", b"1"), hardlink("b", "a")],
                                                  [gone("a"), gone("b")]],
    "devices and pipes": [[entry("c", tarfile.CHRTYPE, mode=0o666, dev=(1, 3)),
                           entry("b", tarfile.BLKTYPE, dev=(8, 1)), entry("p", tarfile.FIFOTYPE)]],
    "attributes": [[file("a", pax={"SCHILY.xattr.user.x": "1",
                                   "SCHILY.xattr.security.capability": CAPABILITY}),
                    folder("d", pax={"SCHILY.xattr.trusted.y": "v"})]],
    "attributes are replaced": [[file("a", pax={"SCHILY.xattr.user.x": "1"})], [file("a")]],
    "set-id bits and the sticky one": [[file("a", mode=0o6755), folder("t", mode=0o1777)]],
    "large ids and times": [[file("a", uid=4000000000, gid=3000000, mtime=4102444800)]],
    "long names": [[file(LONG), file("d/" + LONG), symlink("s", "t" * 4000)]],
    "deep folders": [[file(DEEP + "/f")]],
    "names that are not ASCII": [[file("n\u00e9/\u4e2d\u6587"), file("e\u0301")]],
    "names that are not text": [[file("bad-\udcff\udcfe"), symlink("l\udcff", "t\udcfe")]],
    "marks of an old file system": [[file(".wh..wh.aufs", b""), folder(".wh..wh.plnk"),
                                     file(".wh..wh.plnk/1.2"), file("a")]],
    "a large folder": [[file("d/%05d" % i + "n" * 60, b"%d" % i, uid=i % 300) for i in range(3000)]],
    "folders between files": [[file("d/%d/%05d" % (i % 7, i), b"") for i in range(2000)],
                              [gone("d/%d" % i) for i in range(3)]],
    "zeros here and there": [[file("a", b"\0" * 300000 + os.urandom(200000) + b"\0" * 400000),
                              file("b", os.urandom(131072)), file("c", os.urandom(131073)),
                              file("d", b"\0" * 131072), file("e", os.urandom(131071))],
                             [gone("b"), file("c", b"new")]],
    "large content": [[file("a", os.urandom(3 * MIB)), file("b", b"\0" * MIB)]],
}


class Merging(unittest.TestCase):
    maxDiff = 4000

    def check(self, layers, pack=gz, format=tarfile.PAX_FORMAT):
        book = Merge()
        for i, entries in enumerate(layers):
            book.apply(i, entries)
        tars = [tar_of(entries, format) for entries in layers]
        result = Stack([pack(t) for t in tars], tars).run()
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        self.assertEqual(listing_of_tar(result.stdout), book.listing())
        self.assertEqual(whole_listing_of_tar(result.stdout)[0]["root"],
                         ("folder", book.root.attributes))

    def test_stacks(self):
        for name, layers in STACKS.items():
            with self.subTest(name):
                self.check(layers)

    def test_every_compression(self):
        layers = STACKS["an opaque folder"] + STACKS["large content"]
        for pack in (gz, zstd, lambda data: data, lambda data: gz(data[:100]) + gz(data[100:])):
            self.check(layers, pack)

    def test_gnu_and_ustar_layers(self):
        for name in ("long names", "deep folders", "hard links", "large content"):
            self.check(STACKS[name], format=tarfile.GNU_FORMAT)
        self.check(STACKS["devices and pipes"], format=tarfile.USTAR_FORMAT)

    def test_random_stacks(self):
        for seed in range(300):
            with self.subTest(seed):
                layers = random_stack(random.Random(seed))
                try:
                    book = Merge()
                    for i, entries in enumerate(layers):
                        book.apply(i, entries)
                except WRONG:
                    tars = [tar_of(e) for e in layers]
                    result = Stack(tars, tars).run()
                    self.assertEqual(result.returncode, 1)
                    self.assertTrue(result.stderr.startswith(b"INVALID "), result.stderr)
                    continue
                self.check(layers, lambda data: data)

    @unittest.skipUnless(can_mount(), "needs root, and a kernel that mounts squashfs")
    def test_the_kernel_agrees(self):
        for name, layers in STACKS.items():
            with self.subTest(name):
                book = Merge()
                for i, entries in enumerate(layers):
                    book.apply(i, entries)
                tars = [tar_of(entries) for entries in layers]
                result = Stack(tars, tars).run(look=listing_by_kernel)
                self.assertEqual(result.returncode, 0, result.stderr)
                found, groups = result.stdout
                expected, shared = book.listing()
                if not any("xattrs" in more for _, more in found.values()):
                    for _, more in expected.values():
                        more.pop("xattrs", None)  # not every kernel was built to read them
                self.assertEqual(found, expected)
                self.assertEqual(groups, shared)

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("umoci"), "needs root and umoci")
    def test_umoci_agrees(self):
        skipped = {
            # umoci applies these differently: see the names of the rules
            "a file becomes a folder unsaid", "a whiteout of a folder that its layer fills",
            "opaque within opaque", "a folder removed and filled", "opaque comes last",
            # the host's file system says no
            "marks of an old file system", "deep folders", "no layers", "long names",
            # attributes of folders that nobody described are the unpacker's own
            "no folder is named", "a folder is named after its file", "opaque where nothing was",
            "links never lead out", "a link that dangles", "through an absolute link",
            "an empty layer", "large ids and times", "the root's attributes",
            "names that are not text", "a hard link to a symbolic one",
            # refused by umoci
            "a hard link onto itself",
        }
        for name, layers in STACKS.items():
            if name in skipped:
                continue
            with self.subTest(name):
                tars = [tar_of(entries) for entries in layers]
                result = Stack(tars, tars).run()
                self.assertEqual(result.returncode, 0, result.stderr)
                ours, groups = listing_of_tar(result.stdout)
                theirs, their_groups = unpack_by_umoci(tars)
                implicit = implicit_folders(layers)
                for path, (kind, more) in ours.items():
                    self.assertIn(path, theirs)
                    if path in implicit:
                        self.assertEqual(kind, theirs[path][0])
                        continue
                    more = dict(more)
                    other = dict(theirs[path][1])
                    if kind in ("folder", "symlink"):  # umoci's own writes change these times
                        more.pop("mtime"), other.pop("mtime")
                    if kind == "symlink":
                        more.pop("mode"), other.pop("mode")
                    self.assertEqual((kind, more), (theirs[path][0], other), path)
                self.assertEqual(set(ours), set(theirs))
                self.assertEqual(groups, their_groups)


def implicit_folders(layers):
    named = {info.name.strip("/") for entries in layers for info, _ in entries}
    every = set()
    for entries in layers:
        for info, _ in entries:
            parts = info.name.strip("/").split("/")
            every |= {"/".join(parts[:i]) for i in range(1, len(parts))}
    return every - named | {"usr", "t", "a", "z"}


def unpack_by_umoci(tars):
    work = tempfile.mkdtemp(prefix="slipway-umoci-")
    try:
        blobs = os.path.join(work, "oci", "blobs", "sha256")
        os.makedirs(blobs)

        def put(data, media):
            with open(os.path.join(blobs, digest(data)[7:]), "wb") as out:
                out.write(data)
            return {"mediaType": "application/vnd.oci.image." + media, "digest": digest(data),
                    "size": len(data)}

        def put_json(value, media):
            return put(json.dumps(value).encode(), media)

        layers = [put(tar, "layer.v1.tar") for tar in tars]
        config = put_json({"os": "linux", "architecture": "amd64", "config": {},
                           "rootfs": {"type": "layers", "diff_ids": [digest(t) for t in tars]},
                           "history": [{"created_by": "test"} for _ in tars]}, "config.v1+json")
        manifest = put_json({"schemaVersion": 2, "config": config, "layers": layers},
                            "manifest.v1+json")
        manifest["annotations"] = {"org.opencontainers.image.ref.name": "x"}
        with open(os.path.join(work, "oci", "index.json"), "w") as out:
            json.dump({"schemaVersion": 2, "manifests": [manifest]}, out)
        with open(os.path.join(work, "oci", "oci-layout"), "w") as out:
            json.dump({"imageLayoutVersion": "1.0.0"}, out)
        subprocess.run(["umoci", "unpack", "--image", os.path.join(work, "oci") + ":x",
                        os.path.join(work, "bundle")], check=True, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE)
        return listing_of_folder(os.path.join(work, "bundle", "rootfs"))
    finally:
        shutil.rmtree(work)


def names_of_xattrs(path):
    try:
        return os.listxattr(path, follow_symlinks=False)
    except OSError as error:  # the file system has none
        if error.errno == errno.ENOTSUP:
            return []
        raise


def listing_of_folder(root):
    found, groups = {}, {}
    for here, folders, files in os.walk(root):
        for name in folders + files:
            whole = os.path.join(here, name)
            path = os.path.relpath(whole, root)
            st = os.lstat(whole)
            more = dict(mode=stat.S_IMODE(st.st_mode), uid=st.st_uid, gid=st.st_gid,
                        mtime=int(st.st_mtime))
            if stat.S_ISDIR(st.st_mode):
                kind = "folder"
            elif stat.S_ISLNK(st.st_mode):
                kind, more["link"] = "symlink", os.readlink(whole)
            elif stat.S_ISREG(st.st_mode):
                kind = "file"
                with open(whole, "rb") as data:
                    more["data"] = data.read()
            elif stat.S_ISFIFO(st.st_mode):
                kind = "fifo"
            else:
                kind = "character" if stat.S_ISCHR(st.st_mode) else "block"
                more["dev"] = (os.major(st.st_rdev), os.minor(st.st_rdev))
            if kind != "folder" and st.st_nlink > 1:
                groups.setdefault(st.st_ino, set()).add(path)
            if kind in ("file", "folder") and names_of_xattrs(whole):
                more["xattrs"] = {name: os.getxattr(whole, name).decode()
                                  for name in names_of_xattrs(whole)}
            found[path] = (kind, more)
    return found, {frozenset(g) for g in groups.values()}


def random_stack(rng):
    """Few names, so that everything meets everything."""
    names = ["a", "b", "c"]

    def path(depth=3):
        return "/".join(rng.choice(names) for _ in range(rng.randint(1, depth)))

    def any_entry(layer):
        kind = rng.choice("ffffddddswwwohhp")
        name = path()
        if kind == "f":
            return file(name, rng.randbytes(rng.randint(0, 40)), mtime=layer)
        if kind == "d":
            return folder(name, mode=rng.choice([0o755, 0o700]), uid=layer)
        if kind == "s":
            return symlink(name, rng.choice(["", "/", "../"]) + path(2))
        if kind == "w":
            return gone(name)
        if kind == "o":
            return opaque(name)
        if kind == "h":
            return hardlink(name, path())
        return entry(name, tarfile.FIFOTYPE)

    layers, book = [], Merge()
    for layer in range(rng.randint(1, 4)):
        entries = []
        for _ in range(rng.randint(0, 9)):
            one = any_entry(layer)
            tried = copy.deepcopy(book)
            try:
                tried.apply(layer, [one])
            except WRONG:
                if rng.random() < 0.95:
                    continue  # most stacks should be good ones
            entries.append(one)
            book = tried
        layers.append(entries)
    return layers


class Refused(unittest.TestCase):
    """Layers that must fail, each with its code and a word of the reason."""

    def refuse(self, code, word, layers, limit=LIMIT, **more):
        tars = [tar_of(entries) for entries in layers]
        self.refuse_stack(code, word, Stack(tars, tars), limit, **more)

    def refuse_stack(self, code, word, stack, limit=LIMIT, timeout=60):
        result = stack.run(limit, timeout)
        text = result.stderr.decode(errors="replace")
        self.assertEqual(result.returncode, 1, text)
        self.assertTrue(text.startswith(code + " "), text)
        self.assertIn(word, text)

    def test_paths(self):
        for name in ("../a", "a/../../b", "..", "/../a"):
            with self.subTest(name):
                self.refuse("INVALID", "leads out", [[file(name)]])
        self.refuse("INVALID", "leads out", [[file("a"), hardlink("b", "../a")]])
        self.refuse("LIMIT", "longer", [[file("n" * 256)]])
        self.refuse("LIMIT", "longer", [[file("d" * 256 + "/a")]])
        self.refuse("LIMIT", "longer", [[file("/".join(["d" * 200] * 21))]])
        self.refuse("LIMIT", "target is longer", [[symlink("s", "t" * 4096)]])
        self.refuse("INVALID", "root", [[symlink(".", "x")]])

    def test_paths_that_grow_through_links(self):
        half = "/".join(["d" * 200] * 15)
        self.refuse("LIMIT", "long", [[folder(half), symlink("s", half)],
                                      [file("s/" + half + "/x")]])

    def test_links(self):
        self.refuse("INVALID", "too many links", [[symlink("a", "b"), symlink("b", "a")],
                                                  [file("a/x")]])
        self.refuse("INVALID", "leads to nothing", [[hardlink("a", "b")]])
        self.refuse("INVALID", "leads to nothing", [[file("b")], [gone("b"), hardlink("a", "b")]])
        self.refuse("INVALID", "leads to a folder", [[folder("b"), hardlink("a", "b")]])
        self.refuse("INVALID", "through a file", [[file("a"), file("a/b")]])

    def test_whiteouts(self):
        for name in (".wh.", "a/.wh.", ".wh..", ".wh...", ".wh.a/b"):
            with self.subTest(name):
                self.refuse("INVALID", "whiteout", [[file(name)]])

    def test_attributes(self):
        many = {"SCHILY.xattr.user.%d" % i: "x" for i in range(65)}
        self.refuse("LIMIT", "attributes", [[file("a", pax=many)]])
        self.refuse("LIMIT", "attributes", [[file("a", pax={"SCHILY.xattr.user.x": "y" * 65537})]])

    def test_wrong_digests(self):
        tar = tar_of([file("a", os.urandom(100000))])
        blob = gz(tar)
        stack = Stack([], [])
        stack.add(blob, digest(b"other"), digest(tar), len(blob))
        self.refuse_stack("CORRUPT", "another digest than the manifest", stack)
        stack = Stack([], [])
        stack.add(blob, digest(blob), digest(b"other"), len(blob))
        self.refuse_stack("CORRUPT", "another digest than the config", stack)
        stack = Stack([], [])
        stack.add(blob, digest(blob), digest(tar), len(blob) + 1)
        self.refuse_stack("CORRUPT", "size", stack)

    def test_damage_is_found_and_called_by_its_name(self):
        tar = tar_of([file("a", os.urandom(100000)), file("b", b"y" * 5000)])
        blob = gz(tar)
        for at in (0, 5, 20, len(blob) // 2, len(blob) - 6, len(blob) - 1):
            with self.subTest(at):
                bad = bytearray(blob)
                bad[at] ^= 0x41
                stack = Stack([], [])
                stack.add(bytes(bad), digest(blob), digest(tar), len(blob))
                self.refuse_stack("CORRUPT", "another digest than the manifest", stack)

    def test_layers_that_end_early(self):
        tar = tar_of([file("a", os.urandom(100000)), file("b", b"y" * 5000)])
        for cut in (100, 700, 50000, 101500, 106300):
            with self.subTest(cut):
                part = tar[:cut]
                self.refuse_stack("CORRUPT", "", Stack([part], [part]))
        part = gz(tar)[:-2000]
        self.refuse_stack("CORRUPT", "", Stack([part], [tar]))

    def test_padding_may_be_missing_but_no_content(self):
        for size in (1, 511, 512, 513, 5000):
            data = os.urandom(size)
            tar = tar_of([file("a", b"1"), file("b", data)])
            part = tar[:1024 + 512 + size]
            for pack in (gz, lambda bytes: bytes):
                result = Stack([pack(part)], [part]).run()
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertEqual(listing_of_tar(result.stdout)[0]["b"][1]["data"], data)
            part = part[:-1]
            self.refuse_stack("CORRUPT", "", Stack([part], [part]))

    def test_layers_that_are_none(self):
        for data in (b"<html>not found</html>" * 100, os.urandom(10000), b"x"):
            self.refuse_stack("CORRUPT", "", Stack([data], [data]))

    def test_bytes_behind_the_end_are_part_of_the_digest(self):
        tar = tar_of([file("a")])
        padded = tar + b"\0" * 100000 + b"tail"
        result = Stack([gz(padded)], [padded]).run()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.refuse_stack("CORRUPT", "config", Stack([gz(padded)], [tar]))

    def test_a_bomb_of_zeros(self):
        tar = tar_of([file("a", b"\0" * (20 * MIB))])
        blob = gz(tar)
        self.assertLess(len(blob), 100000)
        self.refuse_stack("LIMIT", "more bytes", Stack([blob], [tar]), limit=10 * MIB)

    def test_a_bomb_of_nothing_behind_the_end(self):
        tar = tar_of([file("a")]) + b"\0" * (20 * MIB)
        self.refuse_stack("LIMIT", "more bytes", Stack([gz(tar)], [tar]), limit=10 * MIB)

    def test_a_sparse_bomb(self):
        info, _ = file("a", b"")
        info.size = 0
        # GNU sparse 1.0 in pax: a file of a tebibyte with one byte
        info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0",
                            "GNU.sparse.name": "a", "GNU.sparse.realsize": str(1 << 40)}
        body = b"1\n0\n1\n".ljust(512, b"\0") + b"x"
        info.size = len(body)
        self.refuse("LIMIT", "more bytes", [[(info, body)]])

    def test_a_sparse_file_is_filled_with_zeros(self):
        info, _ = file("a", b"")
        info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0",
                            "GNU.sparse.name": "a", "GNU.sparse.realsize": "10000"}
        body = b"2\n100\n3\n5000\n2\n".ljust(512, b"\0") + b"abcde"
        info.size = len(body)
        tar = tar_of([(info, body)])
        result = Stack([tar], [tar]).run()
        self.assertEqual(result.returncode, 0, result.stderr)
        found, _ = listing_of_tar(result.stdout)
        expected = bytearray(10000)
        expected[100:103] = b"abc"
        expected[5000:5002] = b"de"
        self.assertEqual(found["a"][1]["data"], bytes(expected))

    def test_overlay_marks_do_not_reach_the_guest(self):
        tar = tar_of([folder("d", pax={"SCHILY.xattr.trusted.overlay.opaque": "y",
                                       "SCHILY.xattr.user.overlay.redirect": "/x",
                                       "SCHILY.xattr.system.posix_acl_access": "z",
                                       "SCHILY.xattr.user.kept": "1"})])
        result = Stack([tar], [tar]).run()
        self.assertEqual(result.returncode, 0, result.stderr)
        found, _ = listing_of_tar(result.stdout)
        self.assertEqual(found["d"][1]["xattrs"], {"user.kept": "1"})


if __name__ == "__main__":
    TOOL = sys.argv.pop(1)
    unittest.main()
