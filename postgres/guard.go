package postgres

import (
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"

	"admit/onboarding"
)

// guard is a decoder that does not panic: where the one in it does, it cannot read
// the body, and the log says where.
type guard struct {
	decoder Decoder
	log     *slog.Logger
}

func (g guard) Decode(provider, route string, body []byte) (r onboarding.Report, err error) {
	defer g.rescue(provider, route, func() { r, err = onboarding.Report{}, errNoReport })
	return g.decoder.Decode(provider, route, body)
}

func (g guard) Answer(provider string, body []byte) (a onboarding.Answer, err error) {
	defer g.rescue(provider, onboarding.RouteAnswer, func() { a, err = onboarding.Answer{}, errNoReport })
	return g.decoder.Answer(provider, body)
}

func (g guard) Message(provider, route string, body []byte) (message string) {
	defer g.rescue(provider, route, func() { message = "" })
	return g.decoder.Message(provider, route, body)
}

// rescue is deferred. After a panic it tells of it and has the call answered as
// instead says.
func (g guard) rescue(provider, route string, instead func()) {
	cause := recover()
	if cause == nil {
		return
	}
	g.log.Error("decoder panicked", "provider", clean(provider, maxWord), "route", clean(route, maxWord),
		"cause", harmlessCause(cause), "stack", string(debug.Stack()))
	instead()
}

// harmlessCause says what a panic was about without its value, which may quote a
// body; the runtime's own errors do not.
func harmlessCause(cause any) string {
	if err, ok := cause.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", cause)
}
