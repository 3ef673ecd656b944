package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// importerToken has the role that imports take.
const importerToken = "importer-token-for-tests"

// TestImport10000 imports 10,000 users: not with three bad lines, nor while one of
// them exists, and then once, however often the command is sent. It is not
// parallel: it says how long it took.
func TestImport10000(t *testing.T) {
	const users = 10_000
	s := newSystem(t, options{config: noJitter, env: []string{"ADMIT_ADMIN_TOKENS=" + adminTokens + ",importer:admin:" + importerToken}})
	s.serve()
	env := []string{"ADMIT_ADMIN_URL=http://" + s.admin, "ADMIT_TOKEN=" + importerToken}
	lines := make([]string, users)
	for i := range lines {
		lines[i] = fmt.Sprintf("%s,kyc,2024-05-31T12:00:00Z,user-%d@example.com,de-AT", s.user(i), i)
	}
	path := filepath.Join(t.TempDir(), "users.csv")
	write := func() {
		if err := os.WriteFile(path, []byte("user_id,checks,since,email,locale\n"+strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	good := [3]string{lines[7], lines[4_998], lines[9_999]}
	lines[7] = strings.Replace(lines[7], ",kyc,", ",passport,", 1)
	lines[4_998] = strings.Replace(lines[4_998], "2024-", "2924-", 1)
	lines[9_999] = lines[0]
	write()
	says(t, env, []string{"import", path}, exitFailed, []string{"has 3 mistakes; nobody was imported", `line 9: checks: "passport" is no check`,
		`line 5000: since "2924-05-31T12:00:00Z" is in the future`, "line 10001: user_id " + s.user(0) + " stands on line 2, too"})
	lines[7], lines[4_998], lines[9_999] = good[0], good[1], good[2]
	write()
	s.accepted(pathKYC, kyc("known-already", "NOT_VERIFIED", ""))
	lines[7] = "known-already,kyc,2024-05-31T12:00:00Z,,"
	write()
	says(t, env, []string{"import", path}, exitFailed, []string{"has 1 mistake; nobody was imported", "line 9: known-already exists already"})
	if n := count(t, s.pool, "select count(*) from events where provider = 'merchant'"); n != 0 {
		t.Fatalf("%d users were imported", n)
	}
	lines[7] = good[0]
	write()
	s.imports(env, path, users)
	says(t, env, []string{"import", path, "--rate", "5000/s"}, exitDone, []string{"0 users imported", "10000 users had been already by this import"})
	if n := count(t, s.pool, "select count(*) from events where provider = 'merchant'"); n != users {
		t.Errorf("%d imports were stored, want %d", n, users)
	}
	if n := count(t, s.pool, "select count(*) from effects where state = 'waiting'"); n != 0 {
		t.Errorf("%d effects wait, although nobody was to be told", n)
	}
	says(t, env, []string{"status", s.user(7)}, exitDone, []string{"approved", "kyc", "contact", "known"})
	says(t, env, []string{"wake", s.user(7), s.user(8)}, exitDone, []string{"2 users rung"})
}

// imports imports a file of so many users and says how long it took until all are
// folded.
func (s *system) imports(env []string, path string, users int64) {
	s.t.Helper()
	began := time.Now()
	code, out, said := runOnce(s.t, world.admit, env, "import", path, "--rate", "5000/s")
	if code != exitDone || !strings.HasPrefix(out, fmt.Sprintf("%d users imported in ", users)) {
		s.t.Fatalf("import ended with %d: %s%s", code, out, said)
	}
	stored := time.Since(began)
	eventually(s.t, "everybody is approved", func() error {
		n, err := tryCount(s.pool, "select count(*) from onboardings where stage = 'approved' and access = 'granted'")
		if err == nil && n != users {
			err = errFew{n, users}
		}
		return err
	})
	s.t.Logf("%d users were stored in %v and all folded after %v", users, stored.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
}
