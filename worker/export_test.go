package worker

import "context"

// Serve is the life of workers that poll.
func (w *Worker) Serve(ctx context.Context, stop func(), fatal <-chan error) error {
	return w.serve(ctx, stop, fatal)
}
