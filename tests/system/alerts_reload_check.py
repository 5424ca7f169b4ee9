#!/usr/bin/env python3
"""[alert] sections of a running server: on SIGHUP one is added, changed and removed; a wrong one leaves those of before in force, and
/readyz says so.  alerts_reload_check.py PROGRAM"""
import json
import os
import signal
import sys
import tempfile

import alert_support
import support
from alerts_check import Deliveries
from kafka_support import wait_until


def main(program):
    with tempfile.TemporaryDirectory(prefix='hookledger-alerts-') as folder:
        first, second = (alert_support.Receiver(folder, name).start() for name in ('first', 'second'))
        config = os.path.join(folder, 'alerts.ini')

        def write(*sections):
            with open(config, 'w', encoding='ascii') as file:
                file.write('\n'.join(sections))

        def all_of(receiver):
            return receiver.section('rules = no-answer-no-end', 'group-window = 1s')

        try:
            write(all_of(first))
            with support.Server(program, '--config', config) as server:
                deliveries = Deliveries(server)
                reloads = 0

                def reload(*sections):
                    nonlocal reloads
                    write(*sections)
                    server.process.send_signal(signal.SIGHUP)
                    reloads += 1
                    wait_until(lambda: server.log().count(' reloaded ') >= reloads, 20, f'a reload ({server.log()})')

                def warnings():
                    return json.loads(server.get('/readyz').body).get('warnings', [])

                def ring(call):
                    deliveries.send([call], 'initiated', 120)

                def begun(alert):
                    return os.path.exists(os.path.join(server.data_dir, 'alerts', alert, 'CURRENT'))

                wait_until(lambda: begun('first'), 20, 'the first book')
                ring('one')
                wait_until(lambda: first.count('opened') == 1, 20, 'the first opening')

                reload(all_of(first), all_of(second))
                wait_until(lambda: second.count('opened') == 1, 20, 'what is open, told to the one who is new')
                ring('two')
                wait_until(lambda: first.count('opened') == 2 == second.count('opened'), 20, 'an opening told to both')

                write(all_of(first), second.section('rules = no-such-rule'))
                server.process.send_signal(signal.SIGHUP)
                wait_until(lambda: warnings() and 'no-such-rule' in warnings()[0], 20, f'a warning, not {warnings()}')
                ring('three')
                wait_until(lambda: first.count('opened') == 3 == second.count('opened'), 20, 'both go on')

                reload(all_of(first), second.section('rules = slow-bridge', 'group-window = 1s'))
                if warnings():
                    raise AssertionError(warnings())
                ring('four')
                wait_until(lambda: first.count('opened') == 4, 20, 'the one who is as he was')
                reload(all_of(second))
                ring('five')
                wait_until(lambda: second.count('opened') == 5, 20, 'what is open, by the choice of before')
                if first.count('opened') != 4:
                    raise AssertionError(f'{first.count("opened")} told to the one who is gone')
                if 'alert="first"} 0' not in server.get('/metrics').body.decode():
                    raise AssertionError('figures of the one who is gone')
        finally:
            first.kill()
            second.kill()


if __name__ == '__main__':
    main(sys.argv[1])
