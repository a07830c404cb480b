#!/usr/bin/env python3
"""The limits on connections, in total and for each address: which are dropped, turned away or accepted."""

import os
import signal
import socket
import unittest

from chat_client import DEADLINE, Client, wait_for
from server_test_case import OwnServerTest


class Admission(OwnServerTest):
    """The clients connect from several addresses of 127.0.0.0/8, all of which are on the loopback interface."""

    def silent(self, server, count, address):
        """Connections that never send anything."""
        return [self.client(server, address=address) for _ in range(count)]

    def assert_connected(self, clients):
        for client in clients:
            client.sync()

    def read_to_orderly_end(self, client):
        """Everything that is received, as text. Raises if the connection is reset instead of closed."""
        client.socket.settimeout(DEADLINE)
        received = client.buffer
        while data := client.socket.recv(65536):
            received += data
        return received.decode()

    def gets_in(self, server, nick, address):
        try:
            with Client(server, nick, address=address):
                return True
        except (AssertionError, ConnectionError):
            return False

    def test_silent_connections_from_one_address_lock_nobody_out(self):
        server = self.serve()
        silent = self.silent(server, 500, "127.0.0.2")
        self.client(server, "elsewhere", address="127.0.0.1").join("#in")
        self.client(server, "same", address="127.0.0.2").join("#in")
        for client in silent[:451]:
            self.assert_dropped(client, "Not registered, and too many connections from your address")
        self.assert_connected(silent[451:])

    def test_silent_connections_from_many_addresses_lock_nobody_out(self):
        server = self.serve()
        early = self.client(server, "early", address="127.0.0.2")
        silent = [client for i in range(12) for client in self.silent(server, 50, f"127.0.0.{10 + i}")]
        self.client(server, "late", address="127.0.0.1").join("#in")
        early.join("#in")
        dropped = lambda: [client for client in silent if not self.is_connected(client)]
        wait_for(lambda: len(dropped()) == 600 + 2 - 500, "the server drops as many connections as are too many")
        for client in dropped():
            self.assert_dropped(client, "Not registered, and the server is full")

    def is_connected(self, client):
        """Whether the server has sent nothing, as is the case until it drops a silent connection."""
        try:
            client.socket.settimeout(0)
            return not client.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except ConnectionError:
            return False
        finally:
            client.socket.settimeout(DEADLINE)

    def test_the_address_with_the_most_unregistered_connections_makes_room(self):
        server = self.serve("--max-clients", "4")
        alone = self.client(server, address="127.0.0.2")
        crowd = self.silent(server, 3, "127.0.0.3")
        self.client(server, "newcomer", address="127.0.0.4")
        self.assert_dropped(crowd[0], "Not registered, and the server is full")
        self.assert_connected(crowd[1:])
        alone.send("NICK alone", "USER alone 0 * :was here first")
        alone.expect("001")

    def test_registered_clients_are_never_dropped_for_newcomers(self):
        server = self.serve("--max-clients", "2")
        registered = [self.client(server, "one"), self.client(server, "two")]
        newcomer = self.client(server)
        self.assert_dropped(newcomer, "The server is full")
        self.assert_connected(registered)
        registered[0].send("QUIT")
        registered[0].read_to_end()
        wait_for(lambda: self.gets_in(server, "three", "127.0.0.1"), "a place becomes free")

    def test_an_address_has_only_so_many_registered_clients(self):
        server = self.serve("--max-clients-per-address", "2")
        registered = [self.client(server, nick, address="127.0.0.2") for nick in ("one", "two")]
        self.assert_dropped(self.client(server, address="127.0.0.2"), "Too many connections from your address")
        self.assert_connected(registered)
        self.client(server, "elsewhere", address="127.0.0.3")
        registered[0].send("QUIT")
        registered[0].read_to_end()
        wait_for(lambda: self.gets_in(server, "three", "127.0.0.2"), "a place becomes free")

    def test_a_client_that_is_turned_away_reads_the_reason_even_if_it_has_sent_much(self):
        """Closing a socket with unread input resets the connection, which must not replace the ERROR line."""
        server = self.serve("--max-clients", "1")
        self.client(server, "holder")
        server.process.send_signal(signal.SIGSTOP)  # so that all input has arrived when the server accepts
        try:
            talking, silent = self.client(server), self.client(server)
            talking.send_bytes(b"NICK talking\r\nUSER talking 0 * :x\r\n" + b"PRIVMSG #x :x\r\n" * 4000)
        finally:
            server.process.send_signal(signal.SIGCONT)
        for client in (talking, silent):
            client.socket.shutdown(socket.SHUT_WR)
            received = self.read_to_orderly_end(client)
            self.assertEqual(received, "ERROR :Closing Link: 127.0.0.1 (The server is full)\r\n")

    def test_the_number_of_clients_that_are_being_turned_away_is_bounded(self):
        server = self.serve("--max-clients", "1", "--max-turned-away", "3")
        self.client(server, "holder").sync()
        descriptors = lambda: len(os.listdir(f"/proc/{server.process.pid}/fd"))
        before = descriptors()
        for client in self.silent(server, 40, "127.0.0.1"):
            self.assertEqual(client.read().command, "ERROR")
        self.assertLessEqual(descriptors(), before + 3 + 1)  # one more may be about to close

    def test_little_is_read_from_a_client_that_is_turned_away(self):
        server = self.serve("--max-clients", "1")
        self.client(server, "holder")
        client = self.client(server)
        self.assertEqual(client.read().command, "ERROR")
        chunk, sent, most = b"x" * (1 << 16), 0, 64 << 20
        with self.assertRaises(ConnectionError):
            while sent < most:
                client.send_bytes(chunk)
                sent += len(chunk)


if __name__ == "__main__":
    unittest.main(verbosity=2)
