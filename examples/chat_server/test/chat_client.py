"""A server process for a test, and minimal clients for it: sockets, lines and deadlines."""

import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time

# How long anything may take, in seconds. Only a failing test waits that long.
DEADLINE = float(os.environ.get("CHAT_TEST_DEADLINE", 60))


class Timeout(AssertionError):
    """Something expected did not happen in time."""


def wait_for(condition, what, deadline=DEADLINE):
    """Calls `condition` until its result is true, and returns the result."""
    end = time.monotonic() + deadline
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise Timeout(f"not within {deadline:.0f} s: {what}")
        time.sleep(0.01)  # limits how often the condition is checked


class Message:
    """One parsed line from the server."""

    def __init__(self, line):
        self.line = line
        self.tags = {}
        rest = line
        if rest.startswith("@"):
            tags, rest = rest[1:].split(" ", 1)
            for tag in tags.split(";"):
                key, _, value = tag.partition("=")
                self.tags[key] = unescape(value)
        self.source = ""
        if rest.startswith(":"):
            self.source, rest = rest[1:].split(" ", 1)
        head, colon, trailing = rest.partition(" :")
        words = head.split()
        self.command = words[0]
        self.params = words[1:] + ([trailing] if colon else [])

    @property
    def nick(self):
        return self.source.split("!")[0]

    @property
    def text(self):
        return self.params[-1]

    def __repr__(self):
        return self.line


def unescape(value):
    return re.sub(r"\\(.?)", lambda m: {":": ";", "s": " ", "r": "\r", "n": "\n"}.get(m[1], m[1]), value)


class Server:
    """A server process on a free port of the loopback interface."""

    def __init__(self, *arguments, program=None, port=0):
        program = program or os.environ["CHAT_SERVER"]
        self.folder = tempfile.TemporaryDirectory(prefix="chat-server-")
        self.report_path = os.path.join(self.folder.name, "report.json")
        self.log_path = os.path.join(self.folder.name, "log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [program, "--port", str(port), "--report", self.report_path, *arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        self.port = wait_for(self._find_port, "the server listens")

    def _find_port(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the server exited at once:\n{self.log()}")
        found = re.search(r"listening on \S+ port (\d+)", self.log())
        return int(found[1]) if found else None

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def report(self):
        """Requests a new report from the server: the current content of the store."""
        if os.path.exists(self.report_path):
            os.remove(self.report_path)
        self.process.send_signal(signal.SIGUSR1)
        wait_for(lambda: os.path.exists(self.report_path), "the server writes its report")
        return self.last_report()

    def last_report(self):
        with open(self.report_path, encoding="utf-8") as file:
            return {room["id"]: room for room in json.load(file)["rooms"]}

    def memory_kib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1])

    def stop(self, how=signal.SIGTERM):
        """Ends the server and returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.wait()

    def wait(self):
        """Waits for a server that was told to end, and returns its exit status."""
        try:
            return self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the server did not end:\n{self.log()}") from None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if kind is not None:
            print(f"--- log of the server\n{self.log()}---")
        self.folder.cleanup()


class Client:
    """One connection. Messages are read in order; `expect` skips those that do not match."""

    def __init__(self, server, nick=None, caps="", address="127.0.0.1"):
        self.socket = socket.create_connection(("127.0.0.1", server.port), DEADLINE, (address, 0))
        self.buffer = b""
        self.nick = nick
        self.pings = 0
        if nick:
            if caps:
                self.send(f"CAP REQ :{caps}")
            self.send(f"NICK {nick}", f"USER {nick} 0 * :{nick} of the tests")
            if caps:
                self.send("CAP END")
            self.expect("422")

    def send(self, *lines):
        self.send_bytes("".join(line + "\r\n" for line in lines).encode())

    def send_bytes(self, data):
        self.socket.sendall(data)

    def read(self, deadline=DEADLINE):
        """The next message; None at the end of the connection."""
        end = time.monotonic() + deadline
        while b"\n" not in self.buffer:
            left = end - time.monotonic()
            if left <= 0:
                raise Timeout(f"{self.nick}: no line within {deadline:.0f} s")
            self.socket.settimeout(left)
            try:
                data = self.socket.recv(65536)
            except socket.timeout:
                continue
            except ConnectionError:
                return None
            if not data:
                return None
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return Message(line.rstrip(b"\r").decode())

    def expect(self, command, *params, source=None):
        """The next message with that command and these first parameters (None matches any)."""
        skipped = []
        while True:
            try:
                message = self.read()
            except Timeout:
                raise Timeout(f"{self.nick}: no {command} {params}, but {skipped}") from None
            if message is None:
                raise AssertionError(f"{self.nick}: closed before {command} {params}: {skipped}")
            given = message.params[:len(params)]
            if (message.command == command and (source is None or message.nick == source)
                    and len(given) == len(params)
                    and all(want is None or want == have for want, have in zip(params, given))):
                return message
            skipped.append(message)

    def sync(self):
        """Waits until the server has processed everything that was sent; returns what was received."""
        self.pings += 1
        token = f"sync-{self.pings}"
        self.send(f"PING {token}")
        received = []
        while True:
            message = self.read()
            if message is None:
                raise AssertionError(f"{self.nick}: closed after {received}")
            if message.command == "PONG" and message.text == token:
                return received
            received.append(message)

    def ask(self, *lines):
        """Sends lines and returns everything that is received until they have been processed."""
        self.sync()
        self.send(*lines)
        return self.sync()

    def read_to_end(self):
        """Everything that is received until the server closes the connection."""
        received = []
        while (message := self.read()) is not None:
            received.append(message)
        return received

    def join(self, channel):
        """Joins a channel and returns everything received in answer."""
        received = self.ask(f"JOIN {channel}")
        assert any(m.command == "JOIN" and m.nick == self.nick for m in received), received
        return received

    def close(self):
        self.socket.close()

    def reset(self):
        """Ends the connection with a reset, as a crashed machine would."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


def commands(messages):
    return [message.command for message in messages]


def texts(messages, command="PRIVMSG"):
    return [message.text for message in messages if message.command == command]
