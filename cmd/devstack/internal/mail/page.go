package mail

import (
	"bytes"
	_ "embed"
	"errors"
	"html/template"
	"io/fs"
	"log"
	"net/http"
)

//go:embed page.html
var pageSource string

// page escapes whatever a mail holds. What is HTML is shown in a frame of its own
// that runs no scripts, and the page's policy, which holds there, too, loads nothing.
var page = template.Must(template.New("page").Parse(pageSource))

// newPage returns the handler of the two pages: the list, and one mail.
func newPage(kept store, errorLog *log.Logger) http.Handler {
	p := pages{store: kept, errors: errorLog}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.list)
	mux.HandleFunc("GET /mail/{name}", p.show)
	return mux
}

type pages struct {
	store  store
	errors *log.Logger
}

func (p pages) list(w http.ResponseWriter, _ *http.Request) {
	names, err := p.store.names()
	if err != nil {
		p.fail(w, err)
		return
	}
	messages := make([]Message, 0, len(names))
	for _, name := range names {
		message, err := p.store.read(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			p.fail(w, err)
			return
		}
		messages = append(messages, message)
	}
	p.render(w, "list", messages)
}

func (p pages) show(w http.ResponseWriter, r *http.Request) {
	message, err := p.store.read(r.PathValue("name"))
	if errors.Is(err, fs.ErrNotExist) {
		http.NotFound(w, r)
		return
	}
	if err != nil {
		p.fail(w, err)
		return
	}
	p.render(w, "mail", message)
}

func (p pages) render(w http.ResponseWriter, name string, data any) {
	var body bytes.Buffer
	if err := page.ExecuteTemplate(&body, name, data); err != nil {
		p.fail(w, err)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	header.Set("Cache-Control", "no-store")
	if _, err := body.WriteTo(w); err != nil {
		p.errors.Printf("mail page: %v", err)
	}
}

func (p pages) fail(w http.ResponseWriter, err error) {
	p.errors.Printf("mail page: %v", err)
	http.Error(w, "The mails cannot be read; the log says why.", http.StatusInternalServerError)
}
