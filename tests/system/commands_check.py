#!/usr/bin/env python3
"""What commands say and how they end: settings from three places, damaged stores, hostile bodies, wrong usage.
commands_check.py PROGRAM"""
import datetime
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

import support

PROGRAM = os.path.abspath(sys.argv.pop(1))
NOBODY = 'http://127.0.0.1:1'  # Where nobody listens.


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix='hookledger-system-')
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.key, cls.data = os.path.join(cls.folder, 'key'), os.path.join(cls.folder, 'data')
        support.run(PROGRAM, 'keygen', '--out', cls.key)
        cls.events = os.path.join(cls.folder, 'events.jsonl')
        support.run(PROGRAM, 'simulate', '--calls', '6', '--out', cls.events, '--signing-key', cls.key + '.key')
        cls.import_into(cls.data)

    @classmethod
    def import_into(cls, data):
        with open(cls.events, 'rb') as events, open(cls.key + '.pub', encoding='ascii') as public_key:
            subprocess.run([PROGRAM, 'import', '--data-dir', data, '--telnyx-public-key', public_key.read().strip()],
                           stdin=events, stdout=subprocess.DEVNULL, env=support.environment(), check=True, timeout=60)

    def setUp(self):
        self.scratch = tempfile.mkdtemp(dir=self.folder)

    def path(self, name):
        return os.path.join(self.scratch, name)

    def file(self, name, text):
        with open(self.path(name), 'w', encoding='utf-8') as file:
            file.write(text)
        return self.path(name)

    def copy_of_data(self):
        return shutil.copytree(self.data, self.path('data'))

    def run_it(self, *arguments, expected=0, **environment):
        """(stdout, stderr)"""
        result = subprocess.run([PROGRAM, *arguments], capture_output=True, timeout=60, stdin=subprocess.DEVNULL,
                                env={**support.environment(), **environment}, cwd=self.scratch)
        out, error = result.stdout.decode(), result.stderr.decode()
        self.assertEqual(result.returncode, expected, f'{arguments}: {out[:500]} {error}')
        if expected in (1, 2):
            self.assertEqual(error.count('\n'), 1, f'{arguments}: one line: {error}')
        return out, error

    def calls(self, *arguments, **environment):
        return [json.loads(line)['id'] for line in self.run_it('calls', '--json', *arguments, **environment)[0].splitlines()]

    def simulate(self, *arguments, expected=0, **environment):
        return self.run_it('simulate', '--calls', '2', '--signing-key', self.key + '.key', *arguments,
                           expected=expected, **environment)


