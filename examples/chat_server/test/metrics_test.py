#!/usr/bin/env python3
"""The counters for Prometheus, scraped over HTTP as Prometheus does."""

import re
import unittest
import urllib.request

from chat_client import Client, Server


def scrape(server):
    """The value of every series by its name with labels."""
    url = re.search(r"^metrics: (\S+)$", server.log(), re.M)[1]
    with urllib.request.urlopen(url, timeout=30) as answer:
        text = answer.read().decode("utf-8")
    return {name: float(value) for name, value in re.findall(r"^([^#\s]\S*) (\S+)$", text, re.M)}


def calls(series, operation, outcome="ok"):
    return series.get(f'roomstore_calls_total{{operation="{operation}",outcome="{outcome}"}}', 0)


class Metrics(unittest.TestCase):
    def test_calls_are_counted_by_operation_and_outcome(self):
        with Server("--metrics", "0", "--burst", "1000", "--rate", "1000") as server:
            one, two = Client(server, "one"), Client(server, "two")
            one.join("#counted")
            two.join("#counted")
            one.sync()
            before = scrape(server)
            for number in range(7):
                one.send(f"PRIVMSG #counted :{number}")
            for _ in range(7):
                two.expect("PRIVMSG")
            one.sync()
            after = scrape(server)
            self.assertEqual(calls(after, "init"), 1)
            appended = calls(after, "add_event_auto_index") - calls(before, "add_event_auto_index")
            self.assertEqual(appended, 7)

            name = "roomstore_call_duration_seconds"
            total = calls(after, "add_event_auto_index")
            of_appends = '{operation="add_event_auto_index"'
            self.assertEqual(after[f"{name}_count{of_appends}}}"], total)
            self.assertEqual(after[f'{name}_bucket{of_appends},le="+Inf"}}'], total)
            self.assertGreater(after[f"{name}_sum{of_appends}}}"], 0)

            # Waits for changes of the conversations are no calls.
            waits = 'roomstore_waits_total{outcome="ok"}'
            self.assertGreater(after[waits], before[waits])
            self.assertGreaterEqual(after["roomstore_wait_duration_seconds_count"], after[waits])
            self.assertEqual([series for series in after if 'operation="next"' in series], [])
            one.close()
            two.close()
            self.assertEqual(server.stop(), 0)

    def test_a_port_that_is_in_use_is_named(self):
        with Server("--metrics", "0") as server:
            port = re.search(r"^metrics: http://127.0.0.1:(\d+)/", server.log(), re.M)[1]
            with self.assertRaisesRegex(AssertionError, f"cannot serve metrics on port {port}"):
                Server("--metrics", port)


if __name__ == "__main__":
    unittest.main()
