package run

// The pure parts are tested without the processes.
var (
	Split   = split
	InTurn  = inTurn[string]
	AtLeast = atLeast
	AtMost  = atMost
)

// AddRow is row.
func (r *Report) AddRow(what, against string, admit, base []float64, t *target) {
	r.row(what, against, admit, base, t)
}

// AddMemory adds a peak.
func (r *Report) AddMemory(calm, all int64) { r.memory(weight{Peak: calm}, weight{Peak: all}) }

// Environ returns what is passed on of an environment.
func Environ(environ []string) []string {
	return (&bench{Options: Options{Environ: environ}}).environ()
}
