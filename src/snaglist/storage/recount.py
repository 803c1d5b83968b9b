"""The SQL that counts again what is kept counted; each gives what differs, what is kept, counted.

A deleted record is no more, but was counted: the audit trail has an entry for each.
"""

from __future__ import annotations

_BUCKET = "coalesce(reason, status)"

# The cause that a cause was merged into, directly or through others; itself if into none.
_FINAL = (
    "WITH RECURSIVE chain (id, final) AS ("
    " SELECT id, id FROM causes WHERE merged_into IS NULL"
    " UNION ALL SELECT c.id, chain.final FROM causes c JOIN chain ON c.merged_into = chain.id)"
)

CHECKS: dict[str, str] = {
    "failures": (
        "SELECT i.id, i.failures, coalesce(r.n, 0) + coalesce(d.n, 0) FROM items i"
        " LEFT JOIN (SELECT item_id, count(*) AS n FROM records GROUP BY item_id) r"
        " ON r.item_id = i.id"
        " LEFT JOIN (SELECT item_id, count(*) AS n FROM audit"
        " WHERE event = 'record_deleted' AND after IS NULL GROUP BY item_id) d"
        " ON d.item_id = i.id"
        " WHERE i.failures <> coalesce(r.n, 0) + coalesce(d.n, 0)"
    ),
    "records without an item": (
        "SELECT r.id, r.item_id, 'none' FROM records r LEFT JOIN items i ON i.id = r.item_id"
        " WHERE r.item_id IS NOT NULL AND i.id IS NULL"
    ),
    "records without a cause": (
        "SELECT r.id, r.fingerprint, 'none' FROM records r"
        " LEFT JOIN fingerprints f ON f.fingerprint = r.fingerprint"
        " LEFT JOIN causes c ON c.id = f.cause_id"
        " WHERE r.fingerprint IS NOT NULL AND c.id IS NULL"
    ),
    "standing record": (
        "SELECT i.id, i.standing_record_id, coalesce(r.fingerprint, 'none') FROM items i"
        " LEFT JOIN records r ON r.id = i.standing_record_id AND r.item_id = i.id"
        " WHERE i.standing_record_id IS NOT NULL"
        " AND (r.fingerprint IS NULL OR r.fingerprint <> i.fingerprint)"
    ),
    "cause": (
        "SELECT i.id, i.cause_id, coalesce(f.cause_id, 'none') FROM items i"
        " LEFT JOIN fingerprints f ON f.fingerprint = i.fingerprint"
        " WHERE i.standing_record_id IS NOT NULL"
        " AND (f.cause_id IS NULL OR f.cause_id <> i.cause_id)"
    ),
    "last entry of the audit trail": (
        f"SELECT i.id, {_BUCKET}, coalesce(a.after, 'none') FROM items i"
        " LEFT JOIN (SELECT item_id, max(seq) AS seq FROM audit"
        " WHERE after IS NOT NULL AND event NOT IN ('assigned', 'noted') GROUP BY item_id) newest"
        " ON newest.item_id = i.id"
        " LEFT JOIN audit a ON a.seq = newest.seq"
        f" WHERE a.after IS NULL OR a.after <> {_BUCKET}"
    ),
    "count of items": (
        "SELECT coalesce(k.cause_id, c.cause_id) || ' ' || coalesce(k.bucket, c.bucket),"
        " coalesce(k.items, 0), coalesce(c.items, 0) FROM item_counts k"
        f" FULL JOIN (SELECT cause_id, project, entity_type, {_BUCKET} AS bucket,"
        " count(*) AS items FROM items GROUP BY 1, 2, 3, 4) c"
        " ON c.cause_id = k.cause_id AND c.project = k.project"
        " AND c.entity_type = k.entity_type AND c.bucket = k.bucket"
        " WHERE coalesce(k.items, 0) <> coalesce(c.items, 0)"
    ),
    **{
        f"{column} of cause": (
            f"SELECT c.id, c.{column}, coalesce(i.n, 0) FROM causes c"
            " LEFT JOIN (SELECT cause_id, count(*) AS n FROM items"
            f" WHERE status IN ({statuses}) GROUP BY cause_id) i ON i.cause_id = c.id"
            f" WHERE c.{column} <> coalesce(i.n, 0)"
        )
        for column, statuses in {
            "open_items": "'open', 'retrying'",
            "ignored_items": "'ignored'",
            "resolved_items": "'resolved'",
        }.items()
    },
    "failures of cause": (
        f"{_FINAL} SELECT c.id, c.failures, coalesce(r.n, 0) + coalesce(d.n, 0) FROM causes c"
        " LEFT JOIN (SELECT f.cause_id, count(*) AS n FROM records r"
        " JOIN fingerprints f ON f.fingerprint = r.fingerprint GROUP BY 1) r ON r.cause_id = c.id"
        " LEFT JOIN (SELECT chain.final AS cause_id, count(*) AS n FROM audit a"
        " JOIN chain ON chain.id = a.cause_id"
        " WHERE a.event = 'record_deleted' AND a.after IS NULL GROUP BY 1) d"
        " ON d.cause_id = c.id"
        " WHERE c.failures <> coalesce(r.n, 0) + coalesce(d.n, 0)"
    ),
    "failures of a day": (
        f"{_FINAL}, counted (day, cause_id, n) AS ("
        " SELECT day, cause_id, sum(n) FROM ("
        " SELECT substr(r.attempted_at, 1, 10) AS day, f.cause_id, count(*) AS n FROM records r"
        " JOIN fingerprints f ON f.fingerprint = r.fingerprint GROUP BY 1, 2"
        " UNION ALL SELECT substr(a.before, 1, 10), chain.final, count(*) FROM audit a"
        " JOIN chain ON chain.id = a.cause_id"
        " WHERE a.event = 'record_deleted' AND a.after IS NULL GROUP BY 1, 2"
        " ) AS both_kinds GROUP BY 1, 2),"
        " kept (day, cause_id, n) AS ("
        " SELECT day, cause_id, sum(failures) FROM failure_counts GROUP BY 1, 2)"
        " SELECT coalesce(k.day, c.day) || ' ' || coalesce(k.cause_id, c.cause_id),"
        " coalesce(k.n, 0), coalesce(c.n, 0) FROM kept k FULL JOIN counted c"
        " ON c.day = k.day AND c.cause_id = k.cause_id"
        " WHERE coalesce(k.n, 0) <> coalesce(c.n, 0)"
    ),
    "count of a run": (
        "SELECT coalesce(k.run_id, c.run_id) || ' ' || coalesce(k.outcome, c.outcome),"
        " coalesce(k.things, 0), coalesce(c.n, 0) FROM"
        " (SELECT * FROM run_counts WHERE run_id IN (SELECT id FROM runs WHERE NOT is_settled)) k"
        " FULL JOIN (SELECT run_id, project, entity_type, is_part, outcome, count(*) AS n"
        " FROM run_tries WHERE run_id IN (SELECT id FROM runs WHERE NOT is_settled)"
        " GROUP BY 1, 2, 3, 4, 5) c"
        " ON c.run_id = k.run_id AND c.project = k.project AND c.entity_type = k.entity_type"
        " AND c.is_part = k.is_part AND c.outcome = k.outcome"
        " WHERE coalesce(k.things, 0) <> coalesce(c.n, 0)"
    ),
    **{
        f"places of {kind}": (
            f"SELECT {column}, 'kept', 'no record at ' || seq FROM"
            f" (SELECT {column}, seq FROM {view} WHERE {column} IS NOT NULL"
            f" EXCEPT SELECT {column}, seq FROM records) AS left_over"
            f" UNION ALL SELECT {column}, 'none', 'a record at ' || seq FROM"
            f" (SELECT {column}, seq FROM records WHERE {column} IS NOT NULL"
            f" EXCEPT SELECT {column}, seq FROM {view}) AS missing"
        )
        for kind, column, view in (
            ("items", "item_id", "places_of_items"),
            ("fingerprints", "fingerprint", "places_of_fingerprints"),
        )
    },
    **{
        f"{column} of retry": (
            f"SELECT r.id, r.{column}, coalesce(m.n, 0) FROM retries r"
            f" LEFT JOIN (SELECT retry_id, count(*) AS n FROM retry_members WHERE {which}"
            " GROUP BY retry_id) m ON m.retry_id = r.id"
            f" WHERE r.{column} <> coalesce(m.n, 0)"
        )
        for column, which in {
            "total": "true",
            **{
                state: f"state = '{state}'"
                for state in ("waiting", "leased", "came_over", "failed", "skipped")
            },
        }.items()
    },
    "end of retry": (
        "SELECT id, coalesce(ended_at, 'none'), waiting + leased FROM retries"
        " WHERE status <> 'preparing' AND (ended_at IS NULL) <> (waiting + leased > 0)"
    ),
    "lane of retry": (
        "SELECT l.retry_id || ' ' || l.lane, l.waiting || ', ' || l.leased,"
        " coalesce(m.waiting, 0) || ', ' || coalesce(m.leased, 0) FROM retry_lanes l"
        " LEFT JOIN (SELECT retry_id, lane,"
        " sum(CASE state WHEN 'waiting' THEN 1 ELSE 0 END) AS waiting,"
        " sum(CASE state WHEN 'leased' THEN 1 ELSE 0 END) AS leased"
        " FROM retry_members GROUP BY retry_id, lane) m"
        " ON m.retry_id = l.retry_id AND m.lane = l.lane"
        " WHERE l.waiting <> coalesce(m.waiting, 0) OR l.leased <> coalesce(m.leased, 0)"
    ),
    "lease of item": (
        "SELECT i.id, i.status, coalesce(m.state, 'in no retry') FROM items i"
        " LEFT JOIN retry_members m ON m.item_id = i.id AND m.state IN ('waiting', 'leased')"
        " WHERE (i.status = 'retrying') <> (coalesce(m.state, '') = 'leased')"
        " OR (m.state = 'waiting' AND i.status <> 'open')"
    ),
}
