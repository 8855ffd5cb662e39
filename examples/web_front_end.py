"""A small web page: enter a prompt, read the story while it is generated, and see a picture of it.

Offline (`pip install fastapi uvicorn 'replicatekit[sandbox]'`), in two terminals:

    python -m replicatekit.sandbox            # paste its two export lines into the other terminal
    uvicorn --app-dir examples web_front_end:app --port 8000

With the real API: set REPLICATE_API_TOKEN to your token, which stays on the server. Protect this page with a login if
others can reach it: each click is billed to you.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Body, FastAPI, HTTPException
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from replicatekit import AsyncClient
from replicatekit.errors import ReplicateError

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Stories</title>
<style>
  body { font: 1.1rem/1.6 system-ui; max-width: 40rem; margin: 2rem auto; padding: 0 1rem }
  img { max-width: 100%; border-radius: .5rem } p { white-space: pre-wrap } input { font: inherit; width: 70% }
</style>
<form><input name="prompt" maxlength="300" required aria-label="Prompt"> <button>Write</button></form>
<p aria-live="polite"></p><img alt="" hidden>
<script type="module">
  const [form, story, picture] = ["form", "p", "img"].map((name) => document.querySelector(name))
  const post = (path) => fetch(path, {
    method: "POST", headers: {"content-type": "application/json"}, body: JSON.stringify(form.prompt.value)
  })
  async function write() {
    const response = await post("stories")
    story.textContent = ""
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    for (let part; !(part = await reader.read()).done;) story.textContent += part.value
  }
  async function draw() {
    const response = await post("pictures")
    if (!response.ok) throw new Error((await response.json()).detail)
    picture.src = URL.createObjectURL(await response.blob())
    picture.alt = form.prompt.value
    picture.hidden = false
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault()
    form.querySelector("button").disabled = true  // a second click would be billed too
    try { await Promise.all([write(), draw()]) } catch (error) { story.textContent += error.message }
    form.querySelector("button").disabled = false
  })
</script></html>
"""

client = AsyncClient()


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncGenerator[None, None]:
    async with client:
        yield


app = FastAPI(lifespan=lifespan)
Prompt = Annotated[str, Body(min_length=1, max_length=300)]


@app.get("/", response_class=HTMLResponse)
async def show_page() -> str:
    return PAGE


@app.post("/stories")  # not GET: browsers may repeat or prefetch a GET
async def write_story(prompt: Prompt) -> StreamingResponse:
    return StreamingResponse(_story(prompt), media_type="text/plain; charset=utf-8")


async def _story(prompt: str) -> AsyncGenerator[str, None]:
    try:  # if the browser disconnects, the prediction is canceled
        async with client.stream(
            "meta/meta-llama-3-8b-instruct", {"prompt": prompt}, cancel_on_close=True, cancel_after="5m"
        ) as stream:
            async for text in stream.text_chunks():
                yield text
    except ReplicateError as error:
        yield f"\n\n{error}"


@app.post("/pictures")
async def draw_picture(prompt: Prompt) -> Response:
    try:
        [picture] = await client.run(
            "black-forest-labs/flux-schnell", {"prompt": prompt}, timeout=120, cancel_on_timeout=True
        )
        return Response(await picture.read(), media_type=picture.media_type)
    except ReplicateError as error:
        raise HTTPException(502, str(error)) from error
