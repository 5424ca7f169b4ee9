#!/usr/bin/env python3
"""Recovery from the running program: one in five webhooks is lost on the way, the server is down and killed in between, the
provider's API answers 429 and 500 at random: in the end every call is as if nothing had been lost, nothing about loss is
open, and no call that lives was ended. recovery_check.py PROGRAM [SECONDS that the server is down, default 0]"""
import base64
import datetime
import json
import os
import random
import sys
import time

import support
from delivery_load import Sender, Signer
from kafka_support import wait_until

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
from telnyx_api import TelnyxApi, now, text_of  # noqa: E402

CALLS, LOST, SEED = 120, 0.2, 11
LOSS_RULES = {'missing-event', 'no-answer-no-end', 'answered-not-bridged', 'peer-not-ended', 'no-end', 'legs-ring-after-hangup',
              'legs-ring-after-answer', 'recording-not-saved'}


class LossyNetwork:
    """Delivers what it does not lose, and tells the provider's API which is which."""

    def __init__(self, server, api):
        self.server, self.api, self.random = server, api, random.Random(SEED)
        self.lost = set()  # Event ids.
        self.reconnect()

    def reconnect(self):
        self.sender = Sender(self.server.webhooks, Signer(self.server.key_file))

    def send(self, body, lose=None):
        lose = self.random.random() < LOST if lose is None else lose
        if lose:
            self.lost.add(json.loads(body)['data']['id'])
        else:
            answer = self.sender.deliver(body)
            if answer is None or answer[0] != 200:
                raise AssertionError(f'not taken: {answer}')
        self.api.happened(body, not lose)


def simulated(server, minutes_ago, calls=CALLS):
    """The bodies of some calls that are over, in order, and what must result from them."""
    start = now() - datetime.timedelta(minutes=minutes_ago)
    out, expect = server.path('events.jsonl'), server.path('expected.jsonl')
    support.run(server.program, 'simulate', '--calls', calls, '--seed', SEED, '--start', text_of(start), '--talk', '5s',
                '--signing-key', server.key_file, '--out', out, '--expect-all', expect)
    with open(out, encoding='utf-8') as lines:
        bodies = [base64.b64decode(json.loads(line)['data_base64']) for line in lines]
    with open(expect, encoding='utf-8') as lines:
        expected = {call['id']: call for call in map(json.loads, lines)}
    return bodies, expected


def prefer_signed(expected, bodies, lost):
    """Of two events with one meaning for a leg a signed one counts before a recovered one, whatever their times (G10), and an
    oracle that knows no loss says otherwise: a transfer bridges its leg again, and of these the first may be lost. Says of
    how many calls."""
    meanings = {}
    for body in bodies:
        event = json.loads(body)['data']
        if event['event_type'] in ('call.initiated', 'call.answered', 'call.bridged', 'call.hangup'):
            payload = event['payload']
            meaning = (payload['call_session_id'], payload['call_leg_id'], event['event_type'])
            meanings.setdefault(meaning, []).append((event['id'] in lost, event['occurred_at'], event['id']))
    changed = set()
    for (call_id, leg_id, kind), events in meanings.items():
        first = min(events)
        if first[1:] == min(event[1:] for event in events):
            continue
        if kind != 'call.bridged':
            raise AssertionError(f'a simulated leg has two {kind}: this oracle knows of bridges alone')
        call = expected[call_id]
        leg, = (leg for leg in call['legs'] if leg['id'] == leg_id)
        leg['bridged_at'] = first[1]
        call['bridged_at'] = min(leg['bridged_at'] for leg in call['legs'] if leg['bridged_at'])
        changed.add(call_id)
    return len(changed)


def call_of(server, call_id):
    answer = server.get(f'/v1/calls/{call_id}')
    if answer.status == 404:
        return None
    if answer.status != 200:
        raise AssertionError(answer)
    call = json.loads(answer.body)
    del call['findings']
    return call


