"""A scenario file as objects, or an error that names its line. README.md beside this says what the words mean."""
import os
import re

import yaml

UNITS = {'us': 1, 'ms': 1000, 's': 1_000_000, 'm': 60_000_000, 'h': 3_600_000_000, 'd': 86_400_000_000}
PART = re.compile(r'(\d+(?:\.\d+)?)(us|ms|s|m|h|d)')
OFFSET = re.compile(rf'-?(?:{PART.pattern})+')
RANGE = re.compile(r'(.*-)(\d+)\.\.\1(\d+)')

SCENARIO = {'title', 'story', 'how', 'rules', 'not shown', 'started with', 'cases'}
CASE = {'case', 'near miss', 'story', 'organization', 'orders', 'timeline'}
SOURCES = ('telnyx', 'twilio', 'telemetry')
DELIVERY = {'at', *SOURCES, 'again', 'leg', 'device', 'call', 'organization', 'occurred', 'with', 'as', 'answer', 'signature',
            'signed', 'captured', 'times', 'every', 'at once', 'meanwhile', 'lost'}
PROVIDER = {'at', 'provider', 'leg', 'occurred'}
PROVIDER_WAYS = ('is away', 'is back', 'tells what was lost', 'was asked about', 'has ended')
APPLICATION = {'at', 'application'}
APPLICATION_WAYS = ('hangs', 'is well')
TURNS = {'opens': 'open', 'resolves': 'resolved', 'notes': 'noted'}
CHECK = {'at', *TURNS, 'expect', 'absent'}
FINDING = {'rule', 'severity', 'legs', 'device', 'organization', 'evidence'}
EXPECT = {'call', 'legs', 'timeline', 'open', 'noted', 'server', 'redelivered', 'delivered'}


class Wrong(Exception):
    """A scenario that cannot be played, or whose expectation was not met: the line, and what is wrong."""

    def __init__(self, line, text):
        super().__init__(text)
        self.line = line


class Mapping(dict):
    """As read, with the line on which it begins."""
    line = 0


class _Loader(yaml.SafeLoader):
    def mapping(self, node):
        found = Mapping()
        found.line = node.start_mark.line + 1
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in found:
                raise Wrong(key_node.start_mark.line + 1, f'{key} stands there twice')
            found[key] = self.construct_object(value_node, deep=True)
        return found


_Loader.add_constructor('tag:yaml.org,2002:map', _Loader.mapping)


def offset(text, line):
    """`1m30s`, `200ms`, `-1h` as microseconds."""
    text = str(text)
    if not OFFSET.fullmatch(text):
        raise Wrong(line, f'{text} is no time: write 200ms, 5s, 1m30s, 4h5m or 2d')
    total = round(sum(float(number) * UNITS[unit] for number, unit in PART.findall(text)))
    return -total if text.startswith('-') else total


def expand(name):
    """`phone-1..phone-3` as three names, a list as those of its entries, any other name as itself."""
    if isinstance(name, list):
        return [each for entry in name for each in expand(entry)]
    found = RANGE.fullmatch(name or '')
    if not found:
        return [name]
    return [found[1] + str(number) for number in range(int(found[2]), int(found[3]) + 1)]


def name_of(given):
    """What checks call a delivery."""
    kind = next(given[source] for source in SOURCES if source in given)
    return given.get('as') or ' '.join(word for word in (kind, given.get('device') or given.get('leg')) if word)


def deliveries_of(given):
    """A range of legs, devices or calls makes as many deliveries."""
    ranges = {key: expand(given[key]) for key in ('leg', 'device', 'call') if key in given}
    count = max(map(len, ranges.values()), default=1)
    for key, each in ranges.items():
        if len(each) not in (1, count):
            raise Wrong(given.line, f'{key} has {len(each)} names where another range has {count}')
    return [{**given, **{key: each[number % len(each)] for key, each in ranges.items()}} for number in range(count)]


def known(mapping, keys, what, line):
    if not isinstance(mapping, dict):
        raise Wrong(line, f'{what} has to be keys with values')
    for key in mapping:
        if key not in keys:
            raise Wrong(getattr(mapping, 'line', line), f'{what} has no {key}: it has {", ".join(sorted(keys))}')


class Step:
    """One entry of a timeline: a delivery or a check, at an instant counted from the beginning of its case."""

    def __init__(self, given):
        self.line, self.given = given.line, given
        self.is_check, self.of_provider = bool(CHECK & set(given) - {'at'}), 'provider' in given
        self.of_application = 'application' in given
        keys, what = ((CHECK, 'a check') if self.is_check else (PROVIDER, 'what the provider does') if self.of_provider else
                      (APPLICATION, 'what the application does') if self.of_application else (DELIVERY, 'a delivery'))
        known(given, keys, what, self.line)
        if 'at' not in given:
            raise Wrong(self.line, 'at is missing: when does it come?')
        self.at = offset(given['at'], self.line)
        if self.is_check:
            self._check_findings()
        elif self.of_provider:
            if given['provider'] not in PROVIDER_WAYS:
                raise Wrong(self.line, f'the provider {", ".join(PROVIDER_WAYS)}')
        elif self.of_application:
            if given['application'] not in APPLICATION_WAYS:
                raise Wrong(self.line, f'the application {", ".join(APPLICATION_WAYS)}')
        elif len([key for key in (*SOURCES, 'again') if key in given]) != 1:
            raise Wrong(self.line, 'a delivery is of one of telnyx, twilio, telemetry, or again')

    def _check_findings(self):
        for turn in TURNS:
            if turn in self.given:
                known(self.given[turn], FINDING, turn, self.line)
                if 'rule' not in self.given[turn]:
                    raise Wrong(self.line, f'{turn} names no rule')
        known(self.given.get('expect', {}), EXPECT, 'expect', self.line)
        if 'expect' in self.given and not self.given['expect']:
            raise Wrong(self.line, 'it expects nothing')

    def get(self, key, otherwise=None):
        return self.given.get(key, otherwise)

    def deliveries(self):
        return deliveries_of(self.given) if any(source in self.given for source in SOURCES) else []

    def mentions(self):
        """Names of deliveries that have to be there before."""
        named = [self.given.get('again')] + expand(self.given.get('expect', {}).get('timeline', []))
        named += expand(self.given.get('expect', {}).get('delivered', []))
        return named + [name for _, finding in self.turns() for name in expand(finding.get('evidence', []))]

    def turns(self):
        """What this check says of findings: pairs of the turn and its mapping."""
        return [(turn, self.given[turn]) for turn in TURNS if turn in self.given]


