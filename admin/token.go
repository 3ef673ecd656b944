package admin

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Role says what a token may do. Each role may do what the ones before it may.
type Role string

// The roles.
const (
	RoleRead    Role = "read"    // look at onboardings
	RoleOperate Role = "operate" // and start them, and send commands
	RoleAdmin   Role = "admin"   // and everything else
)

// Roles lists the roles, the least one first.
var Roles = [...]Role{RoleRead, RoleOperate, RoleAdmin}

// may says whether a token of role r may do what needs the given role.
func (r Role) may(needed Role) bool {
	return slices.Index(Roles[:], r) >= slices.Index(Roles[:], needed)
}

// minToken is the length of the shortest token, in bytes.
const minToken = 16

// Token lets its bearer in. Only a digest of the secret is kept.
type Token struct {
	Name   string // the actor in the audit
	Role   Role
	digest [sha256.Size]byte
}

var (
	tokenName   = regexp.MustCompile(`^[a-z0-9-]+$`)
	tokenSecret = regexp.MustCompile(`^[!-~]+$`) // what fits in a header
)

// ParseTokens reads tokens as name:role:token, separated by commas. Names are
// unique and match [a-z0-9-]+; a token has at least 16 characters, visible ASCII
// without commas, and may hold colons. The error joins one for each mistake and
// quotes no token; an empty text has no tokens and no mistake.
func ParseTokens(text string) ([]Token, error) {
	var tokens []Token
	var mistakes []error
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	for i, entry := range strings.Split(text, ",") {
		t, found := parseToken(strings.TrimSpace(entry))
		for _, other := range tokens {
			switch {
			case other.Name == t.Name && t.Name != "":
				found = append(found, "another token has the same name")
			case other.digest == t.digest:
				found = append(found, "it is the same token as "+other.Name+"'s")
			}
		}
		for _, mistake := range found {
			mistakes = append(mistakes, fmt.Errorf("token %d%s: %s", i+1, called(t.Name), mistake))
		}
		if tokenName.MatchString(t.Name) {
			tokens = append(tokens, t)
		}
	}
	if len(mistakes) > 0 {
		return nil, errors.Join(mistakes...)
	}
	return tokens, nil
}

func parseToken(entry string) (t Token, mistakes []string) {
	parts := strings.SplitN(entry, ":", 3)
	if len(parts) != 3 {
		return t, []string{"must be name:role:token"}
	}
	name, role, secret := parts[0], Role(parts[1]), parts[2]
	if tokenName.MatchString(name) {
		t.Name = name
	} else {
		mistakes = append(mistakes, "its name must match [a-z0-9-]+")
	}
	if !slices.Contains(Roles[:], role) {
		mistakes = append(mistakes, "its role must be read, operate or admin")
	}
	switch {
	case len(secret) < minToken:
		mistakes = append(mistakes, fmt.Sprintf("the token itself must have at least %d characters", minToken))
	case !tokenSecret.MatchString(secret):
		mistakes = append(mistakes, "the token itself must be of visible ASCII characters")
	}
	t.Role, t.digest = role, sha256.Sum256([]byte(secret))
	return t, mistakes
}

// called names a token in a mistake; a name that is none may be a secret in the
// wrong place, and is not shown.
func called(name string) string {
	if name == "" {
		return ""
	}
	return " (" + name + ")"
}
