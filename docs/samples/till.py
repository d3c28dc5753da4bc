"""A sample till: it sells through a lost connection and delivers every sale exactly once. Standard library alone.

    export TILL_URL=http://127.0.0.1:5000 TILL_ID=... TILL_SECRET=... TILL_OUTLET=S1 TILL_HOME=./till
    python till.py sell --card 4276... MILK:2:4495 BREAD:1:120     # sku:pieces:price in cents; without --card anonymous
    python till.py deliver                                         # what waits, oldest first; `sell` does it, too
    python till.py balance --card 4276...
    python till.py redeem --card 4276... --proof 12345678 --points 500 MILK:1:4495
    python till.py return --receipt R-... 1                        # all that is left of line 1

A sale is on the disk (fsync), with its number and time, before it is first sent. The same bytes are sent again under
that number until the server says what became of them; it records a number once. Points are spent online only: a
`redeem` whose answer was lost is asked again with the --receipt that it printed.
"""

import argparse, base64, datetime, fcntl, json, os, sys, uuid
import urllib.error, urllib.parse, urllib.request
from pathlib import Path

HOME = Path(os.environ.get("TILL_HOME", "till"))
QUEUE, SENT, REFUSED = HOME / "queue.ndjson", HOME / "sent", HOME / "refused.ndjson"
CURRENCY = os.environ.get("TILL_CURRENCY", "EUR")

class Offline(Exception):
    """Nobody answered, or not now: try again later."""

def call(method, path, body=None, headers=None):
    """One request: the status and the JSON of its answer. Offline if it is worth trying again."""
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    request = urllib.request.Request(os.environ["TILL_URL"] + path, data, headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code < 500 and error.code not in (401, 408, 429) and "json" in error.headers.get_content_type():
            return error.code, json.load(error)
        raise Offline(f"the server says {error.code}") from error
    except (OSError, ValueError) as error:
        raise Offline(str(error)) from error

def api(method, path, body=None, token=[]):
    """A request of the API with a token, which is asked for once a run."""
    if not token:
        secret = base64.b64encode(f"{os.environ['TILL_ID']}:{os.environ['TILL_SECRET']}".encode()).decode()
        form = {"Authorization": f"Basic {secret}", "Content-Type": "application/x-www-form-urlencoded"}
        status, answer = call("POST", "/oauth/token", b"grant_type=client_credentials", form)
        if status != 200:
            sys.exit(f"the server does not know this till: {answer}")
        token.append(answer["access_token"])
    headers = {"Authorization": f"Bearer {token[0]}", "Content-Type": "application/json"}
    return call(method, "/api/v1" + path, body, headers)

def whole():
    """The whole lines of the queue: where the till died while writing, there was no sale yet."""
    lines = QUEUE.read_bytes() if QUEUE.exists() else b""
    return lines[: lines.rfind(b"\n") + 1]

def keep(path, text, mode="ab"):
    """Write and be sure that it is on the disk."""
    with path.open(mode) as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())

def stamp(series):
    """A number that nobody else makes, and the time of now."""
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    return {"external_id": f"{series}-{uuid.uuid4().hex}", "occurred_at": now}

def receipt(options):
    """A sale as the API takes it, with its number and its time made here."""
    lines = []
    for no, item in enumerate(options.items, start=1):
        sku, pieces, price = item.split(":")
        pieces, price = int(pieces), int(price)
        lines.append({"no": no, "sku": sku, "qty_m": pieces * 1000, "price": price, "amount": pieces * price})
    head = {**stamp("R"), "outlet": os.environ["TILL_OUTLET"]}
    member = {"member": {"kind": "card", "value": options.card}} if options.card else {}
    return {**head, **member, "currency": CURRENCY, "lines": lines}

def send():
    """Send what waits, oldest first; how many were sent. Offline stops it, and nothing is lost."""
    position = int(SENT.read_text()) if SENT.exists() else 0
    count = 0
    for line in whole()[position:].splitlines(keepends=True):
        status, answer = api("POST", "/purchases", line)
        if status not in (200, 201, 202):  # a person has to look at it; the others go on
            keep(REFUSED, json.dumps({"sale": json.loads(line), "answer": answer}) + "\n")
        position += len(line)
        keep(SENT.with_suffix(".new"), str(position), "wb")
        SENT.with_suffix(".new").replace(SENT)
        count += 1
    return count

def sell(options):
    """Queue a sale, print its receipt, try to deliver."""
    sale = receipt(options)
    if QUEUE.exists():
        os.truncate(QUEUE, len(whole()))
    keep(QUEUE, json.dumps(sale) + "\n")
    print(sale["external_id"], flush=True)
    send()

def balance(options):
    """What the member has."""
    status, member = api("POST", "/members/lookup", {"kind": "card", "value": options.card})
    print(json.dumps(api("GET", f"/members/{member['id']}/balances")[1]["items"] if status == 200 else member))

def redeem(options):
    """Sell, paid with points as far as `--points` goes; online only, for the member's code is good for a minute."""
    if options.receipt:  # the very same sale once more
        sale = json.loads((HOME / f"{options.receipt}.json").read_text())
    else:
        sale = receipt(options) | {"payments": [{"kind": "redeem", "amount": options.points}]}
        keep(HOME / f"{sale['external_id']}.json", json.dumps(sale), "wb")
    print(sale["external_id"], flush=True)
    print(json.dumps(api("POST", "/purchases", sale | {"proof": options.proof})[1]))

def give_back(options):
    """Take lines of a receipt back, all that is left of each."""
    send()
    found = api("GET", "/purchases?" + urllib.parse.urlencode({"external_id": options.receipt}))[1]["items"]
    body = {**stamp("T"), "lines": [{"no": int(number)} for number in options.items]}
    print(json.dumps(api("POST", f"/purchases/{found[0]['id']}/returns", body)[1]))

COMMANDS = {"sell": sell, "redeem": redeem, "balance": balance, "return": give_back, "deliver": lambda _: print(send())}

def main():
    """Do one command; exit 75 if the connection is lost."""
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("items", nargs="*")
    for name in ("--card", "--proof", "--receipt"):
        parser.add_argument(name)
    parser.add_argument("--points", type=int)
    options = parser.parse_intermixed_args()
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one command at a time
        try:
            COMMANDS[options.command](options)
        except Offline as reason:
            print(f"offline, to be delivered later: {reason}", file=sys.stderr)
            sys.exit(75)

if __name__ == "__main__":
    main()
