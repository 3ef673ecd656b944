// Package client speaks to a running Admit: as the two providers do on the public
// listener, and as an operator does on the admin listener.
package client

import (
	"bytes"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	requestTime = 10 * time.Second
	maxAnswer   = 4 << 20 // bytes of an answer that are read
)

// Answer is what came back.
type Answer struct {
	Status int
	Body   string // without spaces around it
}

// Hash returns what XGateway puts in a callback's hash: base64 of the SHA-512 of
// the customer's ID, a dot and the secret.
func Hash(customerID, secret string) string {
	sum := sha512.Sum512([]byte(customerID + "." + secret))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// Public is Admit's public listener.
type Public struct {
	URL string // without a slash at its end
}

// Post posts a body as a provider does; authorization is the header of that name,
// "" for none.
func (p Public) Post(ctx context.Context, path, authorization, body string) (Answer, error) {
	return send(ctx, http.MethodPost, p.URL+path, authorization, body)
}

// send makes a request. Every answer is an Answer, whatever its status.
func send(ctx context.Context, method, url, authorization, body string) (a Answer, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	var content io.Reader
	if body != "" {
		content = bytes.NewReader([]byte(body))
	}
	r, err := http.NewRequestWithContext(ctx, method, url, content)
	if err != nil {
		return Answer{}, fmt.Errorf("make a request: %w", err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return Answer{}, err // it names method and URL
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if closeErr := answer.Body.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return Answer{}, fmt.Errorf("read the answer to %s %s: %w", method, url, err)
	}
	return Answer{answer.StatusCode, strings.TrimSpace(string(text))}, nil
}
