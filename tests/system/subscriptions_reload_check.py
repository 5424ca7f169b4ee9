#!/usr/bin/env python3
"""[subscription] sections of a running server: on SIGHUP one is added, changed and removed, the others go on undisturbed; a wrong one
leaves those of before in force, and /readyz says so.  subscriptions_reload_check.py PROGRAM"""
import json
import signal
import sys

import support
from application_support import Application
from kafka_support import wait_until
from subscriptions_check import Deliveries, expect_all, metric, records


def main(program):
    with support.Server(program) as server:
        first, second, moved = applications = [Application(server.folder, name).start() for name in ('first', 'second', 'moved')]
        config, reloads = server.path('subscriptions.ini'), 0

        def write(*sections):
            with open(config, 'w', encoding='ascii') as file:
                file.write('\n'.join(sections))

        def reload(*sections):
            nonlocal reloads
            write(*sections)
            server.process.send_signal(signal.SIGHUP)
            reloads += 1
            wait_until(lambda: server.log().count(' reloaded ') >= reloads, 20, f'a reload ({server.log()})')

        def warnings():
            return json.loads(server.get('/readyz').body).get('warnings', [])

        try:
            write(first.section('from = start'))
            server.stop()
            server.arguments = ('--config', config)
            server.start()
            deliveries = Deliveries(server)
            deliveries.send('one', range(20))
            if expect_all(server, first) != 0:
                raise AssertionError('twice')

            # One that fails, beside the one that goes on.
            second.behave('status 503')
            reload(first.section('from = start'), second.section('from = start'))
            deliveries.send('two', range(20))
            wait_until(lambda: metric(server, 'hookledger_subscription_broken', 'second') == 1, 20, 'a broken one')

            write(first.section('rate = often'), second.section())
            server.process.send_signal(signal.SIGHUP)
            wait_until(lambda: warnings() and 'often' in warnings()[0], 20, f'a warning, not {warnings()}')
            deliveries.send('three', range(20))
            if expect_all(server, first) != 0:
                raise AssertionError('twice')

            # It is somewhere else now, and well: what the first address did not take it gets there.
            elsewhere = second.section('from = start').replace(second.url, moved.url)
            reload(first.section('from = start'), elsewhere)
            if warnings():
                raise AssertionError(warnings())
            second.behave('ok')
            deliveries.send('four', range(20))
            if expect_all(server, moved) != 0 or expect_all(server, first) != 0:
                raise AssertionError('twice')
            if second.taken():
                raise AssertionError(f'{second.taken()} at the address of before')

            reload(elsewhere)
            deliveries.send('five', range(20))
            expect_all(server, moved)
            if len(first.taken()) != len(records(server)) - 20 or metric(server, 'hookledger_subscription_lag_records', 'first') != 0:
                raise AssertionError('it is delivered to, or counted, what is no more')

            # It is there again, and goes on where it stopped.
            reload(first.section('from = start'), elsewhere)
            if expect_all(server, first) != 0:
                raise AssertionError('twice')
        finally:
            for application in applications:
                application.kill()


if __name__ == '__main__':
    main(sys.argv[1])
