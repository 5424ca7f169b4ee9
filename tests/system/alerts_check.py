#!/usr/bin/env python3
"""Alerts from the running program: whatever receiver and server suffer, each beginning and end of a finding is told, in
order, signed; a thousand findings are few messages; and a receiver that hangs holds up nobody else.
alerts_check.py PROGRAM"""
import datetime
import json
import os
import sys
import time

import jsonschema
import yaml

import alert_support
import receiving_process
import support
from delivery_load import Sender, Signer
from kafka_support import wait_until

SCHEMAS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'schemas')
CALLS = 1000


def alert_validator():
    def load(name):
        with open(os.path.join(SCHEMAS, name), encoding='utf-8') as file:
            return yaml.safe_load(file.read().replace('./openapi.yaml#', '#'))
    schema = {**load('alert.yaml'), 'components': load('openapi.yaml')['components']}
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def event(call, kind, ago):
    at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=ago)
    return json.dumps({'data': {
        'record_type': 'event', 'id': f'{call}-{kind}', 'event_type': f'call.{kind}', 'occurred_at': at.strftime('%Y-%m-%dT%H:%M:%S.%fZ'),
        'payload': {'call_session_id': call, 'call_leg_id': f'leg-{call}', 'call_control_id': f'control-{call}'}}}).encode()


class Deliveries:
    """All to the server as it is now, each answered 200."""

    def __init__(self, server):
        self.sender, self.slowest = Sender(server.webhooks, Signer(server.key_file)), 0.0

    def send(self, calls, kind, ago):
        for call in calls:
            began = time.monotonic()
            answer = self.sender.deliver(event(call, kind, ago))
            self.slowest = max(self.slowest, time.monotonic() - began)
            if answer is None or answer[0] != 200:
                raise AssertionError(f'{call} {kind}: {answer}')


def metric(server, name, alert):
    for line in server.get('/metrics').body.decode().splitlines():
        if line.startswith(f'{name}{{alert="{alert}"}} '):
            return float(line.rsplit(' ', 1)[1])
    raise AssertionError(f'no {name} of {alert}')


def check_messages(receiver):
    """What every receiver must have heard."""
    validator, began = alert_validator(), set()
    for attempt in receiver.taken():
        validator.validate(attempt['message'])
        kind, data = attempt['message']['type'].split('.')[1], attempt['message']['data']
        for finding in data.get('findings', [data]):
            if kind == 'opened':
                began.add(finding['id'])
            elif data.get('count', 1) <= 10 and finding['id'] not in began and not receiver.cut:
                raise AssertionError(f'{finding["id"]} ended before it began')
        receiver.cut |= data.get('count', 1) > 10
        if attempt['size'] > 40_000:
            raise AssertionError(f'{attempt["size"]} bytes')
    if any(attempt['status'] == 401 for attempt in receiver.asked()):
        raise AssertionError('a signature was wrong')


def storm(server, good, hanging):
    """A thousand findings of a rule, while another receiver hangs."""
    hanging.behave('hang 60')
    names = [f'storm-{number}' for number in range(CALLS)]
    deliveries = Deliveries(server)
    deliveries.send(names, 'initiated', 120)
    wait_until(lambda: good.count('opened') == CALLS, 30, f'{CALLS} openings, not {good.count("opened")}: {server.log()}')
    deliveries.send(names[:500], 'hangup', 100)
    wait_until(lambda: good.count('resolved') == 500, 30, f'500 ends, not {good.count("resolved")}')
    print(f'{CALLS} openings and 500 ends in {len(good.taken())} messages, slowest 200 in {deliveries.slowest:.3f} s')
    if len(good.taken()) > 30 or deliveries.slowest > 5:
        raise AssertionError('too many, or too slow')
    # It is measured between attempts, and the one that hangs is ended after a while.
    wait_until(lambda: metric(server, 'hookledger_alerts_waiting', hanging.name) > 0, 60,
               'a message that waits for the receiver that hangs')
    if metric(server, 'hookledger_alerts_oldest_waiting_seconds', hanging.name) <= 0:
        raise AssertionError('nothing grows old')
    return names


