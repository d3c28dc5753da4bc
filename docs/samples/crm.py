"""A sample CRM that is synchronised both ways and may be killed at any moment. Standard library alone.

    export CRM_URL=http://127.0.0.1:5000 CRM_ID=... CRM_SECRET=... CRM_FILE=./crm.db
    python crm.py set C-77 first_name=Eva phone=+37120000001       # a contact of ours, new or changed
    python crm.py sync                                             # pull, push what we changed, pull again
    python crm.py show

Pushing: a new contact is enrolled under its own number, which makes one member however often it is sent. A change is a
PATCH of the fields that we changed, with If-Match: 412 says that somebody else has changed the member. Then what they
changed is theirs, what only we changed is ours, and what both changed is theirs, too (the column `lost` tells).

Pulling: what has come is done and the cursor that came with it is kept in ONE transaction, so that nothing is done
twice and nothing is passed over. What our own client has changed is our echo.
"""

import base64, json, os, sqlite3, sys
import urllib.error, urllib.parse, urllib.request

FIELDS = ("first_name", "last_name", "email", "phone")
TYPES = "member.enrolled,member.updated,tier.changed,points.issued"
SCHEMA = """
    CREATE TABLE IF NOT EXISTS contact (number TEXT PRIMARY KEY, member TEXT UNIQUE, ours TEXT NOT NULL DEFAULT '{}',
        theirs TEXT NOT NULL DEFAULT '{}', etag TEXT, tier TEXT, points INTEGER NOT NULL DEFAULT 0, lost TEXT);
    CREATE TABLE IF NOT EXISTS place (cursor TEXT NOT NULL);"""

def call(method, path, body=None, headers=None, form=None):
    """One request: status, JSON, ETag. What cannot be answered now ends the run; the next one goes on."""
    data = form or (json.dumps(body).encode() if body is not None else None)
    request = urllib.request.Request(os.environ["CRM_URL"] + path, data, headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer), answer.headers.get("ETag")
    except urllib.error.HTTPError as error:
        if error.code < 500 and error.code not in (401, 408, 429):
            return error.code, json.load(error), None
        sys.exit(75)
    except (OSError, ValueError):
        sys.exit(75)

def api(method, path, body=None, token=[], **headers):
    """A request of the API with a token, which is asked for once a run."""
    if not token:
        secret = base64.b64encode(f"{os.environ['CRM_ID']}:{os.environ['CRM_SECRET']}".encode()).decode()
        sent = {"Authorization": f"Basic {secret}", "Content-Type": "application/x-www-form-urlencoded"}
        answer = call("POST", "/oauth/token", headers=sent, form=b"grant_type=client_credentials")[1]
        token.append(answer["access_token"])
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    known = {"Authorization": f"Bearer {token[0]}", "Content-Type": "application/json"}
    return call(method, "/api/v1" + path, body, known | headers)

def put(book, number, **columns):
    """Keep columns of a contact, which is made if it is new."""
    book.execute("INSERT OR IGNORE INTO contact (number) VALUES (?)", (number,))
    for name, value in columns.items():
        kept = json.dumps(value) if isinstance(value, dict) else value
        book.execute(f"UPDATE contact SET {name} = ? WHERE number = ?", (kept, number))

def read(book, number, member):
    """Keep a member as it is now: the profile that we and they know, and its tag."""
    status, told, etag = api("GET", f"/members/{member}")
    if status != 200:
        sys.exit(f"the member of {number} cannot be read: {told}")
    theirs = {name: told["profile"][name] for name in FIELDS}
    put(book, number, member=member, theirs=theirs, etag=etag, tier=told["tier"])
    return theirs, etag

def push(book):
    """Send what we have changed, each contact in a transaction of its own."""
    rows = book.execute("SELECT number, member, ours, theirs, etag FROM contact WHERE ours <> '{}'").fetchall()
    for number, member, ours, theirs, etag in rows:
        ours, theirs = json.loads(ours), json.loads(theirs)
        if member is None:
            theirs = theirs or ours  # the same words until they are answered, whatever is changed here meanwhile
            put(book, number, theirs=theirs)
            book.commit()
            status, told, _ = api("POST", "/members", {"external_id": number, "profile": theirs})
            if status != 201:
                sys.exit(f"{number} cannot be enrolled: {told}")
            member, ours = told["id"], {name: value for name, value in ours.items() if value != theirs.get(name)}
        lost = push_change(book, number, member, ours, theirs, etag)
        read(book, number, member)
        put(book, number, ours={}, **({"lost": lost} if lost else {}))
        book.commit()

def push_change(book, number, member, ours, base, etag):
    """Change what we changed; what they have changed since `base` stays theirs. What of ours is lost to theirs."""
    lost = {}
    while ours:
        status, told, _ = api("PATCH", f"/members/{member}", {"profile": ours}, If_Match=etag or '"unknown"')
        if status == 200:
            break
        if status != 412:
            sys.exit(f"{number} cannot be changed: {told}")
        theirs, etag = read(book, number, member)
        both = {name for name in ours if theirs[name] not in (base.get(name, ""), ours[name])}
        lost |= {name: ours[name] for name in both}
        ours, base = {name: ours[name] for name in ours if name not in both}, theirs
    return lost

def pull(book):
    """Do what has happened, page by page, each with its cursor in one transaction."""
    while True:
        row = book.execute("SELECT cursor FROM place").fetchone()
        query = {"types": TYPES, "limit": 50} | ({"cursor": row[0]} if row else {})
        status, page, _ = api("GET", "/changes?" + urllib.parse.urlencode(query))
        if status == 410:  # away for too long: everything is read afresh
            sys.exit("cursor_expired: forget `place`, read every contact afresh, and go on")
        for event in page["items"]:
            follow(book, event["type"], event["data"])
        book.execute("DELETE FROM place")
        book.execute("INSERT INTO place VALUES (?)", (page["next_cursor"],))
        book.commit()
        if not page["has_more"]:
            return

def follow(book, kind, data):
    """Do what one event says."""
    known = book.execute("SELECT number FROM contact WHERE member = ?", (data["member_id"],)).fetchone()
    number = known[0] if known else data["external_id"] if kind.startswith("member.") else None
    if kind == "points.issued" and number:
        put(book, number)
        points = sum(award["points"]["amount"] for award in data["awards"])
        book.execute("UPDATE contact SET points = points + ? WHERE number = ?", (points, number))
    elif kind == "tier.changed" and number:
        put(book, number, tier=data["to"])
    elif kind in ("member.enrolled", "member.updated") and number and data.get("client_id") != os.environ["CRM_ID"]:
        put(book, number, member=data["member_id"])
        if book.execute("SELECT ours FROM contact WHERE number = ?", (number,)).fetchone()[0] == "{}":
            read(book, number, data["member_id"])  # else the next push finds out, by its tag

def main():
    """Do one command."""
    command, *words = sys.argv[1:]
    book = sqlite3.connect(os.environ.get("CRM_FILE", "crm.db"))
    book.executescript(SCHEMA)
    if command == "set":
        row = book.execute("SELECT ours FROM contact WHERE number = ?", (words[0],)).fetchone()
        put(book, words[0], ours=json.loads(row[0] if row else "{}") | dict(word.split("=", 1) for word in words[1:]))
        book.commit()
    elif command == "sync":
        pull(book)  # first, so that the feed is open before anything happens
        push(book)
        pull(book)
    else:
        book.row_factory = sqlite3.Row
        print(json.dumps([dict(row) for row in book.execute("SELECT * FROM contact ORDER BY number")]))

if __name__ == "__main__":
    main()
