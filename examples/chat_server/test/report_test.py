#!/usr/bin/env python3
"""The file that --report names: private to its owner, and never written through a link."""

import ctypes
import json
import os
import signal
import stat
import struct
import unittest

from chat_client import wait_for
from server_test_case import OwnServerTest

SECRET = "do not touch"


class CreatedFiles:
    """The names of the files that are created in a folder, as reported by inotify."""

    IN_CREATE = 0x100
    EVENT = struct.Struct("iIII")

    def __init__(self, folder):
        libc = ctypes.CDLL(None, use_errno=True)
        self.descriptor = libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
        if self.descriptor < 0 or libc.inotify_add_watch(self.descriptor, os.fsencode(folder), self.IN_CREATE) < 0:
            raise OSError(ctypes.get_errno(), "inotify")

    def names(self):
        data, names = os.read(self.descriptor, 1 << 16), []
        while data:
            length = self.EVENT.unpack_from(data)[3]
            names.append(os.fsdecode(data[self.EVENT.size:self.EVENT.size + length].rstrip(b"\0")))
            data = data[self.EVENT.size + length:]
        return names

    def close(self):
        os.close(self.descriptor)


class Report(OwnServerTest):
    def setUp(self):
        self.addCleanup(os.umask, os.umask(0))  # the mode of the file must not depend on the umask
        self.server = self.serve()
        self.path = self.server.report_path
        self.victim = os.path.join(self.server.folder.name, "victim")
        with open(self.victim, "w", encoding="ascii") as file:
            file.write(SECRET)
        os.chmod(self.victim, 0o644)

    def report_over(self, path):
        """Makes the server write a report, which replaces whatever is at `path`, and returns its status."""
        before = os.lstat(path).st_ino if os.path.lexists(path) else None
        self.server.process.send_signal(signal.SIGUSR1)
        is_new = lambda: os.path.lexists(self.path) and os.lstat(self.path).st_ino != before
        wait_for(is_new, "the server writes its report")
        return os.lstat(self.path)

    def assert_private(self, status):
        self.assertTrue(stat.S_ISREG(status.st_mode))
        self.assertEqual((stat.S_IMODE(status.st_mode), status.st_nlink), (0o600, 1))
        with open(self.path, encoding="utf-8") as file:
            self.assertEqual(json.load(file), {"rooms": []})

    def assert_untouched(self):
        with open(self.victim, encoding="ascii") as file:
            self.assertEqual(file.read(), SECRET)
        self.assertEqual(stat.S_IMODE(os.stat(self.victim).st_mode), 0o644)

    def test_only_the_owner_can_read_it(self):
        self.assert_private(self.report_over(self.path))

    def test_a_link_in_its_place_is_replaced_and_not_followed(self):
        for link in (os.symlink, os.link):
            with self.subTest(link.__name__):
                link(self.victim, self.path)
                self.assert_private(self.report_over(self.path))
                self.assert_untouched()
                os.remove(self.path)

    def test_a_link_under_the_name_of_an_earlier_temporary_file_is_not_followed(self):
        created = CreatedFiles(self.server.folder.name)
        self.addCleanup(created.close)
        self.report_over(self.path)
        names = created.names()
        self.assertEqual(len(names), 1, names)
        for link in (os.symlink, os.link):
            with self.subTest(link.__name__):
                planted = os.path.join(self.server.folder.name, names[0])
                link(self.victim, planted)
                self.assert_private(self.report_over(self.path))
                self.assert_untouched()
                os.remove(planted)

    def test_every_temporary_file_has_a_name_of_its_own(self):
        created = CreatedFiles(self.server.folder.name)
        self.addCleanup(created.close)
        for _ in range(3):
            self.report_over(self.path)
        names = created.names()
        self.assertEqual((len(names), len(set(names))), (3, 3), names)

    def test_a_report_that_cannot_be_written_is_logged_and_leaves_nothing_behind(self):
        os.mkdir(self.path)
        before = sorted(os.listdir(self.server.folder.name))
        self.server.process.send_signal(signal.SIGUSR1)
        wait_for(lambda: "report: " in self.server.log(), "the failure is logged")
        self.assertIn("Is a directory", self.server.log())
        self.assertEqual(sorted(os.listdir(self.server.folder.name)), before)
        self.assert_alive(self.server)

    def test_a_missing_folder_is_named(self):
        path = os.path.join(self.server.folder.name, "nowhere", "report.json")
        server = self.serve("--report", path)
        server.process.send_signal(signal.SIGUSR1)
        wait_for(lambda: "report: " in server.log(), "the failure is logged")
        self.assertIn("No such file or directory", server.log())
        self.assertIn("nowhere", server.log())


if __name__ == "__main__":
    unittest.main(verbosity=2)
