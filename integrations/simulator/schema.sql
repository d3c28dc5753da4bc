CREATE TABLE IF NOT EXISTS placed (
    supplier TEXT NOT NULL,
    client_ref TEXT NOT NULL,
    number INTEGER NOT NULL UNIQUE,
    external_id TEXT NOT NULL,
    body TEXT NOT NULL,
    lines TEXT NOT NULL,
    state TEXT NOT NULL,
    code TEXT,
    requests INTEGER NOT NULL DEFAULT 1,
    carrier TEXT,
    tracking_no TEXT,
    shipped_at TEXT,
    delivered_at TEXT,
    PRIMARY KEY (supplier, client_ref));
CREATE TABLE IF NOT EXISTS step (
    id INTEGER PRIMARY KEY,
    supplier TEXT NOT NULL,
    client_ref TEXT NOT NULL,
    name TEXT NOT NULL,
    due_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL,
    sender TEXT NOT NULL,
    body TEXT NOT NULL,
    due_at REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    copies INTEGER NOT NULL DEFAULT 1,
    delivered INTEGER NOT NULL DEFAULT 0,
    last_status TEXT);
CREATE TABLE IF NOT EXISTS whim (
    id INTEGER PRIMARY KEY,
    supplier TEXT,
    answer TEXT NOT NULL,
    code TEXT NOT NULL,
    times INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS credited (
    number INTEGER PRIMARY KEY,
    program TEXT NOT NULL,
    ref TEXT NOT NULL,
    kind TEXT NOT NULL,
    account TEXT,
    amount INTEGER,
    credit_ref TEXT,
    state TEXT NOT NULL,
    code TEXT,
    requests INTEGER NOT NULL DEFAULT 1,
    UNIQUE (program, ref));
CREATE TABLE IF NOT EXISTS deal (
    number INTEGER PRIMARY KEY,
    supplier TEXT NOT NULL,
    client_ref TEXT NOT NULL,
    external_id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    code TEXT,
    body TEXT NOT NULL,
    lines TEXT NOT NULL,
    facts TEXT NOT NULL,
    total INTEGER NOT NULL DEFAULT 0,
    expires_at REAL,
    requests INTEGER NOT NULL DEFAULT 1);
CREATE INDEX IF NOT EXISTS deal_ref ON deal (client_ref);
CREATE TABLE IF NOT EXISTS offered (
    id TEXT PRIMARY KEY,
    facts TEXT NOT NULL,
    expires_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS drawn (
    ref TEXT NOT NULL,
    step TEXT NOT NULL,
    times INTEGER NOT NULL,
    PRIMARY KEY (ref, step));
CREATE TABLE IF NOT EXISTS promise (
    supplier TEXT NOT NULL,
    client_ref TEXT NOT NULL,
    acks TEXT NOT NULL,
    hold_until REAL,
    PRIMARY KEY (supplier, client_ref));
