#!/usr/bin/env python3
"""G3 to G6 on Kafka: projectors that die, join and leave, and lose a state; two sinks that get the same deliveries. Every
projector shows the oracle's calls, and all states are those of a rebuild.  kafka_projectors_check.py PROGRAM"""
import json
import os
import shutil
import signal
import sys
import time

import kafka_support
from kafka_ledger import Ledger


def killed_in_a_batch(ledger):
    """Again and again while it folds; each time it goes on from what its states cover."""
    sink, projector = ledger.sink(), ledger.projector('projector-1')
    traffic = ledger.traffic(sink, 1500, 1500)
    for pause in (1.0, 0.7, 1.3, 0.4):
        time.sleep(pause)
        projector.kill()
        projector.start()
    traffic.finish()
    return [projector]


def join_and_leave(ledger):
    """Under load; one of them is stopped for longer than the group waits, and comes back as a zombie."""
    sink = ledger.sink()
    first, second = ledger.projector('projector-1'), ledger.projector('projector-2')
    traffic = ledger.traffic(sink, 2500, 900)
    time.sleep(3)
    third = ledger.projector('projector-3', '--standby')
    time.sleep(4)
    second.stop()
    time.sleep(2)
    second.start()
    first.signal(signal.SIGSTOP)
    time.sleep(13)
    first.signal(signal.SIGCONT)
    traffic.finish()
    return [first, second, third]


def same_deliveries_at_two_sinks(ledger):
    """A race that no index can close: the topic may have an event twice, its effect is there once. When it is over, every
    sink knows what another appended."""
    sinks = [ledger.sink('sink-1'), ledger.sink('sink-2')]
    projector = ledger.projector('projector-1')
    start = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())
    both = [ledger.traffic(sink, 200, 800, '--seed', 7, '--start', start) for sink in sinks]
    for traffic in both:
        traffic.finish()
    if both[0].expected() != both[1].expected():
        raise AssertionError('the two sinks did not get the same')
    for sink in sinks:
        ledger.wait_until_drained(sink)
    records = ledger.records()
    repeats = len(records) - len({record['id'] for record in records})
    if repeats == 0:
        raise AssertionError('the race was not provoked: no event is twice in the topic')
    everything_is_known(ledger, ledger.sink('sink-3'), 200, '--seed', 7, '--start', start)  # It read the topic to be ready.
    ledger.traffic(sinks[0], 100, 800, '--seed', 8, '--start', start).finish()
    ledger.wait_until_drained(sinks[0])
    time.sleep(4)  # The other follows within a second.
    everything_is_known(ledger, sinks[1], 100, '--seed', 8, '--start', start)
    return [projector]


def everything_is_known(ledger, sink, calls, *arguments):
    again = ledger.traffic(sink, calls, 800, *arguments)
    report = again.finish()
    if report['accepted'] != 0 or report['duplicate'] == 0:
        raise AssertionError(f'{sink.name} does not know what other sinks appended: {report}')


def state_deleted(ledger):
    """A partition's state is gone: it is folded anew, and nothing older is published again."""
    sink, projector = ledger.sink(), ledger.projector('projector-1')
    ledger.traffic(sink, 200, 600).finish()
    ledger.check([projector])
    published = len(messages(ledger))
    projector.stop()
    shutil.rmtree(os.path.join(projector.data_dir, 'partition-1'))
    projector.start()
    ledger.check([projector])
    if len(messages(ledger)) != published:
        raise AssertionError('states were published again')
    return [projector]


def messages(ledger):
    return kafka_support.messages(ledger.brokers, ledger.topic.replace('.events', '.calls'), '-X',
                                  'isolation.level=read_committed')


def one_for_all(ledger):
    """Any projector answers for any call and leg, and both give the same list page by page; without its owner a partition
    is an honest 503."""
    sink = ledger.sink()
    first, second = ledger.projector('projector-1'), ledger.projector('projector-2')
    for projector in (first, second):
        projector.wait_for_partitions()
    ledger.traffic(sink, 60, 600).finish()
    calls = ledger.check([first, second])
    for call in calls.values():
        for projector in (first, second):
            answer = projector.get(f'/v1/calls/{call["id"]}')
            if answer.status != 200 or json.loads(answer.body)['id'] != call['id']:
                raise AssertionError(f'{projector.name}: {answer}')
            answer = projector.get(f'/v1/calls/{call["id"]}/records')
            if answer.status != 200 or json.loads(answer.body)['call']['id'] != call['id']:
                raise AssertionError(f'{projector.name} has no records of {call["id"]}: {answer}')
            leg = call['legs'][0]['control_id']
            answer = projector.get(f'/v1/legs/{leg}')
            if leg and (answer.status != 200 or json.loads(answer.body)['id'] != call['id']):
                raise AssertionError(f'{projector.name} does not find {leg}: {answer}')
    cursor, ids, turn = '', [], 0
    while cursor is not None:  # Pages from one and the other by turns.
        page = json.loads((first, second)[turn % 2].get(f'/v1/calls?limit=7&cursor={cursor}' if cursor else '/v1/calls?limit=7').body)
        ids += [call['id'] for call in page['items']]
        cursor, turn = page['next_cursor'], turn + 1
    if sorted(ids) != sorted(calls):
        raise AssertionError(f'{len(ids)} calls on pages by turns, {len(calls)} are there')
    second.kill()
    answers = [first.get(f'/v1/calls/{call}') for call in calls]
    refused = [answer for answer in answers if answer.status == 503]
    if not refused or not all(b'partition' in answer.body for answer in refused):
        raise AssertionError(f'with a dead owner: {[answer.status for answer in answers]} {refused[:1]}')
    second.start()
    return [first, second]


def main(program):
    for scenario in (one_for_all, killed_in_a_batch, join_and_leave, same_deliveries_at_two_sinks, state_deleted):
        began = time.monotonic()
        with Ledger(program, kafka_support.shared_brokers(), '--partitions', 6) as ledger:
            projectors = scenario(ledger)
            calls = ledger.check(projectors)
            for each in ledger.programs:
                if each.running():
                    each.stop()
        print(f'{scenario.__name__}: {len(calls)} calls, {time.monotonic() - began:.0f} s', flush=True)


if __name__ == '__main__':
    main(sys.argv[1])
