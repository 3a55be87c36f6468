package queue

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"github.com/dfbot/dfbot/app/job"

	_ "modernc.org/sqlite" // the database driver "sqlite"
)

// sqlite is where a queue keeps its jobs: a SQLite database in a folder that belongs to this process alone. All that is
// SQLite's own is in this file and in lock_*.go. The rest of the package has this process's memory (lanes, turns,
// suspects, the line, the bell), and asks for what is stored by these operations only:
//
//	openSQLite, close  take the folder and bring its tables up to date; give it back
//	recover            put back what the last process left behind
//	connect            make River's client, which asks the queue for the jobs to run
//	accept             store a group of deliveries with their jobs, and drop the jobs that these replace
//	next, choose, mark find the job to run, and mark it as running
//	newer              whether a job was replaced
//	undone, unshelve   end a job undone, so that it can come back; bring such jobs back
//	acquit, prune      forget what is no longer needed
//	count, check       figures; whether a delivery could be stored
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

// River's client.

// take is how River gets the jobs to run next: at most so many, marked as running.
type take func(ctx context.Context, most int) ([]*rivertype.JobRow, error)

// driver is River's SQLite driver, but for two things. How a worker hears of new jobs: River's own polls a table every
// 50 ms and writes to it with each insert; this process is the only one at the database, so a bell does. And which jobs
// run next: the queue chooses.
type driver struct {
	*riversqlite.Driver
	take take
	bell riverdriver.Listener
}

// connect makes River's client.
func (s *sqlite) connect(config *river.Config, next take, bell riverdriver.Listener) (err error) {
	if s.river, err = river.NewClient(&driver{riversqlite.New(s.db), next, bell}, config); err != nil {
		return fmt.Errorf("make River client: %w", err)
	}
	return nil
}

// GetExecutor gives River an executor that asks the queue for the jobs to run.
func (d *driver) GetExecutor() riverdriver.Executor { return executor{d.Driver.GetExecutor(), d.take} }

// SupportsListenNotify is false: nothing has to be written to the table of notifications.
func (d *driver) SupportsListenNotify() bool { return false }

// GetListener gives River the bell as the source of its notifications.
func (d *driver) GetListener(*riverdriver.GetListenenerParams) riverdriver.Listener { return d.bell }

type executor struct {
	riverdriver.Executor
	take take
}

// JobGetAvailable marks the jobs that run next as running and returns them.
func (e executor) JobGetAvailable(ctx context.Context,
	params *riverdriver.JobGetAvailableParams) (*riverdriver.JobGetAvailableResult, error) {
	jobs, err := e.take(ctx, params.MaxToLock)
	if err != nil {
		return nil, err
	}
	return &riverdriver.JobGetAvailableResult{Jobs: jobs}, nil
}

// Recovery at the start.

const (
	noteDeath = `
INSERT INTO dfbot_death (job, deaths) SELECT id, 1 FROM river_job WHERE state = 'running'
ON CONFLICT (job) DO UPDATE SET deaths = deaths + 1`

	countDeaths = `
SELECT count(*), coalesce(max(deaths), 0) FROM river_job JOIN dfbot_death ON job = id WHERE state = 'running'`

	// restore takes back that the job was tried.
	restore = `
UPDATE river_job SET state = 'available', attempt = max(attempt - 1, 0), scheduled_at = datetime('now', 'subsec', ?) WHERE state = 'running'`

	postponeSuspects = `
UPDATE river_job SET scheduled_at = max(scheduled_at, datetime('now', 'subsec', ?1))
WHERE state IN ('available', 'pending', 'retryable', 'scheduled') AND id IN (SELECT job FROM dfbot_death WHERE deaths >= ?2)`

	forgetDeaths = `
DELETE FROM dfbot_death WHERE job NOT IN (
	SELECT id FROM river_job WHERE state IN ('available', 'pending', 'retryable', 'scheduled'))`

	selectDeaths = `
SELECT job, deaths, args ->> '$.lane', args ->> '$.job.installation' FROM dfbot_death JOIN river_job ON id = job`
)

