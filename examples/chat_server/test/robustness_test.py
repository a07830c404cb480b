#!/usr/bin/env python3
"""Hostile and slow clients, concurrent messages, a failing store, and shutting down."""

import os
import signal
import socket
import subprocess
import threading
import time
import unittest

from chat_client import DEADLINE, Client, commands, texts, wait_for
from server_test_case import OwnServerTest

FAST = ("--burst", "1000000", "--rate", "1000000")


class Hostile(OwnServerTest):
    def test_a_client_that_sends_a_line_without_end_is_dropped(self):
        server = self.serve()
        client = self.client(server, "endless")
        client.send_bytes(b"PRIVMSG #x :" + b"x" * 6000)
        self.assert_dropped(client, "Input line too long")
        self.assert_alive(server)

    def test_a_client_that_sends_a_line_of_a_megabyte_is_dropped(self):
        server = self.serve()
        client = self.client(server, "mega")
        try:
            client.send_bytes(b"PRIVMSG #x :" + b"x" * (1 << 20) + b"\r\n")
        except ConnectionError:
            pass  # the server need not read all of it
        self.assert_dropped(client, "Input line too long")
        self.assert_alive(server)

    def test_a_client_that_floods_is_dropped(self):
        for lines in (b"PING x\r\n" * 20000, b"\r\n" * 20000):
            server = self.serve()
            client = self.client(server, "flood")
            try:
                client.send_bytes(lines)
            except ConnectionError:
                pass
            self.assert_dropped(client, "Excess Flood")
            self.assert_alive(server)

    def test_a_burst_is_delayed_and_not_lost(self):
        server = self.serve("--burst", "5", "--rate", "200")
        client = self.client(server, "burst")
        for number in range(60):
            client.send(f"PING {number}")
        self.assertEqual([client.expect("PONG").text for _ in range(60)], [str(n) for n in range(60)])

    def test_a_client_that_does_not_register_is_dropped(self):
        server = self.serve("--registration-timeout", "0.2")
        silent, talking = self.client(server), self.client(server)
        talking.send("NICK never", "CAP LS")
        self.assert_dropped(silent, "Registration timeout")
        self.assert_dropped(talking, "Registration timeout")
        self.assert_alive(server)
        self.client(server, "never")

    def test_a_client_that_does_not_answer_a_ping_is_dropped(self):
        server = self.serve("--ping-interval", "0.2", "--ping-timeout", "0.5")
        other = self.client(server, "other")
        other.join("#alive")
        dead = self.client(server, "dead")
        dead.join("#alive")
        keep_alive = threading.Thread(target=self.answer_pings_until_quit, args=(other,))
        keep_alive.start()
        dead.expect("PING")
        self.assert_dropped(dead, "Ping timeout")
        keep_alive.join(DEADLINE)
        self.assertFalse(keep_alive.is_alive())
        self.assertIn("Ping timeout", self.quit_seen.text)

    def answer_pings_until_quit(self, client):
        while (message := client.read()) is not None:
            if message.command == "PING":
                client.send("PONG :" + message.text)
            if message.command == "QUIT":
                self.quit_seen = message
                return

    def test_a_client_that_does_not_read_is_dropped_and_lines_not_sent_stay_unread(self):
        server = self.serve(*FAST, "--max-output", "65536")
        writer = self.client(server, "writer")
        writer.join("#slow")
        slow = self.client(server, "slow")
        slow.join("#slow")
        writer.expect("JOIN", source="slow")
        sent = 0
        while True:  # until the buffers of both kernels and the server's own are full
            writer.send(*(f"PRIVMSG #slow :{sent + i:06d} " + "x" * 400 for i in range(100)))
            sent += 100
            if quits := [m for m in writer.sync() if m.command == "QUIT"]:
                break
            self.assertLess(sent, 100000)
        self.assertEqual((quits[0].nick, quits[0].text), ("slow", "SendQ exceeded"))
        received = [int(m.text.split()[0]) for m in slow.read_to_end() if m.command == "PRIVMSG"]
        self.assertEqual(received, list(range(len(received))))
        # When many lines wait, the read position errs towards unread, but no message may be missing.
        notices = texts(self.client(server, "slow").join("#slow"), "NOTICE")
        unread = int(notices[0].split()[0])
        self.assertGreaterEqual(len(received) + unread, sent)
        self.assertLess(unread, sent)
        self.assert_alive(server)

    @unittest.skipIf(os.environ.get("CHAT_SANITIZED"), "a sanitizer keeps freed memory")
    def test_memory_stays_bounded_when_clients_do_not_read(self):
        server = self.serve(*FAST, "--max-output", "65536")
        writer = self.client(server, "writer")
        writer.join("#crowd")
        lazy = [self.client(server, f"lazy{i}") for i in range(20)]
        for client in lazy:
            client.join("#crowd")
        writer.ask("PRIVMSG #crowd :warm up")
        before = server.memory_kib()
        for _ in range(100):  # 40 MB to send to twenty clients that do not read
            writer.send(*("PRIVMSG #crowd :" + "x" * 400 for _ in range(50)))
            writer.sync()
        stored_kib = server.report()["#crowd"]["event_count"] * 4
        self.assertLess(server.memory_kib() - before, stored_kib + 20 * 256 + 16384)

    def test_the_server_survives_garbage(self):
        server = self.serve(*FAST)
        for seed in range(20):
            client = self.client(server)
            client.send_bytes(bytes((seed * 31 + i * i * 7) % 256 for i in range(3000)) + b"\r\n")
            client.send("QUIT")
            client.read_to_end()
        self.assert_alive(server)

    def test_text_of_the_store_cannot_forge_lines(self):
        server = self.serve(*FAST)
        one, two = self.client(server, "one", "message-tags"), self.client(server, "two", "message-tags")
        one.join("#forge")
        two.join("#forge")
        one.sync()
        one.send_bytes(b"@+a=\\r\\nQUIT PRIVMSG #forge :a\rQUIT :b\r\n")
        seen = two.expect("PRIVMSG")
        self.assertEqual(seen.text, "a QUIT :b")
        self.assertEqual(seen.tags["+a"], "\r\nQUIT")
        self.assertEqual(two.sync(), [])


