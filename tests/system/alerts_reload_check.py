#!/usr/bin/env python3
"""[alert] sections of a running server: on SIGHUP one is added, changed and removed; a wrong one leaves those of before in force, and
/readyz says so.  alerts_reload_check.py PROGRAM"""
import os
import sys
import tempfile

import alert_support
import support
from alerts_check import Deliveries
from kafka_support import wait_until
from reload_support import Config


def main(program):
    with tempfile.TemporaryDirectory(prefix='hookledger-alerts-') as folder:
        first, second = (alert_support.Receiver(folder, name).start() for name in ('first', 'second'))
        config = Config(os.path.join(folder, 'alerts.ini'))

        def all_of(receiver):
            return receiver.section('rules = no-answer-no-end', 'group-window = 1s')

        try:
            config.write(all_of(first))
            with support.Server(program, '--config', config.path) as server:
                deliveries = Deliveries(server)
                def ring(call):
                    deliveries.send([call], 'initiated', 120)

                def begun(alert):
                    return os.path.exists(os.path.join(server.data_dir, 'alerts', alert, 'CURRENT'))

                wait_until(lambda: begun('first'), 20, 'the first book')
                ring('one')
                wait_until(lambda: first.count('opened') == 1, 20, 'the first opening')

                config.reload(server, all_of(first), all_of(second))
                wait_until(lambda: second.count('opened') == 1, 20, 'what is open, told to the one who is new')
                ring('two')
                wait_until(lambda: first.count('opened') == 2 == second.count('opened'), 20, 'an opening told to both')

                config.reload_wrong(server, 'no-such-rule', all_of(first), second.section('rules = no-such-rule'))
                ring('three')
                wait_until(lambda: first.count('opened') == 3 == second.count('opened'), 20, 'both go on')

                config.reload(server, all_of(first), second.section('rules = slow-bridge', 'group-window = 1s'))
                ring('four')
                wait_until(lambda: first.count('opened') == 4, 20, 'the one who is as he was')
                config.reload(server, all_of(second))
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
