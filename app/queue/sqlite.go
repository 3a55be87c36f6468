package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	_ "modernc.org/sqlite" // the database driver "sqlite"
)

// sqlite is where a queue keeps its jobs: a SQLite database in a folder that belongs to this process alone. All that is
// SQLite's own is in sqlite*.go and lock_*.go. The rest of the package has this process's memory (lanes, turns,
// suspects, the line, the bell), and asks for what is stored by these operations only:
//
//	openSQLite, close        take the folder and bring its tables up to date; give it back
//	check, count             whether a delivery could be stored; figures
//	connect                  make River's client, which asks the queue for the jobs to run (sqlite_river.go)
//	accept, newer, prune     store a group of deliveries with their jobs, and drop the jobs that these replace;
//	                         whether a job was replaced; forget old deliveries (sqlite_accept.go)
//	next, choose, read, mark find the job to run, and mark it as running (sqlite_next.go)
//	undone, unshelve         end a job undone, so that it can come back; bring such jobs back (sqlite_shelf.go)
//	recover, acquit          put back what the last process left; forget the deaths of a job (sqlite_deaths.go)
//
// Another database needs the same operations, and where several processes share it, more than them: what is said in the
// notes at recover, choose and accept.
type sqlite struct {
	db    *sql.DB
	lock  *os.File
	rows  riverdriver.Executor
	river *river.Client[*sql.Tx] // made by connect
	log   *slog.Logger
}

// File is the name of the database inside the data folder.
const File = "dfbot.db"

// lockFile is the file inside the data folder that the process using it holds locked.
const lockFile = "dfbot.lock"

// openSQLite takes the folder, makes it and the database where they are missing, and brings the tables up to date. A
// folder that another process has open gives an error that is ErrInUse.
func openSQLite(ctx context.Context, dir string, log *slog.Logger) (_ *sqlite, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	s := &sqlite{log: log}
	if s.lock, err = lockFolder(filepath.Join(dir, lockFile)); err != nil {
		return nil, err
	}
	if s.db, err = openDatabase(ctx, filepath.Join(dir, File)); err == nil {
		s.rows = riversqlite.New(s.db).GetExecutor()
		err = s.migrate(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// close gives the folder back.
func (s *sqlite) close() error {
	var err error
	if s.db != nil {
		err = s.db.Close()
	}
	return errors.Join(err, s.lock.Close())
}

// openDatabase opens the SQLite database in file, readable for this user only. A committed transaction is on the disk:
// WAL with synchronous=FULL syncs the log once for each commit, and fullfsync does what macOS needs for that. There is
// one connection, so statements wait for each other in Go, in the order they came, and not in SQLite's busy loop.
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
	db, err := sql.Open("sqlite", (&url.URL{
		Scheme: "file", OmitHost: true, Path: file, RawQuery: settings.Encode(),
	}).String())
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
		return nil, fmt.Errorf("open %s: the file system cannot keep a write-ahead log (journal mode is %q)", file,
			mode)
	}
	return db, nil
}

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
	args ->> '$.job.installation', coalesce(args ->> '$.job.repository', 0), scheduled_at, id)
	WHERE state = 'available';
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

func (s *sqlite) migrate(ctx context.Context) error {
	migrator, err := rivermigrate.New(riversqlite.New(s.db), nil)
	if err != nil {
		return fmt.Errorf("bring tables up to date: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("bring tables up to date: %w", err)
	}
	if _, err := s.db.ExecContext(ctx, schema); err != nil {
		return fmt.Errorf("bring tables up to date: %w", err)
	}
	return nil
}

// probe writes about as much as a small group of deliveries does.
const probe = `REPLACE INTO dfbot_probe (one, bytes) VALUES (1, randomblob(65536))`

// check reports whether the database answers, and with write whether it can be written to.
func (s *sqlite) check(ctx context.Context, write bool) error {
	statement := `SELECT 1`
	if write {
		statement = probe
	}
	_, err := s.db.ExecContext(ctx, statement)
	return err
}

// inTx runs f in a transaction.
func (s *sqlite) inTx(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// count returns how many jobs wait and run, and for how long the oldest job that could run has been waiting.
func (s *sqlite) count(ctx context.Context) (queued, running int, oldest time.Duration, err error) {
	var seconds float64
	err = s.db.QueryRowContext(ctx, `
		SELECT count(*) FILTER (WHERE state <> 'running'), count(*) FILTER (WHERE state = 'running'),
			coalesce(max(unixepoch('now', 'subsec') - unixepoch(scheduled_at, 'subsec'))
				FILTER (WHERE state = 'available'), 0)
		FROM river_job WHERE state IN ('available', 'pending', 'retryable', 'running', 'scheduled')`).
		Scan(&queued, &running, &seconds)
	if err != nil {
		return 0, 0, 0, fmt.Errorf("count jobs: %w", err)
	}
	return queued, running, max(0, time.Duration(seconds*float64(time.Second))), nil
}
