"""What Cog's server looks like from outside, and what it may do at its worst; the input says what."""

from __future__ import annotations

import argparse
import itertools
import json
import os
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TEXT = {"type": "string"}
FILE = {"type": "string", "format": "uri"}
PIECES = {"type": "array", "items": TEXT, "x-cog-array-type": "iterator"}
INPUT = {"type": "object", "properties": {"do": TEXT, "document": FILE}}
SCHEMA = {
    "components": {"schemas": {"Input": INPUT, "Output": {"pieces": PIECES, "file": FILE}[os.environ["FAKE_OUTPUT"]]}}
}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    cancels = 0
    cancelled = threading.Event()
    refusals = itertools.count()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self):
        self.answer(200, SCHEMA if self.path == "/openapi.json" else {"status": "READY", "setup": {}})

    def do_POST(self):
        Server.cancels += 1
        if Server.cancels > 1:  # the first one is missed
            Server.cancelled.set()
        self.answer(200, {})

    def do_PUT(self):
        order = json.loads(self.rfile.read(int(self.headers["content-length"])))
        what = order["input"].get("do", "")
        once = Path("was-here")
        if what == "die before" and not once.exists():
            once.touch()
            os._exit(1)
        if what == "refuse":
            self.answer(500, {"detail": "I would rather not"})
        elif what == "be busy" and next(Server.refusals) < 3:
            self.answer(409, {"detail": "Already running a prediction"})
        else:
            self.answer(202, {})
            threading.Thread(target=run, args=(what, order), daemon=True).start()


def run(what, order):
    def report(status, logs, output, **more):
        body = {"status": status, "logs": logs, "output": output, "metrics": None, **more}
        request = urllib.request.Request(order["webhook"], json.dumps(body).encode(), method="POST")
        urllib.request.urlopen(request).read()

    if what == "die meanwhile":
        print("farewell", flush=True)
        os._exit(1)
    if what == "wait":
        report("processing", "waiting\n", [])
        Server.cancelled.wait(60)
        report("canceled", "waiting\n", [])
    elif what == "hand in":
        document = urllib.request.urlopen(order["input"]["document"]).read()
        url = f"{Options.upload_url}turned%20around.txt"
        request = urllib.request.Request(url, iter([document[::-1]]), {"transfer-encoding": "chunked"}, method="PUT")
        report("succeeded", "", urllib.request.urlopen(request).headers["location"], metrics={"predict_time": 0.5})
    elif what == "inline":
        report("succeeded", "", "data:text/plain;base64,aW5saW5l")
    else:
        report("processing", "one\ntwo\n", ["a", "b"])
        report("processing", "one\n", ["a"])
        report("starting", "", [])
        report("succeeded", "one\ntwo\nthree\n", ["a", "b", "c"])
        report("processing", "one\ntwo\n", ["a", "b"])


parser = argparse.ArgumentParser()
parser.add_argument("--host")
parser.add_argument("--upload-url")
Options = parser.parse_args()

if __name__ == "__main__":
    time.sleep(0.05)
    Server((Options.host, int(os.environ["PORT"])), Handler).serve_forever()
