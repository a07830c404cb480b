"""Tests that share a server, and tests that have one each."""

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


class OwnServerTest(unittest.TestCase):
    """A server for each test."""

    def serve(self, *arguments, program=None):
        server = Server(*arguments, program=program)
        self.addCleanup(server.__exit__, None, None, None)
        return server

    def client(self, server, nick=None, caps="", address="127.0.0.1"):
        client = Client(server, nick, caps, address)
        self.addCleanup(client.close)
        return client

    def assert_dropped(self, client, reason):
        received = client.read_to_end()
        self.assertTrue(received, "closed without a word")
        self.assertEqual(received[-1].command, "ERROR")
        self.assertIn(reason, received[-1].text)

    def assert_alive(self, server):
        """Others are served as if nothing had happened."""
        with Client(server, "witness") as witness:
            witness.join("#witness")
