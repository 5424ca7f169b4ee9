"""Compares what the API says of a case with what its scenario expects."""
import json
import os
import re
import time
from datetime import datetime
from urllib.parse import quote

from events import EPOCH, rfc3339
from redelivering import check_redelivered
from scenario import Wrong, expand, known, offset
from application_support import check_order  # redelivering puts tests/system on the path.

DELIVERY_SECONDS_MAX = 60
TIMES = ('initiated', 'ringing', 'answered', 'bridged', 'ended')
CALL = {'of', 'status', 'winner', 'originator', 'organization', 'hangup_cause', 'hangup_source', 'missing', 'recordings', 'events',
        'source', 'direction', *TIMES}
LEG = {'status', 'hangup_cause', 'hangup_source', 'sip_hangup_cause', 'direction', *TIMES}


def differ(line, what, expected, found):
    if expected != found:
        raise Wrong(line, f'{what}: expected {expected}, found {found}')


class Checker:
    """Of one playing of a case: its names, where it begins, and `places`, where its events are in the log, by name."""

    def __init__(self, engine, names, begin, places):
        self.engine, self.names, self.begin, self.places = engine, names, begin, places

    def get(self, line, target):
        answer = self.engine.get(target)
        if answer.status not in (200, 404):
            raise Wrong(line, f'{target} was answered {answer.status}: {answer.body.decode()}')
        return json.loads(answer.body) if answer.status == 200 else None

    def call(self, line, name='call'):
        return self.get(line, f'/v1/calls/{quote(self.names.call(name), safe="")}')

    def mine(self, findings):
        """Those that rest on an event of this case, in one order."""
        mine = {place for place in self.places.values() if place}
        return sorted((finding for finding in findings
                       if any((each['partition'], each['offset']) in mine for each in finding['evidence'])),
                      key=lambda finding: (finding['rule'], finding['opened_at'], finding['id']))

    def findings(self, line):
        found, cursor = [], ''
        while cursor is not None:
            page = self.get(line, '/v1/findings?status=all&limit=500' + (f'&cursor={cursor}' if cursor else ''))
            found += page['items']
            cursor = page['next_cursor']
        return self.mine(found)

    def turn(self, step, turn, status, now, findings):
        """That a finding of the case has turned to `status` at this instant."""
        wanted, line = step.get(turn), step.line
        rule = wanted['rule']
        of_rule = [finding for finding in findings if finding['rule'] == rule]
        when = 'resolved_at' if turn == 'resolves' else 'opened_at'
        fitting = [each for each in of_rule if each['status'] == status and each[when] == rfc3339(now)]
        if len(fitting) != 1:
            seen = [f'{each["rule"]} {each["status"]} {self.since(each["opened_at"])}' for each in of_rule or findings]
            raise Wrong(line, f'expected that {rule} {turn} now, found {", ".join(seen) or "no finding"}')
        finding = fitting[0]
        if 'severity' in wanted:
            differ(line, f'severity of {rule}', wanted['severity'], finding['severity'])
        if 'legs' in wanted:
            legs = expand(wanted['legs'])
            differ(line, f'legs of {rule}', sorted(map(self.names.leg, legs)), sorted(finding['leg_ids']))
            differ(line, f'control ids of {rule}', sorted(map(self.names.control, legs)), sorted(finding['control_ids']))
        for key, field in (('device', 'device_id'), ('organization', 'organization_id')):
            if key in wanted:
                differ(line, f'{key} of {rule}', self.names.device(wanted[key]), finding[field])
        evidence = {(each['partition'], each['offset']) for each in finding['evidence']}
        for name in expand(wanted.get('evidence', [])):
            if self.places[name] not in evidence:
                raise Wrong(line, f'{name} is not in the evidence of {rule}')
        if not finding['summary'] or not finding['action']:
            raise Wrong(line, f'{rule} does not say what happened, or what to do')

    def since(self, text):
        return f'at {text}, which is {self.microseconds(text) / 1e6:g}s'

    def microseconds(self, text):
        """An instant of an answer, counted from the beginning of the case."""
        return round((datetime.fromisoformat(text) - EPOCH).total_seconds() * 1e6) - self.begin

    def expect(self, step, findings):
        expected, line = step.get('expect', {}), step.line
        if expected.get('call') == 'none':
            differ(line, 'call', None, self.call(line))
        elif 'call' in expected:
            for name in expand(expected['call'].get('of', 'call')):
                self.check_call(line, name, expected['call'])
        if 'legs' in expected:
            self.check_legs(line, expected['legs'])
        if 'open' in expected:
            differ(line, 'open findings', sorted(expected['open']), self.found_call(line)['findings'])
        if 'noted' in expected:
            noted = {each['rule'] for each in findings if each['status'] == 'noted'}
            differ(line, 'noted findings', sorted(expected['noted']), sorted(noted))
        if 'timeline' in expected:
            self.check_timeline(line, expected['timeline'])
        if 'delivered' in expected:
            self.check_delivered(line, expected['delivered'])
        if 'server' in expected:
            self.check_server(line, expected['server'])
        if 'redelivered' in expected:
            check_redelivered(self, line, expected['redelivered'])

    def found_call(self, line, name='call'):
        call = self.call(line, name)
        if call is None:
            raise Wrong(line, f'expected the call {self.names.call(name)}, found none')
        return call

    def check_call(self, line, name, expected):
        known(expected, CALL, 'call', line)
        call = self.found_call(line, name)
        found = {name: call[name] for name in ('status', 'hangup_cause', 'hangup_source', 'source', 'direction')}
        found |= {'winner': call['winner_leg_id'], 'originator': call['originator_leg_id'], 'organization': call['organization_id'],
                  'recordings': len(call['recordings']), 'events': call['events']['count'],
                  'missing': [f'{each["type"]} {each["leg_id"]}' for each in call['missing']]}
        for name, value in expected.items():
            if name in ('winner', 'originator'):
                value = value and self.names.leg(value)
            elif name == 'organization':
                value = self.names.organization(value)
            elif name == 'missing':
                value = [f'{each.split()[0]} {self.names.leg(each.split()[1])}' for each in value]
            if name in TIMES:
                self.check_time(line, f'{name} of the call', value, call[f'{name}_at'])
            elif name != 'of':
                differ(line, f'{name} of the call', value, found[name])

    def check_time(self, line, what, expected, found):
        differ(line, what, expected and rfc3339(self.begin + offset(expected, line)), found)

    def check_legs(self, line, expected):
        legs = {leg['id']: leg for leg in self.found_call(line)['legs']}
        wanted = {leg: value for name, value in expected.items() for leg in expand(name)}
        differ(line, 'legs', sorted(map(self.names.leg, wanted)), sorted(legs))
        for name, value in wanted.items():
            value = {'status': value} if isinstance(value, str) else value
            known(value, LEG, 'a leg', line)
            for key, each in value.items():
                if key in TIMES:
                    self.check_time(line, f'{key} of {name}', each, legs[self.names.leg(name)][f'{key}_at'])
                else:
                    differ(line, f'{key} of {name}', each, legs[self.names.leg(name)][key])

    def check_timeline(self, line, expected):
        view = self.get(line, f'/v1/calls/{quote(self.names.call(), safe="")}/records')
        if view is None:
            raise Wrong(line, 'expected a timeline, found no call')
        name_of = {place: name for name, place in self.places.items()}
        found = [name_of[(each['partition'], each['offset'])] for each in view['records']]
        differ(line, 'timeline', expand(expected), found)
        wrong = [each['id'] for each in view['records'] if each['signature'] != 'valid']
        differ(line, 'records whose signature is not valid', [], wrong)

    def check_delivered(self, line, expected):
        """The application gets all of it, in order per call."""
        wanted = {self.places[name] for name in expand(expected)}
        end = time.monotonic() + DELIVERY_SECONDS_MAX
        while not wanted <= self.engine.application.places():
            if time.monotonic() > end:
                raise Wrong(line, f'the application lacks {len(wanted - self.engine.application.places())} of {len(wanted)} records')
            time.sleep(0.1)
        check_order(self.engine.application.taken())

    def check_server(self, line, expected):
        """`talks to nobody`: its sockets are the listeners, connections to them, and on Kafka those to the brokers."""
        differ(line, 'server', 'talks to nobody', expected)
        brokers = os.environ.get('HOOKLEDGER_TEST_KAFKA', '') if not self.engine.exactly_once_in_log else ''
        allowed = {address.rsplit(':', 1)[1] for address in (self.engine.webhooks, self.engine.api, *brokers.split(',')) if address}
        if self.engine.provider:
            allowed.add(str(self.engine.provider.server.server_address[1]))
        for process in self.engine.processes():
            for local, remote in connections(process):
                if not {local, remote} & allowed:
                    raise Wrong(line, f'the program is connected from port {local} to port {remote}')


def connections(process):
    """TCP connections of a process as pairs of ports; listeners are none."""
    inodes = set()
    for each in os.listdir(f'/proc/{process}/fd'):
        try:
            found = re.fullmatch(r'socket:\[(\d+)\]', os.readlink(f'/proc/{process}/fd/{each}'))
        except FileNotFoundError:
            continue
        inodes |= {found[1]} if found else set()
    for table in ('tcp', 'tcp6'):
        with open(f'/proc/{process}/net/{table}', encoding='ascii') as file:
            for fields in map(str.split, file.read().splitlines()[1:]):
                if fields[9] in inodes and fields[3] != '0A':
                    yield tuple(str(int(address.rsplit(':', 1)[1], 16)) for address in fields[1:3])
