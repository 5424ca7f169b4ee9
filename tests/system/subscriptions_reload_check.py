#!/usr/bin/env python3
"""[subscription] sections of a running server: on SIGHUP one is added, changed and removed, the others go on undisturbed; a wrong one
leaves those of before in force, and /readyz says so.  subscriptions_reload_check.py PROGRAM"""
import sys

import support
from application_support import Application
from kafka_support import wait_until
from reload_support import Config
from subscriptions_check import Deliveries, expect_all, metric, records


def main(program):
    with support.Server(program) as server:
        first, second, moved = applications = [Application(server.folder, name).start() for name in ('first', 'second', 'moved')]
        config = Config(server.path('subscriptions.ini'))

        try:
            config.write(first.section('from = start'))
            server.stop()
            server.arguments = ('--config', config.path)
            server.start()
            deliveries = Deliveries(server)
            deliveries.send('one', range(20))
            if expect_all(server, first) != 0:
                raise AssertionError('twice')

            # One that fails, beside the one that goes on.
            second.behave('status 503')
            config.reload(server, first.section('from = start'), second.section('from = start'))
            deliveries.send('two', range(20))
            wait_until(lambda: metric(server, 'hookledger_subscription_broken', 'second') == 1, 20, 'a broken one')

            config.reload_wrong(server, 'often', first.section('rate = often'), second.section())
            config.reload_wrong(server, 'ratte', first.section('ratte = 5'), second.section())
            deliveries.send('three', range(20))
            if expect_all(server, first) != 0:
                raise AssertionError('twice')

            # It is somewhere else now, and well: what the first address did not take it gets there.
            elsewhere = second.section('from = start').replace(second.url, moved.url)
            config.reload(server, first.section('from = start'), elsewhere)
            second.behave('ok')
            deliveries.send('four', range(20))
            if expect_all(server, moved) != 0 or expect_all(server, first) != 0:
                raise AssertionError('twice')
            if second.taken():
                raise AssertionError(f'{second.taken()} at the address of before')

            config.reload(server, elsewhere)
            deliveries.send('five', range(20))
            expect_all(server, moved)
            if len(first.taken()) != len(records(server)) - 20 or metric(server, 'hookledger_subscription_lag_records', 'first') != 0:
                raise AssertionError('it is delivered to, or counted, what is no more')

            # It is there again, and goes on where it stopped.
            config.reload(server, first.section('from = start'), elsewhere)
            if expect_all(server, first) != 0:
                raise AssertionError('twice')
        finally:
            for application in applications:
                application.kill()


if __name__ == '__main__':
    main(sys.argv[1])
