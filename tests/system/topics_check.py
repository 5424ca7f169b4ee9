#!/usr/bin/env python3
"""hookledger topics on real brokers: makes topics as asked, says what is weak, and how to come to a guarded cluster.
topics_check.py PROGRAM"""
import json
import os
import subprocess
import sys
import time
import unittest

import yaml

import support
from kafka_support import Brokers, fresh_topic, metadata, shared_brokers, tool

PROGRAM = os.path.abspath(sys.argv.pop(1))
FAMILY = ('events', 'calls', 'findings', 'keys', 'owners')


class Check(unittest.TestCase):
    def topics(self, *arguments, expected=0, seconds=15, **environment):
        """(stdout, stderr)"""
        begin = time.monotonic()
        result = subprocess.run([PROGRAM, 'topics', *map(str, arguments)], capture_output=True, text=True, timeout=60,
                                env={**support.environment(), **environment})
        self.assertEqual(result.returncode, expected, f'{arguments}: {result.stdout}{result.stderr}')
        self.assertLess(time.monotonic() - begin, seconds, arguments)
        self.assertEqual(result.stderr.count('\n'), 1 if expected in (1, 2) else 0, result.stderr)
        return result.stdout, result.stderr


class Topics(Check):
    def setUp(self):
        self.brokers, self.topic = shared_brokers(), fresh_topic()
        self.family = self.topic.removesuffix('events')
        self.here = ('--kafka-brokers', self.brokers, '--topic', self.topic)

    def test_are_made_once(self):
        made, _ = self.topics('--create', *self.here, '--partitions', 6)
        self.assertEqual(made.splitlines(), [f'{self.family}{name}: created' for name in FAMILY])
        found = {topic['topic']: topic['partitions'] for topic in metadata(self.brokers)['topics']}
        self.assertEqual([len(found[self.family + name]) for name in FAMILY], [6, 6, 6, 1, 1])
        self.assertEqual({len(partition['replicas']) for partition in found[self.topic]}, {3})
        again, _ = self.topics('--create', *self.here, '--partitions', 7, '--json')
        self.assertEqual([json.loads(line) for line in again.splitlines()],
                         [{'topic': self.family + name, 'created': False} for name in FAMILY])
        lines = self.topics(*self.here)[0].splitlines()
        self.assertEqual(len(lines), 6)
        self.assertRegex(lines[1], rf'^{self.topic} +6 +3 +2 +for ever +delete +2097152$')

    def test_are_what_the_document_says(self):
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'schemas', 'asyncapi.yaml'), encoding='utf-8') as file:
            channels = yaml.safe_load(file)['channels']
        self.topics('--create', *self.here)
        made = [json.loads(line) for line in self.topics(*self.here, '--json')[0].splitlines()]
        for topic, (name, channel) in zip(made, channels.items(), strict=True):
            binding = channel['bindings']['kafka']
            settings = binding['topicConfiguration']
            self.assertEqual((topic['topic'], topic['partitions'], topic['replication'], [topic['cleanup']]),
                             (self.family + name, binding['partitions'], binding['replicas'], settings['cleanup.policy']))
            self.assertEqual(topic['message_bytes_max'], settings.get('max.message.bytes', topic['message_bytes_max']))
            if name == 'events':
                self.assertEqual((topic['retention_ms'], settings['retention.ms']), (None, -1))

    def test_reserved_properties_and_secrets_in_sight_are_refused(self):
        for value, why in (('acks=1', 'promises rest on it'), ('sasl.password=secret', 'does not belong on the command line'),
                           ('session.timeout.ms=9000', '--session-timeout'), ('nonsense', 'KEY=VALUE')):
            _, error = self.topics(*self.here, '--kafka', value, expected=2)
            self.assertIn(why, error)
            self.assertNotIn('=secret', error)

    def test_that_are_missing_are_named(self):
        out, error = self.topics(*self.here, expected=1)
        self.assertIn(f'{self.family}owners', error)
        self.assertEqual(out.count('missing'), 5)

    def test_that_are_weak_are_told_with_a_remedy(self):
        self.topics('--create', *self.here, '--replication', 1, '--retention', '100h')
        out, _ = self.topics(*self.here, expected=3)
        self.assertIn(f'{self.topic} weakens G1, G7: it has one replica', out)
        self.assertIn(f'{self.topic} weakens G5, G8: retention.ms is 4d4h', out)
        self.assertIn('kafka-reassign-partitions.sh', out)
        lines = [json.loads(line) for line in self.topics(*self.here, '--json', '--dedup-window', '101h', expected=3)[0].splitlines()]
        self.assertEqual([each['guarantees'] for each in lines[0]['weaknesses']], ['G1, G7', 'G3', 'G5, G8'])
        self.assertEqual((lines[0]['retention_ms'], lines[1]['retention_ms']), (360_000_000, None))

    def test_settings_that_the_brokers_were_given_later_are_seen(self):
        self.topics('--create', *self.here)
        for setting in ('min.insync.replicas=1', 'unclean.leader.election.enable=true', 'cleanup.policy=compact'):
            tool('run', 'kafka.admin.ConfigCommand', '--bootstrap-server', self.brokers, '--alter', '--entity-type', 'topics',
                 '--entity-name', self.topic, '--add-config', setting)
        out, _ = self.topics(*self.here, expected=3)
        for text in ('min.insync.replicas is 1', 'unclean.leader.election.enable is true', 'it is compacted'):
            self.assertIn(text, out)

    def test_wrong_usage_ends_with_2(self):
        for arguments in (('--create',), ('--create', *self.here, '--partitions', 0), ('--create', *self.here, '--retention', '1h'),
                          ('--create', *self.here, '--replication', 99), ('--create', *self.here, '--replication', 2, '--min-insync', 3),
                          (*self.here, '--kafka', 'no.such.property=1'), (*self.here, '--kafka', 'sasl.password=secret'), (*self.here, 'x')):
            self.topics(*arguments, expected=2)
        self.assertNotIn(self.topic, {topic['topic'] for topic in metadata(self.brokers)['topics']})

    def test_brokers_that_nobody_reaches_end_with_1(self):
        for arguments in ((), ('--create',)):
            self.assertIn('cannot be reached', self.topics('--kafka-brokers', '127.0.0.1:1', *arguments, expected=1)[1])


