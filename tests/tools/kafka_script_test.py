#!/usr/bin/env python3
"""tools/kafka: what a killed, restarted, paused and resumed broker does, and that nothing is left behind."""
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'system'))
from kafka_support import KAFKA, Brokers, kcat, leader, messages, metadata, tool, wait_until


def processes_of(folder):
    """Of all processes, those that name the folder."""
    found = []
    for entry in os.listdir('/proc'):
        try:
            with open(f'/proc/{entry}/cmdline', 'rb') as file:
                if folder.encode() in file.read():
                    found.append(int(entry))
        except OSError:
            pass  # Not a process, or no longer one.
    return found


class Kafka(unittest.TestCase):
    def refused(self, *arguments, status=1):
        result = subprocess.run([KAFKA, *arguments], capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, status, result.stderr)
        return result.stderr

    def test_brokers_live_die_and_leave_nothing(self):
        with Brokers() as brokers:
            self.assertEqual(len(processes_of(brokers.folder)), 3)
            tool('run', 'org.apache.kafka.tools.TopicCommand', '--bootstrap-server', brokers.addresses, '--create',
                 '--topic', 't', '--partitions', '1', '--replication-factor', '3')
            kcat(brokers.addresses, '-P', '-t', 't', '-p', '0', '-X', 'acks=all', stdin=b'one\n')

            first = leader(brokers.addresses, 't')
            brokers.kill(first)
            self.assertEqual(len(processes_of(brokers.folder)), 2)
            self.assertIn('does not run', self.refused('pause', brokers.folder, str(first)))
            wait_until(lambda: leader(brokers.addresses, 't') not in (None, first), 15, 'another leader')
            kcat(brokers.addresses, '-P', '-t', 't', '-p', '0', '-X', 'acks=all', stdin=b'two\n')
            brokers.restart(first)
            wait_until(lambda: len(metadata(brokers.addresses)['brokers']) == 3, 15, 'the restarted broker')

            second = leader(brokers.addresses, 't')
            brokers.pause(second)
            self.assertEqual(len(processes_of(brokers.folder)), 3)
            others = ','.join(address for number, address in enumerate(brokers.addresses.split(','), 1) if number != second)
            wait_until(lambda: leader(others, 't') not in (None, second), 15, 'another leader')
            brokers.resume(second)
            wait_until(lambda: len(metadata(brokers.addresses)['brokers']) == 3, 15, 'the resumed broker')

            brokers.pause(second)
            brokers.restart(second)
            self.assertEqual([message['payload'] for message in messages(brokers.addresses, 't')], ['one', 'two'])
            brokers.pause(second)
        self.assertEqual(processes_of(brokers.folder), [])
        self.assertFalse(os.path.exists(brokers.folder))

    def test_what_cannot_be_is_refused_in_one_line(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertIn('2 is neither', self.refused('start', folder, '2'))
            self.assertIn('no brokers in', self.refused('kill', folder, '1'))
            with open(os.path.join(folder, 'file'), 'w', encoding='ascii'):
                self.assertIn('is not empty', self.refused('start', folder))
        self.assertTrue(self.refused('frobnicate', status=2).startswith('usage: '))


if __name__ == '__main__':
    unittest.main()