class Racing(OwnServerTest):
    WRITERS, EACH = 8, 60

    def talk(self, client, number):
        for i in range(self.EACH):
            client.send(f"PRIVMSG #race :{number}-{i}")
        client.sync()

    def test_all_see_racing_messages_in_the_order_of_the_store(self):
        server = self.serve(*FAST)
        writers = [self.client(server, f"writer{i}", "echo-message") for i in range(self.WRITERS)]
        watchers = [self.client(server, f"watcher{i}") for i in range(2)]
        for client in writers + watchers:
            client.join("#race")
        threads = [threading.Thread(target=self.talk, args=(client, n)) for n, client in enumerate(writers)]
        for thread in threads:
            thread.start()
        late = self.client(server, "late")  # joins while the others write
        seen_late = texts(late.join("#race"))
        for thread in threads:
            thread.join(DEADLINE)
            self.assertFalse(thread.is_alive())
        room = server.report()["#race"]
        stored = [event["text"] for event in room["events"]]
        self.assertEqual([event["index"] for event in room["events"]], list(range(len(stored))))
        self.assertEqual(len(stored), self.WRITERS * self.EACH)
        for number in range(self.WRITERS):
            own = [text for text in stored if text.startswith(f"{number}-")]
            self.assertEqual(own, [f"{number}-{i}" for i in range(self.EACH)])
        for watcher in watchers:
            self.assertEqual(texts(watcher.sync()), stored)
        seen_late += texts(late.sync())
        self.assertEqual(seen_late, stored[len(stored) - len(seen_late):])

    def test_an_append_that_returns_late_is_shown_in_its_place(self):
        server = self.serve(*FAST, program=os.environ["CHAT_FAILING_SERVER"])
        one, two, watcher = (self.client(server, nick, "echo-message") for nick in ("one", "two", "watcher"))
        for client in (one, two, watcher):
            client.join("#held")
        one.send("PRIVMSG #held :hold this one")  # stored at 0; the call does not return yet
        wait_for(lambda: server.report()["#held"]["event_count"] == 1, "the held message is stored")
        two.send("PRIVMSG #held :release it")  # stored at 1; its call returns first
        for client in (watcher, one, two):
            self.assertEqual([client.expect("PRIVMSG").text for _ in range(2)], ["hold this one", "release it"])