// recover puts back what the last process left behind, and returns the jobs that have been running when processes died.
// Jobs that were running wait a little, and all suspects as long as the one of them with the most deaths: wait says how
// long.
//
// The folder's lock says that the last process is gone, so there is no need to wait for River's own rescue, which takes
// an hour, or for the dead leader's term to end. Where several processes share a database, a job that is running may
// well be another's.
func (s *sqlite) recover(ctx context.Context, wait func(deaths int) time.Duration) (left map[int64]suspect, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		if err := s.recordDeath(ctx, tx, wait); err != nil {
			return err
		}
		for _, statement := range []string{dropOutdated, `DELETE FROM river_leader`, forgetDeaths} {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		left, err = readSuspects(ctx, tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("recover jobs: %w", err)
	}
	return left, nil
}

// recordDeath puts back the jobs that were running when the last process ended, if there are any: it died.
func (s *sqlite) recordDeath(ctx context.Context, tx *sql.Tx, wait func(deaths int) time.Duration) error {
	if _, err := tx.ExecContext(ctx, noteDeath); err != nil {
		return err
	}
	var jobs, deaths int
	if err := tx.QueryRowContext(ctx, countDeaths).Scan(&jobs, &deaths); err != nil || jobs == 0 {
		return err
	}
	s.log.Warn("the last process died while jobs were running; they run again", "jobs", jobs, "deaths", deaths)
	later := func(deaths int) string { return fmt.Sprintf("+%.3f seconds", wait(deaths).Seconds()) }
	if _, err := tx.ExecContext(ctx, restore, later(1)); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, postponeSuspects, later(deaths), suspicious)
	return err
}

func readSuspects(ctx context.Context, tx *sql.Tx) (map[int64]suspect, error) {
	rows, err := tx.QueryContext(ctx, selectDeaths)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[int64]suspect{}
	for rows.Next() {
		var id int64
		var one suspect
		if err := rows.Scan(&id, &one.deaths, &one.lane, &one.installation); err != nil {
			return nil, err
		}
		all[id] = one
	}
	return all, rows.Err()
}

