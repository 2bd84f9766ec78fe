"""A real Chromium, in a process of its own: it makes a video, or seeks in one.

`python -m tests.system.fire.browser record FILE` or `… seek ADDRESS`, which prints what came of it.
"""

import base64
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Error, Page

from tests.system.harness.chromium import chromium

# Six seconds of noise, which cannot be made small: some MB.
RECORD = """async () => {
    const canvas = document.createElement("canvas");
    canvas.width = 640;
    canvas.height = 360;
    const pen = canvas.getContext("2d");
    const image = pen.createImageData(canvas.width, canvas.height);
    const pixels = new Uint32Array(image.data.buffer);
    const draw = () => {
        for (let at = 0; at < pixels.length; at++) {
            pixels[at] = Math.random() * 2 ** 32 | 0xff000000;
        }
        pen.putImageData(image, 0, 0);
    };
    draw();
    const drawing = setInterval(draw, 40);
    const options = {mimeType: "video/webm;codecs=vp8", videoBitsPerSecond: 20_000_000};
    const recorder = new MediaRecorder(canvas.captureStream(25), options);
    const parts = [];
    recorder.ondataavailable = (event) => parts.push(event.data);
    const stopped = new Promise((done) => { recorder.onstop = done; });
    recorder.start();
    await new Promise((done) => setTimeout(done, 6000));
    recorder.stop();
    await stopped;
    clearInterval(drawing);
    const reader = new FileReader();
    const read = new Promise((done) => { reader.onload = done; });
    reader.readAsDataURL(new Blob(parts));
    await read;
    return reader.result.split(",")[1];
}"""
SEEK = """async (moments) => {
    const video = document.querySelector("video");
    const seen = [];
    for (const moment of moments) {
        const there = new Promise((done, failed) => {
            video.onseeked = done;
            video.onerror = () => failed(video.error.message);
        });
        video.currentTime = moment;
        await there;
        seen.push([video.currentTime, video.videoWidth]);
    }
    return seen;
}"""
MOMENTS = [3, 1]


def record(page: Page, file: str) -> dict:
    """Record a video into a file."""
    Path(file).write_bytes(base64.b64decode(page.evaluate(RECORD)))
    return {}


def seek(page: Page, address: str) -> dict:
    """Seek forward and back in the video at an address; tell each moment and each answer.

    In the place of the moments stands why it could not be shown.
    """
    shown = f'<!doctype html><video src="{address}" preload="metadata" muted></video>'

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(shown.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    answers: list[tuple[int, str | None]] = []
    page.on(
        "response",
        lambda answer: (
            answer.url == address
            and answers.append((answer.status, answer.request.headers.get("range")))
        ),
    )
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as site:
        threading.Thread(target=site.serve_forever, args=(0.05,), daemon=True).start()
        page.goto(f"http://127.0.0.1:{site.server_port}/")
        try:
            seen = page.evaluate(SEEK, MOMENTS)
        except Error as error:
            seen = str(error)
        page.goto("about:blank")
        site.shutdown()
    return {"seen": seen, "answers": answers}


if __name__ == "__main__":
    verb = {"record": record, "seek": seek}[sys.argv[1]]
    with chromium() as browser:
        json.dump(verb(browser.new_page(), sys.argv[2]), sys.stdout)
