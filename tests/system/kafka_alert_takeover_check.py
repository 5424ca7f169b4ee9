#!/usr/bin/env python3
"""Whoever takes partitions over with nothing on its disk tells what opened and ended while nobody had them, and not what
was told already. How far the alert is every tool for groups can see.  kafka_alert_takeover_check.py PROGRAM"""
import sys

import alert_support
import kafka_support
from alerts_check import Deliveries
from kafka_ledger import Ledger

CALLS, BESIDE = 5, 12


def calls(name):
    return {f'{name}-{number}' for number in range(CALLS)}


def told(receiver, kind):
    """Of which calls, among the messages since `receiver.begun`."""
    found = set()
    for attempt in receiver.taken()[receiver.begun:]:
        if attempt['message']['type'] in ('finding.' + kind, 'findings.' + kind):
            data = attempt['message']['data']
            found.update(finding['call_id'] for finding in data.get('findings', [data]))
    return found


def main(program):
    with Ledger(program, kafka_support.shared_brokers(), '--partitions', 4) as ledger:
        receiver = alert_support.Receiver(ledger.folder, 'ops').start()
        receiver.begun = 0
        try:
            config = ledger.path('alerts.ini')
            with open(config, 'w', encoding='ascii') as file:
                file.write(receiver.section('rules = no-answer-no-end', 'group-window = 1s'))
            group = ledger.topic.replace('.events', '.project.alert.ops')
            sink = ledger.sink()
            sink.key_file = ledger.key_file
            deliveries = Deliveries(sink)
            projector = ledger.projector('first', '--config', config, '--session-timeout', '6s')
            projector.wait_until_ready()
            kafka_support.wait_until(lambda: projector.metric('hookledger_partitions_owned') == 4, 60, 'all partitions')
            kafka_support.wait_until(lambda: len(kafka_support.group_progress(ledger.brokers, group)) == 4, 60, 'the beginning of all partitions')

            deliveries.send(calls('stays') | calls('ends'), 'initiated', 150)
            deliveries.send(calls('over'), 'initiated', 150)
            deliveries.send(calls('over'), 'hangup', 60)
            kafka_support.wait_until(lambda: told(receiver, 'resolved') == calls('over'), 60, 'the end of what is over')
            kafka_support.wait_until(lambda: told(receiver, 'opened') >= calls('stays') | calls('ends'), 60, 'the openings')
            def offsets():
                return sum(offset for offset, _ in kafka_support.group_progress(ledger.brokers, group).values())
            kafka_support.wait_until(lambda: offsets() == 4 * CALLS, 60, f'a place behind all records ({projector.log()})')
            before = kafka_support.group_progress(ledger.brokers, group)
            if [lag for _, lag in before.values()] != [0] * 4:
                raise AssertionError(f'lags of the group: {before}')
            # A place behind records that came after all was told is behind all that was told.
            beside = {f'beside-{number}' for number in range(BESIDE)}
            deliveries.send(beside, 'initiated', 1)
            deliveries.send(beside, 'hangup', 0)
            kafka_support.wait_until(lambda: offsets() == 4 * CALLS + 2 * BESIDE, 60, f'a place behind what came beside ({projector.log()})')
            after = kafka_support.group_progress(ledger.brokers, group)
            if any(after[partition][0] == offset for partition, (offset, _) in before.items()):
                raise AssertionError(f'nothing came beside in one of the partitions: {before}, {after}')

            projector.kill()
            receiver.begun = len(receiver.taken())
            deliveries.send(calls('ends'), 'hangup', 5)
            deliveries.send(calls('opens'), 'initiated', 120)
            deliveries.send(calls('flashes'), 'initiated', 120)
            deliveries.send(calls('flashes'), 'hangup', 30)

            heir = ledger.projector('second', '--config', config, '--session-timeout', '6s')
            heir.wait_until_ready()
            kafka_support.wait_until(lambda: told(receiver, 'opened') >= calls('opens') | calls('flashes'), 60,
                                     f'what opened meanwhile, not only {told(receiver, "opened")} ({heir.log()})')
            kafka_support.wait_until(lambda: told(receiver, 'resolved') >= calls('ends') | calls('flashes'), 60,
                                     f'what ended meanwhile, not only {told(receiver, "resolved")} ({heir.log()})')
            deliveries.send(calls('stays'), 'hangup', 0)
            kafka_support.wait_until(lambda: told(receiver, 'resolved') >= calls('stays'), 60, 'the end of what was open')
            if told(receiver, 'opened') != calls('opens') | calls('flashes'):
                raise AssertionError(f'told again: {told(receiver, "opened")}')
            if told(receiver, 'resolved') != calls('ends') | calls('flashes') | calls('stays'):
                raise AssertionError(f'ended again: {told(receiver, "resolved")}')
        finally:
            receiver.kill()


if __name__ == '__main__':
    main(sys.argv[1])
