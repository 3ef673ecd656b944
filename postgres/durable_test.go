package postgres_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"admit/postgres/postgrestest"
)

// TestCommitsAreDurable holds that what is answered is on disk, in a database that is
// set not to wait for it, too, and that a database that waits for more goes on to.
func TestCommitsAreDurable(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ set, session, want string }{
		{"off", "", "on"},
		{"on", "off", "on"},
		{"on", "", "on"},
		{"local", "", "local"},
		{"remote_apply", "", "remote_apply"},
	} {
		t.Run(tc.set+" "+tc.session, func(t *testing.T) {
			t.Parallel()
			url, name := postgrestest.Database(t)
			if err := open(t, url).Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			db, err := pgxpool.New(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(db.Close)
			exec(t, db, "create table commits (setting text)")
			exec(t, db, "create function kept() returns trigger language plpgsql as $$ begin insert into commits values (tg_table_name || ' ' || current_setting('synchronous_commit')); return null; end $$")
			exec(t, db, "create trigger kept after insert on events execute function kept()")
			exec(t, db, "create trigger kept after insert on log execute function kept()")
			exec(t, db, "alter database "+pgx.Identifier{name}.Sanitize()+" set synchronous_commit = "+tc.set)
			if tc.session != "" {
				url = postgrestest.With(t, url, "synchronous_commit", tc.session)
			}
			s := open(t, url)
			accept(t, s, report("user-1", verified))
			advance(t, s, "user-1")
			for _, table := range []string{"events", "log"} {
				if n := one[int64](t, db, "select count(*) from commits where setting = $1", table+" "+tc.want); n != 1 {
					t.Errorf("%s: %q, want %s", table, all[string](t, db, "select setting from commits"), tc.want)
				}
			}
		})
	}
}
