package providerstest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fake is a provider's API as an http.Handler, safe for concurrent use.
type Fake struct {
	Clock func() time.Time // set to time.Now

	key   string
	pages pages

	mu        sync.Mutex
	scripts   map[string][]Reply // what is left to say about a user
	others    []Reply
	questions []Question
	faults    []string
}

// pages is what a provider's pages say of its API.
type pages struct {
	prefix, suffix string // of the path, around the user
	missing, wrong Reply  // for those who do not show the key
	stranger       Reply  // about a user that it does not know
	documented     []Reply
}

// Question is one request about a user, in the order of their coming.
type Question struct {
	UserID string
	At     time.Time
	Reply  string // the name of what was replied
}

func newFake(key string, p pages) *Fake {
	return &Fake{Clock: time.Now, key: key, pages: p, scripts: map[string][]Reply{}, others: []Reply{p.stranger}}
}

// Documented returns every answer that the provider's pages show.
func (f *Fake) Documented() []Reply { return slices.Clone(f.pages.documented) }

// Answer says what is replied about a user from now on: the replies in turn, the
// last again and again. Without any the user is one of the others again.
func (f *Fake) Answer(userID string, replies ...Reply) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(replies) == 0 {
		delete(f.scripts, userID)
		return
	}
	f.scripts[userID] = slices.Clone(replies)
}

// AnswerOthers says what is replied about every user that Answer was not called
// for and nobody has asked about yet, in place of that he is not known. Each goes
// through the replies on his own.
func (f *Fake) AnswerOthers(replies ...Reply) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.others = slices.Clone(replies); len(replies) == 0 {
		f.others = []Reply{f.pages.stranger}
	}
}

// Questions returns what was asked so far.
func (f *Fake) Questions() []Question {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.questions)
}

// Asked returns how often a user was asked about.
func (f *Fake) Asked(userID string) int {
	n := 0
	for _, q := range f.Questions() {
		if q.UserID == userID {
			n++
		}
	}
	return n
}

// Faults returns what was asked in another way than the provider's pages say: by
// another method, at another path, or with the key under another name.
func (f *Fake) Faults() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.faults)
}

// ServeHTTP replies to one question.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	userID, ok := f.user(r)
	if !ok {
		f.fault("asked " + r.Method + " " + r.URL.EscapedPath())
		http.Error(w, "no such page", http.StatusNotFound)
		return
	}
	f.reply(userID, r).write(w, r)
}

// user returns the user that a request is about. A segment that is a step inside
// the path would be gone at a server that cleans its paths.
func (f *Fake) user(r *http.Request) (string, bool) {
	rest, ok := strings.CutPrefix(r.URL.EscapedPath(), f.pages.prefix)
	segment, ok2 := strings.CutSuffix(rest, f.pages.suffix)
	if !ok || !ok2 || r.Method != http.MethodGet || r.URL.RawQuery != "" ||
		segment == "" || segment == "." || segment == ".." || strings.Contains(segment, "/") {
		return "", false
	}
	userID, err := url.PathUnescape(segment)
	return userID, err == nil
}

// reply chooses what is replied, and writes it down.
func (f *Fake) reply(userID string, r *http.Request) Reply {
	name, seen := headerName(r)
	f.mu.Lock()
	defer f.mu.Unlock()
	shown, reply := r.Header.Values("x-api-key"), Reply{}
	switch {
	case seen && len(shown) > 0 && name != "x-api-key":
		f.faults = append(f.faults, "the key came as "+name)
		reply = f.pages.missing
	case len(shown) == 0:
		reply = f.pages.missing
	case len(shown) > 1 || shown[0] != f.key:
		reply = f.pages.wrong
	default:
		reply = f.next(userID)
	}
	f.questions = append(f.questions, Question{userID, f.Clock(), reply.Name})
	return reply
}

// next returns the next reply about a user.
func (f *Fake) next(userID string) Reply {
	script, ok := f.scripts[userID]
	if !ok {
		script = f.others
	}
	reply := script[0]
	if len(script) > 1 {
		script = script[1:]
	}
	f.scripts[userID] = script
	return reply
}

func (f *Fake) fault(text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = append(f.faults, text)
}
