package queue

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivermigrate"

	_ "modernc.org/sqlite" // the database driver "sqlite"
)

// schema is what the queue keeps beside River's own tables. It is applied after River's migrations each time, since
// they may rebuild river_job and with it drop the index.
const schema = `
CREATE TABLE IF NOT EXISTS dfbot_delivery (
	id text PRIMARY KEY NOT NULL,
	at integer NOT NULL -- seconds since 1970
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS dfbot_delivery_at ON dfbot_delivery (at);
CREATE INDEX IF NOT EXISTS dfbot_lane ON river_job (args ->> '$.lane', id);
CREATE INDEX IF NOT EXISTS dfbot_turn ON river_job (
	args ->> '$.job.installation', coalesce(args ->> '$.job.repository', 0), scheduled_at, id) WHERE state = 'available';
CREATE TABLE IF NOT EXISTS dfbot_death (
	job integer PRIMARY KEY, -- one that was running when a process died, and has not ended since
	deaths integer NOT NULL
);
CREATE TABLE IF NOT EXISTS dfbot_shelf (
	lane text PRIMARY KEY NOT NULL,
	installation integer NOT NULL,
	job text NOT NULL, -- the JSON of a Job that runs again when what the installation may do has changed
	at integer NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS dfbot_shelf_installation ON dfbot_shelf (installation, at);
CREATE INDEX IF NOT EXISTS dfbot_shelf_at ON dfbot_shelf (at);
CREATE TABLE IF NOT EXISTS dfbot_probe (one integer PRIMARY KEY CHECK (one = 1), bytes blob NOT NULL);
`

// probe writes about as much as a small group of deliveries does.
const probe = `REPLACE INTO dfbot_probe (one, bytes) VALUES (1, randomblob(65536))`

// openDatabase opens the SQLite database in file, readable for this user only. A committed transaction is on the disk:
// WAL with synchronous=FULL syncs the log once for each commit, and fullfsync does what macOS needs for that.
// There is one connection, so statements wait for each other in Go, in the order they came, and not in SQLite's busy loop.
func openDatabase(ctx context.Context, file string) (*sql.DB, error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	settings := url.Values{
		"_txlock": {"immediate"},
		"_pragma": {
			"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "fullfsync(1)", "checkpoint_fullfsync(1)",
			"foreign_keys(1)", "journal_size_limit(67108864)",
		},
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", OmitHost: true, Path: file, RawQuery: settings.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	var mode string
	if err := db.QueryRowContext(ctx, `PRAGMA journal_mode`).Scan(&mode); err != nil {
		db.Close()
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	if mode != "wal" {
		db.Close()
		return nil, fmt.Errorf("open %s: the file system cannot keep a write-ahead log (journal mode is %q)", file, mode)
	}
	return db, nil
}

func migrate(ctx context.Context, driver riverdriver.Driver[*sql.Tx], db *sql.DB) error {
	migrator, err := rivermigrate.New(driver, nil)
	if err != nil {
		return fmt.Errorf("bring tables up to date: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("bring tables up to date: %w", err)
	}
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return fmt.Errorf("bring tables up to date: %w", err)
	}
	return nil
}

// drop ends jobs that wait: for a worker, their next attempt or their lane.
const drop = `
UPDATE river_job SET state = 'cancelled', finalized_at = datetime('now', 'subsec')
WHERE state IN ('available', 'pending', 'retryable', 'scheduled')`

// dropOutdated drops every waiting job for whose lane a newer job came. Jobs of gaveUpKind neither take the place of others nor lose theirs.
const dropOutdated = drop + ` AND kind <> 'gave-up'
	AND id < (SELECT max(newer.id) FROM river_job AS newer
		WHERE newer.args ->> '$.lane' = river_job.args ->> '$.lane' AND newer.kind <> 'gave-up')`

// dropOlder drops the waiting jobs that came before the given ones in their lanes, which are a JSON list of storedJob.
const dropOlder = drop + ` AND kind <> 'gave-up' AND id IN (
	SELECT older.id FROM json_each(?) AS new CROSS JOIN river_job AS older
	WHERE older.args ->> '$.lane' = new.value ->> '$.lane' AND older.id < new.value ->> '$.id')`

// dropInstallation drops the waiting jobs of an installation that came before a job, those of gaveUpKind too: there is nobody left to
// tell. It is rare, so it may read all that waits.
const dropInstallation = drop + ` AND args ->> '$.job.installation' = ? AND id < ?`

// selectNewer finds a job that came after one in its lane, even if it is done already.
const selectNewer = `
SELECT EXISTS (SELECT 1 FROM river_job WHERE args ->> '$.lane' = ? AND id > ? AND kind <> 'gave-up')`

// recoverJobs puts back what the last process left behind. The folder's lock says that it is gone, so there is no need to wait
// for River's own rescue, which takes an hour, or for the dead leader's term to end.
func (q *Queue) recoverJobs(ctx context.Context) error {
	tx, err := q.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("recover jobs: %w", err)
	}
	defer tx.Rollback()
	if err := q.recordDeath(ctx, tx); err != nil {
		return fmt.Errorf("recover jobs: %w", err)
	}
	for _, statement := range []string{dropOutdated, `DELETE FROM river_leader`} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("recover jobs: %w", err)
		}
	}
	if err := q.loadSuspects(ctx, tx); err != nil {
		return fmt.Errorf("recover jobs: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("recover jobs: %w", err)
	}
	return nil
}

// newer says whether a job came after id in its lane.
func (q *Queue) newer(ctx context.Context, lane string, id int64) (found bool, err error) {
	if err := q.db.QueryRowContext(ctx, selectNewer, lane, id).Scan(&found); err != nil {
		return false, fmt.Errorf("look for newer jobs in lane %s: %w", lane, err)
	}
	return found, nil
}