class Settings(Commands):
    def test_the_more_local_of_url_and_data_dir_wins(self):
        here = ('--data-dir', self.data)
        self.assertEqual(len(self.calls(*here, HOOKLEDGER_URL=NOBODY)), 6)
        file = self.file('a.ini', f'url = {NOBODY}\n')
        self.assertEqual(len(self.calls('--config', file, HOOKLEDGER_DATA_DIR=self.data)), 6)
        for command in (('call', 'x'), ('calls',), ('scan',)):
            for arguments, environment in ((('--url', NOBODY, *here), {}), (('--url', NOBODY), {'HOOKLEDGER_DATA_DIR': self.data}),
                                           ((), {'HOOKLEDGER_URL': NOBODY, 'HOOKLEDGER_DATA_DIR': self.data}),
                                           (('--config', self.file('b.ini', f'url={NOBODY}\ndata-dir={self.data}\n')), {})):
                error = self.run_it(*command, *arguments, expected=1, **environment)[1]
                self.assertIn('127.0.0.1:1', error)

    def test_commands_of_a_data_dir_refuse_a_url_on_the_command_line_alone(self):
        file = self.file('a.ini', f'url = {NOBODY}\n')
        for command in (('export',), ('verify',), ('import',), ('rebuild', '--verify')):
            here = ('--data-dir', self.copy_of_data() if command == ('import',) else self.data)
            self.run_it(*command, *here, HOOKLEDGER_URL=NOBODY)
            self.run_it(*command, *here, '--config', file)
            self.assertIn('not --url', self.run_it(*command, *here, '--url', NOBODY, expected=2)[1])

    def test_the_more_local_of_url_and_out_wins(self):
        file, out = self.file('a.ini', f'url = {NOBODY}\n'), self.path('out')
        self.simulate('--out', out, '--config', file)
        self.assertGreater(os.path.getsize(out), 0)
        self.simulate('--out', out, HOOKLEDGER_URL=NOBODY)
        self.assertIn('nobody answers', self.simulate('--url', NOBODY, HOOKLEDGER_OUT=out, expected=1)[1])
        self.assertIn('one of them', self.simulate('--url', NOBODY, '--out', out, expected=2)[1])
        self.assertIn('one of them', self.simulate(expected=2)[1])

    def test_a_config_file_shows_nothing_of_its_lines(self):
        good = f'# a comment\n; another = one\n\n  data-dir = {self.data}  # here\njson = yes\n'
        self.assertEqual(len(self.run_it('calls', '--config', self.file('good.ini', good))[0].splitlines()), 6)
        for line in ('nonsense line hunter2', 'HunTer2hunter2==', '[hunter2', 'telnyx public key hunter2 = x', 'hun@ter2=x'):
            error = self.run_it('calls', '--config', self.file('bad.ini', f'json = on\n{line}\n'), expected=2)[1]
            self.assertIn('bad.ini, line 2: ', error)
            self.assertNotIn('hunter2', error.lower().replace('@', ''))
        error = self.run_it('calls', '--config', self.file('bad.ini', 'jsno = on\n'), expected=2)[1]
        self.assertIn('line 1: unknown key jsno', error)
        for text, said in (('[alert.a]\n', 'line 1: section [alert.a] has no keys'),
                           ('json = on\n[alert.a] # url = x\n\n[alert.b]\nurl = x\n', 'line 2: section [alert.a] has no keys'),
                           ('[alert.a]\nurl = x\n[alert.b]\nurl = x\n[alert.a]\nurl = y\n',
                            'line 5: section [alert.a] is on line 1 already')):
            self.assertIn(said, self.run_it('calls', '--config', self.file('bad.ini', text), expected=2)[1])

    def test_a_key_for_the_providers_api_is_checked_and_never_shown(self):
        here = ('recover', '--data-dir', self.copy_of_data(), '--call', 'x')
        unfit, fit = self.file('unfit.key', 'KEY-not for\x01show\n'), self.file('fit.key', 'KEY-to-show\n')
        self.assertIn('no API key', self.run_it(*here, expected=2)[1])
        for key in (unfit, self.path('none.key')):
            error = self.run_it(*here, '--telnyx-api-key-file', key, expected=2)[1]
            self.assertIn('source telnyx: ', error)
            self.assertNotIn('KEY-', error)
        for url in ('ftp://x', 'http://api.example.com', 'https://user@api.example.com', 'https://api.example.com/?x'):
            error = self.run_it(*here, '--telnyx-api-url', url, expected=2, HOOKLEDGER_TELNYX_API_KEY='KEY-to-show')[1]
            self.assertIn('api-url', error)
            self.assertNotIn('KEY-', error)
        for line in ('recovery-interval = 0s', 'recovery-interval = often', 'kind = twilio', 'api-connection ='):
            config = self.file('a.ini', f'[source.telnyx]\napi-key-file = {fit}\n{line}\n')
            self.assertIn('source telnyx: ', self.run_it(*here, '--config', config, expected=2)[1])
        nobody = ('--telnyx-api-key-file', fit, '--telnyx-api-url', NOBODY)
        self.assertIn('API does not answer', self.run_it(*here, *nobody, expected=1)[1])
        for wrong in (('--since', '-1h'), ('--since', 'then')):
            self.run_it(*here, *wrong, expected=2)
        future = self.run_it('recover', '--data-dir', self.data, '--since', '2100-01-01T00:00:00Z', *nobody, expected=2)[1]
        self.assertIn('in the future', future)
        self.run_it('recover', '--data-dir', self.data, expected=2)

    def test_a_config_file_asks_for_no_help_and_no_version(self):
        for key in ('version', 'help'):
            file = self.file('a.ini', f'{key} = true\ndata-dir = {self.data}\n')
            self.assertIn(f'unknown key {key}', self.run_it('calls', '--config', file, expected=2)[1])
            self.run_it('calls', '--data-dir', self.data, **{f'HOOKLEDGER_{key.upper()}': 'true'})

    def test_options_come_after_the_command(self):
        for option in ('--quiet', '--data-dir', '-x'):
            self.assertIn('after the command', self.run_it(option, 'calls', expected=2)[1])
        self.assertIn('unknown command', self.run_it('clals', expected=2)[1])
        self.assertEqual(self.run_it('calls', '-h'), self.run_it('calls', '--help'))