class FailingStore(OwnServerTest):
    def setUp(self):
        self.server = self.serve(*FAST, program=os.environ["CHAT_FAILING_SERVER"])
        self.one = self.client(self.server, "one")
        self.two = self.client(self.server, "two")
        for client in (self.one, self.two):
            client.join("#room")
        self.one.sync()

    def stored(self):
        return [event["text"] for event in self.server.report()["#room"]["events"]]

    def test_a_refused_message_is_reported_and_the_server_lives_on(self):
        received = self.one.ask("PRIVMSG #room :fail storage_full 99")
        self.assertEqual(commands(received), ["NOTICE"])
        self.assertEqual(received[0].params[0], "one")
        self.assertIn("PRIVMSG #room: the message store says: storage full", received[0].text)
        self.assertEqual(self.two.sync(), [])
        self.one.send("PRIVMSG #room :better now")
        self.assertEqual(self.two.expect("PRIVMSG").text, "better now")
        self.assertEqual(self.stored(), ["better now"])

    def test_clients_with_standard_replies_get_one(self):
        client = self.client(self.server, "std", "standard-replies")
        client.join("#room")
        received = client.ask("PRIVMSG #room :fail busy 99")
        self.assertEqual(received[0].params[:3], ["PRIVMSG", "STORE_ERROR", "#room"])
        self.assertIn("try again", received[0].text)

    def test_a_temporary_failure_is_hidden_by_repeating(self):
        self.assertEqual(self.one.ask("PRIVMSG #room :fail unavailable 2"), [])
        self.assertEqual(self.two.expect("PRIVMSG").text, "fail unavailable 2")
        self.assertEqual(self.stored(), ["fail unavailable 2"])

    def test_a_lost_answer_does_not_duplicate_the_message(self):
        self.assertEqual(self.one.ask("PRIVMSG #room :lose 2"), [])
        self.assertEqual(self.two.expect("PRIVMSG").text, "lose 2")
        self.assertEqual(self.two.sync(), [])
        self.assertEqual(self.stored(), ["lose 2"])

    def test_a_message_with_unknown_outcome_is_shown_later_if_it_was_stored(self):
        self.one.join("#elsewhere")
        self.one.ask("PRIVMSG #room :blind")
        received = self.one.ask("PRIVMSG #room :lose 99")
        self.assertIn("commit outcome unknown", received[0].text)
        self.one.send("PRIVMSG #elsewhere :see")
        self.assertEqual(self.one.expect("PRIVMSG").text, "lose 99")
        self.assertEqual([self.two.expect("PRIVMSG").text for _ in range(2)], ["blind", "lose 99"])
        self.assertEqual(texts(self.one.sync() + self.two.sync()), [])
        self.assertEqual(self.stored(), ["blind", "lose 99"])

    def test_a_message_with_unknown_outcome_that_was_read_back_is_stored(self):
        self.one.send("PRIVMSG #room :lose 99")
        self.assertEqual(self.two.expect("PRIVMSG").text, "lose 99")
        self.assertEqual(self.one.sync(), [])
        self.assertEqual(self.stored(), ["lose 99"])

    def test_a_message_that_could_not_be_read_back_is_shown_when_it_can_be(self):
        self.one.join("#elsewhere")
        received = self.one.ask("PRIVMSG #room :blind")
        self.assertIn("the message is stored", received[0].text)
        self.assertEqual(self.two.sync(), [])
        self.one.ask("PRIVMSG #elsewhere :see")
        self.assertEqual(self.two.expect("PRIVMSG").text, "blind")
        self.assertEqual(self.two.sync(), [])

    def test_a_room_that_cannot_be_read_is_tried_again_after_a_pause(self):
        begin = time.monotonic()
        self.one.ask("PRIVMSG #room :blind")
        failures = lambda: self.server.log().count("reading #room: injected by the test")
        tries = wait_for(lambda: failures() >= 3 and failures(), "three attempts to read the room")
        # The first attempt follows the message, each of the others a second of the housekeeping.
        self.assertLessEqual(tries, 2 + time.monotonic() - begin)

    def test_a_room_that_cannot_be_read_is_not_joined(self):
        received = self.one.ask("JOIN #fail-room", "PRIVMSG #fail-room :hello", "JOIN #other")
        self.assertEqual(commands(received)[:2], ["NOTICE", "403"])
        self.assertIn("JOIN #fail-room: the message store says: busy", received[0].text)
        self.assertIn("JOIN", commands(received))

    def statuses(self, channel):
        return {member["id"]: member["status"] for member in self.server.report()[channel]["members"]}

    def test_a_quit_is_stored_in_every_room_that_does_not_fail(self):
        for channel in ("#stay-1", "#stay-2", "#tell"):
            self.two.join(channel)
        self.two.send("QUIT")
        self.two.read_to_end()
        self.client(self.server, "two")  # accepted once the previous session has ended
        self.assertEqual(self.statuses("#tell"), {"two": "inactive"})
        for channel in ("#stay-1", "#stay-2"):
            self.assertIn(f"departure of two from {channel}: injected by the test", self.server.log())

    def test_a_new_nick_is_stored_in_every_room_that_does_not_fail(self):
        for channel in ("#stay-1", "#tell"):
            self.two.join(channel)
        received = self.two.ask("NICK three")
        self.assertIn("NICK three: the message store says: busy", received[-1].text)
        self.assertEqual(self.statuses("#tell"), {"two": "inactive", "three": "active"})

    def test_a_deleted_event_as_read_position_does_not_keep_a_client_from_leaving(self):
        three = self.client(self.server, "three")
        three.join("#room")
        self.one.send("PRIVMSG #room :vanish")
        for client in (self.two, three):
            client.expect("PRIVMSG")
            self.assertEqual(client.expect("NOTICE").text, "a message of one was deleted: vanish")
        self.assertEqual(commands(self.two.ask("PART #room")), ["PART"])
        three.send("QUIT")
        three.read_to_end()
        self.client(self.server, "three")  # accepted once the previous session has ended
        # A report stores the read positions of the remaining members.
        self.assertEqual(self.statuses("#room"), {"one": "active", "two": "left", "three": "inactive"})
        self.assertNotIn("not found", self.server.log())


