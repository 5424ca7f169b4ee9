#!/usr/bin/env python3
"""Every row of the failure catalogue has its scenario; what is no scenario is refused with its line; what is not true of
the program is red.  scenario_test.py PROGRAM"""
import glob
import os
import subprocess
import sys
import tempfile
import unittest

import yaml

from scenario import Wrong, load

FOLDER = os.path.dirname(os.path.abspath(__file__))
CATALOGUE = os.path.join(FOLDER, '..', '..', 'schemas', 'rules', 'catalogue.yaml')
PROGRAM = os.path.abspath(sys.argv.pop(1))

# Of each row, how it is answered.
ROWS = dict(line.rsplit(' ', 1) for line in '''
RC-BE-2 D|RC-BE-3 DR|RC-BE-4 D|RC-BE-5 P|RC-BE-6 PD|RC-BE-7 P|RC-BE-8 DR|RC-BE-9 P|RC-BE-10 P|RC-BE-11 PD|RC-BE-12 P|RC-BE-13 P
RC-BE-14 DT|RC-BE-15 PD|RC-BE-16 DT|RC-BE-17 PD|RC-BE-18 P|RC-BE-19 P|RC-BE-20 DT|RC-BE-21 DT
RC-M-01 DT|RC-M-02 DT|RC-M-03 DT|RC-M-04 DT|RC-M-05 DT|RC-M-06 PD|RC-M-07 DT|RC-M-08 DT|RC-M-09 DT|RC-M-10 DT|RC-M-11 DT|RC-M-12 DT
FM-01 DT|FM-02 T|FM-03 DT|FM-04 DT|FM-05 DT|FM-06 DR|FM-09 DT|FM-10 DT|FM-13 P|FM-14 P|FM-15 PD|FM-16 PD|FM-17 D|FM-18 P|FM-19 DT
FM-20 DT|FM-22 DT|FM-23 T|FM-25 DT'''.replace('\n', '|').strip('|').split('|'))

WHOLE = '''title: t
story: s
how: D
rules: [late-event]
cases:
  - case: c
    timeline:
      - {at: 0s, telnyx: call.initiated, leg: caller}
      - {at: 5s, occurred: 1s, telnyx: call.hangup, leg: caller}
      - {at: 5s, notes: {rule: late-event, evidence: [call.hangup caller]}}
  - near miss: n
    timeline:
      - {at: 0s, telnyx: call.initiated, leg: caller}
      - {at: 1s, absent: [late-event]}
'''

NOT_WELL_FORMED = [
    ('title: t\n', 'titel: t\n', 1, 'a scenario has no titel'),
    ('story: s\n', '', 1, 'story is missing'),
    ('how: D', 'how: X', 1, 'how is some of P, D, R, T'),
    ('how: D', 'how: P', 1, 'has rules when it shows detection'),
    ('[late-event]\ncases', '[late-event, slow-bridge]\ncases', 1, 'no case shows the rule slow-bridge'),
    ('near miss: n', 'case: n', 1, 'no near miss'),
    ('case: c', 'cace: c', 6, 'a case has no cace'),
    ('leg: caller}\n      - {at: 5s, o', 'legg: caller}\n      - {at: 5s, o', 8, 'a delivery has no legg'),
    ('telnyx: call.hangup', 'telnix: call.hangup', 9, 'a delivery has no telnix'),
    ('at: 5s, occurred', 'at: soon, occurred', 9, 'soon is no time'),
    ('at: 5s, occurred', 'at: 5s, at: 6s, occurred', 9, 'at stands there twice'),
    ('evidence: [call.hangup caller]', 'evidence: [call.hangup phone-1]', 10, 'there is no event call.hangup phone-1 before'),
    ('{at: 5s, occurred: 1s, telnyx: call.hangup, leg: caller}', '{at: 5s, again: call.answered caller}', 9, 'no event call.answered'),
    ('telnyx: call.hangup', 'telnyx: call.initiated', 9, 'there was a call.initiated caller before'),
    ('leg: caller}\n      - {at: 5s, o', 'leg: p-1..p-3, call: [a, b]}\n      - {at: 5s, o', 8, 'call has 2 names where another range has 3'),
    ('{at: 5s, notes', '{at: 4s, notes', 10, 'time goes forward'),
    ('evidence: ', 'proof: ', 10, 'notes has no proof'),
    ('absent: [late-event]', 'expect: {cal: none}', 14, 'expect has no cal'),
    ('absent: [late-event]', 'expect: {}', 14, 'it expects nothing'),
    ('absent: [late-event]', 'notes: {rule: late-event}', 11, 'in a near miss nothing is found'),
    ('      - {at: 1s, absent: [late-event]}\n', '', 11, 'n checks nothing'),
    ('{at: 1s, absent', '{at: 0s, provider: sleeps}\n      - {at: 1s, absent', 14, 'the provider is away, is back'),
    ('how: D', 'how: D R', 1, 'it shows no recovery'),
    ('title: t', 'title: [', 3, 'this is no YAML'),
]