class Clock(Commands):
    def clock(self, content):
        with open(self.path('clock'), 'wb') as file:
            file.write(content)
        return self.path('clock')

    def test_the_time_is_what_a_file_says(self):
        for year, expected in ((2000, 6), (2999, 0)):
            now = datetime.datetime(year, 1, 1, tzinfo=datetime.timezone.utc)
            file = self.clock(struct.pack('<q', int(now.timestamp() * 1e6)))
            out, error = self.run_it('calls', '--since', '-1h', '--json', '--data-dir', self.data, '--clock', file)
            self.assertEqual(out.count('\n'), expected)
            self.assertEqual(error, f"hookledger: the time is what {file} says, not the machine's: --clock is for tests only\n")

    def test_a_file_that_is_no_clock(self):
        far = int(datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.timezone.utc).timestamp() + 1)
        for file in (self.path('none'), self.scratch, '/dev/zero'):
            self.assertIn('give a file of 8 bytes', self.run_it('scan', '--data-dir', self.data, '--clock', file, expected=2)[1])
        for content in (b'', b'1234567', b'123456789', struct.pack('<q', -1), struct.pack('<q', far * 1_000_000)):
            file = self.clock(content)
            self.assertIn('give a file of 8 bytes', self.run_it('scan', '--data-dir', self.data, '--clock', file, expected=2)[1])


class Stores(Commands):
    def damage(self, *folder):
        folder = os.path.join(*folder)
        for name in os.listdir(folder):
            if name.endswith('.sst'):
                with open(os.path.join(folder, name), 'r+b') as file:
                    content = bytearray(file.read())
                    content[::64] = bytes(byte ^ 0xFF for byte in content[::64])
                    file.seek(0)
                    file.write(content)

    def test_an_unreadable_projection(self):
        data = self.copy_of_data()
        here = ('--data-dir', data)
        self.assertTrue(self.run_it('rebuild', '--verify', *here)[0].endswith('equal\n'))
        with open(os.path.join(data, 'projection', 'CURRENT'), encoding='ascii') as file:
            self.damage(data, 'projection', file.read().strip())
        out = self.run_it('rebuild', '--verify', *here, expected=3)[0]
        self.assertIn('live projection cannot be read: ', out)
        self.assertIn('run hookledger rebuild', out)
        answer = json.loads(self.run_it('rebuild', '--verify', '--json', *here, expected=3)[0])
        self.assertIs(answer['equal'], False)
        self.assertIn('Corruption', answer['live_unreadable'])

        call = self.calls('--quiet', *here)[0]
        for command in (('calls',), ('call', call), ('scan', '--status', 'resolved')):
            out, error = self.run_it(*command, *here)
            remarks = [line for line in error.splitlines() if not line.startswith('folding the log ')]
            self.assertEqual(len(remarks), 1, error)
            self.assertRegex(remarks[0], '^hookledger: folded the log anew, .*: run hookledger rebuild')
            self.assertEqual(self.run_it(*command, '--quiet', *here), (out, ''))
        self.run_it('rebuild', *here)
        self.assertEqual(self.run_it('calls', *here)[1], '')
        self.assertTrue(self.run_it('rebuild', '--verify', *here)[0].endswith('equal\n'))

    def test_a_damaged_log(self):
        data = self.copy_of_data()
        self.damage(data, 'log')
        for command in (('export',), ('rebuild',), ('rebuild', '--verify')):
            error = self.run_it(*command, '--data-dir', data, expected=1)[1]
            self.assertRegex(error, 'Corruption.*: run hookledger verify .* import an export')

    def test_other_rules_are_applied_to_the_past(self):
        data = self.copy_of_data()
        here, rule = ('--data-dir', data), ('--rule', 'recording-not-saved')
        self.assertEqual(self.run_it('scan', *rule, *here)[1], '')
        self.assertRegex(self.run_it('rules')[0], 'recording-not-saved +warning +opens +off')
        self.assertRegex(self.run_it('rules', '--expect-recordings')[0], 'recording-not-saved +warning +opens +on')

        out, error = self.run_it('scan', '--expect-recordings', *rule, *here, expected=3)
        self.assertIn('recording-not-saved  open since', out)
        self.assertIn('made with other rules', error)
        call = json.loads(self.run_it('scan', '--json', '--expect-recordings', *rule, *here, expected=3)[0].splitlines()[0])['call_id']
        self.assertIn('recording-not-saved', self.run_it('call', call, '--expect-recordings', *here)[0])
        self.assertNotIn('recording-not-saved', self.run_it('call', call, *here)[0])

        file = self.file('a.ini', f'data-dir = {data}\nexpect-recordings = yes\n')
        self.assertIn('equal', self.run_it('rebuild', '--verify', '--config', file)[0])  # Calls do not hang on rules.
        self.run_it('rebuild', '--config', file)
        self.assertEqual(self.run_it('scan', '--config', file, *rule, expected=3), (out, ''))
        self.assertIn('recording-not-saved', self.run_it('calls', '--config', file)[0])

    def test_a_server_evaluates_the_past_by_other_rules(self):
        target = '/v1/findings?rule=recording-not-saved'
        with support.Server(PROGRAM, data_dir=self.copy_of_data()) as server:
            self.assertEqual(json.loads(server.get(target).body)['items'], [])
            server.stop()
            server.arguments = ('--expect-recordings',)
            server.start()
            self.assertIn('made with other rules: the past was evaluated by these', server.log())
            self.assertEqual({finding['status'] for finding in json.loads(server.get(target).body)['items']}, {'open'})


