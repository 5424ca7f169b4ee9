#!/usr/bin/env python3
"""A receiver of alerts as a process of its own: checks signatures, writes what it takes to a file, one JSON line each, and
behaves as a file says.  alert_receiver.py PORT SECRET_FILE TAKEN_FILE BEHAVIOUR_FILE"""
import base64
import hashlib
import hmac
import http.server
import json
import sys
import time

PORT, SECRET, TAKEN, BEHAVIOUR = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]


def read(path):
    with open(path, encoding='ascii') as file:
        return file.read().strip()


KEY = base64.b64decode(read(SECRET).removeprefix('whsec_'))


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers['content-length']))
        said = {name: self.headers['webhook-' + name] for name in ('id', 'timestamp', 'signature')}
        signed = f'{said["id"]}.{said["timestamp"]}.'.encode() + body
        right = 'v1,' + base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
        valid = right in said['signature'].split() and abs(time.time() - int(said['timestamp'])) < 300
        behaviour = read(BEHAVIOUR).split()
        if behaviour[0] == 'hang':
            time.sleep(float(behaviour[1]))
            return
        status = int(behaviour[0]) if valid else 401
        line = json.dumps({'id': said['id'], 'status': status, 'at': time.time(), 'size': len(body), 'message': json.loads(body)})
        with open(TAKEN, 'a', encoding='utf-8') as file:
            file.write(line + '\n')
        self.send_response(status)
        if len(behaviour) > 1:
            self.send_header('Retry-After', behaviour[1])
        self.send_header('Content-Length', '0')
        self.end_headers()

    def log_message(self, *_):
        pass


if __name__ == '__main__':
    server = http.server.ThreadingHTTPServer(('127.0.0.1', PORT), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()