class Lifecycle(OwnServerTest):
    def test_signals_end_the_server_cleanly(self):
        for how in (signal.SIGINT, signal.SIGTERM):
            server = self.serve(*FAST)
            registered, fresh = self.client(server, "one"), self.client(server)
            registered.join("#end")
            registered.ask("PRIVMSG #end :before the end")
            fresh.send("CAP LS")
            fresh.expect("CAP")
            server.process.send_signal(how)
            for client in (registered, fresh):
                self.assert_dropped(client, "Server shutting down")
            self.assertEqual(server.wait(), 0)
            self.assertTrue(server.log().endswith("closed\n"), server.log())
            room = server.last_report()["#end"]
            self.assertEqual(room["members"], [{"id": "one", "status": "inactive", "marker": 0, "unread": 0}])

    def test_the_server_ends_even_if_clients_do_not_read(self):
        server = self.serve(*FAST)
        stuck = self.client(server, "stuck")
        stuck.join("#stuck")
        writer = self.client(server, "writer")
        writer.join("#stuck")
        for _ in range(20):
            writer.ask(*("PRIVMSG #stuck :" + "x" * 400 for _ in range(50)))
        self.assertEqual(server.stop(), 0)

    def test_the_server_ends_even_if_departures_wait_for_the_store(self):
        server = self.serve(*FAST, "--shutdown-timeout", "0.5", program=os.environ["CHAT_FAILING_SERVER"])
        nicks = ["one", "two", "three"]
        clients = [self.client(server, nick) for nick in nicks]
        for client in clients:
            client.join("#stalled")
        clients[0].ask("PRIVMSG #stalled :stall 0 from now on")
        self.assertEqual(server.stop(), 0, server.log())
        self.assertIn("\nclosed\n", server.log())
        for nick in nicks:  # each of them was still served after the store had been closed
            self.assertIn(f"departure of {nick}", server.log())

    def test_the_server_ends_even_if_a_report_outlasts_the_clients(self):
        server = self.serve(*FAST, "--shutdown-timeout", "0.5", program=os.environ["CHAT_FAILING_SERVER"])
        client = self.client(server, "one")
        client.join("#stalled")
        client.ask("PRIVMSG #stalled :stall 1000 from now on")
        server.process.send_signal(signal.SIGTERM)
        client.expect("ERROR")
        server.process.send_signal(signal.SIGUSR1)
        self.assertEqual(server.wait(), 0)

    def test_wrong_arguments_are_named(self):
        program = os.environ["CHAT_SERVER"]
        for arguments, what in ((["--port", "70000"], "--port: '70000'"), (["--frob"], "--frob: unknown option"),
                                (["--frob=secret"], "--frob: unknown option"), (["secret"], "belongs to no option"),
                                (["--rate"], "--rate: 1 required"), (["--report", ""], "--report: must not be empty"),
                                (["--name", "two words"], "--name: must be one word"),
                                (["--listen", "1.2.3"], "--listen: '1.2.3' is not an IP address"),
                                (["--max-clients", "-1"], "--max-clients: '-1'"),
                                (["--ping-interval", "nan"], "--ping-interval: 'nan'")):
            done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=DEADLINE)
            self.assertEqual(done.returncode, 2, done)
            self.assertIn(what, done.stderr.splitlines()[0])
            self.assertNotIn("secret", done.stderr)

    def test_a_store_that_cannot_be_used_is_an_error(self):
        done = subprocess.run([os.environ["CHAT_SERVER"], "--store", "nonsense"],
                              capture_output=True, text=True, timeout=DEADLINE)
        self.assertNotEqual(done.returncode, 0)
        self.assertTrue(done.stderr.startswith("chat_server: "), done.stderr)

    def test_help_shows_every_option_with_its_default(self):
        done = subprocess.run([os.environ["CHAT_SERVER"], "--help", "--port", "0"],
                              capture_output=True, text=True, timeout=DEADLINE)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for option in ("--listen ADDRESS=127.0.0.1", "--port PORT=6667", "--store memory|URL=memory", "--report FILE ",
                       "--metrics PORT ", "--name NAME=chat.localhost", "--max-clients N=500 ",
                       "--max-clients-per-address N=50 ", "--max-turned-away N=200 ", "--max-channels N=50 ",
                       "--max-output N=1048576 ", "--burst LINES=40 ", "--rate LINES=10 ",
                       "--registration-timeout SECONDS=30 ", "--ping-interval SECONDS=90 ",
                       "--ping-timeout SECONDS=60 ", "--mark-interval SECONDS=10 ", "--watch-poll-interval SECONDS=5 ",
                       "--shutdown-timeout SECONDS=10 "):
            self.assertIn(option, done.stdout + " ")

    def test_the_last_of_equal_options_counts(self):
        client = self.client(self.serve("--name", "first", "--name", "second"))
        client.send("PING x")
        self.assertEqual(client.expect("PONG").params, ["second", "x"])

    def test_a_taken_port_is_an_error(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            done = subprocess.run([os.environ["CHAT_SERVER"], "--port", port],
                                  capture_output=True, text=True, timeout=DEADLINE)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"cannot listen on 127.0.0.1 port {port}: Address already in use", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