class Simulate(Commands):
    def test_values_are_checked_with_out_too(self):
        for option, value in (('rate', '-1'), ('rate', 'x'), ('pace', '-1'), ('connections', '0'), ('connections', '1001'),
                              ('legs', '0'), ('legs', 'x')):
            self.assertIn('--' + option, self.simulate('--out', self.path('out'), '--' + option, value, expected=2)[1])
            self.assertFalse(os.path.exists(self.path('out')))

    def test_files_are_opened_before_anything_is_sent(self):
        with support.Server(PROGRAM) as server:
            url = ('--url', f'http://{server.webhooks}/webhooks/telnyx', '--signing-key', server.key_file)
            for option in ('--expect', '--expect-all'):
                error = self.run_it('simulate', *url, option, self.path('no/such/folder'), expected=1)[1]
                self.assertIn(f'{option} {self.path("no/such/folder")} cannot be written', error)
            self.assertEqual(json.loads(server.get('/v1/calls').body)['items'], [])
            out, error = self.run_it('simulate', *url[:2], '--signing-key', self.key + '.key', expected=1)
            self.assertIn('403', out, 'the report')
            self.assertIn('nothing was taken: the server answered 403 (', error)
            error = self.simulate('--url', f'http://{server.webhooks}/elsewhere', expected=1)[1]
            self.assertIn('the server answered 404 (', error)
            self.run_it('simulate', *url, '--calls', '2', '--expect', self.path('expect'))
            self.assertGreater(os.path.getsize(self.path('expect')), 0)


class Bodies(Commands):
    def test_no_body_acts_on_a_terminal_and_a_deep_one_is_shown(self):
        evil = '\x7f\x9b\u202e\u200b\U000e0001é'
        payload = {'call_session_id': 'evil' + evil, 'call_leg_id': 'leg' + evil, 'from': evil, 'to': evil, 'note': evil}
        event = {'data': {'event_type': 'call.initiated', 'id': 'event' + evil, 'occurred_at': '2026-02-08T10:15:30Z', 'payload': payload}}
        body = json.dumps(event, ensure_ascii=False).encode()
        deep = {'data': {'event_type': 'call.note', 'id': 'deep', 'payload': {'call_session_id': 'deep', 'x': 'HERE'}}}
        deep = json.dumps(deep).replace('"HERE"', '[' * 1021 + ']' * 1021).encode()
        with support.Server(PROGRAM) as server:
            place = json.loads(server.deliver(body).body)
            self.assertEqual(json.loads(server.deliver(deep).body)['status'], 'accepted')
            self.assertEqual(server.get(f'/v1/records/{place["partition"]}/{place["offset"]}?raw').body, body)
            for where in (('--url', f'http://{server.api}'), ('--data-dir', server.data_dir)):
                seen = []
                for command in (('calls',), ('call', payload['call_session_id']), ('scan',)):
                    out = self.run_it(*command, '--json', *where, expected=3 if command == ('scan',) else 0)[0]
                    for character in evil[:-1]:
                        self.assertNotIn(character, out, command)
                    seen += [json.loads(line) for line in out.splitlines()]
                self.assertTrue(any(answer.get('id') == payload['call_session_id'] for answer in seen))
                self.assertIn(event, [record['body'] for answer in seen for record in answer.get('records', ())])
                self.assertIn('call.note', self.run_it('call', 'deep', *where)[0])
                self.assertIn('[' * 1021, self.run_it('call', 'deep', '--json', *where)[0])


class Keygen(Commands):
    def test_both_files_or_neither(self):
        public = self.file('p.pub', 'mine\n')
        self.assertIn('p.pub cannot be created', self.run_it('keygen', '--out', self.path('p'), expected=1)[1])
        self.assertEqual(os.listdir(self.scratch), ['p.pub'])
        os.remove(public)
        self.run_it('keygen', '--out', self.path('p'))
        os.remove(public)
        with open(self.path('p.key'), encoding='ascii') as file:
            before = file.read()
        self.assertIn('p.key cannot be created', self.run_it('keygen', '--out', self.path('p'), expected=1)[1])
        with open(self.path('p.key'), encoding='ascii') as file:
            self.assertEqual(file.read(), before)
        self.assertEqual(os.listdir(self.scratch), ['p.key'])


if __name__ == '__main__':
    unittest.main()
