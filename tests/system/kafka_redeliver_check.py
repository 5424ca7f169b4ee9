#!/usr/bin/env python3
"""`hookledger redeliver` straight from the brokers: what is selected, by what the records say or by what a projector knows,
and on after a kill.  kafka_redeliver_check.py PROGRAM"""
import json
import sys

import kafka_support
import support
from application_support import check_order
from kafka_ledger import Ledger
from redeliver_support import Applications, Redelivery, check_request, records, wait_for_more


def check_all(redelivery, application, log):
    """Killed in between."""
    process = redelivery.start('--rate', 100, '--yes')
    wait_for_more(application, process, 40)
    process.kill()
    process.communicate()
    report = redelivery.json('--rate', 0)
    assert report['delivered_before'] + report['delivered'] == len(log), report
    taken = application.taken()
    assert application.places() == set(log), f'{len(application.places())} of {len(log)}'
    check_order(taken)
    for each in taken:
        check_request(each, log[(each.partition, each.offset)])


def check_selected(redelivery, application, log, arguments, wanted):
    redelivery.run('--rate', 0, *arguments)
    places = {place for place, record in log.items() if wanted(record)}
    assert places and application.places() == places, f'{arguments}: {len(application.places())} of {len(places)}'


def main(program):
    with Ledger(program, kafka_support.shared_brokers(), '--partitions', 4) as ledger, Applications(ledger.folder) as applications:
        sink, projector = ledger.sink(), ledger.projector()
        support.run(program, 'simulate', '--url', f'http://{sink.webhooks}/webhooks/telnyx', '--signing-key', ledger.key_file,
                    '--calls', 40, '--quiet')
        ledger.wait_until_drained(sink)
        log = records(program, *ledger.options)
        projector.wait_until_ready()

        def new():
            application = applications.new()
            return Redelivery(program, application, *ledger.options, '--state', ledger.path('state')), application

        check_all(*new(), log)
        calls = projector.calls()
        organization = next(call['organization_id'] for call in calls.values() if call['organization_id'])
        one = next(iter(calls))
        check_selected(*new(), log, ['--call', one], lambda record: record['partitionkey'] == one)
        check_selected(*new(), log, ['--type', 'call.hangup'], lambda record: record['type'] == 'call.hangup')
        check_selected(*new(), log, ['--org', organization, '--url', f'http://{projector.api}'],
                       lambda record: calls.get(record['partitionkey'], {}).get('organization_id') == organization)
        redelivery, _ = new()
        _, said = redelivery.run('--org', organization, expect=2)
        assert '--url' in said, said
        _, said = redelivery.run('--call', 'nobody', expect=1)
        assert 'no record of such a call' in said, said
        for process in (projector, sink):
            process.stop()
    print(json.dumps({'records': len(log)}))


if __name__ == '__main__':
    main(sys.argv[1])
