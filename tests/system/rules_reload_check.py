#!/usr/bin/env python3
"""Rules of a running server: a changed file is evaluated over the past on SIGHUP, a wrong one leaves those of before in force
and /readyz says so; webhooks are taken all the while.  rules_reload_check.py PROGRAM"""
import json
import os
import signal
import sys
import time
import unittest

import support

PROGRAM = os.path.abspath(sys.argv.pop(1))
RULES = '''format: 1
rules:
  - rule: {name}
    kind: expect
    scope: leg
    when: {{leg: initiated}}
    then: {{leg: {then}}}
    within: {within}
    summary: "{summary}"
    action: Look.
    opens: It opens.
    ends: It ends.
'''


def wait_until(holds, what, seconds=20):
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f'not within {seconds} s: {what}')
        time.sleep(0.05)


class Reload(unittest.TestCase):
    def write(self, **values):
        rule = {'name': 'mine', 'then': 'ringing', 'within': '1s', 'summary': 'First.', **values}
        with open(self.file, 'w', encoding='utf-8') as file:
            file.write(RULES.format(**rule))

    def readyz(self):
        return json.loads(support.request(self.server.api, 'GET', '/readyz').body)

    def findings(self, rule):
        """None while the past is evaluated, or when there is no such rule."""
        answer = support.request(self.server.api, 'GET', f'/v1/findings?status=all&limit=500&rule={rule}')
        return json.loads(answer.body)['items'] if answer.status == 200 else None

    def hang_up(self):
        self.server.process.send_signal(signal.SIGHUP)

    def simulate(self, *arguments):
        start = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() - 4 * 3600))
        return json.loads(support.run(PROGRAM, 'simulate', '--start', start, '--url', f'http://{self.server.webhooks}/webhooks/telnyx',
                                      '--signing-key', self.server.key_file, '--calls', 20, '--rate', 500, '--json', '--quiet',
                                      *arguments))

    def test_all_of_it(self):
        with support.Server(PROGRAM) as first:
            self.file = first.path('mine.yaml')
            self.write()
            with support.Server(PROGRAM, '--rules', self.file) as server:
                self.server = server
                self.simulate('--seed', 1)
                wait_until(lambda: len(self.findings('mine') or []) == 20, 'every call has a finding of the file')
                calls = support.request(server.api, 'GET', '/v1/calls?limit=500').body

                self.write(within='soon')
                self.hang_up()
                wait_until(lambda: 'warnings' in self.readyz(), 'a warning')
                self.assertIn('mine.yaml', self.readyz()['warnings'][0])
                self.assertEqual(support.request(server.api, 'GET', '/readyz').status, 200)
                self.assertEqual(len(self.findings('mine')), 20)
                wait_until(lambda: 'within: expected a duration' in server.log(), 'the line of the error in the log')
                self.assertIn('mine.yaml:8:', server.log())

                self.write(name='other', within='24h', summary='Second.')
                self.hang_up()
                self.assertEqual(self.simulate('--seed', 2)['accepted'] > 0, True)
                wait_until(lambda: self.findings('other') is not None, 'the changed rules')
                wait_until(lambda: 'warnings' not in self.readyz(), 'no warning any more')
                self.assertIsNone(self.findings('mine'), 'the rule is gone')
                self.write(name='other', within='1ms', summary='Third.')
                self.hang_up()
                wait_until(lambda: len(self.findings('other') or []) == 40, 'the past by the changed rule')
                self.assertEqual({finding['summary'] for finding in self.findings('other')}, {'Third.'})
                known = {call['id']: call for call in json.loads(support.request(server.api, 'GET', '/v1/calls?limit=500').body)['items']}
                for call in json.loads(calls)['items']:
                    self.assertEqual({**known[call['id']], 'findings': 0}, {**call, 'findings': 0}, 'calls are as they were')


if __name__ == '__main__':
    unittest.main(verbosity=2)
