#!/usr/bin/env python3
"""Two servers on one database, named by CHAT_STORE: they share rooms, and no message is lost or duplicated."""

import os
import secrets
import threading
import unittest

from chat_client import DEADLINE, Client, Server, commands, texts

STORE = os.environ["CHAT_STORE"]


class TwoServersTest(unittest.TestCase):
    CLIENTS, EACH = 3, 40

    def serve(self, *arguments):
        server = Server("--store", STORE, "--burst", "1000000", "--rate", "1000000", *arguments)
        self.addCleanup(server.__exit__, None, None, None)
        return server

    def client(self, server, nick):
        client = Client(server, nick)
        self.addCleanup(client.close)
        return client

    def at_once(self, function, items):
        threads = [threading.Thread(target=function, args=(item,)) for item in items]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(DEADLINE)
            self.assertFalse(thread.is_alive())

    def test_each_sees_everything_in_the_order_of_the_database(self):
        servers = [self.serve("--poll-interval", "0.1") for _ in range(2)]
        channel = f"#both-{secrets.token_hex(4)}"
        clients = [self.client(server, f"{name}{i}") for server, name in zip(servers, "ab")
                   for i in range(self.CLIENTS)]
        self.at_once(lambda client: client.join(channel), clients)
        watchers = [self.client(server, f"watcher{i}") for i, server in enumerate(servers)]
        for watcher in watchers:
            watcher.join(channel)

        def talk(client):
            for number in range(self.EACH):
                client.send(f"PRIVMSG {channel} :{client.nick} {number}")
            client.sync()

        self.at_once(talk, clients)
        total = len(clients) * self.EACH
        seen = [[watcher.expect("PRIVMSG").text for _ in range(total)] for watcher in watchers]
        rooms = [server.report()[channel] for server in servers]
        for room in rooms:
            self.assertEqual([event["index"] for event in room["events"]], list(range(total)))
            self.assertEqual((room["event_count"], room["live_events"]), (total, total))
        stored = [event["text"] for event in rooms[0]["events"]]
        for client in clients:
            own = [text for text in stored if text.startswith(client.nick + " ")]
            self.assertEqual(own, [f"{client.nick} {number}" for number in range(self.EACH)])
        self.assertEqual(seen, [stored, stored])
        for watcher in watchers:
            self.assertEqual(texts(watcher.sync()), [])
        for server in servers:
            self.assertEqual(server.stop(), 0)
            self.assertEqual(server.log().count("\n"), 2, server.log())

    def test_a_room_that_both_create_is_one_room(self):
        servers = [self.serve(), self.serve()]
        channels = [f"#create-{secrets.token_hex(4)}" for _ in range(20)]
        clients = [self.client(server, nick) for server, nick in zip(servers, ("one", "two"))]
        received = {}

        def join_all(client):
            received[client.nick] = [m for channel in channels for m in client.join(channel)]

        self.at_once(join_all, clients)
        for client in clients:
            self.assertEqual(commands(received[client.nick]).count("JOIN"), len(channels))
            self.assertNotIn("NOTICE", commands(received[client.nick]))
        report = servers[0].report()
        for channel in channels:
            self.assertEqual(sorted(m["id"] for m in report[channel]["members"]), ["one", "two"])

    def test_a_client_that_comes_back_on_the_other_server_misses_nothing(self):
        servers = [self.serve(), self.serve()]
        channel = f"#moves-{secrets.token_hex(4)}"
        stays, moves = self.client(servers[0], "stays"), self.client(servers[0], "moves")
        stays.join(channel)
        moves.join(channel)
        stays.expect("JOIN", source="moves")
        stays.ask(f"PRIVMSG {channel} :seen")
        self.assertEqual(moves.expect("PRIVMSG").text, "seen")
        # The nick is free again once its read position is stored.
        moves.send("QUIT")
        moves.read_to_end()
        stays.expect("QUIT")
        Client(servers[0], "moves").close()
        stays.ask(f"PRIVMSG {channel} :missed 1", f"PRIVMSG {channel} :missed 2")
        again = self.client(servers[1], "moves")
        received = again.join(channel)
        self.assertEqual(texts(received), ["missed 1", "missed 2"])
        self.assertEqual(texts(received, "NOTICE")[0], "2 messages since you were here")


if __name__ == "__main__":
    unittest.main(verbosity=2)
