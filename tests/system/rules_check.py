#!/usr/bin/env python3
"""`hookledger rules`, and `--rules` of the other commands: what they say, how they end, and that a wrong file starts nothing.
rules_check.py PROGRAM"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import support

PROGRAM = os.path.abspath(sys.argv.pop(1))
GOOD = ('format: 1\nrules:\n  - rule: mine\n    failures: [FM-06]\n    kind: expect\n    when: {leg: bridged}\n'
        '    then: {call: recorded}\n    within: 5s\n    summary: Not recorded.\n    action: "Look at call {call}."\n'
        '    opens: It opens.\n    ends: It ends.\ntune:\n  no-end: {within: 2h}\n')
WRONG = GOOD.replace('5s', 'soon').replace('no-end', 'no-ende')


class Rules(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='hookledger-system-')
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.good, self.wrong = self.file('good.yaml', GOOD), self.file('wrong.yaml', WRONG)

    def file(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        return path

    def run_it(self, *arguments, expected=0):
        """(stdout, stderr)"""
        done = subprocess.run([PROGRAM, *arguments], capture_output=True, timeout=60, stdin=subprocess.DEVNULL,
                              env=support.environment(), cwd=self.folder, check=False)
        self.assertEqual(done.returncode, expected, f'{arguments}: {done.stdout} {done.stderr}')
        return done.stdout.decode(), done.stderr.decode()

    def wrong_lines(self):
        return [f"{self.wrong}:8:13: within: expected a duration such as 5s, 500ms or 4h5m, got 'soon'",
                f"{self.wrong}:14:3: tune: no rule 'no-ende': did you mean 'no-end'? (hookledger rules list shows them)"]

    def test_check_tells_every_error_with_its_place(self):
        out, error = self.run_it('rules', 'check', self.wrong, expected=2)
        self.assertEqual((out, error.splitlines()[:-1]), ('', self.wrong_lines()))
        self.assertIn('mend the lines above', error.splitlines()[-1])
        out = self.run_it('rules', 'check', '--json', self.good, self.wrong, expected=2)[0]
        self.assertEqual([(e['file'], e['line'], e['column']) for e in map(json.loads, out.splitlines())][-1], (self.wrong, 14, 3))

    def test_check_says_what_a_good_file_has(self):
        self.assertEqual(self.run_it('rules', 'check', self.good)[0], f'{self.good}: good; rules 1 (mine), tuned 1 (no-end)\n')
        self.assertEqual(json.loads(self.run_it('rules', 'check', '--json', self.good)[0]),
                         {'file': self.good, 'rules': ['mine'], 'tuned': ['no-end']})

    def test_check_of_no_file(self):
        self.assertIn('give the files', self.run_it('rules', 'check', expected=2)[1])
        for path in (os.path.join(self.folder, 'none.yaml'), self.folder):
            self.assertIn(f'{path}:1:1: the file cannot be read', self.run_it('rules', 'check', path, expected=2)[1])

    def test_list_has_rules_and_catalogue(self):
        out = self.run_it('rules', 'list')[0]
        self.assertRegex(out, r'(?m)^answered-not-bridged +critical +opens +on +within 10s +RC-BE-3$')
        self.assertRegex(out, r'(?m)^late-event +info +noted +on +lag 2s +RC-BE-11, FM-15$')
        self.assertRegex(out, r'(?m)^RC-BE-3 +D, R +Answered, but never bridged +answered-not-bridged$')
        self.assertRegex(out, r'(?m)^RC-BE-13 +P +.* -$')
        self.assertEqual(self.run_it('rules'), self.run_it('rules', 'list'))
        self.assertIn('takes no argument', self.run_it('rules', 'list', 'x', expected=2)[1])

    def test_list_has_the_rules_of_files_too(self):
        rules = [json.loads(line) for line in self.run_it('rules', 'list', '--json', '--rules', self.good)[0].splitlines()]
        by_name = {rule['name']: rule for rule in rules}
        self.assertEqual(by_name['no-end']['parameters'], {'within': '2h'})
        self.assertEqual(by_name['mine'], {
            'name': 'mine', 'severity': 'warning', 'noted': False, 'enabled': True, 'scope': 'call', 'failures': ['FM-06'],
            'opens_when': 'It opens.', 'ends_when': 'It ends.', 'action': 'Look at call ID.', 'parameters': {'within': '5s'}})

    def test_expect_recordings_is_a_tuning_that_a_file_may_take_back(self):
        off = self.file('off.yaml', 'format: 1\ntune: {recording-not-saved: {enabled: false}}\n')
        for arguments, state in (((), 'off'), (('--expect-recordings',), 'on'), (('--expect-recordings', '--rules', off), 'off')):
            self.assertRegex(self.run_it('rules', *arguments)[0], f'(?m)^recording-not-saved +warning +opens +{state} ')

    def test_explain_a_failure_and_a_rule(self):
        out = self.run_it('rules', 'explain', 'FM-06', '--rules', self.good)[0]
        for words in ('FM-06  Recording lost', 'in the field:', 'detected by rules, recovered from the provider', 'what watches:',
                      'what to do:', 'recording-not-saved (warning, off; within 5m)', 'mine (warning, on; within 5s)'):
            self.assertIn(words, out)
        story = json.loads(self.run_it('rules', 'explain', 'RC-BE-13', '--json')[0])
        self.assertEqual((story['id'], story['how'], story['rules']), ('RC-BE-13', ['P'], []))
        out = self.run_it('rules', 'explain', 'late-event')[0]
        self.assertIn('answers:       RC-BE-11  call.initiated arrives late\n               FM-15  ', out)
        self.assertIn("hookledger rules list shows them", self.run_it('rules', 'explain', 'RC-BE-99', expected=1)[1])
        self.assertIn('give a failure or a rule', self.run_it('rules', 'explain', expected=2)[1])

    def test_every_failure_and_rule_can_be_explained(self):
        rules = [json.loads(line) for line in self.run_it('rules', '--json')[0].splitlines()]
        for rule in rules:
            for name in (rule['name'], *rule['failures']):
                self.assertNotRegex(self.run_it('rules', 'explain', name)[0], r'[{}]')

    def test_a_wrong_file_starts_nothing(self):
        data = os.path.join(self.folder, 'data')
        support.run(PROGRAM, 'keygen', '--out', os.path.join(self.folder, 'key'))
        with open(os.path.join(self.folder, 'key.pub'), encoding='ascii') as public_key:
            key = ('--telnyx-public-key', public_key.read().strip())
        for command in (('serve', *key), ('rebuild',), ('import', *key), ('scan',), ('call', 'x'), ('calls',), ('rules',),
                        ('project', '--kafka-brokers', '127.0.0.1:1')):
            out, error = self.run_it(*command, *(() if command == ('rules',) else ('--data-dir', data)), '--rules', self.wrong, expected=2)
            self.assertEqual((out, error.splitlines()[:2]), ('', self.wrong_lines()), command)
            self.assertFalse(os.path.exists(data), command)

    def test_a_config_file_names_several(self):
        other = self.file('other.yaml', GOOD.replace('mine', 'other').split('tune')[0])
        config = self.file('a.ini', f'rules = {self.good}\nrules = {other}\n')
        out = self.run_it('rules', '--config', config)[0]
        for name in ('mine', 'other'):
            self.assertRegex(out, f'(?m)^{name} +warning')


if __name__ == '__main__':
    unittest.main()
