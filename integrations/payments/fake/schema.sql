-- What the stand-in remembers: its objects as JSON, the idempotency keys with their answers, and its outgoing post.
CREATE TABLE IF NOT EXISTS object (
    id text PRIMARY KEY,
    kind text NOT NULL,
    seq integer NOT NULL,
    created integer NOT NULL,
    parent text,
    body text NOT NULL);
CREATE INDEX IF NOT EXISTS object_kind ON object (kind, seq);
CREATE INDEX IF NOT EXISTS object_parent ON object (parent);
CREATE TABLE IF NOT EXISTS answered (
    key text PRIMARY KEY,
    request text NOT NULL,
    status integer NOT NULL,
    body text NOT NULL);
CREATE TABLE IF NOT EXISTS message (
    id integer PRIMARY KEY,
    event_id text NOT NULL,
    body text NOT NULL,
    due_at real NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    delivered integer NOT NULL DEFAULT 0,
    last_status text);
CREATE TABLE IF NOT EXISTS whim (
    id integer PRIMARY KEY,
    path text NOT NULL,
    answer text NOT NULL,
    times integer NOT NULL);
CREATE TABLE IF NOT EXISTS setting (name text PRIMARY KEY, value text NOT NULL);
