#!/usr/bin/env python3
"""A conversation between two real IRC clients, compared with what the store holds.

    scenario.py --server PROGRAM [--store URL]

Alice (ii) and Bob (sic) talk in two channels. Bob's client is killed, Alice goes on, Bob comes back, is told
which channels have messages that he has not read, and is sent what he missed. If the store outlives the server, the server is restarted while Bob is away. At the end,
the transcripts and the report of the store must agree; the exit status is 0 if they do.
"""

import argparse
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile

from chat_client import DEADLINE, Server, wait_for
from scenario_check import Connection, check_inbox, check_missed, check_read, disagreements

SKIPPED = 4


class Ii:
    """ii: it appends what it receives to files and reads what it sends from named pipes."""

    LINE = re.compile(r"\d+ <(\S+)> (.*)")

    def __init__(self, folder, server, nick, channels):
        self.nick = nick
        self.folder = os.path.join(tempfile.mkdtemp(dir=folder), "127.0.0.1")
        self.pipes = {}
        self.process = subprocess.Popen(
            ["ii", "-i", os.path.dirname(self.folder), "-s", "127.0.0.1", "-p", str(server.port), "-n", nick,
             "-f", nick], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            # ii reports the end of the server as an error, but here it is expected.
            stderr=subprocess.DEVNULL)
        wait_for(lambda: "Welcome" in self.text("."), f"{nick} is welcomed")
        for channel in channels:
            self.write(".", f"/j {channel}")
            wait_for(lambda: f"{channel} End of /NAMES" in self.text("."), f"{nick} is in {channel}")

    def text(self, channel):
        path = os.path.join(self.folder, channel, "out")
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8") as file:
            return file.read()

    def write(self, channel, line):
        if channel not in self.pipes:
            path = os.path.join(self.folder, channel, "in")
            self.pipes[channel] = wait_for(lambda: self.open_pipe(path), f"{self.nick}: {path} is read")
        self.pipes[channel].write(line + "\n")
        self.pipes[channel].flush()

    @staticmethod
    def open_pipe(path):
        try:
            return os.fdopen(os.open(path, os.O_WRONLY | os.O_NONBLOCK), "w", encoding="utf-8")
        except OSError:  # the pipe does not exist yet, or ii has not opened it
            return None

    def say(self, channel, text):
        self.write(channel, text)

    def saw_quit(self, nick):
        return f"-!- {nick}({nick}@127.0.0.1) has quit" in self.text(".")

    def connection(self, channels):
        seen = Connection(self.nick, "ii")
        for channel in channels:
            for line in self.text(channel).splitlines():
                if message := self.LINE.fullmatch(line):
                    seen.lines.append((channel, message[1], message[2]))
        return seen

    def end(self):
        end_process(self.process)
        for pipe in self.pipes.values():
            pipe.close()


