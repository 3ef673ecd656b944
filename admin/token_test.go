package admin_test

import (
	"fmt"
	"strings"
	"testing"

	"admit/admin"
)

func TestParseTokens(t *testing.T) {
	t.Parallel()
	const good = "ops:operate:0123456789abcdef"
	for _, c := range []struct {
		name, text string
		want       string   // name/role of each
		mistakes   []string // what each holds
	}{
		{"none", "", "", nil},
		{"blank", " ", "", nil},
		{"one", good, "ops/operate", nil},
		{"several, with blanks between", good + " , view-1:read:abcdefgh01234567", "ops/operate view-1/read", nil},
		{"colons in the token", "ops:admin:01234:6789:bcdef", "ops/admin", nil},
		{"no token", "ops:admin", "", []string{"name:role:token"}},
		{"an empty entry", good + ",", "", []string{"token 2: must be name:role:token"}},
		{"a bad name", "Ops:admin:0123456789abcdef", "", []string{"[a-z0-9-]+"}},
		{"an empty name", ":admin:0123456789abcdef", "", []string{"[a-z0-9-]+"}},
		{"a bad role", "ops:owner:0123456789abcdef", "", []string{"token 1 (ops): its role"}},
		{"a short token", "ops:read:0123456789abcde", "", []string{"at least 16"}},
		{"a blank in the token", "ops:read:0123456789 abcdef", "", []string{"visible ASCII"}},
		{"not ASCII", "ops:read:0123456789abcdeé", "", []string{"visible ASCII"}},
		{"a name twice", good + ",ops:read:abcdefgh01234567", "", []string{"token 2 (ops): another token has the same name"}},
		{"a token twice", good + ",view:read:0123456789abcdef", "", []string{"the same token as ops's"}},
		{"all at once", "OPS:owner:short,view:read:x," + good + "," + good, "",
			[]string{"token 1: its name", "token 1: its role", "token 1: the token", "token 2 (view)", "token 4 (ops): another"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			parsed, err := admin.ParseTokens(c.text)
			var got []string
			for _, p := range parsed {
				got = append(got, p.Name+"/"+string(p.Role))
			}
			if strings.Join(got, " ") != c.want || (err == nil) != (c.mistakes == nil) {
				t.Fatalf("%q, %v", got, err)
			}
			if err == nil {
				return
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(c.mistakes) {
				t.Fatalf("%d mistakes, want %d: %v", len(lines), len(c.mistakes), err)
			}
			for i, want := range c.mistakes {
				if !strings.Contains(lines[i], want) {
					t.Errorf("%q does not hold %q", lines[i], want)
				}
			}
			for _, secret := range []string{"0123456789", "abcdefgh", "short"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the mistake quotes the token: %v", err)
				}
			}
		})
	}
}

func TestTokenShowsNoSecret(t *testing.T) {
	t.Parallel()
	const secret = "0123456789abcdef"
	parsed, err := admin.ParseTokens("ops:read:" + secret)
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%+v %#v %s", parsed, parsed, parsed); strings.Contains(text, secret) {
		t.Error("a printed token shows its secret")
	}
}