# Each is false of the program; the line that says so is the one that must be named.
FALSE = '''title: t
story: s
how: P
cases:
'''
FALSE_CASES = [
    # A finding that comes earlier, later, or not; that ends earlier or not; that nobody named.
    ['call.hangup caller at 1s', '{at: 3.5s, opens: {rule: legs-ring-after-hangup}} !'],
    ['call.hangup caller at 1s', '{at: 2.5s, opens: {rule: legs-ring-after-hangup}} !'],
    ['call.hangup caller at 1s', '{at: 3s, opens: {rule: legs-ring-after-hangup, legs: [phone-1, phone-2]}} !'],
    ['call.hangup caller at 1s', '{at: 3s, opens: {rule: legs-ring-after-hangup, severity: info}} !'],
    ['call.hangup caller at 1s', '{at: 3s, opens: {rule: legs-ring-after-hangup, device: pixel}} !'],
    ['call.hangup caller at 1s', '{at: 3s, opens: {rule: no-end}} !'],
    ['call.hangup caller at 1s', '{at: 3s, opens: {rule: legs-ring-after-hangup}}', '{at: 4s, resolves: {rule: legs-ring-after-hangup}} !'],
    ['call.hangup caller at 1s', '{at: 3s, absent: [legs-ring-after-hangup]} !'],
    ['!call.hangup caller at 1s', '{at: 3s, expect: {call: {status: initiated}}}'],
    ['call.hangup caller at 1s', '{at: 3s, opens: {rule: legs-ring-after-hangup, evidence: [call.initiated caller]}} !'],
    # A call that is another one.
    ['call.answered phone-1 at 1s', '{at: 1s, expect: {call: none}} !'],
    ['call.answered phone-1 at 1s', '{at: 1s, expect: {call: {status: ended}}} !'],
    ['call.answered phone-1 at 1s', '{at: 1s, expect: {call: {winner: caller}}} !'],
    ['call.answered phone-1 at 1s', '{at: 1s, expect: {call: {answered: 2s}}} !'],
    ['call.answered phone-1 at 1s', '{at: 1s, expect: {call: {organization: acme}}} !'],
    ['call.answered phone-1 at 1s', '{at: 1s, expect: {call: {missing: [call.answered phone-1]}}} !'],
    ['call.answered phone-1 at 1s', '{at: 1s, expect: {legs: {caller: initiated}}} !'],
    ['call.answered phone-1 at 1s', '{at: 1s, expect: {legs: {caller: initiated, phone-1: ended}}} !'],
    ['call.answered phone-1 at 1s', '{at: 1s, expect: {timeline: [call.initiated caller]}} !'],
    ['call.answered phone-1 at 1s', '{at: 1s, expect: {open: [no-end]}} !'],
    ['call.answered phone-1 at 1s', '{at: 1s, expect: {noted: [late-event]}} !'],
    ['call.answered phone-1 at 1s', '{at: 1s, expect: {call: {nonsense: 1}}} !'],
    # An answer that is another one.
    ['{at: 1s, telnyx: call.answered, leg: phone-1, answer: duplicate} !', '{at: 1s, expect: {call: {status: ended}}}'],
    ['{at: 1s, telnyx: call.answered, leg: phone-1, signature: of another key} !', '{at: 1s, expect: {call: {status: ended}}}'],
    ['{at: 1s, again: call.initiated caller} !', '{at: 1s, expect: {call: {status: ended}}}'],
]


