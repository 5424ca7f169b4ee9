#!/usr/bin/env python3
"""Standing subscriptions of the running program: whatever applications and server suffer, each application gets every record,
in order per call, byte for byte and signed; one that is dead harms nobody else; and new records do not wait for a backlog.
subscriptions_check.py PROGRAM"""
import base64
import json
import os
import signal
import struct
import subprocess
import sys
import time

import support
from application_support import Application, check_order
from delivery_load import Sender, Signer
from kafka_support import wait_until
from receiving_process import SECRET

RSS_GROWTH_MAX_KIB = 200 * 1024


def metric(server, name, subscription, labels=''):
    for line in server.get('/metrics').body.decode().splitlines():
        if line.startswith(f'{name}{{{labels}subscription="{subscription}"}} '):
            return float(line.rsplit(' ', 1)[1])
    raise AssertionError(f'no {name} of {subscription}')


def records(server):
    """Place to body of all that the log has."""
    out = support.run(server.program, 'export', '--data-dir', server.data_dir, '--quiet')
    events = [json.loads(line) for line in out.splitlines()]
    events = [event for event in events if not event['type'].startswith('hookledger.')]
    return {(int(event['partition']), int(event['offset'])): base64.b64decode(event['data_base64']) for event in events}


def resident_kib(server):
    with open(f'/proc/{server.process.pid}/status', encoding='ascii') as file:
        return next(int(line.split()[1]) for line in file if line.startswith('VmRSS:'))


def event(call, number):
    return json.dumps({'data': {
        'record_type': 'event', 'id': f'{call}-{number}', 'event_type': 'call.dtmf.received', 'occurred_at': '2026-02-08T10:00:00Z',
        'payload': {'call_session_id': call, 'call_leg_id': f'leg-{call}', 'digit': str(number % 10)}}}).encode()


class Deliveries:
    def __init__(self, server):
        self.sender = Sender(server.webhooks, Signer(server.key_file))

    def send(self, call, numbers):
        for number in numbers:
            answer = self.sender.deliver(event(call, number))
            if answer is None or answer[0] != 200:
                raise AssertionError(f'{call} {number}: {answer}')


def expect_all(server, application, seconds=60):
    """Everything is there, in order, as it came, and marked as no replay."""
    log = records(server)
    wait_until(lambda: application.places() >= set(log), seconds,
               f'{len(log)} records at {application.name}, not {len(application.places())}: {server.log()}')
    taken = application.taken()
    check_order(taken)
    for one in taken:
        if one.body != log[(one.partition, one.offset)]:
            raise AssertionError(f'another body at {one.partition}/{one.offset}')
        headers = json.loads(one.headers)
        if one.replay != 'false' or one.attempt < 1 or 'telnyx-signature-ed25519' not in headers:
            raise AssertionError(f'headers: {headers}')
    if len({one.webhook_id for one in taken}) != len(log):
        raise AssertionError('one id for two records, or two for one')
    return len(taken) - len(log)


def everything_fails(server, good, dead):
    """Under load the application fails, dies and comes back, and the server is killed; another application is away."""
    dead.kill()
    server.simulate('--calls', 60, '--seed', 1)
    good.behave('fail 0.3')
    server.simulate('--calls', 60, '--seed', 2)
    server.kill()
    server.start()
    server.simulate('--calls', 60, '--seed', 3)
    good.kill()
    server.simulate('--calls', 60, '--seed', 4)
    time.sleep(1)
    good.behave('slow 0.02')
    good.start()
    server.simulate('--calls', 60, '--seed', 5)
    server.kill()
    server.start()
    good.behave('ok')
    again = expect_all(server, good)
    print(f'{good.name} has all, {again} twice, while {dead.name} is dead')
    if not 0 <= again < 400:
        raise AssertionError(f'{again} came twice: only what was under way may')
    wait_until(lambda: metric(server, 'hookledger_subscription_lag_records', dead.name) > 1000, 20, 'a lag of who is dead')
    wait_until(lambda: metric(server, 'hookledger_subscription_lag_seconds', dead.name) > 0, 20, 'its age')
    wait_until(lambda: metric(server, 'hookledger_subscription_broken', dead.name) == 1, 20, 'that who is dead is left alone')
    wait_until(lambda: metric(server, 'hookledger_subscription_lag_records', good.name) == 0, 20, 'no lag of who is well')


