"""Bundles of closed statements, and the one tree of everything that was ever stated, with its signed heads.

Append-only by grant, as all that was stated is: a tile of the tree is written once for each width it had at the end of
an append, a complete one once and for all.
"""

from alembic import op

from coalition.migrations.grants import grant_append_only

revision = "0028_proofs"
down_revision = "0027_closing"

_TABLES = (
    """
    CREATE TABLE proof_key (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL REFERENCES program,
        name text NOT NULL CONSTRAINT ck_proof_key_name CHECK (name ~ '^[^[:space:]+]+$'),
        public_key bytea NOT NULL
            CONSTRAINT uq_proof_key UNIQUE CONSTRAINT ck_proof_key CHECK (length(public_key) = 32),
        sealed bytea NOT NULL,
        made_at timestamptz NOT NULL DEFAULT now())""",
    "CREATE INDEX proof_key_program ON proof_key (program_id, id)",
    # Hashes of one height of the tree, 256 a tile; one that is not complete is kept beside what it was before.
    """
    CREATE TABLE proof_tile (
        program_id int NOT NULL,
        level smallint NOT NULL CONSTRAINT ck_proof_tile_level CHECK (level >= 0),
        number bigint NOT NULL CONSTRAINT ck_proof_tile_number CHECK (number >= 0),
        width smallint NOT NULL CONSTRAINT ck_proof_tile_width CHECK (width BETWEEN 1 AND 256),
        hashes bytea NOT NULL,
        CONSTRAINT pk_proof_tile PRIMARY KEY (program_id, level, number, width),
        CONSTRAINT ck_proof_tile_hashes CHECK (length(hashes) = 32 * width))""",
    "ALTER TABLE proof_tile ALTER COLUMN hashes SET STORAGE EXTERNAL",  # hashes do not compress
    """
    CREATE TABLE proof_span (
        statement_id bigint PRIMARY KEY REFERENCES statement,
        program_id int NOT NULL REFERENCES program,
        first_leaf bigint NOT NULL CONSTRAINT ck_proof_span_first CHECK (first_leaf >= 0),
        leaves bigint NOT NULL,
        entries bigint NOT NULL CONSTRAINT ck_proof_span_entries CHECK (entries >= 0 AND entries < leaves),
        leaves_sha256 bytea NOT NULL CONSTRAINT ck_proof_span_sha256 CHECK (length(leaves_sha256) = 32),
        CONSTRAINT ex_proof_span EXCLUDE USING gist
            (program_id WITH =, int8range(first_leaf, first_leaf + leaves) WITH &&))""",
    """
    CREATE TABLE proof_head (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL REFERENCES program,
        size bigint NOT NULL CONSTRAINT ck_proof_head_size CHECK (size > 0),
        root bytea NOT NULL CONSTRAINT ck_proof_head_root CHECK (length(root) = 32),
        key_id int NOT NULL REFERENCES proof_key,
        checkpoint text NOT NULL,
        at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_proof_head UNIQUE (program_id, size))""",
    """
    CREATE TABLE statement_bundle (
        statement_id bigint PRIMARY KEY REFERENCES statement,
        sha256 bytea NOT NULL CONSTRAINT ck_statement_bundle_sha256 CHECK (length(sha256) = 32),
        size bigint NOT NULL CONSTRAINT ck_statement_bundle_size CHECK (size > 0),
        key text NOT NULL CONSTRAINT uq_statement_bundle UNIQUE,
        made_at timestamptz NOT NULL DEFAULT now())""",
    # A partner's key as a witness, and its signature under a head whose history it has seen to be one.
    """
    CREATE TABLE proof_witness (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL REFERENCES program,
        partner_id int NOT NULL REFERENCES partner,
        name text NOT NULL CONSTRAINT ck_proof_witness_name CHECK (name ~ '^[^[:space:]+]+$'),
        public_key bytea NOT NULL CONSTRAINT uq_proof_witness_key UNIQUE
            CONSTRAINT ck_proof_witness_key CHECK (length(public_key) = 32),
        added_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_proof_witness_name UNIQUE (program_id, name))""",
    """
    CREATE TABLE proof_cosignature (
        head_id int NOT NULL REFERENCES proof_head,
        witness_id int NOT NULL REFERENCES proof_witness,
        signed_at timestamptz NOT NULL,
        signature bytea NOT NULL CONSTRAINT ck_proof_cosignature CHECK (length(signature) = 72),
        received_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_proof_cosignature PRIMARY KEY (head_id, witness_id))""",
)


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)
    grant_append_only("proof_key", "proof_tile", "proof_span", "proof_head", "statement_bundle")
    grant_append_only("proof_witness", "proof_cosignature")
