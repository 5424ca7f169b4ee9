#!/usr/bin/env python3
"""G1, G3 and G7 on Kafka: brokers die, hang and refuse under load, and the sink dies beside them. What was answered 200 is
there, once in effect.  kafka_brokers_fail_check.py PROGRAM"""
import sys
import time

import kafka_support
from kafka_ledger import Ledger

SLOWEST_ANSWER_MS = 1900  # A provider waits for two seconds.


def leader_killed(ledger, brokers):
    sink, projector = ledger.sink('sink-1'), ledger.projector('projector-1')
    traffic = ledger.traffic(sink)
    time.sleep(2)
    victim = kafka_support.leader(brokers.addresses, ledger.topic)
    brokers.kill(victim)
    report = traffic.finish()
    brokers.restart(victim)
    ledger.wait_until_drained(sink)
    return sink, projector, report


def all_killed(ledger, brokers):
    sink, projector = ledger.sink('sink-2'), ledger.projector('projector-2')
    traffic = ledger.traffic(sink)
    time.sleep(2)
    for broker in brokers.all():
        brokers.kill(broker)
    report = traffic.finish()
    if sink.metric('hookledger_spool_records') == 0:
        raise AssertionError('nothing was spooled')
    if not sink.ready():
        raise AssertionError('a sink that spools is ready')
    sink.kill()  # What it has spooled outlives it, and it starts without brokers.
    sink.start()
    ledger.traffic(sink, 50).finish()
    sink.stop(10)  # Nobody hangs because the brokers are away.
    projector.stop(15)
    sink.start()
    brokers.restart_all()
    projector.start()
    ledger.wait_until_drained(sink)
    return sink, projector, report


def all_paused(ledger, brokers):
    sink, projector = ledger.sink('sink-3'), ledger.projector('projector-3')
    traffic = ledger.traffic(sink)
    time.sleep(2)
    for broker in brokers.all():
        brokers.pause(broker)
    time.sleep(5)
    for broker in brokers.all():
        brokers.resume(broker)
    report = traffic.finish()
    ledger.wait_until_drained(sink)
    return sink, projector, report


def too_few_in_sync(ledger, brokers):
    sink, projector = ledger.sink('sink-4'), ledger.projector('projector-4')
    traffic = ledger.traffic(sink)
    time.sleep(2)
    brokers.kill(3)
    report = traffic.finish()
    if sink.metric('hookledger_spool_records') == 0:
        raise AssertionError('records were taken with too few replicas in sync')
    brokers.restart(3)
    ledger.wait_until_drained(sink)
    return sink, projector, report


def refusing(ledger, brokers, name, *arguments):
    """A sink that can keep no more answers 503 and is not ready, and takes everything again when the brokers are back."""
    sink, projector = ledger.sink(name, *arguments), ledger.projector(name.replace('sink', 'projector'))
    for broker in brokers.all():
        brokers.pause(broker)
    traffic = ledger.traffic(sink, 100)
    kafka_support.wait_until(lambda: not sink.ready(), 30, 'a sink that refuses says so')
    for broker in brokers.all():
        brokers.resume(broker)
    report = traffic.finish()
    if report['answers'].get('503', 0) == 0:
        raise AssertionError(f'no 503: {report}')
    ledger.wait_until_drained(sink)
    return sink, projector, None


def spool_full(ledger, brokers):
    return refusing(ledger, brokers, 'sink-5', '--spool-bytes', '100KiB')


def no_spool(ledger, brokers):
    return refusing(ledger, brokers, 'sink-6', '--spool', 'off')


def main(program):
    with kafka_support.Brokers(3) as brokers:
        for scenario, topic in ((leader_killed, ()), (all_killed, ()), (all_paused, ()), (too_few_in_sync, ('--min-insync', 3)),
                                (spool_full, ()), (no_spool, ())):
            began = time.monotonic()
            with Ledger(program, brokers.addresses, '--partitions', 4, *topic) as ledger:
                sink, projector, report = scenario(ledger, brokers)
                calls = ledger.check([projector])
                records = ledger.records()
                repeats = len(records) - len({record['id'] for record in records})
                slowest = report['latency_us']['max'] / 1000 if report else 0
                if slowest > SLOWEST_ANSWER_MS:
                    raise AssertionError(f'{scenario.__name__}: an answer took {slowest} ms')
                sink.stop()
                projector.stop()
            print(f'{scenario.__name__}: {len(calls)} calls, {len(records)} records, {repeats} twice in the topic, slowest answer '
                  f'{slowest:.0f} ms, {time.monotonic() - began:.0f} s')


if __name__ == '__main__':
    main(sys.argv[1])