def comes_back(server, slow):
    """A backlog at a rate of 200 a second; meanwhile a new call comes through, and one that waits in the backlog in order."""
    backlog = metric(server, 'hookledger_subscription_lag_records', slow.name)
    before = resident_kib(server)
    deliveries = Deliveries(server)
    for number in range(300):
        deliveries.send('old' if number == 200 else f'filler-{number}', range(10))
    slow.start()
    wait_until(lambda: len(slow.places()) > 0, 30, 'the first record')
    deliveries.send('new', range(5))
    deliveries.send('old', range(10, 12))
    wait_until(lambda: slow.taken("call = 'new'")[4:] and slow.taken("call = 'old'")[11:], 30, 'what is new')
    taken = len(slow.places())
    print(f'what is new came after {taken} of {backlog:.0f} and 3000 in the backlog')
    if taken > (backlog + 3000) / 2:
        raise AssertionError('what is new waited for the backlog')
    expect_all(server, slow, 90)
    grown = resident_kib(server) - before
    print(f'memory grew by {grown} KiB')
    if grown > RSS_GROWTH_MAX_KIB:
        raise AssertionError('memory follows the backlog')


def wants_no_more(server, good):
    good.behave('status 410')
    deliveries = Deliveries(server)
    deliveries.send('gone', range(3))
    wait_until(lambda: metric(server, 'hookledger_subscription_disabled', good.name) == 1, 20, 'a subscription that is disabled')
    good.behave('ok')
    deliveries.send('gone', range(3, 6))
    time.sleep(1)
    if good.taken("call = 'gone'"):
        raise AssertionError('it was asked though it wanted no more')
    if server.stop() != 0:
        raise AssertionError(server.log())
    server.start()
    expect_all(server, good)


def dead_letters(server, strict):
    """What the application refuses is given up, and its call goes on; beside the server and without it letters are listed,
    delivered after all, and dropped."""
    def letters(*where):
        lines = support.run(server.program, 'deadletters', 'list', 'strict', '--json', *(where or ('--data-dir', server.data_dir)))
        return [json.loads(line) for line in lines.splitlines()]

    def command(*arguments, expected=0):
        ended = subprocess.run([server.program, 'deadletters', *arguments], capture_output=True, text=True, timeout=60,
                               env=support.environment())
        if ended.returncode != expected:
            raise AssertionError(f'{arguments}: {ended.returncode} {ended.stdout} {ended.stderr}')
        return ended.stdout

    strict.behave('refuse call.dtmf.received 400')
    deliveries = Deliveries(server)
    deliveries.send('strict', range(4))
    wait_until(lambda: len(letters()) == 4, 60, 'dead letters')
    if letters() != letters('--url', f'http://{server.api}') or {letter['answer'] for letter in letters()} != {'HTTP 400'}:
        raise AssertionError(letters())
    if 'strict' not in command('list', '--data-dir', server.data_dir):
        raise AssertionError('no table')
    command('retry', '--data-dir', server.data_dir, '--api-listen', server.api)
    wait_until(lambda: [letter['attempts'] for letter in letters()] == [4] * 4, 60, 'more attempts')
    if metric(server, 'hookledger_subscription_given_up_total', strict.name) != 8:
        raise AssertionError('not counted')
    with open(server.path('server.log'), encoding='utf-8') as log:
        said = [line for line in log if 'subscription=strict' in line]
    for words in ('an application refuses records', 'records were given up: see hookledger deadletters list'):
        if not 1 <= len([line for line in said if words in line and 'answer="HTTP 400"' in line]) <= 3:
            raise AssertionError(f'{words}: {said}')
    place = '{partition}/{offset}'.format(**letters()[0])
    command('drop', 'strict', '--id', place, '--url', f'http://{server.api}')
    command('drop', 'strict', '--id', place, '--url', f'http://{server.api}', expected=1)
    command('drop', 'nobody', '--data-dir', server.data_dir, '--api-listen', server.api, expected=1)
    for wrong in (['list', 'a', 'b'], ['mend'], [], ['list', '--id', '7']):
        command(*wrong, '--data-dir', server.data_dir, expected=2)
    server.stop()
    place = '{partition}/{offset}'.format(**letters()[0])
    if json.loads(command('drop', '--id', place, '--json', '--data-dir', server.data_dir)) != {'count': 1}:
        raise AssertionError('not dropped')
    command('retry', 'strict', '--data-dir', server.data_dir)
    if [letter['retry'] for letter in letters()] != [True] * 2:
        raise AssertionError(letters())
    strict.behave('ok')
    server.start()
    wait_until(lambda: not letters(), 60, 'all of them delivered')
    if len(strict.taken("call = 'strict'")) != 2:
        raise AssertionError(strict.taken("call = 'strict'"))