def everything_fails(server, good, names):
    """The receiver fails, dies and comes back, and the server is killed in between."""
    good.behave('500')
    Deliveries(server).send(names[500:600], 'hangup', 90)
    time.sleep(2)
    server.kill()
    good.kill()
    server.start()
    Deliveries(server).send(names[600:700], 'hangup', 80)
    time.sleep(1)
    good.behave('503 1')
    good.start()
    time.sleep(1)
    server.kill()
    server.start()
    good.behave('200')
    wait_until(lambda: good.count('resolved') == 700, 40, f'700 ends, not {good.count("resolved")}: {server.log()}')


def comes_back(server, hanging):
    """The other one hears all of it when it is well, though it slept through two crashes."""
    hanging.behave('200')
    wait_until(lambda: (hanging.count('opened'), hanging.count('resolved')) == (CALLS, 700), 60,
               f'{hanging.count("opened")} openings and {hanging.count("resolved")} ends: {server.log()}')
    if len(hanging.taken()) > 30:
        raise AssertionError(f'{len(hanging.taken())} messages')


def wants_no_more(server, good, names):
    good.behave('410')
    Deliveries(server).send(names[700:701], 'hangup', 70)
    wait_until(lambda: metric(server, 'hookledger_alert_disabled', good.name) == 1, 20, 'an alert that is disabled')
    good.behave('200')
    asked = len(good.asked())
    Deliveries(server).send(names[701:702], 'hangup', 70)
    time.sleep(3)
    if len(good.asked()) != asked:
        raise AssertionError('it was told though it wanted no more')
    server.stop()
    server.start()
    wait_until(lambda: good.count('resolved') == 702, 30, f'702 ends, not {good.count("resolved")}')


def check_refusals(program, server, good):
    """A section that cannot be used says what to do, and nothing of a secret."""
    for old, new, words in (('url = http://', 'url = ftp://user:pw@', 'url: give http://'),
                            ('group-window = 2s', 'group-window = 0s', 'group-window'),
                            ('min-severity = info', 'min-severity = loud', 'info, warning or critical'),
                            ('min-severity = info', 'rules = no-such', 'rules list'),
                            ('min-severity = info', 'colour = red', 'unknown key'),
                            ('good.secret', 'good.behaviour', 'whsec_')):
        path = server.path('wrong.ini')
        with open(path, 'w', encoding='ascii') as file:
            file.write(good.section('group-window = 2s', 'min-severity = info').replace(old, new))
        ended = support.subprocess.run([program, 'serve', '--config', path, '--data-dir', server.path('none'), '--telnyx-public-key',
                                        server.public_key], capture_output=True, text=True, timeout=20, env=support.environment())
        if ended.returncode != 2 or words not in ended.stderr or receiving_process.SECRET in ended.stderr or 'pw' in ended.stderr:
            raise AssertionError(f'{new}: {ended.returncode} {ended.stderr}')


def main(program):
    with support.Server(program) as server:
        good, hanging = (alert_support.Receiver(server.folder, name).start() for name in ('good', 'hanging'))
        try:
            with open(server.path('alerts.ini'), 'w', encoding='ascii') as file:
                rules = 'rules = no-answer-no-end'
                file.write(good.section(rules, 'group-window = 2s') + hanging.section(rules, 'group-window = 2s'))
            check_refusals(program, server, good)
            server.stop()
            server.arguments = ('--config', server.path('alerts.ini'))
            server.start()
            names = storm(server, good, hanging)
            everything_fails(server, good, names)
            comes_back(server, hanging)
            wants_no_more(server, good, names)
            for receiver in (good, hanging):
                receiver.cut = False
                check_messages(receiver)
            if server.stop() != 0:
                raise AssertionError(server.log())
        finally:
            good.kill()
            hanging.kill()


if __name__ == '__main__':
    main(sys.argv[1])
