"""Sends what is in the log of some calls to an application again, with `hookledger redeliver`, which is killed in between."""
from urllib.parse import quote

import engines  # noqa: F401  It puts tests/system on the path.
import redeliver_support
from application_support import check_order
from scenario import Wrong, expand, known

REDELIVERED = {'call', 'killed after'}


def check_redelivered(checker, line, expected):
    """Every record of the calls arrives at least once, in order per call, although the command is killed after so many."""
    known(expected, REDELIVERED, 'redelivered', line)
    engine, names = checker.engine, [checker.names.call(name) for name in expand(expected['call'])]
    wanted = set()
    for name in names:
        view = checker.get(line, f'/v1/calls/{quote(name, safe="")}/records')
        wanted |= {(each['partition'], each['offset']) for each in view['records']}
    selected = [word for name in names for word in ('--call', name)]
    with redeliver_support.Applications(engine.folder) as applications:
        application = applications.new()
        redelivery = redeliver_support.Redelivery(engine.program, application, *engine.redelivery_options())
        process = redelivery.start(*selected, '--rate', 50)
        redeliver_support.wait_for_more(application, process, expected['killed after'])
        process.kill()
        process.communicate()
        report = redelivery.json(*selected, '--rate', 0)
        if not report['resumed'] or application.places() != wanted:
            raise Wrong(line, f'redelivered {len(application.places())} of {len(wanted)} records: {report}')
        check_order(application.taken())