// acquit forgets in how many deaths a job was running.
func (s *sqlite) acquit(ctx context.Context, id int64) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM dfbot_death WHERE job = ?`, id)
	return err
}

// Deliveries.

// accept stores a group in one transaction, with one sync of the disk. It marks as accepted the deliveries whose id is
// new, and returns their jobs and how many waiting ones these replace. Where several processes share a database, jobs
// that run in another one would have to be ended there too.
func (s *sqlite) accept(ctx context.Context, group []*acceptance) (stored []storedJob, superseded int64, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		if err := remember(ctx, tx, group); err != nil {
			return err
		}
		if stored, err = s.insert(ctx, tx, group); err != nil {
			return err
		}
		superseded, err = supersede(ctx, tx, stored)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	return stored, superseded, nil
}

// remember notes the ids of a group and marks as accepted the deliveries whose id is new. Of two with the same id the
// first is.
func remember(ctx context.Context, tx *sql.Tx, group []*acceptance) error {
	ids := make([]string, len(group))
	for i, a := range group {
		ids[i] = a.delivery
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	rows, err := tx.QueryContext(ctx, `
		INSERT INTO dfbot_delivery (id, at) SELECT value, ?2 FROM json_each(?1) WHERE true
		ON CONFLICT DO NOTHING RETURNING id`, string(list), time.Now().Unix())
	if err != nil {
		return fmt.Errorf("remember deliveries: %w", err)
	}
	defer rows.Close()
	fresh := make(map[string]bool, len(group))
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return fmt.Errorf("remember deliveries: %w", err)
		}
		fresh[id] = true
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("remember deliveries: %w", err)
	}
	for _, a := range group {
		a.accepted = fresh[a.delivery]
		delete(fresh, a.delivery)
	}
	return nil
}

// insert hands the jobs of the accepted deliveries to River.
func (s *sqlite) insert(ctx context.Context, tx *sql.Tx, group []*acceptance) ([]storedJob, error) {
	var params []river.InsertManyParams
	for _, a := range group {
		if !a.accepted {
			continue
		}
		for _, j := range a.jobs {
			params = append(params, river.InsertManyParams{Args: newArgs(j)})
		}
	}
	if len(params) == 0 {
		return nil, nil
	}
	results, err := s.river.InsertManyTx(ctx, tx, params)
	if err != nil {
		return nil, fmt.Errorf("insert jobs: %w", err)
	}
	stored := make([]storedJob, len(results))
	for i, result := range results {
		// SQLite does not promise the order in which it returns rows.
		var a args
		if err := json.Unmarshal(result.Job.EncodedArgs, &a); err != nil {
			return nil, fmt.Errorf("insert jobs: %w", err)
		}
		stored[i] = storedJob{ID: result.Job.ID, Lane: a.Lane, job: a.Job}
	}
	return stored, nil
}

// drop ends jobs that wait: for a worker, their next attempt or their lane.
const drop = `
UPDATE river_job SET state = 'cancelled', finalized_at = datetime('now', 'subsec')
WHERE state IN ('available', 'pending', 'retryable', 'scheduled')`

// dropOutdated drops every waiting job for whose lane a newer job came. Jobs of gaveUpKind neither replace others nor
// are replaced.
const dropOutdated = drop + ` AND kind <> 'gave-up'
	AND id < (SELECT max(newer.id) FROM river_job AS newer
		WHERE newer.args ->> '$.lane' = river_job.args ->> '$.lane' AND newer.kind <> 'gave-up')`

// dropOlder drops the waiting jobs that came before the given ones in their lanes, which are a JSON list of storedJob.
const dropOlder = drop + ` AND kind <> 'gave-up' AND id IN (
	SELECT older.id FROM json_each(?) AS new CROSS JOIN river_job AS older
	WHERE older.args ->> '$.lane' = new.value ->> '$.lane' AND older.id < new.value ->> '$.id')`

// dropInstallation drops the waiting jobs of an installation that came before a job, those of gaveUpKind too: there is
// no one left to report to. It is rare, so it may read all that waits.
const dropInstallation = drop + ` AND args ->> '$.job.installation' = ? AND id < ?`

// selectNewer finds a job that came after one in its lane, even if it is done already.
const selectNewer = `
SELECT EXISTS (SELECT 1 FROM river_job WHERE args ->> '$.lane' = ? AND id > ? AND kind <> 'gave-up')`

// supersede drops the waiting jobs that the stored ones replace, and returns how many.
func supersede(ctx context.Context, tx *sql.Tx, stored []storedJob) (int64, error) {
	if len(stored) == 0 {
		return 0, nil
	}
	list, err := json.Marshal(stored)
	if err != nil {
		return 0, err
	}
	result, err := tx.ExecContext(ctx, dropOlder, string(list))
	if err != nil {
		return 0, fmt.Errorf("drop superseded jobs: %w", err)
	}
	dropped, err := result.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("drop superseded jobs: %w", err)
	}
	if err := clearShelf(ctx, tx, string(list)); err != nil {
		return 0, err
	}
	for _, by := range stored {
		if by.job.Kind != job.Forget {
			continue
		}
		more, err := forget(ctx, tx, by)
		if err != nil {
			return 0, err
		}
		dropped += more
	}
	return dropped, nil
}

// forget drops all that waits for the installation of a Forget job, and shelves it.
func forget(ctx context.Context, tx *sql.Tx, by storedJob) (int64, error) {
	if err := shelveAll(ctx, tx, by); err != nil {
		return 0, err
	}
	result, err := tx.ExecContext(ctx, dropInstallation, by.job.Installation, by.ID)
	if err != nil {
		return 0, fmt.Errorf("drop jobs of installation %d: %w", by.job.Installation, err)
	}
	return result.RowsAffected()
}

// newer reports whether a job came after id in its lane.
func (s *sqlite) newer(ctx context.Context, lane string, id int64) (found bool, err error) {
	if err := s.db.QueryRowContext(ctx, selectNewer, lane, id).Scan(&found); err != nil {
		return false, fmt.Errorf("look for newer jobs in lane %s: %w", lane, err)
	}
	return found, nil
}

// prune drops the delivery ids and shelved jobs from before a time, in pieces, so that deliveries do not wait long for
// it.
func (s *sqlite) prune(ctx context.Context, before time.Time) error {
	for _, old := range []string{
		`DELETE FROM dfbot_delivery WHERE id IN (SELECT id FROM dfbot_delivery WHERE at < ? ORDER BY at LIMIT ?)`,
		`DELETE FROM dfbot_shelf WHERE lane IN (SELECT lane FROM dfbot_shelf WHERE at < ? ORDER BY at LIMIT ?)`,
	} {
		for n := int64(pruneMost); n == pruneMost; {
			result, err := s.db.ExecContext(ctx, old, before.Unix(), pruneMost)
			if err == nil {
				n, err = result.RowsAffected()
			}
			if err != nil {
				return fmt.Errorf("drop what is old: %w", err)
			}
		}
	}
	return nil
}

// The next job.

// The expressions are those of the index dfbot_turn: with it a choice costs the same whether ten jobs wait or a hundred
// thousand.
const (
	// nextInstallation finds the next installation with jobs that wait.
	nextInstallation = `
