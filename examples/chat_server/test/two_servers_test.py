#!/usr/bin/env python3
"""Two servers on one database, named by CHAT_STORE: they share rooms, and no message is lost or duplicated.

Where a test waits for what happened elsewhere, it must have come by notification: the servers look for changes
by themselves only when they connect to the database, and then once an hour.
"""

import os
import secrets
import subprocess
import threading
import unittest

from chat_client import DEADLINE, Client, Server, commands, texts

STORE = os.environ["CHAT_STORE"]


class TwoServersTest(unittest.TestCase):
    CLIENTS, EACH = 3, 40

    def serve(self, store=STORE):
        server = Server("--store", store, "--burst", "1000000", "--rate", "1000000",
                        "--watch-poll-interval", "3600")
        self.addCleanup(server.__exit__, None, None, None)
        return server

    def client(self, server, nick):
        client = Client(server, nick)
        self.addCleanup(client.close)
        return client

    def pair(self, channel, *servers):
        """A client of each server in the channel, after everything of the past."""
        clients = [self.client(server, nick) for server, nick in zip(servers, ("ann", "ben"))]
        for client in clients:
            client.join(channel)
        # Each hears the other. Later messages are then not found by the first look at the room.
        for client, other in (clients, clients[::-1]):
            client.send(f"PRIVMSG {channel} :hello")
            self.assertEqual(other.expect("PRIVMSG").text, "hello")
        return clients

    def other_program(self, *arguments):
        subprocess.run([os.environ["CHAT_OTHER_PROGRAM"], *arguments], check=True, timeout=DEADLINE)

    def assert_silent(self, channel, *clients):
        """Checks that the clients are sent nothing more of what happened in the channel before."""
        end = f"end {secrets.token_hex(4)}"
        self.other_program("say", channel, "last", end)
        for client in clients:
            message = client.read()
            self.assertEqual((message.command, message.text), ("PRIVMSG", end))
            self.assertEqual(client.sync(), [])

    def at_once(self, function, items):
        threads = [threading.Thread(target=function, args=(item,)) for item in items]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(DEADLINE)
            self.assertFalse(thread.is_alive())

    def test_each_sees_everything_in_the_order_of_the_database(self):
        servers = [self.serve(), self.serve()]
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

    def test_messages_of_another_program_are_shown_by_both(self):
        channel = f"#program-{secrets.token_hex(4)}"
        clients = self.pair(channel, self.serve(), self.serve())
        said = [f"line {number}" for number in range(250)]  # more than is read at a time
        self.other_program("say", channel, "robot", *said)
        for client in clients:
            received = [client.expect("PRIVMSG", channel) for _ in said]
            self.assertEqual([message.text for message in received], said)
            self.assertEqual({message.nick for message in received}, {"robot"})
        self.assert_silent(channel, *clients)

    def test_a_changed_or_deleted_message_is_shown_by_both(self):
        channel = f"#changes-{secrets.token_hex(4)}"
        servers = self.serve(), self.serve()
        clients = self.pair(channel, *servers)
        tags = Client(servers[1], "tags", "message-tags")
        self.addCleanup(tags.close)
        tags.join(channel)
        clients[1].expect("JOIN", source="tags")
        clients[0].ask(f"PRIVMSG {channel} :first", f"PRIVMSG {channel} :second")
        for client in (clients[1], tags):
            self.assertEqual([client.expect("PRIVMSG").text for _ in range(2)], ["first", "second"])
        ids = {event["text"]: event["id"] for event in servers[0].report()[channel]["events"]}

        self.other_program("deliver", channel, "first")
        self.other_program("edit", channel, "first", "better")
        for client in (*clients, tags):
            notice = client.read()
            self.assertEqual((notice.command, notice.params, notice.source),
                             ("NOTICE", [channel, "a message of ann was changed to: better"], "chat.localhost"))
        self.assertEqual(notice.tags, {"+draft/reply": ids["first"]})
        self.other_program("delete", channel, "better")
        for client in (*clients, tags):
            notice = client.read()
            self.assertEqual((notice.command, notice.params),
                             ("NOTICE", [channel, "a message of ann was deleted: better"]))
        self.assertEqual(notice.tags, {"+draft/reply": ids["first"]})
        # Nothing is shown of a message that nobody has seen.
        self.assert_silent(channel, *clients, tags)

    def test_changes_in_a_private_conversation_are_shown_to_its_two_clients(self):
        server, _ = self.serve(), self.serve()
        suffix = secrets.token_hex(4)
        one, two = self.client(server, f"one{suffix}"), self.client(server, f"two{suffix}")
        one.send(f"PRIVMSG two{suffix} :psst")
        self.assertEqual(two.expect("PRIVMSG").text, "psst")
        self.other_program("edit", f"private:one{suffix}:two{suffix}", "psst", "hush")
        for client in (one, two):
            self.assertEqual(client.expect("NOTICE").params,
                             [client.nick, f"a message of one{suffix} was changed to: hush"])

    def test_a_room_that_is_deleted_and_created_again_goes_on(self):
        channel = f"#again-{secrets.token_hex(4)}"
        clients = self.pair(channel, self.serve(), self.serve())
        said = [f"new {number}" for number in range(120)]
        self.other_program("replace", channel, *said)
        for client in clients:
            self.assertEqual([client.expect("PRIVMSG").text for _ in said], said)
        self.other_program("remove", channel)
        self.other_program("replace", channel, "newest")
        for client in clients:
            self.assertEqual(client.expect("PRIVMSG").text, "newest")
        clients[0].send(f"PRIVMSG {channel} :still here")
        self.assertEqual(clients[1].expect("PRIVMSG").text, "still here")
        self.assert_silent(channel, *clients)

    def test_nothing_is_shown_twice_if_the_cursors_become_invalid(self):
        channel = f"#reset-{secrets.token_hex(4)}"
        clients = self.pair(channel, self.serve(), self.serve())
        self.other_program("reset")
        clients[0].send(f"PRIVMSG {channel} :after the reset")
        self.assertEqual([m.text for m in (clients[1].read(),)], ["after the reset"])
        self.other_program("edit", channel, "after the reset", "changed")
        for client in clients:
            self.assertEqual(client.expect("NOTICE").text, "a message of ann was changed to: changed")
        self.assert_silent(channel, *clients)

    def test_a_server_that_lost_its_connection_shows_everything_once(self):
        channel = f"#cut-{secrets.token_hex(4)}"
        name = f"chat-{secrets.token_hex(4)}"
        uri = "://" in STORE
        separator = " " if not uri else "&" if "?" in STORE else "?"
        cut_server = self.serve(f"{STORE}{separator}application_name={name}")
        one, two = self.pair(channel, self.serve(), cut_server)
        said = []
        for number in range(5):
            said += [f"before {number}", f"after {number}"]
            one.ask(f"PRIVMSG {channel} :before {number}")
            self.other_program("cut", name)
            one.ask(f"PRIVMSG {channel} :after {number}")
            self.assertEqual([two.expect("PRIVMSG").text for _ in range(2)], said[-2:])
        two.send(f"PRIVMSG {channel} :from the other side")
        self.assertEqual(one.expect("PRIVMSG").text, "from the other side")
        self.assert_silent(channel, one, two)


if __name__ == "__main__":
    unittest.main(verbosity=2)