class Case:
    """A story of its own, with ids of its own, or a near miss: one in which nothing may be found."""

    def __init__(self, given, number):
        self.line, self.number = given.line, number
        known(given, CASE, 'a case', self.line)
        self.near_miss = 'near miss' in given
        if self.near_miss == ('case' in given):
            raise Wrong(self.line, 'an entry of cases is a case or a near miss')
        self.name = given['near miss' if self.near_miss else 'case']
        self.organization, self.orders = given.get('organization'), given.get('orders')
        self.steps = [Step(step) for step in given.get('timeline') or ()]
        self._check()

    def _check(self):
        if not any(step.is_check for step in self.steps):
            raise Wrong(self.line, f'{self.name} checks nothing')
        for before, after in zip(self.steps, self.steps[1:]):
            if after.at < before.at:
                raise Wrong(after.line, 'time goes forward: this is earlier than the entry before it')
            if after.at == before.at and before.is_check and not after.is_check:
                raise Wrong(after.line, 'at one instant deliveries come before checks')
        self._check_names()
        if self.orders is not None and self.orders != 'every' and not isinstance(self.orders, int):
            raise Wrong(self.line, 'orders is every, or how many of them')
        if self.near_miss and self.rules():
            raise Wrong(self.line, 'in a near miss nothing is found: make it a case')

    def _check_names(self):
        before = {None}
        for step in self.steps:
            for name in step.mentions():
                if name not in before:
                    raise Wrong(step.line, f'there is no event {name} before: there are {", ".join(sorted(before - {None}))}')
            for name in map(name_of, step.deliveries()):
                if name in before:
                    raise Wrong(step.line, f'there was a {name} before: give one of them a name, as: …')
                before.add(name)

    def rules(self):
        """The rules of which this case has findings."""
        noted = {rule for step in self.steps for rule in step.get('expect', {}).get('noted', ())}
        return noted | {finding['rule'] for step in self.steps for _, finding in step.turns()}

    def recovers(self):
        return any(step.of_provider for step in self.steps)

    def delivers(self):
        return any(step.of_application or 'delivered' in step.get('expect', {}) for step in self.steps)

    def sources(self):
        return {source for step in self.steps for source in SOURCES if source in step.given}


class Scenario:
    def __init__(self, given, name):
        self.id = name
        known(given, SCENARIO, 'a scenario', 1)
        for key in ('title', 'story', 'how', 'cases'):
            if not given.get(key):
                raise Wrong(given.line, f'{key} is missing')
        self.title, self.how, self.rules = given['title'], given['how'].split(), given.get('rules', [])
        self.started_with = tuple(given.get('started with', ()))
        self.cases = [Case(case, number) for number, case in enumerate(given['cases'], 1)]
        self._check(given)

    def _check(self, given):
        if not self.how or set(self.how) - set('PDRT'):
            raise Wrong(given.line, 'how is some of P, D, R, T')
        if self.rules and 'D' not in self.how or 'D' in self.how and not self.rules and 'not shown' not in given:
            raise Wrong(given.line, 'a scenario has rules when it shows detection, D, and only then; if it cannot yet, it says so: not shown')
        if 'R' in self.how and not self.recovers() and 'not shown' not in given:
            raise Wrong(given.line, 'it shows no recovery, R: what does the provider do?')
        named = set().union(*(case.rules() for case in self.cases))
        for rule in self.rules:
            if rule not in named:
                raise Wrong(given.line, f'no case shows the rule {rule}')
        if self.rules and not any(case.near_miss for case in self.cases):
            raise Wrong(given.line, 'no near miss: which call looks like it and is well?')

    def recovers(self):
        """Does it need the provider's API?"""
        return any(case.recovers() for case in self.cases)

    def delivers(self):
        """Does it need an application with a subscription?"""
        return any(case.delivers() for case in self.cases)

    def sources(self):
        return set().union(*(case.sources() for case in self.cases))


def load(path):
    name = os.path.basename(path).removesuffix('.yaml')
    with open(path, encoding='utf-8') as file:
        try:
            given = yaml.load(file, _Loader)
        except yaml.MarkedYAMLError as error:
            raise Wrong(error.problem_mark.line + 1, f'this is no YAML: {error.problem}') from None
    if not isinstance(given, Mapping):
        raise Wrong(1, 'a scenario has to be keys with values')
    return Scenario(given, name)
