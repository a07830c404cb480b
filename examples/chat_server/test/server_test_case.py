"""Tests that share a server."""

import unittest

from chat_client import Client, Server


class ServerTest(unittest.TestCase):
    """One server for the tests of a class; every test has nicks and channels of its own."""

    arguments = ("--burst", "100000", "--rate", "100000")

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.arguments)

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        log = cls.server.log()
        with cls.server:
            assert status == 0, f"the server ended with {status}:\n{log}"
            assert log.count("\n") == 2, f"the server complained:\n{log}"

    def client(self, nick=None, caps=""):
        client = Client(self.server, nick, caps)
        self.addCleanup(client.close)
        return client

    def pair(self, channel, one="", other=""):
        """Two clients in a channel named after the test."""
        first, second = self.client(channel[1:] + "A", one), self.client(channel[1:] + "B", other)
        first.join(channel)
        second.join(channel)
        first.sync()
        return first, second