class GuardedTopics(Check):
    @classmethod
    def setUpClass(cls):
        cls.brokers = cls.enterClassContext(Brokers(1, secure=True))
        cls.library = tool('client')

    def test_are_reached_by_scram(self):
        self.topics('--create', *self.brokers.options(), LD_LIBRARY_PATH=self.library)
        self.assertIn('hookledger.events', self.topics(*self.brokers.options(), expected=3, LD_LIBRARY_PATH=self.library)[0])

    def test_are_reached_by_the_library_of_the_system(self):
        self.topics('--create', *self.brokers.options('PLAIN'), '--topic', 'plain.events')
        with open(os.path.join(self.brokers.folder, 'config'), 'w', encoding='ascii') as file:
            file.write(f'kafka-brokers = {self.brokers.addresses}\n')
            file.writelines(f'kafka = {name}={value}\n' for name, value in self.brokers.credentials('PLAIN'))
        self.topics('--config', file.name, '--topic', 'plain.events', expected=3)

    def test_are_not_shown_to_a_wrong_password(self):
        wrong = os.path.join(self.brokers.folder, 'wrong')
        with open(wrong, 'w', encoding='ascii') as file:
            file.write('hunter2\n')
        for mechanism, library in (('PLAIN', ''), ('SCRAM-SHA-512', self.library)):
            options = [option.replace(os.path.join(self.brokers.folder, 'password'), wrong)
                       for option in self.brokers.options(mechanism)]
            _, error = self.topics(*options, expected=2, LD_LIBRARY_PATH=library)
            self.assertIn('refuse us', error)
            self.assertIn('sasl.*', error)
            self.assertNotIn('hunter2', error)

    def test_nobody_starts_with_a_wrong_password(self):
        wrong = os.path.join(self.brokers.folder, 'not-it')
        with open(wrong, 'w', encoding='ascii') as file:
            file.write('hunter2\n')
        options = [option.replace(os.path.join(self.brokers.folder, 'password'), wrong) for option in self.brokers.options('PLAIN')]
        key = 'A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg='
        for command, more in (('sink', ['--telnyx-public-key', key, '--listen', '127.0.0.1:0']), ('project', []), ('export', [])):
            data_dir = ['--data-dir', os.path.join(self.brokers.folder, command)]
            listen = [] if command == 'export' else ['--api-listen', '127.0.0.1:0']
            result = subprocess.run([PROGRAM, command, *options, *more, *data_dir, *listen], capture_output=True, text=True,
                                    timeout=30, env=support.environment())
            self.assertEqual(result.returncode, 2, f'{command}: {result.stderr}')
            self.assertIn('refuse us', result.stderr.splitlines()[-1])
            self.assertNotIn('hunter2', result.stderr)

    def test_are_not_shown_without_tls_or_to_who_does_not_trust_them(self):
        self.topics('--kafka-brokers', self.brokers.addresses, expected=1)
        trusting = self.brokers.options('PLAIN')
        self.assertIn('certificate', self.topics(*trusting[:-2], expected=2)[1])


if __name__ == '__main__':
    unittest.main()