class Sic:
    """sic: it writes what it receives to standard output and reads what it sends from standard input."""

    LINE = re.compile(r"(#\S+)\s*: \S+ \S+ <(\S+)> (.*)")
    NOTICE = re.compile(r"\S+\s*: \S+ \S+ >< NOTICE \((#\S+)\): (.*)")
    UNREAD = re.compile(r"\S+\s*: \S+ \S+ >< NOTICE \([^#]\S*\): Unread messages: (.*)")

    def __init__(self, folder, server, nick, channels):
        self.nick = nick
        handle, self.path = tempfile.mkstemp(dir=folder)
        self.process = subprocess.Popen(
            ["sic", "-h", "127.0.0.1", "-p", str(server.port), "-n", nick],
            stdin=subprocess.PIPE, stdout=handle, stderr=subprocess.STDOUT, text=True)
        os.close(handle)
        wait_for(lambda: "Welcome" in self.text(), f"{nick} is welcomed")
        for channel in channels:
            self.write(f":j {channel}")
            wait_for(lambda: f"366 ({nick} {channel})" in self.text(), f"{nick} is in {channel}")

    def text(self):
        with open(self.path, encoding="utf-8") as file:
            return file.read()

    def write(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def say(self, channel, text):
        """Sends one line at a time, as a terminal does: sic reads ahead and does not look at the lines that it
        has read until more input arrives. It shows a line when it sends it."""
        self.write(f":m {channel} {text}")
        wait_for(lambda: (channel, self.nick, text) in self.connection([channel]).lines, f"sic sends '{text}'")

    def connection(self, _channels):
        seen = Connection(self.nick, "sic")
        for line in self.text().splitlines():
            if message := self.LINE.fullmatch(line):
                seen.lines.append(message.groups())
            elif notice := self.NOTICE.fullmatch(line):
                seen.lines.append(notice.groups())
            elif unread := self.UNREAD.fullmatch(line):
                seen.read_inbox(unread[1])
        return seen

    def end(self):
        end_process(self.process)
        self.process.stdin.close()


def end_process(process):
    """Kills the process without warning, as a power failure would."""
    if process.poll() is None:
        process.kill()
    process.wait(DEADLINE)


class Scenario:
    def __init__(self, program, store):
        self.program = program
        self.store = store
        self.persistent = store != "memory"
        # A database may hold the conversations of earlier runs.
        suffix = f"-{secrets.token_hex(3)}" if self.persistent else ""
        self.channels = [f"#general{suffix}", f"#dev{suffix}"]
        self.folder = tempfile.mkdtemp(prefix="chat-scenario-")
        self.server = None
        self.clients = []
        self.past = []  # finished connections
        self.said = []
        self.problems = []

    def start_server(self):
        self.server = Server("--store", self.store, program=self.program)
        print(f"server: port {self.server.port}, store {self.store.split(':')[0].split('=')[0]}")

    def stop_server(self):
        status = self.server.stop(signal.SIGTERM)
        if status != 0:
            self.problems.append(f"the server ended with {status}:\n{self.server.log()}")
        return self.server.last_report()

    def connect(self, kind, nick):
        client = kind(self.folder, self.server, nick, self.channels)
        self.clients.append(client)
        return client

    def disconnect(self, client):
        client.end()
        self.past.append(client.connection(self.channels))
        self.clients.remove(client)

    def say(self, client, channel, text):
        self.said.append((channel, client.nick, text))
        client.say(channel, text)

    def wait_until_shown(self, client, channel, nick, text):
        shown = lambda: (channel, nick, text) in client.connection(self.channels).lines
        wait_for(shown, f"{client.nick} sees '{text}' in {channel}")

    def wait_until_stored(self):
        """Asks the store, because ii gets no confirmation of its messages."""
        expected = [sum(where == channel for where, _, _ in self.said) for channel in self.channels]
        counts = lambda: [self.server.report()[channel]["event_count"] for channel in self.channels]
        wait_for(lambda: counts() == expected, f"the store has {expected} messages")

    def take_turns(self, alice, bob):
        general, dev = self.channels
        for speaker, listener, channel, text in (
                (alice, bob, general, "Hello Bob, is the new release out?"),
                (bob, alice, general, "Since this morning. Grüße!"),
                (alice, bob, dev, "Then the branch can be merged."),
                (bob, alice, dev, "Done; the tests are running :-)"),
                (alice, bob, general, "Lunch?")):
            self.say(speaker, channel, text)
            self.wait_until_shown(listener, channel, speaker.nick, text)

    def talk_at_once(self, alice, bob):
        """Both send without waiting for each other; the store decides on the order."""
        general = self.channels[0]
        for number in range(10):
            self.say(alice, general, f"alice, hurried, {number}")
            self.say(bob, general, f"bob, hurried, {number}")
        self.wait_until_shown(alice, general, bob.nick, "bob, hurried, 9")
        self.wait_until_shown(bob, general, alice.nick, "alice, hurried, 9")

    def talk_alone(self, alice):
        general, dev = self.channels
        away = {general: [f"Bob? ({number})" for number in range(1, 6)], dev: ["red", "green again"]}
        for channel, texts in away.items():
            for text in texts:
                self.say(alice, channel, text)
        self.wait_until_stored()
        return {channel: [(alice.nick, text) for text in texts] for channel, texts in away.items()}

    def check_while_away(self, report, bob, away):
        """The unread counts in the store are right before Bob comes back."""
        for channel in self.channels:
            self.problems += check_read(channel, report[channel], {bob.nick: len(away[channel])})

    def restart_server(self, alice):
        """Messages, read positions and unread counts survive a restart of the server."""
        before = self.stop_server()
        wait_for(lambda: alice.process.poll() is not None, "ii notices that the server is gone")
        self.disconnect(alice)
        self.start_server()
        after = self.server.report()
        for channel in self.channels:
            if after.get(channel) != before[channel]:
                self.problems.append(f"{channel}: before the restart {before[channel]}, after it {after.get(channel)}")
        return self.connect(Ii, alice.nick)

    def run(self):
        general = self.channels[0]
        self.start_server()
        alice = self.connect(Ii, "alice")
        bob = self.connect(Sic, "bob")
        alice.write(general, "/t What is new")
        wait_for(lambda: "TOPIC" in bob.text(), "bob sees the topic")
        self.take_turns(alice, bob)
        self.talk_at_once(alice, bob)

        self.disconnect(bob)
        wait_for(lambda: alice.saw_quit("bob"), "alice sees that bob is gone")
        away = self.talk_alone(alice)
        self.check_while_away(self.server.report(), bob, away)
        if self.persistent:
            alice = self.restart_server(alice)
            self.check_while_away(self.server.report(), bob, away)

        bob = self.connect(Sic, "bob")
        for channel in self.channels:
            self.say(alice, channel, "There you are.")
            self.wait_until_shown(bob, channel, alice.nick, "There you are.")
            self.say(bob, channel, "The train was late.")
            self.wait_until_shown(alice, channel, bob.nick, "The train was late.")
        report = self.stop_server()
        for client in (alice, bob):
            self.disconnect(client)
        returned = self.past[-1]
        self.problems += check_inbox(returned, {channel: len(texts) for channel, texts in away.items()})
        for channel in self.channels:
            self.problems += check_missed(channel, returned, away[channel])
        self.problems += disagreements(self.channels, report, self.said, self.past, {})
        if report[general]["topic"] != "What is new":
            self.problems.append(f"{general}: the topic is '{report[general]['topic']}'")
        return report

    def clean_up(self):
        for client in list(self.clients):
            client.end()
        if self.server:
            self.server.__exit__(None, None, None)
        shutil.rmtree(self.folder)


def print_transcripts(connections):
    for connection in connections:
        print(f"\n--- what {connection.nick} saw ({connection.program})")
        for line in connection.lines:
            print(f"{line[0]}: * {line[1]}" if len(line) == 2 else f"{line[0]}: <{line[1]}> {line[2]}")


def print_store(channels, report):
    print("\n--- what the store holds")
    for channel in channels:
        room = report[channel]
        print(f"{channel}: {room['event_count']} events, latest index {room['latest_index']}, topic '{room['topic']}'")
        for member in room["members"]:
            print(f"    {member['id']}: {member['status']}, has read up to {member['marker']},"
                  f" {member['unread']} unread")
        for event in room["events"]:
            print(f"    {event['index']:3} <{event['from']}> {event['text']}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", default=os.environ.get("CHAT_SERVER"))
    parser.add_argument("--store", default="memory")
    arguments = parser.parse_args()
    missing = [program for program in ("ii", "sic") if not shutil.which(program)]
    if missing:
        print(f"needs the IRC clients {missing} (Debian packages of the same names)")
        return 1 if "CI" in os.environ else SKIPPED
    scenario = Scenario(arguments.server, arguments.store)
    try:
        report = scenario.run()
        print_transcripts(scenario.past)
        print_store(scenario.channels, report)
    except AssertionError as error:
        scenario.problems.append(str(error))
        print_transcripts(scenario.past + [client.connection(scenario.channels) for client in scenario.clients])
        if scenario.server:
            print(f"--- log of the server\n{scenario.server.log()}")
    finally:
        scenario.clean_up()
    print()
    for problem in scenario.problems:
        print(f"DISAGREEMENT: {problem}")
    if not scenario.problems:
        print(f"The transcripts and the store agree: {len(scenario.said)} messages, each stored and seen once in order.")
    return 1 if scenario.problems else 0


if __name__ == "__main__":
    sys.exit(main())
