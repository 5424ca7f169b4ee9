#!/usr/bin/env python3
"""Rules of running projectors: a changed file is evaluated over the past on SIGHUP, of calls in all partitions and of devices; a wrong
one leaves those of before in force, and /readyz says so; SIGTERM meanwhile ends it.  kafka_rules_reload_check.py PROGRAM"""
import json
import signal
import sys

import alert_support
import kafka_support
from kafka_ledger import Ledger, retry

CALLS = 60
RULES = '''format: 1
rules:
  - rule: {name}
    kind: forbid
    scope: {scope}
    event: {{event: call.initiated}}
    severity: warning
    summary: "{summary}"
    action: Look.
    opens: It opens.
'''


def main(program):
    with Ledger(program, kafka_support.shared_brokers(), '--partitions', 4) as ledger:
        receiver = alert_support.Receiver(ledger.folder, 'ops').start()
        try:
            rules = ledger.path('mine.yaml')

            def write(**values):
                with open(rules, 'w', encoding='ascii') as file:
                    file.write(RULES.format(**{'name': 'mine', 'scope': 'leg', 'summary': 'First.', **values}))

            def alert(rule):
                with open(ledger.path('alerts.ini'), 'w', encoding='ascii') as file:
                    file.write(receiver.section(f'rules = {rule}', 'group-window = 1s'))

            write()
            alert('mine')
            projectors = [ledger.projector(name, '--rules', rules, '--config', ledger.path('alerts.ini'), '--session-timeout', '6s')
                          for name in ('one', 'two')]
            sink = ledger.sink()
            for projector in projectors:
                projector.wait_until_ready()
                projector.wait_for_partitions()

            def findings(projector, rule):
                """Of all partitions, whoever has them; nothing while they cannot be told, or when there is no such rule."""
                answer = projector.get(f'/v1/findings?status=all&limit=500&rule={rule}')
                return json.loads(answer.body)['items'] if answer.status == 200 else []

            def calls_with(rule, summary):
                for projector in projectors:
                    found = findings(projector, rule)
                    if len({finding['call_id'] for finding in found}) != CALLS or {finding['summary'] for finding in found} != {summary}:
                        return False
                return True

            def warnings(projector):
                return json.loads(projector.get('/readyz').body).get('warnings', [])

            def hang_up():
                for projector in projectors:
                    projector.signal(signal.SIGHUP)

            ledger.traffic(sink, CALLS, 500).finish()
            kafka_support.wait_until(lambda: calls_with('mine', 'First.'), 60, 'a finding of every call')
            before = retry(projectors[0].calls)

            write(scope='nothing')
            hang_up()
            kafka_support.wait_until(lambda: all('mine.yaml' in ''.join(warnings(each)) for each in projectors), 60, 'warnings')
            if not calls_with('mine', 'First.') or not all(each.ready() for each in projectors):
                raise AssertionError('the rules of before are not in force')

            write(name='other', summary='Second.')
            alert('other')
            hang_up()
            kafka_support.wait_until(lambda: calls_with('other', 'Second.'), 60, f'the changed rules ({projectors[0].log()})')
            if findings(projectors[0], 'mine') or any(warnings(each) for each in projectors):
                raise AssertionError('what was before is still there')
            if retry(projectors[0].calls) != before:
                raise AssertionError('calls are not as they were')
            for projector in projectors:
                projector.wait_until_ready()

            # Others go on as before: new calls are found, told, published.
            receiver.write('taken', '')
            published = lambda: {finding['rule'] for finding in map(json.loads, kafka_support.latest(
                ledger.brokers, ledger.topic.replace('.events', '.findings')).values())}
            ledger.traffic(sink, 10, 500, '--seed', 77).finish()
            kafka_support.wait_until(lambda: receiver.count('noted') > 0, 60, f'an alert by the changed rules ({projectors[0].log()})')
            kafka_support.wait_until(lambda: 'other' in published(), 60, 'a published finding of the changed rules')

            write(name='third', summary='Third.')
            alert('third')
            hang_up()
            for projector in projectors:
                projector.stop()
            for projector in projectors:
                projector.start()
            for projector in projectors:
                projector.wait_until_ready()
            if not findings(projectors[0], 'third'):
                raise AssertionError('the next start did not evaluate the past')
        finally:
            receiver.kill()


if __name__ == '__main__':
    main(sys.argv[1])
