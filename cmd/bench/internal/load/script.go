// Package load sends webhooks over kept connections and takes the time: in a
// closed loop, where each connection sends as soon as it is answered, and in an
// open one, where they are sent at their hour whatever becomes of those before.
//
// The client is a few lines over a socket instead of net/http's, for it runs on
// the machine that it measures.
package load

import (
	"fmt"
	"strconv"
)

// Path is where the webhooks go.
const Path = "/webhook/kyc-verification/status"

// NumberField is the field of a body that holds the webhook's number. P100 sends
// no such field, and Admit ignores what it does not know.
const NumberField = "benchmark"

// words are what a user's webhooks say, one after the other and then anew: each
// differs from the one before it, so that none is a duplicate.
var words = []string{
	`"verificationStatus":"NOT_VERIFIED","attemptStatus":"PENDING"`,
	`"verificationStatus":"NOT_VERIFIED","attemptStatus":"VERIFICATION"`,
	`"verificationStatus":"NOT_VERIFIED","attemptStatus":"REJECTED_BY_PROVIDER","rejectionReason":"NO_FACE_FOUND"`,
}

// Script is what one receiver is sent: P100's KYC webhooks about a number of
// users. Different users' webhooks may be made at the same time, one user's may not.
type Script struct {
	prefix, token string
	users         []user
}

type user struct {
	id   string
	step int
}

// NewScript returns a script about as many users, whose ids begin with prefix.
func NewScript(prefix, token string, users int) *Script {
	s := &Script{prefix: prefix, token: token, users: make([]user, users)}
	for i := range s.users {
		s.users[i].id = prefix + strconv.Itoa(i)
	}
	return s
}

// Users returns how many users the script is about.
func (s *Script) Users() int { return len(s.users) }

// UserID returns the ID of a user.
func (s *Script) UserID(i int) string { return s.users[i].id }

// Request appends the user's next webhook to buf, as HTTP, and returns it.
func (s *Script) Request(buf []byte, i int, number int64) []byte {
	u := &s.users[i]
	says := words[u.step%len(words)]
	u.step++
	length := len(`{"externalUserId":"",,"":}`) + len(u.id) + len(says) + len(NumberField) + len(strconv.FormatInt(number, 10))
	return fmt.Appendf(buf, "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"+
		`{"externalUserId":"%s",%s,"%s":%d}`, Path, s.token, length, u.id, says, NumberField, number)
}
