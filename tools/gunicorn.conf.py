"""How gunicorn serves the product: by `make run`, `make phone`, the browser tests and behind a proxy.

Every value that a machine may need otherwise comes from the environment; docs/operations.md lists them.
"""

import os

bind = os.environ.get("FIELDSERVICE_BIND", "127.0.0.1:8000")

# Threads, because open event streams each hold one while they wait.
worker_class = "gthread"
workers = int(os.environ.get("FIELDSERVICE_WORKERS", "2"))
threads = int(os.environ.get("FIELDSERVICE_THREADS", "128"))
worker_connections = 1000
keepalive = 5

# Each worker opens its own database pool; a pool made before the fork would be shared between processes.
preload_app = False

timeout = 60
graceful_timeout = 10

# Nobody steers the server through a socket; a socket is one more way in.
control_socket_disable = True

certfile = os.environ.get("FIELDSERVICE_TLS_CERTIFICATE") or None
keyfile = os.environ.get("FIELDSERVICE_TLS_KEY") or None

# The product writes its own line for each request, without tokens, bodies or phone numbers.
accesslog = None
errorlog = "-"
loglevel = os.environ.get("FIELDSERVICE_SERVER_LOG_LEVEL", "info")


def on_starting(server):
    """Imports once what each worker needs, so that they start sooner and share its memory; their applications, and with
    them pools and connections, are their own.
    """
    import gc

    # A page makes a hundred thousand objects and lets go of them without being looked through, and what is imported
    # stays: so often it is in vain.
    gc.set_threshold(50_000, 20, 50)

    import fieldservice

    fieldservice.import_all()
    # What is imported stays for ever: to look through it again and again would hold up requests, and unshare the memory.
    gc.collect()
    gc.freeze()


def post_worker_init(worker):
    """Refuses data that are not for this program. Open event streams end when their worker is told to: gunicorn waits
    for them, Ctrl-C must not. What its application is made of stays too.
    """
    import gc

    from gunicorn.arbiter import Arbiter

    from fieldservice.core import start
    from fieldservice.dispatch import live

    try:
        start.hold(worker.wsgi)
    except start.CannotStart as error:
        worker.log.error("%s", error)
        raise SystemExit(Arbiter.APP_LOAD_ERROR) from error
    live.is_serving = lambda: worker.alive
    gc.collect()
    gc.freeze()