SELECT args ->> '$.job.installation' AS installation FROM river_job INDEXED BY dfbot_turn
WHERE state = 'available' AND args ->> '$.job.installation' > ?1
ORDER BY installation LIMIT 1`

	// nextJob finds the job that has waited longest, of the next repository of an installation, whose lane is free and
	// that is not held back.
	nextJob = `
SELECT id, coalesce(args ->> '$.job.repository', 0) AS repository FROM river_job INDEXED BY dfbot_turn
WHERE state = 'available' AND args ->> '$.job.installation' = ?1 AND coalesce(args ->> '$.job.repository', 0) > ?2
	AND scheduled_at <= datetime('now', 'subsec')
	AND args ->> '$.lane' NOT IN (SELECT value FROM json_each(?3))
	AND id NOT IN (SELECT value FROM json_each(?4))
ORDER BY repository, scheduled_at, id LIMIT 1`

	takeJob = `
UPDATE river_job SET state = 'running', attempt = attempt + 1, attempted_at = datetime('now', 'subsec')
WHERE id = ? AND state = 'available'`
)

// next returns the first installation after one that has jobs that wait; 0 where there is none.
func (s *sqlite) next(ctx context.Context, after int64) (installation int64, err error) {
	err = s.db.QueryRowContext(ctx, nextInstallation, after).Scan(&installation)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("choose a job: %w", err)
	}
	return installation, nil
}

// choose returns the job of an installation that has waited longest, of the first repository after one, that is in no
// busy lane and not held back; with id 0 where there is none. Where several processes share a database, choosing and
// marking would have to be one step, and the lanes, turns and suspects of all of them would count.
func (s *sqlite) choose(
	ctx context.Context, installation, after int64, busy []string, held []int64,
) (id, repository int64, err error) {
	lanes, err := json.Marshal(busy)
	if err != nil {
		return 0, 0, err
	}
	ids, err := json.Marshal(held)
	if err != nil {
		return 0, 0, err
	}
	err = s.db.QueryRowContext(ctx, nextJob, installation, after, string(lanes), string(ids)).Scan(&id, &repository)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, 0, fmt.Errorf("choose a job of installation %d: %w", installation, err)
	}
	return id, repository, nil
}

// read returns a job as River stores it; nil where it is gone. One that cannot be read is dropped.
func (s *sqlite) read(ctx context.Context, id int64) (row *rivertype.JobRow, a args, err error) {
	found, err := s.rows.JobGetByIDMany(ctx, &riverdriver.JobGetByIDManyParams{ID: []int64{id}})
	switch {
	case err != nil:
		return nil, a, s.dropUnreadable(ctx, id, err)
	case len(found) == 0:
		return nil, a, nil
	}
	if err := a.read(found[0]); err != nil {
		return nil, a, s.dropUnreadable(ctx, id, err)
	}
	return found[0], a, nil
}

// dropUnreadable drops a job that a later version of dfbot or a broken disk has written, unless it was the database
// that could not be reached.
func (s *sqlite) dropUnreadable(ctx context.Context, id int64, cause error) error {
	result, err := s.db.ExecContext(ctx, drop+` AND id = ?`, id)
	if err != nil {
		return errors.Join(cause, err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return err
	}
	s.log.Error("job dropped: it cannot be read", "job", id, "error", cause)
	return nil
}

// mark marks a job as running, in the database and in the row; false where it waits no longer.
func (s *sqlite) mark(ctx context.Context, row *rivertype.JobRow) (bool, error) {
	result, err := s.db.ExecContext(ctx, takeJob, row.ID)
	if err != nil {
		return false, err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return false, err
	}
	now := time.Now().UTC()
	row.State, row.AttemptedAt = rivertype.JobStateRunning, &now
	row.Attempt++
	return true, nil
}

// The shelf holds jobs that were given up, or went stale because their installation was suspended. A Refresh of the
// installation brings them back; a newer job in their lane makes them needless. The ids of their deliveries are
// forgotten, so that a delivery that is sent again brings the job back too.

// shelfMost is how many jobs of one installation a Refresh brings back at once, the newest first.
const shelfMost = 1000

const (
	putOnShelf = `