def false_scenario():
    """Its text, and the lines that must be named."""
    lines, wanted = FALSE.splitlines(), []
    for number, steps in enumerate(FALSE_CASES):
        lines += [f'  - case: number {number}', '    timeline:',
                  '      - {at: 0s, telnyx: call.initiated, leg: [caller, phone-1]}']
        whole = len(lines) - 2
        for step in steps:
            text = step.strip(' !')
            if not text.startswith('{'):
                event, leg, _, moment = text.split()
                text = f'{{at: {moment}, telnyx: {event}, leg: {leg}}}'
            lines.append(f'      - {text}')
            if '!' in step:
                wanted.append(whole if step.startswith('!') else len(lines))
    return '\n'.join(lines) + '\n', wanted


class Scenarios(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def write(self, text):
        path = os.path.join(self.folder, 'X-1.yaml')
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        return path

    def test_every_row_has_one_and_there_are_no_others(self):
        found = {os.path.basename(path).removesuffix('.yaml'): load(path) for path in glob.glob(os.path.join(FOLDER, '*.yaml'))}
        self.assertEqual({name: ''.join(scenario.how) for name, scenario in found.items()}, ROWS)
        self.assertEqual(len(ROWS), 48 + 3)

    @unittest.skipUnless(os.path.exists(CATALOGUE), 'there is no catalogue')
    def test_the_catalogue_says_the_same(self):
        with open(CATALOGUE, encoding='utf-8') as file:
            rows = {row['id']: row for row in yaml.safe_load(file)['failures']}
        self.assertEqual({name: ''.join(row['how']) for name, row in rows.items()}, ROWS)
        for name, row in rows.items():
            self.assertLessEqual(set(load(os.path.join(FOLDER, name + '.yaml')).rules), set(row['rules']), name)

    def test_what_is_no_scenario_is_refused_with_its_line(self):
        load(self.write(WHOLE))
        for right, wrong, line, words in NOT_WELL_FORMED:
            self.assertIn(right, WHOLE)
            with self.assertRaises(Wrong, msg=wrong) as caught:
                load(self.write(WHOLE.replace(right, wrong, 1)))
            self.assertIn(words, str(caught.exception))
            self.assertEqual(caught.exception.line, line, words)

    def play(self, text, program=PROGRAM):
        run = subprocess.run([os.path.join(FOLDER, 'run.py'), program, self.write(text)], capture_output=True, text=True, timeout=120)
        return run.returncode, run.stdout, run.stderr

    def test_what_is_true_of_the_program_is_green(self):
        status, out, errors = self.play(WHOLE)
        self.assertEqual((status, errors), (0, ''), out)

    def test_what_is_false_of_the_program_is_red_where_it_stands(self):
        text, wanted = false_scenario()
        status, out, errors = self.play(text)
        self.assertEqual((status, errors), (1, ''), out)
        named = [int(line.split(':')[1]) for line in out.splitlines() if line.startswith('X-1.yaml:')]
        self.assertEqual(named, wanted, out)

    def test_a_log_that_has_not_what_was_acknowledged_is_red(self):
        """As seen by a program that leaves a record out."""
        forgetful = os.path.join(self.folder, 'forgetful')
        with open(forgetful, 'w', encoding='ascii') as file:
            file.write(f'#!/bin/sh\nif [ "$1" = verify ]; then {PROGRAM} "$@" | sed "s/\\"records\\":3/\\"records\\":2/"; '
                       f'else exec {PROGRAM} "$@"; fi\n')
        os.chmod(forgetful, 0o700)
        status, out, _ = self.play(WHOLE, forgetful)
        self.assertEqual(status, 1, out)
        self.assertIn('3 records were acknowledged', out)


if __name__ == '__main__':
    unittest.main()
