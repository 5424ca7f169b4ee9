#!/usr/bin/env python3
"""Not among the tests, because it takes as long as it says: an application is dead for MINUTES while webhooks come, then it is
back. Its backlog drains at the rate of its subscription, what is new does not wait for that, another application notices
nothing, and the server's memory stays flat.
dead_application_soak.py PROGRAM [MINUTES [WEBHOOKS_PER_SECOND [RATE]]]   default: 60 20 200"""
import subprocess
import sys
import time

import support
from application_support import Application
from kafka_support import wait_until
from subscriptions_check import Deliveries, expect_all, metric, resident_kib

EVENTS_OF_A_CALL = 10.7
RSS_GROWTH_MAX = 1.25


def say(text):
    print(time.strftime('%H:%M:%S'), text, flush=True)


def begin_load(server, seconds, per_second):
    calls = int(seconds * per_second / EVENTS_OF_A_CALL)
    return subprocess.Popen([server.program, 'simulate', '--calls', str(calls), '--rate', str(per_second), '--connections', '2',
                             '--signing-key', server.key_file, '--url', f'http://{server.webhooks}/webhooks/telnyx', '--quiet'],
                            stdout=subprocess.DEVNULL, env=support.environment())


def lag(server, name):
    return metric(server, 'hookledger_subscription_lag_records', name)


def is_dead(server, away, well, minutes):
    """Memory of the server once a minute: it follows the tables that the log and the state fill and write, again and again."""
    sizes = []
    for minute in range(1, minutes + 1):
        time.sleep(60)
        sizes.append(resident_kib(server))
        say(f'minute {minute}: {sizes[-1] // 1024} MiB, {lag(server, away.name):.0f} records wait for {away.name}, '
            f'{lag(server, well.name):.0f} for {well.name}')
    return sizes


def is_back(server, away):
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
        sizes.append(resident_kib(server))
        number += 1
        time.sleep(1)
    seconds = time.monotonic() - began
    delays.sort()
    say(f'{backlog:.0f} records and what came meanwhile in {seconds:.0f} s: {(len(away.places()) - had) / seconds:.0f} a second; '
        f'{len(delays)} new ones took {delays[len(delays) // 2]:.3f} s, at most {delays[-1]:.3f} s; at most {max(sizes) // 1024} MiB')
    return delays, sizes


def main(program, minutes=60, per_second=20, rate=200):
    with support.Server(program) as server:
        away, well = applications = [Application(server.folder, name).start() for name in ('away', 'well')]
        load = None
        try:
            with open(server.path('subscriptions.ini'), 'w', encoding='ascii') as file:
                file.write(away.section(f'rate = {rate}', 'from = start', 'parallel = 4') + well.section('from = start'))
            server.stop()
            server.arguments = ('--config', server.path('subscriptions.ini'))
            server.start()
            away.kill()
            drain = minutes * 60 * per_second / (rate - per_second)
            load = begin_load(server, minutes * 60 + drain, per_second)
            sizes = is_dead(server, away, well, minutes)
            delays, later = is_back(server, away)
            load.wait()
            again = expect_all(server, away), expect_all(server, well)
            quarter = max(len(sizes) // 4, 1)
            early, late = max(sizes[quarter:2 * quarter]), max(sizes[-quarter:] + later)
            say(f'both have all, in order of each call; {again[0]} and {again[1]} came twice; memory at most {early // 1024} MiB in '
                f'the second quarter, {late // 1024} MiB in the last and while the backlog drained')
            if delays[-1] > 5 or late > RSS_GROWTH_MAX * early:
                raise AssertionError('what is new waits, or memory grows')
        finally:
            if load and load.poll() is None:
                load.kill()
            for application in applications:
                application.kill()


if __name__ == '__main__':
    main(sys.argv[1], *map(int, sys.argv[2:]))
