#!/usr/bin/env python3
"""tools/deploy: the examples can be read, and what they and the page name is in the program.
deploy_test.py PROGRAM ROOT"""
import configparser
import glob
import os
import re
import shlex
import subprocess
import sys
import unittest

import yaml

PROGRAM, ROOT = sys.argv.pop(1), sys.argv.pop(1)
DEPLOY = os.path.join(ROOT, 'tools', 'deploy')


def read(name):
    with open(os.path.join(DEPLOY, name), encoding='utf-8') as file:
        return file.read()


def options_of(command):
    help_text = subprocess.run([PROGRAM, command, '--help'], check=True, capture_output=True, text=True).stdout
    return set(re.findall(r'^  --([a-z0-9-]+)', help_text, re.MULTILINE))


def all_commands():
    return re.findall(r'^  ([a-z]+)', subprocess.run([PROGRAM, '--help'], check=True, capture_output=True, text=True).stdout, re.MULTILINE)


def unit(name):
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=['='])
    parser.optionxform = str
    parser.read_string(read(name).replace('\\\n', ' '))
    return parser


def services():
    return yaml.safe_load(read('compose.yaml'))['services']


class Deploy(unittest.TestCase):
    def check_command(self, words, where):
        """`words` are a command of the program with its options."""
        known = options_of(words[0])
        for word in words[1:]:
            if word.startswith('--'):
                self.assertIn(word[2:], known, f'{where}: {words[0]} has no {word}')

    def test_compose_names_options_that_there_are(self):
        ours = {name: service for name, service in services().items() if not name.startswith('kafka-')}
        self.assertEqual(set(ours), {'topics', 'sink-1', 'sink-2', 'project-1', 'project-2'})
        for name, service in ours.items():
            self.check_command(service['command'], name)
            known = options_of(service['command'][0])
            for variable in service.get('environment', {}):
                self.assertIn(variable.removeprefix('HOOKLEDGER_').lower().replace('_', '-'), known, f'{name}: {variable}')

    def test_compose_gives_each_a_disk_and_names_of_its_own(self):
        document = yaml.safe_load(read('compose.yaml'))
        disks = [volume.partition(':')[0] for service in services().values() for volume in service.get('volumes', ())]
        self.assertEqual(sorted(disks), sorted(document['volumes']))
        ports = [port.rpartition(':')[0] for service in services().values() for port in service.get('ports', ())]
        self.assertEqual(len(ports), len(set(ports)))
        for name, service in services().items():
            for other in service.get('depends_on', ()):
                self.assertIn(other, services(), name)
            if name.startswith('kafka-'):
                self.assertEqual(service['environment']['KAFKA_NODE_ID'], int(name[-1]))
                self.assertIn(f'//{name}:', service['environment']['KAFKA_ADVERTISED_LISTENERS'])
            if name.startswith('project-'):
                self.assertIn(name, service['command'])
                self.assertIn(f'http://{name}:8081', service['command'])

    def test_compose_makes_topics_when_all_brokers_can_hold_a_replica(self):
        topics = services()['topics']
        brokers = [name for name in services() if name.startswith('kafka-')]
        self.assertEqual(topics['command'][topics['command'].index('--replication') + 1], str(len(brokers)))
        self.assertEqual(topics['depends_on'], {broker: {'condition': 'service_healthy'} for broker in brokers})
        for broker in brokers:
            self.assertIn('test', services()[broker]['healthcheck'])

    def test_units_start_commands_that_there_are_and_give_them_time_to_stop(self):
        for name in map(os.path.basename, glob.glob(os.path.join(DEPLOY, '*.service'))):
            service = unit(name)['Service']
            words = shlex.split(service['ExecStart'])
            self.assertEqual((words[0], f'hookledger-{words[1]}.service'), ('/usr/local/bin/hookledger', name))
            self.check_command(words[1:], name)
            self.assertIn('/var/lib/' + service['StateDirectory'], words)
            self.assertEqual((service['Restart'], service['KillSignal']), ('always', 'SIGTERM'))
            drain = words[words.index('--drain-timeout') + 1] if '--drain-timeout' in words else '10s'
            self.assertGreater(int(service['TimeoutStopSec']), int(drain.removesuffix('s')))

    def test_the_page_names_what_there_is(self):
        page = read('README.md')
        for line in re.findall(r'^hookledger .*$', page, re.MULTILINE):
            self.check_command(shlex.split(line)[1:], 'README.md')
        known = {option for command in all_commands() for option in options_of(command)}
        for text in re.findall(r'`([^`]*)`', page):
            if not text.startswith(('kafka-topics.sh', 'adduser ')):  # Options of others.
                for option in re.findall(r'--([a-z-]+)', text):
                    self.assertIn(option, known, text)
            if text.startswith('hookledger '):
                self.assertIn(text.split()[1], all_commands(), text)

    def test_the_page_names_metrics_that_there_are(self):
        sources = ''
        for path in glob.glob(os.path.join(ROOT, '*', '**', '*.cc'), recursive=True):
            if not os.path.relpath(path, ROOT).startswith(('tests', 'build')):
                with open(path, encoding='utf-8') as file:
                    sources += file.read()
        named = re.findall(r'`(hookledger_[a-z_]+)`', read('README.md'))
        self.assertTrue(named)
        for metric in named:
            self.assertTrue(f'"{metric}"' in sources, metric)

    def test_the_page_names_every_guarantee(self):
        self.assertEqual([int(number) for number in re.findall(r'^\| G(\d+) ', read('README.md'), re.MULTILINE)], list(range(1, 12)))


if __name__ == '__main__':
    unittest.main()
