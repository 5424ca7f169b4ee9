#!/usr/bin/env python3
"""Findings of devices and ratios on Kafka: each is told and published once though every projector knows all of them, whoever has
its partition; what ends is told and published as ended; and who takes over goes on.  kafka_subjects_check.py PROGRAM"""
import base64
import datetime
import hashlib
import hmac
import json
import struct
import sys
import time
import uuid

import alert_support
import kafka_support
import support
from alerts_check import check_messages
from kafka_ledger import Ledger

DEVICES, SECRET = 6, b'0' * 32


class Clock:
    """Of all programs: it stands, and is moved."""

    def __init__(self, path):
        self.path, self.now = path, int(time.time())
        self.write('wb')

    def write(self, mode):
        with open(self.path, mode) as file:
            file.write(struct.pack('<q', self.now * 1_000_000))

    def advance(self, seconds):
        self.now += seconds
        self.write('r+b')


class App:
    """Posts telemetry to a sink."""

    def __init__(self, sink, clock):
        self.sink, self.clock = sink, clock

    def say(self, kind, ago, **data):
        at = datetime.datetime.fromtimestamp(self.clock.now - ago, datetime.timezone.utc)
        event_id, now = str(uuid.uuid4()), str(self.clock.now)
        body = json.dumps({'specversion': '1.0', 'id': event_id, 'source': '/app', 'type': kind,
                           'time': at.strftime('%Y-%m-%dT%H:%M:%S.%fZ'), 'data': data}).encode()
        mac = base64.b64encode(hmac.new(SECRET, f'{event_id}.{now}.'.encode() + body, hashlib.sha256).digest()).decode()
        answer = support.request(self.sink.webhooks, 'POST', '/webhooks/app',
                                 [('Content-Type', 'application/cloudevents+json'), ('webhook-id', event_id),
                                  ('webhook-timestamp', now), ('webhook-signature', 'v1,' + mac)], body)
        if answer.status != 200:
            raise AssertionError(f'{kind}: {answer.status} {answer.body}')

    def push(self, kind, count, ago):
        for number in range(count):
            self.say(kind, ago, organization_id='acme', device_id=f'pixel-{number}', call_session_id=f'call-{number}')

    def token(self, kind, name, ago):
        for number in range(DEVICES):
            self.say(kind, ago, device_id=f'{name}-{number}')


def subjects_of(data):
    return [finding['device_id'] or finding['rule'] for finding in data.get('findings', [data])]


def told(receiver, kind):
    """Of which devices and rules, in all messages since `receiver.begun`: one entry for each time."""
    messages = {attempt['id']: attempt['message'] for attempt in receiver.taken()[receiver.begun:]}
    return sorted(subject for message in messages.values() if message['type'].endswith('.' + kind)
                  for subject in subjects_of(message['data']))


def published(ledger):
    """Status by device or rule, of the findings that are asked for."""
    findings = kafka_support.latest(ledger.brokers, ledger.topic.replace('.events', '.findings')).values()
    return {finding['device_id'] or finding['rule']: finding['status'] for finding in map(json.loads, findings)
            if finding['rule'] in ('push-token-not-synced', 'push-failures')}


def devices(name):
    return sorted(f'{name}-{number}' for number in range(DEVICES))


def main(program):
    with Ledger(program, kafka_support.shared_brokers(), '--partitions', 4) as ledger:
        receiver = alert_support.Receiver(ledger.folder, 'ops').start()
        receiver.begun = 0
        try:
            with open(ledger.path('app.secret'), 'w', encoding='ascii') as file:
                file.write('whsec_' + base64.b64encode(SECRET).decode())
            with open(ledger.path('sink.ini'), 'w', encoding='ascii') as file:
                file.write(f'[source.app]\nkind = standard\nsecret-file = {ledger.path("app.secret")}\n')
            with open(ledger.path('alerts.ini'), 'w', encoding='ascii') as file:
                file.write(receiver.section('rules = push-token-not-synced, push-failures', 'group-window = 1s'))
            clock = Clock(ledger.path('clock'))
            app = App(ledger.sink('sink', '--config', ledger.path('sink.ini'), '--clock', clock.path), clock)
            start = lambda name: ledger.projector(name, '--config', ledger.path('alerts.ini'), '--session-timeout', '6s',
                                                  '--clock', clock.path)
            group = ledger.topic.replace('.events', '.project.alert-subjects.ops')
            progress = lambda: list(kafka_support.group_progress(ledger.brokers, group).values())
            first, second = start('first'), start('second')
            for projector in (first, second):
                projector.wait_until_ready()
                projector.wait_for_partitions()
            kafka_support.wait_until(lambda: len(progress()) == 4, 60, 'the beginning of all partitions')
            clock.advance(1)  # What opens from now on is no beginning.

            def expect_told(kind, subjects):
                kafka_support.wait_until(lambda: set(told(receiver, kind)) >= set(subjects), 60,
                                         f'{kind}: {subjects}, only {told(receiver, kind)} ({first.log()} {second.log()})')
                if told(receiver, kind) != subjects:
                    raise AssertionError(f'{kind}: {told(receiver, kind)}, not {subjects}')

            def expect_published(statuses):
                kafka_support.wait_until(lambda: published(ledger) == statuses, 60, f'{statuses} published, not {published(ledger)}')

            app.token('device.fcm_token.refreshed', 'phone', 70)
            app.push('app.push.sent', 20, 2)
            app.push('app.push.failed', 5, 1)
            statuses = dict.fromkeys(devices('phone') + ['push-failures'], 'open')
            expect_told('opened', devices('phone') + ['push-failures'])
            expect_published(statuses)

            clock.advance(2)
            app.say('app.fcm_token.synced', 0, device_id='phone-0')
            app.push('app.push.sent', 20, 0)
            expect_told('resolved', ['phone-0', 'push-failures'])
            statuses.update({'phone-0': 'resolved', 'push-failures': 'resolved'})
            expect_published(statuses)
            clock.advance(120)  # So long after that, what opens cannot be taken for what was told.
            for number in range(40):  # In each partition some.
                app.say('app.fcm_token.synced', 0, device_id=f'other-{number}')
            kafka_support.wait_until(lambda: [lag for _, lag in progress()] == [0] * 4, 60, f'places of that time, not {progress()}')

            # Both die, and while nobody has anything, some end and some open.
            first.kill()
            second.kill()
            receiver.begun = len(receiver.taken())
            app.say('app.fcm_token.synced', 0, device_id='phone-1')
            app.token('device.fcm_token.refreshed', 'tablet', 70)
            clock.advance(2)
            heir = start('heir')
            heir.wait_until_ready()
            expect_told('opened', devices('tablet'))
            expect_told('resolved', ['phone-1'])
            statuses.update({'phone-1': 'resolved', **dict.fromkeys(devices('tablet'), 'open')})
            expect_published(statuses)
            clock.advance(2)
            app.say('app.fcm_token.synced', 0, device_id='phone-2')
            expect_told('resolved', ['phone-1', 'phone-2'])
            expect_told('opened', devices('tablet'))
            statuses['phone-2'] = 'resolved'
            expect_published(statuses)
            receiver.cut = True
            check_messages(receiver)
        finally:
            receiver.kill()


if __name__ == '__main__':
    main(sys.argv[1])