REPLACE INTO dfbot_shelf (lane, installation, job, at) SELECT ?1, ?2, ?3, ?4
WHERE NOT EXISTS (SELECT 1 FROM river_job WHERE args ->> '$.lane' = ?1 AND id > ?5 AND kind <> 'gave-up')`

	// shelveInstallation puts what waits for an installation on the shelf, but for jobs about the installation itself.
	shelveInstallation = `
REPLACE INTO dfbot_shelf (lane, installation, job, at)
SELECT args ->> '$.lane', args ->> '$.job.installation', json(args -> '$.job'), ?3 FROM river_job
WHERE state IN ('available', 'pending', 'retryable', 'scheduled') AND kind = 'review'
	AND args ->> '$.job.installation' = ?1 AND id < ?2
ORDER BY id`

	forgetInstallation = `
DELETE FROM dfbot_delivery WHERE id IN (
	SELECT args ->> '$.job.delivery' FROM river_job
	WHERE state IN ('available', 'pending', 'retryable', 'scheduled') AND kind = 'review'
		AND args ->> '$.job.installation' = ?1 AND id < ?2)`

	takeFromShelf = `
DELETE FROM dfbot_shelf WHERE lane IN (
	SELECT lane FROM dfbot_shelf WHERE installation = ? ORDER BY at DESC LIMIT ?) RETURNING job`
)

// undone ends a job that was not done, in one transaction: its delivery may be sent again; with shelved it also comes
// back with the next Refresh of its installation; and report, unless nil, is stored as a job, once for each job.
func (s *sqlite) undone(ctx context.Context, id int64, j job.Job, shelved bool, report *args) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if report != nil {
			once := []*acceptance{{delivery: fmt.Sprintf("gave-up/%d", id)}}
			if err := remember(ctx, tx, once); err != nil || !once[0].accepted {
				return err
			}
			if _, err := s.river.InsertTx(ctx, tx, *report, nil); err != nil {
				return err
			}
		}
		if shelved {
			if err := shelve(ctx, tx, id, j); err != nil {
				return err
			}
		}
		return forgetDelivery(ctx, tx, j)
	})
}

// shelve puts the job with an id on the shelf, unless its lane has a newer one.
func shelve(ctx context.Context, tx *sql.Tx, id int64, j job.Job) error {
	if j.Kind != job.Review {
		return nil
	}
	text, err := json.Marshal(j)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, putOnShelf, laneOf(j), j.Installation, string(text), time.Now().Unix(), id)
	if err != nil {
		return fmt.Errorf("shelve job: %w", err)
	}
	return nil
}

// shelveAll puts on the shelf what waits for the installation of a Forget job, and forgets the deliveries.
func shelveAll(ctx context.Context, tx *sql.Tx, by storedJob) error {
	if _, err := tx.ExecContext(ctx, shelveInstallation, by.job.Installation, by.ID, time.Now().Unix()); err != nil {
		return fmt.Errorf("shelve jobs of installation %d: %w", by.job.Installation, err)
	}
	if _, err := tx.ExecContext(ctx, forgetInstallation, by.job.Installation, by.ID); err != nil {
		return fmt.Errorf("forget deliveries of installation %d: %w", by.job.Installation, err)
	}
	return nil
}

// clearShelf drops what the stored jobs, which are a JSON list of storedJob, make needless.
func clearShelf(ctx context.Context, tx *sql.Tx, stored string) error {
	_, err := tx.ExecContext(ctx, `
		DELETE FROM dfbot_shelf WHERE lane IN (SELECT value ->> '$.lane' FROM json_each(?))`, stored)
	if err != nil {
		return fmt.Errorf("clear shelf: %w", err)
	}
	return nil
}

// forgetDelivery makes the delivery that asked for a job one that was never accepted.
func forgetDelivery(ctx context.Context, tx *sql.Tx, j job.Job) error {
	whole, _, _ := strings.Cut(j.Delivery, "#") // of a job that was found by its head; see job.Ref.Pull
	if _, err := tx.ExecContext(ctx, `DELETE FROM dfbot_delivery WHERE id IN (?, ?)`, j.Delivery, whole); err != nil {
		return fmt.Errorf("forget delivery %s: %w", whole, err)
	}
	return nil
}

// unshelve queues the jobs of an installation that are on the shelf.
func (s *sqlite) unshelve(ctx context.Context, installation int64) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		params, err := fromShelf(ctx, tx, installation)
		if err != nil {
			return fmt.Errorf("take jobs from the shelf: %w", err)
		}
		if len(params) == 0 {
			return nil
		}
		if _, err := s.river.InsertManyTx(ctx, tx, params); err != nil {
			return fmt.Errorf("insert jobs: %w", err)
		}
		return nil
	})
}

func fromShelf(ctx context.Context, tx *sql.Tx, installation int64) ([]river.InsertManyParams, error) {
	rows, err := tx.QueryContext(ctx, takeFromShelf, installation, shelfMost)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var params []river.InsertManyParams
	for rows.Next() {
		var text string
		var j job.Job
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(text), &j); err != nil {
			return nil, err
		}
		params = append(params, river.InsertManyParams{Args: newArgs(j)})
	}
	return params, rows.Err()
}

// Figures.

// count returns how many jobs wait and run, and for how long the oldest job that could run has been waiting.
func (s *sqlite) count(ctx context.Context) (queued, running int, oldest time.Duration, err error) {
	var seconds float64
	err = s.db.QueryRowContext(ctx, `
		SELECT count(*) FILTER (WHERE state <> 'running'), count(*) FILTER (WHERE state = 'running'),
			coalesce(max(unixepoch('now', 'subsec') - unixepoch(scheduled_at, 'subsec')) FILTER (WHERE state = 'available'), 0)
		FROM river_job WHERE state IN ('available', 'pending', 'retryable', 'running', 'scheduled')`).
		Scan(&queued, &running, &seconds)
	if err != nil {
		return 0, 0, 0, fmt.Errorf("count jobs: %w", err)
	}
	return queued, running, max(0, time.Duration(seconds*float64(time.Second))), nil
}
