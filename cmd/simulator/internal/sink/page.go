package sink

import (
	"bytes"
	_ "embed"
	"html/template"
	"maps"
	"net/http"
	"slices"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Parse(pageText))

// maxShownUsers bounds the page's list of users.
const maxShownUsers = 200

// userRow is one user on the page.
type userRow struct {
	ID, Access string
	Version    int64
}

// view is what the page shows.
type view struct {
	Total    int
	Users    []userRow
	More     int // users that are not shown
	Messages []Received
}

// show writes the page.
func (s *Sink) show(w http.ResponseWriter) {
	var out bytes.Buffer
	if err := page.Execute(&out, s.view()); err != nil {
		http.Error(w, "the page cannot be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	// A reader that has gone away is told nothing.
	_, _ = w.Write(out.Bytes())
}

func (s *Sink) view() view {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := view{Total: s.total, Messages: slices.Clone(s.received)}
	slices.Reverse(v.Messages)
	ids := slices.Sorted(maps.Keys(s.doors))
	v.More = max(0, len(ids)-maxShownUsers)
	for _, id := range ids[:len(ids)-v.More] {
		v.Users = append(v.Users, userRow{id, s.doors[id].access, s.doors[id].version})
	}
	return v
}
