"""pycurl: C all the way down."""

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


def _curl(here, *headers):
    import pycurl

    curl = pycurl.Curl()
    curl.setopt(pycurl.HTTPHEADER, [f"Authorization: {here.headers['Authorization']}", "Expect:", *headers])
    curl.setopt(pycurl.FAILONERROR, 1)
    return curl


def get_sync(here):
    import json

    curl = _curl(here)
    curl.setopt(curl.URL, f"{here.api}/predictions/one")
    return lambda: json.loads(curl.perform_rb())["id"]


def stream_sync(here):
    import json

    create, listen = _curl(here, "Content-Type: application/json"), _curl(here, "Accept: text/event-stream")
    create.setopt(create.URL, f"{here.api}/models/bench/stream/predictions")

    def go():
        create.setopt(create.POSTFIELDS, json.dumps({"input": {"count": here.count}, "stream": True}))
        listen.setopt(listen.URL, json.loads(create.perform_rb())["urls"]["stream"])
        count, rest = 0, b""

        def take(data):
            nonlocal count, rest
            *whole, rest = (rest + data).split(b"\n\n")
            for text in whole:
                event = {}
                for line in text.decode().split("\n"):
                    name, _, value = line.partition(":")
                    event[name] = value.removeprefix(" ")
                count += event["event"] == "output" and bool(event["data"])

        listen.setopt(listen.WRITEFUNCTION, take)
        listen.perform()
        return count

    return go


def pages(here):
    import json

    curl = _curl(here)

    def go():
        url, count = f"{here.api}/predictions?cursor={here.count}", 0
        while url:
            curl.setopt(curl.URL, url)
            page = json.loads(curl.perform_rb())
            for each in page["results"]:
                count += bool((each["id"], each["status"], each["created_at"]))
            url = page["next"]
        return count

    return go


def runs_threads(here):
    import json

    idle = []

    def run():
        try:
            curl = idle.pop()
        except IndexError:
            curl = _curl(here, "Content-Type: application/json", "Prefer: wait")
            curl.setopt(curl.NOSIGNAL, 1)
            curl.setopt(curl.URL, f"{here.api}/models/bench/nap/predictions")
            curl.setopt(curl.POSTFIELDS, json.dumps({"input": {"prompt": "a llama"}}))
        answer = json.loads(curl.perform_rb())
        idle.append(curl)
        return answer["output"]

    return lambda: here.by_threads(run)


def download(here):
    curl = _curl(here)
    curl.setopt(curl.URL, f"{here.api}/files/large/download?size={here.count}")
    curl.setopt(curl.BUFFERSIZE, 1 << 19)

    def go():
        with (here.folder / "got").open("wb") as file:
            curl.setopt(curl.WRITEDATA, file)
            curl.perform()
        return (here.folder / "got").stat().st_size

    return go


def upload(here):
    import json

    curl = _curl(here)
    curl.setopt(curl.URL, f"{here.api}/files")
    path = str(here.folder / f"file-{here.count}")

    def go():
        curl.setopt(curl.HTTPPOST, [("content", (curl.FORM_FILE, path))])
        return json.loads(curl.perform_rb())["size"]

    return go
