#!/usr/bin/env python3
"""Opens a page in headless Chromium and does what it is told, by the DevTools protocol over a pair of pipes.

    browse.py PAGE < steps.json

Steps is a list of objects: {"width": 400, "height": 800, "dark": true} sets the window up, {"script": false} turns
JavaScript off, {"open": true} loads the page again, {"key": "j"} and {"text": "ab"} type, {"evaluate": "..."} runs an
expression, {"screenshot": FILE} and {"pdf": FILE} write one. Prints an object: "values" of the expressions in order,
"complaints" of the console, "requests" that were not for the page itself.
"""
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

DEADLINE = time.monotonic() + 90


class Browser:
    def __init__(self, profile):
        to_browser, self.writer = os.pipe()
        self.reader, from_browser = os.pipe()
        # The browser reads from descriptor 3 and writes to 4: those that we hold move out of the way first.
        inner = [os.dup(to_browser), os.dup(from_browser)]
        while min(inner) < 5:
            inner = [os.dup(fd) for fd in inner]

        def prepare():
            os.dup2(inner[0], 3)
            os.dup2(inner[1], 4)

        self.process = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
             "--remote-debugging-pipe", "--user-data-dir=" + profile, "about:blank"],
            preexec_fn=prepare, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        for fd in [to_browser, from_browser] + inner:
            os.close(fd)
        self.pending = b""
        self.number = 0
        self.session = None
        self.events = []

    def message(self):
        while b"\0" not in self.pending:
            if time.monotonic() > DEADLINE:
                raise SystemExit("the browser takes too long")
            piece = os.read(self.reader, 1 << 16)
            if not piece:
                raise SystemExit("the browser ended")
            self.pending += piece
        text, self.pending = self.pending.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        data = json.dumps(request).encode() + b"\0"
        while data:
            data = data[os.write(self.writer, data):]
        while True:
            message = self.message()
            if message.get("id") == self.number:
                if "error" in message:
                    raise SystemExit(method + ": " + message["error"]["message"])
                return message["result"]
            if "method" in message:
                self.events.append(message)

    def wait(self, method, start):
        """Until an event of this name came, after the first `start` events."""
        while not any(event["method"] == method for event in self.events[start:]):
            message = self.message()
            if "method" in message:
                self.events.append(message)


# The codes that a page sees, for keys that are no letters.
CODES = {"Enter": 13, "Escape": 27, "ArrowUp": 38, "ArrowDown": 40, "Tab": 9}


def press(browser, key):
    event = {"key": key, "windowsVirtualKeyCode": CODES.get(key, ord(key[0].upper()))}
    text = "\r" if key == "Enter" else key if len(key) == 1 else None
    if text:
        event["text"] = text
    browser.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **event)
    browser.call("Input.dispatchKeyEvent", type="keyUp", **event)


def run(browser, page, steps):
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    browser.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    for domain in ["Page", "Runtime", "Log", "Network"]:
        browser.call(domain + ".enable")
    values = []

    def load():
        seen = len(browser.events)
        browser.call("Page.navigate", url=page)
        browser.wait("Page.loadEventFired", seen)

    is_open = False
    for step in steps:
        if "width" in step:
            browser.call("Emulation.setDeviceMetricsOverride", width=step["width"], height=step.get("height", 900),
                         deviceScaleFactor=1, mobile=False)
        if "dark" in step:
            browser.call("Emulation.setEmulatedMedia",
                         features=[{"name": "prefers-color-scheme", "value": "dark" if step["dark"] else "light"}])
        if "script" in step:
            browser.call("Emulation.setScriptExecutionDisabled", value=not step["script"])
        if not is_open or step.get("open"):
            load()
            is_open = True
        if "key" in step:
            press(browser, step["key"])
        if "text" in step:
            browser.call("Input.insertText", text=step["text"])
        if "evaluate" in step:
            result = browser.call("Runtime.evaluate", expression=step["evaluate"], returnByValue=True)
            if "exceptionDetails" in result:
                raise SystemExit(step["evaluate"] + ": " + json.dumps(result["exceptionDetails"]))
            values.append(result["result"].get("value"))
        if "screenshot" in step:
            image = browser.call("Page.captureScreenshot", captureBeyondViewport=bool(step.get("whole")))
            with open(step["screenshot"], "wb") as file:
                file.write(base64.b64decode(image["data"]))
        if "pdf" in step:
            with open(step["pdf"], "wb") as file:
                file.write(base64.b64decode(browser.call("Page.printToPDF", printBackground=True)["data"]))
    complaints = []
    requests = []
    for event in browser.events:
        kind, what = event["method"], event.get("params", {})
        if kind == "Runtime.exceptionThrown":
            complaints.append(json.dumps(what["exceptionDetails"]))
        elif kind == "Runtime.consoleAPICalled":
            complaints.append(json.dumps(what["args"]))
        elif kind == "Log.entryAdded":
            complaints.append(what["entry"]["text"])
        elif kind == "Page.javascriptDialogOpening":
            complaints.append("dialog: " + what["message"])
        elif kind == "Network.requestWillBeSent" and what["request"]["url"].split("#")[0] != page:
            requests.append(what["request"]["url"])
    return {"values": values, "complaints": complaints,
            "requests": [url for url in requests if not url.startswith("data:")]}


def main():
    page = "file://" + os.path.abspath(sys.argv[1])
    steps = json.load(sys.stdin) if len(sys.argv) < 3 else json.load(open(sys.argv[2]))
    profile = tempfile.mkdtemp(prefix="inquest-browser-")
    browser = Browser(profile)
    try:
        print(json.dumps(run(browser, page, steps)))
    finally:
        browser.process.kill()
        browser.process.wait()
        shutil.rmtree(profile, ignore_errors=True)


main()
