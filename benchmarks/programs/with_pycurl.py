"""pycurl: libcurl, written in C."""

IMPORT = "import pycurl"

FIRST_RUN = """
import json, os, pycurl
curl = pycurl.Curl()
curl.setopt(pycurl.URL, os.environ["REPLICATE_BASE_URL"] + "/models/bench/instant/predictions")
token = "Authorization: Bearer " + os.environ["REPLICATE_API_TOKEN"]
curl.setopt(pycurl.HTTPHEADER, [token, "Content-Type: application/json", "Prefer: wait"])
curl.setopt(pycurl.POSTFIELDS, json.dumps({"input": {"prompt": "a llama"}}))
print(json.loads(curl.perform_rb())["output"], flush=True)
"""


def _curl(context, *headers):
    import pycurl

    curl = pycurl.Curl()
    curl.setopt(pycurl.HTTPHEADER, [f"Authorization: {context.headers['Authorization']}", "Expect:", *headers])
    curl.setopt(pycurl.FAILONERROR, 1)
    return curl


def get_sync(context):
    import json

    curl = _curl(context)
    curl.setopt(curl.URL, f"{context.api}/predictions/one")
    return lambda: json.loads(curl.perform_rb())["id"]


def stream_sync(context):
    import json

    create, listen = _curl(context, "Content-Type: application/json"), _curl(context, "Accept: text/event-stream")
    create.setopt(create.URL, f"{context.api}/models/bench/stream/predictions")

    def call():
        create.setopt(create.POSTFIELDS, json.dumps({"input": {"count": context.count}, "stream": True}))
        listen.setopt(listen.URL, json.loads(create.perform_rb())["urls"]["stream"])
        count, rest = 0, b""

        def handle(data):
            nonlocal count, rest
            *events, rest = (rest + data).split(b"\n\n")
            for text in events:
                event = {}
                for line in text.decode().split("\n"):
                    name, _, value = line.partition(":")
                    event[name] = value.removeprefix(" ")
                count += event["event"] == "output" and bool(event["data"])

        listen.setopt(listen.WRITEFUNCTION, handle)
        listen.perform()
        return count

    return call


def pages(context):
    import json

    curl = _curl(context)

    def call():
        url, count = f"{context.api}/predictions?cursor={context.count}", 0
        while url:
            curl.setopt(curl.URL, url)
            page = json.loads(curl.perform_rb())
            for each in page["results"]:
                count += bool((each["id"], each["status"], each["created_at"]))
            url = page["next"]
        return count

    return call


def runs_threads(context):
    import json

    idle = []

    def run():
        try:
            curl = idle.pop()
        except IndexError:
            curl = _curl(context, "Content-Type: application/json", "Prefer: wait")
            curl.setopt(curl.NOSIGNAL, 1)
            curl.setopt(curl.URL, f"{context.api}/models/bench/nap/predictions")
            curl.setopt(curl.POSTFIELDS, json.dumps({"input": {"prompt": "a llama"}}))
        response = json.loads(curl.perform_rb())
        idle.append(curl)
        return response["output"]

    return lambda: context.run_threads(run)


def download(context):
    curl = _curl(context)
    curl.setopt(curl.URL, f"{context.api}/files/large/download?size={context.count}")
    curl.setopt(curl.BUFFERSIZE, 1 << 19)

    def call():
        with (context.folder / "download").open("wb") as file:
            curl.setopt(curl.WRITEDATA, file)
            curl.perform()
        return (context.folder / "download").stat().st_size

    return call


def upload(context):
    import json

    curl = _curl(context)
    curl.setopt(curl.URL, f"{context.api}/files")
    path = str(context.folder / f"file-{context.count}")

    def call():
        curl.setopt(curl.HTTPPOST, [("content", (curl.FORM_FILE, path))])
        return json.loads(curl.perform_rb())["size"]

    return call
