package access

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"
)

// MaxBody is the longest body that is taken, in bytes; the sender's are far
// shorter.
const MaxBody = 64 << 10

// storeTime bounds what the store may take. The sender waits for 5 s, and
// what it does not hear it sends again.
const storeTime = 3 * time.Second

// Handler serves the two routes of the receiver.
type Handler struct {
	Verifier *Verifier
	Store    Store
	Logger   *slog.Logger
}

// Routes returns the receiver's routes: POST /hooks/admit takes hooks, GET
// /access/{userId} tells what is held on a user, whose ID may hold slashes. The
// second asks for no proof, so keep it where only your own systems reach it.
func (h *Handler) Routes() http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("POST /hooks/admit", h.take)
	routes.HandleFunc("GET /access/{userId...}", h.show)
	return routes
}

// take verifies, keeps, and answers: 204 for what is kept, was kept before, or is
// not about access; 4xx for what will never be taken, however often it comes; 503 for
// what is to come again. Work that follows from a change belongs behind the answer.
func (h *Handler) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		http.Error(w, "the body is too long", http.StatusRequestEntityTooLarge)
		return
	case err != nil: // it broke off on the way
		http.Error(w, "the body did not come through", http.StatusServiceUnavailable)
		return
	}
	if err := h.Verifier.Verify(r.Header, body); err != nil {
		h.Logger.Warn("hook not believed", "reason", err)
		http.Error(w, "not signed", http.StatusUnauthorized)
		return
	}
	word, err := decode(body)
	switch {
	case errors.Is(err, errIgnored):
		w.WriteHeader(http.StatusNoContent)
		return
	case err != nil:
		h.Logger.Error("hook not understood", "error", err)
		http.Error(w, "not understood", http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), storeTime)
	defer cancel()
	kept, err := h.Store.Put(ctx, word)
	if err != nil {
		h.Logger.Error("access could not be kept", "user", word.UserID, "version", word.Version, "error", err)
		http.Error(w, "come again", http.StatusServiceUnavailable)
		return
	}
	h.Logger.Info("access", "user", word.UserID, "granted", word.Granted, "version", word.Version, "kept", kept)
	w.WriteHeader(http.StatusNoContent)
}

// show tells what is held on a user; 404 for one that nothing was heard of, who is
// not let in.
func (h *Handler) show(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), storeTime)
	defer cancel()
	word, found, err := h.Store.Get(ctx, r.PathValue("userId"))
	switch {
	case err != nil:
		h.Logger.Error("access could not be looked up", "error", err)
		http.Error(w, "come again", http.StatusServiceUnavailable)
	case !found:
		http.Error(w, "nothing was heard of this user", http.StatusNotFound)
	default:
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(word); err != nil {
			h.Logger.Debug("answer not sent", "error", err) // whoever asked has gone
		}
	}
}
