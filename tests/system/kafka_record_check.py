#!/usr/bin/env python3
"""The record on Kafka as everybody else sees it: CONTRACT's binding, read by kcat, and as CloudEvents in binary mode.
kafka_record_check.py PROGRAM"""
import base64
import json
import os
import re
import sys

import kafka_support
import support
from delivery_load import Signer
from kafka_ledger import Ledger

EXAMPLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'data', 'telnyx', 'spec.call.answered.json')
UTC_MICROSECONDS = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z')


def deliver(ledger, sink, body):
    headers = Signer(ledger.key_file).headers(body)
    answer = support.request(sink.webhooks, 'POST', '/webhooks/telnyx', list(headers.items()), body)
    assert answer.status == 200, answer
    return headers, json.loads(answer.body)


def raw_value(ledger, place):
    return kafka_support.kcat(ledger.brokers, '-C', '-t', ledger.topic, '-p', place['partition'], '-o', place['offset'], '-c', 1,
                              '-q', '-D', '')


def expect(what, found, wanted):
    if found != wanted:
        raise AssertionError(f'{what}: {found!r} instead of {wanted!r}')


def check_event(ledger, sink):
    with open(EXAMPLE, 'rb') as file:
        body = file.read()
    event = json.loads(body)['data']
    signed, place = deliver(ledger, sink, body)
    [message] = [each for each in kafka_support.messages(ledger.brokers, ledger.topic) if each['partition'] == place['partition']]
    expect('offset', message['offset'], place['offset'])
    expect('key', message['key'], event['payload']['call_session_id'])
    expect('value', raw_value(ledger, place), body)
    headers = dict(message['headers'])
    received = headers['ce_receivedat']
    if not UTC_MICROSECONDS.fullmatch(received):
        raise AssertionError(received)
    expect('headers', message['headers'], [
        ('ce_specversion', '1.0'), ('ce_id', event['id']), ('ce_source', '/sources/telnyx'), ('ce_type', event['event_type']),
        ('ce_time', event['occurred_at']), ('ce_subject', event['payload']['call_leg_id']),
        ('ce_partitionkey', event['payload']['call_session_id']), ('content-type', 'application/json'), ('ce_receivedat', received),
        ('ce_signature', signed['telnyx-signature-ed25519']), ('ce_signedat', signed['telnyx-timestamp']),
        ('ce_keyid', headers['ce_keyid']), *([('ce_attempt', headers['ce_attempt'])] if 'ce_attempt' in headers else []),
        ('ce_provenance', 'delivered')])
    # Read as CloudEvents, it is what export says.
    read = {name.removeprefix('ce_'): value for name, value in message['headers'] if name.startswith('ce_')}
    read.update(datacontenttype=headers['content-type'], data_base64=base64.b64encode(body).decode(),
                partition=str(place['partition']), offset=str(place['offset']))
    [exported] = ledger.records()
    expect('export', {name: str(value) for name, value in exported.items()}, read)


def check_unrecognised(ledger, sink):
    _, place = deliver(ledger, sink, b'\x00 not JSON \xff')
    expect('value', raw_value(ledger, place), b'\x00 not JSON \xff')
    [record] = [each for each in ledger.records() if each['type'] == 'hookledger.unrecognised']
    expect('id', record['id'], place['id'])
    lines = kafka_support.kcat(ledger.brokers, '-C', '-t', ledger.topic, '-p', place['partition'], '-o', place['offset'], '-c', 1, '-q',
                               '-f', '%k\n%h\n').decode().splitlines()
    expect('key', lines[0], place['id'])
    names = re.findall(r'(?:^|,)([a-z_-]+)=', lines[1])
    if 'ce_time' in names or 'ce_subject' in names:
        raise AssertionError(f'what is absent is left out: {lines[1]}')


def check_keyring(ledger):
    topic = ledger.topic.replace('.events', '.keys')
    kafka_support.wait_until(lambda: kafka_support.latest(ledger.brokers, topic), 20, 'the key in the keyring')
    [(key_id, key)] = kafka_support.latest(ledger.brokers, topic).items()
    expect('key', key, ledger.public_key)
    if not re.fullmatch(r'ed25519:[0-9a-f]{16}', key_id):
        raise AssertionError(key_id)


def main(program):
    with Ledger(program, kafka_support.shared_brokers(), '--partitions', 4) as ledger:
        sink = ledger.sink()
        check_event(ledger, sink)
        check_unrecognised(ledger, sink)
        check_keyring(ledger)
        sink.stop()


if __name__ == '__main__':
    main(sys.argv[1])
