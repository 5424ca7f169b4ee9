#!/usr/bin/env python3
"""tools/deploy/prometheus-alerts.yaml: it has the shape of Prometheus' rule files, and every figure and label that it names
is in /metrics of a running server.  prometheus_alerts_check.py PROGRAM"""
import http.client
import os
import re
import ssl
import sys

import yaml

import alert_support
import support
from kafka_support import wait_until

RULES = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'tools', 'deploy', 'prometheus-alerts.yaml')


def series(text):
    """Name of each figure → the labels that it has."""
    found = {}
    for name, labels in re.findall(r'^(\w+)(?:\{(.*)\})? \S+$', text, re.MULTILINE):
        found.setdefault(name, set()).update(re.findall(r'(\w+)="', labels))
    return found


def figures_of_a_server(program):
    with support.Server(program) as server:
        support.subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
                                '-subj', '/CN=here', '-keyout', server.path('tls.key'), '-out', server.path('tls.crt')],
                               check=True, capture_output=True)
        receiver = alert_support.Receiver(server.folder, 'ops').start()
        try:
            with open(server.path('alerts.ini'), 'w', encoding='ascii') as file:
                file.write(receiver.section())
                file.write(receiver.section().replace('[alert.', '[subscription.'))
            server.stop()
            server.arguments = ('--config', server.path('alerts.ini'), '--tls-cert', server.path('tls.crt'),
                                '--tls-key', server.path('tls.key'))
            server.start()
            host, port = server.webhooks.rsplit(':', 1)
            connection = http.client.HTTPSConnection(host, int(port), context=ssl._create_unverified_context())
            connection.request('POST', '/webhooks/telnyx', b'{}', {'telnyx-timestamp': '1', 'telnyx-signature-ed25519': 'x'})
            if connection.getresponse().status != 403:
                raise AssertionError('a forged delivery was taken')
            connection.close()
            wait_until(lambda: b'hookledger_findings_open' in server.get('/metrics').body, 20, 'the findings to be counted')
            return series(server.get('/metrics').body.decode())
        finally:
            receiver.kill()


def check(rule, figures):
    if not set(rule) <= {'alert', 'expr', 'for', 'labels', 'annotations'} or not rule['annotations']['summary']:
        raise AssertionError(rule)
    if 'for' in rule and not re.fullmatch(r'\d+[smh]', rule['for']):
        raise AssertionError(rule)
    names = re.findall(r'\bhookledger_\w+', rule['expr'])
    if len(names) != 1 or names[0] not in figures:
        raise AssertionError(f'{rule["alert"]}: {names} is none of {sorted(figures)}')
    text = rule['expr'] + ''.join(rule['annotations'].values())
    labels = re.findall(r'(\w+)=~?"', rule['expr']) + re.findall(r'\bby \((\w+)\)', rule['expr'])
    for label in labels + re.findall(r'\$labels\.(\w+)', text):
        if label not in figures[names[0]]:
            raise AssertionError(f'{rule["alert"]}: {names[0]} has no label {label}, but {figures[names[0]]}')


def main(program):
    with open(RULES, encoding='utf-8') as file:
        document = yaml.safe_load(file)
    if set(document) != {'groups'} or any(set(group) != {'name', 'rules'} for group in document['groups']):
        raise AssertionError('a rule file is groups of rules')
    rules = [rule for group in document['groups'] for rule in group['rules']]
    if len({rule['alert'] for rule in rules}) != len(rules):
        raise AssertionError('two rules have one name')
    figures = figures_of_a_server(program)
    for rule in rules:
        check(rule, figures)
    severities = set(re.findall(r'severity="(\w+)"', str(rules)))
    if severities != {'info', 'warning', 'critical'}:
        raise AssertionError(severities)
    print(f'{len(rules)} rules')


if __name__ == '__main__':
    main(sys.argv[1])
