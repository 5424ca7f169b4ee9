"""The deliveries of a case as its sources would send them: names of the scenario become ids that no other case has."""
import base64
import hashlib
import json
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from urllib.parse import urlencode

from scenario import SOURCES, Wrong, name_of, offset

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
TARGETS = {'telnyx': '/webhooks/telnyx', 'telemetry': '/webhooks/app', 'twilio': '/webhooks/twilio'}
CONTENT_TYPES = {'telnyx': 'application/json', 'telemetry': 'application/cloudevents+json',
                 'twilio': 'application/x-www-form-urlencoded'}


def at(microseconds):
    return EPOCH + timedelta(microseconds=microseconds)


def rfc3339(microseconds):
    return at(microseconds).strftime('%Y-%m-%dT%H:%M:%S.%fZ')


class Names:
    """Ids of one playing of a case, each with its `mark`. The first leg of a Twilio call, `caller`, names the call."""

    def __init__(self, token, twilio):
        self.token, self.twilio = token, twilio
        self.mark = hashlib.md5(token.encode()).hexdigest()[:24] if twilio else token

    def leg(self, name):
        return f'CA{self.mark}{hashlib.md5(name.encode()).hexdigest()[:8]}' if self.twilio else f'{self.mark}.{name}'

    def control(self, name):
        return self.leg(name) if self.twilio else f'v3:{self.token}.{name}'

    def call(self, name='call'):
        return self.leg('caller' if name == 'call' else name) if self.twilio else f'{self.token}.{name}'

    def device(self, name):
        return name and f'{self.token}.{name}'

    organization = device


class Delivery:
    """One event on its way. `moment`: when it arrives, `occurred`: when it happened, both since 1970."""

    def __init__(self, step, index, given, names, begin, number=0):
        self.step, self.line, self.given, self.names = step, step.line, given, names
        self.source = next(source for source in SOURCES if source in given)
        self.type = given[self.source]
        self.leg, self.device, self.call = given.get('leg'), given.get('device'), given.get('call', 'call')
        self.name = name_of(given)
        self.begin, self.organization = begin, given.get('organization')
        every = offset(given.get('every', '0s'), self.line) * number
        self.moment = begin + step.at + every
        self.occurred = begin + offset(given.get('occurred', given['at']), self.line) + every
        self.id = f'{names.token}.{index:03}.{number:03}'
        self.attempt, self.sent, self.place = 1, None, None

    def incoming(self):
        return self.leg.startswith('caller')

    def target(self):
        return TARGETS[self.source]

    def body(self):
        return {'telnyx': self._telnyx, 'telemetry': self._telemetry, 'twilio': self._twilio}[self.source]()

    def fields(self):
        """`with`: a field whose name ends in _at or _after is an instant of the scenario."""
        def value(name, given):
            if isinstance(given, dict):
                return {inner: value(inner, each) for inner, each in given.items()}
            return rfc3339(self.begin + offset(given, self.line)) if name.endswith(('_at', '_after')) else given
        return {name: value(name, given) for name, given in (self.given.get('with') or {}).items()}

    def _telnyx(self):
        payload = {'connection_id': '1494404757140276705', 'call_session_id': self.names.call(self.call), 'client_state': None}
        if self.leg:
            payload |= {'call_leg_id': self.names.leg(self.leg), 'call_control_id': self.names.control(self.leg)}
            payload |= {'from': '+12025550133', 'to': '+12025550131' if self.incoming() else f'sip:{self.leg}@sip.example.com'}
        if self.type == 'call.initiated':
            payload['direction'] = 'incoming' if self.incoming() else 'outgoing'
        if self.type == 'call.recording.saved':
            payload |= {'channels': 'dual', 'recording_urls': {'mp3': f'https://recordings.example.com/{self.id}.mp3'}}
        if self.organization:
            state = {'organization_id': self.names.organization(self.organization)}
            payload['client_state'] = base64.b64encode(json.dumps(state).encode()).decode()
        data = {'record_type': 'event', 'event_type': self.type, 'id': self.id, 'occurred_at': rfc3339(self.occurred),
                'payload': payload | self.fields()}
        meta = {'attempt': self.attempt, 'delivered_to': 'https://hooks.example.org' + self.target()}
        return json.dumps({'data': data, 'meta': meta}).encode()

    def _telemetry(self):
        data = {}
        if self.call != 'none':
            data['call_session_id'] = self.names.call(self.call)
        if self.leg:
            data['call_leg_id'] = self.names.leg(self.leg)
        if self.device:
            data['device_id'] = self.names.device(self.device)
        if self.organization:
            data['organization_id'] = self.names.organization(self.organization)
        return json.dumps({'specversion': '1.0', 'id': self.id, 'source': '/app', 'type': self.type,
                           'time': rfc3339(self.occurred), 'datacontenttype': 'application/json',
                           'data': data | self.fields()}).encode()

    def _twilio(self):
        if not self.leg:
            raise Wrong(self.line, 'an event of twilio is of a leg')
        parameters = {'AccountSid': 'AC00000000000000000000000000000001', 'ApiVersion': '2010-04-01', 'CallSid': self.names.leg(self.leg),
                      'CallStatus': self.type, 'From': '+12025550133', 'To': '+12025550131', 'CallbackSource': 'call-progress-events',
                      'Direction': 'inbound' if self.leg == 'caller' else 'outbound-dial',
                      'SequenceNumber': self.id.split('.')[-2].lstrip('0') or '0', 'Timestamp': format_datetime(at(self.occurred))}
        if self.leg != 'caller':
            parameters |= {'ParentCallSid': self.names.call(self.call), 'To': f'sip:{self.leg}@sip.example.com'}
        return urlencode(parameters | self.fields()).encode()


def deliveries(step, index, names, begin, organization):
    """Those of one entry of a timeline."""
    return [Delivery(step, index, {'organization': organization, **given}, names, begin, number)
            for number, given in enumerate(step.deliveries())]
