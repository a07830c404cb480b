"""Base classes of tests that share a server, and of tests that have one each."""

import unittest

from chat_client import Client, Server


class ServerTest(unittest.TestCase):
    """One server for all tests of a class; every test uses its own nicks and channels."""

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
        """Two clients in the channel, with nicks made from its name."""
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
        self.assertTrue(received, "closed without an ERROR line")
        self.assertEqual(received[-1].command, "ERROR")
        self.assertIn(reason, received[-1].text)

    def assert_alive(self, server):
        """Checks that the server still serves other clients."""
        with Client(server, "witness") as witness:
            witness.join("#witness")
