-- The transaction below which every transaction of this database has ended: nothing will be written there any more.
-- Grain: one row. The xmin of a snapshot counts the open transactions of every database of the server; those that are
-- seen to belong to another database cannot write here, and do not hold settlement back. What is not sure counts.
SELECT least(
         pg_snapshot_xmax(pg_current_snapshot()),
         pg_current_xact_id_if_assigned(),
         (SELECT min(open) FROM pg_snapshot_xip(pg_current_snapshot()) open
           WHERE NOT EXISTS (
                 SELECT FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
                  WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted
                    AND l.transactionid = open::xid
                    AND a.datid <> (SELECT oid FROM pg_database WHERE datname = current_database())))
       )::text AS upto
