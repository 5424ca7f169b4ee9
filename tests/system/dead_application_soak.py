#!/usr/bin/env python3
"""Not among the tests, because it takes as long as it says: an application is dead for MINUTES while webhooks come, then it is
back. Its backlog drains at the rate of its subscription, what is new does not wait for that, another application notices
nothing, and the server's memory is that of one which takes the same webhooks and delivers nothing.
dead_application_soak.py PROGRAM [MINUTES [WEBHOOKS_PER_SECOND [RATE]]]   default: 60 20 200"""
import subprocess
import sys
import time

import support
from application_support import Application
from kafka_support import wait_until
from subscriptions_check import Deliveries, expect_all, metric, resident_kib

EVENTS_OF_A_CALL = 10.7
RSS_RATIO_MAX, NEW_ONE_MAX, WELL_LAG_MAX, RATE_SHARE_MIN = 1.25, 5, 100, 0.8


def say(text):
    print(time.strftime('%H:%M:%S'), text, flush=True)


def begin_load(server, seconds, per_second):
    calls = int(seconds * per_second / EVENTS_OF_A_CALL)
    return subprocess.Popen([server.program, 'simulate', '--calls', str(calls), '--rate', str(per_second), '--connections', '2',
                             '--signing-key', server.key_file, '--url', f'http://{server.webhooks}/webhooks/telnyx', '--quiet'],
                            stdout=subprocess.DEVNULL, env=support.environment())


def lag(server, name):
    return metric(server, 'hookledger_subscription_lag_records', name)


def is_dead(server, control, away, well, minutes):
    """Memory of both servers once a minute: it follows the tables that log and state fill and write, again and again."""
    sizes = []
    for minute in range(1, minutes + 1):
        time.sleep(60)
        sizes.append((resident_kib(server), resident_kib(control)))
        say(f'minute {minute}: {sizes[-1][0] // 1024} MiB, {sizes[-1][1] // 1024} without subscriptions; {lag(server, away.name):.0f} '
            f'records wait for {away.name}, {lag(server, well.name):.0f} for {well.name}')
        if lag(server, well.name) > WELL_LAG_MAX:
            raise AssertionError(f'{well.name} notices')
    return sizes


def is_back(server, control, away):
    """How long what is new takes while the backlog drains, and at which rate that is."""
    backlog, began = lag(server, away.name), time.monotonic()
    had, delays, sizes = len(away.places()), [], []
    away.start()
    wait_until(lambda: len(away.places()) > had, 30, 'the first record')
    deliveries, number = Deliveries(server), 0
    while lag(server, away.name) > 50:
        sent = time.monotonic()
        deliveries.send(f'new-{number}', range(1))
        wait_until(lambda: away.taken(f"call = 'new-{number}'"), 60, 'what is new')
        delays.append(time.monotonic() - sent)
        sizes.append((resident_kib(server), resident_kib(control)))
        number += 1
        time.sleep(1)
    seconds = time.monotonic() - began
    rate, longest = (len(away.places()) - had) / seconds, max(delays)
    say(f'{backlog:.0f} records and what came meanwhile in {seconds:.0f} s: {rate:.0f} a second; {len(delays)} new ones took '
        f'{sorted(delays)[len(delays) // 2]:.3f} s, at most {longest:.3f} s, which was number {delays.index(longest)}')
    return rate, longest, sizes


def main(program, minutes=60, per_second=20, rate=200):
    with support.Server(program) as server, support.Server(program) as control:
        away, well = applications = [Application(server.folder, name).start() for name in ('away', 'well')]
        loads = []
        try:
            with open(server.path('subscriptions.ini'), 'w', encoding='ascii') as file:
                file.write(away.section(f'rate = {rate}', 'from = start', 'parallel = 4') + well.section('from = start'))
            server.stop()
            server.arguments = ('--config', server.path('subscriptions.ini'))
            server.start()
            away.kill()
            drain = minutes * 60 * per_second / (rate - per_second)
            loads = [begin_load(each, minutes * 60 + drain, per_second) for each in (server, control)]
            sizes = is_dead(server, control, away, well, minutes)
            drained, longest, later = is_back(server, control, away)
            for load in loads:
                load.wait()
            again = expect_all(server, away), expect_all(server, well)
            largest, without = (max(each) for each in zip(*sizes, *later))
            say(f'both have all, in order of each call; {again[0]} and {again[1]} came twice; memory at most {largest // 1024} MiB, '
                f'{without // 1024} without subscriptions')
            if longest > NEW_ONE_MAX or largest > RSS_RATIO_MAX * without or drained < RATE_SHARE_MIN * rate:
                raise AssertionError('what is new waits, memory follows the backlog, or the backlog drains slowly')
        finally:
            for load in loads:
                if load.poll() is None:
                    load.kill()
            for application in applications:
                application.kill()


if __name__ == '__main__':
    main(sys.argv[1], *map(int, sys.argv[2:]))
