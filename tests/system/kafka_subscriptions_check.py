#!/usr/bin/env python3
"""Standing subscriptions on Kafka: two projectors share them out with the partitions. Whoever dies, leaves or takes over, the
application gets every record, in order per call; and what was delivered is not delivered again by whoever takes over.
kafka_subscriptions_check.py PROGRAM"""
import json
import signal
import sys
import time

import kafka_support
import support
from application_support import Application, check_order
from kafka_ledger import Ledger
from subscriptions_check import Deliveries


def places(ledger):
    out = support.run(ledger.program, 'export', *ledger.options, '--quiet', timeout=120)
    return {(int(event['partition']), int(event['offset'])) for event in map(json.loads, out.splitlines())}


def main(program):
    with Ledger(program, kafka_support.shared_brokers(), '--partitions', 6) as ledger:
        application, late = (Application(ledger.folder, name).start() for name in ('app', 'late'))
        try:
            config = ledger.path('subscriptions.ini')
            with open(config, 'w', encoding='ascii') as file:
                file.write(application.section('from = start', 'give-up-after = 6'))
            sink = ledger.sink()
            sink.key_file = ledger.key_file
            first, second = (ledger.projector(name, '--config', config) for name in ('projector-1', 'projector-2'))
            for projector in (first, second):
                projector.wait_for_partitions()
                projector.wait_until_ready()

            def all_taken(seconds=60, by=application):
                log = places(ledger)
                kafka_support.wait_until(lambda: by.places() >= log, seconds,
                                         f'{len(log)} records, not {len(by.places())}: {first.log()} {second.log()}')
                check_order(by.taken())
                return len(by.taken()) - len(log)

            def send(name, calls=40, records=5):
                deliveries = Deliveries(sink)
                for number in range(calls):
                    deliveries.send(f'{name}-{number}', range(records))

            send('shared')
            if all_taken() != 0:
                raise AssertionError('something came twice')

            # One dies and is back before its partitions are given away; the application is away meanwhile.
            application.kill()
            send('away')
            first.kill()
            send('dead')
            application.start()
            first.start()
            first.wait_until_ready()
            again = all_taken()
            print(f'{again} came twice after a kill')

            # One leaves: the other goes on where it stopped, with all partitions.
            time.sleep(1.5)
            second.stop()
            first.wait_until_ready()
            before = len(application.taken())
            send('alone')
            all_taken()
            print(f'{len(application.taken()) - before - 200} came twice after a takeover')
            if len(application.taken()) - before > 200:
                raise AssertionError('a takeover delivers again what was delivered')

            # What the application refuses becomes a dead letter of the projector that has the partition.
            application.behave('refuse call.dtmf.received 400')
            send('refused', 10, 1)
            kafka_support.wait_until(lambda: first.metric('hookledger_subscription_dead_letters') == 10, 90, 'dead letters')
            letters = json.loads(first.get('/v1/deadletters').body)['items']
            listed = support.run(program, 'deadletters', 'list', '--data-dir', first.data_dir, '--json').splitlines()
            if letters != [json.loads(line) for line in listed] or len(letters) != 10:
                raise AssertionError(letters)
            application.behave('ok')
            support.run(program, 'deadletters', 'retry', '--data-dir', first.data_dir, '--api-listen', first.api)
            all_taken()
            if json.loads(first.get('/v1/deadletters').body)['items']:
                raise AssertionError('a dead letter is left')

            # One more, without a restart; the other goes on.
            with open(config, 'a', encoding='ascii') as file:
                file.write(late.section('from = start'))
            before = len(application.taken())
            first.process.send_signal(signal.SIGHUP)
            all_taken(by=late)
            send('late', 10, 1)
            if all_taken(by=late) != 0 or all_taken() < 0 or len(application.taken()) != before + 10:
                raise AssertionError('something came twice, or never')
        finally:
            application.kill()
            late.kill()


if __name__ == '__main__':
    main(sys.argv[1])