def lag_is_a_finding(server, strict, slow):
    """By a clock that is moved: the application is away for a minute, and then it is back."""
    clock = server.path('clock')

    def set_clock(seconds):
        with open(clock, 'r+b' if os.path.exists(clock) else 'wb') as file:
            file.write(struct.pack('<q', int(seconds * 1e6)))

    def finding(status):
        found = json.loads(server.get('/v1/findings?rule=subscription-lagging&status=all').body)['items']
        return [(each['device_id'], each['status']) for each in found] == [('subscription strict', status)]

    began = time.time()
    set_clock(began)
    server.stop()
    server.arguments += ('--clock', clock)
    server.start()
    strict.kill()
    Deliveries(server).send('away', range(2))
    set_clock(began + 62)
    wait_until(lambda: metric(server, 'hookledger_subscription_lag_seconds', strict.name) > 60, 30, 'a lag')

    def noted(application):
        log = support.run(server.program, 'export', '--data-dir', server.data_dir)
        return f'"{application.name}/hookledger.subscription.lagging/'.encode() in log

    wait_until(lambda: noted(strict), 30, 'a note in the log')
    set_clock(began + 64)
    wait_until(lambda: finding('open'), 30, 'an open finding')
    strict.start()
    wait_until(lambda: finding('resolved'), 60, 'its end')
    if any(one.type.startswith('hookledger.') for one in strict.taken()):
        raise AssertionError('what the server notes is delivered')

    def slow_is_behind():
        found = json.loads(server.get('/v1/findings?rule=subscription-lagging').body)['items']
        return any(each['device_id'] == 'subscription slow' for each in found)

    # Whoever is taken out while it is behind is behind no longer.
    slow.kill()
    Deliveries(server).send('taken-out', range(2))
    set_clock(began + 130)
    wait_until(lambda: noted(slow), 30, 'a note in the log')
    set_clock(began + 132)
    wait_until(slow_is_behind, 30, 'an open finding')
    with open(server.path('subscriptions.ini'), 'w', encoding='ascii') as file:
        file.write(strict.section())
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: not slow_is_behind(), 30, 'its end')


def check_refusals(program, server, good):
    """A section that cannot be used says what to do, and nothing of a secret."""
    for old, new, words in (('url = http://', 'url = ftp://user:pw@', 'url: give http://'),
                            ('rate = 9', 'rate = 0', 'rate'), ('rate = 9', 'rate = 1x', 'rate'),
                            ('rate = 9', 'parallel = 0', 'parallel'), ('rate = 9', 'organization =', 'organization'), ('rate = 9', 'give-up-after = soon', 'give-up-after'),
                            ('rate = 9', 'from = yesterday', 'now or start'), ('rate = 9', 'colour = red', 'unknown key'),
                            ('good.secret', 'good.behaviour', 'whsec_')):
        with open(server.path('wrong.ini'), 'w', encoding='ascii') as file:
            file.write(good.section('rate = 9').replace(old, new))
        ended = subprocess.run([program, 'serve', '--config', server.path('wrong.ini'), '--data-dir', server.path('none'),
                                '--telnyx-public-key', server.public_key],
                               capture_output=True, text=True, timeout=20, env=support.environment())
        if ended.returncode != 2 or words not in ended.stderr or SECRET in ended.stderr or 'pw' in ended.stderr:
            raise AssertionError(f'{new}: {ended.returncode} {ended.stderr}')


def main(program):
    with support.Server(program) as server:
        good, slow, strict = applications = [Application(server.folder, name).start() for name in ('good', 'slow', 'strict')]
        try:
            with open(server.path('subscriptions.ini'), 'w', encoding='ascii') as file:
                file.write(good.section('from = start') + slow.section('rate = 200', 'from = start', 'parallel = 4') +
                           strict.section('give-up-after = 2', 'types = call.dtmf.*'))
            check_refusals(program, server, good)
            server.stop()
            server.arguments = ('--config', server.path('subscriptions.ini'))
            server.start()
            everything_fails(server, good, slow)
            comes_back(server, slow)
            dead_letters(server, strict)
            wants_no_more(server, good)
            lag_is_a_finding(server, strict, slow)
            if server.stop() != 0:
                raise AssertionError(server.log())
        finally:
            for application in applications:
                application.kill()


if __name__ == '__main__':
    main(sys.argv[1])
