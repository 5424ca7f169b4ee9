#!/usr/bin/env python3
"""Alerts on Kafka: two projectors tell of their own partitions; each opening and end is told whoever dies, and whoever takes
over goes on.  kafka_alerts_check.py PROGRAM"""
import sys
import time

import alert_support
import kafka_support
from alerts_check import Deliveries, check_messages
from kafka_ledger import Ledger

CALLS = 200


def main(program):
    with Ledger(program, kafka_support.shared_brokers(), '--partitions', 6) as ledger:
        receiver = alert_support.Receiver(ledger.folder, 'ops').start()
        try:
            config = ledger.path('alerts.ini')
            with open(config, 'w', encoding='ascii') as file:
                file.write(receiver.section('rules = no-answer-no-end', 'group-window = 2s'))
            sink = ledger.sink()
            sink.key_file = ledger.key_file
            first, second = (ledger.projector(name, '--config', config) for name in ('projector-1', 'projector-2'))
            for projector in (first, second):
                projector.wait_until_ready()
            kafka_support.wait_until(lambda: first.metric('hookledger_partitions_owned') > 0 < second.metric('hookledger_partitions_owned'),
                                     60, 'partitions of both')
            names = [f'call-{number}' for number in range(CALLS)]
            time.sleep(3)  # Both have begun: what opens from now on is no beginning.

            def told(kind, count):
                kafka_support.wait_until(lambda: receiver.count(kind) >= count, 60,
                                         f'{count} {kind}, not {receiver.count(kind)}: {first.log()} {second.log()}')

            deliveries = Deliveries(sink)
            deliveries.send(names, 'initiated', 120)
            told('opened', CALLS)
            deliveries.send(names[:CALLS // 2], 'hangup', 100)
            told('resolved', CALLS // 2)
            if (receiver.count('opened'), receiver.count('resolved')) != (CALLS, CALLS // 2):
                raise AssertionError(f'{receiver.count("opened")} openings, {receiver.count("resolved")} ends')

            # One dies with an end untold, and is back before its partitions are given away.
            receiver.behave('500')
            deliveries.send(names[CALLS // 2:CALLS * 3 // 4], 'hangup', 90)
            time.sleep(1)
            first.kill()
            first.start()
            receiver.behave('200')
            told('resolved', CALLS * 3 // 4)

            # One is gone: the other tells of all partitions, again of what it cannot know to have been told.
            second.stop()
            first.wait_until_ready()
            deliveries.send([f'late-{number}' for number in range(CALLS)], 'initiated', 120)
            told('opened', CALLS * 2)
            print(f'{len(receiver.taken())} messages')
            if len(receiver.taken()) > 120:
                raise AssertionError(f'{len(receiver.taken())} messages')
            receiver.cut = False
            check_messages(receiver)
        finally:
            receiver.kill()


if __name__ == '__main__':
    main(sys.argv[1])