def differing(server, expected):
    return [call_id for call_id, call in expected.items() if call_of(server, call_id) != call]


def open_about_loss(server):
    items = json.loads(server.get('/v1/findings?status=open&limit=500').body)['items']
    return {(finding['call_id'], finding['rule']) for finding in items if finding['rule'] in LOSS_RULES}


def metric(server, name):
    lines = server.get('/metrics').body.decode().splitlines()
    return sum(float(line.rsplit(' ', 1)[1]) for line in lines if line.startswith(name))


def event(call, kind, ago, **payload):
    at = now() - datetime.timedelta(seconds=ago)
    return json.dumps({'data': {
        'record_type': 'event', 'id': f'{call}-{kind}', 'event_type': f'call.{kind}', 'occurred_at': text_of(at),
        'payload': {'call_session_id': call, 'call_leg_id': f'leg-{call}', 'call_control_id': f'v3:{call}', **payload}}}).encode()


def everything_comes_back(server, api, down_seconds):
    bodies, expected = simulated(server, 30)
    network = LossyNetwork(server, api)
    third = len(bodies) // 3
    for body in bodies[:third]:
        network.send(body)
    server.kill()
    for body in bodies[third:third + third // 3]:
        network.send(body, lose=True)
        time.sleep(down_seconds / (third // 3))
    api.down = True  # The provider's API has its own troubles when we are back.
    server.start()
    network.reconnect()
    for body in bodies[third + third // 3:]:
        network.send(body)
    otherwise = prefer_signed(expected, bodies, network.lost)
    if otherwise == 0:
        raise AssertionError('no first bridge of a transfer was lost: choose another seed')
    wait_until(lambda: metric(server, 'hookledger_recovery_questions_waiting') > 0, 20, 'nothing is asked')
    if server.get('/readyz').status != 200:
        raise AssertionError('an outage of the provider makes us not ready')
    api.down = False
    wait_until(lambda: metric(server, 'hookledger_recovery_recovered_total') > 5, 60, f'nothing comes back: {server.log()}')
    server.kill()
    server.start()
    wait_until(lambda: not differing(server, expected), 120,
               f'{len(differing(server, expected))} calls are not as expected: {server.log()}')
    wait_until(lambda: not open_about_loss(server), 120, f'still open: {sorted(open_about_loss(server))[:5]}')
    print(f'{len(bodies)} events of {len(expected)} calls, {len(network.lost)} lost and recovered, {len(api.asked)} requests; '
          f'of {otherwise} calls a signed bridge counts before an earlier one that was lost')


def no_living_call_is_ended(server, api):
    """Of three silent legs one lives, one nobody knows, one is dead."""
    network = LossyNetwork(server, api)
    for call in ('living', 'unknown', 'dead'):
        network.send(event(call, 'initiated', 400), lose=False)
    api.forget('v3:unknown')
    ended_at = now() - datetime.timedelta(seconds=300)
    api.ended('v3:dead', ended_at)
    wait_until(lambda: call_of(server, 'dead')['status'] == 'ended', 120,
               f'the dead leg is open: {[target for target in api.asked if "dead" in target]} {server.log()}')
    asked = len([target for target in api.asked if '/calls/v3%3Aliving' in target])
    wait_until(lambda: len([target for target in api.asked if '/calls/v3%3Aliving' in target]) > asked, 60, 'it asks no more')
    for call in ('living', 'unknown'):
        if call_of(server, call)['status'] != 'initiated':
            raise AssertionError(f'{call} was ended: {call_of(server, call)}')
    view = json.loads(server.get('/v1/calls/dead/records').body)
    record = view['records'][-1]
    if (record['provenance'], record['signature'], record['recovered_from']) != ('synthetic', 'absent', '/v2/calls/v3%3Adead'):
        raise AssertionError(record)
    if view['call']['ended_at'] != text_of(ended_at):
        raise AssertionError(view['call'])
    # The hangup comes after all, signed: it takes over.
    network.send(event('dead', 'hangup', 299, hangup_cause='normal_clearing'), lose=False)
    if call_of(server, 'dead')['hangup_cause'] != 'normal_clearing':
        raise AssertionError(call_of(server, 'dead'))
    print('the living and the unknown call are open, the dead one is closed')


def by_hand(server, api):
    """Beside the server, and on its data dir without it. A person tries again by hand when the provider fails."""
    api.failing = api.limiting = 0
    call = [event('by-hand', kind, 300 - 10 * number) for number, kind in enumerate(('initiated', 'answered', 'bridged', 'hangup'))]
    for body in call:
        api.happened(body, True)  # Taken, the provider thinks.
    key_file = server.path('api.key')

    def recover(*arguments):
        out = support.run(server.program, 'recover', '--json', *arguments, timeout=120)
        return {line['call_id']: line for line in map(json.loads, out.decode().splitlines())}

    beside = ('--url', f'http://{server.api}')
    found = recover('--call', 'by-hand', '--dry-run', *beside)['by-hand']
    if (found['lost'], found['recovered'], found['closed']) != (4, 0, 0) or call_of(server, 'by-hand') is not None:
        raise AssertionError(found)
    found = recover('--call', 'by-hand', *beside)['by-hand']
    if (found['lost'], found['recovered']) != (4, 4) or call_of(server, 'by-hand')['status'] != 'ended':
        raise AssertionError(found)
    found = recover('--call', 'by-hand', *beside)['by-hand']
    if (found['lost'], found['already_there']) != (0, 4):
        raise AssertionError(found)
    text = support.run(server.program, 'recover', '--call', 'by-hand', '--data-dir', server.data_dir, '--api-listen', server.api,
                       timeout=120).decode()
    if text != 'nothing was lost that the provider knows of\n':
        raise AssertionError(text)
    if server.get('/v1/recoveries?call=by-hand').status != 405:
        raise AssertionError('a GET recovers')
    if support.request(server.api, 'POST', '/v1/recoveries?call=by-hand', [('Content-Length', '0')]).status != 403:
        raise AssertionError('who does not name the command recovers')
    if server.stop() != 0:
        raise AssertionError(server.log())
    for number in range(5):
        api.happened(event(f'since-{number}', 'hangup', 30), False)
    here = ('--data-dir', server.data_dir, '--telnyx-api-key-file', key_file, '--telnyx-api-url', api.url)
    found = recover('--since', '-1h', '--dry-run', *here)
    if sum(call['lost'] for call in found.values()) != 5 or any(call['recovered'] for call in found.values()):
        raise AssertionError(found)
    recover('--since', '-1h', *here)
    found = recover('--since', '-1h', *here)
    if any(call['lost'] for call in found.values()):
        raise AssertionError(found)
    text = support.run(server.program, 'call', 'since-3', '--data-dir', server.data_dir).decode()
    if 'recovered from /v2/webhook_deliveries?' not in text:
        raise AssertionError(text)
    print('by hand: --dry-run, --call, --since, beside the server and without it')


def main(program, down_seconds=0):
    with TelnyxApi(seed=SEED, failing=0.15, limiting=0.05, slow=0.02, bare=0.1) as api, support.Server(program) as server:
        with open(server.path('api.key'), 'w', encoding='ascii') as file:
            file.write(api.key + '\n')
        config = server.path('hookledger.ini')
        with open(config, 'w', encoding='ascii') as file:
            file.write(f'[source.telnyx]\nkind = telnyx\napi-key-file = {server.path("api.key")}\napi-url = {api.url}\n'
                       'api-connection = connection-1\nrecovery-interval = 2s\n')
        server.stop()
        server.arguments = ('--config', config)
        server.start()
        everything_comes_back(server, api, down_seconds)
        no_living_call_is_ended(server, api)
        by_hand(server, api)
        if api.key in server.log():
            raise AssertionError('the key is in the log')


if __name__ == '__main__':
    main(sys.argv[1], *map(int, sys.argv[2:]))
